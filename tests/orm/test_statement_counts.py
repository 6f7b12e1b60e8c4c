"""A shape of depth d costs at most d + 1 statements, whatever the data: random data, every plan."""

from __future__ import annotations

import random
from typing import Any

import pytest

from howdah.orm import Shape, of, select
from tests.orm.library import Author, Book, BookTag, Review, Tag

SEEDS = range(3)
WAYS: list[tuple[Any, tuple[str, ...]]] = [
    (Author, ("books",)),
    (Author, ("books", "reviews")),
    (Author, ("books", "reviews", "book")),
    (Author, ("edited", "author", "books", "tags")),
    (Book, ("author",)),
    (Book, ("author", "books", "author")),
    (Tag, ("books", "tags")),
    (Review, ("book", "author", "edited", "tags", "books")),
]


class Stars(Shape[Review]):
    stars: int


class Whole(Shape[Book]):
    title: str
    written_by: str = of(lambda: Book.author.name)
    reviews: list[Stars]


class Writer(Shape[Author]):
    name: str
    books: list[Whole]


async def refill(db: Any, seed: int) -> None:
    """Any number of objects, any links between them, and none of some kind."""
    chance = random.Random(seed)
    await db.connection.execute("truncate author, book, tag, book_tag, review restart identity")
    authors = [Author(name=f"author {n}") for n in range(chance.randrange(8))]
    tags = [Tag(name=f"tag {n}") for n in range(chance.randrange(4))]
    await db.insert([*authors, *tags])
    books = [
        Book(
            title=f"book {n}",
            author_id=chance.choice(authors).id,
            editor_id=chance.choice([None, *(author.id for author in authors)]),
        )
        for n in range(chance.randrange(20) if authors else 0)
    ]
    await db.insert(books)
    await db.insert(
        [
            Review(book_id=chance.choice(books).id, stars=chance.randrange(5))
            for _ in range(chance.randrange(30) if books else 0)
        ]
    )
    links = {(book.id, tag.id) for book in books for tag in tags if chance.random() < 0.3}
    await db.insert([BookTag(book_id=book, tag_id=tag) for book, tag in sorted(links)])


async def touched(objects: list[Any], names: tuple[str, ...]) -> list[Any]:
    """What a naive loop down the relations finds."""
    found = []
    for one in objects:
        value = await getattr(one, names[0])
        values = value if isinstance(value, list) else [value]
        found.append((repr(one), await touched(values, names[1:]) if names[1:] else repr(value)))
    return found


def plan_of(model: Any, names: tuple[str, ...]) -> list[Any]:
    """The relations to be loaded, one after the other."""
    ways = []
    for name in names:
        ways.append(getattr(model, name))
        model = model.__table__.relation(name).target
    return ways


@pytest.mark.parametrize("seed", SEEDS)
async def test_loops_and_plans_cost_a_statement_for_each_level(db: Any, seed: int) -> None:
    await refill(db, seed)
    counter = db.counter
    for model, names in WAYS:
        query = select(model).order_by(model.id)
        before = counter.statements
        by_loop = await touched(await db.fetch(query), names)
        assert counter.statements - before <= len(names) + 1
        for limit in (5, 500):
            before = counter.statements
            objects = await db.fetch(query.limit(limit).load(*plan_of(model, names)))
            assert counter.statements - before <= len(names) + 1
            before = counter.statements
            assert await touched(objects, names) == by_loop[:limit]
            assert counter.statements == before  # all of it was there


@pytest.mark.parametrize("seed", SEEDS)
async def test_shapes_cost_one_statement(db: Any, seed: int) -> None:
    await refill(db, seed)
    before = db.counter.statements
    writers = await db.fetch(select(Writer).order_by(Author.id))
    assert db.counter.statements == before + 1
    plan = select(Author).load(Author.books, Book.author, Book.reviews).order_by(Author.id)
    authors = await db.fetch(plan)
    assert [writer.name for writer in writers] == [author.name for author in authors]
    for writer, author in zip(writers, authors, strict=True):
        assert [
            (it.title, it.written_by, [one.stars for one in it.reviews]) for it in writer.books
        ] == [(it.title, it.author.name, [one.stars for one in it.reviews]) for it in author.books]


@pytest.mark.parametrize("seed", SEEDS)
async def test_so_many_of_each_cost_one_statement_more(db: Any, seed: int) -> None:
    await refill(db, seed)
    whole = await db.fetch(select(Author).load(Author.books, Book.reviews, Book.tags))
    before = db.counter.statements
    cut = Author.books.order_by(Book.id.desc()).limit(2)
    best = Book.reviews.where(Review.stars > 1).order_by(Review.stars.desc(), Review.id).limit(1)
    some = await db.fetch(
        select(Author).load(cut, best, Book.tags.order_by(Tag.id.desc()).limit(1))
    )
    assert db.counter.statements - before <= 4
    for author, every in zip(some, whole, strict=True):
        expected = sorted(every.books, key=lambda book: -book.id)[:2]
        assert [book.id for book in author.books] == [book.id for book in expected]
        for book, same in zip(author.books, expected, strict=True):
            stars = sorted((-it.stars, it.id) for it in same.reviews if it.stars > 1)[:1]
            assert [(-it.stars, it.id) for it in book.reviews] == stars
            last = sorted((tag.id for tag in same.tags), reverse=True)[:1]
            assert [tag.id for tag in book.tags] == last
