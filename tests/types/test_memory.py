"""Decoding and encoding leave nothing behind, neither objects nor references."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import sys
import uuid
from decimal import Decimal
from typing import Any

import pytest

from howdah.types import Date, Interval, Json, Lsn, Tid, TimestampTZ, decode, encode

ROUNDS = 2000

VALUES: list[tuple[int, Any]] = [
    (16, True),
    (20, 2**62),
    (25, "text é"),
    (17, b"bytes"),
    (701, 1.5),
    (1700, Decimal("123456.789")),
    (1700, 10**40),
    (1082, dt.date(2024, 1, 2)),
    (1082, Date.INFINITY),
    (1083, dt.time(1, 2, 3)),
    (1266, dt.time(1, 2, tzinfo=dt.timezone(dt.timedelta(hours=1)))),
    (1184, dt.datetime(2024, 1, 2, tzinfo=dt.UTC)),
    (1184, TimestampTZ.INFINITY),
    (1186, dt.timedelta(days=1, hours=2)),
    (1186, Interval(months=1)),
    (2950, uuid.NAMESPACE_DNS),
    (3220, Lsn(2**40)),
    (27, Tid(1, 2)),
    (3802, {"name": "é", "list": [1, 2.5, None, "x" * 50], "inner": {"a": [], "b": {}}}),
    (3802, Json([{1: "left to Python"}])),
]


def objects_left_by(work: Any) -> int:
    """How many more blocks of memory are in use after `ROUNDS` times `work` than after some."""
    for _ in range(ROUNDS):
        work()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(ROUNDS):
        work()
    gc.collect()
    return sys.getallocatedblocks() - before


@pytest.mark.parametrize("form", [0, 1])
@pytest.mark.parametrize(("oid", "value"), VALUES, ids=lambda value: type(value).__name__)
def test_values_leave_nothing(oid: int, value: Any, form: int) -> None:
    data = encode(oid, value, form)

    def work() -> None:
        decode(oid, data, form)
        encode(oid, value, form)

    counted = [type(value), uuid.UUID, uuid.SafeUUID.unknown, value, None]
    gc.collect()  # what earlier tests have left refers to None and True, too
    references = [sys.getrefcount(thing) for thing in counted]
    assert objects_left_by(work) < ROUNDS / 20
    after = [sys.getrefcount(thing) for thing in counted]
    assert all(abs(new - old) < ROUNDS / 20 for new, old in zip(after, references, strict=True))


@pytest.mark.parametrize(
    ("oid", "data"), [(114, b'{"a": [1, "b", {"c": 2}, }'), (1700, b"one"), (2950, b"short")]
)
def test_refusals_leave_nothing(oid: int, data: bytes) -> None:
    def work() -> None:
        with contextlib.suppress(ValueError):
            decode(oid, data)
        with contextlib.suppress(ValueError, TypeError):
            encode(oid, {"a": object()}, 1)

    assert objects_left_by(work) < ROUNDS / 20
