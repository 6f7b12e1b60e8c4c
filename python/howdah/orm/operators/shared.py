"""Operators that several families of types have, each in its own sense.

No IO. Part of `Expr`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from howdah.errors import ProgrammingError
from howdah.orm._types import SqlType, sql_type
from howdah.orm.operators.holds import INTEGER, TEXT, Holds, bound, is_expression
from howdah.orm.operators.text import pattern_of
from howdah.types import Multirange, Range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from howdah.orm.expressions import Condition, Expr
    from howdah.orm.operators.paths import Json

X = TypeVar("X")


class SharedOperators:
    """What texts, arrays, ranges and jsonb have in common."""

    __slots__ = ()

    @overload
    def contains(
        self: Holds[list[X] | None], other: Sequence[X] | Expr[list[X] | None, Any]
    ) -> Condition: ...
    @overload
    def contains(
        self: Holds[Range[X] | None],
        other: X | Range[X] | Expr[X | None, Any] | Expr[Range[X] | None, Any],
    ) -> Condition: ...
    @overload
    def contains(
        self: Holds[Multirange[X] | None],
        other: X
        | Range[X]
        | Multirange[X]
        | Expr[X | None, Any]
        | Expr[Range[X] | None, Any]
        | Expr[Multirange[X] | None, Any],
    ) -> Condition: ...
    @overload
    def contains(self: Holds[dict[str, Any] | None], other: Any) -> Condition: ...
    @overload
    def contains(self: Holds[str | None], other: str | Expr[str | None, Any]) -> Condition: ...
    def contains(self: Any, other: Any) -> Condition:
        """Has this in it.

        Of a text: this text. Of an array: all of these items. Of a range: this value or range. Of
        jsonb: this structure (`@>`).
        """
        if is_text(self._type):
            if is_expression(other):
                return _condition(self, "strpos(", self, ", ", other, ") > 0")
            return _compared(self, " like ", pattern_of(other))
        return _compared(self, " @> ", beside(self._type, other))

    @overload
    def contained_by(
        self: Holds[list[X] | None], other: Sequence[X] | Expr[list[X] | None, Any]
    ) -> Condition: ...
    @overload
    def contained_by(
        self: Holds[Range[X] | None], other: Range[X] | Expr[Range[X] | None, Any]
    ) -> Condition: ...
    @overload
    def contained_by(
        self: Holds[Multirange[X] | None],
        other: Multirange[X] | Range[X] | Expr[Multirange[X] | None, Any],
    ) -> Condition: ...
    @overload
    def contained_by(self: Holds[dict[str, Any] | None], other: Any) -> Condition: ...
    def contained_by(self: Any, other: Any) -> Condition:
        """All of it is in the other: `<@`."""
        return _compared(self, " <@ ", beside(self._type, other))

    @overload
    def overlaps(
        self: Holds[list[X] | None], other: Sequence[X] | Expr[list[X] | None, Any]
    ) -> Condition: ...
    @overload
    def overlaps(
        self: Holds[Range[X] | None],
        other: Range[X] | Expr[Range[X] | None, Any] | Expr[Multirange[X] | None, Any],
    ) -> Condition: ...
    @overload
    def overlaps(
        self: Holds[Multirange[X] | None],
        other: Multirange[X] | Range[X] | Expr[Multirange[X] | None, Any],
    ) -> Condition: ...
    def overlaps(self: Any, other: Any) -> Condition:
        """Of arrays and ranges: they have something in common: `&&`."""
        return _compared(self, " && ", beside(self._type, other))

    @overload
    def lower(self: Holds[str]) -> Expr[str, str]: ...
    @overload
    def lower(self: Holds[str | None]) -> Expr[str | None, str]: ...  # type: ignore[overload-overlap]  # of None alone
    @overload
    def lower(self: Holds[Range[X] | Multirange[X] | None]) -> Expr[X | None, X]: ...
    def lower(self: Any) -> Any:
        """A text in small letters; of a range its lower bound, null where it has none."""
        return self._called(bound_type(self._type), "lower")

    @overload
    def upper(self: Holds[str]) -> Expr[str, str]: ...
    @overload
    def upper(self: Holds[str | None]) -> Expr[str | None, str]: ...  # type: ignore[overload-overlap]  # of None alone
    @overload
    def upper(self: Holds[Range[X] | Multirange[X] | None]) -> Expr[X | None, X]: ...
    def upper(self: Any) -> Any:
        """A text in capitals; of a range its upper bound, null where it has none."""
        return self._called(bound_type(self._type), "upper")

    @overload
    def length(self: Holds[str | list[Any] | bytes]) -> Expr[int, int]: ...
    @overload
    def length(self: Holds[str | list[Any] | bytes | None]) -> Expr[int | None, int]: ...
    def length(self: Any) -> Any:
        """How many characters a text has, items an array or an array in jsonb."""
        type_ = self._type
        if type_ is not None and type_.item is not None:
            return self._called(INTEGER, "cardinality")
        if type_ is not None and type_.name == "jsonb":
            return self._called(INTEGER, "jsonb_array_length")
        return self._called(INTEGER, "length")

    @overload
    def __getitem__(self: Holds[list[X] | None], place: int) -> Expr[X | None, X]: ...
    @overload
    def __getitem__(self: Holds[list[X] | None], place: slice) -> Expr[list[X], list[X]]: ...
    @overload
    def __getitem__(self: Holds[dict[str, Any] | None], place: str) -> Json: ...
    def __getitem__(self: Any, place: Any) -> Any:
        """An item of an array, or some of them, as Python counts: `tags[0]` is the first.

        What jsonb has under a key.
        """
        type_: SqlType | None = self._type
        if type_ is not None and type_.item is not None:
            from howdah.orm.operators.arrays import item_of

            return item_of(self, type_, place)
        if type_ is not None and type_.name not in {"jsonb", "json"}:
            raise TypeError(f"`{type_.name}` has no items: `[…]` is for arrays and jsonb")
        from howdah.orm.operators.paths import Json

        return Json.below(self, place)


def is_text(type_: SqlType | None) -> bool:
    """Whether values of the type are texts in Python."""
    return type_ is not None and isinstance(type_.python, type) and issubclass(type_.python, str)


def bound_type(type_: SqlType | None) -> SqlType | None:
    """The type of a range's bounds; a text's own."""
    if type_ is None or is_text(type_):
        return type_ or TEXT
    return range_bounds(type_)


def range_bounds(type_: SqlType) -> SqlType | None:
    """The type of the bounds of a built-in range or multirange."""
    import datetime as dt
    from decimal import Decimal

    name = type_.name.replace("multirange", "range")
    known = {
        "int4range": sql_type(int).named("integer"),
        "int8range": sql_type(int),
        "numrange": sql_type(Decimal),
        "daterange": sql_type(dt.date),
        "tstzrange": sql_type(dt.datetime),
        "tsrange": sql_type(dt.datetime).named("timestamp without time zone"),
    }
    return known.get(name)


def beside(type_: SqlType | None, value: Any) -> Any:
    """The other operand of `@>`, `<@` and `&&`: which need not be of the same type."""
    if is_expression(value) or type_ is None:
        return value
    if type_.python in {Range, Multirange}:
        return _beside_range(type_, value)
    return bound(value, type_)


def _beside_range(type_: SqlType, value: Any) -> Any:
    if isinstance(value, Range):
        return bound(value, type_.named(type_.name.replace("multirange", "range")))
    if isinstance(value, Multirange):
        name = (
            type_.name if "multirange" in type_.name else type_.name.replace("range", "multirange")
        )
        return bound(value, type_.named(name))
    bounds = range_bounds(type_)
    if bounds is None:
        raise ProgrammingError(
            f"what `{type_.name}` is a range of is not known",
            hint="give the value its type: `lit(value)`",
        )
    return bound(value, bounds)


def _compared(left: Any, operator: str, right: Any) -> Condition:
    return cast("Condition", left._compared(operator, right))


def _condition(beside: Any, *parts: Any) -> Condition:
    return cast("Condition", beside._condition(*parts))
