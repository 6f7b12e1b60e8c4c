"""Transactions: settings, savepoints, retries, and what becomes of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import errors
from howdah.orm import Bound, delete, select
from tests.orm.library import Author, Tag
from tests.orm.writing.models import Note, keyed

if TYPE_CHECKING:
    from collections.abc import Callable


async def test_a_transaction_commits_and_rolls_back(db: Any) -> None:
    async with db.tx() as tx:
        await tx.insert(Tag(name="kept"))
        await tx.insert([Tag(name="too")])
    with pytest.raises(ZeroDivisionError):
        async with db.tx() as tx:
            await tx.insert(Tag(name="lost"))
            assert await tx.fetch(select(Tag).count()) == 6
            raise ZeroDivisionError
    assert await db.fetch(select(Tag.name).where(Tag.id > 3).order_by(Tag.id)) == ["kept", "too"]


async def test_settings_travel_with_the_first_statement(db: Any) -> None:
    conn = db.connection
    settings = {"app.tenant": 7, "app.who": "it's \\ me", "app.on": True, "app.none": None}
    async with db.tx(settings=settings, isolation="serializable", read_only=True) as tx:
        for name, value in [("tenant", "7"), ("who", "it's \\ me"), ("on", "on"), ("none", "")]:
            found = await conn.fetch_value("select current_setting($1)", f"app.{name}")
            assert found == value
        assert await conn.fetch_value("show transaction_isolation") == "serializable"
        assert await tx.fetch(select(Tag).count()) == 3
        with pytest.raises(errors.ReadOnlySqlTransaction):
            async with tx.tx() as inner:
                await inner.insert(Tag(name="x"))
    assert await conn.fetch_value("select current_setting('app.tenant', true)") in {None, ""}
    async with db.tx(settings={"app.tenant": 8}):
        pass
    assert conn.transaction_status == "idle"
    with pytest.raises(errors.ProgrammingError, match=r"setting `app\.x` is a `list`"):
        db.tx(settings={"app.x": []})


async def test_the_rows_of_settings_are_not_those_of_a_prepared_first_statement(db: Any) -> None:
    names = select(Tag.name).order_by(Tag.id)
    for tenant in range(3):
        settings = {"app.tenant": tenant}
        async with db.tx(settings=settings) as tx:
            assert await tx.fetch(select(Tag).count()) == 3
        async with db.tx(settings=settings) as tx:
            assert await tx.fetch(names) == ["new", "old", "rare"]
        async with db.tx(settings=settings) as tx:
            assert (await tx.get(Tag, 1)).name == "new"
        async with db.tx(settings=settings) as tx:
            assert await tx.fetch(names.first()) == "new"
        async with db.tx(settings=settings) as tx:
            assert await tx.batch(names, select(Tag).count()) == (["new", "old", "rare"], 3)
        async with db.tx(settings=settings) as tx:
            assert [name async for name in tx.stream(names)] == ["new", "old", "rare"]
        async with db.tx(settings=settings) as tx:
            await tx.insert([Tag(name=f"more {tenant}")])
            await tx.execute(delete(Tag).where(Tag.name.like("more%")))


async def test_a_transaction_inside_is_a_savepoint(db: Any) -> None:
    async with db.tx() as tx:
        await tx.insert(keyed(50, Tag(name="outer")))
        with pytest.raises(errors.UniqueViolation):
            async with tx.tx() as inner:
                await inner.insert(keyed(51, Tag(name="inner")))
                await inner.insert(keyed(52, Tag(name="outer")))
        await tx.insert(keyed(53, Tag(name="after")))
    assert await db.fetch(select(Tag.id).where(Tag.id >= 50).order_by(Tag.id)) == [50, 53]


async def test_after_a_rollback_objects_are_as_before(db: Any) -> None:
    old = await db.get(Tag, 1)
    gone = await db.get(Tag, 3)
    new = [Tag(name="a"), Tag(name="b")]
    later = Author(name="z")
    with pytest.raises(ZeroDivisionError):
        async with db.tx() as tx:
            await tx.insert(new)
            await tx.insert(later)
            await tx.insert(Author(name="y"))
            old.name = "first"
            await tx.save(old)
            old.name = "second"
            await tx.save([old])
            await tx.delete(gone)
            assert old._changes is None
            raise ZeroDivisionError
    assert [one._cohort for one in (*new, later)] == [None] * 3
    assert old._changes == {"name": "new"}
    assert gone._cohort is not None
    await db.save([old, later, *new])
    assert new[1].name == "b"
    found = await db.fetch(select(Tag.name).order_by(Tag.name))
    assert found == ["a", "b", "old", "rare", "second"]


async def test_after_a_rollback_a_version_is_as_before(notes: Any) -> None:
    note = Note(text="x")
    await notes.insert(note)
    with pytest.raises(ZeroDivisionError):
        async with notes.tx() as tx:
            note.text = "longer"
            await tx.update(note)
            assert (note.edition, note.size) == (2, 6)
            async with tx.tx() as inner:
                await inner.change(note, Note.text.to("even longer"))
                assert (note.edition, note.text) == (3, "even longer")
            raise ZeroDivisionError
    assert (note.edition, note.size) == (1, 1)
    note.text = "fine"
    await notes.save(note)
    assert (note.edition, note.size) == (2, 4)


async def test_objects_of_a_transaction_load_after_it(db: Any) -> None:
    async with db.tx() as tx:
        author = await tx.get(Author, 1)
        async with tx.tx() as inner:
            tag = await inner.get(Tag, 1)
            few = await inner.fetch(select(Author).only(Author.id).order_by(Author.id))
    await db.load([author], Author.books)
    assert len(author.books) > 0
    assert len(await author.edited) == 0
    assert len(await tag.books) == 2
    assert await few[0].name == "Ann" if inner.is_async else few[0].name == "Ann"


async def test_a_transaction_that_is_over_takes_no_verbs(db: Any) -> None:
    cached = select(Tag).cached(60)
    async with db.tx(settings={"app.tenant": 7}) as tx, tx.tx() as inner:
        tag = await tx.get(Tag, 1)
    tag.name = "changed"

    async def work(again: Any) -> None:
        raise AssertionError(again)

    verbs: list[Callable[[Any], Any]] = [
        lambda it: it.insert(Tag(name="lost")),
        lambda it: it.insert([Tag(name="lost"), Tag(name="too")]),
        lambda it: it.update(tag),
        lambda it: it.save(tag),
        lambda it: it.delete(tag),
        lambda it: it.upsert(tag),
        lambda it: it.get(Tag, 1),
        lambda it: it.load([tag], Tag.books),
        lambda it: it.fetch(select(Tag)),
        lambda it: it.fetch(cached),
        lambda it: it.execute(delete(Tag).all()),
        lambda it: it.batch(select(Tag), select(Tag).count()),
        lambda it: it.tx()(work)(),
        lambda it: it.tx(retry=2)(work)(),
    ]
    for ended in (tx, inner):
        for verb in verbs:
            with pytest.raises(errors.InterfaceError, match="the transaction is over") as caught:
                await verb(ended)
            assert "begin another" in (caught.value.hint or "")
        with pytest.raises(errors.InterfaceError, match="the transaction is over"):
            ended.connection  # noqa: B018
        with pytest.raises(errors.InterfaceError, match="the transaction is over"):
            [one async for one in ended.stream(select(Tag))]
    assert await db.fetch(select(Tag.name).order_by(Tag.id)) == ["new", "old", "rare"]


async def test_a_function_is_repeated(db: Any, connector: Any) -> None:
    other = await connector()
    seen: list[Any] = []
    async with other:

        async def raise_pages(tx: Any, by: int) -> int:
            tag = await tx.get(Tag, 1)
            seen.append(tag)
            if len(seen) == 1:
                await other.execute("update tag set name = 'by another' where id = 1")
            tag.name += "!" * by
            await tx.save(tag)
            return len(seen)

        repeated = db.tx(isolation="repeatable read", retry=3)(raise_pages)
        assert await repeated(2) == 2
        assert await db.fetch(select(Tag.name).where(Tag.id == 1).one()) == "by another!!"
        assert seen[0]._changes == {"name": "new"}


async def test_a_function_without_retry_runs_once(db: Any) -> None:
    async def fail(tx: Any) -> None:
        await tx.insert(Tag(name="x"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.tx()(fail)()
    with pytest.raises(ZeroDivisionError):
        await db.tx(retry=3)(fail)()
    assert await db.fetch(select(Tag).count()) == 3


async def test_a_block_cannot_be_repeated(db: Any) -> None:
    with pytest.raises(errors.ProgrammingError, match="block cannot be repeated"):
        async with db.tx(retry=3):
            pass
    block = db.tx()
    async with block:
        pass
    with pytest.raises(errors.ProgrammingError, match="entered only once"):
        async with block:
            pass
    with pytest.raises(TypeError, match="`retry` is a number"):
        db.tx(retry="often")


def test_a_decorated_function(database: str) -> None:
    with howdah.connect(database) as conn:
        conn.execute("create table tag (id int generated by default as identity, name text)")
        db = Bound(conn)

        @db.tx(retry=howdah.retry(attempts=2), read_only=False)
        def make(tx: Any, name: str, *, twice: bool = False) -> Tag:
            """Make a tag."""
            tag = Tag(name=name)
            tx.insert(tag)
            if twice:
                tx.insert(Tag(name=name))
            return tag

        assert make.__name__ == "make"
        assert make("x", twice=True).id == 1
        assert db.fetch(select(Tag.name)) == ["x", "x"]
