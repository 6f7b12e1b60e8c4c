"""`transaction()` blocks: commit, rollback, savepoints, modes, and misuse that must not pass."""

import asyncio

import pytest

import howdah
from howdah import errors
from tests.conftest import Connector
from tests.transactions import status


async def ids(conn: howdah.AsyncConnection) -> list[int]:
    return [number for (number,) in await conn.fetch("select id from t order by id", row=tuple)]


@pytest.fixture
def table() -> str:
    return "create table t (id int primary key deferrable initially deferred)"


async def test_a_clean_end_commits(conn: howdah.AsyncConnection, table: str) -> None:
    await conn.execute(table)
    async with conn.transaction() as block:
        assert block.savepoint is None
        assert status(conn) == "in_transaction"
        await conn.execute("insert into t values (1)")
    assert status(conn) == "idle"
    assert await ids(conn) == [1]


async def test_an_exception_rolls_back_and_passes(conn: howdah.AsyncConnection, table: str) -> None:
    await conn.execute(table)
    with pytest.raises(ZeroDivisionError):
        async with conn.transaction():
            await conn.execute("insert into t values (1)")
            raise ZeroDivisionError
    assert status(conn) == "idle"
    assert await ids(conn) == []


async def test_nested_blocks_are_savepoints(conn: howdah.AsyncConnection, table: str) -> None:
    await conn.execute(table)
    async with conn.transaction():
        await conn.execute("insert into t values (1)")
        with pytest.raises(errors.DivisionByZero):
            async with conn.transaction() as inner:
                assert inner.savepoint is not None
                await conn.execute("insert into t values (2)")
                await conn.execute("select 1 / 0")
        assert status(conn) == "in_transaction"
        async with conn.transaction():
            await conn.execute("insert into t values (3)")
            async with conn.transaction():
                await conn.execute("insert into t values (4)")
    assert await ids(conn) == [1, 3, 4]


async def test_force_rollback(conn: howdah.AsyncConnection, table: str) -> None:
    await conn.execute(table)
    async with conn.transaction(force_rollback=True):
        await conn.execute("insert into t values (1)")
    async with conn.transaction():
        await conn.execute("insert into t values (2)")
        async with conn.transaction(force_rollback=True):
            await conn.execute("insert into t values (3)")
    assert await ids(conn) == [2]


async def test_the_modes_reach_the_server(conn: howdah.AsyncConnection) -> None:
    for level in ("read committed", "repeatable read", "serializable", "read uncommitted"):
        async with conn.transaction(isolation=level):
            assert await conn.fetch_value("show transaction_isolation") == level
    async with conn.transaction(isolation="serializable", read_only=True, deferrable=True):
        assert await conn.fetch_value("show transaction_read_only") == "on"
        assert await conn.fetch_value("show transaction_deferrable") == "on"
        with pytest.raises(errors.ReadOnlySqlTransaction):
            async with conn.transaction():
                await conn.execute("create table t ()")
    await conn.execute("set default_transaction_read_only = on")
    async with conn.transaction(read_only=False, deferrable=False):
        assert await conn.fetch_value("show transaction_read_only") == "off"


async def test_unknown_isolation_is_refused(conn: howdah.AsyncConnection) -> None:
    with pytest.raises(howdah.ProgrammingError, match="unknown isolation level `chaos`"):
        conn.transaction(isolation="chaos")  # type: ignore[arg-type]


async def test_a_nested_block_cannot_choose_modes(conn: howdah.AsyncConnection) -> None:
    async with conn.transaction():
        with pytest.raises(howdah.ProgrammingError, match="nested"):
            async with conn.transaction(read_only=True):
                pass
        assert status(conn) == "in_transaction"


async def test_a_caught_error_cannot_end_in_a_commit(
    conn: howdah.AsyncConnection, table: str
) -> None:
    await conn.execute(table)
    with pytest.raises(errors.InFailedSqlTransaction, match="rolled back") as caught:
        async with conn.transaction():
            await conn.execute("insert into t values (1)")
            with pytest.raises(errors.DivisionByZero):
                await conn.execute("select 1 / 0")
    assert "transaction()" in str(caught.value.hint)
    assert status(conn) == "idle"
    assert await ids(conn) == []


