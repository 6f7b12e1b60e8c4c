"""`howdah.listen` and `listen_async`: what survives the loss of connections."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import howdah
from howdah import errors
from tests.both import AwaitedObject
from tests.faults.proxy import Fault, Proxy


def listening(world: str, source: Any, *channels: str, **options: Any) -> Any:
    if world == "async":
        return howdah.listen_async(source, *channels, **options)
    return AwaitedObject(howdah.listen(source, *channels, **options))


async def terminate(conn: howdah.AsyncConnection, name: str = "listener") -> None:
    ended = await conn.fetch_value(
        "select count(pg_terminate_backend(pid))::int from pg_stat_activity"
        " where application_name = $1 and datname = current_database()",
        name,
    )
    assert ended == 1


async def test_a_lost_connection_is_made_again(
    world: str, database: str, conn: howdah.AsyncConnection
) -> None:
    events = listening(world, database, "a", "b", timeout=30, application_name="listener")
    async with events:
        for number in range(3):
            await conn.execute(f"select pg_notify('a', '{number}')")
            assert await anext(events) == ("a", str(number), conn.backend_pid)
            await terminate(conn)
            missed = await anext(events)
            assert isinstance(missed, howdah.Missed)
            assert isinstance(missed.error, errors.AdminShutdown)
        await conn.execute("notify b, 'x'")
        assert (await anext(events)).payload == "x"
    with pytest.raises(StopAsyncIteration):
        await anext(events)


async def test_it_is_tried_until_the_server_can_be_reached(
    world: str, database: str, conn: howdah.AsyncConnection
) -> None:
    with Proxy(database) as proxy:
        events = listening(world, proxy.url, "a", timeout=30, max_delay=0.05)
        async with events:
            proxy.fault = Fault("to_client", 0)
            proxy.cut_all()
            listener = getattr(events, "_wrapped", events)
            healing = threading.Thread(target=heal, args=(proxy, listener), daemon=True)
            healing.start()
            assert isinstance(await anext(events), howdah.Missed)
            healing.join()
            await conn.execute("notify a, 'x'")
            assert (await anext(events)).payload == "x"


def heal(proxy: Proxy, listener: howdah.Listening) -> None:
    """Let lines through again once some attempts have failed."""
    waiting = threading.Event()
    while listener._failures < 3:
        waiting.wait(0.005)
    proxy.fault = None


@pytest.mark.slow  # a silent server gets its time to end the check that was cancelled
async def test_a_silent_line_is_noticed(
    world: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("howdah.listening._CHECK_TIMEOUT_SECONDS", 0.05)
    with Proxy(database) as proxy:
        async with listening(world, proxy.url, "a"):
            line = proxy.lines[0]
        line.join()
        beginning = line.carried.to_client
        proxy.fault = Fault("to_client", beginning, "silence")
        async with listening(world, proxy.url, "a", check_interval=0.05) as events:
            proxy.fault = None
            missed = await anext(events)
            assert isinstance(missed, howdah.Missed)
            assert isinstance(missed.error, errors.OperationalError)


async def test_iteration_ends_after_a_silence_and_goes_on(
    world: str, database: str, conn: howdah.AsyncConnection
) -> None:
    events = listening(world, database, "a", timeout=0.02, check_interval=0.01)
    async with events:
        assert [event async for event in events] == []
        await conn.execute("notify a")
        assert [event.channel async for event in events] == ["a"]


async def test_the_first_failure_is_raised(world: str, database: str) -> None:
    for options in ({"dbname": "nowhere"}, {"host": "127.0.0.1", "port": 1}):
        with pytest.raises((errors.InvalidCatalogName, errors.ConnectionFailed)):
            await anext(listening(world, database, "a", **options))
    with pytest.raises(errors.ProgrammingError, match="no channel"):
        listening(world, database)


async def test_on_a_pools_options(world: str, database: str, conn: howdah.AsyncConnection) -> None:
    configured: list[object] = []
    if world == "async":

        async def configure(connection: howdah.AsyncConnection) -> None:
            configured.append(connection)

        pool = howdah.AsyncPool(database, min_size=0, configure=configure)
        events: Any = pool.listen("a", timeout=30)
        async with pool, events:
            await conn.execute("notify a, 'x'")
            assert (await anext(events)).payload == "x"
    else:
        threads = howdah.Pool(database, min_size=0, configure=configured.append)
        with threads, threads.listen("a", timeout=30) as blocking:
            await conn.execute("notify a, 'x'")
            event = next(blocking)
            assert isinstance(event, howdah.Notification)
            assert event.payload == "x"
            with pytest.raises(TypeError, match="its own options"):
                howdah.listen(threads, "a", user="other")
    assert len(configured) == 1


def test_closing_from_another_thread(database: str) -> None:
    events = howdah.listen(database, "a")
    heard: list[object] = []
    with events:
        thread = threading.Thread(target=lambda: heard.extend(events), daemon=True)
        thread.start()
        events.close()
        thread.join(30)
        assert not thread.is_alive()
    assert heard == []


async def test_cancelling_a_task_that_waits(database: str) -> None:
    async with howdah.listen_async(database, "a") as events:
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        async with await howdah.connect_async(database) as conn:
            await conn.execute("notify a, 'x'")
        event = await anext(events)
        assert isinstance(event, howdah.Notification)
