"""Setting a relation sets the foreign key."""

from __future__ import annotations

from typing import Any

import pytest

from howdah.errors import ProgrammingError
from howdah.orm import select
from tests.orm.library import Author, Book, Tag


async def test_a_relation_that_is_set_is_written(db: Any) -> None:
    ann, bob = await db.get(Author, 1), await db.get(Author, 2)
    book = await db.fetch(select(Book).where(Book.author_id == 2).order_by(Book.id).first())
    book.author = ann
    assert book.author_id == 1
    assert await book.author is ann
    await db.update(book)
    assert (await db.get(Book, book.id)).author_id == 1
    book.author = bob
    book.author = ann
    statements = db.counter.statements
    book.author = ann  # what it is already is no change
    assert book._changes == {"author_id": 1}
    assert db.counter.statements == statements


async def test_a_new_object_and_none(db: Any) -> None:
    ann = await db.get(Author, 1)
    book = Book(author_id=2, title="new")
    book.author = ann
    book.editor = ann
    await db.insert(book)
    assert ((await db.get(Book, book.id)).author_id, book.editor_id) == (1, 1)
    book.editor = None
    assert book.editor_id is None
    await db.save(book)
    assert (await db.get(Book, book.id)).editor_id is None


async def test_what_was_loaded_can_be_forgotten(db: Any) -> None:
    book = await db.get(Book, 1)
    assert (await book.author).name == "Bob"
    book.author_id = 1
    del book.author
    assert (await book.author).name == "Ann"


async def test_what_cannot_be_set(db: Any) -> None:
    book, author, tag = await db.get(Book, 1), await db.get(Author, 1), await db.get(Tag, 1)
    with pytest.raises(ProgrammingError, match="has no `id` yet") as caught:
        book.author = Author(name="new")
    assert caught.value.hint == "insert it first"
    with pytest.raises(TypeError, match=r"`Book.author` is an object of `Author`, found `Tag`"):
        book.author = tag
    with pytest.raises(ProgrammingError, match=r"`Author.books` cannot be set") as caught:
        author.books = [book]
    assert caught.value.hint == "set `Book.author_id` of the other object"
    with pytest.raises(ProgrammingError, match=r"`Book.tags` cannot be set") as caught:
        book.tags = [tag]
    assert "db.set(book, Book.tags" in (caught.value.hint or "")
    with pytest.raises(ProgrammingError, match=r"`Book.author_id` is not null") as caught:
        book.author = None
    assert "set another `Author`" in (caught.value.hint or "")
    assert book._changes is None
    assert (await book.author).name == "Bob"
