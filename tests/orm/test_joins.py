"""Joins along relations, of which the model and the way to it are both named."""

from __future__ import annotations

from typing import Any

import pytest

from howdah import errors
from howdah.orm import Shape, of, select
from tests.orm.library import Author, Book, Review


class Written(Shape[Book]):
    title: str
    by: str = of(lambda: Book.author.name)


async def test_the_model_and_the_way_are_one_row(db: Any) -> None:
    of_ann = select(Book.title, Book.author.name).join(Book.author).where(Author.name == "Ann")
    assert await db.fetch(of_ann.order_by(Book.id)) == [
        ("Book 2", "Ann"),
        ("Book 4", "Ann"),
        ("Book 6", "Ann"),
    ]
    both = select(Book, Author).join(Book.author).where(Book.author.name == "Ann")
    rows = await db.fetch(both.order_by(Book.id))
    assert [(book.id, author.name) for book, author in rows] == [(2, "Ann"), (4, "Ann"), (6, "Ann")]
    shapes = select(Written).join(Book.author).where(Author.name == "Bob").order_by(Book.id)
    assert [(it.title, it.by) for it in await db.fetch(shapes)] == [
        ("Book 1", "Bob"),
        ("Book 3", "Bob"),
        ("Book 5", "Bob"),
    ]


async def test_the_way_takes_no_row_away(db: Any) -> None:
    titles = select(Book.title, Author.name).where(Book.editor.name.is_distinct_from("Bob"))
    rows = await db.fetch(titles.left_join(Book.editor).order_by(Book.id))
    assert [name for _, name in rows] == [None, None, "Cid", None, None, "Cid"]
    right = select(Book.title, Author.name).right_join(Book.author).order_by(Book.author.name)
    assert (None, "Cid") in await db.fetch(right)
    assert len(await db.fetch(right)) == 7


async def test_a_way_from_an_outer_join_takes_no_row_away(db: Any) -> None:
    books = select(Author.name, Book.id).left_join(Author.books).order_by(Book.author.name, Book.id)
    assert await db.fetch(books) == [
        *(("Ann", n) for n in (2, 4, 6)),
        *(("Bob", n) for n in (1, 3, 5)),
        ("Cid", None),
    ]
    stars = select(Review.stars, Book.id).order_by(Book.id.desc(), Review.book.author.name)
    for how in ("right_join", "full_join"):
        rows = await db.fetch(getattr(stars, how)(Book, Book.id == Review.book_id))
        assert len(rows) == 14
        assert rows[:2] == [(None, 6), (None, 5)]


async def test_of_two_ways_one_is_the_model(db: Any) -> None:
    pairs = select(Book.id, Author.name, Book.editor.name).order_by(Book.id)
    for query in (
        pairs.join(Book.author).join(Book.editor),
        pairs.join(Book.editor).join(Book.author),
    ):
        assert await db.fetch(query) == [(3, "Bob", "Cid"), (6, "Ann", "Cid")]
    edited = select(Book, Author).join(Book.author).join(Book.editor).order_by(Book.id)
    rows = await db.fetch(edited)
    assert [(book.id, author.name) for book, author in rows] == [(3, "Bob"), (6, "Ann")]


@pytest.mark.parametrize("how", ["join", "left_join", "right_join"])
async def test_a_joined_relation_is_loaded_from_that_join(db: Any, how: str) -> None:
    books = getattr(select(Book), how)(Book.author).load(Book.author).order_by(Book.id)
    for query in (books.limit(2), books.page(2)):
        found = list(await db.fetch(query))
        assert [(book.id, book.author.name) for book in found] == [(1, "Bob"), (2, "Ann")]
    first = await db.fetch(books.first())
    assert first.author.name == "Bob"
    assert db.counter.statements == 3
    everything = await db.fetch(books.limit(50))
    assert [book and book.author.name for book in everything] == [
        book and book.author.name for book in await db.fetch(books)
    ]


async def test_a_joined_relation_is_loaded_beside_its_model(db: Any) -> None:
    books = select(Book).join(Book.author).where(Author.name == "Ann").order_by(Book.id)
    found = await db.fetch(books.load(Book.author).limit(2))
    assert [(book.id, book.author.name) for book in found] == [(2, "Ann"), (4, "Ann")]
    reviews = select(Review).join(Review.book).load(Review.book, Book.author).order_by(Review.id)
    for query in (reviews, reviews.where(Book.pages > 0)):
        several = await db.fetch(query.limit(2))
        assert [(it.book.id, it.book.author.name) for it in several] == [(2, "Ann"), (3, "Bob")]
    assert db.counter.statements == 3


async def test_a_plan_brings_in_no_model(db: Any) -> None:
    """A model that nothing joins stays a mistake, whether few rows or many are asked for."""
    unjoined = select(Book).where(Author.name == "Ann").load(Book.author)
    for query in (unjoined, unjoined.limit(2)):
        with pytest.raises(errors.UndefinedTable):
            await db.fetch(query)
