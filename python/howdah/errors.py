"""Every exception that howdah raises: the PEP 249 tree, client errors, a class per SQLSTATE.

No IO. Raised by the native module (`from_fields` for what a server sent, the client classes for
the rest) and by the package. Invariant: a server's report is kept whole: each field it sent is an
attribute of `Error.diag`, and unknown SQLSTATEs fall back to their class, then `DatabaseError`.

The classes per SQLSTATE (`howdah.errors.UniqueViolation` and some 250 more) are generated from
PostgreSQL's own list into `howdah._sqlstates` and loaded when first used. Those of one SQLSTATE
class derive from the class's general error, so `except errors.TransactionRollback` catches
serialization failures and deadlocks alike.

>>> from howdah import errors
>>> errors.UniqueViolation.__mro__[1:3]
(<class 'howdah.errors.IntegrityConstraintViolation'>, <class 'howdah.errors.IntegrityError'>)
>>> errors.lookup("23505").__name__
'UniqueViolation'
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from howdah._sqlstates import *  # noqa: F403

_EXCERPT_CHARS = 72
"""The widest part of a query line that is shown above the caret."""


class Warning(Exception):
    """An important warning. Named by PEP 249; howdah reports notices to handlers instead."""


class Diagnostic(NamedTuple):
    """All that a server said of an error or notice. A field that it did not send is None.

    Positions count characters of the query, from 1.
    """

    severity: str | None = None
    """In the server's language; compare `severity_nonlocalized`."""
    severity_nonlocalized: str | None = None
    """ERROR, FATAL, PANIC, WARNING, NOTICE, DEBUG, INFO or LOG."""
    sqlstate: str | None = None
    message_primary: str | None = None
    message_detail: str | None = None
    message_hint: str | None = None
    statement_position: int | None = None
    internal_position: int | None = None
    internal_query: str | None = None
    """The text of a failed command that the server itself generated, as PL/pgSQL does."""
    context: str | None = None
    schema_name: str | None = None
    table_name: str | None = None
    column_name: str | None = None
    datatype_name: str | None = None
    constraint_name: str | None = None
    source_file: str | None = None
    source_line: int | None = None
    source_function: str | None = None

    @classmethod
    def from_fields(cls, wire_fields: Mapping[str, str]) -> Self:
        """Take the fields of ErrorResponse or NoticeResponse by their one-letter codes."""
        values: dict[str, Any] = {}
        for code, text in wire_fields.items():
            name = _FIELD_NAMES.get(code)
            if name in _NUMERIC_FIELDS:
                values[name] = int(text) if text.isascii() and text.isdecimal() else None
            elif name is not None:
                values[name] = text
        return cls(**values)

    def as_dict(self) -> dict[str, str | int]:
        """The fields that the server sent, by attribute name."""
        return {name: value for name, value in self._asdict().items() if value is not None}


# PostgreSQL 18, "53.8. Error and Notice Message Fields".
_FIELD_NAMES = {
    "S": "severity",
    "V": "severity_nonlocalized",
    "C": "sqlstate",
    "M": "message_primary",
    "D": "message_detail",
    "H": "message_hint",
    "P": "statement_position",
    "p": "internal_position",
    "q": "internal_query",
    "W": "context",
    "s": "schema_name",
    "t": "table_name",
    "c": "column_name",
    "d": "datatype_name",
    "n": "constraint_name",
    "F": "source_file",
    "L": "source_line",
    "R": "source_function",
}
# "COPY t, line 2, column c: …" in the languages of the server (`CopyFromErrorCallback`).
_COPY_PLACE = re.compile(r"^COPY .+?, [^\s,]+ (\d+)(?:, [^\s,]+ (.+?))?(?:: |$)", re.MULTILINE)
_NUMERIC_FIELDS = frozenset({"statement_position", "internal_position", "source_line"})


