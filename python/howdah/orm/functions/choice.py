"""Choosing between values: `case`, `coalesce` ….

No IO.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from howdah.errors import ProgrammingError
from howdah.orm.expressions import Expr, condition, typed
from howdah.orm.operators.holds import bound, is_expression, type_of

if TYPE_CHECKING:
    from howdah.orm._types import SqlType

A = TypeVar("A")
X = TypeVar("X")


@overload
def case(
    *whens: tuple[Expr[bool | None, Any], Expr[A, Any]], else_: A | Expr[A, Any]
) -> Expr[A, A]: ...
@overload
def case(*whens: tuple[Expr[bool | None, Any], Expr[A, Any]]) -> Expr[A | None, A]: ...
@overload
def case(*whens: tuple[Expr[bool | None, Any], A], else_: A | Expr[A, Any]) -> Expr[A, A]: ...
@overload
def case(*whens: tuple[Expr[bool | None, Any], A]) -> Expr[A | None, A]: ...
def case(*whens: tuple[Any, Any], else_: Any = None) -> Any:
    """The value beside the first condition that is true.

    `case((Book.pages > 500, "long"), else_="short")`.
    """
    if not whens:
        raise ProgrammingError("`case` takes pairs of a condition and a value, found none")
    values = [value for _, value in whens]
    type_ = common_type([*values, else_])
    parts: list[Any] = ["case"]
    for test, value in whens:
        parts += [" when ", condition(test), " then ", bound(value, type_)]
    if else_ is not None:
        parts += [" else ", bound(else_, type_)]
    return typed(type_, *parts, " end")


@overload
def coalesce(value: Expr[X | None, Any], other: X | Expr[X, Any], /) -> Expr[X, X]: ...
@overload
def coalesce(
    value: Expr[X | None, Any], other: Expr[X | None, Any], last: X | Expr[X, Any], /
) -> Expr[X, X]: ...
@overload
def coalesce(
    value: Expr[X | None, Any], other: Expr[X | None, Any], /, *others: Expr[X | None, Any]
) -> Expr[X | None, X]: ...
def coalesce(*values: Any) -> Any:
    """The first value that is not null."""
    return _of_one_type("coalesce", values)


def greatest(value: Expr[X, Any], /, *others: X | Expr[X, Any]) -> Expr[X, X]:
    """The greatest of the values; null ones are left out."""
    made: Expr[X, X] = _of_one_type("greatest", (value, *others))
    return made


def least(value: Expr[X, Any], /, *others: X | Expr[X, Any]) -> Expr[X, X]:
    """The least of the values; null ones are left out."""
    made: Expr[X, X] = _of_one_type("least", (value, *others))
    return made


def nullif(value: Expr[X | None, Any], other: X | Expr[X, Any], /) -> Expr[X | None, X]:
    """Null where the two are equal, else the value."""
    made: Expr[X | None, X] = _of_one_type("nullif", (value, other))
    return made


def _of_one_type(name: str, values: tuple[Any, ...]) -> Any:
    type_ = common_type(list(values))
    parts = [part for value in values for part in (", ", bound(value, type_))]
    return typed(type_, f"{name}(", *parts[1:], ")")


def common_type(values: list[Any]) -> SqlType | None:
    """The type of the first expression that has one, else of the first value."""
    expressions = [value._type for value in values if getattr(value, "_type", None) is not None]
    if expressions:
        found: SqlType = expressions[0]
        return found
    plain = [value for value in values if value is not None and not is_expression(value)]
    return type_of(plain[0]) if plain else None
