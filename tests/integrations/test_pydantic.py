"""Shapes and objects under pydantic: one class is query, validation and JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import pydantic
import pytest

from howdah.errors import NotLoaded, ProgrammingError
from howdah.integrations.pydantic import FromObject, model_of
from howdah.orm import Shape, from_data, select, update_from
from tests.orm.conftest import *  # noqa: F403 (the fixture `db`)
from tests.orm.library import Author, Book, Review, Tag


class TagCard(Shape[Tag]):
    name: str


class ReviewCard(Shape[Review]):
    stars: Annotated[int, pydantic.Field(ge=1, le=5)]
    text: str | None


class BookCard(Shape[Book]):
    title: Annotated[str, pydantic.Field(max_length=10)]
    price: Decimal
    tags: list[TagCard]
    reviews: list[ReviewCard]


CARDS = pydantic.TypeAdapter(list[BookCard])


async def test_a_shape_is_written_and_read(db: Any) -> None:
    cards = await db.fetch(select(BookCard).order_by(Book.id))
    assert CARDS.validate_python(cards)[0] is cards[0], "what was fetched needs no copy"
    text = CARDS.dump_json(cards)
    assert text.startswith(
        b'[{"title":"Book 1","price":"1.5","tags":[{"name":"new"},{"name":"old"}]'
    )
    assert CARDS.validate_json(text) == cards
    assert db.counter.statements == 1


def test_a_shape_has_a_schema() -> None:
    schema = CARDS.json_schema()
    assert schema["items"] == {"$ref": "#/$defs/BookCard"}
    card = schema["$defs"]["BookCard"]
    assert card["required"] == ["title", "price", "tags", "reviews"]
    assert card["properties"]["title"] == {"maxLength": 10, "title": "Title", "type": "string"}


def test_a_shape_validates() -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        CARDS.validate_python([{"title": "x" * 11, "price": 1, "tags": [], "reviews": [{}]}])
    places = [error["loc"] for error in caught.value.errors()]
    assert places == [(0, "title"), (0, "reviews", 0, "stars"), (0, "reviews", 0, "text")]


class ReviewOut(FromObject):
    stars: int


class BookOut(FromObject):
    title: str
    reviews: list[ReviewOut] = pydantic.Field(default=[])
    remark: str = "none"


async def test_objects_become_models_if_all_is_loaded(db: Any) -> None:
    query = select(Book).where(Book.id == 2)
    (book,) = await db.fetch(query)
    statements = db.counter.statements
    with pytest.raises(NotLoaded, match=r"`Book\.reviews` is not loaded") as caught:
        BookOut.model_validate(book)
    assert ".load(Book.reviews)" in str(caught.value)
    assert db.counter.statements == statements, "nothing was fetched"
    (book,) = await db.fetch(query.load(Book.reviews))
    out = BookOut.model_validate(book)
    assert out == BookOut(title="Book 2", reviews=[ReviewOut(stars=s) for s in (2, 1, 5)])


class Plain(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(from_attributes=True)
    title: str
    tags: list[Any] = []


@pytest.mark.parametrize("strict", [False, True])
async def test_pydantic_reads_no_attribute_that_is_not_there(db: Any, strict: bool) -> None:
    query = select(Book).where(Book.id == 1)
    (book,) = await db.fetch(query.strict() if strict else query)
    statements = db.counter.statements
    with pytest.raises(pydantic.ValidationError, match=r"`Book\.tags` is not loaded"):
        Plain.model_validate(book)
    assert db.counter.statements == statements, "nothing was fetched"
    (book,) = await db.fetch(query.load(Book.tags))
    assert len(Plain.model_validate(book).tags) == 2


async def test_a_model_with_the_columns(db: Any) -> None:
    out = model_of(Author)
    assert out is model_of(Author)
    author = await db.get(Author, 1)
    assert out.model_validate(author).model_dump() == {
        "id": 1, "name": "Ann", "born": author.born,
    }  # fmt: skip
    assert list(model_of(Author, exclude=["born"]).model_fields) == ["id", "name"]
    with pytest.raises(ProgrammingError, match="no column `brn`"):
        model_of(Author, exclude=["brn"])


def test_what_a_client_left_out_is_left_to_the_database() -> None:
    book_in = model_of(Book, for_input=True)
    assert "id" not in book_in.model_fields
    sent = book_in.model_validate({"author_id": 1, "title": "New"})
    book = from_data(Book, sent)
    assert (book.title, book.pages, book.editor_id) == ("New", 100, None)
    with pytest.raises(pydantic.ValidationError, match="title"):
        book_in.model_validate({"author_id": 1})


class BookChange(pydantic.BaseModel):
    title: str = ""
    pages: int = 0
    editor_id: int | None = None


def test_only_what_a_client_sent_is_changed() -> None:
    book = Book(author_id=1, title="Old", pages=7)
    assert update_from(book, BookChange(title="New")) == ["title"]
    assert (book.title, book.pages) == ("New", 7)
    made = from_data(Book, BookChange(title="x"), ignore=["editor_id"], author_id=1)
    assert made.pages == 0, "a default of the payload is a value of the payload"
