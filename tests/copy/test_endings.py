"""However a COPY ends, the caller knows why and the connection goes on."""

from __future__ import annotations

import asyncio
import itertools
import pickle
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import errors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

# in the select list the numbers are made as they are asked for, not stored first
ENDLESS = "select repeat('x', 1000), generate_series(1, 100000000)"


class Counting:
    """A generator's source that knows how far it was read and that it was closed."""

    def __init__(self, *first: object, then: object = (1, "a")) -> None:
        self.first = first
        self.then = then
        self.taken = 0
        self.closed = False

    def rows(self) -> Iterator[Any]:
        """Some rows, then the same one over and over."""
        try:
            for row in itertools.chain(self.first, itertools.repeat(self.then)):
                self.taken += 1
                yield row
        finally:
            self.closed = True

    async def rows_async(self) -> AsyncIterator[Any]:
        """As `rows`, without ever waiting."""
        try:
            for row in itertools.chain(self.first, itertools.repeat(self.then)):
                self.taken += 1
                yield row
        finally:
            self.closed = True


async def make_table(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table item (id int check (id < 1000), name text)")


async def assert_usable(conn: howdah.AsyncConnection, rows: int = 0) -> None:
    assert await conn.fetch_value("select count(*) from item") == rows
    assert await conn.copy_rows("item", [(9, "z")]) == 1
    assert conn.transaction_status == "idle"


async def test_the_server_refuses_a_row(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    source = Counting((1, "a"), (2000, "b"))
    with pytest.raises(errors.CheckViolation) as raised:
        await conn.copy_rows("item", source.rows())
    assert raised.value.copy_row == 2
    assert "in the COPY's data: line 2\n" in str(raised.value)
    assert source.closed
    assert source.taken < 1_000_000
    await assert_usable(conn)


async def test_the_server_names_a_column_that_must_not_be_null(
    conn: howdah.AsyncConnection,
) -> None:
    await conn.execute("create table item (id int not null, name text)")
    with pytest.raises(errors.NotNullViolation) as raised:
        await conn.copy_rows("item", [(1, "a"), (None, "b")])
    assert (raised.value.copy_row, raised.value.copy_column) == (2, "id")


async def test_the_server_refuses_a_value(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    with pytest.raises(errors.InvalidTextRepresentation) as raised:
        await conn.copy_in("item", b"1\ta\nx: y\tb\n")
    assert (raised.value.copy_row, raised.value.copy_column) == (2, "id")
    assert "in the COPY's data: line 2, column `id`" in str(raised.value)
    again = pickle.loads(pickle.dumps(raised.value))
    assert (again.copy_row, again.copy_column) == (2, "id")
    assert str(again) == str(raised.value)
    await assert_usable(conn)


async def test_a_value_that_the_column_cannot_hold(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    source = Counting((1, "a"), (2**31, "b"))
    with pytest.raises(howdah.DataError, match="row 2, column `id` of type `int4`") as raised:
        await conn.copy_rows("item", source.rows())
    assert str(raised.value).count("2, column") == 1, "it is said once"
    assert (raised.value.copy_row, raised.value.copy_column) == (2, "id")
    assert source.closed
    assert source.taken == 2
    await assert_usable(conn)


async def test_what_the_iterable_raises(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    oops = KeyError("mine")

    def rows() -> Iterator[Any]:
        yield from [(n, "a") for n in range(300)]
        raise oops

    with pytest.raises(KeyError) as raised:
        await conn.copy_rows("item", rows())
    assert raised.value is oops
    assert oops.__notes__ == ["in row 301 of the COPY"]
    await assert_usable(conn)


async def test_a_timeout(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    source = Counting()
    with pytest.raises(errors.QueryTimeout):
        await conn.copy_rows("item", source.rows(), timeout=0.2)
    assert source.closed
    with pytest.raises(errors.QueryTimeout):
        await conn.copy_in("item", itertools.repeat(b"1\ta\n"), timeout=0.2)
    with pytest.raises(errors.QueryTimeout):
        async for _ in conn.copy_out(ENDLESS, timeout=0.2):
            pass
    with pytest.raises(errors.QueryTimeout):
        async for _ in conn.copy_out_rows(ENDLESS, timeout=0.2):
            pass
    await assert_usable(conn)


async def test_leaving_early(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    async with conn.copy_out(ENDLESS) as data:
        assert len(await data.__anext__()) > 1000
        assert conn.transaction_status == "active"
        with pytest.raises(howdah.InterfaceError, match="a COPY is open"):
            await conn.fetch_value("select 1")
    await assert_usable(conn)
    async with conn.copy_out_rows(ENDLESS) as rows:
        await rows.__anext__()
    await assert_usable(conn, 1)


async def test_a_copy_that_nobody_reads_any_more(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    for _ in range(3):
        async for row in conn.copy_out_rows(ENDLESS):
            assert len(row[0]) == 1000
            break
        assert await conn.fetch_value("select 7") == 7
        async for _ in conn.copy_out(ENDLESS):
            break
        assert await conn.fetch_value("select 8") == 8
    await assert_usable(conn)


async def test_reading_on_after_the_end(conn: howdah.AsyncConnection) -> None:
    rows = conn.copy_out_rows("select 1")
    assert [row async for row in rows] == [(1,)]
    assert [row async for row in rows] == []
    await rows.close()
    data = conn.copy_out("select 1")
    assert await data.read() == b"1\n"
    assert await data.read() == b""
    assert data.rows == 1
    assert conn.transaction_status == "idle"


async def test_an_error_amid_the_rows(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    taken = 0
    with pytest.raises(errors.DivisionByZero):
        async for _ in conn.copy_out_rows("select 1/(5000 - n) from generate_series(1, 9999) n"):
            taken += 1
    assert 0 < taken < 5000

    def refuse(n: int) -> int:
        return 1 // (1500 - n)

    with pytest.raises(ZeroDivisionError):
        async for _ in conn.copy_out_rows("select n from generate_series(1, 9999) n", row=refuse):
            pass
    await assert_usable(conn)


async def test_within_a_transaction(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    async with conn.transaction():
        await conn.copy_rows("item", [(1, "a")])
        with pytest.raises(errors.CheckViolation):
            async with conn.transaction():
                await conn.copy_rows("item", [(2000, "a")])
        async for row in conn.copy_out_rows(table="item"):
            assert row == (1, "a")
    await assert_usable(conn, 1)


async def test_a_block_that_is_entered_amid_a_copy(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    rows = conn.copy_out_rows("select n from generate_series(1, 5000) n", row=tuple)
    assert await rows.__anext__() == (1,)
    try:
        async with conn.transaction():
            assert len([row async for row in rows]) == 4999
            await conn.copy_rows("item", [(1, "a")])
    except howdah.InterfaceError:
        # refused, as long as nothing was mixed up
        await rows.close()
        await conn.copy_rows("item", [(1, "a")])
    await assert_usable(conn, 1)


# --- asyncio alone -----------------------------------------------------------------------------


async def test_asynchronous_rows(database: str) -> None:
    async with await howdah.connect_async(database) as conn:
        await conn.execute("create table number (n int)")

        async def rows(count: int) -> AsyncIterator[tuple[int]]:
            for number in range(count):
                if number % 1000 == 0:
                    await asyncio.sleep(0)
                yield (number,)

        for count in (0, 1, 127, 128, 129, 10_000):
            assert await conn.copy_rows("number", rows(count)) == count

        async def pieces() -> AsyncIterator[bytes | str]:
            yield b"1\n2"
            await asyncio.sleep(0)
            yield "\n3\n"

        assert await conn.copy_in("number", pieces()) == 3


async def test_asynchronous_rows_that_the_server_refuses(database: str) -> None:
    async with await howdah.connect_async(database) as conn:
        await make_table(conn)
        source = Counting((1, "a"), (2000, "b"))
        with pytest.raises(errors.CheckViolation):
            await conn.copy_rows("item", source.rows_async())
        assert source.closed
        await assert_usable(conn)


async def test_a_source_that_waits_is_interrupted(database: str) -> None:
    async with await howdah.connect_async(database) as conn:
        await make_table(conn)
        closed = asyncio.Event()

        async def rows() -> AsyncIterator[Any]:
            try:
                for _ in range(2000):  # more than are gathered before some are handed over
                    yield 1000, "refused"
                await asyncio.sleep(3600)
                yield 1, "never"
            finally:
                closed.set()

        with pytest.raises(errors.CheckViolation):
            async with conn.transaction():
                # the server looks at rows when it has enough of them, or at the end
                await conn.copy_rows("item", rows(), timeout=20)
        assert closed.is_set()

        async def stuck() -> AsyncIterator[Any]:
            yield 1, "a"
            await asyncio.sleep(3600)

        with pytest.raises(errors.QueryTimeout):
            await conn.copy_rows("item", stuck(), timeout=0.1)
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        await assert_usable(conn)


async def test_asynchronous_rows_that_raise(database: str) -> None:
    async with await howdah.connect_async(database) as conn:
        await make_table(conn)
        oops = KeyError("mine")

        async def rows() -> AsyncIterator[Any]:
            for number in range(300):
                yield number, "a"
            raise oops

        with pytest.raises(KeyError) as raised:
            await conn.copy_rows("item", rows())
        assert raised.value is oops
        assert oops.__notes__ == ["in row 301 of the COPY"]
        await assert_usable(conn)


@pytest.mark.parametrize("kind", ["rows", "rows_async", "out"])
async def test_a_cancelled_task(database: str, kind: str) -> None:
    async with await howdah.connect_async(database) as conn:
        await make_table(conn)
        source = Counting()

        async def copy() -> None:
            if kind == "out":
                async for _ in conn.copy_out(ENDLESS):
                    source.taken += 1
            else:
                await conn.copy_rows("item", getattr(source, kind)())

        task = asyncio.create_task(copy())
        while source.taken < 10:  # noqa: ASYNC110 - what is waited for is no event
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert source.closed or kind == "out"
        await assert_usable(conn)


async def test_other_tasks_wait_for_a_copy(database: str) -> None:
    async with await howdah.connect_async(database) as conn:
        await make_table(conn)
        asked: list[asyncio.Task[Any]] = []

        async def rows() -> AsyncIterator[Any]:
            for number in range(500):
                if number == 200:
                    asked.append(asyncio.create_task(fetch()))
                yield number, "a"

        async def fetch() -> Any:
            return await conn.fetch_value("select count(*) from item")

        await conn.copy_rows("item", rows())
        assert await asked[0] == 500
