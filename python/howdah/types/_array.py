"""`Array`: a list that knows what PostgreSQL's arrays have beyond lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, SupportsIndex, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Array"]

T = TypeVar("T")


class Array(list[T]):
    """A list with the lower bounds of its dimensions.

    PostgreSQL counts the items of an array from 1, or from any other number: ``'[0:2]={7,8,9}'``.
    An array whose bounds are all 1 is read as a plain `list`, with lists in it for further
    dimensions; every other one is read as an `Array`, so that writing it back changes nothing. As a
    parameter a plain list counts from 1.

    Where one element may itself be a list or tuple (json, points, composite types), a list in a
    list is an element, not a dimension. There an `Array` says how many dimensions are meant:
    ``Array([[{"a": 1}], [{"a": 2}]], (1, 1))`` is an array of 2 by 1 objects.

    It compares equal to any list of the same items.

    Args:
        items: the items; lists of equal length for every further dimension.
        lower_bounds: the index of the first item, one for each dimension.

    Raises:
        ValueError: a number of bounds that no array has (0, or more than 6).

    """

    __slots__ = ("lower_bounds",)

    lower_bounds: tuple[int, ...]
    """The index that PostgreSQL gives the first item of each dimension."""

    def __init__(self, items: Iterable[T] = (), lower_bounds: Iterable[int] = (1,)) -> None:
        super().__init__(items)
        self.lower_bounds = tuple(lower_bounds)
        if not 1 <= len(self.lower_bounds) <= 6:
            raise ValueError(f"an array has 1 to 6 dimensions, not {len(self.lower_bounds)}")

    def __repr__(self) -> str:
        return f"Array({super().__repr__()}, {self.lower_bounds!r})"

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type[Self], tuple[Any, ...]]:
        return type(self), (list(self), self.lower_bounds)
