"""Whatever commits makes what was cached of its tables count no more; a rollback does not."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah.orm import (
    Col,
    Model,
    col,
    create_all,
    delete,
    fn,
    identity,
    insert,
    merge,
    raw_select,
    references,
    select,
    update,
)
from howdah.orm.schema import foreign_key, refresh
from tests.orm.library import Author, Book, BookTag, Employee, Review, Tag

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BOOKS = select(Book).order_by(Book.id)
TITLES = select(Book.title).order_by(Book.id)


async def insert_one(db: Any) -> None:
    await db.insert(Book(author_id=1, title="new"))


async def insert_many(db: Any) -> None:
    await db.insert([Book(author_id=1, title=f"new {n}") for n in range(2_000)])


async def insert_values(db: Any) -> None:
    await db.execute(insert(Book).values(Book(author_id=1, title="new")))


async def update_rows(db: Any) -> None:
    await db.execute(update(Book).where(Book.id == 1).set(Book.title.to("new")))


async def update_returning(db: Any) -> None:
    await db.fetch(update(Book).where(Book.id == 1).set(Book.title.to("new")).returning(Book.id))


async def update_one(db: Any) -> None:
    book = await db.get(Book, 1)
    book.title = "new"
    await db.update(book)


async def update_many(db: Any) -> None:
    books = await db.fetch(BOOKS)
    for book in books:
        book.title = "new"
    await db.save(books)


async def change_one(db: Any) -> None:
    await db.change(await db.get(Book, 1), Book.title.to("new"))


async def upsert(db: Any) -> None:
    book = await db.get(Book, 1)
    given = Book(author_id=book.author_id, title="new")
    given.id = 1
    await db.upsert([given], update=[Book.title])


async def delete_one(db: Any) -> None:
    await db.delete(await db.get(Book, 6))


async def delete_rows(db: Any) -> None:
    await db.execute(delete(Book).where(Book.id == 5))


async def merge_rows(db: Any) -> None:
    changed = merge(Book).using(Author, Author.id == Book.id)
    await db.execute(changed.when_matched_update(Book.title.to("new")))


async def in_a_batch(db: Any) -> None:
    await db.batch(
        select(Tag), update(Book).where(Book.id == 1).set(Book.title.to("new")), select(Book)
    )


async def in_a_cte(db: Any) -> None:
    changed = update(Book).where(Book.id == 1).set(Book.title.to("new")).returning(Book.id)
    await db.fetch(select(changed.cte("changed")[Book.id]))


async def in_a_transaction(db: Any) -> None:
    async with db.tx() as tx:
        await tx.execute(update(Book).where(Book.id == 1).set(Book.title.to("new")))


async def waiting_in_a_transaction(db: Any) -> None:
    async with db.tx() as tx:
        book = await tx.get(Book, 1)
        book.title = "new"
        await tx.save(book)
        await tx.insert(Book(author_id=1, title="newer"))


async def in_a_savepoint(db: Any) -> None:
    async with db.tx() as tx, tx.tx() as inner:
        await inner.execute(update(Book).where(Book.id == 1).set(Book.title.to("new")))


async def in_a_repeated_transaction(db: Any) -> None:
    async def work(tx: Any) -> None:
        await tx.execute(update(Book).where(Book.id == 1).set(Book.title.to("new")))

    await db.tx(retry=2)(work)()


async def by_own_sql(db: Any) -> None:
    await db.execute("update book set title = $1 where id = 1", "new")


async def by_own_sql_that_returns(db: Any) -> None:
    await db.fetch("update book set title = $1 where id = 1 returning id", "new")


async def by_many_rows_of_own_sql(db: Any) -> None:
    await db.execute_many("update book set title = $1 where id = 1", [("new",)])


async def on_a_connection(db: Any) -> None:
    async with db.write() as conn:
        await conn.execute("update book set title = 'new' where id = 1")


async def on_a_connection_in_a_transaction(db: Any) -> None:
    async with db.transaction() as conn:
        await conn.execute("update book set title = 'new' where id = 1")


async def by_run(db: Any) -> None:
    async def work(conn: Any) -> None:
        await conn.execute("update book set title = 'new' where id = 1")

    await db.run(work)


async def on_the_connection_of_a_transaction(db: Any) -> None:
    async with db.tx() as tx:
        await tx.connection.execute("update book set title = 'new' where id = 1")


WAYS: tuple[Callable[[Any], Awaitable[None]], ...] = (
    *(insert_one, insert_many, insert_values, update_rows, update_returning, update_one),
    *(update_many, change_one, upsert, delete_one, delete_rows, merge_rows, in_a_batch, in_a_cte),
    *(in_a_transaction, waiting_in_a_transaction, in_a_savepoint, in_a_repeated_transaction),
    *(by_own_sql, by_own_sql_that_returns, by_many_rows_of_own_sql, on_a_connection),
    *(on_a_connection_in_a_transaction, by_run, on_the_connection_of_a_transaction),
)


@pytest.mark.parametrize("notify", [True, False], ids=["with others", "alone"])
async def test_every_way_of_writing(databases: Any, notify: bool) -> None:
    db = await databases(howdah.Cache(notify=notify))
    cached = TITLES.cached(60)
    for write in WAYS:
        await db.execute(update(Book).where(Book.id == 1).set(Book.title.to("old")))
        before = await db.fetch(cached)
        assert before[0] == "old"
        await write(db)
        found = await db.fetch(cached)
        assert found == await db.fetch(TITLES), write.__name__
        assert found != before, write.__name__
        misses = db.cache.stats().misses
        await db.fetch(cached)
        assert db.cache.stats().misses == misses, write.__name__


async def test_links(db: Any) -> None:
    tagged = select(Book).order_by(Book.id).load(Book.tags).cached(60)
    rare = await db.get(Tag, 3)
    book = await db.get(Book, 4)

    async def names() -> list[str]:
        return [tag.name for tag in (await db.fetch(tagged))[3].tags]

    assert await names() == []
    await db.add(book, Book.tags, rare)
    assert await names() == ["rare"]
    await db.remove(book, Book.tags, rare)
    assert await names() == []
    await db.set(book, Book.tags, [rare])
    assert await names() == ["rare"]


async def test_other_tables_stay(db: Any) -> None:
    cached = BOOKS.load(Book.author).cached(60)
    await db.fetch(cached)
    await db.execute(update(Tag).where(Tag.id == 1).set(Tag.name.to("other")))
    await db.insert(Review(book_id=1, stars=5))
    async with db.tx() as tx:
        await tx.insert(Employee(name="new"))
    await db.fetch("select * from author")
    await db.fetch(cached)
    assert db.cache.stats().hits == 1
    await db.execute(update(Author).where(Author.id == 1).set(Author.name.to("Else")))
    assert {book.author.name for book in await db.fetch(cached)} == {"Else", "Bob"}


async def test_what_is_rolled_back_changes_nothing(db: Any) -> None:
    cached = TITLES.cached(60)
    await db.fetch(cached)
    with pytest.raises(ZeroDivisionError):
        async with db.tx() as tx:
            await tx.execute(update(Book).where(Book.id == 1).set(Book.title.to("new")))
            assert (await tx.fetch(cached))[0] == "new"
            assert (await db.fetch(cached))[0] == "Book 1"
            raise ZeroDivisionError
    async with db.tx() as tx:
        with pytest.raises(ZeroDivisionError):
            async with tx.tx() as inner:
                await inner.execute(update(Book).where(Book.id == 1).set(Book.title.to("new")))
                assert (await inner.fetch(cached))[0] == "new"
                raise ZeroDivisionError
    with pytest.raises(howdah.errors.UniqueViolation):
        await db.insert([Tag(name="fresh"), Tag(name="new")])
    assert (await db.fetch(cached))[0] == "Book 1"
    stats = db.cache.stats()
    assert (stats.misses, stats.hits) == (1, 2)
    assert stats.invalidated == 0


async def test_reading_in_a_transaction(db: Any) -> None:
    cached, tags = TITLES.cached(60), select(Tag.name).order_by(Tag.id).cached(60)
    async with db.tx() as tx:
        assert (await tx.fetch(cached))[0] == "Book 1"
        await tx.execute(update(Tag).where(Tag.id == 1).set(Tag.name.to("other")))
        await tx.fetch(cached)
        assert await tx.fetch(tags) == ["other", "old", "rare"]
        assert await db.fetch(tags) == ["new", "old", "rare"]
        stats = db.cache.stats()
        assert (stats.hits, stats.misses, stats.bypassed) == (1, 2, 1)
    assert await db.fetch(tags) == ["other", "old", "rare"]
    await db.fetch(cached)
    assert db.cache.stats().hits == 2
    with pytest.raises(howdah.errors.InterfaceError, match="the transaction is over"):
        await tx.fetch(cached)
    assert db.cache.stats().hits == 2


async def test_a_snapshot_is_kept_apart(db: Any) -> None:
    cached = TITLES.cached(60)
    async with db.tx(isolation="repeatable read") as tx:
        assert (await tx.fetch(TITLES))[0] == "Book 1"
        await db.execute(update(Book).where(Book.id == 1).set(Book.title.to("new")))
        assert (await db.fetch(cached))[0] == "new"
        assert (await tx.fetch(cached))[0] == "Book 1"
    assert (await db.fetch(cached))[0] == "new"


async def test_an_answer_from_before_a_commit_is_not_kept_after_it(db: Any) -> None:
    cached = TITLES.cached(60)
    async with db.tx() as tx:
        await tx.fetch(select(Tag))  # its beginning counts, whenever a statement runs
        await db.execute(update(Book).where(Book.id == 1).set(Book.title.to("new")))
        assert (await tx.fetch(cached))[0] == "new"
    assert db.cache.stats().entries == 0

    @howdah.cache(60, tags=[Book])
    def read(on: howdah.Database) -> list[str]:
        found = on.fetch(TITLES)
        on.execute(update(Book).where(Book.id == 2).set(Book.title.to("newer")))
        return found

    @howdah.cache(60, tags=[Book])
    async def read_async(on: howdah.AsyncDatabase) -> list[str]:
        found = await on.fetch(TITLES)
        await on.execute(update(Book).where(Book.id == 2).set(Book.title.to("newer")))
        return found

    for expected in ("Book 2", "newer"):
        if isinstance(db, howdah.AsyncDatabase):
            found = await read_async(db)
        else:
            found = read(db._verbs)
        assert found[1] == expected
    assert db.cache.stats().entries == 0


async def test_while_a_commit_is_under_way(databases: Any) -> None:
    """A commit that the server may have made already, and of which no answer has come."""
    db = await databases()
    cached = TITLES.cached(60)
    await db.execute("""
        create function wait() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock(7); return null; end $$;
        create constraint trigger wait after update on book deferrable initially deferred
        for each row execute function wait()
    """)
    await db.fetch(cached)
    with howdah.connect(databases.url) as conn:
        conn.execute("select pg_advisory_lock(7)")
        writer = threading.Thread(target=write_in_a_thread, args=(db,))
        writer.start()
        await asyncio.to_thread(wait_for_a_lock, conn)
        before = db.cache.stats()
        assert (await db.fetch(cached))[0] == "Book 1"
        after = db.cache.stats()
        assert after.hits == before.hits
        assert after.bypassed == before.bypassed + 1
        conn.execute("select pg_advisory_unlock(7)")
        await asyncio.to_thread(writer.join)
    assert (await db.fetch(cached))[0] == "new"


def wait_for_a_lock(conn: howdah.Connection) -> None:
    """Until somebody waits for what this connection holds."""
    while not conn.fetch_value("select count(*) from pg_locks where not granted"):
        time.sleep(0.01)


def write_in_a_thread(db: Any) -> None:
    """A transaction of the same process, on another database object where tasks cannot wait."""
    statement = update(Book).where(Book.id == 1).set(Book.title.to("new"))
    if not isinstance(db, howdah.AsyncDatabase):
        with db._verbs.tx() as tx:
            tx.execute(statement)
        return
    with howdah.Database(db._dsns[0], cache=howdah.Cache()) as other, other.tx() as tx:
        tx.execute(statement)


class Shop(Model):
    id: Col[int] = identity()
    name: Col[str]


class Order(Model, table="shop_order", primary_key=("shop_id", "number")):
    shop_id: Col[int] = references(lambda: Shop.id, on_delete="cascade", on_update="cascade")
    number: Col[int]


class Line(
    Model,
    declare=[
        foreign_key(
            ["shop_id", "number"], lambda: (Order.shop_id, Order.number), on_delete="cascade"
        )
    ],
):
    id: Col[int] = identity()
    shop_id: Col[int]
    number: Col[int]


class Visit(Model):
    id: Col[int] = identity()
    shop_id: Col[int | None] = references(lambda: Shop.id, on_delete="set null", default=None)


class Named(Model, view=lambda: select(Shop.id.label("id"), Shop.name.label("name"))):
    id: Col[int] = col(primary_key=True)
    name: Col[str]


class Counted(Model, view="select count(*) as shops from shop", materialized=True):
    shops: Col[int]


async def test_what_foreign_keys_and_views_reach(db: Any) -> None:
    things = (Shop, Order, Line, Visit, Named, Counted)
    if isinstance(db, howdah.AsyncDatabase):
        await create_all(db, *things)
    else:
        create_all(db._verbs, *things)
    await db.insert([Shop(name="a"), Shop(name="b")])
    await db.insert([Order(shop_id=n, number=n) for n in (1, 2)])
    await db.insert([Line(shop_id=n, number=n) for n in (1, 2)])
    await db.insert([Visit(shop_id=n) for n in (1, 2)])
    lines, visits = select(Line.number).cached(60), select(Visit.shop_id).cached(60)
    names, counted = select(Named.name).cached(60), select(Counted.shops).cached(60)
    assert await db.fetch(lines) == [1, 2]
    assert await db.fetch(visits) == [1, 2]
    assert await db.fetch(names) == ["a", "b"]
    assert await db.fetch(counted) == [0]
    await db.execute(delete(Shop).where(Shop.id == 1))
    assert await db.fetch(lines) == [2]
    assert set(await db.fetch(visits)) == {None, 2}
    assert await db.fetch(names) == ["b"]
    assert await db.fetch(counted) == [0]
    hits = db.cache.stats().hits
    assert hits == 1
    answer = refresh(getattr(db, "_verbs", db), Counted)
    if answer is not None:
        await answer
    assert await db.fetch(counted) == [1]


async def test_sql_of_ones_own(db: Any) -> None:
    unknown = raw_select(Tag, "select * from tag").cached(60)
    known = raw_select(Tag, "select * from tag where true").cached(60, tags=[Tag])
    await db.fetch(unknown)
    await db.fetch(known)
    await db.execute(update(Book).where(Book.id == 1).set(Book.title.to("new")))
    await db.fetch(unknown)
    await db.fetch(known)
    stats = db.cache.stats()
    assert (stats.misses, stats.hits) == (3, 1)
    await db.execute(update(Tag).where(Tag.id == 1).set(Tag.name.to("newer")))
    assert "newer" in {tag.name for tag in await db.fetch(known)}
    assert "newer" in {tag.name for tag in await db.fetch(unknown)}


async def test_invalidating_by_hand(db: Any) -> None:
    front = select(Tag.name).order_by(Tag.id).cached(60, tags=["front page"])
    titles, links = TITLES.cached(60), select(BookTag).cached(60)

    async def missed() -> int:
        before = db.cache.stats().misses
        for cached in (front, titles, links):
            await db.fetch(cached)
        return int(db.cache.stats().misses - before)

    assert [await missed(), await missed()] == [3, 0]
    await db.cache.invalidate("front page")
    assert [await missed(), await missed()] == [1, 0]
    await db.cache.invalidate(Book, Tag)
    assert [await missed(), await missed()] == [3, 0]  # a tag's book goes with the book
    await db.cache.invalidate("nothing")
    assert await missed() == 0
    await db.cache.invalidate()
    assert await missed() == 3


async def test_tenants_see_their_own(databases: Any) -> None:
    db = await databases()
    await db.execute("""
        create role tenant_of_tests; grant all on all tables in schema public to tenant_of_tests;
        alter table tag enable row level security;
        create policy own on tag using (name = current_setting('app.tenant', true));
    """)
    try:
        cached = select(Tag.name).cached(60)
        for _ in range(2):
            for tenant in ("new", "old"):
                settings = {"app.tenant": tenant, "role": "tenant_of_tests"}
                async with db.tx(settings=settings) as tx:
                    assert await tx.fetch(cached) == [tenant]
        stats = db.cache.stats()
        assert (stats.misses, stats.hits) == (2, 2)
        assert len(await db.fetch(cached)) == 3
        async with db.tx(settings={"role": "tenant_of_tests"}) as tx:
            await tx.flush()
            await tx.connection.execute("set local app.tenant to 'rare'")
            assert await tx.fetch(cached) == ["rare"]
        assert len(await db.fetch(cached)) == 3
    finally:
        await db.execute("drop owned by tenant_of_tests; drop role tenant_of_tests")


async def test_a_session_sees_what_was_written_elsewhere(db: Any) -> None:
    cached = TITLES.cached(60)
    await db.fetch(cached)
    with db.session() as session:
        await db.execute(update(Tag).where(Tag.id == 1).set(Tag.name.to("newer")))
        await db.fetch(cached, read_only=True)
    assert db.cache.stats().hits == 1
    with db.session(after=session.token):
        await db.fetch(cached, read_only=True)
    assert db.cache.stats().bypassed == 1


async def test_functions_of_the_database_are_asked(db: Any) -> None:
    found = await db.fetch(select(fn.upper(Tag.name, type=str)).order_by(Tag.id).cached(60))
    assert found == ["NEW", "OLD", "RARE"]
