"""Codecs that the program chooses: everywhere, for a pool, for a connection."""

from __future__ import annotations

import enum
import json
from decimal import Decimal
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import errors
from howdah.types import Codec, Multirange, Range, codecs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Connector

SCHEMA = """
create type mood as enum ('sad', 'ok');
create domain document as jsonb;
create domain many_moods as mood[];
create type item as (id int, mood mood, data jsonb, price numeric, host inet);
create type prices as range (subtype = numeric);
create schema other;
create type other.mood as enum ('other');
"""


class Mood(enum.Enum):
    """As the database's enum."""

    SAD = "sad"
    OK = "ok"


MOOD = Codec(decode=Mood, encode=lambda mood: mood.value)
LOUD = Codec(decode=str.upper)


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    yield
    codecs.clear()


@pytest.mark.since(14)
async def test_text_of_a_type_wherever_it_is(conn: howdah.AsyncConnection) -> None:
    """The preset `text` holds in columns, arrays, composites, ranges and domains."""
    await conn.execute(SCHEMA)
    for name in ("jsonb", "json", "numeric", "inet", "interval"):
        conn.codecs[name] = "text"
    row = await conn.fetch_one(
        """
        select '{"a": 1}'::jsonb, '[1,  2]'::json, 1.50, '10.0.0.1'::inet, '1 month'::interval,
               array['[1]'::jsonb, null], array[[1.0, 2.5]], numrange(1.5, 2.50),
               '{[1,2]}'::nummultirange, '[0.10,1)'::prices, '[1]'::document,
               row(1, 'ok', '{"b": 2}', 1.0, '::1')::item,
               array[row(1, null, '1', null, null)::item]
        """,
        row=tuple,
    )
    assert row == (
        '{"a": 1}',
        "[1,  2]",
        "1.50",
        "10.0.0.1",
        "1 mon",
        ["[1]", None],
        [["1.0", "2.5"]],
        Range("1.5", "2.50"),
        Multirange([Range("1", "2", "[]")]),
        Range("0.10", "1"),
        "[1]",
        (1, "ok", '{"b": 2}', "1.0", "::1"),
        [(1, None, "1", None, None)],
    )


async def test_anonymous_records_hold_what_is_text_in_both_formats(
    conn: howdah.AsyncConnection,
) -> None:
    """A record's fields are binary: json and enums are their own text there, inet is not."""
    await conn.execute(SCHEMA)
    conn.codecs.update({"jsonb": "text", "json": Codec(decode=str.upper), "mood": MOOD})
    conn.codecs["inet"] = "text"
    found = await conn.fetch_value("select row('{\"a\":1}'::jsonb, '\"x\"'::json, 'ok'::mood)")
    assert found == ('{"a": 1}', '"X"', Mood.OK)
    with pytest.raises(errors.DataError, match="field 1: `inet` in an anonymous record"):
        await conn.fetch_value("select row('::1'::inet)")


async def test_functions_read_and_write_values(conn: howdah.AsyncConnection) -> None:
    """An enum of Python for one of PostgreSQL, alone and as a part."""
    await conn.execute(SCHEMA)
    conn.codecs["mood"] = MOOD
    for value, type_name in (
        (Mood.SAD, "mood"),
        ([Mood.SAD, None, Mood.OK], "mood[]"),
        ([[Mood.SAD], [Mood.OK]], "mood[]"),
        ([Mood.OK], "many_moods"),
        ((1, Mood.OK, {"a": [1]}, Decimal("1.5"), IPv4Address("10.0.0.1")), "item"),
    ):
        assert await conn.fetch_value(f"select $1::{type_name}", value) == value, type_name
    await conn.execute("create table log (mood mood, moods many_moods)")
    assert await conn.copy_rows("log", [(Mood.OK, [Mood.SAD]), (None, None)]) == 2
    await conn.execute_many("insert into log values ($1, $2)", [(Mood.SAD, [Mood.OK, None])])
    assert await conn.fetch("select * from log", row=tuple) == [
        (Mood.OK, [Mood.SAD]),
        (None, None),
        (Mood.SAD, [Mood.OK, None]),
    ]


