"""`@howdah.cache`: arguments are the key, results are kept as values."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import uuid
import zoneinfo
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import howdah
from howdah.caching import _values
from howdah.caching._keys import Unkeyed, digest
from howdah.caching._values import Unwritable, dump, load
from howdah.errors import ProgrammingError
from howdah.orm import AsyncBound, Shape, select, update
from howdah.types import Range
from tests.both import awaited
from tests.orm.library import Author, Book, Tag


class Mood(enum.Enum):
    good = "good"


@dataclasses.dataclass(frozen=True)
class Line:
    text: str
    mood: Mood | None = None


class Place(NamedTuple):
    row: int


class TagCard(Shape[Tag]):
    name: str


VALUES: list[Any] = [
    *(
        None,
        True,
        1,
        2**80,
        -0.5,
        float("inf"),
        "text \ud83d",
        b"\x00\xff",
        decimal.Decimal("1.50"),
    ),
    *(
        dt.date(2026, 2, 3),
        dt.time(4, 5, 6),
        dt.timedelta(days=-3, microseconds=7),
        uuid.UUID(int=7),
    ),
    dt.datetime(2026, 2, 3, 4, 5, 6, 7),  # noqa: DTZ001 (one without a zone)
    dt.datetime(2026, 2, 3, tzinfo=dt.UTC),
    dt.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
    *([1, [2]], (1, (2,)), {1, 2}, frozenset({"a"}), {"a": 1, 2: [3], (4, 5): None}),
    *(Mood.good, Line("x", Mood.good), Place(3), TagCard(name="x"), [Line("y")]),
]


def test_values_are_read_as_they_were_written() -> None:
    for value in VALUES:
        found = load(dump(value), None)
        assert found == value
        assert type(found) is type(value)
    berlin = load(dump(VALUES[15]), None)
    assert (berlin.fold, berlin.tzinfo.key) == (1, "Europe/Berlin")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_any_values_are_read_as_they_were_written(value: object) -> None:
    assert load(dump(value), None) == value


@given(JSON, JSON)
def test_different_values_have_different_keys(one: object, other: object) -> None:
    assert (digest(one) == digest(other)) == (repr(one) == repr(other))


def test_keys_tell_kinds_apart() -> None:
    values = [*VALUES, 1, 1.0, "1", b"1", decimal.Decimal(1), (1,), [1], {1}, {1: 1}, Range(1, 2)]
    values += [Range(1, 3), Range(1, 2, "[]"), ("a", "b"), ("ab",), dt.datetime(2026, 2, 3)]  # noqa: DTZ001
    keys = {digest(value) for value in values}
    assert len(keys) == len(values) - 1  # 1 is there twice
    for value in (object(), print, object):
        with pytest.raises(Unkeyed):
            digest(value)
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(Unkeyed):
        digest(endless)
    with pytest.raises(Unwritable):
        dump(endless)


def test_classes_that_nobody_knows_are_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    data = dump([Line("x")])
    monkeypatch.setattr(_values, "_written", {})
    with pytest.raises(LookupError):
        load(data, None)
    with pytest.raises(ValueError, match="unknown kind"):
        load(b'{"os.system":["x"]}', None)


async def test_a_result_is_kept_for_its_arguments(db: Any) -> None:
    calls: list[tuple[int, str]] = []
    called = cached_function(db, calls)
    assert await called(1) == ["Book 1", "x"]
    assert await called(1) == ["Book 1", "x"]
    assert await called(1, word="x") == ["Book 1", "x"]
    assert await called(2) == ["Book 2", "x"]
    assert await called(1, word="y") == ["Book 1", "y"]
    assert calls == [(1, "x"), (2, "x"), (1, "y")]
    found = await called(1)
    found.append("of the caller")
    assert await called(1) == ["Book 1", "x"]
    await db.execute(update(Tag).where(Tag.id == 1).set(Tag.name.to("other")))
    await called(1)
    assert len(calls) == 3
    await db.execute(update(Book).where(Book.id == 1).set(Book.title.to("new")))
    assert await called(1) == ["new", "x"]


def cached_function(db: Any, calls: list[tuple[int, str]]) -> Any:
    """A cached function of either world, on `db`."""
    if isinstance(db, howdah.AsyncDatabase):

        @howdah.cache(60, tags=[Book])
        async def titles_async(on: Any, number: int, word: str = "x") -> list[str]:
            calls.append((number, word))
            return [*await on.fetch(select(Book.title).where(Book.id == number)), word]

        return lambda *args, **options: titles_async(db, *args, **options)

    @howdah.cache(60, tags=[Book])
    def titles(on: Any, number: int, word: str = "x") -> list[str]:
        calls.append((number, word))
        return [*on.fetch(select(Book.title).where(Book.id == number)), word]

    async def call(*args: Any, **options: Any) -> Any:
        return titles(db._verbs, *args, **options)

    return call


async def test_objects_among_results(database: str) -> None:
    from tests.orm.library import TABLES

    with howdah.Database(database, cache=howdah.Cache()) as db:
        db.execute(TABLES)

        @db.cache(60, tags=[Book, Author])
        def books(least: int) -> tuple[list[Book], Book, Author]:
            found = db.fetch(select(Book).where(Book.id >= least).order_by(Book.id))
            return found, found[0], Author(name="not in the database")

        books(3)
        (first, *others), same, new = books(3)
        assert first is same
        assert first is not books(3)[1]
        assert [it.id for it in others] == [4, 5, 6]
        assert first.author.name == "Bob"
        assert others[0].author.name == "Ann"
        assert new._cohort is None
        first.title = "changed"
        db.update(first)
        assert books(3)[0][0].title == "changed"

        @howdah.cache(60)
        def of_anything(on: Any) -> Any:
            return on.fetch(select(Tag).count())

        assert of_anything(db) == of_anything(db) == 3
        db.insert(Tag(name="fourth"))
        assert of_anything(db) == 4
        with db.tx() as tx:
            tx.insert([Tag(name="fifth")])
            assert of_anything(tx) == 5
            assert of_anything(db) == 4
        assert of_anything(db) == 5
        assert of_anything(tx) == 5
        assert of_anything(db) == 5


async def test_functions_of_one_factory_have_answers_of_their_own(db: Any) -> None:
    def made(word: str, name: str | None = None) -> Any:
        @howdah.cache(60, name=name)
        async def later(_: Any) -> str:
            return word

        @howdah.cache(60, name=name)
        def now(_: Any) -> str:
            return word

        return later if isinstance(db, howdah.AsyncDatabase) else awaited(now)

    on = getattr(db, "_verbs", db)
    one, other = made("one"), made("other")
    assert [await one(on), await other(on), await one(on)] == ["one", "other", "one"]
    assert (db.cache.stats().misses, db.cache.stats().hits) == (2, 1)
    one, other = made("one", "shared"), made("other", "shared")
    assert [await one(on), await other(on)] == ["one", "one"]


def test_lambdas_have_answers_of_their_own(database: str) -> None:
    with howdah.Database(database, cache=howdah.Cache()) as db:
        cached: Any = db.cache(60)
        functions = [cached(lambda: "one"), cached(lambda: "other")]
        assert [it() for it in functions * 2] == ["one", "other"] * 2
        assert db.cache.stats().hits == 2


async def test_misuse(db: Any) -> None:
    with pytest.raises(ValueError, match="ttl"):
        howdah.cache(0)
    with pytest.raises(ValueError, match="name"):
        howdah.cache(60, name="")

    @howdah.cache(60)
    async def nothing(*_: object) -> object:
        return object()

    @howdah.cache(60)
    def plain_nothing(*_: object) -> object:
        return object()

    with pytest.raises(ProgrammingError, match="without a database"):
        await nothing()
    is_async = isinstance(db, howdah.AsyncDatabase)
    on = db if is_async else db._verbs
    function, other = (nothing, plain_nothing) if is_async else (plain_nothing, nothing)

    async def call(it: Any, *args: Any) -> Any:
        answer = it(*args)
        return await answer if hasattr(answer, "__await__") else answer

    with pytest.raises(TypeError, match="`object` cannot be cached"):
        await call(function, on)
    with pytest.raises(TypeError, match="cannot be part of a key"):
        await call(function, on, object())
    with pytest.raises(ProgrammingError, match="one world"):
        await call(other, on)


async def test_without_a_cache_it_is_called(conn: Any) -> None:
    if not isinstance(conn, howdah.AsyncConnection):
        return
    calls = []

    @howdah.cache(60)
    async def one(on: AsyncBound) -> int:
        calls.append(on)
        return 1

    assert await one(AsyncBound(conn)) == await one(AsyncBound(conn)) == 1
    assert len(calls) == 2
