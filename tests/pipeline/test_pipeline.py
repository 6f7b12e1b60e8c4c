"""Pipelines: order, results, errors, round trips, and how they mix with other calls."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import howdah
from howdah import errors
from tests.conftest import Connector
from tests.faults.proxy import Proxy
from tests.transactions import status


@dataclass
class Item:
    id: int
    name: str


def is_done(pending: howdah.AsyncPending[Any]) -> bool:
    """Whether there is a result. A call, since type checkers take an attribute for unchanged."""
    return pending.done


async def count(conn: howdah.AsyncConnection) -> int:
    found: int = await conn.fetch_value("select count(*) from t")
    return found


async def test_results_are_those_of_the_connections_methods(conn: howdah.AsyncConnection) -> None:
    async with conn.pipeline() as p:
        made = p.execute("create temporary table t (id int, name text)")
        added = p.execute("insert into t values ($1, $2), ($1 + 1, 'b')", 1, "a")
        rows = p.fetch("select * from t order by id")
        items = p.fetch("select * from t order by id", row=Item)
        one = p.fetch_one("select * from t where id = $1", 2, row=dict)
        none = p.fetch_one("select * from t where id = $1", 7)
        value = p.fetch_value("select count(*) from t")
        nothing = p.execute("")
        assert not is_done(rows)
    assert is_done(rows)
    assert (await made, await added) == (0, 2)
    assert await rows == [(1, "a"), (2, "b")]
    assert (await rows)[0].name == "a"
    assert await items == [Item(1, "a"), Item(2, "b")]
    assert (await one, await none) == ({"id": 2, "name": "b"}, None)
    assert await value == await value == 2
    assert await nothing == 0


async def test_a_result_may_be_asked_for_within_the_block(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table t (id int)")
    async with conn.pipeline() as p:
        first = p.fetch_value("insert into t values (1) returning id")
        second = p.fetch_value("insert into t values (2) returning id")
        assert (await first, second.done) == (1, True)
        third = p.fetch_value("select count(*) from t")
        assert not third.done
    assert (await second, await third) == (2, 2)


async def test_an_error_undoes_its_batch_and_names_its_statement(
    conn: howdah.AsyncConnection,
) -> None:
    await conn.execute("create table t (id int primary key)")
    with pytest.raises(errors.UniqueViolation) as caught:
        async with conn.pipeline() as p:
            before = p.execute("insert into t values ($1)", 1)
            failed = p.execute("insert into t values ($1)", 1)
            after = p.fetch_value("select count(*) from t")
    assert caught.value.__notes__ == ["in statement 2 of 3 of the pipeline's batch"]
    assert caught.value.query == "insert into t values ($1)"
    with pytest.raises(errors.UniqueViolation):
        await failed
    with pytest.raises(errors.PipelineAborted, match=r"undone: statement 2 of its batch") as early:
        await before
    with pytest.raises(errors.PipelineAborted, match="not executed: statement 2 of its") as late:
        await after
    for aborted in (early, late):
        assert isinstance(aborted.value.__cause__, errors.UniqueViolation)
    assert (await count(conn), status(conn)) == (0, "idle")


async def test_sync_ends_a_batch(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table t (id int primary key)")
    with pytest.raises(errors.UniqueViolation) as caught:
        async with conn.pipeline() as p:
            p.execute("insert into t values (1)")
            await p.sync()
            p.execute("insert into t values (2)")
            p.execute("insert into t values (1)")
    assert "statement 2 of 2" in caught.value.__notes__[0]
    assert await count(conn) == 1


async def test_a_failed_batch_does_not_stop_the_next(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table t (id int)")
    async with conn.pipeline() as p:
        wrong = p.fetch_value("select 1 / $1::int", 0)
        with pytest.raises(errors.DivisionByZero):
            await wrong
        p.execute("insert into t values (1)")
    assert await count(conn) == 1


@pytest.mark.parametrize("queued", [0, 1])
async def test_parameters_that_are_refused_undo_the_batch(
    conn: howdah.AsyncConnection, queued: int
) -> None:
    await conn.execute("create table t (id int)")
    with pytest.raises(howdah.DataError, match=r"parameter \$1"):
        async with conn.pipeline() as p:
            for _ in range(queued):
                p.execute("insert into t values (0)")
            p.execute("insert into t values ($1)", object())
            after = p.execute("insert into t values (1)")
    with pytest.raises(errors.PipelineAborted):
        await after
    assert (await count(conn), status(conn)) == (0, "idle")


async def test_an_exception_drops_what_is_queued(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table t (id int)")
    with pytest.raises(ZeroDivisionError):
        async with conn.pipeline() as p:
            dropped = p.execute("insert into t values (1)")
            raise ZeroDivisionError
    assert await count(conn) == 0
    with pytest.raises(errors.PipelineAborted, match="given up"):
        await dropped


async def test_other_calls_come_after_what_is_queued(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table t (id int)")
    async with conn.pipeline() as p:
        p.execute("insert into t values (1)")
        assert await count(conn) == 1
        p.execute("insert into t values (2)")
        assert [row async for row in conn.stream("select id from t order by id")] == [(1,), (2,)]
        p.execute("insert into t values (3)")
        assert await conn.copy_rows("t", [(4,)]) == 1
        p.execute("insert into t values (5)")
        await conn.cursor().execute("insert into t values (6)")
        await conn.rollback()
        async with conn.pipeline() as inner:
            inner.execute("insert into t values (7)")
        assert await count(conn) == 6
        p.execute("insert into t values (1 / 0)")
        with pytest.raises(errors.DivisionByZero):
            await conn.execute("insert into t values (8)")
    ids = await conn.fetch("select id from t order by id", row=tuple)
    assert ids == [(1,), (2,), (3,), (4,), (5,), (7,)]


async def test_copy_is_refused(conn: howdah.AsyncConnection) -> None:
    async with conn.pipeline() as p:
        for query in ("copy t from stdin", "/* why */ COPY (select 1) to stdout"):
            with pytest.raises(howdah.ProgrammingError, match="COPY is not possible in a pipeline"):
                p.execute(query)
        copying = p.fetch_value("select 'copy'")
    assert await copying == "copy"


async def test_what_one_statement_makes_another_may_use(conn: howdah.AsyncConnection) -> None:
    """Statements are prepared ahead of their turn: too early for some of these."""
    for t in ("a", "b"):
        async with conn.pipeline() as p:
            if t == "b":
                p.execute("begin")
            p.execute(f"create type mood_{t} as enum ('sad', 'ok')")
            p.execute(f"create table {t} (id int, mood mood_{t}, moods mood_{t}[])")
            p.execute(f"insert into {t} values ($1, $2, $3)", 1, "ok", ["sad", "ok"])
            p.execute(f"insert into {t} values ($1, $2, $3)", 2, "sad", [])
            rows = p.fetch(f"select * from {t} order by id")
            if t == "b":
                p.execute("commit")
        assert await rows == [(1, "ok", ["sad", "ok"]), (2, "sad", [])]


async def test_within_a_transaction_too(conn: howdah.AsyncConnection) -> None:
    async with conn.transaction(), conn.pipeline() as p:
        p.execute("create table t (id int)")
        p.execute("insert into t values ($1)", 1)
        total = p.fetch_value("select count(*) from t")
        again = p.fetch_value("select count(*) + 1 from t")
    assert (await total, await again) == (1, 2)
    async with conn.pipeline() as p:
        async with conn.transaction():
            p.execute("insert into t values ($1)", 2)
        assert (await count(conn), status(conn)) == (2, "idle")
        with pytest.raises(ZeroDivisionError):
            async with conn.transaction():
                p.execute("insert into t values ($1)", 3)
                raise ZeroDivisionError
        with pytest.raises(errors.DivisionByZero):
            async with conn.transaction():
                p.execute("insert into t values ($1)", 4)
                p.execute("select 1 / 0")
        assert status(conn) == "idle"
        p.execute("insert into t values ($1)", 5)
        with pytest.raises(ZeroDivisionError):
            async with conn.transaction():
                p.execute("insert into t values ($1)", 6)
                await p.sync()
                raise ZeroDivisionError
    assert await conn.fetch("select id from t order by id", row=tuple) == [(1,), (2,), (5,)]


async def test_an_error_in_a_transaction_fails_it(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table t (id int)")
    with pytest.raises(errors.InFailedSqlTransaction):
        async with conn.transaction():
            with pytest.raises(errors.UndefinedTable):
                async with conn.pipeline() as p:
                    p.execute("insert into t values (1)")
                    p.execute("insert into nowhere values (1)")
                    p.execute("insert into nowhere_else values (1)")
            assert status(conn) == "failed"
    assert await count(conn) == 0


async def test_types_that_only_values_name(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create type mood as enum ('sad', 'ok')")
    async with conn.pipeline() as p:
        first = p.fetch_value("select row('ok'::mood, $1::int)", 1)
        undecided = [p.fetch_value("select $1", value) for value in (1, "x", 2.5, 3)]
        second = p.fetch("select row('sad'::mood)", row=tuple)
    assert (await first, await second) == (("ok", 1), [(("sad",),)])
    assert [await each for each in undecided] == [1, "x", 2.5, 3]


async def test_stale_statements_are_prepared_again(
    connector: Connector, conn: howdah.AsyncConnection
) -> None:
    await conn.execute("create table t (id int)")
    await conn.fetch("select * from t")
    async with await connector() as other:
        await other.execute("alter table t add name text")
    async with conn.pipeline() as p:
        p.execute("insert into t values ($1, 'a')", 1)
        rows = p.fetch("select * from t")
    assert await rows == [(1, "a")]
    assert await count(conn) == 1


@pytest.mark.parametrize("size", ["0", "2"])
async def test_more_statements_than_are_kept(connector: Connector, size: str) -> None:
    async with await connector(statement_cache_size=size) as conn:
        for _ in range(2):
            async with conn.pipeline() as p:
                results = [p.fetch_value(f"select {n} + $1::int", n) for n in range(20)]
            assert [await result for result in results] == [2 * n for n in range(20)]
        async with conn.transaction(), conn.pipeline() as p:
            results = [p.fetch_value(f"select {n} * $1::int", n) for n in range(5)]
        assert [await result for result in results] == [n * n for n in range(5)]


async def test_data_flows_both_ways_at_once(conn: howdah.AsyncConnection) -> None:
    """More than the buffers of both sides hold: who only writes would wait for ever."""
    wide = "x" * 200_000
    async with conn.pipeline() as p:
        results = [p.fetch_value("select $1::text || $2::int", wide, n) for n in range(100)]
    assert [await result for result in results] == [f"{wide}{n}" for n in range(100)]


async def test_a_deadline_gives_the_batch_up(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table t (id int)")
    async with conn.pipeline() as p:
        p.execute("insert into t values (1)")
        slow = p.execute("select pg_sleep(60)")
        with pytest.raises(errors.QueryTimeout):
            await p.sync(timeout=0.1)
        with pytest.raises(errors.PipelineAborted, match="given up"):
            await slow
        p.execute("insert into t values (2)")
    assert await conn.fetch("select id from t", row=tuple) == [(2,)]


async def test_a_lost_connection_ends_every_result(connector: Connector) -> None:
    conn = await connector()
    with pytest.raises(howdah.OperationalError):
        async with conn.pipeline() as p:
            lost = p.execute("select pg_terminate_backend(pg_backend_pid())")
            after = p.execute("select 1")
    with pytest.raises(howdah.OperationalError):
        await lost
    with pytest.raises(errors.PipelineAborted):
        await after
    with pytest.raises(howdah.Error):
        p.execute("select 1")
    await conn.close()


async def test_a_cancelled_task_gives_the_batch_up(database: str) -> None:
    async with await howdah.connect_async(database) as conn:
        await conn.execute("create table t (id int)")
        async with conn.pipeline() as p:
            p.execute("insert into t values (1)")
            slow = p.fetch_value("select pg_sleep(60)")
            waiting = asyncio.ensure_future(slow)
            await asyncio.sleep(0.1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        with pytest.raises(errors.PipelineAborted):
            await slow
        assert await count(conn) == 0


async def test_tasks_may_await_results_of_one_pipeline(database: str) -> None:
    async def value(pending: howdah.AsyncPending[int]) -> int:
        return await pending

    async with await howdah.connect_async(database) as conn, conn.pipeline() as p:
        results = [p.fetch_value("select $1::int", n) for n in range(10)]
        assert await asyncio.gather(*map(value, results)) == list(range(10))


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    with Proxy(database) as proxy:
        yield proxy


async def test_round_trips(world: str, proxy: Proxy) -> None:
    async with await Connector(world, proxy.url)() as conn:
        (line,) = proxy.lines
        for expected in (2, 1):  # the first time all of them are prepared at once
            line.carried.flights = 0
            async with conn.pipeline() as p:
                results = [p.fetch_value(f"select {n} + $1::int", n) for n in range(50)]
            assert await results[-1] == 98
            assert line.carried.flights == expected
        line.carried.flights = 0
        async with conn.transaction(), conn.pipeline() as p:
            for n in range(50):
                p.fetch_value(f"select {n} + $1::int", n)
        assert line.carried.flights == 2  # begin travels; commit
        line.carried.flights = 0
        async with conn.transaction(), conn.pipeline() as p:
            for n in range(50):
                p.fetch_value(f"select {n} - $1::int", n)
        assert line.carried.flights == 4


async def test_a_batch_that_failed_leaves_nothing_unread(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table t (id int primary key)")
    for _ in range(3):
        with pytest.raises(errors.UniqueViolation):
            async with conn.transaction(), conn.pipeline() as p:
                results = [p.execute("insert into t values ($1)", n) for n in (1, 1)]
                await results[1]
        assert conn.transaction_status == "idle"
        assert await conn.fetch_value("select count(*) from t where id >= $1", 0) == 0


async def test_nothing_is_queued_outside_of_the_block(conn: howdah.AsyncConnection) -> None:
    pipeline = conn.pipeline()
    with pytest.raises(howdah.InterfaceError, match="outside of the pipeline's block") as caught:
        pipeline.fetch_value("select 1")
    assert "with" in (caught.value.hint or "")
    async with pipeline as p:
        one = p.fetch_value("select 1")
    for queue in (p.execute, p.fetch, p.fetch_one, p.fetch_value):
        with pytest.raises(howdah.InterfaceError, match="outside"):
            queue("select 2")
    with pytest.raises(KeyError):
        async with p:
            raise KeyError
    with pytest.raises(howdah.InterfaceError, match="outside"):
        p.execute("select 3")
    async with p:  # entered again it takes statements again
        four = p.fetch_value("select 4")
    assert (await one, await four) == (1, 4)


async def test_a_timeout_bounds_each_batch(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table t (id int)")
    with pytest.raises(errors.QueryTimeout):
        async with conn.pipeline(timeout=0.05) as p:
            p.execute("insert into t values (1)")
            await p.sync(timeout=60)
            p.execute("insert into t values (2)")
            slept = p.fetch("select pg_sleep(60)")
    with pytest.raises(errors.PipelineAborted) as aborted:
        await slept
    assert aborted.value.__cause__ is None
    assert (await count(conn), status(conn)) == (1, "idle")
    async with conn.pipeline(timeout=0.05) as p:
        asked_for = p.fetch("select pg_sleep(60)")
        with pytest.raises(errors.QueryTimeout):
            await asked_for
    assert await conn.fetch_value("select 1") == 1
