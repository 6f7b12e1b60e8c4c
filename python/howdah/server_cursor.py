"""Named cursors on the server: rows are fetched as they are asked for.

Asks the server in `execute`, the `fetch…` methods and `scroll`. Made by `Connection.cursor` with a
name. See `howdah.async_server_cursor` for the asyncio twin.
"""

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self

from howdah._cursor_state import Parameters, prepared
from howdah._identifiers import Name
from howdah._server_cursor_state import Mode, Row, ServerCursorState

if TYPE_CHECKING:
    from howdah._native import Result
    from howdah.connection import Connection
    from howdah.sql import Query


class ServerCursor(ServerCursorState):
    """A cursor that lives on the server, from `Connection.cursor(name)`.

    The program holds the rows that it asks for, and no others. It lives in a transaction, which
    `execute` opens as for any cursor, and ends with it; `withhold=True` lets it live on after a
    commit. `scrollable=True` lets `scroll` go backwards. `fetchone` asks the server for one row,
    iteration for `itersize`.

    >>> with conn.cursor("numbers", scrollable=True) as cur:
    ...     cur.execute("select n from generate_series(1, %s) n", (1000,))
    ...     cur.fetchmany(2)
    ...     cur.scroll(-1)
    ...     cur.fetchone()
    <howdah.ServerCursor "numbers": open>
    [(1,), (2,)]
    (2,)
    >>> conn.rollback()
    """

    _session: "Connection"

    @property
    def connection(self) -> "Connection":
        """The connection that made the cursor."""
        return self._session

    def execute(
        self, query: "Query", params: Parameters | None = None, /, *, timeout: float | None = None
    ) -> Self:
        """Open the cursor for a query, in a new transaction if none is open.

        A cursor that is open is closed first. `timeout`, in seconds, is for this and for each
        fetch. Raises `ProgrammingError` without a transaction, unless it is `withhold`.
        """
        self._forget()
        text, arguments = prepared(query, params)
        opening = self._opening(text)
        self._close_on_server()
        if arguments:
            self._session._run_for_cursor(opening, arguments, timeout)
            results = self._ask(self._describing(), timeout)
        else:
            both = f"{opening}\n;{self._describing()}"
            results = self._session._run_for_cursor(both, None, timeout)
        self._opened(results, timeout)
        return self

    def executemany(self, _query: str, _seq_of_params: Iterable[Parameters], /) -> NoReturn:
        """Not supported."""
        raise self._refuse("executemany")

    def callproc(self, _procname: Name, _parameters: Parameters = (), /) -> NoReturn:
        """Not supported."""
        raise self._refuse("callproc")

    def fetchone(self) -> Row | None:
        """The next row, or None after the last."""
        self._fetch(1)
        return self._next_row()

    def fetchmany(self, size: int | None = None, /) -> list[Row]:
        """The next `size` rows (`arraysize` if not given), fewer at the end."""
        size = self.arraysize if size is None else size
        self._fetch(size)
        return self._next_rows(size)

    def fetchall(self) -> list[Row]:
        """The remaining rows."""
        self._fetch(None)
        return self._next_rows(None)

    def nextset(self) -> None:
        """None: there is one result."""
        self._check_open()

    def scroll(self, value: int, mode: Mode = "relative", /) -> None:
        """Move by `value` rows, or to the row of index `value` (from 0) with mode `absolute`.

        `IndexError` if there is no such row; only an absolute move has a meaning then. Backwards
        needs `scrollable=True`, or a query that the server can run backwards.
        """
        command = self._scrolling(value, mode)
        if command is not None:
            self._scrolled(value, mode, self._ask(command, self._timeout))

    def close(self) -> None:
        """Close the cursor here and on the server. It cannot be used any more."""
        try:
            self._close_on_server()
        finally:
            self._close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Row:
        if not self._ahead:
            self._fetch(self.itersize)
            if not self._ahead:
                raise StopIteration
        self._position += 1
        return self._ahead.popleft()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _fetch(self, count: int | None) -> None:
        command = self._fetching(count)
        if command is not None and self._described is not None:
            described, timeout = self._described, self._timeout
            self._fetched(self._session.fetch_like(command, described, timeout))

    def _ask(self, command: str, timeout: float | None) -> "list[Result]":
        # By the simple protocol: one round trip, and nothing to prepare that is used once.
        return self._session.run(command, None, tuple, timeout)

    def _close_on_server(self) -> None:
        if self._must_close():
            self._session.close_portal(self._name)
