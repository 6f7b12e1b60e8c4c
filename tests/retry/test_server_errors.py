"""Real serialization failures, deadlocks and locks, and what must not be repeated."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import errors

if TYPE_CHECKING:
    from tests.retry.conftest import Runs


@pytest.fixture
def admin(database: str) -> Any:
    with howdah.connect(database) as connection:
        connection.execute("create table account (id int primary key, amount int)")
        connection.execute("insert into account values (1, 100), (2, 100)")
        yield connection


async def test_a_serialization_failure_repeats_the_whole(runs: Runs, admin: Any) -> None:
    seen: list[int] = []

    async def withdraw(conn: howdah.AsyncConnection) -> int:
        amount = await conn.fetch_value("select amount from account where id = 1")
        if not seen:
            admin.execute("update account set amount = amount - 1 where id = 1")
        seen.append(amount)
        await conn.execute("update account set amount = $1 where id = 1", amount - 10)
        return int(amount)

    async with runs.pool() as pool:
        assert await runs(pool, withdraw, isolation="repeatable read") == 99
    assert seen == [100, 99]
    assert admin.fetch_value("select amount from account where id = 1") == 89


async def test_on_a_connection_too(runs: Runs, admin: Any) -> None:
    attempts: list[int] = []

    async def clash(conn: howdah.AsyncConnection) -> None:
        await conn.fetch("select * from account")
        if not attempts:
            admin.execute("update account set amount = 0 where id = 2")
        attempts.append(1)
        await conn.execute("update account set amount = 1 where id = 2")

    async with runs.connection() as connection:
        await runs(connection, clash, isolation="repeatable read")
        assert connection.transaction_status == "idle"
    assert len(attempts) == 2


def test_a_deadlock_is_left_by_one_and_both_come_through(database: str, admin: Any) -> None:
    both_hold = threading.Barrier(2)
    attempts: list[int] = []

    @howdah.retry(first_delay=0.001)
    def move(conn: howdah.Connection, source: int, target: int) -> None:
        conn.execute("update account set amount = amount - 1 where id = $1", source)
        attempts.append(source)
        if len(attempts) <= 2:
            both_hold.wait(timeout=30)
        conn.execute("update account set amount = amount + 1 where id = $1", target)

    with howdah.Pool(database, max_size=2) as pool:
        threads = [threading.Thread(target=move, args=(pool, *pair)) for pair in [(1, 2), (2, 1)]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(attempts) >= 3, "one of the two was cancelled, and came again"
    assert admin.fetch("select amount from account order by id", row=tuple) == [(100,), (100,)]


def test_serializable_threads_lose_no_update(database: str, admin: Any) -> None:
    @howdah.retry(isolation="serializable", attempts=1000, first_delay=0.001, deadline=60)
    def add(conn: howdah.Connection) -> None:
        amount = conn.fetch_value("select amount from account where id = 1")
        conn.execute("update account set amount = $1 where id = 1", amount + 1)

    def work() -> None:
        for _ in range(25):
            add(pool)

    with howdah.Pool(database, max_size=4) as pool:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert admin.fetch_value("select amount from account where id = 1") == 200


async def test_a_lock_that_is_not_available(runs: Runs, admin: Any) -> None:
    attempts: list[int] = []
    with admin.transaction():
        admin.execute("select from account where id = 1 for update")

        async def lock(conn: howdah.AsyncConnection) -> None:
            attempts.append(1)
            await conn.execute("select from account where id = 1 for update nowait")

        async with runs.pool() as pool:
            with pytest.raises(errors.LockNotAvailable) as caught:
                await runs(pool, lock, attempts=3)
            assert pool.stats().in_use == 0
    assert len(attempts) == 3
    assert caught.value.__notes__ == ["given up after 3 attempts"]


async def test_no_attempt_begins_after_the_deadline(runs: Runs) -> None:
    attempts: list[int] = []

    async def fail(conn: howdah.AsyncConnection) -> None:
        attempts.append(1)
        await conn.execute("do $$ begin raise serialization_failure; end $$")

    async with runs.pool() as pool:
        with pytest.raises(errors.SerializationFailure):
            await runs(pool, fail, deadline=0)
    assert attempts == [1]


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("insert into account values (1, 1)", errors.UniqueViolation),
        ("select 1/0", errors.DivisionByZero),
        ("select pg_catalog.set_config('transaction_read_only', 'on', true)", None),
    ],
)
async def test_other_errors_are_not_repeated(
    runs: Runs, admin: Any, statement: str, error: Any
) -> None:
    assert admin.fetch_value("select count(*) from account") == 2
    attempts: list[int] = []

    async def fail(conn: howdah.AsyncConnection) -> None:
        attempts.append(1)
        await conn.fetch(statement)
        await conn.execute("update account set amount = 0")

    async with runs.pool() as pool:
        with pytest.raises(error or errors.ReadOnlySqlTransaction):
            await runs(pool, fail)
    assert attempts == [1]


async def test_a_deferred_constraint_that_refuses_the_commit_is_no_unknown(
    runs: Runs, admin: Any
) -> None:
    admin.execute("create table late (x int unique deferrable initially deferred)")
    attempts: list[int] = []

    async def insert(conn: howdah.AsyncConnection) -> None:
        attempts.append(1)
        await conn.execute("insert into late values (1), (1)")

    async with runs.pool() as pool:
        with pytest.raises(errors.UniqueViolation):
            await runs(pool, insert)
    assert attempts == [1]


async def test_an_open_transaction_is_not_repeated_from_its_middle(runs: Runs) -> None:
    async def nothing(conn: howdah.AsyncConnection) -> None:
        raise AssertionError(conn)

    async with runs.connection() as connection:
        conn = runs.awaited(connection)
        async with conn.transaction():
            with pytest.raises(errors.ProgrammingError, match="cannot be repeated from its middle"):
                await runs(connection, nothing)
        await conn.cursor().execute("select 1")
        with pytest.raises(errors.ProgrammingError, match="cannot be repeated from its middle"):
            await runs(connection, nothing)


async def test_what_no_transaction_can_run_on(runs: Runs, database: str) -> None:
    async def body(conn: howdah.AsyncConnection) -> None:
        raise AssertionError(conn)

    other = howdah.Pool if runs.world == "async" else howdah.AsyncPool
    for source in (5, None, database, other(database, min_size=0)):
        name = type(source).__name__
        with pytest.raises(TypeError, match=f"expected a `.*Database`.*found `{name}`"):
            await runs(source, body)


def test_a_run_inside_of_a_run_is_refused(database: str) -> None:
    @howdah.retry
    def inner(conn: howdah.Connection) -> int:
        return int(conn.fetch_value("select 1"))

    @howdah.retry
    def outer(conn: howdah.Connection, source: Any) -> int:
        return inner(source) + int(conn.fetch_value("select 0"))

    with howdah.Pool(database) as pool, howdah.Pool(database) as other:
        with pytest.raises(errors.ProgrammingError, match="retry inside of another"):
            outer(pool, pool)
        with pytest.raises(errors.ProgrammingError, match="from its middle"):
            howdah.retry(inner)(pool)
        assert outer(pool, other) == 1
        assert pool.stats().in_use == 0


async def test_cancelling_a_run_rolls_back(database: str, admin: Any) -> None:
    @howdah.retry
    async def slow(conn: howdah.AsyncConnection) -> None:
        await conn.execute("create table half (x int)")
        await conn.execute("select pg_sleep(60)")

    async with howdah.AsyncPool(database) as pool:
        task = asyncio.create_task(slow(pool))
        sleeping = "select from pg_stat_activity where wait_event = 'PgSleep'"
        while not admin.fetch(sleeping):  # noqa: ASYNC110 (the server tells no event)
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await pool.fetch_value("select to_regclass('half')") is None
