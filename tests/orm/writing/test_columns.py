"""Columns that need care: versions, generated ones, defaults, enums, arrays, jsonb, schemas."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from howdah import errors
from howdah.orm import delete, select, update
from tests.orm.writing.models import Mood, Note, Plain, Stats

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.mark.parametrize("count", [1, 3, 120])
async def test_what_the_database_gives_comes_back(notes: Any, count: int) -> None:
    made = [
        Note(text="x" * n, mood=Mood.WILD, tags=["a", "b"], stats=Stats(n, ["de"]))
        for n in range(1, count + 1)
    ]
    await notes.insert(made)
    assert [note.id for note in made] == list(range(1, count + 1))
    assert [note.size for note in made] == list(range(1, count + 1))
    assert all(isinstance(note.made, dt.datetime) for note in made)
    found = await notes.fetch(select(Note).order_by(Note.id))
    for note, row in zip(made, found, strict=True):
        for name in ("id", "text", "mood", "tags", "prefs", "stats", "made", "size", "edition"):
            assert getattr(note, name) == getattr(row, name), name


async def test_without_returning_the_rest_is_loaded_when_it_is_touched(notes: Any) -> None:
    made = [Note(text="x" * n) for n in range(1, 61)]
    await notes.insert(made, returning=False)
    assert [note.id for note in made] == list(range(1, 61))
    await notes.load(made, Note.size)
    assert [note.size for note in made] == list(range(1, 61))


async def test_a_version_is_raised_and_checked(notes: Any) -> None:
    note = Note(text="first")
    await notes.insert(note)
    assert note.edition == 1
    other = await notes.get(Note, note.id)
    note.text = "second!"
    await notes.update(note)
    assert (note.edition, note.size) == (2, 7)
    other.text = "lost"
    with pytest.raises(errors.StaleObject):
        await notes.update(other)
    assert other._changes == {"text": "first"}
    with pytest.raises(errors.StaleObject):
        await notes.delete(other)
    assert await notes.fetch(select(Note.text)) == ["second!"]
    await notes.delete(note)
    assert await notes.fetch(select(Note).count()) == 0


async def test_many_versions_are_checked_in_one_statement(notes: Any) -> None:
    made = [Note(text=f"{n}") for n in range(4)]
    await notes.insert(made)
    await notes.execute(update(Note).where(Note.id == 3).set(Note.text.to("by another")))
    for note in made:
        note.tags = [*note.tags, "new"]
    with pytest.raises(errors.StaleObject, match="text='2'"):
        await notes.update(made)
    assert await notes.fetch(select(Note).where(Note.tags.contains(["new"])).count()) == 0
    fresh = await notes.fetch(select(Note).order_by(Note.id))
    for note in fresh:
        note.tags = ["new"]
        note.mood = Mood.WILD
        note.stats = Stats(5)
    await notes.update(fresh)
    assert [note.edition for note in fresh] == [2, 2, 3, 2]
    rows = await notes.fetch(select(Note.tags, Note.mood, Note.stats))
    assert rows == [(["new"], Mood.WILD, Stats(5))] * 4


async def test_a_statement_raises_versions_too(notes: Any) -> None:
    await notes.insert(Note(text="x"))
    assert await notes.execute(update(Note).all().set(Note.text.to("y"))) == 1
    assert await notes.fetch(select(Note.edition)) == [2]


def test_a_computed_column_cannot_be_set() -> None:
    with pytest.raises(errors.ProgrammingError, match="computed by the database"):
        update(Note).set(Note.size.to(1))


async def test_keys_that_are_texts(notes: Any) -> None:
    made = [Plain(key=f"k{n}", value=n) for n in range(100)]
    await notes.insert(made)
    for one in made:
        one.value = None
    await notes.update(made)
    assert await notes.fetch(select(Plain).where(Plain.value == None).count()) == 100  # noqa: E711
    await notes.delete(made[:50])
    assert await notes.execute(delete(Plain).all()) == 50


@contextlib.asynccontextmanager
async def clerk(notes: Any, rights: str) -> AsyncIterator[None]:
    """Be somebody else who has few rights."""
    name = await notes.connection.fetch_value("select 'clerk_' || current_database()")
    await notes.connection.execute(f"create role {name}")
    try:
        await notes.connection.execute(rights.replace("CLERK", name))
        await notes.connection.execute(f"set role {name}")
        yield
    finally:
        await notes.connection.execute(f"reset role; drop owned by {name}; drop role {name}")


async def test_rows_under_row_level_security_are_inserted_without_copy(notes: Any) -> None:
    rights = """
        grant all on plain to CLERK; alter table plain enable row level security;
        create policy mine on plain using (key like 'k%') with check (key like 'k%')
    """
    async with clerk(notes, rights):
        await notes.insert([Plain(key=f"k{n}") for n in range(100)])
        assert await notes.fetch(select(Plain).count()) == 100
        with pytest.raises(errors.InsufficientPrivilege):
            await notes.insert([Plain(key=f"x{n}") for n in range(100)])


async def test_a_sequence_that_may_not_be_used(notes: Any) -> None:
    rights = "grant usage on schema app to CLERK; grant select, insert on app.note to CLERK"
    async with clerk(notes, rights):
        made = [Note(text=str(n)) for n in range(100)]
        await notes.insert(made, returning=False)
        assert [note.id for note in made] == list(range(1, 101))
