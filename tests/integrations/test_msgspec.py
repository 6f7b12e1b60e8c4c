"""Shapes and objects under msgspec."""

from __future__ import annotations

import gc
from typing import Annotated, Any

import msgspec
import pytest

from howdah.integrations.msgspec import struct_of
from howdah.orm import Shape, from_data, select, to_dict, update_from
from tests.orm.conftest import *  # noqa: F403 (the fixture `db`)
from tests.orm.library import Author, Book, Review


class ReviewCard(Shape[Review]):
    stars: Annotated[int, msgspec.Meta(ge=1, le=5)]
    text: str | None


class BookCard(Shape[Book]):
    title: str
    reviews: list[ReviewCard]


async def test_a_shape_is_written_and_read(db: Any) -> None:
    cards = await db.fetch(select(BookCard).where(Book.id == 2))
    text = msgspec.json.encode(cards)
    assert text.startswith(b'[{"title":"Book 2","reviews":[{"stars":2,"text":"review 1"}')
    read = msgspec.json.decode(text, type=list[BookCard])
    assert read == cards
    assert gc.is_tracked(read[0]), "it holds a list"
    assert db.counter.statements == 1


def test_a_shape_validates() -> None:
    text = b'[{"title": "x", "reviews": [{"stars": 6, "text": null}]}]'
    with pytest.raises(msgspec.ValidationError, match=r"`int` <= 5 - at `\$\[0\].reviews\[0\]"):
        msgspec.json.decode(text, type=list[BookCard])


async def test_structs_with_the_columns(db: Any) -> None:
    author = await db.get(Author, 1)
    out = msgspec.convert(to_dict(author), struct_of(Author))
    assert msgspec.to_builtins(out)["name"] == "Ann"
    assert struct_of(Author) is struct_of(Author)


def test_what_a_client_left_out_is_left_alone() -> None:
    sent = msgspec.convert({"author_id": 1, "title": "New"}, struct_of(Book, for_input=True))
    book = from_data(Book, sent)
    assert (book.title, book.pages) == ("New", 100)
    assert update_from(book, msgspec.structs.replace(sent, title="Newer")) == ["title"]
