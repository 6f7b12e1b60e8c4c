"""Functions and SQL of the program's own: what they read, and set, is not known to the cache."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import howdah
from howdah.orm import Col, Model, fn, identity, raw, raw_select, select, update
from howdah.orm.functions import count
from howdah.orm.schema import unique
from tests.both import awaited
from tests.orm.library import Book, Tag

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = select(Tag.name).order_by(Tag.id).cached(60)
OTHERS = select(Book.title).order_by(Book.id).cached(60)
CALL = fn.set_config("app.tenant", "old", True, type=str)


async def fetched(tx: Any) -> None:
    await tx.fetch(select(CALL))


async def fetched_as_text(tx: Any) -> None:
    await tx.fetch(select(raw("set_config('app.tenant', {}, true)", "old", type=str)))


async def fetched_as_a_statement(tx: Any) -> None:
    await tx.fetch(raw_select(str, "select set_config('app.tenant', 'old', true)"))


async def fetched_first(tx: Any) -> None:
    await tx.fetch(select(CALL).first())


async def cached(tx: Any) -> None:
    await tx.fetch(select(CALL).cached(60))


async def executed(tx: Any) -> None:
    await tx.execute(select(CALL))


async def in_a_batch(tx: Any) -> None:
    await tx.batch(select(count()), select(CALL))


async def streamed(tx: Any) -> None:
    assert [it async for it in tx.stream(select(CALL))] == ["old"]


async def in_a_savepoint(tx: Any) -> None:
    async with tx.tx() as inner:
        await inner.fetch(select(CALL))


async def with_a_write(tx: Any) -> None:
    written = update(Book).where(Book.id == 1).set(Book.title.to(CALL)).returning(Book.title)
    assert await tx.fetch(written) == ["old"]


async def with_an_upsert(tx: Any) -> None:
    book = Book(author_id=1, title="x")
    book.id = 1
    await tx.upsert(book, update=[Book.title.to(CALL)])


WAYS = [
    *(fetched, fetched_as_text, fetched_as_a_statement, fetched_first, cached, executed),
    *(in_a_batch, streamed, in_a_savepoint, with_a_write, with_an_upsert),
]


async def test_a_tenant_that_a_statement_sets_is_not_mixed_up(databases: Any) -> None:
    db = await databases()
    await db.execute("""
        create role caller_of_tests;
        grant all on all tables in schema public to caller_of_tests;
        alter table tag enable row level security;
        create policy own on tag using (name = current_setting('app.tenant', true));
    """)
    try:
        for way in WAYS:
            await _sets_the_tenant(db, way)
    finally:
        await db.execute("drop owned by caller_of_tests; drop role caller_of_tests")


async def _sets_the_tenant(db: Any, way: Callable[[Any], Any]) -> None:
    settings = {"role": "caller_of_tests"}
    async with db.tx(settings=settings) as tx:
        assert await tx.fetch(NAMES) == [], way.__name__  # which is kept
        await way(tx)
        assert await tx.fetch(NAMES) == ["old"], way.__name__
    await db.cache.invalidate(Tag)
    async with db.tx(settings=settings) as tx:
        await way(tx)
        assert await tx.fetch(NAMES) == ["old"], way.__name__
    async with db.tx(settings=settings) as tx:
        assert await tx.fetch(NAMES) == [], way.__name__


async def test_functions_in_such_a_transaction_are_called(db: Any) -> None:
    called = counted(db)
    async with db.tx() as tx:
        assert [await called(tx), await called(tx)] == [1, 1]
        await tx.fetch(select(CALL))
        assert await called(tx) == 2
    async with db.tx() as tx:
        assert await called(tx) == 1
    await db.cache.invalidate()
    async with db.tx() as tx:
        await tx.fetch(select(CALL))
        assert await called(tx) == 3
    assert await called(db) == 4


def counted(db: Any) -> Any:
    """A cached function of either world that says how often it was called."""
    numbers = itertools.count(1)
    if isinstance(db, howdah.AsyncDatabase):

        @howdah.cache(60)
        async def call_async(_: Any) -> int:
            return next(numbers)

        return call_async

    @howdah.cache(60)
    def call(_: Any) -> int:
        return next(numbers)

    return lambda on: awaited(call)(on._verbs)


async def test_what_is_known_leaves_the_cache_in_use(db: Any) -> None:
    async with db.tx() as tx:
        await tx.fetch(select(count()))
        await tx.fetch(select(Tag.name.lower()).where(raw("true", type=bool)))
        await tx.fetch(OTHERS)
        await tx.fetch(OTHERS)
    stats = db.cache.stats()
    assert (stats.misses, stats.hits, stats.bypassed) == (1, 1, 0)


async def test_a_function_may_read_any_table(db: Any) -> None:
    await db.execute("""
        create function books_of_tests() returns bigint stable
        begin atomic select count(*) from book where title like 'new%'; end
    """)
    call = fn.books_of_tests(type=int)
    statements = {
        "called": select(call).cached(60),
        "as text": select(raw("books_of_tests()", type=int)).cached(60),
        "rows": select(call.rows("found").value).cached(60),
        "condition": select(Tag).where(call > 0).limit(1).count().cached(60),
    }
    tagged = select(call).cached(60, tags=[Tag])
    for name, statement in statements.items():
        assert await scalar(db, statement) == 0, name
    assert await scalar(db, tagged) == 0
    await db.execute(update(Book).where(Book.id == 1).set(Book.title.to("new")))
    for name, statement in statements.items():
        assert await scalar(db, statement) == 1, name
    assert await scalar(db, tagged) == 0  # the program said what it reads
    misses = db.cache.stats().misses
    await db.execute(update(Book).where(Book.id == 1).set(Book.title.to("newer")))
    await db.fetch(select(Tag.name.upper()).cached(60))
    await db.execute(update(Book).where(Book.id == 1).set(Book.title.to("newest")))
    await db.fetch(select(Tag.name.upper()).cached(60))
    assert db.cache.stats().misses == misses + 1  # PostgreSQL's own functions read no tables


async def scalar(db: Any, statement: Any) -> Any:
    answer = await db.fetch(statement)
    return answer[0] if isinstance(answer, list) else answer


async def test_a_model_that_cannot_be_made_hinders_no_other(db: Any) -> None:
    class Wrong(Model, declare=[unique("nowhere")]):
        id: Col[int] = identity()

    before = len(await db.fetch(OTHERS))
    await db.execute(update(Book).where(Book.id == 1).set(Book.title.to("other")))
    assert len(await db.fetch(OTHERS)) == before
    assert Wrong.__table__.name == "wrong"
