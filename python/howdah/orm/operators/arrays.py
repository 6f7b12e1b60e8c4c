"""Operators of arrays.

No IO. Part of `Expr`. Python's indexes begin with 0, PostgreSQL's arrays with 1: `[…]` is Python's,
functions are PostgreSQL's. Invariant: an array begins at 1, as all do that are not made otherwise
on purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from howdah.errors import ProgrammingError
from howdah.orm.operators.holds import INTEGER, TEXT, Holds, bound

if TYPE_CHECKING:
    from howdah.orm._types import SqlType
    from howdah.orm.expressions import Condition, Expr

X = TypeVar("X")


class ArrayOperators:
    """What arrays can do, beside `contains`, `overlaps`, `length`, `[…]` and `+`."""

    __slots__ = ()

    def has(self: Holds[list[X] | None], item: X | Expr[X | None, Any]) -> Condition:
        """Has this item: `item = any (array)`. An index of the array serves `contains([item])`."""
        value = bound(item, self._type.item if self._type is not None else None)
        made: Condition = self._condition(value, " = any (", self, ")", level=4)
        return made

    def array_append(
        self: Holds[list[X] | None], item: X | Expr[X | None, Any]
    ) -> Expr[list[X], list[X]]:
        """With this item at the end."""
        made: Expr[list[X], list[X]] = self._called(
            self._type, "array_append", bound(item, _item(self._type))
        )
        return made

    def array_prepend(
        self: Holds[list[X] | None], item: X | Expr[X | None, Any]
    ) -> Expr[list[X], list[X]]:
        """With this item at the beginning."""
        made: Expr[list[X], list[X]] = self._within(
            self._type, "array_prepend(", bound(item, _item(self._type)), ", ", self, ")"
        )
        return made

    def array_remove(
        self: Holds[list[X] | None], item: X | Expr[X | None, Any]
    ) -> Expr[list[X], list[X]]:
        """Without any item equal to this one."""
        made: Expr[list[X], list[X]] = self._called(
            self._type, "array_remove", bound(item, _item(self._type))
        )
        return made

    def array_position(
        self: Holds[list[X] | None], item: X | Expr[X | None, Any]
    ) -> Expr[int | None, int]:
        """Where the item is first; the first place is 1. Null where it is not."""
        made: Expr[int | None, int] = self._called(
            INTEGER, "array_position", bound(item, _item(self._type))
        )
        return made

    def join(self: Holds[list[Any] | None], separator: str) -> Expr[str, str]:
        """The items as one text, with the separator between: `array_to_string`."""
        made: Expr[str, str] = self._called(TEXT, "array_to_string", separator)
        return made


def _item(type_: SqlType | None) -> SqlType | None:
    return type_.item if type_ is not None else None


def item_of(array: Any, type_: SqlType, place: Any) -> Any:
    """`array[place]`: the item or the slice of Python's sense."""
    if isinstance(place, slice):
        if place.step is not None:
            raise ProgrammingError("a slice of an array has no step")
        start = _number(place.start, 0) + 1 if place.start is not None else ""
        stop = _number(place.stop, 0) if place.stop is not None else ""
        return array._within(type_, *_subscripted(array), f"[{start}:{stop}]")
    return array._within(type_.item, *_subscripted(array), f"[{_number(place, 0) + 1}]")


def _subscripted(array: Any) -> list[Any]:
    # what is not a column or parameter has to be in parentheses before `[`
    from howdah.orm.expressions import Column

    return [array] if isinstance(array, Column) else ["(", array, ")"]


def _number(place: Any, least: int) -> int:
    if not isinstance(place, int) or isinstance(place, bool) or place < least:
        raise ProgrammingError(
            f"`[{place!r}]`: an array's items are counted from its beginning, by numbers from 0",
            hint="`fn.array_upper(array, 1)` is the place of the last one, from 1",
        )
    return place
