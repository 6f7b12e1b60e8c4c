"""For each scalar type: its OID, and a hypothesis strategy of the Python values that it holds.

Every strategy reaches the ends of its type's range, the infinities included. `IDENTITY` says when
two values are the same one: equality is too weak for `1.0` and `1.00`, NaN and negative zero.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from howdah.types import Date, EndOfDay, Interval, Lsn, Tid, Timestamp, TimestampTZ

ENDLESS_DATES = st.sampled_from([Date.INFINITY, Date.NEGATIVE_INFINITY])
BEYOND_DATES = (
    st.integers(-2_451_545, 2_145_031_948)
    .map(Date._from_wire)
    .filter(lambda date: not 1 <= date.year <= 9999)
)
MICROSECONDS = st.integers(-211_813_488_000_000_000, 9_223_371_331_200_000_000 - 1)
BEYOND_TIMESTAMPS = MICROSECONDS.map(Timestamp._from_wire).filter(
    lambda stamp: not 1 <= stamp.date.year <= 9999
)
ENDLESS_TIMESTAMPS = st.sampled_from([Timestamp.INFINITY, Timestamp.NEGATIVE_INFINITY])
BEYOND_MOMENTS = MICROSECONDS.map(TimestampTZ._from_wire).filter(
    lambda stamp: not 1 <= stamp.date.year <= 9999
)
ENDLESS_MOMENTS = st.sampled_from([TimestampTZ.INFINITY, TimestampTZ.NEGATIVE_INFINITY])

# PostgreSQL keeps offsets up to 15:59:59, in seconds.
OFFSETS = st.integers(-57_599, 57_599).map(lambda east: dt.timezone(dt.timedelta(seconds=east)))

# `fold` belongs to a clock that is put back, which no column knows of.
TIMES = st.times().map(lambda time: time.replace(fold=0))
ZONED_TIMES = st.times(timezones=OFFSETS).map(lambda time: time.replace(fold=0))
DATETIMES = st.datetimes().map(lambda stamp: stamp.replace(fold=0))
MOMENTS = st.datetimes(timezones=st.just(dt.UTC)).map(lambda moment: moment.replace(fold=0))

INTERVALS = st.builds(
    Interval,
    months=st.integers(-(2**31), 2**31 - 1).filter(bool),
    days=st.integers(-(2**31), 2**31 - 1),
    microseconds=st.integers(-(2**63), 2**63 - 1),
)
ENDLESS_INTERVALS = st.sampled_from([Interval.INFINITY, Interval.NEGATIVE_INFINITY])

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
DECIMALS = st.builds(
    lambda digits, scale, negative: (
        Decimal(-digits if negative else digits).scaleb(-scale)
        if digits
        else Decimal((0, (0,), -scale))
    ),
    st.integers(0, 10**27),
    st.integers(0, 40),
    st.booleans(),
)
SPECIAL_DECIMALS = st.sampled_from([Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity")])


def unsigned(bits: int) -> st.SearchStrategy[int]:
    """Integers from 0."""
    return st.integers(0, 2**bits - 1)


def signed(bits: int) -> st.SearchStrategy[int]:
    """Integers around 0."""
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


SCALARS: dict[str, tuple[int, st.SearchStrategy[Any]]] = {
    "bool": (16, st.booleans()),
    "int2": (21, signed(16)),
    "int4": (23, signed(32)),
    "int8": (20, signed(64)),
    "oid": (26, unsigned(32)),
    "xid": (28, unsigned(32)),
    "cid": (29, unsigned(32)),
    "xid8": (5069, unsigned(64)),
    "float4": (700, st.floats(width=32)),
    "float8": (701, st.floats()),
    "numeric": (1700, DECIMALS | SPECIAL_DECIMALS),
    "text": (25, TEXT),
    "varchar": (1043, TEXT),
    "bpchar": (1042, TEXT),
    "name": (19, TEXT.filter(lambda text: len(text.encode()) < 64)),
    '"char"': (18, st.integers(0, 255).map(lambda byte: "" if not byte else byte_char(byte))),
    "bytea": (17, st.binary()),
    "date": (1082, st.dates() | BEYOND_DATES | ENDLESS_DATES),
    "time": (1083, TIMES | st.just(EndOfDay())),
    "timetz": (1266, ZONED_TIMES | OFFSETS.map(EndOfDay)),
    "timestamp": (1114, DATETIMES | BEYOND_TIMESTAMPS | ENDLESS_TIMESTAMPS),
    "timestamptz": (
        1184,
        MOMENTS | BEYOND_MOMENTS | ENDLESS_MOMENTS,
    ),
    "interval": (1186, st.timedeltas() | INTERVALS | ENDLESS_INTERVALS),
    "uuid": (2950, st.uuids()),
    "pg_lsn": (3220, unsigned(64).map(Lsn)),
    "tid": (27, st.builds(Tid, unsigned(32), unsigned(16))),
}


def known_to(server_version: int, name: str, value: Any) -> bool:
    """Whether a server of this version has the value, and reads and shows it as text."""
    match name:
        case "interval" if server_version < 17_00_00:
            longest = 2**63 if server_version >= 15_00_00 else 2**62
            return not isinstance(value, Interval) or (
                value not in {Interval.INFINITY, Interval.NEGATIVE_INFINITY}
                and abs(value.microseconds) < longest
            )
        case '"char"' if server_version < 16_00_00:
            return len(value) < 2  # of a byte beyond ASCII it shows the byte
        case "numeric" if server_version < 14_00_00:
            return not value.is_infinite()
        case _:
            return True


def byte_char(byte: int) -> str:
    """What `"char"` shows of a byte."""
    return chr(byte) if byte < 128 else f"\\{byte:03o}"


def identity(value: Any) -> tuple[type, str]:
    """What makes `value` the same as another one, beyond being equal to it."""
    if isinstance(value, Interval):
        return Interval, repr(value)
    if isinstance(value, dt.datetime | dt.time) and value.tzinfo is not None:
        return type(value), f"{value.isoformat()}"
    return type(value), repr(value)
