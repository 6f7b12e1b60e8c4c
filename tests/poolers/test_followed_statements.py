"""The statement cache as ever, where pgbouncer (1.21 and newer) follows statements."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING

import pytest

import howdah
from howdah import errors
from howdah.types import Range
from tests.poolers.conftest import ROOM
from tests.poolers.test_pgbouncer import meet_many_servers

if TYPE_CHECKING:
    from tests.conftest import Connector
    from tests.poolers.pgbouncer import PgBouncer

DAY = dt.date(2026, 11, 21)


async def test_statements_of_every_kind(followed: Connector) -> None:
    await meet_many_servers(followed)
    async with await followed() as conn:
        await conn.execute("create type mood as enum ('glad', 'sad')")
        await conn.execute(
            "create table t (id int primary key, day date, mood mood, span int4range)"
        )
        insert = "insert into t values ($1, $2, $3, $4)"
        row = (DAY, "glad", Range(1, 5))
        assert await conn.execute(insert, 1, *row) == 1
        servers = set()
        for _ in range(10):
            assert await conn.fetch_one("select * from t where id = $1", 1) == (1, *row)
            servers.add(await conn.fetch_value("select pg_backend_pid()"))
        assert len(servers) > 1, "the pooler always gave the same server: nothing was tested"
        many = [(number, *row) for number in range(10, 400)]
        assert await conn.execute_many(insert, many) == len(many)
        stream = conn.stream("select id from t where id >= $1 order by id", 10, batch=50)
        assert [found.id async for found in stream] == list(range(10, 400))
        assert await conn.copy_rows("t", [(n, *row) for n in range(500, 600)]) == 100
        async with conn.pipeline() as pipeline:
            asked = [pipeline.fetch_value("select $1::int + 1", n) for n in range(50)]
        assert [await one for one in asked] == list(range(1, 51))
        async with conn.transaction():
            assert await conn.execute("update t set mood = $1 where id >= $2", "sad", 500) == 100
        prepared = await conn.prepare("select count(*) from t where mood = $1")
        for _ in range(4):
            assert await prepared.fetch_value("sad") == 100


async def test_more_statements_than_the_pooler_keeps(followed: Connector) -> None:
    """It closes some on the servers, and the driver closes some of its own."""
    async with await followed(statement_cache_size=ROOM * 2) as conn:
        for _ in range(2):
            for number in range(ROOM * 4):
                assert await conn.fetch_value(f"select $1::int + {number}", 1) == 1 + number


async def test_many_clients_have_the_same_statements(database: str, follower: PgBouncer) -> None:
    """Few servers, and every client prepares its own under names of its own."""
    async with howdah.AsyncPool(follower.url(database), min_size=15, max_size=15) as pool:

        async def ask(number: int) -> int:
            total: int = 0
            async with pool.connection() as conn:
                total += await conn.fetch_value("select $1::int", number)
                async with conn.transaction():
                    total += await conn.fetch_value("select $1::int * 2", number)
                    total += await conn.fetch_value(f"select $1::int * {number % 5}", number)
            return total

        expected = [number * (3 + number % 5) for number in range(300)]
        assert await asyncio.gather(*map(ask, range(300))) == expected


@pytest.mark.parametrize("forget", ["discard all", "deallocate all"])
async def test_a_session_that_forgets_its_statements(followed: Connector, forget: str) -> None:
    await meet_many_servers(followed)
    async with await followed() as one, await followed() as other:
        for number in range(12):
            for conn in (one, other):
                assert await conn.fetch_value("select $1::int", number) == number
            await one.execute(forget)


async def test_a_failed_statement_leaves_the_others(followed: Connector) -> None:
    await meet_many_servers(followed)
    async with await followed() as conn:
        for number in range(6):
            with pytest.raises(errors.UndefinedTable):
                await conn.fetch("select * from nowhere where id = $1", number)
            with pytest.raises(errors.DivisionByZero):
                await conn.fetch("select 1 / $1::int", 0)
            assert await conn.fetch_value("select $1::int", number) == number


ALL = "select * from t"


async def every_server_knows(conn: howdah.AsyncConnection) -> None:
    """Make a table, and have its statement prepared on each of the pooler's servers."""
    await conn.execute("create table t (a int); insert into t values (1)")
    for _ in range(6):
        assert await conn.fetch(ALL) == [(1,)]


async def test_a_table_that_changes(followed: Connector) -> None:
    """The pooler's servers keep the old plan for the text, however often it is prepared."""
    await meet_many_servers(followed)
    async with await followed() as conn:
        await every_server_knows(conn)
        for column in ("b", "c"):
            await conn.execute(f"alter table t add {column} int")
            expected = await conn.fetch("table t")
            for _ in range(6):
                assert await conn.fetch(ALL) == expected
                assert [row async for row in conn.stream(ALL)] == expected
                async with conn.pipeline() as pipeline:
                    asked = pipeline.fetch(ALL)
                assert await asked == expected


async def test_another_client_s_table_that_changed(followed: Connector) -> None:
    await meet_many_servers(followed)
    async with await followed() as one:
        await every_server_knows(one)
        await one.execute("alter table t add b int")
        async with await followed() as other:
            assert await other.fetch(ALL) == [(1, None)]
        async with await followed() as other:
            with pytest.raises(errors.FeatureNotSupported):
                async with other.transaction():
                    await other.fetch(ALL)
            for _ in range(6):
                async with other.transaction():
                    assert await other.fetch(ALL) == [(1, None)]
        async with await followed() as other:
            many = "insert into t select 1 from t where a = $1 returning *"
            await one.execute_many(many, [(7,)] * 6, returning=True)
            await one.execute("alter table t drop b")
            assert await other.fetch(ALL) == [(1,)]


async def test_the_pooler_is_restarted(follower: PgBouncer, followed: Connector) -> None:
    conn = await followed()
    assert await conn.fetch_value("select $1::int", 1) == 1
    follower.stop()
    with pytest.raises(errors.OperationalError):
        await conn.fetch_value("select $1::int", 2)
    follower.start()
    async with await followed() as again:
        assert await again.fetch_value("select $1::int", 3) == 3
