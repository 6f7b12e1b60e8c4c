"""Threads and tasks read while rows change: never an answer older than a commit already seen."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import howdah
from howdah.orm import Col, Model, select, update


class Number(Model):
    id: Col[int]
    value: Col[int]


class Seen:
    """The largest number that anybody in the process has seen committed."""

    def __init__(self) -> None:
        self.value = 0
        self._lock = threading.Lock()

    def note(self, value: int) -> None:
        """Somebody has seen it."""
        with self._lock:
            self.value = max(self.value, value)


QUESTION = select(Number.value).where(Number.id == 1).one()
CACHED = QUESTION.cached(60)


class Hammer:
    """Readers and a writer, all of one process."""

    def __init__(self, url: str, readers: int, commits: int) -> None:
        self.url = url
        self.readers = readers
        self.commits = commits
        self.seen = Seen()
        self.stale: list[str] = []
        self.is_over = threading.Event()
        self.answers = 0

    def run(self) -> None:
        """Until the writer is done; everybody reads once more then."""
        cache = howdah.Cache()
        with howdah.Database(self.url, cache=cache, max_size=8) as db:
            db.execute("create table number (id bigint primary key, value bigint not null)")
            db.execute("insert into number values (1, 0)")
            threads = [
                threading.Thread(target=self.read, args=(db, place))
                for place in range(self.readers)
            ]
            threads.append(threading.Thread(target=asyncio.run, args=(self.tasks(cache),)))
            for thread in threads:
                thread.start()
            try:
                self.write(db)
            finally:
                self.is_over.set()
                for thread in threads:
                    thread.join()
            assert self.stale == []
            assert db.fetch(CACHED) == self.commits
            assert db.cache.stats().hits > 0

    def write(self, db: howdah.Database) -> None:
        """Commits, by one way after the other."""
        for number in range(1, self.commits + 1):
            change = update(Number).where(Number.id == 1).set(Number.value.to(number))
            match number % 4:
                case 0:
                    db.execute(change)
                case 1:
                    with db.tx() as tx:
                        tx.execute(change)
                case 2:
                    db.execute("update number set value = $1 where id = 1", number)
                case _:
                    with db.write() as conn:
                        conn.execute("update number set value = $1 where id = 1", number)
            self.seen.note(number)

    def check(self, floor: int, found: int, who: str) -> None:
        """What was found must not be older than what had been seen when it was asked for."""
        self.answers += 1
        if found < floor:
            self.stale.append(f"{who}: {found} after {floor}")
        self.seen.note(found)

    def read(self, db: howdah.Database, place: int) -> None:
        """One thread; some ask the database itself, and so see commits early."""
        question: Any = QUESTION if place % 10 == 0 else CACHED
        is_last = False
        while not is_last:
            is_last = self.is_over.is_set()
            floor = self.seen.value
            self.check(floor, db.fetch(question), f"thread {place}")

    async def tasks(self, cache: howdah.Cache) -> None:
        """As many tasks, on a database object of their own."""
        async with howdah.AsyncDatabase(self.url, cache=cache, max_size=8) as db:
            await asyncio.gather(*(self.read_async(db, place) for place in range(self.readers)))

    async def read_async(self, db: howdah.AsyncDatabase, place: int) -> None:
        """One task."""
        question: Any = QUESTION if place % 10 == 0 else CACHED
        is_last = False
        while not is_last:
            is_last = self.is_over.is_set()
            floor = self.seen.value
            self.check(floor, await db.fetch(question), f"task {place}")
            await asyncio.sleep(0)


def test_a_few_readers(database: str) -> None:
    Hammer(database, readers=20, commits=60).run()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_hundred_threads_and_a_hundred_tasks(database: str) -> None:
    Hammer(database, readers=100, commits=1_000).run()
