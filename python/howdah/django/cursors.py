"""The cursors of Django's connections.

Wait for the server. Made by `Connection.cursor`. Three kinds: `Cursor` writes parameters into the
statement, which is then one round trip and leaves nothing prepared in the server, so that it works
behind every pooler; `BindingCursor` sends them beside a statement that stays prepared; and
`ServerCursor` leaves the rows in the server until they are asked for.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from howdah import _identifiers
from howdah.cursor import Cursor as HowdahCursor
from howdah.dbapi import describe_column
from howdah.django import literals
from howdah.errors import NotSupportedError
from howdah.server_cursor import ServerCursor as HowdahServerCursor

if TYPE_CHECKING:
    from howdah._native import Result
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
        """Run a statement once for each item, many of them in one round trip."""
        _refuse_returning(asked=returning)
        self._forget()
        total, batch, size = 0, [], 0
        for params in seq_of_params:
            text = literals.compose(query, params)
            batch.append(text)
            size += len(text)
            if size > _BATCH_CHARS:
                total += self._send_batch(batch, timeout)
                batch, size = [], 0
        if batch:
            total += self._send_batch(batch, timeout)
        self._rowcount = total

    def callproc(self, procname: _identifiers.Name, parameters: Any = None, /) -> Any:
        """Call a function, whose result is fetched like the rows of a query."""
        parameters = parameters or ()
        slots = ", ".join(["%s"] * len(parameters))
        self.execute(f"select * from {_identifiers.qualified(procname)}({slots})", parameters)
        return parameters

    def _send(self, query: str, timeout: float | None) -> None:
        self.last_query = query
        self._take(self._session._run_for_cursor(query, None, timeout))

    def _send_batch(self, batch: list[str], timeout: float | None) -> int:
        self.last_query = batch[-1]
        results = self._session._run_for_cursor(";\n".join(batch), None, timeout)
        return sum(max(result.count, 0) for result in results)

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

    def executemany(
        self,
        query: str,
        seq_of_params: Iterable[literals.Parameters],
        /,
        *,
        returning: bool = False,
        timeout: float | None = None,
    ) -> None:
        """Run a statement once for each item."""
        _refuse_returning(asked=returning)
        total = 0
        for params in seq_of_params:
            total += max(self.execute(query, params, timeout=timeout).rowcount, 0)
        self._forget()
        self._rowcount = total


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

    def _fetched(self, results: "list[Result]") -> None:
        self._ahead.extend(self._session.conversions.rows(results[0]))


def described(result: "Result") -> Any:
    """The columns of a result, with the names of their types."""
    return [
        ColumnDescription(
            *describe_column(each.name, each.type_oid, each.type_size, each.type_modifier),
            each.type_name,
        )
        for each in result.columns or ()
    ]


def _refuse_returning(*, asked: bool) -> None:
    if asked:
        raise NotSupportedError("`executemany` of Django's cursors returns no rows")
