"""The cursor of PEP 249.

Waits for the server in `execute`, `executemany` and `callproc`; rows are held by the client from
then on (`Connection.stream` is for what does not fit). Made by `Connection.cursor`.
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
    from howdah.connection import Connection
    from howdah.sql import Query


class Cursor(CursorState):
    """A cursor: rows are tuples, parameters are `%s` or `%(name)s`.

    With parameters every `%` is a placeholder, so a percent sign is written `%%`; without, the
    text goes to the server as it is, and may hold several statements, whose results `nextset`
    goes through. A sequence must have as many items as there are `%s`; a mapping may have more
    names than the statement uses.

    >>> with conn.cursor() as cur:
    ...     cur.execute("select n, %(unit)s from generate_series(1, 3) n", {"unit": "cm"})
    ...     print(cur.rowcount, cur.description[0].name, cur.fetchone(), list(cur))
    <howdah.Cursor of 3 rows>
    3 n (1, 'cm') [(2, 'cm'), (3, 'cm')]
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
        """Run a statement, in a new transaction if none is open and `autocommit` is off.

        Returns the cursor itself. `timeout` is in seconds. Raises `ProgrammingError` if
        placeholders and parameters do not fit, and what the server reports.
        """
        self._forget()
        self._take(self._session._run_for_cursor(*prepared(query, params), timeout))
        return self

    def executemany(
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
            self._take(self._session._run_many_for_cursor(first[0], rows, timeout))
        else:
            self._rowcount = self._session._execute_many_for_cursor(first[0], rows, timeout)

    def callproc(self, procname: Name, parameters: Parameters = (), /) -> Parameters:
        """Call a function or procedure; answers `parameters` unchanged.

        What a function returns, or the output parameters of a procedure, are rows to fetch. The
        name is as the catalogue spells it, and may have a schema. A mapping passes parameters
        by name.

        >>> cur = conn.cursor()
        >>> cur.callproc("upper", ["moo"])
        ['moo']
        >>> cur.fetchone()
        ('MOO',)
        >>> conn.rollback()
        """
        self._forget()
        schema, name = routine_parts(procname)
        lookup = self._session._run_for_cursor(CALLABLE_KIND, (name, schema))
        query, arguments = call_statement(procname, parameters, lookup)
        self._take(self._session._run_for_cursor(query, arguments))
        return parameters

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None after the last."""
        return self._one()

    def fetchmany(self, size: int | None = None, /) -> list[tuple[Any, ...]]:
        """The next `size` rows (`arraysize` if not given), fewer at the end."""
        return self._many(size)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The remaining rows."""
        return self._all()

    def nextset(self) -> Literal[True] | None:
        """Turn to the result of the next statement; None if there is none."""
        return self._next_result()

    def scroll(self, value: int, mode: Literal["relative", "absolute"] = "relative", /) -> None:
        """Move in the rows at hand; `IndexError` if there is no such row."""
        self._scroll(value, mode)

    def close(self) -> None:
        """Forget the rows. The cursor cannot be used any more."""
        self._close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[Any, ...]:
        row = self._one()
        if row is None:
            raise StopIteration
        return row

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()
