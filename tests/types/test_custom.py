"""Types that a database defines for itself: found by one query, used without registration."""

from __future__ import annotations

import dataclasses
import datetime as dt
from contextlib import contextmanager
from decimal import Decimal
from ipaddress import IPv4Address
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import howdah
from howdah.types import Array, Multirange, Range
from tests.databases import fresh_database
from tests.types.values import round_trip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Connector

SCHEMA = r"""
create type mood as enum ('sad', 'ok', E'it''s, "so" {happy}\\ ');
create domain positive as int check (value > 0);
create domain numbers as int[];
create type pair as (a int, b text);
create domain plain_pair as pair;
create type inner_types as (
    single pair, several pair[], count positive, feeling mood, at timestamptz, price numeric
);
create type in_text as (a int, words tsvector, p pair);
create table album (id int8, title text, gone int, p pair);
alter table album drop column gone;
create schema "Other Schema";
create type "Other Schema"."Odd ""Type" as ("x y" int);
create type nothing as ();
create type feelings as range (subtype = mood);
create type pairs as range (subtype = pair);
create type positives as range (subtype = positive);
"""


@pytest.fixture(scope="module")
def custom(server_url: str) -> Iterator[howdah.Connection]:
    """A connection to a database with types of its own, for tests that leave nothing behind."""
    with contextmanager(fresh_database)(server_url) as url, howdah.connect(url) as connection:
        connection.run(SCHEMA, None, None, None)
        yield connection


@pytest.fixture
def conn(sync_conn: howdah.Connection) -> howdah.Connection:
    """A connection to the test's own database, with the same types."""
    sync_conn.run(SCHEMA, None, None, None)
    return sync_conn


TODAY = dt.date(2020, 1, 1)
HAPPY = 'it\'s, "so" {happy}\\ '
NOON = dt.datetime(2020, 1, 1, 12, tzinfo=dt.UTC)
INNER = ((1, "x"), [(2, 'y, "z" \\'), None], 5, HAPPY, NOON, Decimal("1.50"))

VALUES: list[tuple[str, Any]] = [
    ("mood", "sad"),
    ("mood", HAPPY),
    ("mood[]", ["ok", None, HAPPY]),
    ("positive", 5),
    ("positive[]", [1, 2]),
    ("numbers", [1, 2]),
    ("numbers[]", [[1, 2], None, []]),
    ("pair", (1, "a")),
    ("pair", (None, "")),
    ("pair", (None, None)),
    ("pair", (1, 'a "b" \\ c,(d) {e}')),
    ("pair[]", [(1, "a"), (2, None), None]),
    ("pair[]", Array([[(1, "a")], [(2, "b")]], (1, 1))),
    ("plain_pair", (1, "a")),
    ("plain_pair[]", [(1, "a")]),
    ("inner_types", INNER),
    ("inner_types", (None,) * 6),
    ("inner_types[]", [INNER, None]),
    ("in_text", (1, "'a':1 'b c':2", (2, 'q "w"'))),
    ("in_text[]", [(1, "'a':1", (2, "{,}"))]),
    ("album", (1, "x", (2, "y"))),
    ("album[]", [(1, "x", None)]),
    ('"Other Schema"."Odd ""Type"', (5,)),
    ("nothing", ()),
    ("feelings", Range("sad", "ok", "[]")),
    ("feelings[]", [Range("sad", "ok", "[]")]),
    ("pairs", Range((1, "a"), (2, "b c"), "(]")),
    ("pairs_multirange", Multirange([Range((1, "a"), (2, "b c"), "(]")])),
    ("positives", Range(1, 5)),
]


def since_of(kind: str) -> int:
    """The major version that has such types: multiranges are PostgreSQL 14's."""
    return 14 if kind.endswith("multirange") else 0


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param(*row, id=f"{row[0]}-{n}", marks=pytest.mark.since(since_of(row[0])))
        for n, row in enumerate(VALUES)
    ],
)
def test_values_come_back(custom: howdah.Connection, kind: str, value: Any) -> None:
    back = round_trip(custom, kind, value)
    assert back == value
    assert round_trip(custom, kind, back) == value


