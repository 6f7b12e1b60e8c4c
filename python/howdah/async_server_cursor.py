"""Named cursors on the server, with their names awaited.

The same as `howdah.server_cursor` for `AsyncConnection`; see there.
"""

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self

from howdah._cursor_state import Parameters, prepared
from howdah._identifiers import Name
from howdah._server_cursor_state import Mode, Row, ServerCursorState

if TYPE_CHECKING:
    from howdah._native import Result
    from howdah.async_connection import AsyncConnection
    from howdah.sql import Query


class AsyncServerCursor(ServerCursorState):
    """`howdah.ServerCursor` with its methods awaited, from `AsyncConnection.cursor(name)`."""

    _session: "AsyncConnection"

    @property
    def connection(self) -> "AsyncConnection":
        """The connection that made the cursor."""
        return self._session

    async def execute(
        self, query: "Query", params: Parameters | None = None, /, *, timeout: float | None = None
    ) -> Self:
        """Open the cursor for a query, in a new transaction if none is open.

        A cursor that is open is closed first. `timeout`, in seconds, is for this and for each
        fetch. Raises `ProgrammingError` without a transaction, unless it is `withhold`.
        """
        self._forget()
        text, arguments = prepared(query, params)
        opening = self._opening(text)
        await self._close_on_server()
        if arguments:
            await self._session._run_for_cursor(opening, arguments, timeout)
            results = await self._ask(self._describing(), timeout)
        else:
            both = f"{opening}\n;{self._describing()}"
            results = await self._session._run_for_cursor(both, None, timeout)
        self._opened(results, timeout)
        return self

    async def executemany(self, _query: str, _seq_of_params: Iterable[Parameters], /) -> NoReturn:
        """Not supported."""
        raise self._refuse("executemany")

    async def callproc(self, _procname: Name, _parameters: Parameters = (), /) -> NoReturn:
        """Not supported."""
        raise self._refuse("callproc")

    async def fetchone(self) -> Row | None:
        """The next row, or None after the last."""
        await self._fetch(1)
        return self._next_row()

    async def fetchmany(self, size: int | None = None, /) -> list[Row]:
        """The next `size` rows (`arraysize` if not given), fewer at the end."""
        size = self.arraysize if size is None else size
        await self._fetch(size)
        return self._next_rows(size)

    async def fetchall(self) -> list[Row]:
        """The remaining rows."""
        await self._fetch(None)
        return self._next_rows(None)

    async def nextset(self) -> None:
        """None: there is one result."""
        self._check_open()

    async def scroll(self, value: int, mode: Mode = "relative", /) -> None:
        """Move by `value` rows, or to the row of index `value` (from 0) with mode `absolute`.

        `IndexError` if there is no such row; only an absolute move has a meaning then. Backwards
        needs `scrollable=True`, or a query that the server can run backwards.
        """
        command = self._scrolling(value, mode)
        if command is not None:
            self._scrolled(value, mode, await self._ask(command, self._timeout))

    async def close(self) -> None:
        """Close the cursor here and on the server. It cannot be used any more."""
        try:
            await self._close_on_server()
        finally:
            self._close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Row:
        if not self._ahead:
            await self._fetch(self.itersize)
            if not self._ahead:
                raise StopAsyncIteration
        self._position += 1
        return self._ahead.popleft()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _fetch(self, count: int | None) -> None:
        command = self._fetching(count)
        if command is not None and self._described is not None:
            described, timeout = self._described, self._timeout
            self._fetched(await self._session.fetch_like(command, described, timeout))

    async def _ask(self, command: str, timeout: float | None) -> "list[Result]":
        # By the simple protocol: one round trip, and nothing to prepare that is used once.
        return await self._session.run(command, None, tuple, timeout)

    async def _close_on_server(self) -> None:
        if self._must_close():
            await self._session.close_portal(self._name)
