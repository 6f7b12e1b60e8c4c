"""The pool of tasks: fairness, and cancellation at every moment."""

import asyncio
import contextlib
import gc
import random
import time
import warnings

import pytest

import howdah
from howdah import errors


async def eventually(pool: howdah.AsyncPool, idle: int) -> None:
    deadline = time.monotonic() + 10
    while pool.stats().idle != idle or pool.stats().size != idle:
        assert time.monotonic() < deadline, pool.stats()
        await asyncio.sleep(0.01)


async def test_first_come_first_served(database: str) -> None:
    order: list[int] = []

    async def work(number: int) -> None:
        async with pool.connection():
            order.append(number)
            await asyncio.sleep(0)

    async with howdah.AsyncPool(database, max_size=1) as pool, asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(work(number))
    assert order == list(range(50))


async def test_many_tasks_on_few_connections(database: str) -> None:
    async def work(number: int) -> None:
        for _ in range(10):
            assert await pool.fetch_value("select $1::int", number) == number

    async with howdah.AsyncPool(database, min_size=2, max_size=4, max_overflow=1) as pool:
        async with asyncio.TaskGroup() as group:
            for number in range(40):
                group.create_task(work(number))
        stats = pool.stats()
    assert stats.acquired == 401
    assert (stats.in_use, stats.waiting) == (0, 0)
    # an overflow connection is opened at each peak, so how many depends on the moment
    assert stats.opened < 100


async def test_a_task_cancelled_in_the_moment_of_hand_over_passes_the_connection_on(
    database: str,
) -> None:
    async with howdah.AsyncPool(database, max_size=1) as pool:
        conn = await pool.acquire()
        first = asyncio.create_task(pool.acquire())
        second = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0)
        await pool.release(conn)  # `first` has it, but has not run yet
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await asyncio.wait_for(second, 5) is conn
        await pool.release(conn)
        assert pool.stats().idle == 1


@pytest.mark.parametrize("seed", range(4))
async def test_tasks_cancelled_at_random_moments_lose_nothing(database: str, seed: int) -> None:
    dice = random.Random(seed)

    async def work() -> None:
        async with pool.connection() as conn:
            assert await conn.fetch_value("select $1::int", 5) == 5
            if dice.random() < 0.3:
                async with conn.transaction():
                    await conn.execute("select pg_sleep(0.001)")

    async with howdah.AsyncPool(database, min_size=3, max_size=3) as pool:
        tasks: list[asyncio.Task[None]] = []
        for _ in range(300):
            tasks.append(asyncio.create_task(work()))
            if dice.random() < 0.7:
                dice.choice(tasks).cancel()
            if dice.random() < 0.5:
                await asyncio.sleep(dice.choice((0, 0, 0.001, 0.003)))
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        kinds = {type(outcome) for outcome in outcomes}
        assert kinds == {type(None), asyncio.CancelledError}
        await eventually(pool, idle=3)
        assert pool.stats().waiting == 0
        for _ in range(6):
            assert await pool.fetch_value("select 7") == 7


async def test_a_cancelled_statement_does_not_hold_up_the_release(database: str) -> None:
    async with howdah.AsyncPool(database, max_size=1) as pool:
        task = asyncio.create_task(pool.execute("select pg_sleep(60)"))
        await asyncio.sleep(0.1)
        started = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - started < 0.1
        assert await pool.fetch_value("select 1") == 1
        assert time.monotonic() - started < 5


async def test_a_task_cancelled_while_it_connects(database: str) -> None:
    async with howdah.AsyncPool(database, min_size=0, max_size=1) as pool:
        for delay in (0, 0.001, 0.005, 0.02):
            task = asyncio.create_task(pool.fetch_value("select 1"))
            await asyncio.sleep(delay)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        assert await asyncio.wait_for(pool.fetch_value("select 1"), 5) == 1
        assert pool.stats().size == 1


async def test_too_many_requests(database: str) -> None:
    async with howdah.AsyncPool(database, max_size=1, max_waiting=2) as pool:
        conn = await pool.acquire()
        tasks = [asyncio.create_task(pool.fetch_value("select 1")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(errors.TooManyRequests):
            await pool.acquire()
        await pool.release(conn)
        assert await asyncio.gather(*tasks) == [1, 1]


async def test_close_wakes_those_who_wait_and_cuts_what_is_in_use(database: str) -> None:
    pool = howdah.AsyncPool(database, max_size=1)
    conn = await pool.acquire()
    waiting = [asyncio.create_task(pool.acquire()) for _ in range(3)]
    await asyncio.sleep(0)
    started = time.monotonic()
    await pool.close(timeout=0.1)
    assert time.monotonic() - started < 2
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {errors.PoolClosed}
    assert conn.closed
    await pool.release(conn)
    await pool.close()


async def test_no_task_is_left_after_close(database: str) -> None:
    async with howdah.AsyncPool(database, min_size=2, max_idle=0.05) as pool:
        await pool.fetch_value("select 1")
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_a_pool_belongs_to_one_loop(database: str) -> None:
    pool = howdah.AsyncPool(database)

    async def use() -> None:
        assert await pool.fetch_value("select 1") == 1

    async def close() -> None:
        await pool.close()

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(use())
        with pytest.raises(howdah.InterfaceError, match="another event loop"):
            asyncio.run(use())
        loop.run_until_complete(close())
    finally:
        loop.close()


async def test_a_pool_that_nobody_closed_warns(database: str) -> None:
    pool = howdah.AsyncPool(database, min_size=0, name="forgotten")
    await pool.open()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del pool
        gc.collect()
    assert any("`forgotten` was not closed" in str(each.message) for each in caught)