async def test_encode_may_make_what_howdah_writes(conn: howdah.AsyncConnection) -> None:
    """`encode` returns PostgreSQL's text, or a value for howdah's own codec."""
    conn.codecs["numeric"] = Codec(decode=float, encode=lambda cents: Decimal(cents) / 100)
    conn.codecs["int4"] = Codec(encode=lambda value: f" {value} ")
    assert await conn.fetch_value("select $1::numeric", 1250) == 12.5
    assert await conn.fetch_value("select $1::numeric[]", [1250, 5]) == [12.5, 0.05]
    assert await conn.fetch_value("select $1::int4 + 1", 7) == 8
    conn.codecs["numeric"] = Codec(encode=lambda _: object())
    with pytest.raises(errors.DataError, match=r"parameter \$1 of type `numeric`.*`object`"):
        await conn.fetch_value("select $1::numeric", 1)
    conn.codecs["numeric"] = Codec(encode=lambda _: None)
    with pytest.raises(errors.DataError, match="made None"):
        await conn.fetch_value("select $1::numeric", 1)


async def test_binary_functions(conn: howdah.AsyncConnection) -> None:
    """Functions for the binary format, and what happens where text comes."""
    conn.codecs["int4"] = Codec(
        decode_binary=lambda data: ("int4", int.from_bytes(data, "big", signed=True)),
        encode_binary=lambda pair: pair[1].to_bytes(4, "big", signed=True),
    )
    assert await conn.fetch_value("select $1::int4", ("int4", -5)) == ("int4", -5)
    assert await conn.fetch_value("select array[1, 2]") == [("int4", 1), ("int4", 2)]
    assert await conn.fetch_value("select int4range(1, 5)") == Range(("int4", 1), ("int4", 5))
    with pytest.raises(errors.DataError, match=r"column `n`.*reads binary ones only"):
        await conn.run("select 1 as n", None, tuple, None)
    conn.codecs["int4"] = Codec(decode=int, decode_binary=conn.codecs["int4"].decode_binary)  # type: ignore[union-attr]
    (result,) = await conn.run("select 1 as n", None, tuple, None)
    assert result.rows == [(1,)]
    assert await conn.fetch_value("select 1") == ("int4", 1)
    conn.codecs["int4"] = Codec(encode_binary=str)  # type: ignore[arg-type]
    with pytest.raises(errors.DataError, match=r"parameter \$1.*must make bytes, found `str`"):
        await conn.fetch_value("select $1::int4", 1)


async def test_presets(conn: howdah.AsyncConnection) -> None:
    """`binary` and `float`, in both directions."""
    conn.codecs.update({"int8": "binary", "numeric": "float"})
    assert await conn.fetch_value("select 1::int8") == bytes([0] * 7 + [1])
    assert await conn.fetch_value("select ($1::int8)::int4", bytes([0] * 7 + [9])) == 9
    assert await conn.fetch_value("select $1::int8", 3) == bytes([0] * 7 + [3])
    row = await conn.fetch_one("select 1.25, 'NaN'::numeric::text, array[0.5, null]", row=tuple)
    assert row == (1.25, "NaN", [0.5, None])
    assert type(await conn.fetch_value("select $1::numeric", Decimal("2.5"))) is float


async def test_a_json_library_of_ones_own(conn: howdah.AsyncConnection) -> None:
    """What ORMs do: their own loads and dumps for both json types."""
    conn.codecs["json"] = conn.codecs["jsonb"] = Codec(
        decode=lambda text: json.loads(text, parse_float=Decimal), encode=json.dumps
    )
    values: tuple[Any, ...] = ("text", {"a": [1, Decimal("0.5")]}, [], None, 5)
    for value in values:
        given = {"a": [1, 0.5]} if isinstance(value, dict) else value
        for type_name in ("json", "jsonb"):
            assert await conn.fetch_value(f"select $1::{type_name}", given) == value


