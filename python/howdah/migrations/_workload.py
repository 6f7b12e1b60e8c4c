"""Statements of the release that runs now, tried on the schema of the next one.

Reads a file, runs statements in a scratch database and takes everything back. Called by `check`.
Invariant: a statement is called broken only where the schema is to blame, not for its values, and
not for rows that a scratch database does not have.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import howdah
from howdah import _native
from howdah.errors import (
    CheckViolation,
    DatabaseError,
    GeneratedAlways,
    NotNullViolation,
    NumericValueOutOfRange,
    StringDataRightTruncation,
)
from howdah.errors import SyntaxError as SyntaxError_
from howdah.migrations._scan import words
from howdah.migrations.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from howdah.connection import Connection

_PLANNED = {"select", "insert", "update", "delete", "merge", "values", "with", "table"}
# run as they are, in a transaction that is rolled back; the tables of a scratch database are empty
_RUN = {"truncate", "lock", "refresh"}
# as results name them: a domain is sent as the type below it
_TYPES = """
    with recursive given(position, type) as (
        select position, type from unnest($1::oid[]) with ordinality as t(type, position)
        union all
        select g.position, t.typbasetype
        from given g join pg_catalog.pg_type t on t.oid = g.type where t.typtype = 'd'
    )
    select array_agg(pg_catalog.format_type(t.oid, null) order by g.position)
    from given g join pg_catalog.pg_type t on t.oid = g.type where t.typtype <> 'd'
