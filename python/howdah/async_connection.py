"""The asyncio connection: `howdah.connect_async` and `AsyncConnection`.

The same names as `howdah.connection`, awaited; what does not wait is not. Invariant: a cancelled
call raises at once, the server is told, and no later statement runs before that is settled.
"""

import asyncio
import inspect
import time
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from howdah import _identifiers, _native, errors
from howdah._connecting import configuration
from howdah._modes import Isolation
from howdah._session import Listener, Session, refuse_unknown_commit
from howdah.async_copying import AsyncCopying
from howdah.async_cursor import AsyncCursor
from howdah.async_pipeline import AsyncPipeline
from howdah.connection import CANCEL_TIMEOUT_SECONDS
from howdah.stream import AsyncRowStream
from howdah.transaction import AsyncTransaction

if TYPE_CHECKING:
    from howdah._native import Result, Row
    from howdah.advisory_lock import AsyncAdvisoryLock
    from howdah.async_server_cursor import AsyncServerCursor
    from howdah.large_objects import AsyncLargeObjects
    from howdah.notifications import AsyncNotifications
    from howdah.sql import Query
    from howdah.statement import AsyncStatement
    from howdah.two_phase import Xid

T = TypeVar("T")
Tuple = TypeVar("Tuple", bound=tuple[Any, ...])


async def connect_async(
    dsn: str | None = None, /, *, autocommit: bool = False, **options: object
) -> "AsyncConnection":
    """Connect without blocking the event loop. Arguments and errors are those of `connect`.

    >>> async def main():
    ...     async with await howdah.connect_async(url) as conn:
    ...         return await conn.fetch_value("select 6 * $1", 7)
    >>> asyncio.run(main())
    42
    """
    connection = await open_connection(configuration(dsn, options))
    connection._autocommit = autocommit
    return connection


async def open_connection(config: _native.Config) -> "AsyncConnection":
    """Connect with options that were validated; cancelled, it leaves nothing behind."""
    return AsyncConnection(await open_attempt(config), asyncio.get_running_loop())


async def open_attempt(config: _native.Config) -> _native.Connecting:
    """What a connection is made of."""
    loop = asyncio.get_running_loop()
    attempt = _native.Connecting(config, await fresh_password(config))
    ended = asyncio.Event()
    loop.add_reader(attempt.fileno(), ended.set)
    try:
        await ended.wait()
    except BaseException:
        attempt.abort()
        raise
    finally:
        loop.remove_reader(attempt.fileno())
    return attempt


async def fresh_password(config: _native.Config) -> str | None:
    """What the `password` callable answers now; None where the password is fixed.

    An awaitable may take as long as one attempt to connect, the option `connect_timeout`.
    """
    if config.password_source is None:
        return None
    seconds = float(config.get("connect_timeout") or 0)
    asked = time.monotonic()
    answer = config.password_source()
    if (taken := time.monotonic() - asked) >= seconds > 0:
        # the loop was held for so long, and nobody could interrupt it
        raise errors.ConnectionFailed(
            f"the `password` callable took {taken:.1f} s, `connect_timeout` is {seconds:g} s"
        )
    if inspect.isawaitable(answer):
        limit = asyncio.timeout(seconds if seconds > 0 else None)
        try:
            async with limit:
                answer = await answer
        except TimeoutError:
            if not limit.expired():
                raise
            raise errors.ConnectionFailed(
                f"the `password` callable gave none within {seconds:g} s"
            ) from None
    if not isinstance(answer, str):
        raise TypeError(f"the `password` callable: expected str, found `{type(answer).__name__}`")
    return answer


