"""Parameters that would be changed on their way are refused, with the reason and the cure."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Any

import pytest

from howdah.types import EndOfDay, Interval, Timestamp, TimestampTZ, decode, encode

NOW = dt.datetime(2024, 1, 2, 3, 4, 5)  # noqa: DTZ001 (naive is what is refused)
BERLIN = dt.timezone(dt.timedelta(hours=1))


@pytest.mark.parametrize("form", [0, 1])
@pytest.mark.parametrize(
    ("oid", "value", "message"),
    [
        (16, 1, "`bool` takes bool or str, found int"),
        (21, 2**15, "int out of range"),
        (23, -(2**31) - 1, "int out of range"),
        (20, 2**63, "int out of range"),
        (26, -1, "int out of range"),
        (5069, 2**64, "int out of range"),
        (23, 1.0, "`int4` takes int or str, found float"),
        (23, Decimal(1), "`int4` takes int or str, found Decimal"),
        (700, 1e39, "number out of range"),
        (701, 10**400, "number out of range"),
        (701, True, "takes float, int, decimal.Decimal or str, found bool"),
        (1700, True, "takes decimal.Decimal, int, float or str, found bool"),
        (1700, Decimal("sNaN"), "signalling NaN"),
        (25, 1, "`text` takes str, found int"),
        (25, True, "`text` takes str, found bool"),
        (25, b"a", "`text` takes str, found bytes"),
        (25, "\ud800", "lone surrogate"),
        (17, 1, "`bytea` takes bytes, bytearray, memoryview of bytes or str, found int"),
        (18, "ab", "not one ASCII character"),
        (18, "é", "not one ASCII character"),
        (18, b"", "another length than 1"),
        (1082, NOW, "hint: pass its `.date()`"),
        (1114, NOW.replace(tzinfo=BERLIN), "hint: use `timestamptz`"),
        (1114, TimestampTZ.INFINITY, "takes naive datetime.datetime"),
        (1184, NOW, "hint: give it a zone"),
        (1184, NOW.date(), "takes aware datetime.datetime"),
        (1184, Timestamp.INFINITY, "takes aware datetime.datetime"),
        (1083, dt.time(1, tzinfo=BERLIN), "hint: use `timetz`"),
        (1083, EndOfDay(dt.UTC), "hint: use `timetz`"),
        (1266, dt.time(1), "without an offset"),
        (1266, EndOfDay(), "without an offset"),
        (1266, dt.time(tzinfo=dt.timezone(dt.timedelta(milliseconds=1))), "fraction of a second"),
        (1186, 1, "takes datetime.timedelta, howdah.types.Interval or str"),
        (2950, 1, "takes uuid.UUID or str"),
        (3220, 2**64, "out of range"),
        (27, (1, 2, 3), "a block"),
    ],
)
def test_what_would_be_changed_is_refused(oid: int, value: Any, message: str, form: int) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        encode(oid, value, form)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("oid", "data", "form"),
    [
        (16, b"\2", 1),
        (16, b"", 1),
        (16, b"yes", 0),
        (23, b"\0\0\0", 1),
        (23, b"1.5", 0),
        (701, b"\0", 1),
        (701, b"one", 0),
        (1700, b"", 1),
        (1700, b"one", 0),
        (1700, b"\0\1\0\0\0\0\0\0\x27\x10", 1),  # a group of 10,000
        (1700, b"\0\2\0\0\0\0\0\0\0\1", 1),  # fewer groups than announced
        (25, b"\xff", 1),
        (17, b"\\x0", 0),
        (1082, b"01/02/2024", 0),
        (1083, (86_400_000_001).to_bytes(8, "big"), 1),
        (1083, b"\xff" * 8, 1),
        (1266, b"\0" * 11, 1),
        (1114, b"Mon Jan 01 00:00:00 2024", 0),
        (1186, b"P1Y", 0),
        (2950, b"\0" * 15, 1),
        (2950, b"g" * 36, 0),
        (3220, b"1", 0),
        (27, b"(1,2", 0),
        (114, b"{", 0),
        (3802, b"\2{}", 1),
    ],
)
def test_bytes_that_are_no_value_are_refused(oid: int, data: bytes, form: int) -> None:
    with pytest.raises(ValueError, match="`"):
        decode(oid, data, form)


def test_an_integer_is_what_says_it_is_one() -> None:
    class Level(enum.IntEnum):
        HIGH = 3

    class Index:
        def __index__(self) -> int:
            return 3

    class Broken:
        def __index__(self) -> int:
            raise RuntimeError("mine")

    for value in (3, Level.HIGH, Index()):
        assert [encode(23, value, 0), encode(23, value, 1)] == [b"3", b"\0\0\0\3"]
    assert encode(21, True, 0) == b"1"
    with pytest.raises(RuntimeError, match="mine"):
        encode(23, Broken())


def test_what_the_door_does_not_know() -> None:
    with pytest.raises(LookupError, match="16384"):
        decode(16384, b"")
    with pytest.raises(ValueError, match="neither 0 nor 1"):
        encode(23, 1, 2)
    with pytest.raises(ValueError, match="no binary format"):
        decode(790, b"", 1)


def test_a_timedelta_is_sent_with_one_sign() -> None:
    for delta in (dt.timedelta(hours=-1), dt.timedelta.min, dt.timedelta.max, dt.timedelta(1, 1)):
        parts = Interval.from_timedelta(delta).parts
        months, days, microseconds = parts
        assert encode(1186, delta, 1) == encode(1186, Interval.from_timedelta(delta), 1)
        assert months == 0
        assert days * microseconds >= 0
        assert decode(1186, encode(1186, delta, 1), 1) == delta


def test_a_uuid_is_a_whole_uuid() -> None:
    made = decode(2950, uuid.NAMESPACE_DNS.bytes, 1)
    assert type(made) is uuid.UUID
    assert made == uuid.NAMESPACE_DNS
    assert hash(made) == hash(uuid.NAMESPACE_DNS)
    assert made.is_safe is uuid.SafeUUID.unknown
    assert (made.fields, made.version) == (uuid.NAMESPACE_DNS.fields, 1)