async def test_prepared_statements_follow(conn: howdah.AsyncConnection) -> None:
    """A statement that was prepared before is read by what is chosen now, at every change."""
    query = "select 1.5 as price, $1::numeric as given"
    own, text, number = (Decimal("1.5"),) * 2, ("1.5",) * 2, (1.5,) * 2
    assert await conn.fetch_one(query, Decimal("1.5")) == own
    conn.codecs["numeric"] = "text"
    assert await conn.fetch_one(query, Decimal("1.5")) == text
    conn.codecs["numeric"] = "float"
    assert await conn.fetch_one(query, Decimal("1.5")) == number
    del conn.codecs["numeric"]
    assert await conn.fetch_one(query, Decimal("1.5")) == own
    left = await conn.fetch_value("select count(*) from pg_prepared_statements")
    assert left == 2, "statements with other codecs are closed"


async def test_every_way_to_ask(conn: howdah.AsyncConnection) -> None:
    """Streams, cursors and simple queries read alike."""
    conn.codecs["numeric"] = "text"
    assert [row.n async for row in conn.stream("select 1.50 as n from generate_series(1, 3)")] == [
        "1.50",
        "1.50",
        "1.50",
    ]
    cursor = conn.cursor()
    await cursor.execute("select 1.50")
    assert await cursor.fetchone() == ("1.50",)
    await cursor.execute("select %s::numeric", (Decimal("1.50"),))
    assert await cursor.fetchone() == ("1.50",)
    await conn.rollback()


async def test_scopes(connector: Connector) -> None:
    """A connection's choice hides the one for all, until it is gone; None means howdah's own."""
    one, other = await connector(), await connector()
    async with one, other:
        query = "select 1.5"
        assert await one.fetch_value(query) == Decimal("1.5")
        codecs["numeric"] = "text"
        one.codecs["numeric"] = "float"
        assert (await one.fetch_value(query), await other.fetch_value(query)) == (1.5, "1.5")
        one.codecs["numeric"] = None
        assert await one.fetch_value(query) == Decimal("1.5")
        del one.codecs["numeric"]
        assert await one.fetch_value(query) == "1.5"
        codecs.clear()
        assert await one.fetch_value(query) == Decimal("1.5")
        assert await other.fetch_value(query) == Decimal("1.5")


async def test_names_of_types(conn: howdah.AsyncConnection) -> None:
    """By OID, by SQL's names, with and without schema, of types that do not exist yet."""
    conn.codecs["double precision"] = LOUD
    conn.codecs["pg_catalog.name[]"] = Codec(decode=len)
    conn.codecs[16] = "text"
    conn.codecs["other.mood"] = LOUD
    await conn.execute(SCHEMA)
    row = await conn.fetch_one(
        "select 1e300::float8, '{a,b}'::name[], true, 'other'::other.mood, 'ok'::mood", row=tuple
    )
    assert row == ("1E+300", 5, "t", "OTHER", "ok")
    conn.codecs["mood"] = Codec(decode=len)
    row = await conn.fetch_one("select 'other'::other.mood, 'ok'::mood", row=tuple)
    assert row == ("OTHER", 2)
    assert set(conn.codecs) == {701, 1003, 16, "other.mood", "mood"}
    assert "float8" in conn.codecs
    assert conn.codecs["PG_CATALOG.float8"] is LOUD
    assert await conn.fetch_value("select '1.5'::float8") == "1.5"


async def test_extension_types(conn: howdah.AsyncConnection) -> None:
    """A type of an extension, wherever it was installed."""
    await conn.execute("create schema extensions; create extension hstore schema extensions")
    conn.codecs["hstore"] = "text"
    assert await conn.fetch_value("select 'a=>1'::extensions.hstore") == '"a"=>"1"'


