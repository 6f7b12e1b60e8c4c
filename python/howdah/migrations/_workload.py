"""Statements of the release that runs now, tried on the schema of the next one.

Reads a file, runs statements in a scratch database and takes everything back. Called by `check`.
Invariant: a statement is called broken only where the schema is to blame, not for its values, and
not for rows that a scratch database does not have.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import howdah
from howdah.errors import (
    CheckViolation,
    DatabaseError,
    GeneratedAlways,
    NotNullViolation,
)
from howdah.migrations._scan import words
from howdah.migrations.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from howdah.connection import Connection

_PLANNED = {"select", "insert", "update", "delete", "merge", "values", "with", "table"}
_PARAMETERS = """
    select pg_catalog.cardinality(parameter_types) from pg_catalog.pg_prepared_statements
    where name = 'howdah_workload'
"""
# what only a run tells: a column that must be given, or must not
_OF_RUNS = (NotNullViolation, CheckViolation, GeneratedAlways)


@dataclass(frozen=True)
class Recorded:
    """A line of the file."""

    line: int
    sql: str
    params: list[Any] | None
    site: str | None

    @property
    def where(self) -> str:
        """The place in the program, or in the file."""
        return self.site or f"line {self.line}"


@dataclass(frozen=True)
class Problem:
    """A statement that breaks."""

    where: str
    sql: str
    error: DatabaseError

    @property
    def text(self) -> str:
        """One line that names the place, the error and the statement."""
        sql = " ".join(self.sql.split())
        short = sql if len(sql) <= 100 else sql[:99] + "…"
        return f"{self.where}: {self.error.message}, in `{short}`"


def broken(url: str, path: Path) -> tuple[int, list[Problem]]:
    """How many different statements were tried on a database, and those that break.

    Raises:
        MigrationError: the file cannot be read.
    """
    found: list[Problem] = []
    tried: set[tuple[str, str]] = set()
    with howdah.connect(url, application_name="howdah migrate") as conn:
        with contextlib.suppress(DatabaseError):  # only a superuser may; then keys are checked
            conn.execute("set session_replication_role = replica")
        for it in recorded(path):
            if (it.sql, it.where) in tried:
                continue
            tried.add((it.sql, it.where))
            error = _tried(conn, it)
            if error is not None:
                found.append(Problem(it.where, it.sql, error))
    return len(tried), found


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


def _tried(conn: Connection, it: Recorded) -> DatabaseError | None:
    """The error that the schema is to blame for, if there is one."""
    first = next((token.key for token in words(it.sql)), "")
    if first not in _PLANNED:
        return None
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(f"prepare howdah_workload as {it.sql}")
            nulls = ", ".join(["null"] * conn.fetch_value(_PARAMETERS))
            conn.execute(f"explain execute howdah_workload{f'({nulls})' if nulls else ''}")
            _run(conn, it, first)
    except DatabaseError as error:
        return error
    finally:
        with contextlib.suppress(DatabaseError):
            conn.execute("deallocate howdah_workload")
    return None


def _run(conn: Connection, it: Recorded, first: str) -> None:
    """Run an `insert` with its values; only what the schema forbids counts."""
    if first != "insert" or it.params is None:
        return
    try:
        with conn.transaction():
            conn.execute(it.sql, *it.params)
    except _OF_RUNS:
        raise
    except Exception:  # noqa: BLE001 (values that JSON cannot say, rows that are not there)
        return
