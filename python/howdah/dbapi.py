"""The type objects and constructors of PEP 249.

No IO. Re-exported by `howdah`. A type object equals the OIDs of the types that it stands for, so
`column.type_code == howdah.NUMBER` works with what `Cursor.description` says.
"""

import datetime as dt
import time
from typing import Final, NamedTuple

Date = dt.date
"""`Date(year, month, day)`"""
Time = dt.time
"""`Time(hour, minute, second)`"""
Timestamp = dt.datetime
"""`Timestamp(year, month, day, hour, minute, second)`"""
Binary = bytes
"""`Binary(string of bytes)`"""


def DateFromTicks(ticks: float) -> dt.date:  # noqa: N802 (named by PEP 249)
    """The local date at `ticks` seconds since the epoch."""
    return Date(*time.localtime(ticks)[:3])


def TimeFromTicks(ticks: float) -> dt.time:  # noqa: N802 (named by PEP 249)
    """The local time of day at `ticks` seconds since the epoch."""
    return Time(*time.localtime(ticks)[3:6])


def TimestampFromTicks(ticks: float) -> dt.datetime:  # noqa: N802 (named by PEP 249)
    """The local date and time at `ticks` seconds since the epoch."""
    return Timestamp(*time.localtime(ticks)[:6])


class TypeObject:
    """A group of PostgreSQL types, equal to the OID of each."""

    def __init__(self, name: str, *type_oids: int) -> None:
        self.name: Final = name
        self.type_oids: Final = frozenset(type_oids)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int):
            return other in self.type_oids
        return self is other

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"howdah.{self.name}"


# OIDs of built-in types never change: src/include/catalog/pg_type.dat of PostgreSQL 18.
STRING = TypeObject("STRING", 18, 19, 25, 1042, 1043)
"""`"char"`, name, text, char(n), varchar(n)"""
BINARY = TypeObject("BINARY", 17)
"""bytea"""
NUMBER = TypeObject("NUMBER", 20, 21, 23, 700, 701, 790, 1700)
"""int8, int2, int4, float4, float8, money, numeric"""
DATETIME = TypeObject("DATETIME", 1082, 1083, 1114, 1184, 1186, 1266)
"""date, time, timestamp, timestamptz, interval, timetz"""
ROWID = TypeObject("ROWID", 26, 27)
"""oid, tid"""


class ColumnDescription(NamedTuple):
    """One item of `Cursor.description`, with the seven fields of PEP 249."""

    name: str
    type_code: int
    """The type's OID; compare it with the type objects."""
    display_size: int | None
    """The length in characters of char(n), varchar(n) and bit(n)."""
    internal_size: int | None
    """In bytes; None for types of variable size."""
    precision: int | None
    """Digits of a numeric; digits of fractional seconds of the time types."""
    scale: int | None
    """Digits after the point of a numeric; may be negative."""
    null_ok: bool | None
    """Always None: the server does not tell."""


_MODIFIER_OVERHEAD = 4
"""What a type modifier counts besides the length or precision: a varlena header."""
_BPCHAR, _VARCHAR, _NUMERIC, _INTERVAL = 1042, 1043, 1700, 1186
_BIT, _VARBIT = 1560, 1562
_INTERVAL_PRECISION_UNSET = 0xFFFF


def describe_column(name: str, type_oid: int, size: int, modifier: int) -> ColumnDescription:
    """The description of a column of the given type, with -1 for no size or modifier.

    >>> describe_column("price", 1700, -1, (10 << 16 | 2) + 4)[4:6]
    (10, 2)
    """
    display = precision = scale = None
    if modifier >= 0:
        if type_oid in (_BPCHAR, _VARCHAR):
            display = modifier - _MODIFIER_OVERHEAD
        elif type_oid in (_BIT, _VARBIT):
            display = modifier
        elif type_oid == _NUMERIC:
            packed = modifier - _MODIFIER_OVERHEAD
            precision = packed >> 16
            # Eleven bits in two's complement: PostgreSQL 15 brought negative scales.
            scale = ((packed & 0x7FF) ^ 0x400) - 0x400
        elif type_oid == _INTERVAL:
            digits = modifier & 0xFFFF
            precision = None if digits == _INTERVAL_PRECISION_UNSET else digits
        elif type_oid in DATETIME.type_oids:
            precision = modifier
    internal = size if size > 0 else None
    return ColumnDescription(name, type_oid, display, internal, precision, scale, None)
