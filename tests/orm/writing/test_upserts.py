"""`upsert`, links by a table between, and `change`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from howdah import errors
from howdah.orm import Upserted, excluded, insert, select, update
from tests.orm.library import Author, Book, BookTag, Tag
from tests.orm.writing.models import Note, Plain, keyed


def names(found: Upserted[Any], attribute: str = "name") -> tuple[list[Any], ...]:
    lists = (found.inserted, found.updated, found.unchanged)
    return tuple([getattr(one, attribute) for one in each] for each in lists)


async def test_upsert_tells_inserted_from_updated(notes: Any) -> None:
    await notes.insert([Plain(key="a", value=1), Plain(key="b", value=2)])
    found = await notes.upsert([Plain(key=key, value=9) for key in ("b", "c", "a", "d")])
    assert names(found, "key") == (["c", "d"], ["b", "a"], [])
    assert await notes.fetch(select(Plain.value)) == [9, 9, 9, 9]
    one = await notes.upsert(Plain(key="b", value=3))
    assert names(one, "key") == ([], ["b"], [])


async def test_upsert_takes_in_what_the_row_has(notes: Any) -> None:
    first = Note(text="long text", slug="s", tags=["x"])
    await notes.insert(first)
    second = Note(text="new", slug="s", tags=["y"])
    await notes.upsert(second, on=Note.slug, update=[Note.text])
    assert (second.id, second.tags, second.text, second.size) == (1, ["x"], "new", 3)
    assert second._changes is None
    second.text = "saved"
    await notes.save(second)
    assert await notes.fetch(select(Note.text)) == ["saved"]


async def test_upsert_of_nothing_but_new_rows(db: Any) -> None:
    tags = [Tag(name=name) for name in ("new", "fresh", "old")]
    found = await db.upsert(tags, on=Tag.name, update=[])
    assert names(found) == (["fresh"], [], ["new", "old"])
    assert tags[0]._cohort is None
    assert tags[1].id > 100


async def test_upsert_with_assignments_and_a_condition(db: Any) -> None:
    books = [keyed(n, Book(author_id=1, title=f"B{n}", price=Decimal(5))) for n in (1, 2, 9)]
    found = await db.upsert(
        books,
        update=[Book.price.to(Book.price + excluded(Book.price))],
        where=Book.price < 2,
    )
    assert names(found, "id") == ([9], [1], [2])
    assert (books[0].price, books[0].title) == (Decimal("6.5"), "Book 1")


async def test_upsert_refuses_what_it_cannot_tell(db: Any) -> None:
    with pytest.raises(errors.ProgrammingError, match="one model"):
        await db.upsert([Tag(name="x"), Author(name="y")])
    with pytest.raises(errors.ProgrammingError, match="unique index"):
        await db.upsert(Tag(name="x"), on=())
    assert await db.upsert([]) == Upserted()


async def test_links_are_added_removed_and_set(db: Any) -> None:
    book = await db.get(Book, 4)
    tags = await db.fetch(select(Tag).order_by(Tag.id))
    assert await db.add(book, Book.tags, tags[:2]) == 2
    assert await db.add(book, Book.tags, tags) == 1
    assert await db.add(book, Book.tags, tags) == 0
    assert await db.remove(book, Book.tags, tags[1]) == 1
    of_book = select(BookTag.tag_id).where(BookTag.book_id == 4).order_by(BookTag.tag_id)
    assert await db.fetch(of_book) == [1, 3]
    before = db.counter.statements
    await db.set(book, Book.tags, tags[1:])
    assert db.counter.statements == before + 1
    assert await db.fetch(of_book) == [2, 3]
    await db.set(book, Book.tags, [])
    assert await db.fetch(of_book) == []
    assert await db.fetch(select(BookTag).count()) == 4


async def test_a_loaded_relation_follows_its_links(db: Any) -> None:
    book = await db.get(Book, 1)
    tags = await db.fetch(select(Tag).order_by(Tag.id))
    await db.load([book], Book.tags)
    await db.add(book, Book.tags, tags)
    assert [tag.name for tag in book.tags] == ["new", "old", "rare"]
    await db.remove(book, Book.tags, tags[:1])
    assert [tag.name for tag in book.tags] == ["old", "rare"]
    await db.set(book, Book.tags, tags[:1])
    assert [tag.name for tag in book.tags] == ["new"]


async def test_links_of_other_relations_are_refused(db: Any) -> None:
    book = await db.get(Book, 1)
    with pytest.raises(errors.ProgrammingError, match="no relation through a table between"):
        await db.add(book, Author.books, [book])
    with pytest.raises(TypeError, match="`tags` holds objects of `Tag`, found `Book`"):
        await db.add(book, Book.tags, [book])
    with pytest.raises(TypeError, match="is of `Tag`, found `Book`"):
        await db.add(book, Tag.books, [book])


async def test_a_change_applies_to_the_row_as_it_is(db: Any) -> None:
    book = await db.get(Book, 1)
    book.title = "not saved yet"
    await db.execute(update(Book).where(Book.id == 1).set(Book.pages.to(1000)))
    await db.change(book, Book.pages.to(Book.pages + 1), Book.price.to(7))
    assert (book.pages, book.price) == (1001, Decimal(7))
    assert book._changes == {"title": "Book 1"}


async def test_a_change_of_a_row_that_is_gone_raises(db: Any) -> None:
    tag = await db.get(Tag, 3)
    await db.connection.execute("delete from tag where id = 3")
    with pytest.raises(errors.NoRow):
        await db.change(tag, Tag.name.to("x"))
    with pytest.raises(errors.ProgrammingError, match="never in the database"):
        await db.change(Tag(name="x"), Tag.name.to("x"))
    with pytest.raises(errors.NoRow):
        await db.fetch(update(Tag).where(Tag.id == 3).set(Tag.name.to("x")).required())


async def test_upsert_statements(db: Any) -> None:
    statement = insert(Tag).values(Tag(name="new")).on_conflict(Tag.name)
    assert await db.fetch(statement.do_nothing()) == 0
    made = await db.fetch(statement.update(Tag.name).returning(Tag).one())
    assert (made.id, made.name) == (1, "new")
    by_name = insert(Tag).values(Tag(name="new")).on_conflict(constraint="tag_name_key")
    assert await db.fetch(by_name.do_nothing().returning(Tag.id).one_or_none()) is None
    with pytest.raises(errors.ProgrammingError, match="which conflict is meant"):
        insert(Tag).values(Tag(name="new")).on_conflict().update(Tag.name)
