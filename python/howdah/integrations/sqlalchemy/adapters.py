"""`howdah.AsyncConnection` with the blocking names that SQLAlchemy calls from its greenlets.

IO happens in the connection. Made by the asyncio dialect. Invariant: rows are handed on as the
driver made them, without a look at each.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sqlalchemy import util
from sqlalchemy.connectors.asyncio import (
    AsyncAdapt_dbapi_connection,
    AsyncAdapt_dbapi_cursor,
    AsyncAdapt_dbapi_module,
    AsyncAdapt_dbapi_ss_cursor,
    AsyncAdapt_terminate,
)
from sqlalchemy.util.concurrency import await_

import howdah

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from howdah._cursor_state import Parameters
    from howdah._modes import Isolation
    from howdah.async_server_cursor import AsyncServerCursor


class AdaptedCursor(AsyncAdapt_dbapi_cursor):
    """A cursor whose rows are all here once `execute` returns."""

    __slots__ = ()

    # Closing forgets the rows; nothing is awaited.
    _awaitable_cursor_close = False
    _cursor: howdah.AsyncCursor  # type: ignore[assignment]

    def __init__(self, adapt_connection: AdaptedConnection) -> None:
        self._adapt_connection = adapt_connection
        connection: Any = adapt_connection._connection
        self._connection = connection
        self._cursor = connection.cursor()

    @property
    def description(self) -> Any:
        """See `howdah.AsyncCursor.description`."""
        return self._cursor.description

    def execute(self, operation: str, parameters: Parameters | None = None) -> None:
        """Run a statement."""
        await_(self._cursor.execute(operation, parameters))

    def executemany(self, operation: str, seq_of_parameters: Iterable[Parameters]) -> None:
        """Run a statement once for each item."""
        await_(self._cursor.executemany(operation, seq_of_parameters))

    def setinputsizes(self, *sizes: Sequence[Any]) -> None:
        """Do nothing: the server says which types it wants."""

    def nextset(self) -> Any:
        """Turn to the result of the next statement; None if there is none."""
        return self._cursor._next_result()

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None after the last."""
        return self._cursor._one()

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """The next `size` rows, fewer at the end."""
        return self._cursor._many(size)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The remaining rows."""
        return self._cursor._all()

    def close(self) -> None:
        """Forget the rows."""
        self._cursor._close()

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._cursor._all())


class AdaptedServerCursor(AsyncAdapt_dbapi_ss_cursor):
    """A cursor of the server's, whose rows are asked for as they are needed."""

    __slots__ = ()

    _cursor: AsyncServerCursor  # type: ignore[assignment]

    def __init__(self, adapt_connection: AdaptedConnection, name: str) -> None:
        self._adapt_connection = adapt_connection
        connection: Any = adapt_connection._connection
        self._connection = connection
        self._cursor = connection.cursor(name)
        self._soft_closed_memoized = util.EMPTY_DICT

    @property
    def name(self) -> str:
        """The cursor's name on the server."""
        return self._cursor.name

    def fetchmany(self, size: int | None = None) -> Any:
        """The next `size` rows, fewer at the end."""
        return await_(self._cursor.fetchmany(size))


class AdaptedConnection(AsyncAdapt_terminate, AsyncAdapt_dbapi_connection):
    """A `howdah.AsyncConnection`, as `driver_connection`, under SQLAlchemy."""

    __slots__ = ()

    _connection: howdah.AsyncConnection  # type: ignore[assignment]

    def cursor(self, name: str | None = None, /) -> Any:  # type: ignore[override]
        """A cursor; one of the server's if it has a name."""
        return AdaptedCursor(self) if name is None else AdaptedServerCursor(self, name)

    def waited(self, method: str, /, *args: Any) -> Any:
        """Call a method of the connection and wait for it."""
        return await_(getattr(self._connection, method)(*args))

    def tpc_begin(self, xid: str) -> None:
        """See `howdah.AsyncConnection.tpc_begin`."""
        await_(self._connection.tpc_begin(xid))

    def tpc_prepare(self) -> None:
        """See `howdah.AsyncConnection.tpc_prepare`."""
        await_(self._connection.tpc_prepare())

    def tpc_commit(self, xid: str | None = None) -> None:
        """See `howdah.AsyncConnection.tpc_commit`."""
        await_(self._connection.tpc_commit(xid))

    def tpc_rollback(self, xid: str | None = None) -> None:
        """See `howdah.AsyncConnection.tpc_rollback`."""
        await_(self._connection.tpc_rollback(xid))

    def tpc_recover(self) -> list[howdah.Xid]:
        """See `howdah.AsyncConnection.tpc_recover`."""
        return await_(self._connection.tpc_recover())

    def __getattr__(self, name: str) -> Any:
        # What does not wait is the connection's own: `closed`, `transaction_status`,
        # `add_notice_handler`, `set_json_loads` …
        return getattr(self._connection, name)

    @property
    def autocommit(self) -> bool:
        """See `howdah.AsyncConnection.autocommit`."""
        return self._connection.autocommit

    @autocommit.setter
    def autocommit(self, on: bool) -> None:
        self._connection.autocommit = on

    @property
    def isolation_level(self) -> Isolation | None:
        """See `howdah.AsyncConnection.isolation_level`."""
        return self._connection.isolation_level

    @isolation_level.setter
    def isolation_level(self, level: Isolation | None) -> None:
        self._connection.isolation_level = level

    @property
    def read_only(self) -> bool | None:
        """See `howdah.AsyncConnection.read_only`."""
        return self._connection.read_only

    @read_only.setter
    def read_only(self, on: bool | None) -> None:
        self._connection.read_only = on

    @property
    def deferrable(self) -> bool | None:
        """See `howdah.AsyncConnection.deferrable`."""
        return self._connection.deferrable

    @deferrable.setter
    def deferrable(self, on: bool | None) -> None:
        self._connection.deferrable = on

    def _terminate_handled_exceptions(self) -> tuple[type[BaseException], ...]:
        return (asyncio.CancelledError, TimeoutError, OSError, howdah.Error)

    async def _terminate_graceful_close(self) -> None:
        await self._connection.close()

    def _terminate_force_close(self) -> None:
        self._connection.abort()


class AsyncModule(AsyncAdapt_dbapi_module):
    """The DB-API module of the asyncio dialect: howdah's names, and its own `connect`."""

    def __init__(self) -> None:
        super().__init__(howdah)

    def __getattr__(self, name: str) -> Any:
        return getattr(howdah, name)

    def connect(self, *args: Any, **options: Any) -> AdaptedConnection:
        """Connect, waiting in the greenlet."""
        connect = options.pop("async_creator_fn", howdah.connect_async)
        return await_(AdaptedConnection.create(self, connect(*args, **options)))
