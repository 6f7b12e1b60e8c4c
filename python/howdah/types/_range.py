"""Ranges and multiranges of every subtype."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Generic, Literal, Never, TypeAlias, TypeVar, overload

__all__ = ["Bounds", "Multirange", "Range"]

T = TypeVar("T")

Bounds: TypeAlias = Literal["[)", "[]", "(]", "()"]
"""Whether a bound belongs to the range: `[` and `]` say yes, `(` and `)` no."""

_BOUNDS: Final = ("[)", "[]", "(]", "()")


class Range(Generic[T]):
    """All values between two bounds, as PostgreSQL's range types have them.

    >>> Range(1, 10)
    Range(1, 10)
    >>> 10 in Range(1, 10), 10 in Range(1, 10, "[]")
    (False, True)
    >>> Range(None, 5).lower_inc
    False

    Immutable; hashable if its bounds are. Two ranges are equal if their bounds are. The server
    writes ranges of whole numbers and days in one way, ``[1,10]`` as ``[1,11)``; this class knows
    nothing of its subtype and leaves every range as it is. Ordered as PostgreSQL orders them: the
    empty range first, then by lower bound, then by upper bound.

    `in` and the order of ranges follow Python's order of the bounds, which for enums and collated
    text is not the server's. So whether the lower bound is above the upper is left to the server,
    which refuses it.

    Args:
        lower: the lower bound; None if there is none.
        upper: the upper bound; None if there is none.
        bounds: which bounds belong to the range; that of a missing bound is read as exclusive.
        empty: the range that holds nothing; it has no bounds.

    Raises:
        ValueError: unknown `bounds`, an empty range with bounds.

    """

    # Where programs find it: Django writes the name of this module into migrations.
    __module__ = "howdah.types"
    __slots__ = ("_bounds", "_lower", "_upper")
    __match_args__ = ("lower", "upper", "bounds")

    # Written natively as well: all three slots, and `_bounds` is "" for the empty range.
    _lower: T | None
    _upper: T | None
    _bounds: str

    def __init__(
        self,
        lower: T | None = None,
        upper: T | None = None,
        bounds: Bounds = "[)",
        *,
        empty: bool = False,
    ) -> None:
        if bounds not in _BOUNDS:
            raise ValueError(f"bounds must be one of {', '.join(_BOUNDS)}, not {bounds!r}")
        if empty and (lower is not None or upper is not None):
            raise ValueError("an empty range has no bounds")
        left = bounds[0] if lower is not None else "("
        right = bounds[1] if upper is not None else ")"
        fill = object.__setattr__
        fill(self, "_lower", lower)
        fill(self, "_upper", upper)
        fill(self, "_bounds", "" if empty else left + right)

    @property
    def lower(self) -> T | None:
        """The lower bound; None if there is none."""
        return self._lower

    @property
    def upper(self) -> T | None:
        """The upper bound; None if there is none."""
        return self._upper

    @property
    def bounds(self) -> str:
        """`[)` or the like; the empty string for the empty range."""
        return self._bounds

    @property
    def empty(self) -> bool:
        """It holds nothing."""
        return not self._bounds

    @property
    def isempty(self) -> bool:
        """`empty`, under the name that PostgreSQL's function and other drivers' ranges have."""
        return not self._bounds

    @property
    def lower_inc(self) -> bool:
        """The lower bound belongs to the range."""
        return self._bounds[:1] == "["

    @property
    def upper_inc(self) -> bool:
        """The upper bound belongs to the range."""
        return self._bounds[1:] == "]"

    @property
    def lower_inf(self) -> bool:
        """There is no lower bound."""
        return self._lower is None and bool(self._bounds)

    @property
    def upper_inf(self) -> bool:
        """There is no upper bound."""
        return self._upper is None and bool(self._bounds)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from howdah.types._validation import range_schema

        return range_schema(source, handler)

    def __contains__(self, value: object) -> bool:
        """Whether a value lies in the range, or all of another range does."""
        if isinstance(value, Range):
            return self._covers(value)
        if value is None or not self._bounds:
            return False
        lower: Any = self._lower
        upper: Any = self._upper
        above = lower is None or lower < value or (self.lower_inc and lower == value)
        return bool(
            above and (upper is None or value < upper or (self.upper_inc and upper == value))
        )

    def _covers(self, other: Range[Any]) -> bool:
        if not other._bounds:
            return True
        if not self._bounds:
            return False
        return self._lower_key() <= other._lower_key() and other._upper_key() <= self._upper_key()

    def _lower_key(self) -> _Key:
        if self._lower is None:
            return _Key(-1, None, 0)
        return _Key(0, self._lower, 0 if self.lower_inc else 1)

    def _upper_key(self) -> _Key:
        if self._upper is None:
            return _Key(1, None, 0)
        return _Key(0, self._upper, 0 if self.upper_inc else -1)

    def _key(self) -> tuple[object, ...]:
        if not self._bounds:
            return (0,)
        return (1, self._lower_key(), self._upper_key())

    def __bool__(self) -> bool:
        """False for the empty range."""
        return bool(self._bounds)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Range):
            return NotImplemented
        return (self._bounds, self._lower, self._upper) == (
            other._bounds,
            other._lower,
            other._upper,
        )

    def __hash__(self) -> int:
        return hash((Range, self._bounds, self._lower, self._upper))

    def __lt__(self, other: object) -> bool:
        return self._key() < other._key() if isinstance(other, Range) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self._key() <= other._key() if isinstance(other, Range) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self._key() > other._key() if isinstance(other, Range) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self._key() >= other._key() if isinstance(other, Range) else NotImplemented

    def __repr__(self) -> str:
        if not self._bounds:
            return "Range(empty=True)"
        shown = "[" if self.lower_inc else "("
        shown += "]" if self.upper_inc else ")"
        usual = ("[" if self._lower is not None else "(") + ")"
        bounds = "" if shown == usual else f", {shown!r}"
        return f"Range({self._lower!r}, {self._upper!r}{bounds})"

    def __str__(self) -> str:
        """As people write ranges; not always as PostgreSQL quotes them."""
        if not self._bounds:
            return "empty"
        lower = "" if self._lower is None else self._lower
        upper = "" if self._upper is None else self._upper
        return f"{self._bounds[0]}{lower},{upper}{self._bounds[1]}"

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"a Range does not change: cannot set {name!r}")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError(f"a Range does not change: cannot delete {name!r}")

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (type(self), self._lower, self._upper, self._bounds)


def _restored(kind: type[Range[T]], lower: T | None, upper: T | None, bounds: str) -> Range[T]:
    restored = object.__new__(kind)
    fill = object.__setattr__
    fill(restored, "_lower", lower)
    fill(restored, "_upper", upper)
    fill(restored, "_bounds", bounds)
    return restored


class _Key:
    """A bound in the order of bounds: infinities outermost, then the value, then its side."""

    __slots__ = ("infinity", "side", "value")

    def __init__(self, infinity: int, value: Any, side: int) -> None:
        self.infinity = infinity
        self.value = value
        self.side = side

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Key):
            return NotImplemented
        return (self.infinity, self.value, self.side) == (other.infinity, other.value, other.side)

    def __lt__(self, other: _Key) -> bool:
        if self.infinity != other.infinity or self.infinity != 0:
            return self.infinity < other.infinity
        if self.value == other.value:
            return self.side < other.side
        return bool(self.value < other.value)

    def __le__(self, other: _Key) -> bool:
        return self == other or self < other

    def __hash__(self) -> int:
        return hash((self.infinity, self.value, self.side))


class Multirange(Sequence[Range[T]]):
    """Ranges of one subtype, as PostgreSQL's multirange types have them.

    An immutable sequence of `Range`: ``len(m)``, ``m[0]``, ``for r in m``. ``value in m`` asks
    whether one of the ranges holds the value (or all of another range). What comes from the server
    is sorted, without empty ranges, and without ranges that touch; a `Multirange` made here is left
    as it is, and the server brings it into that form.

    Args:
        ranges: the ranges.

    Raises:
        TypeError: something that is not a `Range`.

    """

    __slots__ = ("_ranges",)

    # Written natively as well.
    _ranges: tuple[Range[T], ...]

    def __init__(self, ranges: Iterable[Range[T]] = ()) -> None:
        items = tuple(ranges)
        for item in items:
            if not isinstance(item, Range):
                raise TypeError(f"a Multirange holds Range, not {type(item).__name__}")
        object.__setattr__(self, "_ranges", items)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from howdah.types._validation import multirange_schema

        return multirange_schema(source, handler)

    def __len__(self) -> int:
        return len(self._ranges)

    @overload
    def __getitem__(self, index: int) -> Range[T]: ...
    @overload
    def __getitem__(self, index: slice) -> Multirange[T]: ...
    def __getitem__(self, index: int | slice) -> Range[T] | Multirange[T]:
        if isinstance(index, slice):
            return Multirange(self._ranges[index])
        return self._ranges[index]

    def __iter__(self) -> Iterator[Range[T]]:
        return iter(self._ranges)

    def __contains__(self, value: object) -> bool:
        """Whether one of the ranges holds the value, or all of another range."""
        return any(value in item for item in self._ranges)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Multirange):
            return NotImplemented
        return self._ranges == other._ranges

    def __hash__(self) -> int:
        return hash((Multirange, self._ranges))

    def __lt__(self, other: object) -> bool:
        return self._ranges < other._ranges if isinstance(other, Multirange) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self._ranges <= other._ranges if isinstance(other, Multirange) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self._ranges > other._ranges if isinstance(other, Multirange) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self._ranges >= other._ranges if isinstance(other, Multirange) else NotImplemented

    def __repr__(self) -> str:
        return f"Multirange({list(self._ranges)!r})"

    def __str__(self) -> str:
        """As people write multiranges; not always as PostgreSQL quotes them."""
        return "{" + ",".join(map(str, self._ranges)) + "}"

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"a Multirange does not change: cannot set {name!r}")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError(f"a Multirange does not change: cannot delete {name!r}")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self._ranges,)
