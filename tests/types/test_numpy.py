"""NumPy's scalars and arrays as parameters."""

from __future__ import annotations

import struct
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from howdah import errors

if TYPE_CHECKING:
    import howdah


@pytest.mark.parametrize(
    ("value", "type_name", "expected"),
    [
        (np.int64(-(2**63)), "int8", -(2**63)),
        (np.int16(5), "int4", 5),
        (np.uint8(5), "int2", 5),
        (np.float32(0.5), "float8", 0.5),
        (np.float64(0.1), "float8", 0.1),
        (np.int32(7), "float8", 7.0),
        (np.int64(7), "numeric", Decimal(7)),
        (np.uint64(2**64 - 1), "numeric", Decimal(2**64 - 1)),
        (np.float64(1.1), "numeric", Decimal("1.1")),
        (np.float32(1.5), "numeric", Decimal("1.5")),
        (np.float32(0.1), "numeric", Decimal("0.10000000149011612")),
        (np.float16(-0.25), "numeric", Decimal("-0.25")),
        (
            np.array([0.5, 0.1], dtype="float32"),
            "numeric[]",
            [Decimal("0.5"), Decimal("0.10000000149011612")],
        ),
        (np.bool_(True), "bool", True),
        (np.str_("text"), "text", "text"),
        (np.array([1, 2], dtype="int8"), "int4[]", [1, 2]),
        (np.array([[1, 2], [3, 4]]), "int8[]", [[1, 2], [3, 4]]),
        (np.arange(8).reshape(2, 2, 2), "int2[]", [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]),
        (np.arange(10)[::-3], "int4[]", [9, 6, 3, 0]),
        (np.arange(6).reshape(2, 3).T, "int4[]", [[0, 3], [1, 4], [2, 5]]),
        (np.arange(3, dtype=">i4"), "int4[]", [0, 1, 2]),
        (np.array([0.5, np.inf], dtype="float32"), "float4[]", [0.5, float("inf")]),
        (np.array([0.5, 2.0], dtype="float32"), "float8[]", [0.5, 2.0]),
        (np.array([0.5, 0.25]), "float4[]", [0.5, 0.25]),
        (np.array([1, 2]), "float8[]", [1.0, 2.0]),
        (np.array([1, 2]), "numeric[]", [Decimal(1), Decimal(2)]),
        (np.array([True, False]), "bool[]", [True, False]),
        (np.array(["a", "b"]), "text[]", ["a", "b"]),
        (np.array([1, None], dtype=object), "int4[]", [1, None]),
        (np.array([], dtype="int64"), "int4[]", []),
    ],
)
async def test_values(
    conn: howdah.AsyncConnection, value: Any, type_name: str, expected: Any
) -> None:
    """They are the values of Python that they are equal to."""
    assert await conn.fetch_value(f"select $1::{type_name}", value) == expected


async def test_types_of_their_own(conn: howdah.AsyncConnection) -> None:
    """Where a statement leaves the type open, the value's own is taken."""
    for value, name in (
        (np.int32(1), "int8"),
        (np.uint64(1), "numeric"),
        (np.float32(1), "float8"),
        (np.bool_(False), "bool"),
        (np.array([1.5]), "float8[]"),
        (np.array([1], dtype="uint16"), "int8[]"),
        ([np.int8(1)], "int8[]"),
    ):
        (result,) = await conn.run("select $1", (value,), tuple, None)
        assert result.columns is not None
        assert result.columns[0].type_name == name
        assert result.rows == [(value if isinstance(value, list) else value.tolist(),)]


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        (np.array([0, 2**40]), "int4[]"),
        (np.array([1.5]), "int4[]"),
        (np.array(5), "int4[]"),
        (np.int64(2**40), "int4"),
        (np.float64(1.0), "int4"),
        (np.int64(1), "bool"),
        (np.datetime64("2024-01-01"), "timestamp"),
        (np.zeros((2, 0), dtype="int64"), "int4[]"),
        (np.zeros((1,) * 7, dtype="int64"), "int4[]"),
        (np.complex128(1), "float8"),
        (np.complex64(1), "numeric"),
        (np.longdouble(1), "numeric"),
    ],
)
async def test_what_loses_is_refused(
    conn: howdah.AsyncConnection, value: Any, type_name: str
) -> None:
    """Nothing is rounded, cut or guessed, and the error names the parameter."""
    with pytest.raises(errors.DataError, match=r"parameter \$1"):
        await conn.fetch_value(f"select $1::{type_name}", value)
    assert await conn.fetch_value("select 1") == 1


async def test_many_numbers(conn: howdah.AsyncConnection) -> None:
    """A large array arrives whole."""
    numbers = np.random.default_rng(1).normal(size=100_000)
    total = await conn.fetch_value("select sum(x) from unnest($1::float8[]) x", numbers)
    assert total == pytest.approx(numbers.sum())


async def test_a_text_beside_a_value_that_does_not_fit(conn: howdah.AsyncConnection) -> None:
    with pytest.raises(errors.InvalidTextRepresentation):
        await conn.fetch("select $1::text, $2::int", np.str_("text"), "no number")
    assert await conn.fetch_value("select $1::text", np.str_("text")) == "text"


def test_numpy_is_not_imported() -> None:
    """Programs without NumPy do not pay for it."""
    program = "import howdah.types, sys; howdah.connect; sys.exit('numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_format_of_a_large_array() -> None:
    """The bytes are what PostgreSQL's `array_recv` reads: dimensions, element type, items."""
    from howdah.types import encode

    head = struct.pack(">iiIiiii", 2, 0, 23, 1, 1, 2, 1)
    items = struct.pack(">iiii", 4, 7, 4, 8)
    assert encode(1007, np.array([[7, 8]]), 1) == head + items
