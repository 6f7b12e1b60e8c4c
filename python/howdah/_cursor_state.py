"""The results that a cursor holds, and its position in them.

No IO. The base of `Cursor` and `AsyncCursor`, which only differ in how they ask the server.
Invariant: `_position` is between 0 and the number of rows held.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from howdah import errors
from howdah._identifiers import Name, parts, qualified, quoted
from howdah._native import convert_placeholders
from howdah.dbapi import ColumnDescription, describe_column
from howdah.errors import InterfaceError, ProgrammingError

if TYPE_CHECKING:
    from howdah._native import Result
    from howdah._session import Session

Parameters = Sequence[Any] | Mapping[str, Any]


class CursorState:
    """What both kinds of cursor know."""

    arraysize: int = 1
    """How many rows `fetchmany` answers if it is not told."""
    lastrowid: None = None
    """Always None: use `insert … returning`."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._closed = False
        self._results: list[Result] = []
        self._current = 0
        self._position = 0
        self._rows: list[tuple[Any, ...]] | None = None
        self._rowcount = -1
        self._notices_before = session._notice_log.seen
        self._description: list[ColumnDescription] | None = None

    @property
    def closed(self) -> bool:
        """Whether the cursor, or its connection, was closed."""
        return self._closed or self._session.closed

    @property
    def description(self) -> list[ColumnDescription] | None:
        """The columns of the rows at hand; None if the last statement returns none."""
        if self._description is None and self._rows is not None:
            columns = self._results[self._current].columns or ()
            self._description = [
                describe_column(each.name, each.type_oid, each.type_size, each.type_modifier)
                for each in columns
            ]
        return self._description

    @property
    def rowcount(self) -> int:
        """How many rows the last statement returned or changed; -1 if it does not say."""
        return self._rowcount

    @property
    def rownumber(self) -> int | None:
        """The index of the next row to fetch, from 0; None without a result."""
        return None if self._rows is None else self._position

    @property
    def statusmessage(self) -> str | None:
        """The last statement's command tag, such as `UPDATE 3`."""
        return self._results[self._current].tag if self._results else None

    @property
    def messages(self) -> list[tuple[type[Exception], errors.Diagnostic]]:
        """The notices that the last statement caused, at most 100."""
        notices = self._session._notice_log.since(self._notices_before)
        return [(errors.Warning, notice) for notice in notices]

    def setinputsizes(self, _sizes: Sequence[Any], /) -> None:
        """Do nothing: the server says which types it wants."""
        self._check_open()

    def setoutputsize(self, _size: int, _column: int | None = None, /) -> None:
        """Do nothing: values come whole."""
        self._check_open()

    def __repr__(self) -> str:
        kind = type(self).__name__
        if self.closed:
            return f"<howdah.{kind} closed>"
        if self._rows is None:
            return f"<howdah.{kind} without rows>"
        return f"<howdah.{kind} of {len(self._rows)} rows>"

    def _close(self) -> None:
        self._closed = True
        self._results = []
        self._rows = self._description = None

    def _check_open(self) -> None:
        if self._closed:
            raise InterfaceError("the cursor is closed")
        if self._session.closed:
            raise InterfaceError("the connection of the cursor is closed")

    def _forget(self) -> None:
        """Make ready for the next statement."""
        self._check_open()
        self._results = []
        self._rows = self._description = None
        self._rowcount = -1
        self._notices_before = self._session._notice_log.seen

    def _take(self, results: "list[Result]") -> None:
        self._results = results
        self._show(0)

    def _show(self, index: int) -> None:
        """Turn to one of the results."""
        result = self._results[index]
        self._current, self._position, self._description = index, 0, None
        self._rows = result.rows
        self._rowcount = result.count

    def _next_result(self) -> Literal[True] | None:
        self._check_open()
        if self._current + 1 >= len(self._results):
            return None
        self._show(self._current + 1)
        return True

    def _held(self) -> list[tuple[Any, ...]]:
        self._check_open()
        if self._rows is None:
            raise ProgrammingError(
                "there are no rows to fetch",
                hint="execute a statement that returns rows first",
            )
        return self._rows

    def _one(self) -> tuple[Any, ...] | None:
        rows = self._held()
        if self._position >= len(rows):
            return None
        self._position += 1
        return rows[self._position - 1]

    def _many(self, size: int | None) -> list[tuple[Any, ...]]:
        rows, start = self._held(), self._position
        size = self.arraysize if size is None else size
        self._position = min(start + max(size, 0), len(rows))
        return rows[start : self._position]

    def _all(self) -> list[tuple[Any, ...]]:
        rows, start = self._held(), self._position
        self._position = len(rows)
        return rows[start:] if start else list(rows)

    def _scroll(self, value: int, mode: str) -> None:
        rows = self._held()
        if mode not in ("relative", "absolute"):
            raise ProgrammingError(
                f"unknown scroll mode `{mode}`: expected `relative` or `absolute`"
            )
        target = value + self._position if mode == "relative" else value
        if not 0 <= target < len(rows):
            raise IndexError(f"row {target} is outside of the {len(rows)} rows of the result")
        self._position = target


def prepared(query: str, params: Parameters | None) -> tuple[str, Sequence[Any] | None]:
    """The text and arguments for the native `run`.

    Without parameters it goes by the simple protocol only if it may hold several statements: a
    prepared one is quicker, and its values come in binary. `None` leaves the text as it is; an
    empty sequence or mapping, which libraries pass, still means that `%%` is `%`.
    """
    if params is not None:
        query, arguments = convert_placeholders(query, params)
        if arguments:
            return query, arguments
    several = ";" in query.rstrip("; \t\r\n")
    return query, None if several else ()


def routine_parts(name: Name) -> tuple[str | None, str]:
    """The schema, if it is told, and the name of a routine."""
    *schema, last = parts(name)
    return (schema[-1] if schema else None), last


def call_statement(
    name: Name, parameters: Parameters, lookup: "list[Result]"
) -> tuple[str, Sequence[Any]]:
    """The statement that calls a routine, given the answer of `CALLABLE_KIND`."""
    found, is_procedure = (lookup[0].rows or [(False, False)])[0]
    if not found:
        raise ProgrammingError(
            f"there is no function or procedure `{name}`",
            hint="names are compared exactly as the catalogue spells them, mostly in lower case",
        )
    if isinstance(parameters, Mapping):
        named = enumerate(parameters, start=1)
        slots = ", ".join(f"{quoted(key)} => ${number}" for number, key in named)
        arguments: Sequence[Any] = tuple(parameters.values())
    else:
        slots = ", ".join(f"${number}" for number in range(1, len(parameters) + 1))
        arguments = tuple(parameters)
    verb = "call" if is_procedure else "select * from"
    return f"{verb} {qualified(name)}({slots})", arguments


CALLABLE_KIND = """
    select count(*) > 0, coalesce(bool_or(prokind = 'p'), false)
    from pg_catalog.pg_proc
    where proname = $1 and pronamespace = coalesce(
        (select oid from pg_catalog.pg_namespace where nspname = $2), pronamespace)
      and ($2 is not null or pg_catalog.pg_function_is_visible(oid))
"""
"""Whether there is a routine, and a procedure; parameters: its name, and schema or null."""
