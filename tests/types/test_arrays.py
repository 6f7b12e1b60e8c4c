"""Arrays: lists of any depth, sequences as parameters, refusals that say where."""

from __future__ import annotations

import array
import contextlib
import copy
import pickle
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from howdah import types
from howdah.types import Array
from tests.types.values import round_trip

if TYPE_CHECKING:
    import howdah

INT4_ARRAY, TEXT_ARRAY, POINT_ARRAY = 1007, 1009, 1017

on_one_server = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# it contains itself
ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)


def nested(items: st.SearchStrategy[Any], lengths: list[int]) -> st.SearchStrategy[Any]:
    """Lists in lists, of the given lengths."""
    for length in reversed(lengths):
        items = st.lists(items, min_size=length, max_size=length)
    return items


def arrays(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Arrays of one to four dimensions with nulls, and the empty one."""
    lengths = st.lists(st.integers(1, 3), min_size=1, max_size=4)
    return st.just([]) | lengths.flatmap(lambda found: nested(st.none() | items, found))


characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
ELEMENTS: dict[str, st.SearchStrategy[Any]] = {
    "int2[]": st.integers(-(2**15), 2**15 - 1),
    "int4[]": st.integers(-(2**31), 2**31 - 1),
    "int8[]": st.integers(-(2**63), 2**63 - 1),
    "float8[]": st.floats(allow_nan=False),
    "bool[]": st.booleans(),
    "text[]": st.text(characters) | st.sampled_from(["NULL", "", " ", "{", "}", ",", '"', "\\"]),
    "bytea[]": st.binary(),
    "numeric[]": st.decimals(allow_nan=False, allow_infinity=False, places=3),
    "date[]": st.dates(),
    "uuid[]": st.uuids(),
}


@pytest.mark.parametrize("kind", ELEMENTS)
def test_any_array_comes_back(server: howdah.Connection, kind: str) -> None:
    @on_one_server
    @given(arrays(ELEMENTS[kind]))
    def check(value: Any) -> None:
        assert round_trip(server, kind, value) == value

    check()


@on_one_server
@given(st.data())
def test_any_lower_bounds_come_back(server: howdah.Connection, data: st.DataObject) -> None:
    lengths = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    items = data.draw(nested(st.integers(0, 9), lengths))
    bounds = data.draw(st.tuples(*[st.integers(-(2**31), 2**31 - 8) for _ in lengths]))
    back = round_trip(server, "int4[]", Array(items, bounds))
    assert back == items
    assert (back.lower_bounds if isinstance(back, Array) else (1,) * len(lengths)) == bounds


@pytest.mark.parametrize(
    "sequence",
    [[1, 2, 3], (1, 2, 3), range(1, 4), deque([1, 2, 3]), array.array("i", [1, 2, 3])],
    ids=lambda sequence: type(sequence).__name__,
)
def test_any_sequence_is_a_parameter(server: howdah.Connection, sequence: Any) -> None:
    assert round_trip(server, "int4[]", sequence) == [1, 2, 3]


def test_text_is_a_parameter_as_it_is(server: howdah.Connection) -> None:
    assert round_trip(server, "int4[]", "{7,8}") == [7, 8]


def test_tuples_are_dimensions_unless_they_are_values(server: howdah.Connection) -> None:
    assert round_trip(server, "int4[]", ((1, 2), (3, 4))) == [[1, 2], [3, 4]]
    assert round_trip(server, "point[]", ((1, 2), (3, 4))) == [(1, 2), (3, 4)]


def test_lists_are_values_where_an_element_may_be_one(server: howdah.Connection) -> None:
    documents = [[1, 2], {"a": [3]}]
    assert round_trip(server, "jsonb[]", documents) == documents
    grid = Array([[[1], [2]], [[3], [4]]], (1, 1))
    back = round_trip(server, "jsonb[]", grid)
    assert back == grid
    assert back.lower_bounds == (1, 1)


def test_a_column_whose_type_names_its_element(sync_conn: howdah.Connection) -> None:
    sync_conn.execute("create table counted as select i % 3 as n from generate_series(1, 100) i")
    sync_conn.execute("analyze counted")
    query = "select most_common_vals from pg_stats where tablename = 'counted'"
    assert sorted(sync_conn.fetch_value(query)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1, 2], [3]], "ragged array: a list of 1 where the first has 2"),
        ([[1], 2], "ragged array: an item where a list was expected"),
        ([1, [2]], "ragged array: a list where an item was expected"),
        ([[1], None], "ragged array: an item where a list was expected"),
        ([[]], "empty list inside a list"),
        ([[[[[[[1]]]]]]], "more than 6 dimensions"),
        (ENDLESS, "more than 6 dimensions"),
        ([1, 2**31], "element 1: int out of range"),
        ([[1, 2], [3, 2**31]], "element 1: element 1: int out of range"),
    ],
)
@pytest.mark.parametrize("format_code", [0, 1])
def test_what_is_no_array_is_refused(value: Any, message: str, format_code: int) -> None:
    with pytest.raises(ValueError, match=message):
        types.encode(INT4_ARRAY, value, format_code)


@pytest.mark.parametrize("value", [{1, 2}, {"a": 1}, 7, b"ab", bytearray(b"ab"), memoryview(b"ab")])
def test_what_is_no_sequence_is_refused(value: Any) -> None:
    for format_code in (0, 1):
        with pytest.raises(TypeError, match="takes list, tuple or other sequence"):
            types.encode(INT4_ARRAY, value, format_code)


def test_an_item_of_another_type_is_named() -> None:
    with pytest.raises(ValueError, match="element 1: expected int or str, found `float`"):
        types.encode(INT4_ARRAY, [1, 2.5], 0)


def test_bounds_must_fit_the_dimensions() -> None:
    with pytest.raises(ValueError, match="3 lower bounds for 2 dimensions"):
        types.encode(INT4_ARRAY, Array([[1], [2]], (1, 1, 1)), 1)


@pytest.mark.parametrize("format_code", [0, 1])
@pytest.mark.parametrize("oid", [INT4_ARRAY, TEXT_ARRAY, POINT_ARRAY])
@given(data=st.binary(max_size=60))
def test_no_bytes_do_harm(oid: int, format_code: int, data: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(types.decode(oid, data, format_code), list)


@given(st.integers(0, 2**32 - 1), st.integers(0, 7), st.binary(max_size=40))
def test_no_header_makes_a_list_longer_than_its_bytes(length: int, depth: int, rest: bytes) -> None:
    header = depth.to_bytes(4) + bytes(4) + (23).to_bytes(4)
    dimension = length.to_bytes(4) + (1).to_bytes(4)
    with contextlib.suppress(ValueError):
        types.decode(INT4_ARRAY, header + dimension * min(depth, 6) + rest, 1)


def test_an_array_is_a_list_with_bounds() -> None:
    value = Array([1, 2], (0,))
    assert value == [1, 2]
    assert repr(value) == "Array([1, 2], (0,))"
    for same in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert same == value
        assert same.lower_bounds == (0,)
    with pytest.raises(ValueError, match="1 to 6 dimensions, not 0"):
        Array([1], ())


def test_changing_the_list_while_it_is_written_is_refused() -> None:
    items: list[Any] = []

    class Shrinks:
        def __index__(self) -> int:
            items.clear()
            return 1

    for format_code in (0, 1):
        items[:] = [Shrinks(), 2, 3]
        with pytest.raises(ValueError, match="ragged array"):
            types.encode(INT4_ARRAY, items, format_code)