class Error(Exception):
    """The base of all howdah errors.

    `str(error)` is the message, then `detail: …` and `hint: …` on their own lines where there are
    some, and for an error at a known place of the query that line with a caret below; for one that
    the server found in the data of a COPY, that place.
    """

    sqlstate: str | None = None
    """The five characters of the SQL standard, None for errors that no server reported."""
    message: str
    """What went wrong, in one sentence."""
    hint: str | None
    """How to cure it, where somebody knows."""
    diag: Diagnostic
    """All that the server said; for client errors only message, hint and sqlstate."""
    query: str | None
    """The SQL text that failed, where one is to blame."""
    copy_row: int | None = None
    """The row of a COPY that is to blame, from 1; the line, where the server reads text or csv."""
    copy_column: str | None = None
    """The column of a COPY that is to blame, where it is known."""

    def __init__(
        self,
        message: str = "",
        *,
        hint: str | None = None,
        diag: Diagnostic | None = None,
        query: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.query = query
        self.diag = diag or Diagnostic(
            message_primary=message, message_hint=hint, sqlstate=self.sqlstate
        )

    @property
    def detail(self) -> str | None:
        """The server's second sentence, where it sent one."""
        return self.diag.message_detail

    def __str__(self) -> str:
        lines = [self.message, *_copy_place(self), *_excerpt(self.query, self.diag)]
        if self.detail:
            lines.append(f"detail: {self.detail}")
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        state = {
            key: value for key, value in self.__dict__.items() if key not in {"diag", "message"}
        }
        return _rebuild, (type(self), self.message, self.diag), state


class InterfaceError(Error):
    """The driver was used wrongly, or the peer does not speak the protocol."""


class DatabaseError(Error):
    """An error of the database. Raised itself for SQLSTATEs of no known class."""


class DataError(DatabaseError):
    """A value cannot be processed: out of range, malformed, divided by zero."""


class OperationalError(DatabaseError):
    """Something outside of the program's control: connection, resources, server operation."""


class IntegrityError(DatabaseError):
    """A constraint was violated."""


class InternalError(DatabaseError):
    """The database met an inconsistency, or the transaction is in the wrong state."""


class ProgrammingError(DatabaseError):
    """The statement or its use is wrong: syntax, missing relation, wrong number of parameters."""


class NotSupportedError(DatabaseError):
    """The server, or howdah, does not support what was asked."""


class ConnectionFailed(OperationalError):
    """No connection could be made. The message tells each address tried and what it answered."""

    is_lasting: bool = False
    """Whether the next attempt must fail as well until somebody changes something: a certificate,
    what `sslmode` or `require_auth` demands, a file that an option names."""


class ConnectionLost(OperationalError):
    """The connection ended in the middle of its work. Whether the statement ran is unknown."""


class CommitUnknown(ConnectionLost):
    """COMMIT was sent and the connection ended before its answer: it may have taken effect.

    Do not repeat the transaction before you know. `pg_xact_status(xid)` knows for as long as the
    server neither crashes nor is replaced.
    """

    xid: int | None = None
    """The transaction's id, as `pg_current_xact_id()` gave it, if `retry` had asked for it."""


class NoServer(OperationalError):
    """No server of a `Database` took the request in time. The message tells of each one."""


class QueryTimeout(OperationalError, TimeoutError):
    """A statement's deadline passed; the server was told to cancel it. Also a `TimeoutError`."""


class PipelineAborted(OperationalError):
    """A statement of a pipeline had no effect, for another of its batch failed: its `__cause__`."""


class PoolTimeout(OperationalError, TimeoutError):
    """No connection of the pool became free within the time allowed. Also a `TimeoutError`."""


class PoolClosed(InterfaceError):
    """The pool was closed, or is about to be."""


class TooManyRequests(OperationalError):
    """`max_waiting` requests are waiting for a connection of the pool already."""


class NotLoaded(ProgrammingError, AttributeError):
    """An attribute of an object has no value, and may not or cannot be loaded now."""


class NoRow(ProgrammingError):
    """A statement that must give one row gave none."""


class SeveralRows(ProgrammingError):
    """A statement that must give one row gave several."""


class InvalidToken(DataError):
    """The token of a page is damaged, or is of another order."""


class StaleObject(OperationalError):
    """An object was changed or deleted by somebody else since it was loaded."""


def lookup(sqlstate: str) -> type[DatabaseError]:
    """The exception class of a SQLSTATE.

    A code that is not in PostgreSQL's list gives the general error of its class (its first two
    characters), and one of an unknown class `DatabaseError`.

    >>> lookup("40P01").__name__, lookup("40XYZ").__name__, lookup("ZZ001").__name__
    ('DeadlockDetected', 'TransactionRollback', 'DatabaseError')
    """
    from howdah import _sqlstates

    classes = _sqlstates.CLASSES
    found = classes.get(sqlstate) or classes.get(sqlstate[:2] + "000")
    return found or _sqlstates.BASES.get(sqlstate[:2], DatabaseError)


def from_fields(wire_fields: Mapping[str, str], query: str | None) -> DatabaseError:
    """The exception for an ErrorResponse, from its fields by one-letter code.

    `query` is the text that the statement position, if any, refers to.

    >>> error = from_fields({"C": "42P01", "M": 'relation "x" does not exist', "P": "15"},
    ...                     "select * from x")
    >>> print(error)
    relation "x" does not exist
    line 1: select * from x
                          ^
    """
    diag = Diagnostic.from_fields(wire_fields)
    error = lookup(diag.sqlstate or "")(
        diag.message_primary or "the server reported an error without a message",
        hint=diag.message_hint or _pooler_hint(diag),
        diag=diag,
        query=query,
    )
    if diag.sqlstate is not None and error.sqlstate != diag.sqlstate:
        # A code that only shares its class with the exception: the instance keeps the true one.
        error.sqlstate = diag.sqlstate
    if diag.context and (place := _COPY_PLACE.search(diag.context)):
        error.copy_row, error.copy_column = int(place[1]), place[2] or diag.column_name
    return error


if not TYPE_CHECKING:  # a type checker sees the names themselves, and typos in them

    def __getattr__(name: str) -> type[DatabaseError]:
        if not name.startswith("_"):
            from howdah import _sqlstates

            if name in _sqlstates.__all__:
                globals()[name] = found = getattr(_sqlstates, name)
                return found
        raise AttributeError(f"module `howdah.errors` has no attribute `{name}`")


def __dir__() -> list[str]:
    from howdah import _sqlstates

    return sorted({*globals(), *_sqlstates.__all__})


def _rebuild(cls: type[Error], message: str, diag: Diagnostic) -> Error:
    return cls(message, diag=diag)


def _pooler_hint(diag: Diagnostic) -> str | None:
    """The cure where a statement that the driver has prepared is missing, or there already."""
    if diag.sqlstate in {"26000", "42P05"} and '"howdah_' in (diag.message_primary or ""):
        return (
            "a pooler seems to hand each transaction to another server: "
            "connect with `statement_cache_size=0`"
        )
    return None


def _copy_place(error: Error) -> list[str]:
    """Where in a COPY's data the server found the error; messages of howdah's own say it."""
    if error.copy_row is None or not error.diag.context:
        return []
    column = f", column `{error.copy_column}`" if error.copy_column else ""
    return [f"in the COPY's data: line {error.copy_row}{column}"]


def _excerpt(query: str | None, diag: Diagnostic) -> list[str]:
    """The line of the query where the error is, and a caret below; empty if no place is known."""
    position = diag.statement_position
    if position is None:
        query, position = diag.internal_query, diag.internal_position
    if query is None or position is None or not 1 <= position <= len(query) + 1:
        return []
    start = query.rfind("\n", 0, position - 1) + 1
    end = query.find("\n", position - 1)
    line = query[start : end if end >= 0 else len(query)]
    before, after = line[: position - 1 - start], line[position - 1 - start :]
    if len(before) > _EXCERPT_CHARS // 2:
        before = "…" + before[-_EXCERPT_CHARS // 2 :]
    if len(after) > _EXCERPT_CHARS // 2:
        after = after[: _EXCERPT_CHARS // 2] + "…"
    head = f"line {query.count(chr(10), 0, start) + 1}: "
    shown = (before + after).replace("\t", " ").rstrip("\r")
    return [head + shown, " " * (len(head) + _columns(before)) + "^"]


def _columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    import unicodedata

    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) != 0 for character in text)
