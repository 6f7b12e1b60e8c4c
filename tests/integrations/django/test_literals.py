"""Whatever a value holds, its literal is that value to the server, and nothing else."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import ipaddress
import math
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import howdah
from howdah import errors, types
from howdah.django import literals

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
MOMENTS = st.datetimes()
DELTAS = st.timedeltas(dt.timedelta(days=-100_000), dt.timedelta(days=100_000))
ELEMENTS: list[st.SearchStrategy[Any]] = [
    st.integers(-(2**63), 2**63 - 1),
    TEXT,
    st.booleans(),
    st.decimals(allow_nan=False, places=4, min_value=-(10**12), max_value=10**12),
    st.floats(allow_nan=False),
    st.dates(),
    MOMENTS,
    MOMENTS.map(lambda moment: moment.replace(tzinfo=dt.UTC)),
    st.times(),
    DELTAS,
    st.uuids(),
    st.binary(),
]
SCALARS = st.one_of(st.none(), *ELEMENTS)
ARRAYS = st.one_of(*(st.lists(st.none() | each, min_size=1, max_size=5) for each in ELEMENTS))


class Mood(enum.Enum):
    CALM = 1


class Colour(str, enum.Enum):  # noqa: UP042 (as Django's TextChoices)
    GREY = "it's grey"


class Level(enum.IntEnum):
    HIGH = 3


@given(values=st.lists(SCALARS | ARRAYS, min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_literals_and_bound_values_mean_what_the_values_do(shared_conn: Any, values: Any) -> None:
    """Each is written with its type, read back, and compared with what the driver itself sends."""
    for value in values:
        cast, _ = literals.typed(value)
        text = cast or ("text[]" if isinstance(value, list) else "text")
        if text == "numeric" and isinstance(value, int):
            continue
        composed = literals.compose(f"select (%s)::{text}, %s is null", [value, value])
        bound, arguments = literals.bind(f"select (%s)::{text}", [value])
        expected = shared_conn.fetch_value(f"select $1::{text}", value)
        (result,) = shared_conn.run(composed, None, tuple, None)
        assert result.rows == [(expected, value is None)]
        assert shared_conn.fetch_value(bound, *arguments) == expected


@given(text=TEXT, setting=st.sampled_from(["on", "off"]))
@settings(max_examples=50, deadline=None)
def test_text_is_one_literal_under_every_setting(shared_conn: Any, text: str, setting: str) -> None:
    shared_conn.execute(f"set standard_conforming_strings = {setting}")
    shared_conn.execute("set escape_string_warning = off")
    query = literals.compose('select%s, %s as "50%%"', [text, text[::-1]])
    (result,) = shared_conn.run(query, None, tuple, None)
    assert result.rows == [(text, text[::-1])]
    assert [column.name for column in result.columns] == ["?column?", "50%"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-1, "1"),
        (-1.5, "1.5"),
        (decimal.Decimal(-1), "1"),
        (literals.Int8(-1), "1"),
    ],
)
def test_a_minus_before_a_negative_number_is_no_comment(
    shared_conn: Any, value: Any, expected: str
) -> None:
    query = literals.compose("select (-%s)::text", [value])
    assert shared_conn.run(query, None, tuple, None)[0].rows == [(expected,)]


@pytest.mark.parametrize(
    ("value", "sql_type", "text"),
    [
        (math.inf, "double precision", "Infinity"),
        (math.nan, "double precision", "NaN"),
        (decimal.Decimal("NaN"), "numeric", "NaN"),
        (decimal.Decimal("1E+3"), "numeric", "1000"),
        (Mood.CALM, "unknown", "CALM"),
        (Colour.GREY, "unknown", "it's grey"),
        (Level.HIGH, "integer", "3"),
        (ipaddress.ip_address("::1"), "inet", "::1/128"),
        (ipaddress.ip_network("10.0.0.0/8"), "cidr", "10.0.0.0/8"),
        (literals.Jsonb({"a": "it's \\"}), "jsonb", '{"a": "it\'s \\\\"}'),
        (types.Interval(months=14, days=-3), "interval", "1 year 2 mons -3 days"),
        (types.Range(1, 5), "unknown", '["1","5")'),
        (types.Range(dt.date(2026, 1, 2), None), "daterange", "[2026-01-02,)"),
        (types.Range(empty=True), "unknown", "empty"),
        (memoryview(b"\x00\xff"), "bytea", "\\x00ff"),
        (2**70, "numeric", str(2**70)),
        ([[1, 2], [3, None]], "smallint[]", "{{1,2},{3,NULL}}"),
        ([literals.Int4(1)], "integer[]", "{1}"),
        ([1, 2**40], "bigint[]", "{1,1099511627776}"),
        ([], "unknown", "{}"),
        ([None], "unknown", "{NULL}"),
        ((1, None, "a b"), "unknown", '("1",,"a b")'),
        (uuid.UUID(int=1), "uuid", "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_each_type_has_its_sql_type(shared_conn: Any, value: Any, sql_type: str, text: str) -> None:
    query = literals.compose("select pg_typeof(%s)::text, (%s)::text", [value, value])
    found = shared_conn.run(query, None, tuple, None)[0].rows
    assert found == [(sql_type, text)]


def test_what_cannot_be_said_is_refused() -> None:
    with pytest.raises(errors.DataError, match="NUL"):
        literals.compose("select %s", ["a\0b"])
    with pytest.raises(errors.DataError, match="NUL"):
        literals.compose("select %s", [["a\0b"]])
    with pytest.raises(errors.ProgrammingError, match="cannot adapt type `object`"):
        literals.compose("select %s", [object()])
    with pytest.raises(errors.ProgrammingError):
        literals.compose("select %s", [1, 2])
    with pytest.raises(errors.ProgrammingError):
        literals.compose("select %(a)s", {"b": 1})
    with pytest.raises(errors.ProgrammingError):
        literals.compose("select %d", [1])
    own: list[Any] = []
    own.append(own)
    with pytest.raises(errors.DataError, match="itself"):
        literals.compose("select %s", [own])


def test_equal_parameters_are_one_where_expressions_are_grouped() -> None:
    assert literals.bind("select %s GROUP BY %s, %s", ["a", "a", None]) == (
        "select $1 GROUP BY $1, $2",
        ["a", None],
    )
    assert literals.bind("select %s, %s", ["a", "a"])[1] == ["a", "a"]


@pytest.fixture(scope="module")
def shared_conn(server_url: str) -> Any:
    with howdah.connect(server_url, application_name="literals") as connection:
        yield connection
