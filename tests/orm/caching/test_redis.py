"""Answers in Redis: shared by processes, never believed too long, done without when it is away."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import logging
import shutil
import socket
import subprocess
import tempfile
import time
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah.caching._shared import Shared
from howdah.errors import ProgrammingError
from howdah.orm import select, update
from howdah.orm.executors import drive
from tests.orm.caching.conftest import until
from tests.orm.caching.redis_server import Server, Store
from tests.orm.library import Book, Tag

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("redis") is None, reason="the package `redis` is not installed"
)

TITLES = select(Book.title).order_by(Book.id).cached(600)
BOOKS = select(Book).order_by(Book.id).load(Book.author).cached(600)
CHANGE = update(Book).where(Book.id == 1)


def real_redis() -> Iterator[int]:
    """The port of a Redis of its own."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("there is no `redis-server` on this machine")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        try:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    time.sleep(0.02)
            yield port
        finally:
            server.terminate()
            server.wait()


@pytest.fixture(params=["our own", "redis-server"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a server that speaks Redis' protocol."""
    if request.param == "redis-server":
        yield from real_redis()
        return
    server = Server(Store())
    yield server.port
    server.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that the test can stop."""
    server = Server(Store())
    yield server
    server.stop()


class Clients:
    """Makes caches with a client of the world's kind; closes clients."""

    def __init__(self, world: str) -> None:
        self.world = world
        self.made: list[Any] = []

    def cache(self, port: int, *, plain: bool = False, **options: Any) -> howdah.Cache:
        """A cache with a client of its own."""
        is_plain = plain or self.world == "sync"
        kind = importlib.import_module("redis" if is_plain else "redis.asyncio").Redis
        client = kind(host="127.0.0.1", port=port, protocol=2, socket_timeout=20, retry=None)
        self.made.append(client)
        return howdah.Cache(redis=client, **options)

    async def close(self) -> None:
        """Close what was made."""
        for client in self.made:
            closing = client.aclose() if hasattr(client, "aclose") else client.close()
            if closing is not None:
                await closing


class Opened:
    """The clients, to be closed at the test's end."""

    def __init__(self, world: str) -> None:
        self.world = world

    async def open(self, stack: Any) -> Clients:
        """Make them."""
        clients = Clients(self.world)
        stack.push_async_callback(clients.close)
        return clients


@pytest.fixture
def clients(connector: Any) -> Any:
    """Makes caches."""
    from tests.conftest import Connecting

    class ConnectingClients(Connecting):
        async def open(self, stack: Any) -> Any:
            return await Opened(connector.world).open(stack)

    return ConnectingClients(connector)


async def both(databases: Any, clients: Any, port: int, **options: Any) -> tuple[Any, Any]:
    """Two databases, as in two processes, with one Redis."""
    one = await databases(clients.cache(port, **options))
    other = await databases(clients.cache(port, **options))
    for db in (one, other):  # how rows are read is known once some were
        await db.fetch(select(Tag.name).where(Tag.id == id(db)).cached(1))
    return one, other


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("notify", [True, False], ids=["heard", "by Redis alone"])
async def test_processes_share_answers(
    databases: Any, clients: Any, port: int, notify: bool
) -> None:
    one, other = await both(databases, clients, port, notify=notify)
    for cached in (TITLES, BOOKS, select(Book).count().cached(600)):
        misses = other.cache.stats().misses
        expected = await one.fetch(cached)
        found = await other.fetch(cached)
        assert repr(found) == repr(expected)
        assert other.cache.stats().misses == misses
    book = (await other.fetch(BOOKS))[0]
    assert book.author.name == "Bob"
    await other.execute(CHANGE.set(Book.title.to("new")))
    if notify:
        await until(lambda: one.cache.stats().invalidated > 0)
    assert (await one.fetch(TITLES))[0] == "new"
    assert (await other.fetch(TITLES))[0] == "new"
    await one.cache.invalidate(Book)
    misses = one.cache.stats().misses
    await one.fetch(TITLES)
    assert one.cache.stats().misses == misses + 1


@pytest.mark.usefixtures("processes")
async def test_functions_share_results(databases: Any, clients: Any, port: int) -> None:
    one, other = await both(databases, clients, port)
    calls = []
    if isinstance(one, howdah.AsyncDatabase):

        @howdah.cache(60, tags=[Book], name="titles, awaited")
        async def called(on: Any) -> list[Any]:
            calls.append(on)
            return list(await on.fetch(TITLES.inner))

        assert await called(one) == await called(other)
    else:

        @howdah.cache(60, tags=[Book], name="titles")
        def called_plainly(on: Any) -> list[Any]:
            calls.append(on)
            return list(on.fetch(TITLES.inner))

        assert called_plainly(one._verbs) == called_plainly(other._verbs)
    assert len(calls) == 1


async def test_a_plain_client_serves_tasks(databases: Any, clients: Any, server: Server) -> None:
    db = await databases(clients.cache(server.port, plain=True))
    assert await db.fetch(TITLES) == await db.fetch(TITLES)
    assert any(key.find(b":a:") > 0 for key in server.store.values)


@pytest.mark.usefixtures("processes")
async def test_redis_is_away(databases: Any, clients: Any, server: Server, caplog: Any) -> None:
    one, other = await both(databases, clients, server.port)
    caplog.set_level(logging.INFO, "howdah.cache")
    await one.fetch(TITLES)
    server.stop()
    title = ""
    for number in range(5):
        title = f"title {number}"
        before = one.cache.stats().invalidated
        await other.execute(CHANGE.set(Book.title.to(title)))
        await until(functools.partial(has_heard, one, before))
        assert (await one.fetch(TITLES))[0] == title
        assert (await other.fetch(TITLES))[0] == title
        assert (await one.fetch(select(Tag).count().cached(600))) == 3
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2  # of each process
    again = Server(server.store, server.port)  # with all that it had
    try:
        for db in (one, other):
            shared(db)._quiet_until = 0.0
            assert (await db.fetch(select(Book.title).order_by(Book.id).cached(599)))[0] == title
        assert (await other.fetch(TITLES))[0] == title
        assert [it.message for it in caplog.records if it.levelno == logging.INFO][:1] == [
            "Redis is back"
        ]
    finally:
        again.stop()


def has_heard(db: Any, before: int) -> bool:
    """Whether the database has heard of one more change."""
    return bool(db.cache.stats().invalidated > before)


def shared(db: Any) -> Shared:
    """What a database keeps in Redis."""
    found: Shared = getattr(db, "_verbs", db).cache.shared
    return found


@pytest.mark.usefixtures("processes")
async def test_whoever_died_in_the_middle_of_a_commit(
    databases: Any, clients: Any, server: Server
) -> None:
    one, _ = await both(databases, clients, server.port)
    await one.fetch(TITLES)
    with howdah.connect(databases.url) as conn:
        # another process has counted up once, committed and told; then it was gone
        names = ["book"]
        versions = drive(shared_plain(one).bump(names), None)
        await one.fetch(TITLES)
        conn.execute("update book set title = 'new' where id = 1")
        told = shared(one)
        told.heard(versions)
        getattr(one, "_verbs", one).cache.ledger.change(names)
    assert (await one.fetch(TITLES))[0] == "new"
    hits = one.cache.stats().hits
    await one.fetch(TITLES)
    assert one.cache.stats().hits == hits + 1


def shared_plain(db: Any) -> Shared:
    """The same keys, by a client of its own that needs no loop."""
    known = shared(db)
    port = known._client.connection_pool.connection_kwargs["port"]
    client = importlib.import_module("redis").Redis(host="127.0.0.1", port=port, protocol=2)
    plain = Shared(client, "", is_async=False)
    plain._prefix = known._prefix
    return plain


@pytest.mark.usefixtures("processes")
async def test_damaged_answers_are_asked_again(
    databases: Any, clients: Any, server: Server
) -> None:
    one, other = await both(databases, clients, server.port)
    expected = await one.fetch(TITLES)
    answers = [key for key in server.store.values if b":a:" in key]
    key = max(answers, key=lambda it: len(server.store.values[it]))
    whole = server.store.values[key]
    pieces = [
        b"",
        b"\x00",
        whole[:7],
        whole[:-3],
        whole + b"\x01",
        b"\x00\x00\x00\x02{}" + whole[50:],
    ]
    for damaged in pieces:
        server.store.values[key] = damaged
        fresh = await databases(clients.cache(server.port))
        await fresh.fetch(select(Tag.name).cached(1))
        assert await fresh.fetch(TITLES) == expected
    del other


@pytest.mark.usefixtures("processes")
async def test_versions_that_redis_has_lost(databases: Any, clients: Any, server: Server) -> None:
    one, other = await both(databases, clients, server.port)
    await one.fetch(TITLES)
    for key in [it for it in server.store.values if b":v:" in it]:
        del server.store.values[key]
    with howdah.connect(databases.url) as conn:
        conn.execute("update book set title = 'new' where id = 1")
    assert (await other.fetch(TITLES))[0] == "new"


async def test_misuse(databases: Any, clients: Any, server: Server) -> None:
    waiting = importlib.import_module("redis.asyncio").Redis()
    with pytest.raises(ProgrammingError, match="asyncio"):
        howdah.Database(databases.url, cache=howdah.Cache(redis=waiting))
    as_text = importlib.import_module("redis").Redis(decode_responses=True)
    with pytest.raises(ProgrammingError, match="decode_responses"):
        howdah.Database(databases.url, cache=howdah.Cache(redis=as_text))
    assert clients.made == []
    assert server.port > 0
