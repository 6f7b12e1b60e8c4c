"""What the families of operators have in common: the type of `self`, and how arguments are written.

No IO. Invariant: an argument that is no expression becomes a parameter.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from howdah._native import Fragment, Param
from howdah.errors import ProgrammingError
from howdah.orm._types import SqlType, sql_type

if TYPE_CHECKING:
    from howdah.orm.expressions import Condition, Expr

H_co = TypeVar("H_co", covariant=True)

BOOLEAN = sql_type(bool)
INTEGER = sql_type(int)
NUMERIC = sql_type(Decimal)
FLOAT = sql_type(float)
TEXT = sql_type(str)
_INTEGER_LIMIT = 2**31


class Selectable(Generic[H_co]):
    """What a `select` may ask for, beside models: an expression whose values are of this type.

    A class of its own, because what values may be compared with does not matter there, and would
    disturb how type checkers find the types of functions' results.
    """

    __slots__ = ()


class Holds(Protocol[H_co]):
    """An expression whose values are of this type: what `self` of an operator may be."""

    @property
    def _type(self) -> Any: ...
    @property
    def _value(self) -> H_co: ...
    def _compared(self, operator: str, other: Any, /) -> Condition: ...
    def _condition(self, *parts: Any, level: int = ...) -> Condition: ...
    def _operated(self, type_: SqlType | None, operator: str, other: Any, /) -> Expr[Any, Any]: ...
    def _called(self, type_: SqlType | None, function: str, /, *arguments: Any) -> Any: ...
    def _within(self, type_: SqlType | None, /, *parts: Any, level: int = ...) -> Any: ...


def is_expression(value: object) -> bool:
    """Whether a value is an expression, a parameter or a statement already."""
    return isinstance(value, Fragment | Param) or hasattr(value, "_shape_fields")


def argument(value: Any) -> Any:
    """An argument of a function.

    An expression, or a parameter of the type that a literal would have.

    As in SQL, a text is of whatever type the function takes, and a small number is an `integer`,
    which functions take for any kind of number.
    """
    if is_expression(value):
        return value
    if isinstance(value, str) or value is None:
        return Param(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return Param(value, "integer" if -_INTEGER_LIMIT <= value < _INTEGER_LIMIT else "bigint")
    return bound(value, type_of(value))


def arguments(values: Any) -> list[Any]:
    """Arguments with commas between them."""
    parts: list[Any] = []
    for value in values:
        parts += [", ", argument(value)]
    return parts[1:]


def bound(value: Any, type_: SqlType | None) -> Any:
    """A value as a parameter of this type; an expression stays what it is."""
    if is_expression(value):
        return value
    if type_ is None:
        return Param(value)
    if type_.bind is not None:
        value = type_.bind(value)
    return Param(value, type_.name)


def type_of(value: object) -> SqlType | None:
    """The type that a value is stored as; None where PostgreSQL has to find out."""
    if isinstance(value, list | tuple):
        found = type_of(value[0]) if value else None
        return found.array() if found is not None else None
    try:
        return sql_type(type(value))
    except ProgrammingError:
        return None
