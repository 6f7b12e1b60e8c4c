"""Several statements in one round trip, and large results a part at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from howdah.errors import DivisionByZero, NoRow, PipelineAborted, ProgrammingError
from howdah.orm import insert, select, update
from howdah.orm.functions import count
from tests.orm.library import Author, Book, Review

if TYPE_CHECKING:
    from howdah.orm import AsyncBound


async def test_a_batch_is_one_round_trip(db: AsyncBound) -> None:
    first, total, names = await db.batch(
        select(Book).order_by(Book.id).first(),
        select(Book).count(),
        select(Author.name).order_by(Author.id),
    )
    assert cast("Any", db).counter.statements == 1
    assert first is not None
    assert first.title == "Book 1"
    assert (total, names) == (6, ["Ann", "Bob", "Cid"])


async def test_what_is_loaded_besides_travels_together(db: AsyncBound) -> None:
    books, authors = await db.batch(
        select(Book).load(Book.reviews), select(Author).load(Author.books, Book.reviews)
    )
    assert cast("Any", db).counter.statements == 3
    assert sum(len(book.reviews) for book in books) == 12
    assert sum(len(book.reviews) for author in authors for book in author.books) == 12


async def test_a_batch_takes_effect_as_one(db: AsyncBound) -> None:
    with pytest.raises((DivisionByZero, PipelineAborted)):
        await db.batch(
            update(Book).set(Book.title.to("gone")).all(),
            select(Book.pages / (Book.id - Book.id)),
        )
    assert await db.fetch(select(Book).where(Book.title == "gone").count()) == 0


async def test_batches_of_writes_and_of_one_and_none(db: AsyncBound) -> None:
    made, found = await db.batch(
        insert(Author).set(Author.name.to("Dan")).returning(Author.name),
        select(count()).select_from(Author),
    )
    assert (made, found) == (["Dan"], [4])
    assert await db.batch(select(Author).count()) == (4,)
    assert await db.batch() == ()
    with pytest.raises(NoRow):
        await db.batch(select(Author).count(), select(Author).where(Author.id == 99).one())


async def test_a_stream_gives_all_in_parts(db: AsyncBound) -> None:
    seen = [book.id async for book in db.stream(select(Book).order_by(Book.id), batch=4)]
    assert seen == [1, 2, 3, 4, 5, 6]
    empty = db.stream(select(Book).where(Book.id > 99), batch=4)
    assert [book async for book in empty] == []


async def test_relations_are_loaded_a_part_at_a_time(db: AsyncBound) -> None:
    counter = cast("Any", db).counter
    total = 0
    async for book in db.stream(select(Book).order_by(Book.id).load(Book.reviews), batch=3):
        total += len(book.reviews)
    # two parts; the third is known to be the last because it is empty
    assert total == 12
    assert counter.statements == 2


async def test_the_connection_is_free_between_two_parts(db: AsyncBound) -> None:
    async with db.stream(select(Book).order_by(Book.id), batch=2) as books:
        async for book in books:
            await db.fetch(update(Book).where(Book.id == book.id).set(Book.pages.to(1)))
            if book.id == 3:
                break
    assert await db.fetch(select(Book).where(Book.pages == 1).count()) == 3


async def test_a_stream_of_values(db: AsyncBound) -> None:
    query = select(Review.stars, Review.text).order_by(Review.id)
    rows = [row async for row in db.stream(query, batch=5)]
    assert rows[0] == (2, "review 1")
    assert len(rows) == 12


async def test_a_part_has_a_row_at_least(db: AsyncBound) -> None:
    with pytest.raises(ProgrammingError, match="at least 1"):
        async for _ in db.stream(select(Book), batch=0):
            pass
