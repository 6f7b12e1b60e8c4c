"""Models for the tests of writing: versions, jsonb, enums, what the database gives."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field
from typing import Any, TypeVar

from howdah.orm import Col, Model, col, generated, identity, raw, version

M = TypeVar("M", bound=Model)


def keyed(key: int, one: M) -> M:
    """The object with a key that the program gives."""
    one.id = key  # type: ignore[attr-defined]
    return one


class Mood(enum.Enum):
    CALM = "calm"
    WILD = "wild"


@dataclass
class Stats:
    views: int = 0
    langs: list[str] = field(default_factory=list)


class Note(Model, schema="app"):
    """Of everything that needs care: a schema, a version, jsonb, arrays, an enum, defaults."""

    id: Col[int] = identity(always=True)
    text: Col[str]
    slug: Col[str | None] = col(default=None, unique=True)
    mood: Col[Mood] = col(default=Mood.CALM)
    tags: Col[list[str]] = col(default_factory=list)
    prefs: Col[dict[str, Any] | None] = col(default_factory=dict)
    stats: Col[Stats | None] = col(default=None)
    made: Col[dt.datetime] = col(default=raw("now()"))
    size: Col[int] = generated("length(text)")
    edition: Col[int] = version()


class Plain(Model):
    """Of a key that the program gives, and one column."""

    key: Col[str] = col(primary_key=True)
    value: Col[int | None] = col(default=None)


TABLES = """
create schema app;
create type mood as enum ('calm', 'wild');
create table app.note (
    id bigint generated always as identity primary key, text text not null, slug text unique,
    mood mood not null default 'calm', tags text[] not null, prefs jsonb, stats jsonb,
    made timestamptz not null default now(), size int generated always as (length(text)) stored,
    edition int not null default 1);
create table plain (key text primary key, value bigint);
"""
