"""Whatever bytes a server sends, a decoder answers with a value or a refusal."""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from howdah.types import Interval, Json, decode, encode

if TYPE_CHECKING:
    import howdah

#: One value of each shape of binary format, to be damaged.
VALUES: list[tuple[int, Any]] = [
    (1700, Decimal("-12345.6789")),
    (1186, Interval(months=1)),
    (3802, Json({"a": [1, "b\n", {"c": 1.5}]})),
    (1007, [[1, None], [3, 4]]),
    (1009, ["a", "b"]),
    (2950, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    (3904, "[1,10)"),
    (4451, "{[1,2),[5,)}"),
    (869, "10.0.0.1/24"),
    (1562, "10101"),
    (602, "((1,2),(3,4))"),
]


@functools.cache
def built_in(server: howdah.Connection) -> list[int]:
    """The OID of every type that a column can have."""
    rows = server.fetch(
        "select oid from pg_type where oid < 10000 and typtype in ('b', 'r', 'm') and typelem = 0"
    )
    return [oid for (oid,) in rows]


def answered(oid: int, data: bytes, form: int) -> None:
    """Decode; a panic would be a BaseException of its own, and a crash the end of the run."""
    try:
        decode(oid, data, form)
    except (ValueError, LookupError, OverflowError) as refusal:
        assert str(refusal)  # noqa: PT017 (either answer is right)


@given(data=st.data(), junk=st.binary(max_size=40), form=st.sampled_from([0, 1]))
@settings(max_examples=1000, deadline=None)
def test_any_bytes(server: howdah.Connection, data: st.DataObject, junk: bytes, form: int) -> None:
    answered(data.draw(st.sampled_from(built_in(server))), junk, form)


@pytest.mark.parametrize(("oid", "value"), VALUES)
@given(at=st.integers(0, 100), byte=st.integers(0, 255), cut=st.integers(0, 100))
@example(at=0, byte=0xFF, cut=100)
@example(at=3, byte=0xFF, cut=100)
@settings(max_examples=300, deadline=None)
def test_a_damaged_value(oid: int, value: Any, at: int, byte: int, cut: int) -> None:
    for form in (0, 1):
        try:
            whole = encode(oid, value, form)
        except TypeError:
            whole = encode(oid, decode(oid, encode(oid, value, 0), 0), form)
        damaged = bytearray(whole)
        damaged[at % len(damaged)] = byte
        answered(oid, bytes(damaged), form)
        answered(oid, whole[: cut % len(whole)], form)
