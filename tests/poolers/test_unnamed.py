"""`statement_cache_size=0`: one round trip for each statement, the values as ever."""

from __future__ import annotations

import datetime as dt
import struct
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from howdah import errors
from howdah.types import Range
from tests.conftest import Connector
from tests.faults.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = dt.date(2026, 11, 21)
NOW = dt.datetime(2026, 11, 21, 13, 10, tzinfo=dt.UTC)


class Counter:
    """Counts the round trips of the connections through a proxy."""

    def __init__(self) -> None:
        self._received = bytearray()

    def edit(self, chunk: bytes) -> bytes:
        self._received += chunk
        return chunk

    def take(self) -> int:
        """How many since the last call: a server that is ready for the next says so."""
        count, data = 0, bytes(self._received)
        self._received.clear()
        while data:
            (length,) = struct.unpack_from(">i", data, 1)
            count += data[:1] == b"Z"
            data = data[length + 1 :]
        return count


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def counted(database: str, world: str, counter: Counter) -> Iterator[Connector]:
    """Connections of no lasting statements, whose round trips are counted."""
    with Proxy(database) as proxy:
        proxy.edit = counter.edit
        yield Connector(world, proxy.url)


AT_ONCE = [
    ("select 1", ()),
    ("select $1::int", (7,)),
    ("select $1", (7,)),
    ("select $1::text", ("a",)),
    ("select $1::date", ("2026-11-21",)),
    ("select $1::bool, $2::int", (True, None)),
    ("select $1::uuid", (uuid.UUID(int=1),)),
    ("select $1::bytea", (b"\0'\\",)),
    ("select $1::jsonb", ('{"a": 1}',)),
    ("select array[1, null], int4range(1, 5), '[1]'::jsonb, now() > '2020-01-01'", ()),
    ("select array[$1, 2], int8range($2, 9), jsonb_build_object('a', $3::text)", (1, 2, "x")),
]


@pytest.mark.parametrize(("sql", "args"), AT_ONCE)
async def test_one_round_trip_from_the_first_on(
    counted: Connector, connector: Connector, counter: Counter, sql: str, args: tuple[Any, ...]
) -> None:
    async with await connector() as usual:
        expected = await usual.fetch(sql, *args)
    async with await counted(statement_cache_size=0) as conn:
        counter.take()
        assert await conn.fetch(sql, *args) == expected
        assert counter.take() == 1
        for _ in range(3):
            assert await conn.fetch(sql, *args) == expected
        if sql != "select $1":  # there the type is the value's own: to be asked for, once
            assert counter.take() == 3


ASKED_ONCE = [
    ("select $1::numeric", (0.1,)),
    ("select $1::date", (DAY,)),
    ("select $1::timestamptz", (NOW,)),
    ("select $1::int[], $2::jsonb", ([1, 2], {"a": 1})),
    ("select $1::int4range", (Range(1, 5),)),
    ("select $1 + 1.5", (Decimal(2),)),
]


@pytest.mark.parametrize(("sql", "args"), ASKED_ONCE)
async def test_types_that_a_value_leaves_open_are_asked_for_once(
    counted: Connector, connector: Connector, counter: Counter, sql: str, args: tuple[Any, ...]
) -> None:
    async with await connector() as usual:
        expected = await usual.fetch(sql, *args)
    async with await counted(statement_cache_size=0) as conn:
        counter.take()
        assert await conn.fetch(sql, *args) == expected
        assert counter.take() == 2
        assert await conn.fetch(sql, *args) == expected
        assert counter.take() == 1


async def test_a_first_query_with_an_array_a_range_and_jsonb(
    counted: Connector, counter: Counter
) -> None:
    """By named statements: nothing is asked for but the statement itself."""
    values = ([1, 2], Range(1, 5), {"a": 1})
    async with await counted() as conn:
        counter.take()
        row = await conn.fetch_one("select $1::int[], $2::int4range, $3::jsonb", *values)
        assert row == values
        assert counter.take() == 2


async def test_nothing_is_prepared_by_name(connector: Connector) -> None:
    async with await connector(statement_cache_size=0) as conn:
        await conn.fetch("select $1::date", DAY)
        await conn.fetch("select $1::date", DAY)
        await conn.execute_many("select $1::int", [(1,), (2,)])
        assert [r async for r in conn.stream("select $1::int as n", 1)] == [(1,)]
        assert await conn.fetch_value("select count(*) from pg_prepared_statements") == 0


async def test_a_guess_that_fails_is_made_good(counted: Connector, counter: Counter) -> None:
    """`int8`, the type of an `int`, suits no such function: the server is asked what does."""
    async with await counted(statement_cache_size=0) as conn:
        counter.take()
        assert await conn.fetch_value("select repeat('a', $1)", 3) == "aaa"
        assert counter.take() == 2
        assert await conn.fetch_value("select repeat('a', $1)", 2) == "aa"
        assert counter.take() == 1
        async with conn.transaction():
            # within a block a failure would cost the block, so the server is asked first
            assert await conn.fetch_value("select substr('abc', $1)", 2) == "bc"
            assert await conn.fetch_value("select lpad('abc', $1)", 2) == "ab"


