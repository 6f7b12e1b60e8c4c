"""Streams on databases and in transactions, in both worlds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah.errors import DivisionByZero, ProgrammingError
from howdah.orm import select, update
from tests.orm.conftest import AwaitedVerbs
from tests.orm.library import TABLES, Book, Tag

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager


@pytest.fixture
def opened(world: str, database: str) -> Callable[[], AbstractAsyncContextManager[Any]]:
    """Opens a database with the library's tables, awaited in either world."""
    import contextlib

    @contextlib.asynccontextmanager
    async def opening() -> AsyncIterator[Any]:
        if world == "sync":
            with howdah.Database(database) as db:
                db.execute(TABLES)
                yield AwaitedVerbs(db)
        else:
            async with howdah.AsyncDatabase(database) as db:
                await db.execute(TABLES)
                yield db

    return opening


async def test_a_stream_of_a_database(opened: Any) -> None:
    async with opened() as db:
        query = select(Book).order_by(Book.id).load(Book.author)
        found = [(book.id, book.author.name) async for book in db.stream(query, batch=4)]
        assert found[:2] == [(1, "Bob"), (2, "Ann")]
        assert len(found) == 6
        # what is touched is loaded by another connection, for the part that the object came with
        tags = 0
        async for book in db.stream(select(Book).order_by(Book.id), batch=4):
            tags += len(await book.tags)
            await db.execute(update(Book).where(Book.id == book.id).set(Book.pages.to(1)))
        assert tags == 4
        assert await db.fetch(select(Book).where(Book.pages == 1).count()) == 6


async def test_a_stream_that_is_left(opened: Any) -> None:
    async with opened() as db:
        async with db.stream(select(Book), batch=2) as books:
            async for _ in books:
                break
        with pytest.raises(KeyError):
            async with db.stream(select(Book), batch=2) as books:
                async for _ in books:
                    raise KeyError
        with pytest.raises(DivisionByZero):
            async for _ in db.stream(select(Book.pages / (Book.id - 3)), batch=1):
                pass
        assert await db.fetch(select(Book).count()) == 6


async def test_a_stream_of_a_transaction(opened: Any) -> None:
    async with opened() as db:
        async with db.tx() as tx:
            await tx.insert(Tag(name="mine"))  # waits, and is sent before the stream begins
            names = [tag.name async for tag in tx.stream(select(Tag).order_by(Tag.id), batch=2)]
            assert names == ["new", "old", "rare", "mine"]
            assert await db.fetch(select(Tag).count()) == 3
            async for tag in tx.stream(select(Tag).order_by(Tag.id), batch=2):
                tag.name = tag.name.upper()
                await tx.update(tag)
        assert await db.fetch(select(Tag.name).order_by(Tag.id)) == ["NEW", "OLD", "RARE", "MINE"]


async def test_what_is_no_stream(opened: Any) -> None:
    async with opened() as db:
        with pytest.raises(ProgrammingError, match="a stream is of a `select`, found `PageOf`"):
            async for _ in db.stream(select(Book).page(2)):
                pass