def test_copied_rows_hold_every_kind(conn: howdah.Connection) -> None:
    conn.execute(
        "create table copied (numbers int[], span int4range, host inet, card macaddr, place point,"
        " path jsonpath, flags varbit, p pair, ps pair[], feeling mood, count positive)"
    )
    row: tuple[Any, ...] = (
        [1, None],
        Range(1, 5),
        IPv4Address("10.0.0.1"),
        "08:00:2b:01:02:03",
        (1.0, 2.0),
    )
    row += ('$."a"', "0101", (1, "x"), [(2, None)], HAPPY, 5)
    assert conn.copy_rows("copied", [row, (None,) * len(row)]) == 2
    assert conn.fetch("select * from copied") == [row, (None,) * len(row)]


def test_rows_have_names(custom: howdah.Connection) -> None:
    row = custom.fetch_value("select $1::inner_types", INNER)
    assert isinstance(row, howdah.Row)
    assert row.single.b == "x"
    assert row["several"][0].a == 2
    assert custom.fetch_value("select a from (select 1::int8 as id, 'x' as title) a") == (1, "x")


def test_the_row_type_of_a_table(conn: howdah.Connection) -> None:
    conn.execute("insert into album values (1, 'Blue Train', '(2,y)')")
    row = conn.fetch_value("select a from album a")
    assert row == (1, "Blue Train", (2, "y"))
    assert row.title == "Blue Train"


@dataclasses.dataclass
class Pair:
    a: int
    b: str


class Named(NamedTuple):
    other: int
    names: str


@pytest.mark.parametrize(
    "value",
    [
        (1, "x"),
        [1, "x"],
        {"b": "x", "a": 1},
        Pair(1, "x"),
        SimpleNamespace(a=1, b="x", c="ignored"),
        Named(1, "x"),
        '(1,"x")',
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_row_can_be_given_as(custom: howdah.Connection, value: Any) -> None:
    assert round_trip(custom, "pair", value) == (1, "x")
    assert round_trip(custom, "pair[]", [value, value]) == [(1, "x")] * 2
    if not isinstance(value, str):
        assert round_trip(custom, "in_text", (1, None, value)) == (1, None, (1, "x"))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((1,), "`public.pair` has 2 attributes, found 1"),
        ({"a": 1}, "dict without the key `b`"),
        ({"a": 1, "b": "x", "c": 2}, "dict with the key `c`"),
        (SimpleNamespace(a=1), "object without the attribute `b`"),
        ((2**31, "x"), "attribute `a`: int out of range"),
        (7, "found"),
    ],
)
def test_what_is_no_row_is_refused(custom: howdah.Connection, value: Any, message: str) -> None:
    with pytest.raises(howdah.Error, match=message):
        round_trip(custom, "pair", value)
    assert custom.fetch_value("select 1") == 1


def test_anonymous_rows(custom: howdah.Connection) -> None:
    query = "select row(1, 'x'::text, null, array[1, 2], row(2, 'ok'::mood), '(3,z)'::pair)"
    row = custom.fetch_value(query)
    assert row == (1, "x", None, [1, 2], (2, "ok"), (3, "z"))
    assert row[5].b == "z"
    rows = custom.fetch_value("select array[row(1, 'a'::text), row(2, 'b'::text)]")
    assert rows == [(1, "a"), (2, "b")]


NEW_TYPES = "select row(i, '(1,a)'::pair, array['ok'::mood]) from generate_series(1, 5) i"


@pytest.mark.parametrize("batch", [2, 5, 100])
@pytest.mark.parametrize("in_block", [False, True])
@pytest.mark.usefixtures("conn")
async def test_a_stream_of_types_that_nobody_knew(
    connector: Connector, batch: int, in_block: bool
) -> None:
    expected = [(i, (1, "a"), ["ok"]) for i in range(1, 6)]
    async with await connector() as other:
        if in_block:
            async with other.transaction():
                rows = [row[0] async for row in other.stream(NEW_TYPES, batch=batch)]
        else:
            rows = [row[0] async for row in other.stream(NEW_TYPES, batch=batch)]
        assert rows == expected
        assert await other.fetch_value("select 1") == 1


@pytest.mark.usefixtures("conn")
async def test_both_worlds_find_types(connector: Connector) -> None:
    async with await connector() as other:
        assert await other.fetch_value("select $1::inner_types", INNER) == INNER
        assert await other.fetch_value(NEW_TYPES) == (1, (1, "a"), ["ok"])


