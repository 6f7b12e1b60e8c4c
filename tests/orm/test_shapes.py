"""Shapes: one class is the plan and the type, however deep it is nested."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from typing import Any

import pytest

from howdah.errors import ProgrammingError
from howdah.orm import Shape, of, select, text_of
from tests.orm.library import Author, Book, Employee, Review, Tag


class AuthorCard(Shape[Author]):
    id: int
    name: str


class TagCard(Shape[Tag]):
    name: str


class ReviewCard(Shape[Review]):
    stars: int
    text: str | None


class BookCard(Shape[Book]):
    title: str
    price: Decimal
    author: AuthorCard
    editor: AuthorCard | None
    tags: list[TagCard]
    reviews: list[ReviewCard]


class ReviewWithBook(Shape[Review]):
    id: int
    book: BookTitle


class BookTitle(Shape[Book]):
    title: str
    author: AuthorCard


class Shelf(Shape[Author]):
    name: str
    books: list[BookCard]


class Counted(Shape[Book]):
    title: str
    written_by: str = of(lambda: Book.author.name)
    answers: int = of(lambda: Book.reviews.count())  # noqa: PLW0108 (later)
    best: list[ReviewCard] = of(lambda: Book.reviews.order_by(Review.stars.desc()).limit(2))


async def test_columns_and_joined_shapes(db: Any) -> None:
    cards = await db.fetch(select(BookCard).order_by(Book.id))
    assert len(cards) == 6
    first, third = cards[0], cards[2]
    assert isinstance(first, BookCard)
    assert (first.title, first.price) == ("Book 1", Decimal("1.5"))
    assert first.author == AuthorCard(id=2, name="Bob")
    assert first.editor is None
    assert third.editor == AuthorCard(id=3, name="Cid")
    assert db.counter.statements == 1


async def test_to_many_shapes_are_lists(db: Any) -> None:
    cards = await db.fetch(select(BookCard).order_by(Book.id))
    assert [tag.name for tag in cards[0].tags] == ["new", "old"]
    assert cards[5].tags == []
    assert [review.text for review in cards[1].reviews] == ["review 1", "review 5", "review 9"]
    assert db.counter.statements == 1


async def test_shapes_in_lists_nest(db: Any) -> None:
    shelves = await db.fetch(select(Shelf).order_by(Author.id))
    assert [len(shelf.books) for shelf in shelves] == [3, 3, 0]
    book = shelves[0].books[0]
    assert (book.title, book.author.name, book.price) == ("Book 2", "Ann", Decimal("3.0"))
    assert [tag.name for tag in book.tags] == ["old"]
    assert [review.stars for review in book.reviews] == [2, 1, 5]
    assert db.counter.statements == 1


async def test_joined_shapes_nest(db: Any) -> None:
    found = await db.fetch(select(ReviewWithBook).where(Review.id == 4).one())
    assert found.book.title == "Book 1"
    assert found.book.author.name == "Bob"


async def test_fields_made_of_something_else(db: Any) -> None:
    (found,) = await db.fetch(select(Counted).where(Book.id == 2))
    assert (found.title, found.written_by, found.answers) == ("Book 2", "Ann", 3)
    assert [review.stars for review in found.best] == [5, 2]


async def test_conditions_may_go_where_the_shape_does_not(db: Any) -> None:
    found = await db.fetch(select(AuthorCard).where(Author.books.any(Book.price > 8)))
    assert found == [AuthorCard(id=1, name="Ann")]


async def test_a_shape_beside_values(db: Any) -> None:
    rows = await db.fetch(select(AuthorCard, Author.books.count()).order_by(Author.id))
    assert rows[2] == (AuthorCard(id=3, name="Cid"), 0)


def test_one_statement_has_all() -> None:
    assert text_of(select(ReviewWithBook)) == (
        "select review.id, book.title, author.id, author.name from review "
        "join book on book.id = review.book_id join author on author.id = book.author_id"
    )


def test_values() -> None:
    card = AuthorCard(id=1, name="Ann")
    assert card == AuthorCard(id=1, name="Ann")
    assert card != AuthorCard(id=2, name="Ann")
    assert card != (1, "Ann")
    assert repr(card) == "AuthorCard(id=1, name='Ann')"
    assert pickle.loads(pickle.dumps(card)) == card
    assert copy.copy(card) == card
    with pytest.raises(TypeError, match="name is missing"):
        AuthorCard(id=1)  # type: ignore[call-arg]


class Misspelt(Shape[Author]):
    nmae: str


class WrongType(Shape[Author]):
    name: int


class CanBeNull(Shape[Review]):
    text: str


class MustBeOptional(Shape[Book]):
    editor: AuthorCard


class NoShape(Shape[Book]):
    reviews: list[int]


class OfNothing(Shape):  # type: ignore[type-arg]
    name: str


@pytest.mark.parametrize(
    ("shape", "complaint"),
    [
        (Misspelt, "`Author` has no column or relation `nmae`"),
        (WrongType, "is annotated `int`, expected `str`"),
        (CanBeNull, "the column can be null"),
        (MustBeOptional, "it can be missing"),
        (NoShape, "expected a list of shapes"),
        (OfNothing, "says of no model"),
    ],
)
def test_a_shape_that_does_not_fit(shape: Any, complaint: str) -> None:
    with pytest.raises(ProgrammingError, match=complaint):
        text_of(select(shape))


class Boss(Shape[Employee]):
    name: str
    boss: Boss2 | None


class Boss2(Shape[Employee]):
    name: str


async def test_a_relation_to_the_same_table(db: Any) -> None:
    found = await db.fetch(select(Boss).order_by(Employee.id))
    assert [(one.name, one.boss and one.boss.name) for one in found] == [
        ("Top", None),
        ("Mid", "Top"),
        ("Low", "Mid"),
        ("Side", "Top"),
    ]


class Team(Shape[Employee]):
    name: str
    staff: list[Boss2]


async def test_lists_of_the_same_table(db: Any) -> None:
    teams = await db.fetch(select(Team).order_by(Employee.id))
    assert [[one.name for one in team.staff] for team in teams] == [
        ["Mid", "Side"],
        ["Low"],
        [],
        [],
    ]


async def test_conditions_on_the_same_table(db: Any) -> None:
    bosses = select(Employee.name).where(Employee.staff.any()).order_by(Employee.id)
    assert await db.fetch(bosses) == ["Top", "Mid"]
    counted = select(Employee.name, Employee.staff.count()).order_by(Employee.id)
    assert await db.fetch(counted) == [("Top", 2), ("Mid", 1), ("Low", 0), ("Side", 0)]
    with pytest.raises(ProgrammingError, match="which `Employee` do the conditions mean"):
        Employee.staff.any(Employee.name == "Low")
