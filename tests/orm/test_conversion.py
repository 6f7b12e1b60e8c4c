"""From objects to plain data and back: nothing is loaded, and no field gets in by accident."""

from __future__ import annotations

import dataclasses
import json
import typing
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any

import pytest

from howdah.errors import ProgrammingError
from howdah.orm import (
    Col,
    Model,
    Shape,
    col,
    from_data,
    generated,
    identity,
    select,
    text_of,
    to_dict,
    update_from,
)
from tests.orm.library import Author, Book, Review, Tag


@dataclass
class Address:
    city: str = ""
    lines: list[str] = field(default_factory=list)


class Customer(Model):
    id: Col[int] = identity()
    name: Col[str]
    address: Col[Address] = col(default=Address())
    initial: Col[str] = generated("left(name, 1)")


class TagCard(Shape[Tag]):
    name: str


class BookCard(Shape[Book]):
    title: Annotated[str, "not empty"]
    price: Decimal
    author: AuthorCard
    tags: Annotated[list[TagCard], "at least one"]


class AuthorCard(Shape[Author]):
    name: str


async def test_a_shape_is_a_dataclass(db: Any) -> None:
    (card,) = await db.fetch(select(BookCard).where(Book.id == 1))
    assert dataclasses.is_dataclass(BookCard)
    assert BookCard.__doc__ is None
    assert [it.name for it in dataclasses.fields(BookCard)] == ["title", "price", "author", "tags"]
    expected = {
        "title": "Book 1",
        "price": Decimal("1.5"),
        "author": {"name": "Bob"},
        "tags": [{"name": "new"}, {"name": "old"}],
    }
    assert dataclasses.asdict(card) == to_dict(card) == expected
    other = dataclasses.replace(card, title="Other")
    assert (other.title, card.title, other.tags) == ("Other", "Book 1", card.tags)


def test_fields_of_a_shape_that_inherits() -> None:
    class Longer(AuthorCard):
        id: int

    assert [it.name for it in dataclasses.fields(Longer)] == ["name", "id"]
    assert dataclasses.asdict(Longer(name="Ann", id=1)) == {"name": "Ann", "id": 1}


def test_a_name_that_comes_later_is_no_other_class_of_that_name() -> None:
    assert typing.get_type_hints(BookCard)["author"] is AuthorCard
    names: dict[str, Any] = {"__name__": "elsewhere", "Shape": Shape, "Book": Book}
    exec("class Late(Shape[Book]):\n tags: list[TagCard]\n title: str | None", names)
    assert names["Late"].__annotations__ == {"tags": "list[TagCard]", "title": str | None}


def test_what_validation_wants_does_not_concern_the_statement() -> None:
    class Wrong(Shape[Book]):
        title: Annotated[int, "positive"]

    assert text_of(select(BookCard)).startswith("select book.title, book.price")
    with pytest.raises(ProgrammingError, match="expected `str`"):
        text_of(select(Wrong))


async def test_only_what_is_loaded_becomes_data(db: Any) -> None:
    book = await db.get(Book, 1)
    data = to_dict(book)
    assert list(data) == ["id", "author_id", "editor_id", "title", "price", "pages"]
    (thin,) = await db.fetch(select(Book).only(Book.title).where(Book.id == 1))
    assert to_dict(thin) == {"id": 1, "title": "Book 1"}
    assert db.counter.statements == 2


async def test_loaded_relations_are_data_without_the_way_back(db: Any) -> None:
    query = select(Author).where(Author.id == 1).load(Author.books, Book.reviews, Book.tags)
    (author,) = await db.fetch(query)
    statements = db.counter.statements
    data = to_dict(author)
    assert [book["title"] for book in data["books"]] == ["Book 2", "Book 4", "Book 6"]
    assert "author" not in data["books"][0]
    assert all("book" not in review for review in data["books"][0]["reviews"])
    assert data["books"][0]["tags"] == [{"id": 2, "name": "old"}]
    json.dumps(data, default=str)  # no object is left in it
    assert db.counter.statements == statements


async def test_relations_that_go_round(db: Any) -> None:
    (tag,) = await db.fetch(select(Tag).where(Tag.name == "old").load(Tag.books, Book.tags))
    books = to_dict(tag)["books"]
    assert all("old" in [other["name"] for other in book["tags"]] for book in books)
    tag.books[0].tags.append(tag)
    assert ["tags" in book for book in to_dict(tag)["books"]] == [False] + [True] * len(books[1:])


async def test_objects_of_data(db: Any) -> None:
    author = from_data(Author, {"name": "Dora"})
    await db.insert(author)
    book = from_data(
        Book, BookCard(title="B", price=Decimal(3), author=AuthorCard(name="x"), tags=[]),
        ignore=["author", "tags"], author_id=author.id,
    )  # fmt: skip
    await db.insert(book)
    found = await db.get(Book, book.id)
    assert (found.title, found.price, found.author_id) == ("B", Decimal(3), author.id)


async def test_only_what_differs_is_set_and_written(db: Any) -> None:
    review = await db.get(Review, 1)
    assert update_from(review, {"stars": review.stars, "text": "new"}) == ["text"]
    assert list(review._changes) == ["text"]
    await db.update(review)
    assert (await db.get(Review, 1)).text == "new"
    assert update_from(review, {"text": "new"}) == []


async def test_a_column_that_is_not_loaded_is_set_without_loading(db: Any) -> None:
    (book,) = await db.fetch(select(Book).only(Book.title).where(Book.id == 1))
    statements = db.counter.statements
    assert update_from(book, {"title": "Book 1", "pages": 100}) == ["pages"]
    assert db.counter.statements == statements
    await db.update(book)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"name": "x", "nmae": 1}, "`Customer` has no column `nmae`"),
        ({"name": "x", "initial": "x"}, "the database computes `Customer.initial`"),
        ({"name": "x", "id": 5}, "data has `id`, which the program gives itself"),
    ],
)
def test_fields_that_are_refused(data: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ProgrammingError, match=complaint):
        from_data(Customer, data, id=1)


def test_relations_are_no_columns() -> None:
    with pytest.raises(ProgrammingError, match=r"`Author\.books` is a relation") as caught:
        from_data(Author, {"name": "x", "books": []})
    assert "ignore=['books']" in str(caught.value)


def test_other_things_are_no_data() -> None:
    with pytest.raises(TypeError, match="found `int`"):
        from_data(Author, 5)
    with pytest.raises(TypeError, match="found `dict`"):
        to_dict({})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="name"):
        from_data(Author, {})


def test_documents_become_their_dataclass() -> None:
    customer = from_data(Customer, {"name": "Ann", "address": {"city": "Oslo"}})
    assert customer.address == Address("Oslo")
    assert to_dict(customer)["address"] == {"city": "Oslo", "lines": []}
    other = Address("Bergen", ["Quay 1"])
    assert from_data(Customer, {"name": "Ann", "address": other}).address is other
