"""The value classes of `howdah.types`: order, equality, hash, text and pickle."""

from __future__ import annotations

import copy
import datetime as dt
import doctest
import importlib
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from howdah.types import Date, EndOfDay, Interval, Lsn, Tid, Timestamp, TimestampTZ
from tests.types.scalars import SCALARS, identity

UTC = dt.UTC


@pytest.mark.parametrize("module", ["_interval", "_moment", "_scalar"])
def test_examples_in_the_documentation(module: str) -> None:
    result = doctest.testmod(importlib.import_module(f"howdah.types.{module}"))
    assert result.attempted > 0
    assert result.failed == 0


@given(day=st.dates())
def test_a_date_that_python_has_too_is_that_date(day: dt.date) -> None:
    ours = Date(day.year, day.month, day.day)
    assert ours == day == ours
    assert hash(ours) == hash(day)
    assert ours.to_date() == day
    assert str(ours) == str(day)
    assert Date.NEGATIVE_INFINITY < Date(-4000, 1, 1) < day < Date(10000, 1, 1) < Date.INFINITY
    assert day > Date(0, 12, 31)


@given(moment=st.datetimes())
def test_a_timestamp_that_python_has_too_is_that_datetime(moment: dt.datetime) -> None:
    fields = (*moment.timetuple()[:6], moment.microsecond)
    naive, aware = Timestamp(*fields), TimestampTZ(*fields)
    assert naive == moment
    assert aware == moment.replace(tzinfo=UTC)
    assert aware == moment.replace(tzinfo=UTC).astimezone(dt.timezone(dt.timedelta(hours=0)))
    assert (hash(naive), hash(aware)) == (hash(moment), hash(moment.replace(tzinfo=UTC)))
    assert Timestamp.NEGATIVE_INFINITY < moment < Timestamp.INFINITY
    assert naive != moment.replace(tzinfo=UTC)
    assert naive != aware
    with pytest.raises(TypeError):
        assert naive < moment.replace(tzinfo=UTC)


@given(delta=st.timedeltas())
def test_an_interval_without_months_is_a_timedelta(delta: dt.timedelta) -> None:
    ours = Interval.from_timedelta(delta)
    assert ours == delta
    assert hash(ours) == hash(delta)
    assert ours.to_timedelta() == delta
    assert Interval.NEGATIVE_INFINITY < delta < Interval.INFINITY


def test_intervals_are_ordered_as_postgresql_orders_them() -> None:
    assert Interval(months=1) == Interval(days=30) == Interval(hours=720)
    assert Interval(months=1).parts != Interval(days=30).parts
    assert len({Interval(months=1), Interval(days=30), dt.timedelta(days=30)}) == 1
    assert Interval(months=-1) < Interval() < Interval(months=1) < Interval(days=31)
    assert -Interval(months=2, days=-3, microseconds=1) == Interval(
        months=-2, days=3, microseconds=-1
    )
    assert -Interval.INFINITY == Interval.NEGATIVE_INFINITY
    with pytest.raises(ValueError, match="no fixed length"):
        Interval(months=1).to_timedelta()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Date(-4713, 11, 24), "4714-11-24 BC"),
        (Date(5_874_897, 12, 31), "5874897-12-31"),
        (Date.INFINITY, "infinity"),
        (Timestamp.NEGATIVE_INFINITY, "-infinity"),
        (Timestamp(294_276, 12, 31, 23, 59, 59, 999_999), "294276-12-31 23:59:59.999999"),
        (TimestampTZ(-43, 3, 15, 12, 0, 0, 500_000), "0044-03-15 12:00:00.5+00 BC"),
        (EndOfDay(), "24:00:00"),
        (EndOfDay(dt.timezone(-dt.timedelta(hours=5, minutes=30))), "24:00:00-05:30"),
        (Interval(), "00:00:00"),
        (Interval(months=-13, days=1), "-1 years -1 mons +1 day"),
        (Interval(days=-1, hours=2), "-1 days +02:00:00"),
        (Interval(microseconds=-1), "-00:00:00.000001"),
        (Interval.INFINITY, "infinity"),
        (Lsn(0), "0/0"),
        (Lsn(2**64 - 1), "FFFFFFFF/FFFFFFFF"),
        (Tid(4_294_967_295, 65_535), "(4294967295,65535)"),
    ],
)
def test_the_text_is_postgresql_s(value: Any, text: str) -> None:
    assert str(value) == text
    assert identity(pickle.loads(pickle.dumps(value))) == identity(value)
    assert identity(copy.deepcopy(value)) == identity(value)


def test_the_end_of_day_is_after_every_time() -> None:
    east = dt.timezone(dt.timedelta(hours=2))
    assert dt.time.max < EndOfDay()
    assert EndOfDay() == EndOfDay()
    assert EndOfDay() != dt.time(0)
    assert EndOfDay(east) != EndOfDay()
    assert EndOfDay(east) < EndOfDay(UTC)
    assert dt.time(21, tzinfo=UTC) < EndOfDay(east) < dt.time(23, tzinfo=UTC)
    assert EndOfDay(east).tzinfo == east
    with pytest.raises(TypeError):
        assert EndOfDay() > dt.time(1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Date(2023, 2, 29), ValueError),
        (lambda: Date(2023, 13, 1), ValueError),
        (lambda: Date(-4713, 11, 23), OverflowError),
        (lambda: Date(5_874_898, 1, 1), OverflowError),
        (lambda: Date.INFINITY.year, ValueError),
        (lambda: Date(10_000, 1, 1).to_date(), ValueError),
        (lambda: Timestamp(294_277, 1, 1), OverflowError),
        (lambda: Timestamp(2024, 1, 1, 24), ValueError),
        (TimestampTZ.INFINITY.to_datetime, ValueError),
        (lambda: Interval(months=2**31), OverflowError),
        (lambda: EndOfDay(dt.timezone(dt.timedelta(milliseconds=1))), ValueError),
        (lambda: Lsn(-1), OverflowError),
        (lambda: Lsn("1"), ValueError),
        (lambda: Lsn("1/g"), ValueError),
        (lambda: setattr(Date.INFINITY, "_wire", 1), AttributeError),
        (lambda: delattr(Date.INFINITY, "_wire"), AttributeError),
    ],
)
def test_what_is_no_value(make: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        make()


@given(data=st.data())
def test_text_of_every_value_is_what_the_codec_reads(data: st.DataObject) -> None:
    from howdah.types import decode

    name = data.draw(st.sampled_from(["date", "timestamp", "timestamptz", "timetz", "interval"]))
    oid, values = SCALARS[name]
    value = data.draw(values.filter(lambda value: type(value).__module__.startswith("howdah")))
    assert identity(decode(oid, str(value).encode(), 0)) == identity(value)
