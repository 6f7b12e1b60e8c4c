"""Events are told of every object that is written, however it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from howdah.orm import after, before, select
from howdah.orm.writes import events
from tests.orm.library import Tag
from tests.orm.writing.models import Plain

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def told() -> Iterator[list[tuple[str, list[str]]]]:
    """What the listeners of `Plain` have heard."""
    heard: list[tuple[str, list[str]]] = []
    listeners = []
    for when in (before, after):
        for operation in ("insert", "update", "delete"):
            name = f"{when.__name__} {operation}"

            def listen(objects: list[Plain], name: str = name) -> None:
                heard.append((name, [one.key for one in objects]))

            listeners.append(when(Plain, operation)(listen))
    yield heard
    for listener in listeners:
        events.forget(Plain, listener)


def around(operation: str, *keys: str) -> list[tuple[str, list[str]]]:
    return [(f"{when} {operation}", list(keys)) for when in ("before", "after")]


async def test_each_way_of_writing_is_told(notes: Any, told: list[tuple[str, list[str]]]) -> None:
    one, two = Plain(key="a"), Plain(key="b")
    await notes.insert([one, two, Tag(name="silent")])
    one.value = 1
    await notes.update([one, two])
    await notes.save(two)
    await notes.change(two, Plain.value.to(3))
    await notes.delete([two])
    await notes.upsert([Plain(key="a"), Plain(key="c")])
    assert told == [
        *around("insert", "a", "b"),
        *around("update", "a"),
        *around("update", "b"),
        *around("delete", "b"),
        ("before insert", ["a", "c"]),
        ("after insert", ["c"]),
        ("after update", ["a"]),
    ]


async def test_many_objects_and_transactions_are_told(
    notes: Any, told: list[tuple[str, list[str]]]
) -> None:
    keys = [f"k{n}" for n in range(200)]
    await notes.insert([Plain(key=key) for key in keys])
    assert told == around("insert", *keys)
    told.clear()
    async with notes.tx() as tx:
        for number in range(3):
            await tx.insert(Plain(key=str(number)))
    assert told == [call for number in range(3) for call in around("insert", str(number))]


async def test_a_listener_may_change_and_refuse_objects(notes: Any) -> None:
    @before(Plain, "insert", "update")
    def tidy(objects: list[Plain]) -> None:
        for one in objects:
            if one.value == 13:
                raise ValueError("not this number")
            one.key = one.key.strip()

    try:
        await notes.insert(Plain(key=" a "))
        with pytest.raises(ValueError, match="not this number"):
            await notes.insert([Plain(key="b"), Plain(key="c", value=13)])
        one = await notes.get(Plain, "a")
        one.value = 13
        with pytest.raises(ValueError, match="not this number"):
            await notes.save(one)
    finally:
        events.forget(Plain, tidy)
    assert await notes.fetch(select(Plain.key, Plain.value)) == [("a", None)]


def test_operations_are_checked() -> None:
    with pytest.raises(ValueError, match="'insert', 'update' or 'delete'"):
        before(Plain, "upsert")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="found None"):
        after(Plain)
