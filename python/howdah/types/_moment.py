"""Dates and times outside of what `datetime` holds.

No IO. Made by the native decoders through `_from_wire`, and read by the encoders through `_wire`:
the number that PostgreSQL's binary format carries. Invariant: equal numbers, equal values; a value
that `datetime` can hold too is equal to it and has its hash.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, NoReturn, Self, final

_DAY_US = 86_400_000_000
_EPOCH_UTC = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_EPOCH = _EPOCH_UTC.replace(tzinfo=None)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_MICROSECOND = dt.timedelta(microseconds=1)


class _Immutable:
    """Slots that are set once, and pickled and copied by their content."""

    __slots__ = ("_wire",)
    _wire: Any

    @classmethod
    def _from_wire(cls, wire: Any) -> Self:
        value = object.__new__(cls)
        object.__setattr__(value, "_wire", wire)
        return value

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self)._from_wire, (self._wire,))

    def _key(self) -> Any:
        """What values of this kind are ordered by."""
        return self._wire

    def _key_of(self, other: object) -> Any:
        """The key of `other` in the same order, or None if the two cannot be compared."""
        return other._key() if type(other) is type(self) else None

    def __eq__(self, other: object) -> bool:
        key = self._key_of(other)
        return NotImplemented if key is None else bool(self._key() == key)

    def __lt__(self, other: object) -> bool:
        key = self._key_of(other)
        return NotImplemented if key is None else bool(self._key() < key)

    def __le__(self, other: object) -> bool:
        key = self._key_of(other)
        return NotImplemented if key is None else bool(self._key() <= key)

    def __gt__(self, other: object) -> bool:
        key = self._key_of(other)
        return NotImplemented if key is None else bool(self._key() > key)

    def __ge__(self, other: object) -> bool:
        key = self._key_of(other)
        return NotImplemented if key is None else bool(self._key() >= key)

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._key()))

    def __repr__(self) -> str:
        return f"<howdah.types.{type(self).__name__} {self}>"


class _Moment(_Immutable):
    """A point of a line that has an infinity at both ends."""

    __slots__ = ()
    _wire: int
    _ENDS: ClassVar[tuple[int, int]]

    @property
    def is_finite(self) -> bool:
        """False for infinity and -infinity."""
        return self._wire not in self._ENDS

    def _infinite_text(self) -> str:
        return "infinity" if self._wire > 0 else "-infinity"

    def _finite(self) -> int:
        if not self.is_finite:
            raise ValueError(f"{self} has no calendar fields")
        return self._wire


@final
class Date(_Moment):
    """A `date` of any year that PostgreSQL knows, or infinity.

    `Date(year, month, day)` takes astronomical years: 0 is 1 BC, -43 is 44 BC. Raises ValueError
    for a day that no calendar has, and OverflowError outside 4714-11-24 BC to 5874897-12-31.

    >>> str(Date(-43, 3, 15))
    '0044-03-15 BC'
    >>> Date(2024, 2, 29) == dt.date(2024, 2, 29) < Date.INFINITY
    True
    """

    __slots__ = ()
    _ENDS = (-(2**31), 2**31 - 1)
    INFINITY: ClassVar[Date]
    """Later than every date."""
    NEGATIVE_INFINITY: ClassVar[Date]
    """Earlier than every date."""

    def __new__(cls, year: int, month: int, day: int) -> Self:
        """Make the day of the calendar."""
        days = _days(year, month, day)
        if not -2_451_545 <= days <= 2_145_031_948:
            raise OverflowError("PostgreSQL's dates go from 4714-11-24 BC to 5874897-12-31")
        return cls._from_wire(days)

    @property
    def year(self) -> int:
        """The astronomical year; ValueError if infinite."""
        return _civil(self._finite())[0]

    @property
    def month(self) -> int:
        """1-12; ValueError if infinite."""
        return _civil(self._finite())[1]

    @property
    def day(self) -> int:
        """1-31; ValueError if infinite."""
        return _civil(self._finite())[2]

    def to_date(self) -> dt.date:
        """The same day; ValueError if infinite or outside the years 1-9999."""
        return dt.date(*_civil(self._finite()))

    def _key_of(self, other: object) -> int | None:
        if isinstance(other, dt.date) and not isinstance(other, dt.datetime):
            return other.toordinal() - _EPOCH_ORDINAL
        return other._wire if isinstance(other, Date) else None

    def __hash__(self) -> int:
        try:
            return hash(self.to_date())
        except ValueError:
            return super().__hash__()

    def __str__(self) -> str:
        if not self.is_finite:
            return self._infinite_text()
        day, era = _day_text(self._wire)
        return day + era


class _Stamp(_Moment):
    """A day and a time, counted in microseconds from 2000-01-01 00:00."""

    __slots__ = ()
    _ENDS = (-(2**63), 2**63 - 1)
    _ZONE: ClassVar[str]

    def __new__(  # noqa: PLR0917 (the fields of `datetime`, in its order)
        cls,
        year: int,
        month: int,
        day: int,
        hour: int = 0,
        minute: int = 0,
        second: int = 0,
        microsecond: int = 0,
    ) -> Self:
        """Make the moment of the calendar and the clock."""
        time = dt.time(hour, minute, second, microsecond)
        microseconds = _days(year, month, day) * _DAY_US + _microseconds(time)
        if not -211_813_488_000_000_000 <= microseconds < 9_223_371_331_200_000_000:
            raise OverflowError("PostgreSQL's timestamps go from 4714-11-24 BC to 294276-12-31")
        return cls._from_wire(microseconds)

    @property
    def date(self) -> Date:
        """The day; ValueError if infinite."""
        return Date._from_wire(self._finite() // _DAY_US)

    @property
    def time(self) -> dt.time:
        """The time of day, naive; ValueError if infinite."""
        return (_EPOCH + self._finite() % _DAY_US * _MICROSECOND).time()

    def to_datetime(self) -> dt.datetime:
        """The same moment; ValueError if infinite or outside the years 1-9999."""
        return dt.datetime.combine(self.date.to_date(), self.time)

    def __hash__(self) -> int:
        try:
            return hash(self.to_datetime())
        except ValueError:
            return super().__hash__()

    def __str__(self) -> str:
        if not self.is_finite:
            return self._infinite_text()
        day, era = _day_text(self._wire // _DAY_US)
        time = self.time.isoformat()
        if "." in time:
            time = time.rstrip("0")
        return f"{day} {time}{self._ZONE}{era}"


@final
class Timestamp(_Stamp):
    """A `timestamp` of any year that PostgreSQL knows, or infinity. It has no zone.

    Takes the fields of `datetime.datetime`, with astronomical years as in `Date`. Raises ValueError
    for fields out of range, OverflowError outside 4714-11-24 BC to 294276-12-31.

    >>> str(Timestamp(10000, 1, 1, 12, 0, 0, 500000))
    '10000-01-01 12:00:00.5'
    """

    __slots__ = ()
    _ZONE = ""
    INFINITY: ClassVar[Timestamp]
    """Later than every timestamp."""
    NEGATIVE_INFINITY: ClassVar[Timestamp]
    """Earlier than every timestamp."""

    def _key_of(self, other: object) -> int | None:
        if isinstance(other, dt.datetime) and other.tzinfo is None:
            return (other - _EPOCH) // _MICROSECOND
        return other._wire if isinstance(other, Timestamp) else None


@final
class TimestampTZ(_Stamp):
    """A `timestamptz` of any year that PostgreSQL knows, or infinity. Its fields are in UTC.

    Takes the fields of `datetime.datetime` in UTC, with astronomical years as in `Date`. Raises as
    `Timestamp` does.

    >>> str(TimestampTZ(0, 12, 31))
    '0001-12-31 00:00:00+00 BC'
    """

    __slots__ = ()
    _ZONE = "+00"
    INFINITY: ClassVar[TimestampTZ]
    """Later than every moment."""
    NEGATIVE_INFINITY: ClassVar[TimestampTZ]
    """Earlier than every moment."""

    def to_datetime(self) -> dt.datetime:
        """The same moment in UTC; ValueError if infinite or outside the years 1-9999."""
        return super().to_datetime().replace(tzinfo=dt.UTC)

    def _key_of(self, other: object) -> int | None:
        if isinstance(other, dt.datetime) and other.utcoffset() is not None:
            return (other - _EPOCH_UTC) // _MICROSECOND
        return other._wire if isinstance(other, TimestampTZ) else None


Date.NEGATIVE_INFINITY, Date.INFINITY = map(Date._from_wire, Date._ENDS)
Timestamp.NEGATIVE_INFINITY, Timestamp.INFINITY = map(Timestamp._from_wire, Timestamp._ENDS)
TimestampTZ.NEGATIVE_INFINITY, TimestampTZ.INFINITY = map(TimestampTZ._from_wire, TimestampTZ._ENDS)


@final
class EndOfDay(_Immutable):
    """The time 24:00:00 of `time`, or with an offset of `timetz`, which `datetime.time` lacks.

    `EndOfDay(tzinfo)` takes a zone with a fixed offset of whole seconds; ValueError for others.
    Ordered among `datetime.time` values as PostgreSQL orders: with an offset, by the moment in UTC
    and then from east to west.

    >>> str(EndOfDay(dt.timezone(dt.timedelta(hours=2))))
    '24:00:00+02'
    >>> dt.time.max < EndOfDay()
    True
    """

    __slots__ = ()
    _wire: int | None  # seconds west of UTC

    def __new__(cls, tzinfo: dt.tzinfo | None = None) -> Self:
        """Make 24:00, with the offset of `tzinfo` if there is one."""
        if tzinfo is None:
            return cls._from_wire(None)
        west = _west(tzinfo.utcoffset(None))
        if west is None:
            raise ValueError("tzinfo has no fixed offset of whole seconds")
        return cls._from_wire(west)

    @property
    def tzinfo(self) -> dt.timezone | None:
        """The offset as a zone."""
        return None if self._wire is None else dt.timezone(dt.timedelta(seconds=-self._wire))

    def _key(self) -> tuple[int, ...]:
        if self._wire is None:
            return (_DAY_US,)
        return (_DAY_US + self._wire * 1_000_000, self._wire)

    def _key_of(self, other: object) -> tuple[int, ...] | None:
        if isinstance(other, EndOfDay):
            return other._key() if (other._wire is None) == (self._wire is None) else None
        if not isinstance(other, dt.time):
            return None
        west = _west(other.utcoffset())
        if self._wire is None:
            return (_microseconds(other),) if other.tzinfo is None else None
        return None if west is None else (_microseconds(other) + west * 1_000_000, west)

    def __hash__(self) -> int:
        return super().__hash__()

    def __str__(self) -> str:
        if self._wire is None:
            return "24:00:00"
        minutes, seconds = divmod(abs(self._wire), 60)
        fields = [minutes // 60, minutes % 60, seconds]
        while len(fields) > 1 and not fields[-1]:
            fields.pop()
        sign = "-" if self._wire > 0 else "+"
        return f"24:00:00{sign}" + ":".join(f"{field:02}" for field in fields)


def _west(offset: dt.timedelta | None) -> int | None:
    """Seconds west of UTC, None without an offset or with a fraction of a second in it."""
    return None if offset is None or offset.microseconds else -round(offset.total_seconds())


def _microseconds(time: dt.time) -> int:
    return ((time.hour * 60 + time.minute) * 60 + time.second) * 1_000_000 + time.microsecond


# In 400 years the calendar repeats, so a day of any year is one of `datetime`'s years 2000-2399.
_DAYS_PER_400_YEARS = 146_097


def _days(year: int, month: int, day: int) -> int:
    eras, year_of_era = divmod(year - 2000, 400)
    of_era = dt.date(2000 + year_of_era, month, day).toordinal() - _EPOCH_ORDINAL
    return eras * _DAYS_PER_400_YEARS + of_era


def _civil(days: int) -> tuple[int, int, int]:
    eras, of_era = divmod(days, _DAYS_PER_400_YEARS)
    date = dt.date.fromordinal(_EPOCH_ORDINAL + of_era)
    return date.year + eras * 400, date.month, date.day


def _day_text(days: int) -> tuple[str, str]:
    """The day, and the era that stands after the time."""
    year, month, day = _civil(days)
    shown, era = (year, "") if year > 0 else (1 - year, " BC")
    return f"{shown:04}-{month:02}-{day:02}", era
