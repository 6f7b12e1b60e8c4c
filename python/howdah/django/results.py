"""Values of results as Django's fields expect them, where howdah's own are others.

No IO. What does not depend on settings is said to the connections as codecs; the rest is done by
the cursors with each result. Django's fields know intervals as `timedelta` only, and want
timestamps in the time zone of their connection.
"""

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from howdah import types
from howdah._codecs import Codecs, codecs
from howdah.types import Codec

if TYPE_CHECKING:
    from howdah._native import Result

Conversion = Callable[[Any], Any]
Row = tuple[Any, ...]

# OIDs of built-in types never change: src/include/catalog/pg_type.dat of PostgreSQL 18.
_CIDR, _FLOAT4, _INET, _JSONB = 650, 700, 869, 3802
_TIMESTAMPTZ, _TIMESTAMPTZ_ARRAY = 1184, 1185
_INTERVAL, _INTERVAL_ARRAY = 1186, 1187
_RANGES: Final = frozenset({3904, 3906, 3908, 3910, 3912, 3926})
_TSTZRANGE: Final = 3910
_RANGE_ARRAYS: Final = frozenset({3905, 3907, 3909, 3911, 3913, 3927})
_TSTZRANGE_ARRAY: Final = 3911
_DAYS_OF_YEAR, _DAYS_OF_MONTH = 365, 30


DJANGO_CODECS: Final = Codecs(codecs)
"""How Django reads some types otherwise than howdah.

`JSONField` parses JSON itself, with its decoder; addresses are text; and a `real` is the shortest
number that PostgreSQL prints for it.
"""
DJANGO_CODECS.update({_CIDR: "text", _FLOAT4: Codec(decode=float), _INET: "text", _JSONB: "text"})


class Conversions:
    """What to do with the values of each type on a connection.

    `zone` is the time zone of timestamps; None makes them naive, in the zone of the session.
    `range_class` is the class of ranges that `django.contrib.postgres` expects.
    """

    def __init__(
        self, zone: dt.tzinfo | None, session_zone: dt.tzinfo, range_class: type = types.Range
    ) -> None:
        self._by_oid: dict[int, Conversion] = {
            _INTERVAL: timedelta,
            _INTERVAL_ARRAY: _each(timedelta),
        }
        moment = _moment_conversion(zone, session_zone)
        if moment is not None:
            self._by_oid[_TIMESTAMPTZ] = moment
            self._by_oid[_TIMESTAMPTZ_ARRAY] = _each(moment)
        self._add_ranges(range_class, moment)

    def rows(self, result: "Result") -> list[Row]:
        """The result's rows with converted values; the same list if none is to be converted."""
        return self.converted(result.rows or [], result)

    def converted(self, rows: list[Row], like: "Result") -> list[Row]:
        """Rows with the columns of `like`, as `rows`."""
        by_oid = self._by_oid
        found = [
            (index, by_oid[column.type_oid])
            for index, column in enumerate(like.columns or ())
            if column.type_oid in by_oid
        ]
        return [_converted(row, found) for row in rows] if found else rows

    def _add_ranges(self, range_class: type, moment: Conversion | None) -> None:
        for oid in _RANGES | _RANGE_ARRAYS:
            of_moments = oid in (_TSTZRANGE, _TSTZRANGE_ARRAY)
            bound = moment if of_moments else None
            if bound is not None or range_class is not types.Range:
                conversion = _range_conversion(range_class, bound)
                self._by_oid[oid] = conversion if oid in _RANGES else _each(conversion)


def timedelta(value: Any) -> Any:
    """An interval as `timedelta`: a year has 365 days, a month 30, as in Django's other drivers."""
    if not isinstance(value, types.Interval) or not value.is_finite:
        return value
    years, months = divmod(abs(value.months), 12)
    days = years * _DAYS_OF_YEAR + months * _DAYS_OF_MONTH
    sign = -1 if value.months < 0 else 1
    return dt.timedelta(days=sign * days + value.days, microseconds=value.microseconds)


def _moment_conversion(zone: dt.tzinfo | None, session_zone: dt.tzinfo) -> Conversion | None:
    if zone is dt.UTC:
        return None  # as they come

    def converted(value: Any) -> Any:
        if not isinstance(value, dt.datetime):
            return value  # null, or a moment that only howdah.types can hold
        local = value.astimezone(session_zone if zone is None else zone)
        return local.replace(tzinfo=None) if zone is None else local

    return converted


def _range_conversion(range_class: Any, bound: Conversion | None) -> Conversion:
    def converted(value: Any) -> Any:
        if value is None:
            return None
        if value.empty:
            return range_class(empty=True)
        lower, upper = value.lower, value.upper
        if bound is not None:
            lower, upper = bound(lower), bound(upper)
        return range_class(lower, upper, value.bounds)

    return converted


def _each(conversion: Conversion) -> Conversion:
    def converted(value: Any) -> Any:
        return [converted(item) for item in value] if isinstance(value, list) else conversion(value)

    return converted


def _converted(row: Row, conversions: list[tuple[int, Conversion]]) -> Row:
    values = list(row)
    for index, conversion in conversions:
        values[index] = conversion(values[index])
    return tuple(values)
