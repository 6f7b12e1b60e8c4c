"""`insert`, `update`, `delete` and `merge` as statements: their text, and what they do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from howdah import errors
from howdah.orm import (
    Col,
    Model,
    alias,
    delete,
    excluded,
    insert,
    merge,
    new,
    old,
    select,
    text_of,
    update,
)
from tests.orm.library import Author, Book, Employee, Review, Tag
from tests.orm.writing.models import Mood, Note, Plain


class Delivery(Model):
    id: Col[int]
    title: Col[str]
    price: Col[Decimal | None]


TEXTS: list[tuple[Any, str]] = [
    (insert(Tag), "insert into tag default values"),
    (
        insert(Note).values(Note(text="x", mood=Mood.WILD, prefs=None)),
        "insert into app.note as note (text, slug, mood, tags, prefs, stats, edition) "
        "values ($1, $2, $3, $4, $5, $6, $7)",
    ),
    (
        insert(Tag).values(Tag(name="a"), Tag(name="b")),
        "insert into tag (name) select * from unnest($1::text[]) as given(name)",
    ),
    (
        insert(Tag).set(Tag.name.to(select(Author.name).limit(1))).returning(Tag.id),
        "insert into tag (name) values ((select author.name from author limit $1::bigint)) "
        "returning tag.id",
    ),
    (
        insert(Plain).values(Plain(key="a")).on_conflict(Plain.key, where=Plain.value > 1).update(),
        "insert into plain (key, value) values ($1, $2) on conflict (key) where plain.value > $3 "
        "do update set value = excluded.value",
    ),
    (
        insert(Note).overriding("system").on_conflict().do_nothing(),
        "insert into app.note as note overriding system value default values "
        "on conflict do nothing",
    ),
    (
        update(Tag).where(Tag.id == 1).set(Tag.name.to("x")),
        "update tag set name = $1 where tag.id = $2",
    ),
    (
        update(Note).all().set(Note.text.to("x")).returning(old(Note.text), new(Note.text)),
        "update app.note as note set text = $1, edition = note.edition + 1 "
        "returning old.text, new.text",
    ),
    (
        update(Book).where(Book.author.name == "x").set(Book.pages.to(1)),
        "update book set pages = $1 where (book.id) in (select book.id from book "
        "join author on author.id = book.author_id where author.name = $2)",
    ),
    (
        update(Book)
        .from_source(Author)
        .where(Book.author_id == Author.id)
        .set(Book.title.to(Author.name)),
        "update book set title = author.name from author where book.author_id = author.id",
    ),
    (delete(Tag).all(), "delete from tag"),
    (
        delete(Review).using(Book).where(Review.book_id == Book.id, Book.pages < 9),
        "delete from review using book where review.book_id = book.id and book.pages < $1",
    ),
]


@pytest.mark.parametrize(("statement", "text"), TEXTS)
def test_text(statement: Any, text: str) -> None:
    assert text_of(statement) == text


async def test_the_statements_run(db: Any) -> None:
    added = insert(Tag).values(Tag(name="a"), Tag(name="b"))
    assert await db.fetch(added) == 2
    assert await db.execute(insert(Tag).values(Tag(name="c")).returning(Tag.id)) == 1
    rows = await db.fetch(
        update(Tag)
        .where(Tag.id > 100)
        .set(Tag.name.to("z"))
        .required()
        .where(Tag.id == 101)
        .returning(Tag)
    )
    assert [(tag.id, tag.name) for tag in rows] == [(101, "z")]
    assert rows[0]._cohort is not None
    gone = delete(Tag).where(Tag.id > 100).returning(Tag.id, Tag.name)
    assert sorted(await db.fetch(gone)) == [(101, "z"), (102, "b"), (103, "c")]


async def test_from_select_and_old_values(db: Any) -> None:
    names = select(Author.name).where(Author.id < 3)
    assert await db.fetch(insert(Tag).from_select(names, Tag.name)) == 2
    changed = update(Tag).where(Tag.name == "Ann").set(Tag.name.to("Anna"))
    assert await db.fetch(changed.returning(old(Tag.name), new(Tag.name)).one()) == ("Ann", "Anna")


async def test_conditions_along_relations(db: Any) -> None:
    of_ann = update(Book).where(Book.author.name == "Ann").set(Book.pages.to(1))
    assert await db.fetch(of_ann) == await db.fetch(
        select(Book).where(Book.author.name == "Ann").count()
    )
    unedited = Book.editor.name == None  # noqa: E711
    count = await db.fetch(select(Book).where(unedited).count())
    assert count > 0
    assert await db.fetch(update(Book).where(unedited).set(Book.pages.to(2))) == count
    boss = alias(Employee, "boss")
    assert (
        await db.fetch(
            update(Employee)
            .from_source(boss)
            .where(Employee.boss_id == boss.id)
            .set(Employee.name.to(boss.name))
        )
        == 3
    )
    assert await db.fetch(delete(Review).where(Review.book.author.name == "Ann")) > 0


def test_what_is_refused() -> None:
    with pytest.raises(errors.ProgrammingError, match="without `where` would write every row"):
        text_of(update(Tag).set(Tag.name.to("x")))
    with pytest.raises(errors.ProgrammingError, match="without `where` would write every row"):
        text_of(delete(Tag))
    with pytest.raises(errors.ProgrammingError, match="without `set` changes nothing"):
        text_of(update(Tag).all())
    with pytest.raises(TypeError, match=r"expected an assignment.*`=` compares"):
        update(Tag).set(Tag.name == "x")  # type: ignore[arg-type]
    with pytest.raises(errors.ProgrammingError, match="no column of `Tag`"):
        update(Tag).set(Author.name.to("x"))
    with pytest.raises(TypeError, match="takes objects of `Tag`, found `Author`"):
        insert(Tag).values(Author(name="x"))  # type: ignore[arg-type]
    with pytest.raises(errors.ProgrammingError, match="what a relation leads to"):
        text_of(update(Book).all().set(Book.title.to(Book.author.name)))
    with pytest.raises(TypeError, match="takes a model"):
        delete(3)  # type: ignore[arg-type]


async def test_what_a_relation_leads_to_is_not_returned(db: Any) -> None:
    changed = update(Book).where(Book.author.name == "Ann", Book.id == 2).set(Book.pages.to(1))
    for item in (Book.author.name, Book.author):
        for statement in (changed, delete(Book).all()):
            with pytest.raises(errors.ProgrammingError, match="`returning` cannot give") as caught:
                await db.fetch(statement.returning(Book.id, item))
            assert "scalar()" in str(caught.value.hint)
    name = select(Author.name).where(Author.id == Book.author_id).scalar()
    assert await db.fetch(changed.returning(Book.id, name, Book.reviews.count())) == [(2, "Ann", 3)]


def test_many_shapes_are_one() -> None:
    texts = {
        text_of(insert(Tag).values(*[Tag(name=str(n)) for n in range(count)]))
        for count in (2, 3, 50)
    }
    assert len(texts) == 1


async def test_merge(db: Any) -> None:
    await db.connection.execute("create table delivery (id bigint, title text, price numeric)")
    await db.connection.execute(
        "insert into delivery values (1, 'Book 1', 9), (50, 'Fresh', 3), (2, 'gone', null)"
    )
    statement = (
        merge(Book)
        .using(Delivery, Book.id == Delivery.id)
        .when_matched_delete(where=Delivery.price == None)  # noqa: E711
        .when_matched_update(Book.price.to(Book.price + Delivery.price))
        .when_not_matched_insert(
            Book.id.to(Delivery.id),
            Book.author_id.to(1),
            Book.title.to(Delivery.title),
            Book.price.to(Delivery.price),
        )
        .when_not_matched_by_source_update(Book.pages.to(0), where=Book.id == 3)
    )
    await db.connection.execute("delete from book_tag; delete from review")
    assert await db.fetch(statement) == 4
    found = await db.fetch(
        select(Book.id, Book.price, Book.pages).where(Book.id.in_([1, 2, 3, 50])).order_by(Book.id)
    )
    assert found == [(1, Decimal("10.5"), 10), (3, Decimal("4.5"), 0), (50, Decimal(3), 100)]
    with pytest.raises(errors.ProgrammingError, match="takes a source"):
        text_of(merge(Book))


async def test_excluded_in_a_condition(db: Any) -> None:
    row = insert(Tag).values(Tag(name="new"))
    conflict = row.on_conflict(Tag.name)
    assert await db.fetch(conflict.update(Tag.name, where=excluded(Tag.name) != "new")) == 0
