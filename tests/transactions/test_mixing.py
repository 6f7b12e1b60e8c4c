"""One connection, one transaction state: cursors, native calls and blocks together."""

import threading

import pytest

import howdah
from howdah import errors
from tests.conftest import Connector
from tests.transactions import status


async def test_a_cursor_opens_a_transaction_that_native_calls_join(
    connector: Connector, conn: howdah.AsyncConnection
) -> None:
    await conn.execute("create table t (id int)")
    cur = conn.cursor()
    await cur.execute("insert into t values (1)")
    assert status(conn) == "in_transaction"
    await conn.execute("insert into t values (2)")
    async with await connector() as other:
        assert await other.fetch_value("select count(*) from t") == 0
        await conn.commit()
        assert await other.fetch_value("select count(*) from t") == 2


async def test_native_calls_commit_by_themselves(
    connector: Connector, conn: howdah.AsyncConnection
) -> None:
    await conn.execute("create table t (id int)")
    await conn.execute_many("insert into t values ($1)", [(1,), (2,)])
    assert status(conn) == "idle"
    async with await connector() as other:
        assert await other.fetch_value("select count(*) from t") == 2


async def test_a_block_in_a_cursors_transaction_is_a_savepoint(
    conn: howdah.AsyncConnection,
) -> None:
    await conn.execute("create table t (id int)")
    cur = conn.cursor()
    await cur.execute("insert into t values (1)")
    async with conn.transaction() as block:
        assert block.savepoint is not None
        await cur.execute("insert into t values (2)")
    assert status(conn) == "in_transaction"
    await conn.rollback()
    assert await conn.fetch_value("select count(*) from t") == 0


async def test_a_cursor_in_a_block_belongs_to_it(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table t (id int)")
    async with conn.transaction():
        await conn.cursor().execute("insert into t values (1)")
    assert status(conn) == "idle"
    assert await conn.fetch_value("select count(*) from t") == 1


async def test_autocommit(conn: howdah.AsyncConnection) -> None:
    assert conn.autocommit is False
    conn.autocommit = True
    await conn.cursor().execute("create table t (id int)")
    assert status(conn) == "idle"
    async with conn.transaction():
        with pytest.raises(howdah.ProgrammingError, match="while a transaction is open"):
            conn.autocommit = False
    conn.autocommit = False
    await conn.cursor().execute("select 1")
    assert status(conn) == "in_transaction"
    await conn.rollback()


async def test_autocommit_as_an_option(connector: Connector) -> None:
    async with await connector(autocommit=True) as conn:
        await conn.cursor().execute("select 1")
        assert status(conn) == "idle"


async def test_commit_after_an_error_says_that_nothing_was_committed(
    conn: howdah.AsyncConnection,
) -> None:
    cur = conn.cursor()
    await cur.execute("create table t (id int)")
    with pytest.raises(errors.DivisionByZero):
        await cur.execute("select 1 / 0")
    with pytest.raises(errors.InFailedSqlTransaction):
        await conn.commit()
    assert status(conn) == "idle"
    assert await conn.fetch_value("select to_regclass('t')::text") is None


async def test_commit_and_rollback_without_a_transaction_do_nothing(
    conn: howdah.AsyncConnection,
) -> None:
    await conn.commit()
    await conn.rollback()
    assert conn.notices == []


async def test_leaving_the_connection_commits_or_rolls_back(connector: Connector) -> None:
    async with await connector() as conn:
        await conn.cursor().execute("create table t (id int)")
        await conn.cursor().execute("insert into t values (1)")
    assert conn.closed
    with pytest.raises(ZeroDivisionError):
        async with await connector() as conn:
            await conn.cursor().execute("insert into t values (2)")
            raise ZeroDivisionError
    assert conn.closed
    async with await connector() as conn:
        assert await conn.fetch_value("select count(*) from t") == 1


def test_threads_that_share_a_connection_begin_once(database: str) -> None:
    with howdah.connect(database) as conn:
        barrier = threading.Barrier(8)

        def work() -> None:
            barrier.wait()
            for number in range(20):
                assert conn.cursor().execute("select %s::int", (number,)).fetchone() == (number,)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert conn.notices == []  # such as "there is already a transaction in progress"
        assert status(conn) == "in_transaction"
