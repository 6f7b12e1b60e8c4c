"""One value as the server itself writes and reads it, for comparing codecs with the server.

Does IO through the connection it is given. Called by the tests of this folder. `binary` and `text`
ask for a value's bytes without any codec of ours; `read_back` gives bytes to the server and asks
what it understood.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import howdah

# Eleven bytes that every binary COPY starts with, no flags, no extension.
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"


def type_oid(conn: howdah.Connection, expression: str) -> int:
    """The OID of an expression's type."""
    return int(conn.fetch_value(f"select pg_typeof({expression})::oid::text"))


def text(conn: howdah.Connection, expression: str) -> bytes:
    """A value as the type's output function writes it."""
    written: str = conn.fetch_value(f"select ({expression})::text")
    return written.encode()


def binary(conn: howdah.Connection, expression: str) -> bytes:
    """A value as the type's send function writes it."""
    data = conn.copy_out(f"select {expression}", format="binary").read()
    assert data.startswith(SIGNATURE)
    assert data.endswith(TRAILER)
    fields, length = struct.unpack_from("!hi", data, len(SIGNATURE))
    assert fields == 1
    value = data[len(SIGNATURE) + 6 : -len(TRAILER)]
    assert len(value) == length
    return value


def read_back(conn: howdah.Connection, kind: str, data: bytes, format: int) -> bytes:  # noqa: A002
    """What the server makes of bytes in a format: the value as its output function writes it."""
    if format == 0:
        written: str = conn.fetch_value(f"select $1::text::{kind}::text", data.decode())
        return written.encode()
    conn.execute(f"create temp table if not exists received (value {kind})")
    row = struct.pack("!hi", 1, len(data)) + data
    conn.copy_in("received", [SIGNATURE, row, TRAILER], format="binary")
    result: str = conn.fetch_value("select value::text from received")
    conn.execute("drop table received")
    return result.encode()


def round_trip(conn: howdah.Connection, kind: str, value: Any) -> Any:
    """A value sent as a parameter of a type and read as a result."""
    return conn.fetch_value(f"select $1::{kind}", value)
