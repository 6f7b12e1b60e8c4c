"""`howdah.testing`: databases whose changes are undone."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

import howdah
from howdah import errors
from howdah.orm import Col, Model, col, create_all, identity, select
from howdah.testing import (
    RolledBackAsyncDatabase,
    RolledBackDatabase,
    made_database,
    rolled_back,
    rolled_back_async,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class Author(Model):
    id: Col[int] = identity()
    name: Col[str] = col(unique=True)


def names(*rows: Author) -> list[str]:
    return [row.name for row in rows]


EVERYBODY = select(Author).order_by(Author.id)


@pytest.fixture
def address(database: str) -> str:
    with howdah.connect(database) as conn:
        create_all(conn, Author)
    return database


@pytest.fixture
def db(address: str) -> Iterator[RolledBackDatabase]:
    with rolled_back(address) as database:
        yield database
    with howdah.connect(address) as conn:
        assert conn.fetch("select * from author") == [], "all of it was rolled back"


@pytest.fixture
def async_db(address: str) -> Iterator[RolledBackAsyncDatabase]:
    with rolled_back_async(address, timeout=5) as database:
        yield database
    with howdah.connect(address) as conn:
        assert conn.fetch("select * from author") == [], "all of it was rolled back"


def test_a_failed_statement_costs_only_itself(db: RolledBackDatabase) -> None:
    db.insert(Author(name="a"))
    with pytest.raises(errors.UniqueViolation):
        db.insert(Author(name="a"))
    db.execute("insert into author (name) values ('b')")
    assert names(*db.fetch(EVERYBODY)) == ["a", "b"]


def test_transactions_are_savepoints(db: RolledBackDatabase) -> None:
    with db.tx(isolation="serializable", settings={"app.tenant": 7}) as tx:
        tx.insert(Author(name="kept"))
        with pytest.raises(ZeroDivisionError), tx.tx() as inner:
            inner.insert(Author(name="inner"))
            raise ZeroDivisionError
        assert tx.connection.fetch_value("select current_setting('app.tenant')") == "7"
    with pytest.raises(ZeroDivisionError), db.tx() as tx:
        tx.insert(Author(name="lost"))
        raise ZeroDivisionError
    assert names(*db.fetch(EVERYBODY)) == ["kept"]


def test_modes_that_are_none_are_refused(db: RolledBackDatabase) -> None:
    with pytest.raises(errors.ProgrammingError, match="unknown isolation level"), db.write() as c:
        c.transaction(isolation="snapshot")  # type: ignore[arg-type]
    with (
        db.write() as conn,
        conn.transaction(),
        pytest.raises(errors.ProgrammingError, match="nested"),
        conn.transaction(isolation="serializable"),
    ):
        pass


def test_what_reads_cannot_write(db: RolledBackDatabase) -> None:
    insert = "insert into author (name) values ('x') returning id"
    with pytest.raises(errors.ReadOnlySqlTransaction):
        db.fetch_value(insert, read_only=True)
    with pytest.raises(errors.ReadOnlySqlTransaction), db.tx(read_only=True) as tx:
        tx.insert(Author(name="x"))
    assert db.fetch_value(insert) is not None


def test_cursors_commit_and_roll_back(db: RolledBackDatabase) -> None:
    insert = "insert into author (name) values (%s)"
    with db.write() as conn:
        cursor = conn.cursor()
        cursor.execute(insert, ["lost"])
        conn.rollback()
        cursor.execute(insert, ["kept"])
        conn.commit()
        with pytest.raises(errors.UniqueViolation):
            cursor.execute(insert, ["kept"])
        with pytest.raises(errors.InFailedSqlTransaction):
            conn.commit()
        cursor.execute(insert, ["last"])
        with conn.transaction(), pytest.raises(errors.ProgrammingError, match="`commit` is not"):
            conn.commit()
    with pytest.raises(ZeroDivisionError), db.write() as conn:
        conn.cursor().execute(insert, ["undone"])
        raise ZeroDivisionError
    assert names(*db.fetch(EVERYBODY)) == ["kept", "last"]


def test_functions_are_repeated(db: RolledBackDatabase) -> None:
    attempts = 0

    @db.tx(retry=3, isolation="serializable")
    def add(tx: howdah.orm.Tx) -> None:
        nonlocal attempts
        attempts += 1
        tx.insert(Author(name="once"))
        tx.flush()
        if attempts < 3:
            raise errors.SerializationFailure("again")

    add()
    assert db.run(lambda conn: conn.fetch_value("select count(*) from author")) == 1
    assert attempts == 3


def test_streams_and_threads_take_turns(db: RolledBackDatabase) -> None:
    db.insert([Author(name=str(number)) for number in range(5)])
    for author in db.stream(EVERYBODY, batch=2):
        author.name += "!"
        db.update(author)
    threads = [
        threading.Thread(target=lambda n=n: db.insert(Author(name=f"thread {n}"))) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db:  # as an application does it at its start and end
        pass
    found = names(*db.fetch(EVERYBODY))
    assert found[:5] == ["0!", "1!", "2!", "3!", "4!"]
    assert sorted(found[5:]) == [f"thread {n}" for n in range(4)]


def test_a_transaction_may_end_in_another_thread(db: RolledBackDatabase) -> None:
    block = db.tx()
    tx = block.__enter__()
    tx.insert(Author(name="a"))
    ending = threading.Thread(target=lambda: block.__exit__(None, None, None))
    ending.start()
    ending.join()
    assert names(*db.fetch(EVERYBODY)) == ["a"]


def test_waiting_for_a_thread_inside_of_a_transaction_is_no_deadlock(address: str) -> None:
    complaints: list[Exception] = []

    def use(db: RolledBackDatabase) -> None:
        try:
            db.fetch(EVERYBODY)
        except errors.PoolTimeout as error:
            complaints.append(error)

    with rolled_back(address, timeout=0.1) as db, db.tx() as tx:
        tx.fetch(EVERYBODY)
        thread = threading.Thread(target=use, args=[db])
        thread.start()
        thread.join()
    assert "another thread has it" in str(complaints)


def test_asyncio_without_any_plugin(async_db: RolledBackAsyncDatabase) -> None:
    async def main() -> None:
        await async_db.insert(Author(name="a"))
        with pytest.raises(errors.UniqueViolation):
            await async_db.insert(Author(name="a"))
        async with async_db.tx(isolation="serializable") as tx:
            await tx.insert(Author(name="b"))
            assert await async_db.fetch(EVERYBODY.count()) in {1, 2}
        with pytest.raises(ZeroDivisionError):
            async with async_db.tx() as tx:
                await tx.insert(Author(name="lost"))
                raise ZeroDivisionError
        await asyncio.gather(*(async_db.insert(Author(name=str(n))) for n in range(5)))
        with pytest.raises(errors.ReadOnlySqlTransaction):
            await async_db.fetch("delete from author returning id", read_only=True)
        async with async_db:
            pass
        found = names(*await async_db.fetch(EVERYBODY))
        assert found[:2] == ["a", "b"]
        assert sorted(found[2:]) == [str(n) for n in range(5)]

    asyncio.run(main())


def test_cursors_under_asyncio(async_db: RolledBackAsyncDatabase) -> None:
    insert = "insert into author (name) values (%s)"

    async def main() -> None:
        async with async_db.write() as conn:
            cursor = conn.cursor()
            await cursor.execute(insert, ["lost"])
            await conn.rollback()
            await cursor.execute(insert, ["kept"])
            await conn.commit()
            with pytest.raises(errors.UniqueViolation):
                await cursor.execute(insert, ["kept"])
            with pytest.raises(errors.InFailedSqlTransaction):
                await conn.commit()
            async with conn.transaction():
                with pytest.raises(errors.ProgrammingError, match="`commit` is not"):
                    await conn.commit()
        with pytest.raises(errors.ReadOnlySqlTransaction):
            async with async_db.tx(read_only=True) as tx:
                await tx.insert(Author(name="x"))
                await tx.flush()
        assert names(*await async_db.fetch(EVERYBODY)) == ["kept"]

    asyncio.run(main())


def test_another_loop_is_refused(async_db: RolledBackAsyncDatabase) -> None:
    async def use() -> None:
        await async_db.fetch_value("select 1")

    asyncio.run(use())
    with pytest.raises(errors.ProgrammingError, match="another event loop"):
        asyncio.run(use())


def test_waiting_for_a_task_inside_of_a_transaction_is_no_deadlock(address: str) -> None:
    async def main() -> None:
        with rolled_back_async(address, timeout=0.1) as db:
            async with db.tx() as tx:
                await tx.fetch(EVERYBODY)
                with pytest.raises(errors.PoolTimeout, match="another task has it"):
                    await asyncio.create_task(db.fetch(EVERYBODY))

    asyncio.run(main())


def test_a_database_of_their_own(database: str) -> None:
    with made_database(database) as url:
        with howdah.connect(url) as conn:
            conn.execute("create table author (id int)")
            assert conn.config.dbname.startswith("howdah_test_")
        name = url.rpartition("/")[2]
    with howdah.connect(database) as conn:
        assert conn.fetch_one("select from pg_database where datname = $1", name) is None
        assert conn.fetch_value("select to_regclass('author')") is None
