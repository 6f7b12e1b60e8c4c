"""Operators of dates, times and intervals.

No IO. Part of `Expr`; `+` and `-` are in `arithmetic`.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from howdah.errors import ProgrammingError
from howdah.orm._types import sql_type
from howdah.orm.operators.holds import INTEGER, NUMERIC, TEXT, Holds, bound

if TYPE_CHECKING:
    from decimal import Decimal

    from howdah.orm.expressions import Expr
    from howdah.types import Interval

WholeField = Literal[
    "century", "decade", "year", "isoyear", "quarter", "month", "week", "day", "hour", "minute",
    "dow", "isodow", "doy",
]  # fmt: skip
ExactField = Literal["second", "milliseconds", "microseconds", "epoch"]
Unit = Literal[
    "microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter",
    "year", "decade", "century", "millennium",
]  # fmt: skip
_WHOLE = frozenset(WholeField.__args__)  # type: ignore[attr-defined]
_EXACT = frozenset(ExactField.__args__)  # type: ignore[attr-defined]
_UNITS = frozenset(Unit.__args__)  # type: ignore[attr-defined]

D = TypeVar("D", dt.datetime, "dt.datetime | None")
_MOMENT = sql_type(dt.datetime)
_NAIVE = _MOMENT.named("timestamp without time zone")
_INTERVAL = sql_type(dt.timedelta)


class DateOperators:
    """What dates, times and intervals can do."""

    __slots__ = ()

    @overload
    def extract(
        self: Holds[dt.date | dt.time | dt.timedelta], field: WholeField
    ) -> Expr[int, int]: ...
    @overload
    def extract(
        self: Holds[dt.date | dt.time | dt.timedelta], field: ExactField
    ) -> Expr[Decimal, Decimal | int]: ...
    @overload
    def extract(
        self: Holds[dt.date | dt.time | dt.timedelta | None], field: WholeField
    ) -> Expr[int | None, int]: ...
    @overload
    def extract(
        self: Holds[dt.date | dt.time | dt.timedelta | None], field: ExactField
    ) -> Expr[Decimal | None, Decimal | int]: ...
    def extract(self: Any, field: str) -> Any:
        """A field of a date, time or interval: a whole number, but for seconds and `epoch`.

        `second` is with its fraction; `epoch` are seconds since 1970, of an interval all its
        seconds.
        """
        if field in _EXACT:
            return self._within(NUMERIC, f"extract({field} from ", self, ")")
        if field not in _WHOLE:
            raise ProgrammingError(f"a date has no field `{field}`")
        return self._within(INTEGER, f"extract({field} from ", self, ")::integer")

    def date_trunc(self: Holds[D], unit: Unit, zone: str | None = None) -> Expr[D, dt.datetime]:
        """The moment at which the unit began.

        Its day's midnight, in `zone` or the session's zone.
        """
        _check_unit(unit)
        rest = () if zone is None else (zone,)
        made: Expr[D, dt.datetime] = self._within(
            self._type, f"date_trunc('{unit}', ", self, *_more(rest), ")"
        )
        return made

    def at_time_zone(self: Holds[D], zone: str) -> Expr[D, dt.datetime]:
        """What clocks in the zone show.

        A datetime without a zone; of one without a zone the moment it means.
        """
        is_naive = self._type is not None and self._type.name.startswith("timestamp without")
        made: Expr[D, dt.datetime] = self._within(
            _MOMENT if is_naive else _NAIVE, self, " at time zone ", bound(zone, TEXT), level=5
        )
        return made

    @overload
    def age(
        self: Holds[dt.date], since: dt.date | Expr[dt.date, Any] | None = None
    ) -> Expr[Interval | dt.timedelta, dt.timedelta | Interval]: ...
    @overload
    def age(
        self: Holds[dt.date | None], since: dt.date | Expr[dt.date | None, Any] | None = None
    ) -> Expr[Interval | dt.timedelta | None, dt.timedelta | Interval]: ...
    def age(self: Any, since: Any = None) -> Any:
        """The years, months and days from `since` to it.

        From it to today's midnight without `since`.
        """
        if since is None:
            return self._called(_INTERVAL, "age")
        return self._called(_INTERVAL, "age", bound(since, self._type))

    @overload
    def date(self: Holds[dt.datetime]) -> Expr[dt.date, dt.date]: ...
    @overload
    def date(self: Holds[dt.datetime | None]) -> Expr[dt.date | None, dt.date]: ...
    def date(self: Any) -> Any:
        """Its day, in the session's zone."""
        return self._within(sql_type(dt.date), "cast(", self, " as date)")

    @overload
    def to_char(self: Holds[dt.date | dt.timedelta | Decimal], form: str) -> Expr[str, str]: ...
    @overload
    def to_char(
        self: Holds[dt.date | dt.timedelta | Decimal | None], form: str
    ) -> Expr[str | None, str]: ...
    def to_char(self: Any, form: str) -> Any:
        """As a text of this form: `created.to_char("YYYY-MM")`."""
        return self._called(TEXT, "to_char", form)


def _check_unit(unit: str) -> None:
    if unit not in _UNITS:
        raise ProgrammingError(f"`{unit}` is no unit of time", hint="such as 'day' or 'month'")


def _more(values: tuple[str, ...]) -> list[Any]:
    return [part for value in values for part in (", ", bound(value, TEXT))]
