"""Places within jsonb are changed where they are, and no change of another is lost."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import errors
from howdah.orm import Bound, select, update
from tests.orm.writing.models import TABLES, Note

if TYPE_CHECKING:
    from howdah.orm.statements.assignments import Assignment

PREFS = Note.prefs

CHANGES: list[tuple[Any, list[Assignment], Any]] = [
    ({}, [PREFS["a"].set(1)], {"a": 1}),
    (None, [PREFS["a"].set("x")], {"a": "x"}),
    ({"a": 1}, [PREFS["a"].set(None)], {"a": None}),
    (
        {"a": 1},
        [PREFS["b"].set({"c": [1, "x", None, True]})],
        {"a": 1, "b": {"c": [1, "x", None, True]}},
    ),
    ({}, [PREFS["a"]["b"]["c"].set(1)], {"a": {"b": {"c": 1}}}),
    ({"a": None}, [PREFS["a"]["b"].set(1)], {"a": {"b": 1}}),
    ({"a": {"b": 1, "c": 2}}, [PREFS["a"]["b"].set(3)], {"a": {"b": 3, "c": 2}}),
    ({"a": [1, 2]}, [PREFS["a"][1].set(3)], {"a": [1, 3]}),
    ({}, [PREFS["a"][0].set(3)], {"a": [3]}),
    ({"it's": 1}, [PREFS['quo"te'].set(2)], {"it's": 1, 'quo"te': 2}),
    ({"a": 1, "b": 2}, [PREFS["a"].remove()], {"b": 2}),
    ({"a": {"b": 1, "c": 2}}, [PREFS["a"]["b"].remove()], {"a": {"c": 2}}),
    ({"a": [1, 2, 3]}, [PREFS["a"][1].remove()], {"a": [1, 3]}),
    ({"a": 1}, [PREFS["x"]["y"].remove()], {"a": 1}),
    (None, [PREFS["x"].remove()], None),
    ({"a": [1]}, [PREFS["a"].append("x")], {"a": [1, "x"]}),
    ({"a": [1]}, [PREFS["a"].append([2])], {"a": [1, [2]]}),
    ({}, [PREFS["a"]["b"].append(None)], {"a": {"b": [None]}}),
    ({"n": 1}, [PREFS["n"].incr()], {"n": 2}),
    ({"n": 1.5}, [PREFS["n"].incr(-3)], {"n": -1.5}),
    ({}, [PREFS["a"]["n"].incr(5)], {"a": {"n": 5}}),
    (
        {"n": 1},
        [PREFS["n"].incr(), PREFS["n"].incr(), PREFS["l"].append("x"), PREFS["l"].append("y")],
        {"n": 3, "l": ["x", "y"]},
    ),
    ({"a": 1}, [PREFS.to({"b": 1}), PREFS["c"].set(2), PREFS["b"].remove()], {"c": 2}),
    ({}, [PREFS[f"k{n}"].set(n) for n in range(30)], {f"k{n}": n for n in range(30)}),
    ({}, [PREFS["id"].set(Note.id)], {"id": 1}),
]


async def test_each_change_of_a_place(notes: Any) -> None:
    note = Note(text="x", prefs={})
    await notes.insert(note)
    for before, changes, after in CHANGES:
        await notes.execute(update(Note).all().set(Note.prefs.to(before)))
        await notes.change(note, *changes)
        assert note.prefs == after, (before, changes)
        assert await notes.fetch(select(Note.prefs)) == [after]


async def test_what_is_no_number_is_not_raised(notes: Any) -> None:
    note = Note(text="x", prefs={"n": "many"})
    await notes.insert(note)
    with pytest.raises(errors.DataError):
        await notes.change(note, Note.prefs["n"].incr())
    with pytest.raises(TypeError, match="number"):
        Note.prefs["n"].incr(True)


async def test_a_change_of_no_row_raises(notes: Any) -> None:
    note = Note(text="x")
    await notes.insert(note)
    await notes.connection.execute("delete from app.note")
    with pytest.raises(errors.NoRow):
        await notes.change(note, Note.prefs["theme"].set("dark"))


def hammer(url: str, mine: str, times: int) -> None:
    """Raise a number of one's own in a document that others change, too."""
    with howdah.connect(url) as connection:
        db = Bound(connection)
        for number in range(times):
            statement = update(Note).where(Note.id == 1)
            place = Note.prefs[mine][f"key{number % 50}"]
            db.fetch(statement.set(place.incr(), Note.prefs[mine]["last"].set(number)).required())


def hammered(url: str, times: int) -> None:
    with howdah.connect(url) as connection:
        connection.execute(TABLES)
        Bound(connection).insert(Note(text="x"))
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=hammer, args=(url, who, times)) for who in ("a", "b")]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    with howdah.connect(url) as connection:
        (prefs,) = Bound(connection).fetch(select(Note.prefs))
    assert prefs is not None
    assert set(prefs) == {"a", "b"}
    for mine in prefs.values():
        assert mine.pop("last") == times - 1
        assert sum(mine.values()) == times


def test_two_processes_lose_no_change(database: str) -> None:
    hammered(database, 200)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_processes_lose_none_of_ten_thousand_changes(database: str) -> None:
    hammered(database, 10_000)
