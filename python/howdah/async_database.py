"""A primary with its replicas behind one name, for the tasks of an event loop.

`howdah.AsyncDatabase`. Does IO through a pool per server and purpose. Which server gets what, is
decided in `_routing`, by what the monitor's threads found out. Invariant: that of `Database`.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar, overload

from howdah import errors
from howdah._connecting import configuration
from howdah._modes import Isolation
from howdah._monitor import PROBE_TIMEOUT_SECONDS
from howdah._native import Row
from howdah._routing import (
    POSITION,
    POSITION_TIMEOUT_SECONDS,
    REPLAYED,
    DatabaseSession,
    Purpose,
    Routing,
    deadline_after,
    known_run,
    may_read_elsewhere,
)
from howdah.async_connection import AsyncConnection, fresh_password
from howdah.async_pool import AsyncPool
from howdah.connection import Connection
from howdah.errors import InterfaceError, OperationalError, PoolClosed
from howdah.orm.executors import alone, drive_async, run_on_async
from howdah.orm.statements.base import Statement, Step, Steps, no_statement
from howdah.orm.statements.cached import Cached
from howdah.orm.statements.select import Select
from howdah.orm.verbs import AsyncVerbs
from howdah.retrying import run_async

if TYPE_CHECKING:
    from howdah.caching._commits import Commit
    from howdah.caching._database import AsyncDatabaseCache
    from howdah.caching.options import Cache

T = TypeVar("T")
Tuple = TypeVar("Tuple", bound=tuple[Any, ...])
P = ParamSpec("P")
R = TypeVar("R")


class AsyncDatabaseLease:
    """What `with db.read() as conn:` and `with db.write() as conn:` enter."""

    def __init__(
        self,
        database: "AsyncDatabase",
        purpose: Purpose,
        timeout: float | None,
        commit: "Commit | None" = None,
    ) -> None:
        self._commit = commit
        """What the cache must know of what is done meanwhile."""
        self._database = database
        self._purpose = purpose
        self._timeout = timeout
        self._held: tuple[AsyncPool, AsyncConnection, DatabaseSession | None] | None = None

    async def __aenter__(self) -> AsyncConnection:
        if self._held is not None:
            raise InterfaceError("`read()` and `write()` can be entered only once")
        session = self._database._session()
        pool, connection = await self._database._acquire(self._purpose, self._timeout)
        if self._commit is not None:
            await drive_async(self._commit.before(None), None)
        self._held = (pool, connection, session)
        return connection

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._held is None:
            return
        pool, connection, session = self._held
        try:
            if error is None and not connection.closed:
                await connection.commit()
        except BaseException as failure:
            error = failure
            raise
        finally:
            self._database._met(error)
            try:
                if session is not None and self._purpose == "write":
                    await _note_position(session, connection)
                if self._commit is not None:
                    await drive_async(self._commit.afterwards(connection), connection)
            finally:
                await pool.release(connection)


class AsyncDatabaseSession(DatabaseSession):
    """`DatabaseSession`, which waits for nothing, for `async with` as well as `with`."""

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)


class AsyncDatabase(Routing[AsyncPool], AsyncVerbs):
    """`Database` for the tasks of one event loop; options and rules are the same.

    >>> async def main():
    ...     async with howdah.AsyncDatabase(url) as db:
    ...         async with db.session():
    ...             await db.execute("create table if not exists bench (id int)")
    ...             return await db.fetch_value("select count(*) from bench", read_only=True)
    >>> asyncio.run(main())
    0
    """

    def _prepare(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._closing: set[asyncio.Task[None]] = set()

    def session(self, after: str | None = None) -> AsyncDatabaseSession:
        """`Database.session`, entered by `async with`, or by `with`: it waits for nothing."""
        return AsyncDatabaseSession(self, after)

    async def open(self, timeout: float | None = None) -> None:
        """Wait until every server has answered or failed to, and there is one to read from.

        Raises `NoServer` after `timeout` seconds, the database's own by default.
        """
        self._begin()
        if self._caching is not None:
            self._caching.listen()
        deadline = self._deadline(timeout)
        while True:
            self._news.clear()
            with self._monitor.lock:
                if self._topology.is_complete and self._choose_reader(set()) is not None:
                    return
            await self._wait(deadline, "requests")

    async def close(self, timeout: float = 5.0) -> None:
        """Stop watching and close the pools, as `AsyncPool.close` does. May be called twice."""
        deadline = deadline_after(timeout)
        if self._caching is not None:
            await asyncio.to_thread(self._caching.close)
        self._monitor.remove_listener(self._hear)
        self._monitor.close()
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.close(max(deadline - time.monotonic(), 0.0))
        if self._closing:
            await asyncio.wait(self._closing)

    def read(self, timeout: float | None = None) -> AsyncDatabaseLease:
        """A block with a connection that only reads, to a replica if one is fit.

        Raises `NoServer` or `PoolTimeout` after `timeout` seconds.
        """
        return AsyncDatabaseLease(self, "read", timeout)

    def write(self, timeout: float | None = None) -> AsyncDatabaseLease:
        """A block with a connection to the primary.

        Raises `NoServer` or `PoolTimeout` after `timeout` seconds.
        """
        return AsyncDatabaseLease(self, "write", timeout, self._unknown_commit(None))

    @contextlib.asynccontextmanager
    async def transaction(
        self,
        *,
        read_only: bool = False,
        isolation: Isolation | None = None,
        deferrable: bool | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[AsyncConnection]:
        """A block with a connection of its own in a transaction, as `Connection.transaction`."""
        lease = self.read(timeout) if read_only else self.write(timeout)
        async with (
            lease as connection,
            connection.transaction(
                isolation=isolation, read_only=read_only or None, deferrable=deferrable
            ),
        ):
            yield connection

    async def run(
        self,
        function: Callable[Concatenate[AsyncConnection, P], Coroutine[Any, Any, R]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """`Database.run` with a coroutine function."""
        return await run_async(
            self._retry, self, lambda connection: function(connection, *args, **kwargs)
        )

    async def execute(
        self, query: str | Statement[Any], /, *args: Any, timeout: float | None = None
    ) -> int:
        """`AsyncConnection.execute` on the primary; of a statement of the ORM, its effect."""
        if isinstance(query, Statement):
            return await super().execute(query)
        async with self._lease_for(query) as connection:
            return await connection.execute(query, *args, timeout=timeout)

    async def execute_many(
        self, query: str, rows: Iterable[Sequence[Any]], /, *, timeout: float | None = None
    ) -> int:
        """`AsyncConnection.execute_many` on the primary."""
        async with self._lease_for(query) as connection:
            return await connection.execute_many(query, rows, timeout=timeout)

    @overload
    async def fetch(self, query: Statement[R], /, *, read_only: bool = False) -> R: ...
    @overload
    async def fetch(
        self,
        query: str,
        /,
        *args: Any,
        row: None = None,
        timeout: float | None = None,
        read_only: bool = False,
    ) -> list[Row]: ...
    @overload
    async def fetch(
        self,
        query: str,
        /,
        *args: Any,
        row: type[dict[str, Any]],
        timeout: float | None = None,
        read_only: bool = False,
    ) -> list[dict[str, Any]]: ...
    @overload
    async def fetch(
        self,
        query: str,
        /,
        *args: Any,
        row: type[Tuple],
        timeout: float | None = None,
        read_only: bool = False,
    ) -> list[Tuple]: ...
    @overload
    async def fetch(
        self,
        query: str,
        /,
        *args: Any,
        row: Callable[..., T],
        timeout: float | None = None,
        read_only: bool = False,
    ) -> list[T]: ...
    async def fetch(
        self,
        query: Any,
        /,
        *args: Any,
        row: Callable[..., Any] | None = None,
        timeout: float | None = None,
        read_only: bool = False,
    ) -> Any:
        """`AsyncConnection.fetch` on the primary, or with `read_only` where `read()` would go."""
        if isinstance(query, Statement):
            return await self._fetch_statement(query, read_only=read_only)
        if isinstance(query, type):
            raise no_statement(query)
        return await self._ask(
            lambda c: c.fetch(query, *args, row=row, timeout=timeout),
            query=query,
            read_only=read_only,
        )

    @overload
    async def fetch_one(self, query: Select[T], /, *, read_only: bool = False) -> T | None: ...
    @overload
    async def fetch_one(
        self,
        query: str,
        /,
        *args: Any,
        row: None = None,
        timeout: float | None = None,
        read_only: bool = False,
    ) -> Row | None: ...
    @overload
    async def fetch_one(
        self,
        query: str,
        /,
        *args: Any,
        row: type[dict[str, Any]],
        timeout: float | None = None,
        read_only: bool = False,
    ) -> dict[str, Any] | None: ...
    @overload
    async def fetch_one(
        self,
        query: str,
        /,
        *args: Any,
        row: type[Tuple],
        timeout: float | None = None,
        read_only: bool = False,
    ) -> Tuple | None: ...
    @overload
    async def fetch_one(
        self,
        query: str,
        /,
        *args: Any,
        row: Callable[..., T],
        timeout: float | None = None,
        read_only: bool = False,
    ) -> T | None: ...
    async def fetch_one(
        self,
        query: Any,
        /,
        *args: Any,
        row: Callable[..., Any] | None = None,
        timeout: float | None = None,
        read_only: bool = False,
    ) -> Any:
        """`fetch_one` on the primary, or with `read_only` where `read()` would go."""
        if isinstance(query, Select):
            return await self._fetch_statement(query.first(), read_only=read_only)
        return await self._ask(
            lambda c: c.fetch_one(query, *args, row=row, timeout=timeout),
            query=query,
            read_only=read_only,
        )

    async def fetch_value(
        self, query: str, /, *args: Any, timeout: float | None = None, read_only: bool = False
    ) -> Any:
        """`fetch_value` on the primary, or with `read_only` where `read()` would go."""
        return await self._ask(
            lambda c: c.fetch_value(query, *args, timeout=timeout),
            query=query,
            read_only=read_only,
        )

    async def __aenter__(self) -> Self:
        try:
            await self.open()
        except BaseException:
            await self.close(timeout=0)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _fetch_statement(self, statement: Statement[Any], *, read_only: bool) -> Any:
        if isinstance(statement, Cached):
            return await self._run_cached(statement, read_only=read_only)
        if not read_only:
            return await self._run(statement)
        return await self._ask(
            lambda c: run_on_async(statement, self, c), query="select", read_only=True
        )

    async def _drive(self, steps: Steps) -> Any:
        """The steps of a statement of the ORM, all on one connection."""
        known = self._caching
        try:
            async with self._lease(read_only=False) as connection:
                return await drive_async(self._watched(steps), connection)
        finally:
            self._watched_late(known)

    async def _take(self, step: Step) -> Any:
        """One call of the ORM."""
        if hasattr(step, "writes"):
            return await self._drive(alone(step))
        async with self._lease(read_only=False) as connection:
            return await step(connection)

    async def _ask(
        self,
        call: Callable[[AsyncConnection], Coroutine[Any, Any, R]],
        *,
        query: str,
        read_only: bool,
    ) -> R:
        """One statement, with what the ORM loads for it.

        One that only reads is asked again elsewhere if its server goes away.
        """
        if not read_only:
            async with self._lease_for(query) as connection:
                return await call(connection)
        failures = 0
        deadline = self._deadline(None)
        while True:
            try:
                async with self.read() as connection:
                    return await call(connection)
            except errors.Error as error:
                failures += 1
                if not self._may_ask_again(error, failures, deadline):
                    raise
            await asyncio.sleep(self._retry.delay(failures))

    async def _acquire(
        self, purpose: Purpose, timeout: float | None
    ) -> tuple[AsyncPool, AsyncConnection]:
        self._begin()
        deadline = self._deadline(timeout)
        if purpose == "write":
            return await self._acquire_writer(deadline)
        return await self._acquire_reader(deadline)

    async def _acquire_writer(self, deadline: float) -> tuple[AsyncPool, AsyncConnection]:
        while True:
            self._news.clear()
            with self._monitor.lock:
                primary = self._topology.primary if self._is_ready() else None
            if primary is None:
                await self._wait(deadline, "writes")
                continue
            lent = await self._lend("write", primary, deadline)
            if lent is not None:
                return lent
            with contextlib.suppress(errors.NoServer):
                # for news, but not for long: it may have been a single failure
                await self._wait(min(deadline, time.monotonic() + 0.1), "writes")

    async def _acquire_reader(self, deadline: float) -> tuple[AsyncPool, AsyncConnection]:
        excluded: set[int] = set()
        while True:
            self._news.clear()
            with self._monitor.lock:
                is_ready = self._is_ready()
                chosen = self._choose_reader(excluded) if is_ready else None
            if chosen is None:
                excluded.clear()
                await self._wait(deadline, "reads")
                continue
            index, position = chosen
            lent = await self._lend("read", index, deadline)
            if lent is not None and await self._has_replayed(lent, index, position):
                return lent
            excluded.add(index)

    async def _lend(
        self, purpose: Purpose, index: int, deadline: float
    ) -> tuple[AsyncPool, AsyncConnection] | None:
        """A connection of one server; None if that cannot be reached."""
        pool = self._pool(purpose, index)
        try:
            connection = await pool.acquire(max(deadline - time.monotonic(), 0.0))
        except PoolClosed:
            return None  # the server was lost meanwhile
        except OperationalError as error:
            if time.monotonic() >= deadline or not may_read_elsewhere(error):
                raise
            self._monitor.look_now()
            return None
        return pool, connection

    async def _has_replayed(
        self, lent: tuple[AsyncPool, AsyncConnection], index: int, position: int
    ) -> bool:
        """Whether the server has come so far; if not, its connection is given back."""
        if position == 0:
            return True
        pool, connection = lent
        try:
            replayed = await connection.fetch_value(REPLAYED)
        except OperationalError as error:
            self._met(error)
            replayed = None
        if self._has_come(index, replayed, position):
            return True
        await pool.release(connection)
        return False

    def _pool(self, purpose: Purpose, index: int) -> AsyncPool:
        self._require_running()
        pool = self._pools.get((purpose, index))
        if pool is None:
            pool = AsyncPool(self._dsns[index], **self._pool_settings(purpose, index))
            self._pools[purpose, index] = pool
        return pool

    def _drop(self, indices: Sequence[int]) -> None:
        """In a thread of the monitor: the pools belong to the loop."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._drop_here, tuple(indices))

    def _drop_here(self, indices: Sequence[int]) -> None:
        """Those that wait in a pool that is closed choose again."""
        for pool in self._take_pools(indices):
            task = asyncio.ensure_future(pool.close(timeout=0))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _watch(self, index: int) -> Connection:
        """In a thread of the monitor; a `password` callable is asked on the loop."""
        config = configuration(self._dsns[index], self._connection_options)
        options = dict(self._connection_options)
        if config.password_source is not None and self._loop is not None:
            answer = asyncio.run_coroutine_threadsafe(fresh_password(config), self._loop)
            options["password"] = answer.result(PROBE_TIMEOUT_SECONDS)
        return Connection(configuration(self._dsns[index], {"connect_timeout": 3, **options}))

    def _begin(self) -> None:
        """Belong to the loop that is running, and watch the servers."""
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
            self._monitor.add_listener(self._hear)
        elif self._loop is not loop:
            raise InterfaceError(
                "the database belongs to another event loop", hint="make one for each loop"
            )
        self._require_open()

    def _hear(self) -> None:
        """In a thread of the monitor: wake those that wait."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._news.set)

    async def _wait(self, deadline: float, wanted: str) -> None:
        """Wait for news; what was decided on was read after `_news` was cleared."""
        self._require_running()
        remaining = deadline - time.monotonic()
        try:
            async with asyncio.timeout(None if remaining == math.inf else max(remaining, 0.0)):
                await self._news.wait()
        except TimeoutError:
            with self._monitor.lock:
                error = self._nobody(wanted)
            raise error from None
        self._require_running()

    @property
    def cache(self) -> "AsyncDatabaseCache":
        """The answers that are kept: its figures, `invalidate`, and a decorator of functions.

        One of the default size is made where `cache` was not given.
        """
        found: AsyncDatabaseCache = self._caching or self._cache()
        return found

    def _make_cache(self, cache: "Cache") -> "AsyncDatabaseCache":
        from howdah.caching._database import AsyncDatabaseCache

        return AsyncDatabaseCache(self, cache, is_async=True)

    async def _run_cached(self, statement: Cached[Any], *, read_only: bool = False) -> Any:
        from howdah.caching._statements import of_database

        return await drive_async(of_database(self, statement, read_only=read_only), None)

    def _lease(self, *, read_only: bool) -> AsyncDatabaseLease:
        return AsyncDatabaseLease(self, "read" if read_only else "write", None)

    def _lease_for(self, query: str) -> AsyncDatabaseLease:
        """A connection to the primary for SQL of the program's own."""
        return AsyncDatabaseLease(self, "write", None, self._unknown_commit(query))

    def _source(self) -> Self:
        return self

    def _lease_for_run(self, timeout: float, *, read_only: bool | None) -> AsyncDatabaseLease:
        timeout = min(self._timeout, timeout)
        if read_only:
            return self.read(timeout)
        is_known = known_run.get() is self
        return AsyncDatabaseLease(
            self, "write", timeout, None if is_known else self._unknown_commit(None)
        )


async def _note_position(session: DatabaseSession, connection: AsyncConnection) -> None:
    """Let the session remember what the connection may have committed."""
    position = None
    try:
        if not connection.closed and connection.transaction_status == "idle":
            position = await connection.fetch_value(POSITION, timeout=POSITION_TIMEOUT_SECONDS)
    except errors.Error:
        pass  # it is asked for later, in another way
    finally:
        session._wrote(position)
