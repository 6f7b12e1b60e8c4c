"""Tasks cancelled at any moment: no hang, no wrong answer, no query left running."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pytest

import howdah

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CONNECTIONS = 24
CANCELLATIONS = 5000

# A query that runs for up to 2 ms and answers with its own number on every row.
ANSWER = """
    select $1::int8 as number, repeat('x', 500) as filler
    from generate_series(1, 20), (select pg_sleep($2::float8)) slept
"""


@dataclass
class Tally:
    """What happened."""

    left: int = CANCELLATIONS
    cancelled: int = 0
    answered: int = 0
    reconnected: int = 0
    numbers: int = field(default=0)


async def ask(conn: howdah.AsyncConnection, tally: Tally, chance: random.Random) -> None:
    """One query that must be answered with its own number."""
    tally.numbers += 1
    number = tally.numbers
    rows = await conn.fetch(ANSWER, number, chance.random() * 0.002)
    assert len(rows) == 20
    assert {row.number for row in rows} == {number}
    tally.answered += 1


async def cancel_at_random(
    ask_once: Callable[[], Awaitable[None]], tally: Tally, chance: random.Random
) -> None:
    """Start a query and cancel its task up to 3 ms later."""
    task = asyncio.ensure_future(ask_once())
    await asyncio.sleep(chance.random() * 0.003)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        tally.cancelled += 1


async def running_queries(observer: howdah.AsyncConnection) -> int:
    """How many of the database's other sessions are in a query."""
    count: int = await observer.fetch_value(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'"
    )
    return count


async def nothing_runs(observer: howdah.AsyncConnection) -> None:
    """Fail if a query still runs after a second, a thousand times what each needs."""
    for _ in range(100):
        if await running_queries(observer) == 0:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"{await running_queries(observer)} queries still run")


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_connections_survive_cancellation_at_any_moment(database: str) -> None:
    tally = Tally()

    async def live(seed: int) -> None:
        chance = random.Random(seed)
        conn = await howdah.connect_async(database)
        while tally.left > 0:
            tally.left -= 1
            await cancel_at_random(partial(ask, conn, tally, chance), tally, chance)
            if conn.closed:
                tally.reconnected += 1
                conn = await howdah.connect_async(database)
            if chance.random() < 0.2:
                await ask(conn, tally, chance)
        await ask(conn, tally, chance)
        await conn.close()

    async with asyncio.timeout(200), asyncio.TaskGroup() as group:
        for seed in range(CONNECTIONS):
            group.create_task(live(seed))

    assert tally.cancelled > CANCELLATIONS / 4
    assert tally.answered > CANCELLATIONS / 10
    assert tally.reconnected < CANCELLATIONS / 100, "a healthy server needs no new connections"
    async with await howdah.connect_async(database) as observer:
        await nothing_runs(observer)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_pool_survives_cancellation_at_any_moment(database: str) -> None:
    tally = Tally()
    async with howdah.AsyncPool(database, min_size=0, max_size=CONNECTIONS, timeout=20) as pool:

        async def borrow_and_ask(chance: random.Random) -> None:
            async with pool.connection() as conn:
                await ask(conn, tally, chance)

        async def live(seed: int) -> None:
            chance = random.Random(seed)
            while tally.left > 0:
                tally.left -= 1
                await cancel_at_random(partial(borrow_and_ask, chance), tally, chance)
                if chance.random() < 0.2:
                    await borrow_and_ask(chance)

        async with asyncio.timeout(200), asyncio.TaskGroup() as group:
            for seed in range(CONNECTIONS * 2):
                group.create_task(live(seed))

        # every connection is there to be used, all at once
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            for seed in range(CONNECTIONS):
                group.create_task(borrow_and_ask(random.Random(seed)))
        async with pool.connection() as observer:
            await nothing_runs(observer)
    assert tally.cancelled > CANCELLATIONS / 4
