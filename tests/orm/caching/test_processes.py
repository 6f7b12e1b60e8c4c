"""Commits of other processes: heard by NOTIFY; while nobody can be heard, nothing counts."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

import howdah
from howdah.orm import select, update
from tests.orm.caching.conftest import until
from tests.orm.library import Book, Tag

TITLES = select(Book.title).order_by(Book.id).cached(600)
CHANGE = update(Book).where(Book.id == 1)

OTHER_PROGRAM = """
import sys
import howdah
from howdah.orm import update
from tests.orm.library import Book

with howdah.Database(sys.argv[1], cache=howdah.Cache()) as db:
    db.execute(update(Book).where(Book.id == 1).set(Book.title.to("by another program")))
"""


async def heard_by(db: Any, before: int) -> None:
    """Wait until the database has heard of one more change."""
    await until(lambda: db.cache.stats().invalidated > before)


@pytest.mark.usefixtures("processes")
async def test_what_another_process_commits_is_heard(databases: Any) -> None:
    one, other = await databases(), await databases()
    await one.fetch(TITLES)
    await one.fetch(TITLES)
    assert one.cache.stats().hits == 1
    await other.execute(CHANGE.set(Book.title.to("new")))
    await heard_by(one, 0)
    assert (await one.fetch(TITLES))[0] == "new"
    # one's own commits are heard, too, and need no second look
    await one.execute(CHANGE.set(Book.title.to("newer")))
    await one.fetch(TITLES)
    await other.execute(update(Tag).where(Tag.id == 1).set(Tag.name.to("x")))
    await heard_by(one, 2)
    misses = one.cache.stats().misses
    assert (await one.fetch(TITLES))[0] == "newer"
    assert one.cache.stats().misses == misses
    await heard_by(other, 2)


async def test_a_real_process(databases: Any) -> None:
    db = await databases()
    await db.fetch(TITLES)
    command = [sys.executable, "-c", OTHER_PROGRAM, databases.url]
    await asyncio.to_thread(subprocess.run, command, check=True)
    await heard_by(db, 0)
    assert (await db.fetch(TITLES))[0] == "by another program"


@pytest.mark.usefixtures("processes")
async def test_what_is_rolled_back_is_not_told(databases: Any) -> None:
    one, other = await databases(), await databases()
    await one.fetch(TITLES)
    with pytest.raises(ZeroDivisionError):
        async with other.tx() as tx:
            await tx.execute(CHANGE.set(Book.title.to("new")))
            raise ZeroDivisionError
    await other.cache.invalidate("a later message")
    await heard_by(one, 0)
    await one.fetch(TITLES)
    assert one.cache.stats().hits == 1


@pytest.mark.usefixtures("processes")
async def test_tags_and_own_sql_are_told(databases: Any) -> None:
    one, other = await databases(), await databases()
    tagged = select(Tag.name).cached(600, tags=["front"])
    await one.fetch(tagged)
    await other.cache.invalidate("front")
    await heard_by(one, 0)
    await one.fetch(tagged)
    assert one.cache.stats().misses == 2
    await other.execute("update tag set name = 'by own sql' where id = 1")
    await heard_by(one, 1)
    assert "by own sql" in await one.fetch(tagged)
    async with other.write() as conn:
        await conn.execute("update tag set name = 'on a connection' where id = 1")
    await heard_by(one, 2)
    assert "on a connection" in await one.fetch(tagged)


async def test_other_programs_can_tell(databases: Any) -> None:
    db = await databases()
    messages = ["book, tag", "public.book", "*", "{broken", json.dumps({"names": ["book"]})]
    messages += [json.dumps({"names": 7}), json.dumps({"nothing": 1})]
    with howdah.connect(databases.url) as conn:
        for number, message in enumerate(messages):
            await db.fetch(TITLES)
            title = f"title {number}"
            conn.execute("update book set title = $1 where id = 1", title)
            before = db.cache.stats().invalidated
            conn.execute("select pg_notify('howdah_cache', $1)", message)
            await heard_by(db, before)
            assert (await db.fetch(TITLES))[0] == title, message


async def test_a_lost_listener(databases: Any) -> None:
    db = await databases()
    await db.fetch(TITLES)
    with howdah.connect(databases.url) as conn:
        conn.execute("""
            select pg_terminate_backend(pid, 10000) from pg_stat_activity
            where datname = current_database() and query like 'listen%'
        """)
        # nobody tells of this one
        conn.execute("update book set title = 'unheard' where id = 1")
    await until(lambda: not db.cache.stats().is_listening or heard_again(db))
    await until(lambda: db.cache.stats().is_listening)
    assert (await db.fetch(TITLES))[0] == "unheard"
    hits = db.cache.stats().hits
    await db.fetch(TITLES)
    assert db.cache.stats().hits == hits + 1


def heard_again(db: Any) -> bool:
    """Whether the listener is up after everything had changed."""
    ledger = getattr(db, "_verbs", db).cache.ledger
    return bool(ledger._all_moved > 1)


async def test_while_nobody_can_be_heard_the_database_is_asked(
    databases: Any, monkeypatch: Any
) -> None:
    db = await databases()
    await db.fetch(TITLES)
    hearing = getattr(db, "_verbs", db).cache._hearing
    monkeypatch.setattr(hearing, "is_up", False)
    with howdah.connect(databases.url) as conn:
        conn.execute("update book set title = 'unheard' where id = 1")
    for _ in range(2):
        assert (await db.fetch(TITLES))[0] == "unheard"
    assert db.cache.stats().bypassed == 2


@pytest.mark.usefixtures("processes")
async def test_a_long_message_says_less(databases: Any) -> None:
    one, other = await databases(), await databases()
    await one.fetch(TITLES)
    await other.cache.invalidate(*(f"tag number {n}" for n in range(1_000)))
    await heard_by(one, 0)
    await one.fetch(TITLES)
    assert one.cache.stats().misses == 2
