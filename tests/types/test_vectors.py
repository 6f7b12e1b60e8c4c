"""pgvector's types, on a server that has them: the embedded one."""

from __future__ import annotations

import copy
import pickle
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import howdah
from howdah.types import SparseVector
from tests.databases import fresh_database
from tests.types.values import binary, round_trip

if TYPE_CHECKING:
    from collections.abc import Iterator

on_one_server = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SINGLES = st.floats(width=32, allow_nan=False, allow_infinity=False)


@pytest.fixture(scope="module")
def conn(server_url: str) -> Iterator[howdah.Connection]:
    """A connection to a database with pgvector, in a schema of its own."""
    with contextmanager(fresh_database)(server_url) as url, howdah.connect(url) as connection:
        there = "select count(*) from pg_available_extensions where name = 'vector'"
        if not connection.fetch_value(there):
            pytest.skip("this PostgreSQL has no pgvector")
        connection.execute("create schema ext; create extension vector schema ext")
        yield connection


@on_one_server
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_any_vector_comes_back(conn: howdah.Connection, value: list[float]) -> None:
    assert round_trip(conn, "ext.vector", value) == value
    assert round_trip(conn, "ext.vector[]", [value]) == [value]
    assert conn.fetch_value("select $1::ext.vector", str(value)) == value


def test_numbers_are_rounded_to_what_a_vector_holds(conn: howdah.Connection) -> None:
    (single,) = struct.unpack("f", struct.pack("f", 0.1))
    assert round_trip(conn, "ext.vector", [0.1, 1]) == [single, 1.0]
    with pytest.raises(howdah.Error, match="out of range for an element of a vector"):
        round_trip(conn, "ext.vector", [1e39])


def test_vectors_in_the_text_format(conn: howdah.Connection) -> None:
    conn.execute("create type vector_in_text as (v ext.vector, h ext.halfvec, words tsvector)")
    value = ([0.5, -2.0], [0.5, 65504.0], None)
    assert round_trip(conn, "vector_in_text", value) == value


@on_one_server
@given(st.lists(st.floats(width=16, allow_nan=False, allow_infinity=False), min_size=1))
def test_any_half_vector_comes_back(conn: howdah.Connection, value: list[float]) -> None:
    assert round_trip(conn, "ext.halfvec", value) == value


@st.composite
def sparse_vectors(draw: st.DrawFn) -> SparseVector:
    """Of any size that the type allows, with elements that a `float4` holds."""
    dimensions = draw(st.integers(1, 1_000_000_000))
    elements = st.dictionaries(st.integers(0, dimensions - 1), SINGLES, max_size=20)
    return SparseVector(draw(elements), dimensions)


@on_one_server
@given(sparse_vectors())
def test_any_sparse_vector_comes_back(conn: howdah.Connection, value: SparseVector) -> None:
    assert round_trip(conn, "ext.sparsevec", value) == value
    assert conn.fetch_value("select $1::ext.sparsevec", str(value)) == value
    # an array of them, and the text that a row without binary format is written in
    assert round_trip(conn, "ext.sparsevec[]", [value, None]) == [value, None]
    assert copy.copy(value) == pickle.loads(pickle.dumps(value)) == value
    assert hash(copy.copy(value)) == hash(value)


def test_the_bytes_of_a_sparse_vector(conn: howdah.Connection) -> None:
    """Computed by hand: dimensions, count, nothing, indices from 0, numbers."""
    expected = struct.pack("!iii ii ff", 5, 2, 0, 0, 2, 1.5, -2.0)
    assert binary(conn, "'{3:-2,1:1.5}/5'::ext.sparsevec") == expected
    conn.execute("create temp table received (v ext.sparsevec)")
    conn.copy_rows("received", [(SparseVector({2: -2, 0: 1.5}, 5),)])
    assert binary(conn, "(select v from received)") == expected


def test_sparse_vectors_in_the_text_format(conn: howdah.Connection) -> None:
    conn.execute("create type sparse_in_text as (v ext.sparsevec, words tsvector)")
    for vector in (SparseVector({1: 0.5, 7: 2.0**-99}, 8), SparseVector({}, 3)):
        assert round_trip(conn, "sparse_in_text", (vector, None)) == (vector, None)


def test_all_numbers_make_a_sparse_vector(conn: howdah.Connection) -> None:
    expected = SparseVector({1: 2.5, 3: -1}, 4)
    for dense in ([0, 2.5, 0, -1], (0.0, 2.5, 1e-60, -1.0), np.array([0, 2.5, 0, -1], "f4")):
        assert round_trip(conn, "ext.sparsevec", dense) == expected
    assert expected.to_list() == [0, 2.5, 0, -1]
    assert SparseVector.from_dense([0, 2.5, 0, -1]) == expected
    assert expected.elements == {1: 2.5, 3: -1.0}
    assert (expected.indices, expected.values, expected.dimensions) == ((1, 3), (2.5, -1.0), 4)
    assert SparseVector([(3, -1), (0, 0), (1, 2.5)], 4) == expected
    assert expected != SparseVector({1: 2.5, 3: -1}, 5)
    assert expected != [0, 2.5, 0, -1]


def test_what_no_sparse_vector_is(conn: howdah.Connection) -> None:
    for elements, dimensions, why in (
        ({0: 1.0}, 0, "1 to 1000000000 dimensions"),
        ({5: 1.0}, 5, "index 5 of a vector with 5 dimensions"),
        ({-1: 1.0}, 5, "index -1"),
        ([(1, 1.0), (1, 2.0)], 5, "index 1 twice"),
        ({1: float("nan")}, 5, "not finite"),
    ):
        with pytest.raises(ValueError, match=why):
            SparseVector(elements, dimensions)
    with pytest.raises(AttributeError, match="immutable"):
        SparseVector({}, 1)._dimensions = 2
    with pytest.raises(howdah.Error, match="out of range for an element of a vector"):
        round_trip(conn, "ext.sparsevec", SparseVector({0: 1e39}, 1))
    with pytest.raises(howdah.Error, match="parameter"):
        round_trip(conn, "ext.sparsevec", {0: 1.0})
