"""`conn.notifications()` in both worlds, and what is special to each."""

from __future__ import annotations

import asyncio
import gc
import select
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

import howdah
from howdah import errors

if TYPE_CHECKING:
    from tests.conftest import Connector

LISTENING = "select array(select pg_listening_channels() order by 1)"


async def test_what_others_and_the_session_itself_send(
    conn: howdah.AsyncConnection, connector: Connector
) -> None:
    async with await connector() as other, conn.notifications("a", "B c", timeout=30) as heard:
        assert await conn.fetch_value(LISTENING) == ["B c", "a"]
        await other.execute("notify a, '1'")
        await conn.execute("notify \"B c\", '2'")
        first, second = await anext(heard), await anext(heard)
        assert {first.payload, second.payload} == {"1", "2"}
        assert {first.backend_pid, second.backend_pid} == {other.backend_pid, conn.backend_pid}
        await other.execute("select pg_notify('a', n::text) from generate_series(1, 1000) n")
        assert [(await anext(heard)).payload for _ in range(1000)] == [
            str(n) for n in range(1, 1001)
        ]
    assert await conn.fetch_value(LISTENING) == []


async def test_iteration_ends_after_a_silence_and_goes_on(conn: howdah.AsyncConnection) -> None:
    async with conn.notifications("a", timeout=0.01) as heard:
        assert [event async for event in heard] == []
        await conn.execute("notify a, '1'; notify a, '2'")
        assert [event.payload async for event in heard] == ["1", "2"]
        assert [event async for event in heard] == []


async def test_without_channels_all_that_is_heard(conn: howdah.AsyncConnection) -> None:
    await conn.execute("listen a; listen b")
    async with conn.notifications(timeout=0.01) as heard:
        await conn.execute("notify a; notify b; notify c")
        assert [event.channel async for event in heard] == ["a", "b"]
    assert await conn.fetch_value(LISTENING) == ["a", "b"]


async def test_a_channel_is_left_by_the_last_that_listens(conn: howdah.AsyncConnection) -> None:
    called: list[object] = []
    await conn.add_listener("a", called.append)
    async with conn.notifications("a", "a", timeout=0.01) as heard:
        await conn.execute("notify a")
        assert len([event async for event in heard]) == 1
    assert await conn.fetch_value(LISTENING) == ["a"]
    assert len(called) == 1
    await conn.remove_listener("a", called.append)
    assert await conn.fetch_value(LISTENING) == []


async def test_a_name_that_the_server_would_cut_is_refused(
    conn: howdah.AsyncConnection, database: str
) -> None:
    """What is heard has the name that was cut: nobody would be given it."""
    longest = "é" * 31 + "x"
    async with conn.notifications(longest, timeout=60) as heard:
        await conn.fetch("select pg_notify($1, 'here')", longest)
        assert (await anext(heard)).channel == longest
    for call in (
        lambda: conn.add_listener(longest + "x", print),
        lambda: anext(conn.notifications("x" * 64)),
    ):
        with pytest.raises(howdah.ProgrammingError, match="has 64 bytes"):
            await call()
    for listen in (howdah.listen, howdah.listen_async):
        with pytest.raises(howdah.ProgrammingError, match="has 64 bytes"):
            listen(database, "x" * 64)
    assert await conn.fetch("select pg_listening_channels()") == []


async def test_none_come_inside_a_transaction(conn: howdah.AsyncConnection) -> None:
    heard = conn.notifications("a", timeout=0.01)
    async with heard, conn.transaction():
        with pytest.raises(errors.ProgrammingError, match="inside a transaction"):
            await anext(heard)
    with pytest.raises(errors.InterfaceError, match="is closed"):
        await anext(heard)


async def test_a_lost_connection_is_told(
    conn: howdah.AsyncConnection, connector: Connector
) -> None:
    async with await connector() as other:
        heard = conn.notifications("a")
        async with heard:
            await other.execute("notify a, 'last'")
            assert (await anext(heard)).payload == "last"
            await other.execute("select pg_terminate_backend($1)", conn.backend_pid)
            with pytest.raises(errors.AdminShutdown):
                await anext(heard)
    assert conn.closed


async def test_an_abandoned_iterator_collects_nothing(conn: howdah.AsyncConnection) -> None:
    heard = conn.notifications("a", timeout=0.01)
    assert [event async for event in heard] == []
    del heard
    gc.collect()
    table = conn._listeners
    assert not table.inboxes
    assert not any(table.by_channel.values())


async def test_after_a_reset_of_the_session(conn: howdah.AsyncConnection) -> None:
    async with conn.notifications("a", timeout=0.01):
        conn._listeners.by_channel.clear()
        await conn.execute("discard all")
    async with conn.notifications("a", timeout=0.01) as heard:
        await conn.execute("notify a")
        assert len([event async for event in heard]) == 1


async def test_tasks_use_the_connection_meanwhile(database: str) -> None:
    async with await howdah.connect_async(database) as conn:
        heard = conn.notifications("a")
        async with heard:
            waiting = asyncio.ensure_future(anext(heard))
            await asyncio.sleep(0)
            with pytest.raises(errors.InterfaceError, match="another task waits"):
                await anext(heard)
            assert await conn.fetch_value("select 1") == 1
            assert not waiting.done()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            waiting = asyncio.ensure_future(anext(heard))
            await asyncio.sleep(0)
            await conn.execute("notify a, 'x'")
            assert (await waiting).payload == "x"


async def test_closing_wakes_the_task_that_waits(database: str) -> None:
    conn = await howdah.connect_async(database)
    heard = conn.notifications("a")
    await heard.__aenter__()
    waiting = asyncio.ensure_future(anext(heard))
    await asyncio.sleep(0)
    await conn.close()
    with pytest.raises(errors.InterfaceError, match="connection is closed"):
        await waiting
    await heard.close()


def test_a_thread_waits_and_hears(database: str) -> None:
    with howdah.connect(database) as conn, howdah.connect(database) as other:
        heard: list[howdah.Notification] = []
        with conn.notifications("a") as events:
            thread = threading.Thread(target=lambda: heard.append(next(events)), daemon=True)
            thread.start()
            other.execute("notify a, 'x'")
            thread.join(30)
        assert [event.payload for event in heard] == ["x"]


def test_closing_wakes_the_thread_that_waits(database: str) -> None:
    conn = howdah.connect(database)
    raised: list[BaseException] = []
    events = conn.notifications("a")
    events.__enter__()

    def wait() -> None:
        try:
            next(events)
        except errors.Error as error:
            raised.append(error)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    conn.close()
    thread.join(30)
    assert not thread.is_alive()
    assert [str(error) for error in raised] == ["the connection is closed"]


INTERRUPTED = """
import howdah, signal, sys
with howdah.connect(sys.argv[1]) as conn, conn.notifications("a") as events:
    try:
        print("waiting", flush=True)
        next(events)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print(conn.fetch_value("select 1"), flush=True)
"""


def test_an_interrupt_ends_the_wait_and_leaves_the_connection(database: str) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, database], stdout=subprocess.PIPE, text=True
    )
    with program:
        assert program.stdout is not None
        assert program.stdout.readline() == "waiting\n"
        while not select.select([program.stdout], [], [], 0.5)[0]:
            program.send_signal(signal.SIGINT)
        assert program.stdout.readline() == "1\n"
    assert program.returncode == 0
