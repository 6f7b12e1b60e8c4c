"""`fetch`, `execute` and the like on a pool: one statement on a connection of its own.

Inherited by `Pool` and `AsyncPool`. Each call takes a connection, runs the statement, which
commits by itself, and returns the connection; waiting for one is bounded by the pool's timeout.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

if TYPE_CHECKING:
    from howdah._native import Row, Shelf
    from howdah.async_connection import AsyncConnection
    from howdah.connection import Connection
    from howdah.sql import Query

T = TypeVar("T")
Tuple = TypeVar("Tuple", bound=tuple[Any, ...])


class Shortcuts:
    """The statements of `Connection` on a `Pool`."""

    _shelf: "Shelf[Connection]"

    @abstractmethod
    def _acquire(self, timeout: float | None) -> "Connection":
        """Take a connection where the shelf has none to lend."""

    @abstractmethod
    def release(self, connection: "Connection", /) -> None:
        """Return it."""

    def execute(self, query: "Query", /, *args: Any, timeout: float | None = None) -> int:
        """`Connection.execute` on a connection of its own."""
        connection = self._shelf.lend() or self._acquire(None)
        try:
            return connection.execute(query, *args, timeout=timeout)
        finally:
            if not self._shelf.take_back(connection):
                self.release(connection)

    @overload
    def execute_many(
        self,
        query: "Query",
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[False] = False,
        timeout: float | None = None,
    ) -> int: ...
    @overload
    def execute_many(
        self,
        query: "Query",
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: None = None,
        timeout: float | None = None,
    ) -> "list[Row]": ...
    @overload
    def execute_many(
        self,
        query: "Query",
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: type[dict[str, Any]],
        timeout: float | None = None,
    ) -> list[dict[str, Any]]: ...
    @overload
    def execute_many(
        self,
        query: "Query",
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: type[Tuple],
        timeout: float | None = None,
    ) -> list[Tuple]: ...
    @overload
    def execute_many(
        self,
        query: "Query",
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: Callable[..., T],
        timeout: float | None = None,
    ) -> list[T]: ...
    def execute_many(
        self,
        query: "Query",
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: bool = False,
        row: Callable[..., Any] | None = None,
        timeout: float | None = None,
    ) -> Any:
        """`Connection.execute_many` on a connection of its own."""
        connection = self._shelf.lend() or self._acquire(None)
        try:
            if returning:
                return connection.execute_many(
                    query, rows, returning=True, row=row, timeout=timeout
                )
            return connection.execute_many(query, rows, timeout=timeout)
        finally:
            if not self._shelf.take_back(connection):
                self.release(connection)

    @overload
    def fetch(
        self, query: "Query", /, *args: Any, row: None = None, timeout: float | None = None
    ) -> "list[Row]": ...
    @overload
    def fetch(
        self, query: "Query", /, *args: Any, row: type[dict[str, Any]], timeout: float | None = None
    ) -> list[dict[str, Any]]: ...
    @overload
    def fetch(
        self, query: "Query", /, *args: Any, row: type[Tuple], timeout: float | None = None
    ) -> list[Tuple]: ...
    @overload
    def fetch(
        self, query: "Query", /, *args: Any, row: Callable[..., T], timeout: float | None = None
    ) -> list[T]: ...
    def fetch(
        self,
        query: "Query",
        /,
        *args: Any,
        row: Callable[..., Any] | None = None,
        timeout: float | None = None,
    ) -> list[Any]:
        """`Connection.fetch` on a connection of its own."""
        connection = self._shelf.lend() or self._acquire(None)
        try:
            return connection.fetch(query, *args, row=row, timeout=timeout)
        finally:
            if not self._shelf.take_back(connection):
                self.release(connection)

    @overload
    def fetch_one(
        self, query: "Query", /, *args: Any, row: None = None, timeout: float | None = None
    ) -> "Row | None": ...
    @overload
    def fetch_one(
        self, query: "Query", /, *args: Any, row: type[dict[str, Any]], timeout: float | None = None
    ) -> dict[str, Any] | None: ...
    @overload
    def fetch_one(
        self, query: "Query", /, *args: Any, row: type[Tuple], timeout: float | None = None
    ) -> Tuple | None: ...
    @overload
    def fetch_one(
        self, query: "Query", /, *args: Any, row: Callable[..., T], timeout: float | None = None
    ) -> T | None: ...
    def fetch_one(
        self,
        query: "Query",
        /,
        *args: Any,
        row: Callable[..., Any] | None = None,
        timeout: float | None = None,
    ) -> Any | None:
        """`Connection.fetch_one` on a connection of its own."""
        connection = self._shelf.lend() or self._acquire(None)
        try:
            return connection.fetch_one(query, *args, row=row, timeout=timeout)
        finally:
            if not self._shelf.take_back(connection):
                self.release(connection)

    def fetch_value(self, query: "Query", /, *args: Any, timeout: float | None = None) -> Any:
        """`Connection.fetch_value` on a connection of its own."""
        connection = self._shelf.lend() or self._acquire(None)
        try:
            if timeout is None:  # the quicker way to call
                return connection.fetch_value(query, *args)
            return connection.fetch_value(query, *args, timeout=timeout)
        finally:
            if not self._shelf.take_back(connection):
                self.release(connection)


class AsyncShortcuts:
    """The statements of `AsyncConnection` on an `AsyncPool`."""

    _shelf: "Shelf[AsyncConnection]"

    @abstractmethod
    async def acquire(self, timeout: float | None = None) -> "AsyncConnection":
        """Take a connection."""

    @abstractmethod
    async def release(self, connection: "AsyncConnection", /) -> None:
        """Return it."""

    async def execute(self, query: "Query", /, *args: Any, timeout: float | None = None) -> int:
        """`AsyncConnection.execute` on a connection of its own."""
        connection = await self.acquire()
        try:
            return await connection.execute(query, *args, timeout=timeout)
        finally:
            if not self._shelf.take_back(connection):
                await self.release(connection)

    @overload
    async def execute_many(
        self,
        query: "Query",
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[False] = False,
        timeout: float | None = None,
    ) -> int: ...
    @overload
    async def execute_many(
        self,
        query: "Query",
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: None = None,
        timeout: float | None = None,
    ) -> "list[Row]": ...
    @overload
    async def execute_many(
        self,
        query: "Query",
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: type[dict[str, Any]],
        timeout: float | None = None,
    ) -> list[dict[str, Any]]: ...
    @overload
    async def execute_many(
        self,
        query: "Query",
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: type[Tuple],
        timeout: float | None = None,
    ) -> list[Tuple]: ...
    @overload
    async def execute_many(
        self,
        query: "Query",
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: Callable[..., T],
        timeout: float | None = None,
    ) -> list[T]: ...
    async def execute_many(
        self,
        query: "Query",
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: bool = False,
        row: Callable[..., Any] | None = None,
        timeout: float | None = None,
    ) -> Any:
        """`AsyncConnection.execute_many` on a connection of its own."""
        connection = await self.acquire()
        try:
            if returning:
                return await connection.execute_many(
                    query, rows, returning=True, row=row, timeout=timeout
                )
            return await connection.execute_many(query, rows, timeout=timeout)
        finally:
            if not self._shelf.take_back(connection):
                await self.release(connection)

    @overload
    async def fetch(
        self, query: "Query", /, *args: Any, row: None = None, timeout: float | None = None
    ) -> "list[Row]": ...
    @overload
    async def fetch(
        self, query: "Query", /, *args: Any, row: type[dict[str, Any]], timeout: float | None = None
    ) -> list[dict[str, Any]]: ...
    @overload
    async def fetch(
        self, query: "Query", /, *args: Any, row: type[Tuple], timeout: float | None = None
    ) -> list[Tuple]: ...
    @overload
    async def fetch(
        self, query: "Query", /, *args: Any, row: Callable[..., T], timeout: float | None = None
    ) -> list[T]: ...
    async def fetch(
        self,
        query: "Query",
        /,
        *args: Any,
        row: Callable[..., Any] | None = None,
        timeout: float | None = None,
    ) -> list[Any]:
        """`AsyncConnection.fetch` on a connection of its own."""
        connection = await self.acquire()
        try:
            return await connection.fetch(query, *args, row=row, timeout=timeout)
        finally:
            if not self._shelf.take_back(connection):
                await self.release(connection)

    @overload
    async def fetch_one(
        self, query: "Query", /, *args: Any, row: None = None, timeout: float | None = None
    ) -> "Row | None": ...
    @overload
    async def fetch_one(
        self, query: "Query", /, *args: Any, row: type[dict[str, Any]], timeout: float | None = None
    ) -> dict[str, Any] | None: ...
    @overload
    async def fetch_one(
        self, query: "Query", /, *args: Any, row: type[Tuple], timeout: float | None = None
    ) -> Tuple | None: ...
    @overload
    async def fetch_one(
        self, query: "Query", /, *args: Any, row: Callable[..., T], timeout: float | None = None
    ) -> T | None: ...
    async def fetch_one(
        self,
        query: "Query",
        /,
        *args: Any,
        row: Callable[..., Any] | None = None,
        timeout: float | None = None,
    ) -> Any | None:
        """`AsyncConnection.fetch_one` on a connection of its own."""
        connection = await self.acquire()
        try:
            return await connection.fetch_one(query, *args, row=row, timeout=timeout)
        finally:
            if not self._shelf.take_back(connection):
                await self.release(connection)

    async def fetch_value(self, query: "Query", /, *args: Any, timeout: float | None = None) -> Any:
        """`AsyncConnection.fetch_value` on a connection of its own."""
        connection = await self.acquire()
        try:
            return await connection.fetch_value(query, *args, timeout=timeout)
        finally:
            if not self._shelf.take_back(connection):
                await self.release(connection)
