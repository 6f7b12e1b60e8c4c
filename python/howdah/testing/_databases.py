"""Databases on one connection whose transaction is rolled back at the end.

Does IO through that connection. Invariants: one use of the connection at a time, though the thread
or task that has it may take it again, inside; nothing that is done ever commits.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import secrets
import threading
from typing import TYPE_CHECKING, Any, cast

from howdah._connecting import configuration, with_database
from howdah.async_connection import open_attempt
from howdah.async_database import AsyncDatabase
from howdah.caching.options import Cache
from howdah.connection import Connection
from howdah.database import Database
from howdah.errors import PoolTimeout, ProgrammingError
from howdah.testing._connections import RolledBackAsyncConnection, RolledBackConnection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from howdah._routing import Purpose
    from howdah.async_connection import AsyncConnection
    from howdah.async_pool import AsyncPool
    from howdah.caching._database import AsyncDatabaseCache, DatabaseCache
    from howdah.pool import Pool


@contextlib.contextmanager
def made_database(url: str, **options: Any) -> Iterator[str]:
    """A new database on the server that `url` names, dropped at the block's end; gives its URL."""
    name = f"howdah_test_{os.getpid()}_{secrets.token_hex(4)}"
    with Connection(configuration(url, options)) as admin:
        admin.execute(f"create database {name}")
    try:
        yield with_database(url, name)
    finally:
        with Connection(configuration(url, options)) as admin:
            force = " with (force)" if admin.server_version >= 130000 else ""
            admin.execute(f"drop database if exists {name}{force}")


@contextlib.contextmanager
def rolled_back(url: str, **options: Any) -> Iterator[RolledBackDatabase]:
    """A database for a test: whatever is done by it is undone at the block's end.

    It is a `Database` whose every use is a savepoint of one transaction. Options are those of
    `Database`.
    """
    database = RolledBackDatabase(url, **options)
    try:
        yield database
    finally:
        database.end()


@contextlib.contextmanager
def rolled_back_async(url: str, **options: Any) -> Iterator[RolledBackAsyncDatabase]:
    """`rolled_back` for asyncio; the block itself is a plain `with`, and may surround the loop."""
    database = RolledBackAsyncDatabase(url, **options)
    try:
        yield database
    finally:
        database.end()


class RolledBackDatabase(Database):
    """A `Database` in a transaction that never commits, from `rolled_back`.

    - A transaction is a savepoint: its end releases it, an error rolls it back. Of its modes only
      `read_only` has effect. `settings` hold until the next that sets them.
    - Threads take turns. What nests in one thread is nested: an inner use sees what the outer has
      not committed.
    - `open` and `close`, and so `with`, do nothing: an application may do that at its start and
      end.
    """

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self._only_turn = _ThreadLock()
        self._only: RolledBackConnection | None = None
        self._config = configuration(url, self._connection_options)

    def open(self, timeout: float | None = None) -> None:
        """Nothing: it is open until its test ends."""

    def close(self, timeout: float = 5.0) -> None:
        """Nothing: it is open until its test ends."""

    def _make_cache(self, cache: Cache) -> DatabaseCache:
        # nothing ever commits: nobody else may be told, or be shown
        return super()._make_cache(_private(cache))

    def end(self) -> None:
        """Undo everything, and close."""
        super().close(0)
        if self._only is not None:
            self._only.close()

    def _acquire(self, purpose: Purpose, timeout: float | None) -> tuple[Pool, Connection]:
        self._require_running()
        seconds = self._timeout if timeout is None else timeout
        if not self._only_turn.acquire(None if seconds == math.inf else seconds):
            raise _is_taken(seconds, "thread")
        try:
            if self._only is None:
                self._only = RolledBackConnection(self._config)
                self._only._start()
            self._only._begin_lease(is_reading=purpose == "read")
        except BaseException:
            self._only_turn.release()
            raise
        return cast("Pool", self), self._only

    def release(self, connection: RolledBackConnection) -> None:
        """Take the connection back, as a pool does."""
        try:
            connection._end_lease()
        finally:
            self._only_turn.release()

    def _met(self, error: BaseException | None) -> None:
        """There is no other server to look at."""


