"""Python code that runs amid an operation: it may raise, cancel or reach for its connection."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Connector

INSERT = "insert into taken values ($1)"
WITHIN = "used from within its own operation"


async def make_table(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table taken (n int)")


async def test_rows_that_use_their_own_connection(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)

    def rows() -> Iterator[tuple[int]]:
        yield (1,)
        assert conn.is_alive()
        conn.close().send(None)
        yield (2,)

    with pytest.raises(errors.InterfaceError, match=WITHIN):
        await conn.execute_many(INSERT, rows())
    assert await conn.fetch_value("select count(*) from taken") == 0


async def test_a_statement_that_starts_amid_the_rows(database: str) -> None:
    async with await howdah.connect_async(database) as conn:
        await make_table(conn)

        def rows() -> Iterator[tuple[int]]:
            yield (1,)
            # as a task does that starts eagerly
            with pytest.raises(errors.InterfaceError, match=WITHIN):
                conn.fetch_value("select 1").send(None)
            yield (2,)

        assert await conn.execute_many(INSERT, rows()) == 2


async def test_rows_that_cancel_a_task_in_the_queue(database: str) -> None:
    async with await howdah.connect_async(database) as conn:
        await make_table(conn)
        tasks: list[asyncio.Future[Any]] = []

        def rows() -> Iterator[tuple[int]]:
            for number in range(100_000):
                if number == 50_000:
                    tasks[1].cancel()
                yield (number,)

        tasks.append(asyncio.ensure_future(conn.execute_many(INSERT, rows())))
        tasks.append(asyncio.ensure_future(conn.fetch("select 1")))
        inserted, cancelled = await asyncio.gather(*tasks, return_exceptions=True)
        assert inserted == 100_000
        assert isinstance(cancelled, asyncio.CancelledError)


@pytest.mark.parametrize(
    "statement",
    [
        "conn.execute_many('select $1::int', interrupting_rows())",
        "conn.copy_rows('taken', interrupting_rows())",
        "conn.fetch('select $1::jsonb', 1)",
    ],
)
def test_an_interrupt_amid_the_work_of_the_loop(database: str, statement: str) -> None:
    program = f"""
        import asyncio, os, signal, howdah

        def interrupt(*_):
            os.kill(os.getpid(), signal.SIGINT)
            return sum(range(10))

        def interrupting_rows():
            for number in range(100_000):
                if number == 1000:
                    interrupt()
                yield (number,)

        async def main():
            async with await howdah.connect_async({database!r}) as conn:
                await conn.execute("create table taken (n int)")
                conn.set_json_loads(interrupt)
                try:
                    await {statement}
                except asyncio.CancelledError:
                    assert await conn.fetch_value("select 7") == 7
                    raise

        asyncio.run(main())
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stderr.rstrip().endswith("KeyboardInterrupt"), ended.stderr


async def test_many_rows_are_all_or_none_when_cancelled(database: str) -> None:
    async with await howdah.connect_async(database) as conn:
        await conn.execute("create table filled (n int, filler text)")
        rows = [(number, "x" * 2000) for number in range(2000)]
        for attempt in range(60):
            task = asyncio.ensure_future(
                conn.execute_many("insert into filled values ($1, $2)", rows)
            )
            await asyncio.sleep(attempt / 1500)
            task.cancel()
            await asyncio.wait([task])
            assert await conn.fetch_value("select count(*) from filled") in (0, 2000)
            await conn.execute("truncate filled")


@pytest.mark.parametrize("seconds", [-1.0, float("nan")])
async def test_timeouts_that_are_none(conn: howdah.AsyncConnection, seconds: float) -> None:
    with pytest.raises(ValueError, match="a timeout must be a number of seconds from 0"):
        await conn.fetch("select 1", timeout=seconds)
    assert await conn.fetch_value("select 1", timeout=float("inf")) == 1


async def test_a_connection_lives_as_long_as_its_statements(connector: Connector) -> None:
    assert await (await connector()).fetch_value("select 1") == 1


def test_closing_cancels_what_another_thread_executes(database: str) -> None:
    conn = howdah.connect(database)
    raised: list[BaseException] = []

    def sleep() -> None:
        try:
            conn.fetch("select pg_sleep(60)")
        except errors.Error as error:
            raised.append(error)

    thread = threading.Thread(target=sleep)
    thread.start()
    while not conn.busy:
        time.sleep(0.01)
    conn.close()
    thread.join(10)
    assert not thread.is_alive()
    assert isinstance(raised[0], errors.QueryCanceled)


@pytest.fixture
def bare_collector() -> Iterator[None]:
    """Without callbacks such as hypothesis adds: what a signal raises inside of one is ignored."""
    callbacks = gc.callbacks[:]
    gc.callbacks.clear()
    yield
    gc.callbacks.extend(callbacks)


@pytest.mark.usefixtures("bare_collector")
def test_an_interrupt_amid_rows_that_keep_coming(database: str) -> None:
    class InterruptError(Exception):
        pass

    def interrupt(_number: int, _frame: object) -> None:
        raise InterruptError

    def send_when_rows_come(conn: howdah.Connection) -> None:
        while not conn.busy:  # from then on the main thread runs no Python code
            time.sleep(0.001)
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGUSR1)

    # not SIGALRM, which is how pytest-timeout ends a test that hangs
    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with howdah.connect(database) as conn:
            sender = threading.Thread(target=send_when_rows_come, args=(conn,))
            sender.start()
            with pytest.raises(InterruptError):
                conn.execute(
                    "select generate_series(1, 1000000000)"
                )  # for longer than a test may take
            sender.join()
            assert conn.fetch_value("select 7") == 7
    finally:
        signal.signal(signal.SIGUSR1, before)


async def test_a_long_copy_leaves_other_tasks_their_turn(database: str) -> None:
    async with await howdah.connect_async(database) as conn:
        await make_table(conn)
        copying = asyncio.ensure_future(
            conn.copy_rows("taken", ((number,) for number in range(1_000_000)))
        )
        turns = 0
        while not copying.done():
            turns += 1
            await asyncio.sleep(0)
        assert turns > 20


async def test_a_copy_ends_when_the_server_refuses_its_data(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    refused = (b"not a number\n" for _ in range(10_000_000))
    started = time.monotonic()
    with pytest.raises(errors.InvalidTextRepresentation):
        await conn.copy_in("taken", refused)
    assert time.monotonic() - started < 2
