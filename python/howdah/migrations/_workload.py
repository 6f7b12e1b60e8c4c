"""Statements of the release that runs now, tried on the schema of the next one.

Reads a file, runs statements in a scratch database and takes everything back. Called by `check`.
Invariant: a statement is called broken only where the schema is to blame, not for its values, and
not for rows that a scratch database does not have.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import howdah
from howdah.errors import (
    CheckViolation,
    DatabaseError,
    GeneratedAlways,
    NotNullViolation,
)
from howdah.errors import SyntaxError as SyntaxError_
from howdah.migrations._scan import words
from howdah.migrations.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from howdah.connection import Connection

_PLANNED = {"select", "insert", "update", "delete", "merge", "values", "with", "table"}
# run as they are, in a transaction that is rolled back; the tables of a scratch database are empty
_RUN = {"truncate", "lock", "refresh"}
# the types of results are known since 16
_TYPES = """
    select parameter_types::text[],
        case pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(s) -> 'result_types')
        when 'array' then array(
            select pg_catalog.jsonb_array_elements_text(pg_catalog.to_jsonb(s) -> 'result_types'))
        end
    from pg_catalog.pg_prepared_statements s where name = 'howdah_workload'
"""
# what only a run tells: a column that must be given, or must not
_PLACEHOLDER = re.compile(
    r"""(?P<kept>'(?:[^']|'')*'|"[^"]*"|::)|%%|%s\b|%\((?P<name>\w+)\)s|:(?P<colon>[^\W\d]\w*)"""
)
_OF_RUNS = (NotNullViolation, CheckViolation, GeneratedAlways)


@dataclass(frozen=True)
class Recorded:
    """A line of the file."""

    line: int
    sql: str
    params: list[Any] | dict[str, Any] | None
    site: str | None

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


@dataclass(frozen=True)
class Shape:
    """What a statement takes and gives, by the names of types."""

    takes: list[str]
    gives: list[str] | None


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
    why = now.message if isinstance(now, DatabaseError) else _change(was, now)
    if why is not None:
        tried.problems.append(Problem(it.where, it.sql, why))


def _change(was: Shape | None, now: Shape) -> str | None:
    """The first type that is another one."""
    if was is None:
        return None
    pairs = [("parameter $", was.takes, now.takes)]
    if was.gives is not None and now.gives is not None:
        pairs.append(("column ", was.gives, now.gives))
    for what, before, after in pairs:
        for number, (old, new) in enumerate(zip(before, after, strict=False), 1):
            if old != new:
                return f"{what}{number} was `{old}` and is `{new}`"
    if was.gives is not None and now.gives is not None and len(was.gives) != len(now.gives):
        return f"it gave {len(was.gives)} columns and gives {len(now.gives)}"
    return None


def recorded(path: Path) -> Iterator[Recorded]:
    """The lines of the file.

    Raises:
        MigrationError: it cannot be read, or a line is not as it should be.
    """
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _recorded(path, number, line)
    except OSError as error:
        raise MigrationError(f"`{path}` cannot be read: {error}") from None


def _recorded(path: Path, number: int, line: str) -> Recorded:
    try:
        it = json.loads(line)
        return Recorded(number, it["sql"] + "", it.get("params"), it.get("site"))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise MigrationError(
            f"`{path}`, line {number}: expected an object with `sql`, `params` and `site`"
        ) from None


def _tried(conn: Connection, it: Recorded, first: str) -> Shape | DatabaseError:
    """What it takes and gives, or the error that the schema is to blame for."""
    if first in _RUN:
        return _run_as_it_is(conn, it.sql)
    found = _prepared(conn, it, first)
    if isinstance(found, SyntaxError_) and (converted := numbered(it)) != it:
        return _prepared(conn, converted, first)
    return found


def _run_as_it_is(conn: Connection, sql: str) -> Shape | DatabaseError:
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(sql)
    except DatabaseError as error:
        return error
    return Shape([], None)


def _prepared(conn: Connection, it: Recorded, first: str) -> Shape | DatabaseError:
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(f"prepare howdah_workload as {it.sql}")
            takes, gives = conn.fetch(_TYPES, row=tuple)[0]
            nulls = ", ".join(["null"] * len(takes))
            conn.execute(f"explain execute howdah_workload{f'({nulls})' if nulls else ''}")
            _run(conn, it, first)
    except DatabaseError as error:
        return error
    finally:
        with contextlib.suppress(DatabaseError):
            conn.execute("deallocate howdah_workload")
    return Shape(takes, gives)


def numbered(it: Recorded) -> Recorded:
    """The statement with `$1` for what other drivers write: `%s`, `%(name)s` and `:name`."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match["kept"] is not None:
            return match["kept"]
        if match[0] == "%%":
            return "%"
        name = match["name"] or match["colon"] or f"%s {len(names)}"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    sql = _PLACEHOLDER.sub(number, it.sql)
    params: Any = it.params
    if isinstance(params, dict):
        params = [params.get(name) for name in names]
    return replace(it, sql=sql, params=params)


def _run(conn: Connection, it: Recorded, first: str) -> None:
    """Run an `insert` with its values; only what the schema forbids counts."""
    if first != "insert" or not isinstance(it.params, list):
        return
    try:
        with conn.transaction():
            conn.execute(it.sql, *it.params)
    except _OF_RUNS:
        raise
    except Exception:  # noqa: BLE001 (values that JSON cannot say, rows that are not there)
        return
