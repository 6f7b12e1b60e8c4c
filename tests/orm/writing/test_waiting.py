"""In a transaction single writes travel together, and all is as if each had waited."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import errors
from howdah.orm import Bound, Col, Model, col, executors, raw, select, transactions
from tests.orm.library import TABLES, Author, Book, BookTag, Tag
from tests.orm.writing.models import Note, Plain, keyed

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stamp(Model):
    id: Col[int] = col(primary_key=True)
    made: Col[str] = col(default=raw("'now'"))


async def test_a_loop_of_inserts(db: Any) -> None:
    authors = [Author(name=f"A{n}") for n in range(3000)]
    async with db.tx() as tx:
        for author in authors:
            await tx.insert(author)
    assert len({author.id for author in authors}) == 3000
    found = await db.fetch(select(Author).where(Author.id > 100).order_by(Author.id))
    assert [(one.id, one.name) for one in found] == [(one.id, one.name) for one in authors]


async def test_keys_are_known_at_once(db: Any) -> None:
    async with db.tx() as tx:
        for number in range(20):
            author = Author(name=f"A{number}")
            await tx.insert(author)
            for title in "abc":
                await tx.insert(Book(author_id=author.id, title=title))
    counts = await db.fetch(select(Author.books.count()).where(Author.id > 100))
    assert counts == [3] * 20


async def test_order_is_kept(notes: Any) -> None:
    async with notes.tx() as tx:
        one = Plain(key="a", value=1)
        await tx.insert(one)
        one.value = 2
        await tx.update(one)
        await tx.delete(one)
        await tx.insert(Plain(key="a", value=3))
        assert await tx.fetch(select(Plain.value)) == [3]
        two = Plain(key="b")
        await tx.save(two)
        two.value = 5
        await tx.save(two)
        two.value = 6
        await tx.save(two)
    assert await notes.fetch(select(Plain.key, Plain.value).order_by(Plain.key)) == [
        ("a", 3),
        ("b", 6),
    ]


async def test_values_are_those_of_the_call(notes: Any) -> None:
    tags = ["x"]
    prefs = {"a": [1]}
    note = Note(text="x", tags=tags, prefs=prefs)
    async with notes.tx() as tx:
        await tx.insert(Note(text="first"))
        await tx.insert(note)
        note.text = "changed, never saved"
        tags.append("y")
        prefs["a"].append(2)
    found = await notes.fetch(select(Note).where(Note.id == note.id).one())
    assert (found.text, found.tags, found.prefs) == ("x", ["x"], {"a": [1]})
    assert note._changes == {"text": "x"}


async def test_what_waits_is_sent_before_anything_is_read(db: Any) -> None:
    async with db.tx() as tx:
        for number in range(3):
            await tx.insert(BookTag(book_id=5, tag_id=1 + number))
        assert await tx.fetch(select(BookTag).where(BookTag.book_id == 5).count()) == 3
        tag = await tx.get(Tag, 1)
        tag.name = "renamed"
        await tx.update(tag)
        assert await tx.fetch(select(Tag.name).where(Tag.id == 1).one()) == "renamed"
        await tx.insert(BookTag(book_id=6, tag_id=1))
        await tx.flush()
        assert await tx.connection.fetch_value("select count(*) from book_tag") == 8


@pytest.mark.parametrize("count", [5, 200])
async def test_an_error_is_raised_before_the_commit(db: Any, count: int) -> None:
    links: list[Any] = [BookTag(book_id=5, tag_id=1)] + [
        keyed(1000 + n, Tag(name=f"t{n}")) for n in range(count)
    ]
    with pytest.raises(errors.UniqueViolation) as caught:
        async with db.tx() as tx:
            for link in links:
                await tx.insert(link)
            await tx.insert(keyed(5000, Tag(name="t3")))
    assert "the write is at" in caught.value.__notes__[-1]
    assert await db.fetch(select(Tag).count()) == 3
    assert links[0]._cohort is None


async def test_a_stale_object_is_told(notes: Any) -> None:
    note = Note(text="x")
    await notes.insert(note)
    await notes.connection.execute("update app.note set edition = 5")
    plain = Plain(key="k")
    await notes.insert(plain)
    await notes.connection.execute("delete from plain")
    plain.value = 1
    with pytest.raises(errors.StaleObject) as caught:
        async with notes.tx() as tx:
            await tx.update(plain)
    assert "the write is at" in caught.value.__notes__[-1]
    assert plain._changes == {"value": None}


async def test_after_an_error_nothing_is_committed(notes: Any) -> None:
    plain = Plain(key="k")
    await notes.insert(plain)
    await notes.connection.execute("delete from plain")
    plain.value = 1
    with pytest.raises(errors.InFailedSqlTransaction, match="cannot go on"):
        async with notes.tx() as tx:
            await tx.insert(Plain(key="a"))
            await tx.update(plain)
            with pytest.raises(errors.StaleObject):
                await tx.flush()
            await tx.insert(Plain(key="b"))
    assert await notes.fetch(select(Plain).count()) == 0
    async with notes.tx() as tx:
        with pytest.raises(errors.StaleObject):
            async with tx.tx() as inner:
                await inner.update(plain)
        await tx.insert(Plain(key="c"))
    assert await notes.fetch(select(Plain.key)) == ["c"]


async def test_a_key_of_the_program_outlives_a_rollback(db: Any) -> None:
    tags = [Tag(name="a"), Tag(name="b"), keyed(70, Tag(name="c"))]
    with pytest.raises(ZeroDivisionError):
        async with db.tx() as tx:
            for tag in tags:
                await tx.insert(tag)
            raise ZeroDivisionError
    assert tags[2].id == 70
    with pytest.raises(errors.NotLoaded):
        tags[1].id  # noqa: B018


@pytest.fixture
def sync_db(database: str) -> Iterator[Bound]:
    with howdah.connect(database) as conn:
        conn.execute(TABLES)
        yield Bound(conn)


def line_of(marker: str) -> int:
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.endswith(f"# {marker}"))


def test_an_error_names_the_line_of_the_write(sync_db: Bound) -> None:
    with pytest.raises(errors.UniqueViolation) as caught, sync_db.tx() as tx:
        tx.insert(keyed(10, Tag(name="fine")))
        tx.insert(keyed(11, Tag(name="new")))  # the clash
        tx.insert(keyed(12, Tag(name="also fine")))
    note = caught.value.__notes__[-1]
    assert f"{__file__}:{line_of('the clash')}, in `test_an_error_names" in note


def test_an_error_of_one_among_many_names_its_line(sync_db: Bound) -> None:
    with pytest.raises(errors.UniqueViolation) as caught, sync_db.tx() as tx:
        for number in range(100):
            tx.insert(keyed(100 + number, Tag(name=f"t{number}")))
        tx.insert(keyed(300, Tag(name="t7")))  # the late clash
        for number in range(100):
            tx.insert(keyed(400 + number, Tag(name=f"u{number}")))
    assert f"{__file__}:{line_of('the late clash')}" in caught.value.__notes__[-1]


def test_round_trips(sync_db: Bound, monkeypatch: pytest.MonkeyPatch) -> None:
    """1,000 inserts cost a handful of steps, and reading what was not given one more."""
    steps = 0
    plain = executors.drive

    def counting(made: Any, connection: Any) -> Any:
        def counted() -> Any:
            nonlocal steps
            answer = None
            try:
                while True:
                    step = made.send(answer)
                    steps += 1
                    answer = yield step
            except StopIteration as done:
                return done.value

        return plain(counted(), connection)

    monkeypatch.setattr(transactions, "drive", counting)
    with sync_db.tx() as tx:
        for number in range(1000):
            tx.insert(Author(name=str(number)))
    assert steps < 15


def test_reading_what_the_database_gives_sends_what_waits(sync_db: Bound) -> None:
    sync_db.connection.execute("create table stamp (id int primary key, made text default 'now')")
    with sync_db.tx() as tx:
        stamps = [Stamp(id=number) for number in range(3)]
        for stamp in stamps:
            tx.insert(stamp)
        assert tx._waiting.count == 3
        assert stamps[1].made == "now"
        assert tx._waiting.count == 0
