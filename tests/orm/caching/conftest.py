"""Databases with a cache, of either world, with the surface of the asyncio one."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah.caching._ledger import Ledger
from tests.both import Awaited, AwaitedBlock, awaited
from tests.conftest import Connecting, Connector
from tests.orm.conftest import AwaitedTx, AwaitedVerbs
from tests.orm.library import TABLES

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable


class AwaitedLease(AwaitedBlock):
    """A sync block with a connection, for `async with`."""

    async def __aenter__(self) -> Any:
        return Awaited(self._block.__enter__())


class AwaitedDatabase(AwaitedVerbs):
    """A sync database, to be awaited like that of asyncio."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._verbs, name)
        if name == "cache":
            return AwaitedCache(value)
        if name in {"read", "write", "transaction"}:
            return lambda *args, **options: AwaitedLease(value(*args, **options))
        if name == "tx":
            return lambda *args, **options: AwaitedTx(value(*args, **options))
        if name in {"session", "servers"}:
            return value
        if name == "run":
            return awaited(lambda function, *args: value(plain(function), *args))
        return super().__getattr__(name)


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """A coroutine function of one connection that never waits, as a plain one."""

    def call(connection: Any, *args: Any) -> Any:
        try:
            function(Awaited(connection), *args).send(None)
        except StopIteration as done:
            return done.value

    return call


class AwaitedCache:
    """A sync database's cache, to be awaited."""

    def __init__(self, cache: Any) -> None:
        self._cache = cache

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._cache, name)
        return awaited(value) if name == "invalidate" else value


class Databases:
    """Opens databases of one world."""

    def __init__(self, connector: Connector, stack: contextlib.AsyncExitStack) -> None:
        self.world = connector.world
        self.url = connector.url
        self._stack = stack

    @property
    def is_async(self) -> bool:
        return self.world == "async"

    async def __call__(self, cache: howdah.Cache | None = None, **options: Any) -> Any:
        """A database with a cache; it is closed after the test."""
        cache = cache or howdah.Cache()
        if self.is_async:
            opened = howdah.AsyncDatabase(self.url, cache=cache, **options)
            return heard(await self._stack.enter_async_context(opened))
        return AwaitedDatabase(
            heard(self._stack.enter_context(howdah.Database(self.url, cache=cache, **options)))
        )


async def until(is_so: Callable[[], Any]) -> None:
    """Wait for something that other threads do."""
    deadline = time.monotonic() + 40

    def wait() -> None:
        while not is_so():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.005)

    await asyncio.to_thread(wait)


def heard(db: Any) -> Any:
    """The database, once its listener has begun: from then on nothing is missed."""
    if db.cache.cache.notify:
        db.cache._hearing.began.wait(is_async=False)
        assert db.cache.stats().is_listening
    return db


class ConnectingDatabases(Connecting):
    """What opens databases, once the loop of the test's body runs."""

    async def open(self, stack: contextlib.AsyncExitStack) -> Any:
        databases = Databases(self.connector, stack)
        with howdah.connect(databases.url) as connection:
            connection.execute(TABLES)
        return databases


class ConnectingCached(ConnectingDatabases):
    """One database."""

    async def open(self, stack: contextlib.AsyncExitStack) -> Any:
        return await (await super().open(stack))()


@pytest.fixture
def databases(connector: Connector) -> Any:
    """Opens databases with a cache on the tables of `library`."""
    return ConnectingDatabases(connector)


@pytest.fixture
def db(connector: Connector) -> Any:
    """One database with a cache."""
    return ConnectingCached(connector)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each database knows only its own commits, as if it were in a process of its own."""
    monkeypatch.setattr(Ledger, "shared", classmethod(lambda cls, _: cls()))
