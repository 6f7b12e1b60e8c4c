"""The verbs on `Database` and `AsyncDatabase`: the same statements, the same objects."""

from __future__ import annotations

from typing import Any

import pytest

import howdah
from howdah.orm import select, update
from tests.orm.library import TABLES, Author, Book


def test_a_database(database: str) -> None:
    with howdah.Database(database) as db:
        db.execute(TABLES)
        assert db.fetch("select 1") == [(1,)]
        books = db.fetch(select(Book).order_by(Book.id))
        assert [book.author.name for book in books[:2]] == ["Bob", "Ann"]
        first = db.fetch_one(select(Author.name).order_by(Author.id), read_only=True)
        assert first == "Ann"
        assert db.execute(update(Book).where(Book.id == 1).set(Book.pages.to(7))) == 1
        book = db.get(Book, 1)
        assert book is not None
        assert book.pages == 7
        book.title = "Changed"
        db.save(book)
        assert db.fetch(select(Book.title).where(Book.id == 1).one()) == "Changed"


async def test_a_database_under_asyncio(database: str) -> None:
    async with howdah.AsyncDatabase(database) as db:
        await db.execute(TABLES)
        assert await db.fetch("select 1") == [(1,)]
        books = await db.fetch(select(Book).order_by(Book.id))
        assert [(await book.author).name for book in books[:2]] == ["Bob", "Ann"]
        first: Any = await db.fetch_one(select(Author.name).order_by(Author.id), read_only=True)
        assert first == "Ann"
        assert await db.execute(update(Book).where(Book.id == 1).set(Book.pages.to(7))) == 1
        book = await db.get(Book, 1)
        assert book is not None
        book.title = "Changed"
        await db.save(book)
        assert await db.fetch(select(Book.title).where(Book.id == 1).one()) == "Changed"


async def test_a_model_is_no_statement(db: Any) -> None:
    with pytest.raises(TypeError, match=r"`Book` is a model: `select\(Book\)` is the statement"):
        await db.fetch(Book)
    with pytest.raises(TypeError, match="expected a statement, such as `select"):
        await db.fetch(7)
    with pytest.raises(TypeError, match="expected objects, found the class `Book`"):
        await db.insert(Book)


def test_a_model_is_no_statement_of_a_database(database: str) -> None:
    nothing: Any = Book
    with howdah.Database(database) as db, pytest.raises(TypeError, match="is a model"):
        db.fetch(nothing)
