"""The models that the other files about the ORM speak of."""

import datetime as dt
import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from howdah.orm import Col, Many, Model, One, TsVector, col, identity, many, one, references
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
