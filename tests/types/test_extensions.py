"""Types of extensions: hstore, citext, and those that stay text."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import howdah
from tests.databases import fresh_database
from tests.types.values import round_trip

if TYPE_CHECKING:
    from collections.abc import Iterator

on_one_server = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@pytest.fixture(scope="module")
def conn(server_url: str) -> Iterator[howdah.Connection]:
    """A connection to a database with extensions, in a schema of their own."""
    with contextmanager(fresh_database)(server_url) as url, howdah.connect(url) as connection:
        connection.execute("create schema ext")
        for name in ("hstore", "citext", "ltree", "cube"):
            connection.execute(f"create extension {name} schema ext")
        yield connection


@on_one_server
@given(st.dictionaries(text, st.none() | text))
def test_any_hstore_comes_back(conn: howdah.Connection, value: dict[str, str | None]) -> None:
    assert round_trip(conn, "ext.hstore", value) == value
    assert round_trip(conn, "ext.hstore[]", [value, None]) == [value, None]


def test_hstore_in_the_text_format(conn: howdah.Connection) -> None:
    conn.execute("create type hstore_in_text as (h ext.hstore, words tsvector)")
    value = {"a": "1", "": None, 'x" \\': "y,=>", "NULL": "NULL"}
    assert round_trip(conn, "hstore_in_text", (value, "'a'")) == (value, "'a'")


@pytest.mark.parametrize("value", [{"a": 1}, {1: "a"}])
def test_hstore_holds_text_alone(conn: howdah.Connection, value: Any) -> None:
    with pytest.raises(howdah.Error, match="key or value that is not str"):
        round_trip(conn, "ext.hstore", value)


def test_citext_is_text(conn: howdah.Connection) -> None:
    assert round_trip(conn, "ext.citext", "CiText") == "CiText"
    assert round_trip(conn, "ext.citext[]", ["A b", None]) == ["A b", None]
    assert (
        conn.fetch_value("select $1::ext.citext operator(ext.=) 'ABC'::ext.citext", "abc") is True
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("ext.ltree", "a.b.c"),
        ("ext.lquery", "a.*{1,2}.c"),
        ("ext.cube", "(1, 2),(3, 4)"),
    ],
)
def test_others_are_their_text(conn: howdah.Connection, kind: str, value: str) -> None:
    assert round_trip(conn, kind, value) == value
    assert round_trip(conn, f"{kind}[]", [value, None]) == [value, None]


def test_a_type_of_the_same_name_is_another_type(conn: howdah.Connection) -> None:
    conn.execute("create type hstore as (a int)")
    assert round_trip(conn, "public.hstore", (1,)) == (1,)
