"""Prepared statements as objects: what `prepare()` of a connection returns.

No IO of its own: its calls are the connection's, with the statement's text. Invariant: it works
for as long as its connection; a statement that the server has lost, or whose tables have changed,
is prepared again by the connection.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, overload

if TYPE_CHECKING:
    from howdah._native import Column, Row, _Description
    from howdah.async_connection import AsyncConnection
    from howdah.connection import Connection
    from howdah.stream import AsyncRowStream, RowStream

T = TypeVar("T")
Tuple = TypeVar("Tuple", bound=tuple[Any, ...])


class Parameter(NamedTuple):
    """The type of a statement's parameter, as the server chose it."""

    type_oid: int
    type_name: str
    """As users write it: `int4`, `timestamptz`, `text[]`, `public.mood`."""


class _Described:
    """What the server said of a statement when it was prepared last."""

    def __init__(
        self,
        connection: "Connection | AsyncConnection",
        query: str,
        description: "_Description",
    ) -> None:
        self._described_by = connection.described
        self._query = query
        self._description = description

    @property
    def query(self) -> str:
        """The statement's text."""
        return self._query

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters `$1`, `$2` …, with their types when it was prepared last."""
        return tuple(Parameter(*parameter) for parameter in self._newest()[0])

    @property
    def columns(self) -> "tuple[Column, ...] | None":
        """The columns when it was prepared last; None for a statement that returns no rows.

        A statement whose tables have changed is prepared again by its next execution. A column
        that is one of a table names it by `table_oid` and `table_column`.
        """
        return self._newest()[1]

    def _newest(self) -> "_Description":
        # a connection that is at work, closed, or has dropped the statement says nothing new
        self._description = self._described_by(self._query) or self._description
        return self._description

    def __repr__(self) -> str:
        return f"<howdah.{type(self).__name__} {self._query!r}>"


class Statement(_Described):
    """A statement of a `Connection`. The calls are the connection's, without the query."""

    def __init__(self, connection: "Connection", query: str, description: "_Description") -> None:
        super().__init__(connection, query, description)
        self._connection = connection

    def execute(self, *args: Any, timeout: float | None = None) -> int:
        """`Connection.execute` with these parameters."""
        # With parameters or without, never by the simple protocol.
        return max(self._connection.run(self._query, args, tuple, timeout)[0].count, 0)

    def execute_many(
        self, rows: Iterable[Sequence[Any]], /, *, timeout: float | None = None
    ) -> int:
        """`Connection.execute_many` with these rows of parameters."""
        return self._connection.execute_many(self._query, rows, timeout=timeout)

    @overload
    def fetch(self, *args: Any, row: None = None, timeout: float | None = None) -> "list[Row]": ...
    @overload
    def fetch(
        self, *args: Any, row: type[dict[str, Any]], timeout: float | None = None
    ) -> list[dict[str, Any]]: ...
    @overload
    def fetch(self, *args: Any, row: type[Tuple], timeout: float | None = None) -> list[Tuple]: ...
    @overload
    def fetch(self, *args: Any, row: Callable[..., T], timeout: float | None = None) -> list[T]: ...
    def fetch(
        self, *args: Any, row: Callable[..., Any] | None = None, timeout: float | None = None
    ) -> list[Any]:
        """`Connection.fetch` with these parameters."""
        return self._connection.fetch(self._query, *args, row=row, timeout=timeout)

    @overload
    def fetch_one(
        self, *args: Any, row: None = None, timeout: float | None = None
    ) -> "Row | None": ...
    @overload
    def fetch_one(
        self, *args: Any, row: type[dict[str, Any]], timeout: float | None = None
    ) -> dict[str, Any] | None: ...
    @overload
    def fetch_one(
        self, *args: Any, row: type[Tuple], timeout: float | None = None
    ) -> Tuple | None: ...
    @overload
    def fetch_one(
        self, *args: Any, row: Callable[..., T], timeout: float | None = None
    ) -> T | None: ...
    def fetch_one(
        self, *args: Any, row: Callable[..., Any] | None = None, timeout: float | None = None
    ) -> Any | None:
        """`Connection.fetch_one` with these parameters."""
        return self._connection.fetch_one(self._query, *args, row=row, timeout=timeout)

    def fetch_value(self, *args: Any, timeout: float | None = None) -> Any:
        """`Connection.fetch_value` with these parameters."""
        return self._connection.fetch_value(self._query, *args, timeout=timeout)

    @overload
    def stream(
        self, *args: Any, row: None = None, batch: int = 1000, timeout: float | None = None
    ) -> "RowStream[Row]": ...
    @overload
    def stream(
        self,
        *args: Any,
        row: type[dict[str, Any]],
        batch: int = 1000,
        timeout: float | None = None,
    ) -> "RowStream[dict[str, Any]]": ...
    @overload
    def stream(
        self, *args: Any, row: type[Tuple], batch: int = 1000, timeout: float | None = None
    ) -> "RowStream[Tuple]": ...
    @overload
    def stream(
        self, *args: Any, row: Callable[..., T], batch: int = 1000, timeout: float | None = None
    ) -> "RowStream[T]": ...
    def stream(
        self,
        *args: Any,
        row: Callable[..., Any] | None = None,
        batch: int = 1000,
        timeout: float | None = None,
    ) -> "RowStream[Any]":
        """`Connection.stream` with these parameters."""
        from howdah.stream import RowStream

        return RowStream(self._connection, self._query, args, row, batch, timeout=timeout)