class RolledBackAsyncDatabase(AsyncDatabase):
    """`RolledBackDatabase` for asyncio, from `rolled_back_async`.

    It connects when it is first used, and belongs to the event loop of that moment. Tasks take
    turns.
    """

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self._only_turn = _TaskLock()
        self._only: RolledBackAsyncConnection | None = None
        self._only_loop: asyncio.AbstractEventLoop | None = None
        self._config = configuration(url, self._connection_options)

    async def open(self, timeout: float | None = None) -> None:
        """Nothing: it is open until its test ends."""

    async def close(self, timeout: float = 5.0) -> None:
        """Nothing: it is open until its test ends."""

    def _make_cache(self, cache: Cache) -> AsyncDatabaseCache:
        # nothing ever commits: nobody else may be told, or be shown
        return super()._make_cache(_private(cache))

    def end(self) -> None:
        """Undo everything, and close; it does not matter whether the loop still runs."""
        self._monitor.close()
        if self._only is not None:
            self._only.abort()

    async def _acquire(
        self, purpose: Purpose, timeout: float | None
    ) -> tuple[AsyncPool, AsyncConnection]:
        self._require_running()
        self._require_loop()
        seconds = self._timeout if timeout is None else timeout
        try:
            async with asyncio.timeout(None if seconds == math.inf else seconds):
                await self._only_turn.acquire()
        except TimeoutError:
            raise _is_taken(seconds, "task") from None
        try:
            if self._only is None:
                attempt = await open_attempt(self._config)
                self._only = RolledBackAsyncConnection(attempt, asyncio.get_running_loop())
                await self._only._start()
            await self._only._begin_lease(is_reading=purpose == "read")
        except BaseException:
            self._only_turn.release()
            raise
        return cast("AsyncPool", self), self._only

    def _require_loop(self) -> None:
        loop = asyncio.get_running_loop()
        if self._only_loop is None:
            self._only_loop = loop
        elif self._only_loop is not loop:
            raise ProgrammingError(
                "the test's database belongs to another event loop, where it was used first",
                hint="test the application on the test's own loop: `httpx.AsyncClient` with "
                "`httpx.ASGITransport(app)` in place of a client that starts a loop",
            )

    async def release(self, connection: RolledBackAsyncConnection) -> None:
        """Take the connection back, as a pool does."""
        try:
            await connection._end_lease()
        finally:
            self._only_turn.release()

    def _met(self, error: BaseException | None) -> None:
        """There is no other server to look at."""


class _ThreadLock:
    """A lock that its thread may take again, and that any thread may give back.

    Web frameworks enter and leave a request's transaction in two threads of a pool.
    """

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._owner: int | None = None
        self._depth = 0

    def acquire(self, seconds: float | None) -> bool:
        """Wait for it, so many seconds at most; whether it was got."""
        thread = threading.get_ident()
        with self._free:
            is_mine = self._depth > 0 and self._owner == thread
            if not is_mine and not self._free.wait_for(lambda: self._depth == 0, seconds):
                return False
            self._owner = thread
            self._depth += 1
            return True

    def release(self) -> None:
        """Give it back; it is free after as many as there were of `acquire`."""
        with self._free:
            self._depth -= 1
            self._free.notify()


class _TaskLock:
    """A lock that its task may take again."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[Any] | None = None
        self._depth = 0

    async def acquire(self) -> None:
        """Wait for it."""
        task = asyncio.current_task()
        if self._owner is not task:
            await self._lock.acquire()
            self._owner = task
        self._depth += 1

    def release(self) -> None:
        """Give it back; it is free after as many as there were of `acquire`."""
        self._depth -= 1
        if self._depth == 0:
            self._owner = None
            self._lock.release()


def _private(cache: Cache) -> Cache:
    """A cache of the same size of its own."""
    memory = cache.memory
    return Cache(max_entries=memory.max_entries, max_bytes=memory.max_bytes, notify=False)


def _is_taken(seconds: float, who: str) -> PoolTimeout:
    return PoolTimeout(
        f"the test's only connection was not free within {seconds:g} s: another {who} has it",
        hint=f"a {who} must not wait for another one inside of its transaction, "
        "for in a test both are on one connection",
    )