async def test_errors_say_where(conn: howdah.AsyncConnection) -> None:
    """What a codec raises is raised as it is, with the column or parameter as a note."""
    await conn.execute(SCHEMA)
    conn.codecs["mood"] = Codec(decode=int, encode=lambda mood: mood.value)
    with pytest.raises(ValueError, match="'ok'") as raised:
        await conn.fetch("select 1 as n, array['ok'::mood] as feelings")
    assert raised.value.__notes__ == ["in column `feelings` of type `public.mood[]`"]
    with pytest.raises(AttributeError) as failed:
        await conn.fetch("select $1::int, $2::mood", 1, "ok")
    assert failed.value.__notes__ == ["in parameter $2 of type `public.mood`"]
    assert await conn.fetch_value("select 1") == 1


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("int4", "txt", ValueError),
        ("int4", 5, TypeError),
        ("", "text", ValueError),
        ("a.b.c", "text", ValueError),
        (True, "text", TypeError),
        (-1, "text", TypeError),
        (1.5, "text", TypeError),
    ],
)
def test_misuse_is_loud(key: Any, value: Any, error: type[Exception]) -> None:
    """Wrong types and presets are refused when they are chosen, and nothing is kept of them."""
    with pytest.raises(error):
        codecs[key] = value
    assert not codecs


def test_a_codec_needs_functions() -> None:
    """A codec without functions, or with something else, is a mistake."""
    with pytest.raises(TypeError, match="without any function"):
        Codec()
    with pytest.raises(TypeError, match="callable, found `int`"):
        Codec(decode=5)  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        del codecs["json"]
    assert repr(Codec(decode=int)) == "Codec(decode=<class 'int'>)"


async def test_names_that_no_type_has_are_told(conn: howdah.AsyncConnection) -> None:
    await conn.execute(SCHEMA)
    assert await conn.unknown_codecs() == []
    for name in ("mood", "other.mood[]", "int4", "many_moods", 'public."item"', "item[]", 23):
        conn.codecs[name] = LOUD
    assert await conn.unknown_codecs() == []
    codecs["numreic"] = LOUD
    for name in ("other.document", "Mo%d", '"Odd ""Type"[]', "nowhere.int4"):
        conn.codecs[name] = LOUD
    assert await conn.unknown_codecs() == [
        '"Odd ""Type"[]',
        '"mo%d"',
        "nowhere.int4",
        "numreic",
        "other.document",
    ]


def test_a_pool_undoes_what_borrowers_choose(database: str) -> None:
    """The pool's codecs and those of `configure` stay, a borrower's do not."""

    def configure(conn: howdah.Connection) -> None:
        conn.codecs["inet"] = "text"

    query = "select 1.5, '1'::jsonb, '::1'::inet, '1 s'::interval"
    with howdah.Pool(database, max_size=1, configure=configure) as pool:
        pool.codecs["numeric"] = "float"
        with pool.connection() as conn:
            conn.codecs["jsonb"] = "text"
            conn.codecs["inet"] = conn.codecs["numeric"] = None
            row = conn.fetch_one(query, row=tuple)
            assert row is not None
            assert [type(value).__name__ for value in row[:3]] == ["Decimal", "str", "IPv6Address"]
        with pool.connection() as conn:
            assert conn.fetch_one(query, row=tuple)[:3] == (1.5, 1, "::1")  # type: ignore[index]
            conn.execute("set search_path to nowhere")
        pool.codecs["interval"] = "text"
        assert pool.fetch_one(query, row=tuple) == (1.5, 1, "::1", "00:00:01")
        assert pool.stats().opened == 1


async def test_an_async_pool_does_the_same(database: str) -> None:
    """The same under asyncio."""
    async with howdah.AsyncPool(database, max_size=1) as pool:
        pool.codecs["numeric"] = "float"
        async with pool.connection() as conn:
            conn.codecs["numeric"] = "text"
            assert await conn.fetch_value("select 1.5") == "1.5"
        assert await pool.fetch_value("select 1.5") == 1.5
