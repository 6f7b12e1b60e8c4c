"""`Interval`: months, days and time, each counted by itself, as PostgreSQL keeps them.

No IO. Made by the native decoder for what `timedelta` cannot hold. Invariant: the three counts are
those of the server, never turned into each other.
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Self, final

from howdah.types._moment import _DAY_US, _Immutable

_LOWEST = (-(2**31), -(2**31), -(2**63))
_HIGHEST = (2**31 - 1, 2**31 - 1, 2**63 - 1)


@final
class Interval(_Immutable):
    """An `interval` with its months, days and time kept apart; or infinity.

    Years become 12 months; hours, minutes and seconds become microseconds. Raises OverflowError if
    months or days exceed 32 bits, microseconds 64 bits.

    Compared by PostgreSQL's rule, in which a month is 30 days and a day 24 hours: an interval may
    be equal to a `timedelta` or to another interval with other counts. Compare `parts` to tell
    them apart.

    >>> str(Interval(years=1, months=2, hours=-3))
    '1 year 2 mons -03:00:00'
    >>> Interval(months=1) == dt.timedelta(days=30)
    True
    >>> Interval(months=1).parts
    (1, 0, 0)
    """

    __slots__ = ()
    _wire: tuple[int, int, int]
    INFINITY: ClassVar[Interval]
    """Longer than every interval (PostgreSQL 17 and later)."""
    NEGATIVE_INFINITY: ClassVar[Interval]
    """The opposite of `INFINITY`."""

    def __new__(
        cls,
        *,
        years: int = 0,
        months: int = 0,
        days: int = 0,
        hours: int = 0,
        minutes: int = 0,
        seconds: int = 0,
        microseconds: int = 0,
    ) -> Self:
        """Add up the fields that PostgreSQL does not keep apart."""
        time = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + microseconds
        parts = (years * 12 + months, days, time)
        for part, lowest, highest in zip(parts, _LOWEST, _HIGHEST, strict=True):
            if not lowest <= part <= highest:
                raise OverflowError("an interval has 32 bits of months and days, 64 of time")
        return cls._from_wire(parts)

    @classmethod
    def from_timedelta(cls, delta: dt.timedelta) -> Self:
        """The interval that a `timedelta` parameter is sent as: whole days, and the rest."""
        days, time = delta.days, delta.seconds * 1_000_000 + delta.microseconds
        if days < 0 < time:
            days, time = days + 1, time - _DAY_US
        return cls._from_wire((0, days, time))

    @property
    def parts(self) -> tuple[int, int, int]:
        """Months, days and microseconds."""
        return self._wire

    @property
    def months(self) -> int:
        """Months, 12 for each year."""
        return self._wire[0]

    @property
    def days(self) -> int:
        """Days, independent of months and time."""
        return self._wire[1]

    @property
    def microseconds(self) -> int:
        """The time, in microseconds; may exceed a day."""
        return self._wire[2]

    @property
    def is_finite(self) -> bool:
        """False for infinity and -infinity."""
        return self._wire not in (_LOWEST, _HIGHEST)

    def to_timedelta(self) -> dt.timedelta:
        """Days of 24 hours and the time; ValueError if there are months or if it is infinite."""
        if self.months or not self.is_finite:
            raise ValueError(f"{self} has no fixed length")
        return dt.timedelta(days=self.days, microseconds=self.microseconds)

    def __neg__(self) -> Self:
        if not self.is_finite:
            return self._from_wire(_LOWEST if self._wire == _HIGHEST else _HIGHEST)
        return type(self)(months=-self.months, days=-self.days, microseconds=-self.microseconds)

    def _key(self) -> int:
        months, days, microseconds = self._wire
        return (months * 30 + days) * _DAY_US + microseconds

    def _key_of(self, other: object) -> int | None:
        if isinstance(other, dt.timedelta):
            return other // dt.timedelta(microseconds=1)
        return other._key() if isinstance(other, Interval) else None

    def __hash__(self) -> int:
        try:
            return hash(dt.timedelta(microseconds=self._key()))
        except OverflowError:
            return super().__hash__()

    def __repr__(self) -> str:
        if not self.is_finite:
            return super().__repr__()
        fields = zip(("months", "days", "microseconds"), self._wire, strict=True)
        return f"Interval({', '.join(f'{name}={value}' for name, value in fields if value)})"

    def __str__(self) -> str:
        if not self.is_finite:
            return "infinity" if self._wire == _HIGHEST else "-infinity"
        years = abs(self.months) // 12 * (1 if self.months > 0 else -1)
        counts = ((years, "year"), (self.months - years * 12, "mon"), (self.days, "day"))
        words: list[str] = []
        negative = False  # PostgreSQL writes a plus where the part before was negative
        for count, unit in counts:
            if count:
                sign = "+" if negative and count > 0 else ""
                words.append(f"{sign}{count} {unit}{'' if count == 1 else 's'}")
                negative = count < 0
        if self.microseconds or not words:
            words.append(_time_text(self.microseconds, "+" if negative else ""))
        return " ".join(words)


def _time_text(microseconds: int, plus: str) -> str:
    seconds, fraction = divmod(abs(microseconds), 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    sign = "-" if microseconds < 0 else plus
    text = f"{sign}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return f"{text}.{fraction:06}".rstrip("0") if fraction else text


Interval.NEGATIVE_INFINITY = Interval._from_wire(_LOWEST)
Interval.INFINITY = Interval._from_wire(_HIGHEST)
