"""Streams that make a lost connection again, and passwords that are called for."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

import howdah
from howdah import errors, replication
from howdah.replication import Commit, Insert, Reconnected
from tests.faults.proxy import Fault, Proxy
from tests.replication.conftest import Subscriber
from tests.replication.test_logical import PATIENCE, rows, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = "create table n (n int); create publication everything for table n"
END = "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1"


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    """A line to the server that can be cut."""
    with Proxy(database) as running:
        yield running


@pytest.fixture
def through(world: str, proxy: Proxy) -> Subscriber:
    """What opens replication connections through the proxy."""
    return Subscriber(world, proxy.url)


async def after_reconnecting(stream: replication.AsyncReplicationStream) -> Reconnected:
    """What says that the connection was made again; before it nothing else comes."""
    change = await stream.next(PATIENCE)
    assert isinstance(change, Reconnected), change
    return change


def drop_when_free(conn: howdah.Connection, slot: str) -> None:
    """Drop a slot as soon as the server has noticed that nobody streams from it."""
    there = "select count(*) from pg_replication_slots where slot_name = $1"
    deadline = time.monotonic() + PATIENCE
    while conn.fetch_value(there, slot):
        assert time.monotonic() < deadline
        conn.fetch(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots"
            " where slot_name = $1 and not active",
            slot,
        )


async def test_it_goes_on_behind_what_was_confirmed(subscribe: Subscriber, database: str) -> None:
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
        async with await subscribe() as repl:
            slot = await repl.create_slot("on")
            stream = await repl.stream("on", ["everything"], reconnect=True, max_delay=0.2)
            for n in (1, 2, 3):
                conn.execute("insert into n values ($1)", n)
            first = await transaction(stream)
            stream.confirm(first[-1].end_lsn)
            assert rows(await transaction(stream)) == [(2,)]
            conn.fetch(END, "on")
            told = None
            while told is None:  # what had arrived before may still come
                change = await stream.next(PATIENCE)
                assert change is not None
                told = change if isinstance(change, Reconnected) else None
            assert isinstance(told.error, errors.OperationalError)
            assert told.start == stream.confirmed == first[-1].end_lsn > slot.lsn
            second = await transaction(stream)
            assert rows(second) == [(2,)], "it was not confirmed"
            stream.confirm(second[-1].end_lsn)
            assert rows(await transaction(stream)) == [(3,)]
            assert not repl.closed
            await stream.close()
            assert (await repl.identify_system()).dbname is not None
            await repl.drop_slot("on", wait=True)


async def test_a_transaction_that_was_cut_comes_whole(subscribe: Subscriber, database: str) -> None:
    """What a program has gathered of it is to be forgotten at `Reconnected`."""
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
        async with await subscribe() as repl:
            await repl.create_slot("whole")
            stream = await repl.stream("whole", ["everything"], reconnect=True, max_delay=0.2)
            conn.execute("insert into n select * from generate_series(1, 20000)")
            gathered: list[Any] = []
            change: Any = None
            while len(gathered) < 10:
                change = await stream.next(PATIENCE)
                if isinstance(change, Insert):
                    gathered.append(change)
            conn.fetch(END, "whole")
            while not isinstance(change, Commit):
                change = await stream.next(PATIENCE)
                if isinstance(change, Reconnected):
                    gathered.clear()
                elif isinstance(change, Insert):
                    gathered.append(change)
            assert rows(gathered) == [(n,) for n in range(1, 20001)]
            await stream.close()
        drop_when_free(conn, "whole")  # the connection may be lost without anybody having looked


async def test_until_the_server_can_be_reached(
    through: Subscriber, proxy: Proxy, database: str
) -> None:
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
        async with await through() as repl:
            await repl.create_slot("later")
            stream = await repl.stream("later", ["everything"], reconnect=True, max_delay=0.1)
            proxy.fault = Fault("to_server", 0)
            proxy.cut_all()
            # a bounded wait ends in time however often connecting fails meanwhile
            assert await stream.next(0.5) is None
            stream.confirm(1)
            proxy.fault = None
            await after_reconnecting(stream)
            conn.execute("insert into n values (1)")
            assert rows(await transaction(stream)) == [(1,)]
            await stream.close()
            await repl.drop_slot("later", wait=True)


async def test_what_cannot_heal_is_raised(subscribe: Subscriber, database: str) -> None:
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
        async with await subscribe() as repl:
            await repl.create_slot("short", temporary=True)
            stream = await repl.stream("short", ["everything"], reconnect=True, max_delay=0.1)
            conn.fetch(END, "short")
            for _ in range(2):
                with pytest.raises(errors.UndefinedObject, match="short"):
                    await stream.next(PATIENCE)
            await stream.close()
            assert await stream.next() is None


async def test_without_being_asked_a_loss_is_an_error(subscribe: Subscriber, database: str) -> None:
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
        async with await subscribe() as repl:
            await repl.create_slot("plain", temporary=True)
            stream = await repl.stream("plain", ["everything"])
            conn.fetch(END, "plain")
            with pytest.raises(errors.OperationalError):
                await stream.next(PATIENCE)


@pytest.mark.parametrize("what", ["stream", "connection"])
def test_closing_wakes_who_waits_to_connect(proxy: Proxy, database: str, what: str) -> None:
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
    with replication.connect(proxy.url) as repl:
        repl.create_slot("closed", temporary=True)
        stream = repl.stream("closed", ["everything"], reconnect=True, max_delay=3600)
        proxy.fault = Fault("to_server", 0)
        proxy.cut_all()
        left: list[Any] = []
        reader = threading.Thread(target=lambda: left.extend(stream))
        reader.start()
        (stream if what == "stream" else repl).close()
        reader.join(PATIENCE)
        assert not reader.is_alive()
        assert left == []


async def test_a_password_is_called_for(subscribe: Subscriber, database: str) -> None:
    """By each connection: the first, the next, and those that read types."""
    password = unquote(urlsplit(database).password or "")
    calls: list[int] = []

    def fresh() -> str:
        calls.append(len(calls))
        return password

    async def fresh_async() -> str:
        return fresh()

    bare = database.replace(f":{urlsplit(database).password}@", "@")
    subscriber = Subscriber(subscribe.world, bare)
    with howdah.connect(database) as conn:
        conn.execute("create type mood as enum ('sad', 'ok'); create table n (n int, mood mood)")
        conn.execute("create publication everything for table n")
        source = fresh_async if subscribe.world == "async" else fresh
        async with await subscriber(password=source) as repl:
            await repl.create_slot("secret")
            stream = await repl.stream("secret", ["everything"], reconnect=True, max_delay=0.1)
            assert len(calls) == 1
            conn.fetch(END, "secret")
            await after_reconnecting(stream)
            assert len(calls) >= 2
            conn.execute("insert into n values (1, 'ok')")
            assert rows(await transaction(stream)) == [(1, "ok")]
            assert len(calls) >= 3
            await stream.close()
            await repl.drop_slot("secret", wait=True)


async def test_a_wrong_password_is_the_error(subscribe: Subscriber) -> None:
    with pytest.raises(errors.InvalidPassword):
        await subscribe(password=lambda: "wrong")
