"""How declared relations come: joined in the statement, by a batch, or by a subquery for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from howdah.errors import NotLoaded
from howdah.orm import select, update
from howdah.orm.functions import count
from howdah.orm.plans import MOST_JOINED, planned
from tests.orm.library import Author, Book, Employee, Review

if TYPE_CHECKING:
    from howdah.orm import Select


async def test_a_few_rows_bring_what_they_lead_to(db: Any) -> None:
    book = await db.fetch(select(Book).order_by(Book.id).load(Book.author).first())
    assert book.author.name == "Bob"
    reviews = await db.fetch(select(Review).load(Review.book, Book.author, Book.editor).limit(12))
    assert db.counter.statements == 2
    assert {review.book.author.name for review in reviews} == {"Ann", "Bob"}
    assert {review.book.editor and review.book.editor.name for review in reviews} == {None, "Cid"}
    assert db.counter.statements == 2
    assert len({id(review.book) for review in reviews}) == 4
    assert len({id(review.book.author) for review in reviews}) == 2
    # they are loaded objects like others
    first = reviews[0].book.author
    assert len(await first.books) == 3
    assert db.counter.statements == 3


async def test_relations_after_what_is_joined(db: Any) -> None:
    plan = select(Review).order_by(Review.id).load(Review.book, Book.tags, Book.author).limit(5)
    reviews = await db.fetch(plan)
    assert db.counter.statements == 2
    assert [tag.name for tag in reviews[3].book.tags] == ["new", "old"]
    assert reviews[3].book.author.name == "Bob"
    books = await db.fetch(select(Book).load(Book.reviews, Review.book).limit(6))
    assert sum(len(book.reviews) for book in books) == 12
    assert all(review.book is book for book in books for review in book.reviews)


async def test_what_is_missing_is_none(db: Any) -> None:
    books = await db.fetch(select(Book).load(Book.editor).order_by(Book.id).limit(3))
    assert [book.editor and book.editor.name for book in books] == [None, None, "Cid"]
    assert db.counter.statements == 1
    await db.connection.execute("alter table review drop constraint review_book_id_fkey")
    await db.execute(update(Review).where(Review.id == 1).set(Review.book_id.to(99)))
    reviews = await db.fetch(select(Review).load(Review.book).order_by(Review.id).limit(2))
    assert [review.book and review.book.id for review in reviews] == [None, 3]


async def test_joined_for_two_of_a_model(db: Any) -> None:
    rows = await db.fetch(
        select(Book, Review).join(Book.reviews).order_by(Review.id).load(Review.book).limit(3)
    )
    assert [(book.id, review.book.id) for book, review in rows] == [(2, 2), (3, 3), (4, 4)]
    assert db.counter.statements == 1


async def test_pages_and_terminals_are_of_few_rows(db: Any) -> None:
    plan = select(Book).order_by(Book.id).load(Book.author)
    page = await db.fetch(plan.page(2))
    assert [book.author.name for book in page] == ["Bob", "Ann"]
    more = await db.fetch(plan.page(2, after=page.next))
    assert [(book.id, book.author.name) for book in more] == [(3, "Bob"), (4, "Ann")]
    one = await db.fetch(plan.where(Book.id == 6).one())
    assert one.author.name == "Ann"
    assert db.counter.statements == 3


async def test_conditions_and_columns_stay_what_they_are(db: Any) -> None:
    plan = select(Book).where(Book.author.name == "Ann").only(Book.title).load(Book.author)
    books = await db.fetch(plan.order_by(Book.author.name, Book.id).limit(2).strict())
    assert [(book.id, book.author.name) for book in books] == [(2, "Ann"), (4, "Ann")]
    assert db.counter.statements == 1
    for name in ("pages", "tags"):
        with pytest.raises(NotLoaded, match="is not loaded"):
            getattr(books[0], name)
    with pytest.raises(NotLoaded, match=r"add `.load\(Author.books\)`"):
        getattr(books[0].author, "books")  # noqa: B009


@pytest.mark.parametrize(
    "query",
    [
        select(Book).load(Book.author),
        select(Book).load(Book.author).limit(MOST_JOINED + 1),
        select(Book).load(Book.reviews).limit(1),
        select(Employee).load(Employee.boss).limit(1),
        select(Book).load(Book.author).limit(1).lock(),
        select(Book).load(Book.author).limit(1).distinct(),
        select(Book, count()).load(Book.author).group_by(Book.id).limit(1),
        select(Book).limit(1),
    ],
)
def test_what_is_loaded_by_a_statement_of_its_own(query: Select[Any]) -> None:
    assert planned(query) is query


async def test_batches_of_them_all(db: Any) -> None:
    """Rows and objects are the same, however relations come."""
    plans: list[Select[Any]] = [
        select(Book).load(Book.author, Book.editor),
        select(Review).load(Review.book, Book.author, Author.books),
        select(Book).load(Book.author, Author.edited).where(Book.author.name == "Bob"),
    ]
    for plan in plans:
        ordered = plan.order_by(*(plan.items[0].output(plan)[:1]))
        by_batch = await db.fetch(ordered)
        by_join = await db.fetch(ordered.limit(50))
        assert [deep(one) for one in by_join] == [deep(one) for one in by_batch]


def deep(one: Any, depth: int = 3) -> Any:
    """An object with all that is loaded of it."""
    if not hasattr(type(one), "__table__") or depth == 0:
        return repr(one)
    loaded = []
    for name in type(one).__table__.relation_names:
        try:
            value = vars(type(one))[name].__get__(one)
        except AttributeError:
            continue
        many = isinstance(value, list)
        loaded.append((name, [deep(it, depth - 1) for it in (value if many else [value])]))
    return repr(one), loaded