"""
# one value, in text and in binary form
_SAME = {"character varying": "text"}
_INTEGERS = {"smallint": 2, "integer": 4, "bigint": 8}
_WRONG = "42"
"""The class of SQLSTATEs for what is wrong with a statement."""
# what only a run tells: a column that must be given, or must not; a value that has no place
_OF_RUNS = (
    NotNullViolation,
    CheckViolation,
    GeneratedAlways,
    NumericValueOutOfRange,
    StringDataRightTruncation,
)


@dataclass(frozen=True)
class Way:
    """One way in which a statement may be meant."""

    sql: str
    values: list[str] | None
    """Constants for `$1`, `$2` …, if they are known."""


@dataclass(frozen=True)
class Recorded:
    """A line of the file."""

    line: int
    sql: str
    site: str | None
    ways: Sequence[Way]
    """As it is written; and with numbers, if it has parameters of another driver."""

    @property
    def where(self) -> str:
        """The place in the program, or in the file."""
        return self.site or f"line {self.line}"


@dataclass(frozen=True)
class Problem:
    """A statement that breaks, or means something else."""

    where: str
    sql: str
    why: str

    @property
    def text(self) -> str:
        """One line that names the place, the error and the statement."""
        sql = " ".join(self.sql.split())
        short = sql if len(sql) <= 100 else sql[:99] + "…"
        return f"{self.where}: {self.why}, in `{short}`"


@dataclass
class Tried:
    """What became of a workload."""

    problems: list[Problem] = field(default_factory=list)
    count: int = 0
    unknown: int = 0
    """Statements of kinds that cannot be tried, as `copy` and `call`."""
    broken_before: int = 0
    """Statements that the schema from before does not know, either: they are another's."""
    resized: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often integers of another size are in results, which Python cannot tell: was and is."""


@dataclass(frozen=True)
class Shape:
    """What a statement takes and gives, by the names of types."""

    takes: list[str]
    gives: list[str]


def broken(url: str, path: Path, before: str | None) -> Tried:
    """The statements that break on a database, and worked on the one from before, if it is there.

    Raises:
        MigrationError: the file cannot be read.
    """
    tried = Tried()
    seen: set[tuple[str, str]] = set()
    with contextlib.ExitStack() as stack:
        conn = stack.enter_context(_connected(url))
        old = None if before is None else stack.enter_context(_connected(before))
        for it in recorded(path):
            if (it.sql, it.where) in seen:
                continue
            seen.add((it.sql, it.where))
            _compare(conn, old, it, tried)
    return tried


@contextlib.contextmanager
def _connected(url: str) -> Iterator[Connection]:
    with howdah.connect(url, application_name="howdah migrate") as conn:
        with contextlib.suppress(DatabaseError):  # only a superuser may; then keys are checked
            conn.execute("set session_replication_role = replica")
        yield conn


def _compare(conn: Connection, old: Connection | None, it: Recorded, tried: Tried) -> None:
    """Try one statement, and take note of what became of it."""
    first = next((token.key for token in words(it.sql)), "")
    if first not in _PLANNED | _RUN:
        tried.unknown += 1
        return
    tried.count += 1
    was = None if old is None else _tried(old, it, first)
    if isinstance(was, DatabaseError):
        tried.broken_before += 1
        return
    now = _tried(conn, it, first)
    if isinstance(now, DatabaseError):
        tried.problems.append(Problem(it.where, it.sql, now.message))
        return
    if was is None:
        return
    if (why := _change(was, now)) is not None:
        tried.problems.append(Problem(it.where, it.sql, why))
        return
    tried.resized.update(
        {pair for pair in zip(was.gives, now.gives, strict=True) if _is_resized(*pair)}
    )


def _change(was: Shape, now: Shape) -> str | None:
    """The first difference that a client in Python can meet."""
    for number, (old, new) in enumerate(zip(was.takes, now.takes, strict=False), 1):
        if not (_is_same(old, new) or _holds(new, old)):
            return f"parameter ${number} was `{old}` and is `{new}`"
    for number, (old, new) in enumerate(zip(was.gives, now.gives, strict=False), 1):
        if not (_is_same(old, new) or _is_resized(old, new)):
            return f"column {number} was `{old}` and is `{new}`"
    if len(was.gives) != len(now.gives):
        return f"it gave {len(was.gives)} columns and gives {len(now.gives)}"
    return None


def _is_same(old: str, new: str) -> bool:
    """Whether values are sent in the same form, to be read as the same objects."""
    (old, *old_arrays), (new, *new_arrays) = old.split("[]"), new.split("[]")
    return _SAME.get(old, old) == _SAME.get(new, new) and len(old_arrays) == len(new_arrays)


def _holds(new: str, old: str) -> bool:
    """Whether an integer type takes all that another one took."""
    return _INTEGERS.get(new, 0) >= _INTEGERS.get(old, 9)


def _is_resized(old: str, new: str) -> bool:
    return old != new and {old, new} <= _INTEGERS.keys()


def recorded(path: Path) -> Iterator[Recorded]:
    """The lines of the file.

    Raises:
        MigrationError: it cannot be read, or a line is not as it should be.
    """
    try:
        lines = json.loads(_native.sql_workload(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise MigrationError(f"`{path}` cannot be read: {error}") from None
    for it in lines:
        yield Recorded(it["line"], it["sql"], it["site"], [Way(**way) for way in it["ways"]])


def _tried(conn: Connection, it: Recorded, first: str) -> Shape | DatabaseError:
    """What it takes and gives, or the error that the schema is to blame for."""
    if first in _RUN:
        return _run_as_it_is(conn, it.sql)
    written, *others = it.ways
    found = _prepared(conn, written, first)
    for way in others:
        if not isinstance(found, DatabaseError) or not (found.sqlstate or "").startswith(_WRONG):
            break
        other = _prepared(conn, way, first)
        # what is no statement with numbers, either, was meant as it is written
        if not isinstance(other, SyntaxError_) or isinstance(found, SyntaxError_):
            found = other
    return found


def _run_as_it_is(conn: Connection, sql: str) -> Shape | DatabaseError:
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(sql)
    except DatabaseError as error:
        return error
    return Shape([], [])


def _prepared(conn: Connection, way: Way, first: str) -> Shape | DatabaseError:
    try:
        with conn.transaction(force_rollback=True):
            # the driver's own is the one that the server describes, and it is of one statement
            described = conn.prepare(way.sql)
            takes = _types(conn, [it.type_oid for it in described.parameters])
            gives = _types(conn, [it.type_oid for it in described.columns or ()])
            conn.execute(f"prepare howdah_workload as {way.sql}")
            nulls = _arguments(["null"] * len(takes))
            conn.execute(f"explain execute howdah_workload{nulls}")
            if first == "insert":
                _run(conn, way, len(takes))
    except DatabaseError as error:
        return error
    finally:
        with contextlib.suppress(DatabaseError):
            conn.execute("deallocate howdah_workload")
    return Shape(takes, gives)


def _types(conn: Connection, oids: list[int]) -> list[str]:
    return conn.fetch_value(_TYPES, oids) or [] if oids else []


def _arguments(values: Sequence[str]) -> str:
    return f"({', '.join(values)})" if values else ""


def _run(conn: Connection, way: Way, count: int) -> None:
    """Run an `insert` with its values; only what the schema forbids counts."""
    values = way.values or []
    if len(values) < count:
        return
    try:
        with conn.transaction():
            conn.execute(f"execute howdah_workload{_arguments(values[:count])}")
    except _OF_RUNS:
        raise
    except DatabaseError:  # rows that are not there, values that JSON cannot say
        return
