"""Objects are inserted, updated, saved and deleted: what becomes of them and their rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from howdah import errors
from howdah.orm import select
from tests.orm.library import Author, Book, BookTag, Employee, Tag
from tests.orm.writing.models import keyed


async def test_an_inserted_object_has_what_the_database_gave(db: Any) -> None:
    author = Author(name="Dee")
    await db.insert(author)
    assert author.id == 101
    assert author._cohort is not None
    assert author._changes is None
    assert await db.fetch(select(Author.name).where(Author.id == 101).one()) == "Dee"
    assert db.counter.statements == 2


async def test_a_key_that_the_program_gives_is_kept(db: Any) -> None:
    author = keyed(7, Author(name="Dee"))
    await db.insert(author)
    assert author.id == 7
    assert await db.get(Author, 7) is not None


@pytest.mark.parametrize("count", [2, 49, 50, 300])
async def test_many_objects_are_inserted_in_order(db: Any, count: int) -> None:
    books = [Book(author_id=1, title=f"New {n}", price=Decimal(n)) for n in range(count)]
    await db.insert(books)
    assert [book.id for book in books] == list(range(101, 101 + count))
    found = await db.fetch(select(Book).where(Book.id > 100).order_by(Book.id))
    assert [(it.id, it.title, it.price, it.pages) for it in found] == [
        (book.id, book.title, book.price, 100) for book in books
    ]
    cohort = books[0]._cohort
    assert cohort is not None
    assert len(cohort) == count


async def test_objects_with_different_columns_and_of_different_models_in_one_call(db: Any) -> None:
    objects: list[Any] = [
        Tag(name="a"),
        keyed(50, Author(name="b")),
        Author(name="c"),
        keyed(60, Tag(name="d")),
    ]
    await db.insert(objects)
    assert [one.id for one in objects] == [101, 50, 101, 60]


async def test_all_objects_are_inserted_or_none(db: Any) -> None:
    objects: list[Any] = [Author(name="fine"), Tag(name="fresh"), keyed(70, Tag(name="new"))]
    with pytest.raises(errors.UniqueViolation):
        await db.insert(objects)
    assert await db.fetch(select(Author).where(Author.name == "fine").exists()) is False
    assert await db.fetch(select(Tag).count()) == 3
    assert objects[0]._cohort is None
    with pytest.raises(errors.NotLoaded):
        objects[0].id  # noqa: B018


@pytest.mark.parametrize("verb", ["insert", "save"])
async def test_an_object_that_is_given_twice_is_not_two_rows(db: Any, verb: str) -> None:
    tag, other = Tag(name="a"), Tag(name="b")
    for objects in ([tag, tag], iter([tag, Author(name="z"), other, tag])):
        with pytest.raises(errors.ProgrammingError, match="the same `Tag` is among") as caught:
            await getattr(db, verb)(objects)
        assert "copy.copy" in (caught.value.hint or "")
    assert db.counter.statements == 0
    await getattr(db, verb)([tag, other])
    assert tag._cohort is not None


async def test_what_is_inserted_is_one_cohort_whose_relations_load_together(db: Any) -> None:
    authors = [Author(name=f"A{n}") for n in range(3)]
    await db.insert(authors)
    await db.insert([Book(author_id=author.id, title="x") for author in authors])
    before = db.counter.statements
    await db.load(authors, Author.books)
    assert [len(author.books) for author in authors] == [1, 1, 1]
    assert db.counter.statements == before + 1


async def test_progress_is_told(db: Any) -> None:
    seen: list[tuple[int, int]] = []
    books = [Book(author_id=1, title="x") for _ in range(200)]
    await db.insert(books, progress=lambda *now: seen.append(now))
    assert seen[-1] == (200, 200)


async def test_nothing_to_insert_asks_nothing(db: Any) -> None:
    await db.insert([])
    await db.update([])
    await db.delete([])
    assert db.counter.statements == 0


async def test_an_update_writes_the_changed_columns_only(db: Any) -> None:
    book = await db.get(Book, 1)
    await db.connection.execute("update book set pages = 7 where id = 1")
    book.title = "Other"
    await db.update(book)
    assert book._changes is None
    found = await db.fetch(select(Book.title, Book.pages).where(Book.id == 1).one())
    assert found == ("Other", 7)


async def test_many_updates_are_one_statement(db: Any) -> None:
    books = await db.fetch(select(Book).order_by(Book.id))
    for book in books:
        book.title += "!"
        book.price = Decimal(book.id)
    books[0].editor_id = None
    before = db.counter.statements
    await db.update(books)
    # two kinds of changes, and the two ends of a transaction
    assert db.counter.statements <= before + 4
    found = await db.fetch(select(Book.title, Book.price).order_by(Book.id))
    assert found == [(f"Book {n}!", Decimal(n)) for n in range(1, 7)]


async def test_an_update_of_nothing_asks_nothing(db: Any) -> None:
    book = await db.get(Book, 1)
    before = db.counter.statements
    await db.update(book)
    await db.save([book])
    assert db.counter.statements == before


async def test_a_changed_key_finds_the_old_row(db: Any) -> None:
    tag = await db.get(Tag, 3)
    tag.id = 33
    tag.name = "moved"
    await db.update(tag)
    assert await db.fetch(select(Tag.id).where(Tag.name == "moved")) == [33]
    tags = await db.fetch(select(Tag).where(Tag.id.in_([1, 33])).order_by(Tag.id))
    await db.connection.execute("delete from book_tag")
    for one in tags:
        one.id += 100
    await db.update(tags)
    assert await db.fetch(select(Tag.id).order_by(Tag.id)) == [2, 101, 133]


async def test_a_row_that_is_gone_is_stale_and_nothing_is_written(db: Any) -> None:
    tags = await db.fetch(select(Tag).order_by(Tag.id))
    await db.connection.execute("delete from tag where id = 3")
    for tag in tags:
        tag.name += "?"
    with pytest.raises(errors.StaleObject, match="rare"):
        await db.update(tags)
    assert await db.fetch(select(Tag.name).order_by(Tag.id)) == ["new", "old"]
    assert tags[0]._changes == {"name": "new"}
    with pytest.raises(errors.StaleObject):
        await db.save(tags[2])


async def test_an_object_that_is_not_in_the_database_is_not_updated(db: Any) -> None:
    with pytest.raises(errors.ProgrammingError, match="never in the database"):
        await db.update(Tag(name="x"))
    with pytest.raises(errors.ProgrammingError, match="never in the database"):
        await db.delete(Tag(name="x"))
    with pytest.raises(TypeError, match="expected objects of a model, found `int`"):
        await db.insert([1])


async def test_save_inserts_what_is_new_and_updates_the_rest(db: Any) -> None:
    old = await db.get(Tag, 1)
    old.name = "older"
    new = Tag(name="newer")
    await db.save([old, new])
    assert new.id == 101
    await db.save(new)
    new.name = "newest"
    await db.save(new)
    found = await db.fetch(select(Tag.name).order_by(Tag.id))
    assert found == ["older", "old", "rare", "newest"]


async def test_objects_are_deleted_by_their_keys(db: Any) -> None:
    reviewless = [Employee(name=str(n)) for n in range(5)]
    await db.insert(reviewless)
    await db.delete(reviewless[0])
    await db.delete(reviewless[1:])
    assert await db.fetch(select(Employee).count()) == 4
    links = await db.fetch(select(BookTag))
    await db.delete(links)
    assert await db.fetch(select(BookTag).exists()) is False
    assert links[0]._cohort is None
    await db.save(links[0])
    assert await db.fetch(select(BookTag).count()) == 1
