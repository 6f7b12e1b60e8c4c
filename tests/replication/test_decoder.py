"""Whatever bytes come as a stream, the decoder answers with a change or one of howdah's errors."""

from __future__ import annotations

import contextlib
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import howdah
from howdah import replication

if TYPE_CHECKING:
    from collections.abc import Iterator

RELATION = (
    b"R\0\0\x40\0public\0item\0f\0\x04"
    b"\x01id\0\0\0\0\x17\xff\xff\xff\xff"  # int4
    b"\0name\0\0\0\0\x19\xff\xff\xff\xff"  # text
    b"\0tags\0\0\0\x03\xef\xff\xff\xff\xff"  # int4[]
    b"\0data\0\0\0\x0e\xda\xff\xff\xff\xff"  # jsonb
)
VALUES = st.one_of(
    st.sampled_from([b"n", b"u"]),
    st.builds(
        lambda kind, value: kind + struct.pack("!I", len(value)) + value,
        st.sampled_from([b"t", b"b"]),
        st.binary(max_size=20) | st.sampled_from([b"1", b"\0\0\0\7", b"{1,2}", b'{"a": 1}']),
    ),
)
ROWS = st.lists(VALUES, min_size=3, max_size=5).map(
    lambda values: struct.pack("!H", len(values)) + b"".join(values)
)
CHANGES = st.one_of(
    st.builds(lambda row: b"I\0\0\x40\0N" + row, ROWS),
    st.builds(lambda old, row: b"U\0\0\x40\0O" + old + b"N" + row, ROWS, ROWS),
    st.builds(lambda old, row: b"U\0\0\x40\0K" + old + b"N" + row, ROWS, ROWS),
    st.builds(lambda key: b"D\0\0\x40\0K" + key, ROWS),
    st.just(RELATION),
    st.builds(
        lambda kind, rest: bytes([kind]) + rest,
        st.sampled_from(b"BCORYIUDTMSEcAbPKrp"),
        st.binary(max_size=60),
    ),
)


@pytest.fixture(scope="module")
def connection(logical_server: str) -> Iterator[replication.ReplicationConnection]:
    """A connection whose decoders are tried; it streams nothing."""
    with replication.connect(logical_server) as repl:
        yield repl


@given(payloads=st.lists(CHANGES, max_size=12), spoiled=st.integers(0, 400), bit=st.integers(0, 7))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_pieces_give_changes_or_errors(
    connection: replication.ReplicationConnection, payloads: list[bytes], spoiled: int, bit: int
) -> None:
    decoder = connection._line.wire.decoder()
    for payload in [RELATION, *payloads]:
        piece = bytearray(b"w" + bytes(24) + payload)
        if payload is not RELATION and spoiled < len(piece):
            piece[spoiled] ^= 1 << bit
        with contextlib.suppress(howdah.Error):
            decoder.unknown_types(bytes(piece))
            decoder.decode(bytes(piece))


def test_what_is_well_formed_is_read(connection: replication.ReplicationConnection) -> None:
    decoder = connection._line.wire.decoder()
    decoder.decode(b"w" + bytes(24) + RELATION)
    row = b"\0\4t\0\0\0\0011t\0\0\0\1at\0\0\0\5{1,2}t\0\0\0\2[]"
    change = decoder.decode(b"w" + bytes(24) + b"I\0\0\x40\0N" + row)
    assert tuple(change.new) == (1, "a", [1, 2], [])
