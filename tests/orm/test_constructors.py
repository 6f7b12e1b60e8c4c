"""Making objects: `Question(text="Why?")` is native, and as Python would do it."""

from __future__ import annotations

import gc
import inspect
import weakref
from typing import Any
from unittest import mock

import pytest

from howdah.orm import Bound, Col, Model, col, identity, select
from tests.orm.library import TABLES, Author, Review


class Tags(list[Any]):
    """A list that can be watched."""


class Pot(Model):
    """A model with every kind of default."""

    id: Col[int] = identity()
    name: Col[str]
    size: Col[int] = col(default=3)
    tags: Col[list[str]] = col(default_factory=list)
    marks: Col[list[int]] = col(default=[1, 2])
    lid: Col[str | None] = col(default=None)


def values(pot: Pot) -> dict[str, Any]:
    """What is in the slots."""
    return Pot.__table__.loaded(pot)


DEFAULTS: dict[str, Any] = {"size": 3, "tags": [], "marks": [1, 2], "lid": None}


def test_columns_that_are_not_given_have_their_defaults() -> None:
    assert values(Pot(name="a")) == {"name": "a", **DEFAULTS}
    assert values(Pot(lid="x", name="a", size=4)) == {
        **DEFAULTS,
        "name": "a",
        "size": 4,
        "lid": "x",
    }
    make: Any = Pot
    assert values(make(**{"na" + "me": "b"})) == {"name": "b", **DEFAULTS}


def test_each_object_has_a_default_of_its_own() -> None:
    one, other = Pot(name="a"), Pot(name="b")
    one.tags.append("x")
    one.marks.append(3)
    assert (other.tags, other.marks) == ([], [1, 2])


def test_mistakes_are_told_as_for_any_class() -> None:
    make: Any = Pot
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'name'"):
        make()
    with pytest.raises(TypeError, match="unexpected keyword argument 'nmae'"):
        make(nmae="a")
    with pytest.raises(TypeError, match="takes 1 positional argument but 2 were given"):
        make("a")
    assert str(inspect.signature(Pot)).startswith("(*, name, id=…, size=3")


def test_what_a_default_raises_is_raised() -> None:
    class Broken(Model):
        id: Col[int] = col(default_factory=lambda: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        Broken()
    assert Broken(id=1).id == 1


def test_what_the_program_puts_in_its_place_is_called() -> None:
    with mock.patch.object(Pot, "__init__", return_value=None) as replaced:
        assert values(Pot(name="a")) == {}
    replaced.assert_called_once_with(name="a")
    assert values(Pot(name="a"))["name"] == "a"


def test_a_class_that_is_made_or_set_in_its_own_way() -> None:
    written = []

    class Noting(Model):
        id: Col[int]

        def __setattr__(self, name: str, value: Any) -> None:
            written.append(name)
            super().__setattr__(name, value)

    class Counted(Model):
        id: Col[int]

        def __new__(cls, **_: Any) -> Any:
            written.append("new")
            return super().__new__(cls)

    assert (Noting(id=1).id, Counted(id=2).id) == (1, 2)
    assert written == ["id", "new"]


def test_the_collector_knows_objects_that_refer_to_others() -> None:
    assert gc.is_tracked(Pot(name="a"))  # it has lists
    author = Author(name="Ann")
    author.books = [author]  # type: ignore[assignment]
    assert gc.is_tracked(author)
    token = Tags()
    author.books.append(token)  # type: ignore[arg-type]
    known = weakref.ref(token)
    del author, token
    gc.collect()
    assert known() is None


# --- objects that come alone


async def test_an_object_that_came_alone_is_as_others(db: Any) -> None:
    for author in (
        await db.get(Author, 1),
        await db.fetch(select(Author).order_by(Author.id).first()),
    ):
        assert not author._changes
        author.name = "Anna"
        assert author._changes == {"name": "Ann"}
        assert author._cohort.members() == [author]
        assert [book.title for book in await author.books] == ["Book 2", "Book 4", "Book 6"]
        author._forget_changes()
        assert not author._changes
        assert len(author._cohort) == 1


async def test_an_object_that_came_alone_is_updated_and_deleted(db: Any) -> None:
    review = await db.get(Review, 3)
    review.stars = 1
    await db.update(review)
    assert (await db.get(Review, 3)).stars == 1
    await db.delete(await db.get(Review, 3))
    assert await db.get(Review, 3) is None


def test_an_object_that_came_alone_keeps_nothing_alive(sync_conn: Any) -> None:
    sync_conn.execute(TABLES)
    db = Bound(sync_conn)
    author = db.get(Author, 1)
    assert author is not None
    assert not gc.is_tracked(author)
    cohort = author._cohort
    assert cohort is not None
    assert cohort.executor is db
    del author
    assert len(cohort) == 0
