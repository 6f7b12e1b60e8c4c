"""The models that the other files about the ORM speak of."""
# pyright: strict

import datetime as dt
import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from howdah.orm import (
    Col,
    Many,
    Model,
    One,
    Shape,
    TsVector,
    col,
    generated,
    identity,
    many,
    of,
    one,
    references,
    version,
)
from howdah.types import Range


class Status(enum.Enum):
    """A native enum."""

    DRAFT = "draft"
    LIVE = "live"


@dataclass
class Stats:
    """What a jsonb column holds."""

    views: int
    languages: list[str]


class Author(Model):
    """Has books."""

    id: Col[int] = identity()
    name: Col[str]
    born: Col[dt.date | None] = col(default=None)
    books: Many["Book"] = many(lambda: Book.author_id)


class Book(Model):
    """Has columns of many types."""

    id: Col[int] = identity()
    author_id: Col[int] = references(lambda: Author.id)
    editor_id: Col[int | None] = references(lambda: Author.id, default=None)
    author: One[Author] = one()
    editor: One[Author | None] = one()
    title: Col[str]
    subtitle: Col[str | None] = col(default=None)
    pages: Col[int] = col(default=100)
    price: Col[Decimal] = col(default=Decimal(0))
    weight: Col[float | None] = col(default=None)
    status: Col[Status] = col(default=Status.DRAFT)
    tags: Col[list[str]] = col(default=[])
    prefs: Col[dict[str, Any]] = col(default={})
    stats: Col[Stats | None] = col(default=None)
    on_sale: Col[Range[dt.date] | None] = col(default=None)
    is_new: Col[bool | None] = col(default=None)
    created: Col[dt.datetime] = col(default_factory=lambda: dt.datetime.now(dt.UTC))
    search: Col[TsVector | None] = col(default=None)
    tags_: Many["Tag"] = many(through=lambda: BookTag)


class Tag(Model):
    """Is linked with books."""

    id: Col[int] = identity()
    name: Col[str] = col(unique=True)


class BookTag(Model):
    """A link."""

    book_id: Col[int] = references(lambda: Book.id, primary_key=True)
    tag_id: Col[int] = references(lambda: Tag.id, primary_key=True)


class Note(Model):
    """Has what the database and the ORM count and compute."""

    id: Col[int] = identity()
    text: Col[str]
    version: Col[int] = version()
    upper: Col[str] = generated("upper(text)")


class TagCard(Shape[Tag]):
    """A part of the next."""

    name: str


class AuthorCard(Shape[Author]):
    """Another part."""

    name: str
    born: dt.date | None


class BookCard(Shape[Book]):
    """What a page about a book shows."""

    title: str
    author: AuthorCard
    written_by: str = of(lambda: Book.author.name)
    edited_by: str | None = of(lambda: Book.editor.name)
    editor: AuthorCard | None
    tags_: list[TagCard]
    cheapest: list[TagCard] = of(lambda: Book.tags_.order_by(Tag.name).limit(3))
    more: int = of(lambda: Book.tags_.count())
