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
from howdah.errors import ProgrammingError

if TYPE_CHECKING:
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
            columns = self._results[self._current].columns or ()
            described: Any = [
                ColumnDescription(
                    *describe_column(each.name, each.type_oid, each.type_size, each.type_modifier),
                    each.type_name,
                )
                for each in columns
            ]
            self._description = described
        return self._description

    def execute(self, query: str, params: literals.Parameters | None = None, /) -> Self:
        """Run a statement; without parameters it may be several, and `%` means itself."""
        self._forget()
        self._send(literals.compose(query, params))
        return self

    def executemany(self, query: str, seq_of_params: Iterable[literals.Parameters], /) -> None:
        """Run a statement once for each item, many of them in one round trip."""
        self._forget()
        total, batch, size = 0, [], 0
        for params in seq_of_params:
            text = literals.compose(query, params)
            batch.append(text)
            size += len(text)
            if size > _BATCH_CHARS:
                total += self._send_batch(batch)
                batch, size = [], 0
        if batch:
            total += self._send_batch(batch)
        self._rowcount = total

    def callproc(self, procname: _identifiers.Name, parameters: Any = None, /) -> Any:
        """Call a function, whose result is fetched like the rows of a query."""
        parameters = parameters or ()
        slots = ", ".join(["%s"] * len(parameters))
        self.execute(f"select * from {_identifiers.qualified(procname)}({slots})", parameters)
        return parameters

    def _send(self, query: str) -> None:
        self.last_query = query
        self._take(self._session._run_for_cursor(query, None))

    def _send_batch(self, batch: list[str]) -> int:
        self.last_query = batch[-1]
        results = self._session._run_for_cursor(";\n".join(batch), None)
        return sum(max(result.count, 0) for result in results)

    def _show(self, index: int) -> None:
        super()._show(index)
        if self._rows:
            columns = self._results[index].columns or ()
            self._rows = self._session.conversions.rows(self._rows, columns)


class BindingCursor(Cursor):
    """A cursor whose parameters travel beside a prepared statement."""

    def execute(self, query: str, params: literals.Parameters | None = None, /) -> Self:
        """Run a statement; one with parameters stays prepared for the next time."""
        if not params:
            return super().execute(query, params)
        self._forget()
        text, values = literals.bind(query, params)
        self.last_query = text
        self._take(self._session._run_for_cursor(text, values))
        return self

    def executemany(self, query: str, seq_of_params: Iterable[literals.Parameters], /) -> None:
        """Run a statement once for each item."""
        total = 0
        for params in seq_of_params:
            total += max(self.execute(query, params).rowcount, 0)
        self._forget()
        self._rowcount = total


class ServerCursor(Cursor):
    """A cursor whose rows stay in the server: `DECLARE`, and `FETCH` as they are asked for."""

    itersize = 100
    """How many rows iterating asks for at a time."""

    def __init__(self, session: "Connection", name: str, *, holdable: bool) -> None:
        super().__init__(session)
        self.name = name
        self._holdable = holdable
        self._declared = False

    def execute(self, query: str, params: literals.Parameters | None = None, /) -> Self:
        """Declare the cursor for a query."""
        self._forget()
        self._undeclare()
        hold = " with hold" if self._holdable else ""
        name = _identifiers.quoted(self.name)
        composed = literals.compose(query, params)
        self._send(f"declare {name} no scroll cursor{hold} for {composed}")
        self._declared = True
        self._rowcount = -1
        self._fetch("0")  # tells the columns
        return self

    def executemany(self, _query: str, _params: Iterable[literals.Parameters], /) -> None:
        """Raise: a cursor in the server has one query."""
        raise ProgrammingError("a server-side cursor cannot run a statement many times")

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None after the last."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None, /) -> list[tuple[Any, ...]]:
        """The next `size` rows (`arraysize` if not given), fewer at the end."""
        self._fetch(str(self.arraysize if size is None else size))
        return self._all()

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The remaining rows."""
        self._fetch("all")
        return self._all()

    def __next__(self) -> tuple[Any, ...]:
        row = self._one() if self._rows else None
        if row is None:
            self._fetch(str(self.itersize))
            row = self._one()
        if row is None:
            raise StopIteration
        return row

    def scroll(self, value: int, mode: str = "relative", /) -> None:
        """Move forward in the server."""
        if mode != "relative" or value < 0:
            raise ProgrammingError("a server-side cursor of Django only moves forward")
        self._check_declared()
        self._send(f"move forward {value} from {_identifiers.quoted(self.name)}")

    def close(self) -> None:
        """Close it in the server, too."""
        try:
            self._undeclare()
        finally:
            super().close()

    def __exit__(self, *error: object) -> None:
        self.close()

    def _fetch(self, count: str) -> None:
        self._check_declared()
        self._send(f"fetch forward {count} from {_identifiers.quoted(self.name)}")

    def _check_declared(self) -> None:
        self._check_open()
        if not self._declared:
            raise ProgrammingError("there are no rows to fetch", hint="execute a query first")

    def _undeclare(self) -> None:
        if not self._declared:
            return
        self._declared = False
        session = self._session
        # The end of a transaction has closed one that is not holdable; a failed one soon will.
        open_in_server = self._holdable or session.transaction_status == "in_transaction"
        if not session.closed and open_in_server and session.transaction_status != "failed":
            session.execute(f"close {_identifiers.quoted(self.name)}")
