"""The cursor of PEP 249 with its names awaited.

The same as `howdah.cursor` for `AsyncConnection`; see there.
"""

from collections.abc import Iterable
from itertools import chain
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from howdah._cursor_state import (
    CALLABLE_KIND,
    CursorState,
    Parameters,
    call_statement,
    prepared,
    routine_parts,
)
from howdah._identifiers import Name
from howdah._native import convert_placeholders

if TYPE_CHECKING:
    from howdah.async_connection import AsyncConnection
    from howdah.sql import Query


class AsyncCursor(CursorState):
    """`howdah.Cursor` with its methods awaited, from `AsyncConnection.cursor`."""

    _session: "AsyncConnection"

    @property
    def connection(self) -> "AsyncConnection":
        """The connection that made the cursor."""
        return self._session

    async def execute(
        self, query: "Query", params: Parameters | None = None, /, *, timeout: float | None = None
    ) -> Self:
        """Run a statement, in a new transaction if none is open and `autocommit` is off.

        Returns the cursor itself. `timeout` is in seconds. Raises `ProgrammingError` if
        placeholders and parameters do not fit, and what the server reports.
        """
        self._forget()
        self._take(await self._session._run_for_cursor(*prepared(query, params), timeout))
        return self

    async def executemany(
        self,
        query: "Query",
        seq_of_params: Iterable[Parameters],
        /,
        *,
        returning: bool = False,
        timeout: float | None = None,
    ) -> None:
        """Run a statement once for each item, without waiting between them.

        `rowcount` is the sum. With `returning` the rows of all are fetched as those of one
        statement; without, they are thrown away.
        """
        self._forget()
        converted = (convert_placeholders(query, params) for params in seq_of_params)
        first = next(converted, None)
        if first is None:
            self._rowcount = 0
            self._rows = [] if returning else None
            return
        rows = chain((first[1],), (arguments for _, arguments in converted))
        if returning:
            self._take(await self._session._run_many_for_cursor(first[0], rows, timeout))
        else:
            self._rowcount = await self._session._execute_many_for_cursor(first[0], rows, timeout)

    async def callproc(self, procname: Name, parameters: Parameters = (), /) -> Parameters:
        """Call a function or procedure; answers `parameters` unchanged.

        See `Cursor.callproc`.
        """
        self._forget()
        schema, name = routine_parts(procname)
        lookup = await self._session._run_for_cursor(CALLABLE_KIND, (name, schema))
        query, arguments = call_statement(procname, parameters, lookup)
        self._take(await self._session._run_for_cursor(query, arguments))
        return parameters

    async def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None after the last."""
        return self._one()

    async def fetchmany(self, size: int | None = None, /) -> list[tuple[Any, ...]]:
        """The next `size` rows (`arraysize` if not given), fewer at the end."""
        return self._many(size)

    async def fetchall(self) -> list[tuple[Any, ...]]:
        """The remaining rows."""
        return self._all()

    async def nextset(self) -> Literal[True] | None:
        """Turn to the result of the next statement; None if there is none."""
        return self._next_result()

    async def scroll(
        self, value: int, mode: Literal["relative", "absolute"] = "relative", /
    ) -> None:
        """Move in the rows at hand; `IndexError` if there is no such row."""
        self._scroll(value, mode)

    async def close(self) -> None:
        """Forget the rows. The cursor cannot be used any more."""
        self._close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[Any, ...]:
        row = self._one()
        if row is None:
            raise StopAsyncIteration
        return row

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()