def test_what_an_anonymous_row_cannot_hold_says_so(custom: howdah.Connection) -> None:
    with pytest.raises(howdah.Error, match="`tsvector` in an anonymous record"):
        custom.fetch_value("select row('a b'::tsvector)")
    assert custom.fetch_value("select row('a b'::tsvector::text)") == ("'a' 'b'",)


def test_the_search_path_does_not_matter(conn: howdah.Connection, database: str) -> None:
    conn.execute("create schema trap")
    conn.execute("create table trap.pg_type (oid oid)")
    conn.execute(
        "create function trap.never(oid, oid) returns bool language plpgsql as"
        " $$begin raise exception 'the trap snapped'; end$$"
    )
    conn.execute("create operator trap.= (leftarg = oid, rightarg = oid, function = trap.never)")
    conn.execute(
        "create function trap.concat(variadic text[]) returns text language sql as $$select 'x'$$"
    )
    with howdah.connect(database, options="-c search_path=trap,pg_catalog") as other:
        read = other.fetch_value("select '(1,x)'::public.pair")
        assert (read, read.b) == ((1, "x"), "x")


def test_an_older_server_answers_alike(system_database: str) -> None:
    with howdah.connect(system_database) as older:
        older.run(SCHEMA, None, None, None)
        for kind, value in VALUES:
            assert round_trip(older, kind, value) == value


def test_names_are_written_as_users_write_them(custom: howdah.Connection) -> None:
    query = """select null::mood, null::pair[], null::"Other Schema"."Odd ""Type", 1::positive"""
    [result] = custom.run(query, [], None, None)
    assert result.columns is not None
    names = [column.type_name for column in result.columns]
    assert names == ["public.mood", "public.pair[]", '"Other Schema"."Odd ""Type"', "int4"]


def test_a_type_that_gained_an_attribute(conn: howdah.Connection, database: str) -> None:
    query = "select row(1, 'x')::pair"
    assert conn.fetch_value(query) == (1, "x")
    conn.execute("create table pairs_kept as select '(1,x)'::pair as p, array['(2,y)'::pair] as q")
    assert conn.fetch_one("select p, q from pairs_kept") == ((1, "x"), [(2, "y")])
    with howdah.connect(database) as other:
        other.execute("alter type pair add attribute c date cascade")
    row: Any = conn.fetch_one("select p, q from pairs_kept")
    assert row == ((1, "x", None), [(2, "y", None)])
    assert row.p.c is None
    assert conn.fetch_value("select $1::pair", (1, "x", dt.date(2020, 1, 1))).c == dt.date(
        2020, 1, 1
    )


@pytest.mark.parametrize(
    "given", [(1, "x", TODAY), {"a": 1, "b": "x", "c": TODAY}, SimpleNamespace(a=1, b="x", c=TODAY)]
)
def test_a_parameter_that_gained_an_attribute(
    conn: howdah.Connection, database: str, given: Any
) -> None:
    query = "select $1::pair"
    assert conn.fetch_value(query, (1, "x")) == (1, "x")
    with howdah.connect(database) as other:
        other.execute("alter type pair add attribute c date cascade")
    assert conn.fetch_value(query, given) == (1, "x", TODAY)
    with pytest.raises(howdah.Error, match=r"`public\.pair` has 3 attributes, found 2"):
        conn.fetch_value(query, (1, "x"))
    assert conn.fetch_value(query, given).c == TODAY


def test_an_enum_that_gained_a_label(conn: howdah.Connection) -> None:
    assert round_trip(conn, "mood", "ok") == "ok"
    conn.execute("alter type mood add value 'glad'")
    assert round_trip(conn, "mood", "glad") == "glad"


def test_the_servers_refusals_reach_the_program(custom: howdah.Connection) -> None:
    with pytest.raises(howdah.Error, match="invalid input value for enum mood"):
        round_trip(custom, "mood", "nope")
    with pytest.raises(howdah.Error, match="violates check constraint"):
        round_trip(custom, "positive", -1)


def test_two_databases_keep_their_types_apart(custom: howdah.Connection, server_url: str) -> None:
    assert round_trip(custom, "pair", (1, "x")) == (1, "x")
    with howdah.connect(server_url) as other:
        other.execute("create temp table elsewhere (p int)")
        assert (
            other.fetch_value("select e from elsewhere e right join (select 1) one on true") is None
        )
