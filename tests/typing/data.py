"""Shapes as dataclasses, objects of validated data: right uses, and wrong ones that are seen."""
# pyright: reportUnnecessaryTypeIgnoreComment=true

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any, assert_type

import msgspec
import pydantic

from howdah.integrations.msgspec import struct_of
from howdah.integrations.pydantic import FromObject, model_of
from howdah.orm import Bound, Page, Shape, from_data, of, select, to_dict, update_from
from howdah.testing import rolled_back, rolled_back_async
from tests.typing.orm_models import Author, Book

if TYPE_CHECKING:
    import howdah


class BookCard(Shape[Book]):
    """What is shown of a book."""

    title: Annotated[str, pydantic.Field(max_length=10)]
    written_by: str = of(lambda: Book.author.name)


class AuthorCard(Shape[Author]):
    """What is shown of an author."""

    name: str
    books: list[BookCard]


def shapes(db: Bound) -> None:
    """A shape is the result's type, a dataclass, and what libraries read and write."""
    assert_type(db.fetch(select(AuthorCard)), list[AuthorCard])
    assert_type(db.fetch(select(BookCard).page(20)), Page[BookCard])
    card = db.fetch(select(AuthorCard).one())
    assert_type(card.books[0].title, str)
    assert_type(dataclasses.asdict(card), dict[str, Any])
    assert_type(dataclasses.replace(card, name="x"), AuthorCard)
    cards = pydantic.TypeAdapter(list[BookCard])
    assert_type(cards.validate_json(b"[]"), list[BookCard])
    assert_type(msgspec.json.decode(b"[]", type=list[BookCard]), list[BookCard])
    card.nmae  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    card.books[0].title + 1  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
    AuthorCard(name="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    AuthorCard(name=5, books=[])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def data(book: Book, card: BookCard) -> None:
    """Data of objects, and objects of data."""
    assert_type(to_dict(book), dict[str, Any])
    assert_type(from_data(Book, card, author_id=1), Book)
    assert_type(update_from(book, {"title": "x"}), list[str])
    assert_type(model_of(Book, for_input=True), type[FromObject])
    assert_type(struct_of(Book), type[msgspec.Struct])
    to_dict(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    from_data(card, {})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    from_data(BookCard, {})  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    update_from(Book, {})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    model_of(book)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def tests(url: str) -> None:
    """The databases of tests are databases."""
    with rolled_back(url) as db, rolled_back_async(url) as async_db:
        sync_db: howdah.Database = db
        other: howdah.AsyncDatabase = async_db
        assert_type(sync_db.fetch(select(Book)), list[Book])
        other.fetch(select(Book)).sort()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