async def test_values_never_choose_a_type_wrongly(connector: Connector) -> None:
    async with await connector(statement_cache_size=0) as conn:
        await conn.execute("create temporary table t (at timestamptz, day date, n int, p numeric)")
        for column, value in (
            ("at", dt.datetime(2026, 11, 21, 13)),  # noqa: DTZ001
            ("day", NOW),
            ("n", 1.5),
            ("n", Decimal("1.5")),
            ("n", b"7"),
        ):
            with pytest.raises(errors.DataError, match="parameter"):
                await conn.execute(f"insert into t ({column}) values ($1)", value)
        assert await conn.fetch_value("select count(*) from t") == 0
        await conn.execute("insert into t (p) values ($1)", 0.1 + 0.2)
        assert await conn.fetch_value("select p from t") == Decimal("0.30000000000000004")


async def test_the_same_values_at_each_use(connector: Connector) -> None:
    sql = (
        "select row(1, 'a'), array[row(1, 'a')], 1.5::float8, 'x'::\"char\", now(), $1::int2,"
        " '1 day'::interval, '\\x00ff'::bytea, '{1,2}'::int[], null::text"
    )
    async with await connector(statement_cache_size=0) as conn, conn.transaction():
        first = await conn.fetch_one(sql, "5")
        assert first is not None
        assert first[0] == ("1", "a"), "the text of a record has no types"
        for _ in range(3):
            again = await conn.fetch_one(sql, "5")
            assert again == first
            assert [type(v) for v in again] == [type(v) for v in first]


async def test_what_was_learned_may_grow_old(connector: Connector) -> None:
    query, insert = "select * from t where a = $1", "insert into t (a) values ($1) returning a"
    async with (
        await connector(statement_cache_size=0) as conn,
        await connector() as other,
    ):
        await other.execute("create table t (a int)")
        assert await conn.fetch(insert, 1) == [(1,)]
        assert await conn.fetch(query, 1) == [(1,)]
        await other.execute("alter table t add b text default 'new'")
        assert await conn.fetch(query, 1) == [(1, "new")]
        assert await conn.fetch(query, 1) == [(1, "new")]
        await other.execute("alter table t alter a type int8, drop b")
        assert await conn.fetch(query, 1) == [(1,)]
        assert await conn.fetch(insert, 2**40) == [(2**40,)]
        await other.execute("alter table t rename a to c; alter table t add a date")
        assert await conn.fetch(insert, DAY) == [(DAY,)]
        assert await conn.fetch(query, DAY) == [(None, DAY)]
        await other.execute("drop table t")
        with pytest.raises(errors.UndefinedTable):
            await conn.fetch(query, DAY)


async def test_streams_and_batches_notice_other_columns(connector: Connector) -> None:
    query = "select * from t order by 1"
    async with (
        await connector(statement_cache_size=0) as conn,
        await connector() as other,
    ):
        await other.execute("create table t (a int); insert into t values (1), (2)")
        assert [row async for row in conn.stream(query, batch=1)] == [(1,), (2,)]
        await other.execute("alter table t alter a type text")
        assert [row async for row in conn.stream(query, batch=1)] == [("1",), ("2",)]
        async with conn.transaction():
            assert [row async for row in conn.stream(query, batch=1)] == [("1",), ("2",)]


async def test_types_of_the_database(connector: Connector) -> None:
    async with await connector(statement_cache_size=0) as conn:
        await conn.execute("create type mood as enum ('glad'); create type pair as (a int, m mood)")
        for _ in range(3):
            assert await conn.fetch("select $1::mood, 'glad'::mood", "glad") == [("glad", "glad")]
            assert await conn.fetch_value("select (1, 'glad')::pair") == (1, "glad")
            assert await conn.fetch_value("select $1::pair", (2, "glad")) == (2, "glad")


async def test_errors_are_the_statement_s(connector: Connector) -> None:
    async with await connector(statement_cache_size=0) as conn:
        for _ in range(2):
            with pytest.raises(errors.DivisionByZero):
                await conn.fetch("select 1 / $1", 0)
            with pytest.raises(errors.UndefinedColumn) as caught:
                await conn.fetch("select nothing where 1 = $1", 1)
            assert caught.value.query == "select nothing where 1 = $1"
            with pytest.raises(errors.InvalidTextRepresentation):
                await conn.fetch("select $1::int", "x")
            with pytest.raises(errors.ProgrammingError, match="takes 1 parameter"):
                await conn.fetch("select $1::date", DAY, DAY)
        assert await conn.fetch_value("select 1") == 1