class AsyncConnection(AsyncCopying, Session, _native.AsyncConnection):
    """A session with a server, from `howdah.connect_async`, bound to the running event loop.

    The rules of transactions are those of `Connection`. Tasks that share a connection take
    turns, in one common transaction: give each task its own, as a pool does.

    >>> async def main():
    ...     async with await howdah.connect_async(url) as conn:
    ...         async with conn.transaction():
    ...             await conn.execute("create temporary table t (id int)")
    ...             await conn.copy_rows("t", [(1,), (2,)])
    ...         return [row.id async for row in conn.stream("select id from t")]
    >>> asyncio.run(main())
    [1, 2]
    """

    Warning = errors.Warning
    Error = errors.Error
    InterfaceError = errors.InterfaceError
    DatabaseError = errors.DatabaseError
    DataError = errors.DataError
    OperationalError = errors.OperationalError
    IntegrityError = errors.IntegrityError
    InternalError = errors.InternalError
    ProgrammingError = errors.ProgrammingError
    NotSupportedError = errors.NotSupportedError

    def __init__(
        self, _attempt: _native.Connecting, _event_loop: asyncio.AbstractEventLoop, /
    ) -> None:
        self._turn = asyncio.Lock()
        self._start_session()

    def transaction(
        self,
        *,
        isolation: Isolation | None = None,
        read_only: bool | None = None,
        deferrable: bool | None = None,
        force_rollback: bool = False,
    ) -> AsyncTransaction:
        """`Connection.transaction` for `async with`."""
        return AsyncTransaction(
            self,
            isolation=isolation,
            read_only=read_only,
            deferrable=deferrable,
            force_rollback=force_rollback,
        )

    def pipeline(self, *, timeout: float | None = None) -> AsyncPipeline:
        """`Connection.pipeline` for `async with`."""
        return AsyncPipeline(self, timeout)

    async def commit(self) -> None:
        """Commit the open transaction, if there is one.

        Raises `errors.InFailedSqlTransaction`, after rolling back, if a statement had failed.
        """
        await self._end("commit")

    async def rollback(self) -> None:
        """Roll back the open transaction, if there is one."""
        await self._end("rollback")

    async def tpc_begin(self, xid: "Xid | str") -> None:
        """Begin a two-phase transaction, as PEP 249 says. `xid` is from `xid(…)`.

        Raises `ProgrammingError` if a transaction is open.
        """
        from howdah.two_phase import TwoPhase

        async with self._turn:
            begun = TwoPhase(self, xid)
            await self.execute(self._modes.begin())
            self._two_phase = begun
            self.note_local_change()

    async def tpc_prepare(self) -> None:
        """Make the transaction ready to be committed, by whichever session, even after a crash.

        Raises `errors.InFailedSqlTransaction`, after rolling back, if a statement had failed, and
        `errors.ObjectNotInPrerequisiteState` where the server's `max_prepared_transactions` is 0.
        """
        from howdah.two_phase import open_transaction

        async with self._turn:
            transaction = open_transaction(self)
            command, complaint = transaction.preparing()
            await self.execute(command)
            transaction.is_prepared = complaint is None
        if complaint is not None:
            raise complaint

    async def tpc_commit(self, xid: "Xid | str | None" = None) -> None:
        """Commit the two-phase transaction, prepared or not.

        With `xid` it is a prepared one, of this or another session, from `tpc_recover`; the
        connection must be outside of a transaction.
        """
        await self._tpc_end("commit", xid)

    async def tpc_rollback(self, xid: "Xid | str | None" = None) -> None:
        """Roll the two-phase transaction back, prepared or not; `xid` is as for `tpc_commit`."""
        await self._tpc_end("rollback", xid)

    async def tpc_recover(self) -> "list[Xid]":
        """The prepared transactions of all databases of the server."""
        from howdah.two_phase import RECOVER, Xid

        return [Xid.from_string(*row) for row in await self.fetch(RECOVER, row=tuple)]

    @overload
    def cursor(self, name: None = None) -> AsyncCursor: ...
    @overload
    def cursor(
        self, name: str, *, scrollable: bool | None = None, withhold: bool = False
    ) -> "AsyncServerCursor": ...
    def cursor(
        self, name: str | None = None, *, scrollable: bool | None = None, withhold: bool = False
    ) -> "AsyncCursor | AsyncServerCursor":
        """A cursor with the names of PEP 249, awaited; with a name, one on the server."""
        self.check_open()
        if name is not None:
            from howdah.async_server_cursor import AsyncServerCursor

            return AsyncServerCursor(self, name, scrollable=scrollable, withhold=withhold)
        if scrollable is not None or withhold:
            raise errors.ProgrammingError(
                "`scrollable` and `withhold` are for cursors on the server", hint="give it a name"
            )
        return AsyncCursor(self)

    @overload
    def stream(
        self,
        query: "Query",
        /,
        *args: Any,
        row: None = None,
        batch: int = 1000,
        timeout: float | None = None,
    ) -> "AsyncRowStream[Row]": ...
    @overload
    def stream(
        self,
        query: "Query",
        /,
        *args: Any,
        row: type[dict[str, Any]],
        batch: int = 1000,
        timeout: float | None = None,
    ) -> AsyncRowStream[dict[str, Any]]: ...
    @overload
    def stream(
        self,
        query: "Query",
        /,
        *args: Any,
        row: type[Tuple],
        batch: int = 1000,
        timeout: float | None = None,
    ) -> AsyncRowStream[Tuple]: ...
    @overload
    def stream(
        self,
        query: "Query",
        /,
        *args: Any,
        row: Callable[..., T],
        batch: int = 1000,
        timeout: float | None = None,
    ) -> AsyncRowStream[T]: ...
    def stream(
        self,
        query: "Query",
        /,
        *args: Any,
        row: Callable[..., Any] | None = None,
        batch: int = 1000,
        timeout: float | None = None,
    ) -> AsyncRowStream[Any]:
        """`Connection.stream` for `async for`."""
        return AsyncRowStream(self, query, args, row, batch, timeout=timeout)

    async def cancel(self, timeout: float = CANCEL_TIMEOUT_SECONDS) -> None:
        """Ask the server to cancel what runs on this connection, from another task.

        Returns once the server took the request; the statement raises `errors.QueryCanceled`.
        `timeout` is in seconds; afterwards `OperationalError` is raised.
        """
        await asyncio.to_thread(self.cancel_blocking, timeout)

    @property
    def large_objects(self) -> "AsyncLargeObjects":
        """The large objects of the database: `create`, `open`, `delete`, import and export."""
        from howdah.large_objects import AsyncLargeObjects

        return AsyncLargeObjects(self)

    async def prepare(self, query: "Query", /, *, timeout: float | None = None) -> "AsyncStatement":
        """`Connection.prepare`, awaited."""
        from howdah.statement import AsyncStatement

        return AsyncStatement(self, query, await self.describe(query, timeout))

    def advisory_lock(
        self,
        key: int | str | tuple[int, int],
        *,
        shared: bool = False,
        transaction: bool = False,
        wait: bool = True,
        timeout: float | None = None,
    ) -> "AsyncAdvisoryLock":
        """`Connection.advisory_lock` for `async with`."""
        from howdah.advisory_lock import AsyncAdvisoryLock

        return AsyncAdvisoryLock(
            self, key, shared=shared, transaction=transaction, wait=wait, timeout=timeout
        )

    def notifications(self, *channels: str, timeout: float | None = None) -> "AsyncNotifications":
        """`Connection.notifications` for `async for` and `async with`. It is not awaited itself.

        Other tasks may use the connection meanwhile.
        """
        from howdah.notifications import AsyncNotifications

        return AsyncNotifications(self, channels, timeout)

    async def unknown_codecs(self) -> list[str]:
        """`Connection.unknown_codecs`, awaited."""
        from howdah._codecs import UNKNOWN, chosen_names

        names = chosen_names(self._codecs, *self._wider_scopes())
        found = await self.fetch(UNKNOWN, names, row=tuple) if names else []
        return [name for (name,) in found]

    async def add_listener(self, channel: str, listener: Listener) -> None:
        """Call `listener(notification)` for what other sessions NOTIFY on `channel`.

        It is called from the event loop as soon as the notification arrives.
        """
        if channel not in self._listeners.by_channel:
            await self.execute(f"listen {_identifiers.channel(channel)}")
        self._listeners.add(channel, listener)

    async def remove_listener(self, channel: str, listener: Listener) -> None:
        """Undo `add_listener`. `ProgrammingError` if it was not there."""
        if self._listeners.remove(channel, listener):
            await self.execute(f"unlisten {_identifiers.quoted(channel)}")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if not self.closed and error is None:
                await self.commit()
        finally:
            # The server rolls back what is open.
            await self.close()

    async def _run_for_cursor(
        self, query: str, args: Sequence[Any] | None, timeout: float | None = None
    ) -> "list[Result]":
        async with self._turn:
            if self.has_queued:
                await self.run_queued(raises=True)
            self._begin_for_cursor()
            return await self.run(query, args, tuple, timeout)

    async def _run_many_for_cursor(
        self, query: str, rows: Iterable[Sequence[Any]], timeout: float | None
    ) -> "list[Result]":
        async with self._turn:
            if self.has_queued:
                await self.run_queued(raises=True)
            self._begin_for_cursor()
            return await self.run_many(query, rows, tuple, timeout)

    async def _execute_many_for_cursor(
        self, query: str, rows: Iterable[Sequence[Any]], timeout: float | None
    ) -> int:
        async with self._turn:
            if self.has_queued:
                await self.run_queued(raises=True)
            self._begin_for_cursor()
            return await self.execute_many(query, rows, timeout=timeout)

    async def _tpc_end(self, verb: str, xid: "Xid | str | None") -> None:
        from howdah.two_phase import ending_recovered, is_another, open_transaction

        async with self._turn:
            if xid is not None and is_another(self, xid):
                await self.execute(ending_recovered(self, verb, xid))
                return
            transaction = open_transaction(self)
            command, complaint = transaction.ending(verb)
            if not transaction.is_prepared:
                self._two_phase = None
            if command is not None:
                await self.execute(command)
            self._two_phase = None
        if complaint is not None:
            raise complaint

    async def _end(self, command: str) -> None:
        async with self._turn:
            sent, complaint = self._ending(command)
            if sent is not None:
                try:
                    await self.execute(sent)
                except errors.Error as failure:
                    refuse_unknown_commit(sent, failure)
                    raise
        if complaint is not None:
            raise complaint
