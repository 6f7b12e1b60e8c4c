"""Loads that are cancelled, fail or run at once: objects stay usable, and statements are shared."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

import howdah
from howdah import errors
from howdah.orm import (
    Bound,
    Col,
    Many,
    Model,
    One,
    Shape,
    identity,
    many,
    of,
    one,
    references,
    select,
)
from tests.orm.library import TABLES, Author, Book, Review

if TYPE_CHECKING:
    from tests.conftest import Connector

WAITS = """
select count(*) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""


async def test_a_load_that_is_cancelled_while_the_server_works(
    connector: Connector, db: Any
) -> None:
    if connector.world == "sync":
        pytest.skip("there are no tasks to cancel")
    books = await db.fetch(select(Book).order_by(Book.id))
    authors = await db.fetch(select(Author).order_by(Author.id))
    async with await connector() as blocker:
        await blocker.execute("begin")
        await blocker.execute("lock table review in access exclusive mode")

        async def plan() -> None:
            await db.load(authors, Author.books, Book.reviews)

        async def touch() -> None:
            await books[0].reviews

        for load in (touch, plan):
            task = asyncio.ensure_future(load())
            while not await blocker.fetch_value(WAITS):
                assert not task.done()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await blocker.execute("rollback")
    assert [len(await book.reviews) for book in books] == [3, 3, 3, 3, 0, 0]
    assert (await books[0].author).name == "Bob"
    # the level that was there stays, the other one is loaded when it is touched
    assert sum([len(await book.reviews) for it in authors for book in await it.books]) == 12
    books[0].title = "New"
    await db.update(books[0])


async def test_a_load_that_fails(connector: Connector, db: Any) -> None:
    books = await db.fetch(select(Book).order_by(Book.id))
    async with await connector() as blocker:
        await blocker.execute("begin")
        await blocker.execute("lock table review in access exclusive mode")
        await db.connection.execute("set lock_timeout = '20ms'")
        with pytest.raises(errors.LockNotAvailable):
            await books[0].reviews
        with pytest.raises(errors.LockNotAvailable):
            await db.load(books, Book.author, Book.reviews)
        assert books[0].author.name == "Bob"
        await blocker.execute("rollback")
    await db.connection.execute("reset lock_timeout")
    assert [len(await book.reviews) for book in books] == [3, 3, 3, 3, 0, 0]


def fresh_models() -> Any:
    """Models and a shape of the library's tables that nobody has used yet."""

    class FreshAuthor(Model, table="author"):
        id: Col[int] = identity()
        name: Col[str]
        books: Many[FreshBook] = many()

    class FreshBook(Model, table="book"):
        id: Col[int] = identity()
        author_id: Col[int] = references(lambda: FreshAuthor.id)
        title: Col[str]
        author: One[FreshAuthor] = one()

    class FreshCard(Shape[FreshBook]):
        title: str
        by: str = of(lambda: FreshBook.author.name)

    return FreshAuthor, FreshBook, FreshCard


def test_threads_use_models_and_statements_for_the_first_time_together(database: str) -> None:
    with howdah.connect(database) as conn:
        conn.execute(TABLES)
    for _ in range(5):
        author, book, card = fresh_models()
        query = select(book).where(book.author.name == "Ann").order_by(book.id).load(book.author)
        cards = select(card).order_by(book.id)
        begin = threading.Barrier(6)

        def work(number: int, db: howdah.Database) -> Any:
            begin.wait(30)  # noqa: B023 (the round's)
            found = db.fetch(query.limit(number % 3 + 1))  # noqa: B023
            return (
                [(it.title, it.author.name, len(it.author.books)) for it in found],
                [(it.title, it.by) for it in db.fetch(cards)][:1],  # noqa: B023
                db.fetch(select(author.name).where(author.id == 1).one()),  # noqa: B023
            )

        with (
            howdah.Database(database, max_size=6) as db,
            concurrent.futures.ThreadPoolExecutor(6) as threads,
        ):
            results = list(threads.map(work, range(6), [db] * 6))
        whole = [(f"Book {n}", "Ann", 3) for n in (2, 4, 6)]
        for number, result in enumerate(results):
            assert result == (whole[: number % 3 + 1], [("Book 1", "Bob")], "Ann")


async def test_tasks_share_a_statement_and_its_objects(database: str) -> None:
    query = select(Book).order_by(Book.id)
    async with howdah.AsyncDatabase(database) as db:
        await db.execute(TABLES)
        books = await db.fetch(query)

        async def work(number: int) -> Any:
            mine = await db.fetch(query.where(Book.id == number % 6 + 1).one())
            return mine.title, (await mine.author).name, len(await books[number % 6].reviews)

        found = await asyncio.gather(*map(work, range(40)))
        assert found[:2] == [("Book 1", "Bob", 3), ("Book 2", "Ann", 3)]
        assert found[:6] == found[6:12] == found[30:36]


def test_threads_share_objects(sync_conn: howdah.Connection, database: str) -> None:
    sync_conn.execute(TABLES)
    with howdah.Database(database, max_size=4) as db:
        for _ in range(5):
            books = db.fetch(select(Book).order_by(Book.id))
            begin = threading.Barrier(4)

            def work(number: int) -> Any:
                begin.wait(30)  # noqa: B023 (the round's)
                return [
                    (one.author.name, len(one.tags), [it.stars for it in one.reviews])
                    for one in (books if number % 2 else reversed(books))  # noqa: B023
                ]

            with concurrent.futures.ThreadPoolExecutor(4) as threads:
                results = list(threads.map(work, range(4)))
            assert results[0] == results[2] == results[1][::-1] == results[3][::-1]
            assert results[1][0][:2] == ("Bob", 2)
            assert len({id(review.book) for book in books for review in book.reviews}) == 4
    reviews = cast("Any", Bound(sync_conn)).fetch(select(Review).count())
    assert reviews == 12
