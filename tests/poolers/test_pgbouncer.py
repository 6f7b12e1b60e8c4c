"""Everything that a connection can do, where each transaction may meet another server."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import errors
from howdah.types import Range

if TYPE_CHECKING:
    from tests.conftest import Connector
    from tests.poolers.pgbouncer import PgBouncer

TODAY = dt.date(2026, 11, 21)
NOW = dt.datetime(2026, 11, 21, 13, 10, tzinfo=dt.UTC)


async def meet_many_servers(connector: Connector) -> None:
    """Have the pooler open all of its connections, so that the next transactions wander."""
    connections = [await connector(statement_cache_size=0) for _ in range(3)]
    for conn in connections:
        await conn.execute("begin")
    for conn in connections:
        await conn.execute("commit")
        await conn.close()


async def test_statements_of_every_kind(pooled: Connector) -> None:
    await meet_many_servers(pooled)
    async with await pooled(statement_cache_size=0) as conn:
        await conn.execute("create type mood as enum ('glad', 'sad')")
        await conn.execute(
            "create table t (id int primary key, day date, at timestamptz, price numeric,"
            " mood mood, tags text[], span int4range, data jsonb, key uuid, raw bytea)"
        )
        row: tuple[Any, ...] = (
            1, TODAY, NOW, Decimal("9.90"), "glad", ["a", None], Range(1, 5),
            {"a": [1]}, uuid.UUID(int=7), b"\0\1",
        )  # fmt: skip
        insert = "insert into t values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        assert await conn.execute(insert, *row) == 1
        assert await conn.execute(insert, 2, *row[1:]) == 1
        servers = set()
        for key in (1, 2) * 5:
            found = await conn.fetch_one("select * from t where id = $1", key)
            assert found == (key, *row[1:])
            servers.add(await conn.fetch_value("select pg_backend_pid()"))
        assert len(servers) > 1, "the pooler always gave the same server: nothing was tested"
        many = [(n, *row[1:]) for n in range(10, 400)]
        assert await conn.execute_many(insert, many) == len(many)
        query = "select id from t where id >= $1 order by id"
        stream = conn.stream(query, 10, batch=50)
        assert [r.id async for r in stream] == list(range(10, 400))
        assert await conn.copy_rows("t", [(n, *row[1:]) for n in range(500, 600)]) == 100
        async with conn.transaction():
            assert await conn.execute("update t set mood = $1 where id >= $2", "sad", 500) == 100
            before = await conn.fetch_value("select pg_backend_pid()")
            found = await conn.fetch_value("select count(*) from t where mood = $1", "sad")
            assert found == 100
            assert await conn.fetch_value("select pg_backend_pid()") == before
        cursor = conn.cursor()
        await cursor.execute("select price, tags from t where id = %s and at = %s", (1, NOW))
        assert await cursor.fetchall() == [(Decimal("9.90"), ["a", None])]
        await conn.rollback()


async def test_named_statements_fail_with_the_cure(pooled: Connector) -> None:
    await meet_many_servers(pooled)
    async with await pooled() as conn:
        with pytest.raises(errors.InvalidSqlStatementName) as caught:
            for number in range(20):
                assert await conn.fetch_value("select $1::int", number) == number
        assert "statement_cache_size=0" in (caught.value.hint or "")


async def test_no_client_executes_another_s_statement(pooled: Connector) -> None:
    """Both prepare their first statement on each server: the names must differ."""
    async with await pooled() as one, await pooled() as other:
        for _ in range(10):
            for conn, sql, expected in ((one, "select 'one'", "one"), (other, "select 2", 2)):
                # one that misses its statement says so
                with contextlib.suppress(errors.InvalidSqlStatementName):
                    assert await conn.fetch_value(sql) == expected


async def test_a_statement_is_cancelled(pooled: Connector) -> None:
    async with await pooled(statement_cache_size=0) as conn:
        with pytest.raises(errors.QueryTimeout):
            await conn.fetch_value("select pg_sleep($1)", "60", timeout=0.2)
        assert await conn.fetch_value("select 1") == 1


async def test_tasks_of_a_pool_share_few_servers(database: str, pgbouncer: PgBouncer) -> None:
    url = pgbouncer.url(database)
    async with howdah.AsyncPool(url, max_size=20, statement_cache_size=0) as pool:

        async def ask(number: int) -> int:
            async with pool.connection() as conn, conn.transaction():
                await conn.fetch("select $1::date", TODAY)
                value: int = await conn.fetch_value("select $1::int8", number)
                return value

        assert await asyncio.gather(*map(ask, range(100))) == list(range(100))


async def test_the_pooler_is_restarted(pgbouncer: PgBouncer, world: str, pooled: Connector) -> None:
    conn = await pooled(statement_cache_size=0)
    pgbouncer.stop()
    with pytest.raises(errors.OperationalError):
        await conn.fetch_value("select 1")
    with pytest.raises(errors.ConnectionFailed, match="connection refused"):
        await pooled(statement_cache_size=0)
    pgbouncer.start()
    async with await pooled(statement_cache_size=0) as again:
        assert await again.fetch_value("select $1::text", world) == world
