"""The cursors of Django's connections.

Wait for the server. Made by `Connection.cursor`. Three kinds: `Cursor` writes parameters into the
statement, which is then one round trip and leaves nothing prepared in the server, so that it works
behind every pooler; `BindingCursor` sends them beside a statement that stays prepared; and
`ServerCursor` leaves the rows in the server until they are asked for.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from howdah import _identifiers
from howdah.cursor import Cursor as HowdahCursor
from howdah.dbapi import describe_column
from howdah.django import literals
from howdah.django.copying import Copy
from howdah.server_cursor import ServerCursor as HowdahServerCursor

if TYPE_CHECKING:
    from howdah._native import Result
    from howdah._server_cursor_state import Row
    from howdah.django.connection import Connection

_BATCH_CHARS = 1 << 18
"""How much SQL `executemany` sends at a time."""


class ColumnDescription(NamedTuple):
    """One item of `Cursor.description`: the seven fields of PEP 249, and the type's name."""

    name: str
    type_code: int
    display_size: int | None
    internal_size: int | None
    precision: int | None
    scale: int | None
    null_ok: bool | None
    type_display: str


class Cursor(HowdahCursor):
    """A cursor that writes parameters into the statement as literals."""

    _session: "Connection"
    last_query: str | None = None
    """What was sent to the server last."""

    @property
    def description(self) -> Any:
        """The columns of the rows at hand; None if the last statement returns none."""
        if self._description is None and self._rows is not None:
            self._description = described(self._results[self._current])
        return self._description

    def execute(
        self,
        query: str,
        params: literals.Parameters | None = None,
        /,
        *,
        timeout: float | None = None,
    ) -> Self:
        """Run a statement; without parameters it may be several, and `%` means itself."""
        self._forget()
        self._send(literals.compose(query, params), timeout)
        return self

    def executemany(
        self,
        query: str,
        seq_of_params: Iterable[literals.Parameters],
        /,
        *,
        returning: bool = False,
        timeout: float | None = None,
    ) -> None:
        """Run a statement once for each item, many of them in one round trip.

        `rowcount` is the sum. With `returning` the rows of all are fetched as those of one
        statement; without, they are thrown away.
        """
        self._forget()
        total, first, rows = 0, None, []
        for result in self._run_each(query, seq_of_params, timeout):
            total += max(result.count, 0)
            if returning:
                first = first or result
                rows += self._session.conversions.rows(result)
        if first is not None:
            self._take([first])
        self._rowcount, self._rows = total, rows if returning else None

    def callproc(self, procname: _identifiers.Name, parameters: Any = None, /) -> Any:
        """Call a function, whose result is fetched like the rows of a query."""
        parameters = parameters or ()
        slots = ", ".join(["%s"] * len(parameters))
        self.execute(f"select * from {_identifiers.qualified(procname)}({slots})", parameters)
        return parameters

    def copy(self, query: str, params: literals.Parameters | None = None) -> Copy:
        """Run a COPY, to read from or write to inside a `with` block."""
        self._forget()
        self.last_query = literals.compose(query, params)
        return Copy(self._session, self.last_query)

    def _send(self, query: str, timeout: float | None) -> None:
        self.last_query = query
        self._take(self._session._run_for_cursor(query, None, timeout))

    def _run_each(
        self, query: str, seq_of_params: Iterable[literals.Parameters], timeout: float | None
    ) -> "Iterator[Result]":
        """The results of a statement, run once for each item."""
        batch, size = [], 0
        for params in seq_of_params:
            text = literals.compose(query, params)
            batch.append(text)
            size += len(text)
            if size > _BATCH_CHARS:
                yield from self._send_batch(batch, timeout)
                batch, size = [], 0
        if batch:
            yield from self._send_batch(batch, timeout)

    def _send_batch(self, batch: list[str], timeout: float | None) -> "list[Result]":
        self.last_query = batch[-1]
        return self._session._run_for_cursor(";\n".join(batch), None, timeout)

    def _show(self, index: int) -> None:
        super()._show(index)
        if self._rows:
            self._rows = self._session.conversions.rows(self._results[index])


class BindingCursor(Cursor):
    """A cursor whose parameters travel beside a prepared statement."""

    def execute(
        self,
        query: str,
        params: literals.Parameters | None = None,
        /,
        *,
        timeout: float | None = None,
    ) -> Self:
        """Run a statement; one with parameters stays prepared for the next time."""
        if not params:
            return super().execute(query, params, timeout=timeout)
        self._forget()
        text, values = literals.bind(query, params)
        self.last_query = text
        self._take(self._session._run_for_cursor(text, values, timeout))
        return self

    def _run_each(
        self, query: str, seq_of_params: Iterable[literals.Parameters], timeout: float | None
    ) -> "Iterator[Result]":
        for params in seq_of_params:
            self.last_query, values = literals.bind(query, params)
            yield from self._session._run_for_cursor(self.last_query, values, timeout)


class ServerCursor(HowdahServerCursor):
    """A cursor whose rows stay in the server until they are asked for."""

    _session: "Connection"
    last_query: str | None = None
    """The query that it was declared for."""

    @property
    def description(self) -> Any:
        """The columns; None before `execute`."""
        if self._description is None and self._rows is not None:
            self._description = described(self._results[self._current])
        return self._description

    def execute(
        self,
        query: str,
        params: literals.Parameters | None = None,
        /,
        *,
        timeout: float | None = None,
    ) -> Self:
        """Declare the cursor for a query."""
        self.last_query = literals.compose(query, params)
        return super().execute(self.last_query, None, timeout=timeout)

    def _fetched(self, rows: "list[Row]") -> None:
        if self._described is not None:
            rows = self._session.conversions.converted(rows, self._described)
        super()._fetched(rows)


def described(result: "Result") -> Any:
    """The columns of a result, with the names of their types."""
    return [
        ColumnDescription(
            *describe_column(each.name, each.type_oid, each.type_size, each.type_modifier),
            # By the bare name Django knows a type of an extension, whatever its schema.
            each.type_name.rpartition(".")[2],
        )
        for each in result.columns or ()
    ]
