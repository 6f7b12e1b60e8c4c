"""Many who ask at once: one query, and what becomes of errors and of those who give up."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import howdah
from howdah.caching._flights import Flights, world
from howdah.caching._ledger import Ledger
from howdah.orm import select, update
from tests.orm.library import TABLES, Book, Tag

NAMES = frozenset({"book"})


def test_threads_share_one_call(database: str) -> None:
    calls = []
    gate = threading.Barrier(50)

    with howdah.Database(database, cache=howdah.Cache()) as db:

        @db.cache(60, tags=["t"])
        def work() -> list[int]:
            calls.append(threading.get_ident())
            return [1, 2]

        found: list[list[int]] = []

        def ask() -> None:
            gate.wait()
            found.append(work())

        threads = [threading.Thread(target=ask) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(calls) == 1
        assert found == [[1, 2]] * 50
        assert len({id(it) for it in found}) == 50
        stats = db.cache.stats()
        assert stats.misses == 1
        assert stats.hits + stats.waited == 49


async def ready(db: howdah.AsyncDatabase) -> None:
    """Others are heard: from now on, nothing waits but for answers."""
    await db.execute(TABLES)
    await db.fetch(select(Tag).cached(1))


async def asked_by(count: int, ask: Any, gate: asyncio.Event) -> list[asyncio.Task[Any]]:
    """So many tasks, all of which wait: the first for the gate."""
    tasks = [asyncio.create_task(ask()) for _ in range(count)]
    await asyncio.sleep(0)  # each runs to where it waits
    gate.set()
    return tasks


async def test_tasks_share_one_call(database: str) -> None:
    gate, calls = asyncio.Event(), []
    async with howdah.AsyncDatabase(database, cache=howdah.Cache()) as db:
        await ready(db)

        @db.cache(60, tags=["t"])
        async def work() -> list[int]:
            calls.append(1)
            await gate.wait()
            return [1]

        tasks = await asked_by(100, work, gate)
        assert await asyncio.gather(*tasks) == [[1]] * 100
        assert len(calls) == 1
        assert db.cache.stats().waited == 99


async def test_an_error_is_everybodys(database: str) -> None:
    gate, calls = asyncio.Event(), []
    async with howdah.AsyncDatabase(database, cache=howdah.Cache()) as db:
        await ready(db)

        @db.cache(60, tags=["t"])
        async def work() -> int:
            calls.append(1)
            await gate.wait()
            return 1 // 0

        tasks = await asked_by(20, work, gate)
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(it) for it in found] == [ZeroDivisionError] * 20
        assert len({id(it) for it in found}) == 20
        assert len(calls) == 1
        with pytest.raises(ZeroDivisionError):
            await work()
        assert len(calls) == 2


async def test_another_one_goes_on(database: str) -> None:
    gate, calls = asyncio.Event(), []
    async with howdah.AsyncDatabase(database, cache=howdah.Cache()) as db:
        await ready(db)

        @db.cache(60, tags=["t"])
        async def work() -> int:
            calls.append(1)
            await gate.wait()
            return 7

        tasks = [asyncio.create_task(work()) for _ in range(20)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.wait(tasks[:1])
        gate.set()
        assert await asyncio.gather(*tasks[1:]) == [7] * 19
        assert len(calls) == 2


async def test_who_comes_after_a_commit_waits_for_nobody_from_before(database: str) -> None:
    gate, has_read, calls = asyncio.Event(), asyncio.Event(), []
    async with howdah.AsyncDatabase(database, cache=howdah.Cache()) as db:
        await ready(db)

        @db.cache(60, tags=[Book])
        async def work() -> Any:
            found = await db.fetch(select(Book.title).where(Book.id == 1).one())
            calls.append(found)
            has_read.set()
            if len(calls) == 1:
                await gate.wait()
            return found

        early = asyncio.create_task(work())
        await has_read.wait()
        await db.execute(update(Book).where(Book.id == 1).set(Book.title.to("new")))
        assert await work() == "new"
        gate.set()
        assert await early == "Book 1"
        assert await work() == "new"
        assert calls == ["Book 1", "new"]


def test_a_function_may_ask_for_itself(database: str) -> None:
    with howdah.Database(database, cache=howdah.Cache()) as db:

        @db.cache(60, tags=["t"])
        def deeper(number: int) -> int:
            return number if number == 0 else 1 + deeper(number - 1)

        assert deeper(5) == 5
        flights = Flights()
        ledger = Ledger()
        here = world(is_async=False)
        _, leads = flights.join(here, b"k", NAMES, ledger)
        assert leads
        _, leads = flights.join(here, b"k", NAMES, ledger)  # the same thread would wait for itself
        assert leads


def test_the_numbers() -> None:
    ledger = Ledger()
    both, anything = frozenset({"book", "#tag"}), frozenset({"*"})
    began = ledger.now
    assert ledger.is_fresh(both, began)
    ledger.change(["other"])
    assert ledger.is_fresh(both, began)
    assert not ledger.is_fresh(anything, began)
    began = ledger.now
    ledger.doubt(["book"])
    assert ledger.is_doubtful(both)
    assert ledger.is_doubtful(anything)
    assert not ledger.is_doubtful(frozenset({"other"}))
    assert not ledger.is_fresh(both, began)
    during = ledger.now
    ledger.doubt(["book"])
    ledger.settle(["book"])
    assert not ledger.is_fresh(both, during)
    ledger.settle(["book"])
    assert not ledger.is_doubtful(both)
    assert not ledger.is_fresh(both, during)
    assert ledger.is_fresh(both, ledger.now)
    began = ledger.now
    ledger.change(["*"])
    assert not ledger.is_fresh(both, began)
    assert not ledger.is_fresh(frozenset({"other"}), began)
    assert ledger.is_fresh(anything, ledger.now)