async def test_a_caught_error_in_a_nested_block_undoes_that_block(
    conn: howdah.AsyncConnection, table: str
) -> None:
    await conn.execute(table)
    async with conn.transaction():
        await conn.execute("insert into t values (1)")
        with pytest.raises(errors.InFailedSqlTransaction):
            async with conn.transaction():
                with pytest.raises(errors.DivisionByZero):
                    await conn.execute("select 1 / 0")
        await conn.execute("insert into t values (2)")
    assert await ids(conn) == [1, 2]


async def test_an_error_of_the_commit_itself_is_raised(
    conn: howdah.AsyncConnection, table: str
) -> None:
    await conn.execute(table)
    await conn.execute("insert into t values (1)")
    with pytest.raises(errors.UniqueViolation):
        async with conn.transaction():
            await conn.execute("insert into t values (1)")  # the constraint is deferred
    assert status(conn) == "idle"
    assert await ids(conn) == [1]


@pytest.mark.parametrize("command", ["commit", "rollback"])
async def test_the_transaction_cannot_be_ended_inside(
    conn: howdah.AsyncConnection, command: str
) -> None:
    async with conn.transaction():
        with pytest.raises(howdah.ProgrammingError, match=f"`{command}` is not possible inside"):
            await getattr(conn, command)()
        assert status(conn) == "in_transaction"


@pytest.mark.parametrize("nested", [False, True])
async def test_ending_it_behind_the_blocks_back_is_noticed(
    conn: howdah.AsyncConnection, nested: bool
) -> None:
    with pytest.raises(howdah.ProgrammingError, match="ended inside"):
        async with conn.transaction():
            if nested:
                with pytest.raises(howdah.ProgrammingError, match="ended inside"):
                    async with conn.transaction():
                        await conn.execute("rollback")
            else:
                await conn.execute("commit")
    assert status(conn) == "idle"


async def test_blocks_left_in_the_wrong_order_are_rolled_back(
    conn: howdah.AsyncConnection, table: str
) -> None:
    await conn.execute(table)
    outer, inner = conn.transaction(), conn.transaction()
    await outer.__aenter__()
    await inner.__aenter__()
    await conn.execute("insert into t values (1)")
    with pytest.raises(howdah.ProgrammingError, match="before one inside it"):
        await outer.__aexit__(None, None, None)
    assert status(conn) == "idle"
    with pytest.raises(howdah.ProgrammingError, match="leaving the one around it first"):
        await inner.__aexit__(None, None, None)
    assert await ids(conn) == []


async def test_a_block_is_entered_once(conn: howdah.AsyncConnection) -> None:
    block = conn.transaction()
    async with block:
        with pytest.raises(howdah.ProgrammingError, match="only once"):
            await block.__aenter__()
    with pytest.raises(howdah.ProgrammingError, match="only once"):
        await block.__aenter__()


@pytest.mark.since(14)  # pg_terminate_backend waits
async def test_a_connection_that_dies_inside(connector: Connector) -> None:
    conn, killer = await connector(), await connector()
    try:
        with pytest.raises(howdah.OperationalError):
            async with conn.transaction():
                await killer.fetch("select pg_terminate_backend($1, 10000)", conn.backend_pid)
                await conn.execute("select 1")
        assert conn.closed
        with pytest.raises(howdah.Error):
            await conn.execute("select 1")
    finally:
        await killer.close()


async def test_closing_inside_loses_the_changes_loudly(connector: Connector) -> None:
    conn = await connector()
    with pytest.raises(errors.ConnectionLost, match="closed inside the transaction block"):
        async with conn.transaction():
            await conn.close()


async def test_a_cancelled_task_rolls_back(database: str) -> None:
    async with await howdah.connect_async(database) as conn:
        await conn.execute("create table t (id int)")

        async def work() -> None:
            async with conn.transaction():
                await conn.execute("insert into t values (1)")
                await conn.execute("select pg_sleep(60)")

        task = asyncio.create_task(work())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert status(conn) == "idle"
        assert await conn.fetch_value("select count(*) from t") == 0


async def test_a_timeout_inside_rolls_back(conn: howdah.AsyncConnection, table: str) -> None:
    await conn.execute(table)
    with pytest.raises(errors.QueryTimeout):
        async with conn.transaction():
            await conn.execute("insert into t values (1)")
            await conn.execute("select pg_sleep(60)", timeout=0.05)
    assert status(conn) == "idle"
    assert await ids(conn) == []