class AsyncStatement(_Described):
    """A statement of an `AsyncConnection`, with the calls of `Statement` awaited."""

    def __init__(
        self, connection: "AsyncConnection", query: str, description: "_Description"
    ) -> None:
        super().__init__(connection, query, description)
        self._connection = connection

    async def execute(self, *args: Any, timeout: float | None = None) -> int:
        """`AsyncConnection.execute` with these parameters."""
        # With parameters or without, never by the simple protocol.
        results = await self._connection.run(self._query, args, tuple, timeout)
        return max(results[0].count, 0)

    async def execute_many(
        self, rows: Iterable[Sequence[Any]], /, *, timeout: float | None = None
    ) -> int:
        """`AsyncConnection.execute_many` with these rows of parameters."""
        return await self._connection.execute_many(self._query, rows, timeout=timeout)

    @overload
    async def fetch(
        self, *args: Any, row: None = None, timeout: float | None = None
    ) -> "list[Row]": ...
    @overload
    async def fetch(
        self, *args: Any, row: type[dict[str, Any]], timeout: float | None = None
    ) -> list[dict[str, Any]]: ...
    @overload
    async def fetch(
        self, *args: Any, row: type[Tuple], timeout: float | None = None
    ) -> list[Tuple]: ...
    @overload
    async def fetch(
        self, *args: Any, row: Callable[..., T], timeout: float | None = None
    ) -> list[T]: ...
    async def fetch(
        self, *args: Any, row: Callable[..., Any] | None = None, timeout: float | None = None
    ) -> list[Any]:
        """`AsyncConnection.fetch` with these parameters."""
        return await self._connection.fetch(self._query, *args, row=row, timeout=timeout)

    @overload
    async def fetch_one(
        self, *args: Any, row: None = None, timeout: float | None = None
    ) -> "Row | None": ...
    @overload
    async def fetch_one(
        self, *args: Any, row: type[dict[str, Any]], timeout: float | None = None
    ) -> dict[str, Any] | None: ...
    @overload
    async def fetch_one(
        self, *args: Any, row: type[Tuple], timeout: float | None = None
    ) -> Tuple | None: ...
    @overload
    async def fetch_one(
        self, *args: Any, row: Callable[..., T], timeout: float | None = None
    ) -> T | None: ...
    async def fetch_one(
        self, *args: Any, row: Callable[..., Any] | None = None, timeout: float | None = None
    ) -> Any | None:
        """`AsyncConnection.fetch_one` with these parameters."""
        return await self._connection.fetch_one(self._query, *args, row=row, timeout=timeout)

    async def fetch_value(self, *args: Any, timeout: float | None = None) -> Any:
        """`AsyncConnection.fetch_value` with these parameters."""
        return await self._connection.fetch_value(self._query, *args, timeout=timeout)

    @overload
    def stream(
        self, *args: Any, row: None = None, batch: int = 1000, timeout: float | None = None
    ) -> "AsyncRowStream[Row]": ...
    @overload
    def stream(
        self,
        *args: Any,
        row: type[dict[str, Any]],
        batch: int = 1000,
        timeout: float | None = None,
    ) -> "AsyncRowStream[dict[str, Any]]": ...
    @overload
    def stream(
        self, *args: Any, row: type[Tuple], batch: int = 1000, timeout: float | None = None
    ) -> "AsyncRowStream[Tuple]": ...
    @overload
    def stream(
        self, *args: Any, row: Callable[..., T], batch: int = 1000, timeout: float | None = None
    ) -> "AsyncRowStream[T]": ...
    def stream(
        self,
        *args: Any,
        row: Callable[..., Any] | None = None,
        batch: int = 1000,
        timeout: float | None = None,
    ) -> "AsyncRowStream[Any]":
        """`AsyncConnection.stream` with these parameters."""
        from howdah.stream import AsyncRowStream

        return AsyncRowStream(self._connection, self._query, args, row, batch, timeout=timeout)
