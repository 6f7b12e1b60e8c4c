"""Applying, undoing and telling of migrations, from programs.

Connects and runs. Called by the command and by users. Invariant: whatever writes holds the lock of
deploys from before it looks at the history until it is done.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import howdah
from howdah._native import quote_identifier
from howdah.errors import DatabaseError, Error, InsufficientPrivilege, ReadOnlySqlTransaction
from howdah.migrations import config, history
from howdah.migrations._deploying import deploying, holder
from howdah.migrations._files import read_folder
from howdah.migrations._runner import Runner, left, undoing
from howdah.migrations._session import Session
from howdah.migrations._statements import dropped
from howdah.migrations.errors import MigrationError
from howdah.migrations.graph import Graph
from howdah.migrations.reporting import Report

if TYPE_CHECKING:
    import datetime as dt
    import os
    from collections.abc import Callable, Iterator, Sequence

    from howdah.migrations.config import Settings
    from howdah.migrations.history import Direction, Record
    from howdah.migrations.model import Migration, Phase, Step

T = TypeVar("T")


@dataclass(frozen=True)
class Status:
    """What is known of one migration."""

    name: str
    state: Literal["applied", "pending", "partial", "reverting", "missing"]
    """`missing`: it was applied, and its file is not there any more."""
    changed: bool
    """Whether the file was changed after it was applied; how lines end does not count."""
    steps_done: int
    steps: int
    waits_for: Phase | None = None
    """The phase of the step that comes next."""
    rows: int = 0
    """Of a step in batches that is not done yet: how many rows it has gone through."""
    applied_at: dt.datetime | None = None
    seconds: float | None = None
    """The time that it took, over all runs."""
    role: str | None = None
    client: str | None = None
    """Who ran it, on which machine."""
    howdah: str | None = None
    """The version of howdah that ran it."""


def up(  # noqa: PLR0913 (keyword-only choices, each with a default)
    url: str | None = None,
    path: str | os.PathLike[str] | None = None,
    *,
    target: str | None = None,
    phase: Phase | None = None,
    record: bool = False,
    interrupted: Literal["done", "again"] | None = None,
    settings: Settings | None = None,
    report: Report | None = None,
    stop: threading.Event | None = None,
) -> list[str]:
    """Apply what is pending; return the names of what was run, in whole or in part.

    Args:
        url: the database; by default that of the configuration, or of the `PG…` variables.
        path: the folder of the migrations; by default that of the configuration.
        target: only this migration and what it depends on; its first letters are enough.
        phase: only steps up to this phase of a deploy.
        record: write down that they are applied, and run nothing.
        interrupted: what an interrupted statement did, where the catalog does not tell.
        settings: instead of the nearest `howdah.toml` or `pyproject.toml`.
        report: who is told what goes on; nobody by default.
        stop: an event of another thread: once it is set, nothing new is begun.

    Raises:
        MigrationError: the files contradict each other or the history, or a step failed.
        Busy: a lock could not be had in time; what was done is recorded.
    """
    with _open(url, path, settings, report, stop) as session, deploying(session):
        if not history.exists(session.conn):
            _begin_history(session.conn)
        migrations = read_folder(session.settings.path)
        records = _adopted(session, migrations)
        graph = Graph.for_applied(migrations, records)
        for name in sorted(records.keys() - graph.by_name.keys()):
            session.report.line(
                f"warning: `{name}` was applied, and its file is not there any more"
            )
        runner = Runner(session, interrupted)
        done = []
        for migration in _pending(graph, records, target, session.report):
            if record:
                _record(session, migration)
            elif not runner.apply(migration, records.get(migration.name), phase):
                continue
            done.append(migration.name)
        return done


def down(
    url: str | None = None,
    path: str | os.PathLike[str] | None = None,
    *,
    target: str | int = 1,
    settings: Settings | None = None,
    report: Report | None = None,
    stop: threading.Event | None = None,
) -> list[str]:
    """Undo the last migrations; return their names, in the order in which they were undone.

    Args:
        target: how many, or the migration to go back to, which stays; `base` undoes all.
        url: see `up`, as for the others.
        path: see `up`.
        settings: see `up`.
        report: see `up`.
        stop: see `up`.

    Raises:
        MigrationError: one of them has no `down`, or none for the part that was applied, or a step
            failed.
        Busy: a lock could not be had in time; what was done is recorded.
    """
    with _open(url, path, settings, report, stop) as session, deploying(session):
        migrations = read_folder(session.settings.path)
        records = _adopted(session, migrations)
        graph = Graph.for_applied(migrations, records)
        going = to_undo(graph, records, str(target))
        for migration in going:  # before anything is undone
            undoing(migration, records[migration.name])
        runner = Runner(session)
        for migration in going:
            runner.undo(migration, records[migration.name])
        return [it.name for it in going]


def status(
    url: str | None = None,
    path: str | os.PathLike[str] | None = None,
    *,
    settings: Settings | None = None,
) -> list[Status]:
    """What has been applied and what has not, in the order in which it is applied.

    Raises:
        MigrationError: the files contradict each other.
    """
    with _open(url, path, settings, None, None) as session:
        migrations = read_folder(session.settings.path)
        records = history.adopted(history.read(session.conn), migrations)
        graph = Graph.for_applied(migrations, records)
        found = [_status(it, records.get(it.name)) for it in graph.ordered]
        known = {name for it in migrations for name in (it.name, *it.replaces)}
        gone = [_missing(it) for name, it in records.items() if name not in known]
        return gone + found


def running(settings: Settings) -> str | None:
    """The deploy that goes on at this moment, in words; None if there is none."""
    with howdah.connect(settings.url, application_name="howdah migrate") as conn:
        return holder(conn)


def pending(
    settings: Settings, target: str | None, phase: Phase | None
) -> list[tuple[Migration, Direction, list[Step], bool]]:
    """What `up` would run: migrations with the steps that are left, and whether these are all.

    Without a database, that is with no URL given or configured, all of it.
    """
    migrations = read_folder(settings.path)
    known = records(settings, migrations) if settings.url else {}
    graph = Graph.for_applied(migrations, known)
    found: list[tuple[Migration, Direction, list[Step], bool]] = []
    for migration in _pending(graph, known, target, Report()):
        until = migration.steps_until(phase)
        steps = left(migration, known.get(migration.name), "up", until)
        is_last = len(until) == len(migration.up)
        if steps or is_last:
            found.append((migration, "up", steps, is_last))
    return found


def records(settings: Settings, migrations: Sequence[Migration]) -> dict[str, Record]:
    """What a database remembers; squashed migrations for those that they replace."""
    with howdah.connect(settings.url, application_name="howdah migrate") as conn:
        return history.adopted(history.read(conn), migrations)


def to_undo(graph: Graph, records: dict[str, Record], target: str) -> list[Migration]:
    """The migrations to undo, the last one first.

    Raises:
        MigrationError: there is no such migration, or it has not been applied.
    """
    gone = [name for name in records if name not in graph.by_name]
    there = [it for it in graph.ordered if it.name in records]
    if target.isdecimal() and len(target) < 4:
        going = there[::-1][: int(target)]
    elif target == "base":
        going = there[::-1]
    else:
        found = graph.find(target)
        if found.name not in records:
            raise MigrationError(f"`{found.name}` has not been applied")
        kept = {it.name for it in graph.needed_for(found.name)}
        going = [it for it in reversed(there) if it.name not in kept]
    if going and gone:
        raise MigrationError(
            f"`{gone[0]}` was applied, and its file is not there any more",
            hint="restore it: what it did may depend on what would be undone",
        )
    return going


def losses(settings: Settings, target: str) -> list[str]:
    """What `down` would drop that holds rows: tables, and columns with values."""
    with howdah.connect(settings.url, application_name="howdah migrate") as conn:
        migrations = read_folder(settings.path)
        known = history.adopted(history.read(conn), migrations)
        found: list[str] = []
        for migration in to_undo(Graph.for_applied(migrations, known), known, target):
            for step in undoing(migration, known[migration.name]):
                dropped_ = (it for sql in step.sql for it in dropped(sql))
                found += [_lost(*it) for it in dropped_ if _holds_rows(conn, *it)]
        return found


def _lost(table: str, column: str | None) -> str:
    return f"the rows of `{table}`" if column is None else f"the values of `{table}.{column}`"


def _holds_rows(conn: howdah.Connection, table: str, column: str | None) -> bool:
    condition = "" if column is None else f" where {column} is not null"
    try:
        return bool(conn.fetch_value(f"select exists (select from {table}{condition})"))
    except DatabaseError:  # it is not there, or not yet
        return False


async def up_async(
    url: str | None = None, path: str | os.PathLike[str] | None = None, **options: Any
) -> list[str]:
    """`up` for asyncio: in a thread of its own. Takes the same options.

    When it is cancelled, the statement that runs is cancelled too, and what was done is recorded.
    """
    return await _in_thread(up, url, path, options)


async def down_async(
    url: str | None = None, path: str | os.PathLike[str] | None = None, **options: Any
) -> list[str]:
    """`down` for asyncio: see `up_async`."""
    return await _in_thread(down, url, path, options)


async def status_async(
    url: str | None = None, path: str | os.PathLike[str] | None = None, **options: Any
) -> list[Status]:
    """`status` for asyncio: see `up_async`."""
    return await asyncio.to_thread(status, url, path, **options)


async def _in_thread(
    call: Callable[..., T],
    url: str | None,
    path: str | os.PathLike[str] | None,
    options: dict[str, Any],
) -> T:
    stop = _Stop()
    work = asyncio.ensure_future(asyncio.to_thread(call, url, path, stop=stop, **options))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.to_thread(stop.now)
        with contextlib.suppress(Error):
            await work
        raise


class _Stop(threading.Event):
    """Ends a run in another thread."""

    def __init__(self) -> None:
        super().__init__()
        self.conn: howdah.Connection | None = None

    def now(self) -> None:
        """Let nothing new begin, and cancel the statement that runs."""
        self.set()
        if self.conn is not None and not self.conn.closed:
            with contextlib.suppress(Error):
                self.conn.cancel()


@contextlib.contextmanager
def _open(
    url: str | None,
    path: str | os.PathLike[str] | None,
    settings: Settings | None,
    report: Report | None,
    stop: threading.Event | None,
) -> Iterator[Session]:
    settings = settings or config.load()
    if path is not None:
        settings = settings.changed(root=Path(), folder=str(path))
    url = settings.url if url is None else url
    conn = howdah.connect(url, application_name="howdah migrate")
    stop = stop or threading.Event()
    if isinstance(stop, _Stop):
        stop.conn = conn
    try:
        yield Session(conn, settings, report or Report(), stop, url)
    finally:
        conn.close()


def _begin_history(conn: howdah.Connection) -> None:
    try:
        conn.execute(history.CREATE)
    except InsufficientPrivilege as error:
        role = quote_identifier(conn.fetch_value("select session_user"))
        raise MigrationError(
            f"the history cannot be begun: {error.message}",
            hint=f"a role that may runs, once: `create schema {history.SCHEMA} "
            f"authorization {role}`",
        ) from error
    except ReadOnlySqlTransaction as error:
        raise MigrationError(
            f"the history cannot be begun: {error.message}",
            hint="is this a replica? migrations need the server that takes writes",
        ) from error


def _pending(
    graph: Graph, records: dict[str, Record], target: str | None, report: Report
) -> list[Migration]:
    """What is not applied, in order; tells of files that were changed since."""
    found = []
    for migration in graph.until(target):
        record = records.get(migration.name)
        if record is None or record.state == "begun":
            found.append(migration)
        elif record.state == "reverting":
            raise MigrationError(
                f"`{migration.name}` is undone in part", hint="`howdah migrate down` goes on"
            )
        elif record.checksum != migration.checksum:
            report.line(f"warning: `{migration.name}` was changed after it had been applied")
    return found


def _adopted(session: Session, migrations: Sequence[Migration]) -> dict[str, Record]:
    """The records; squashed migrations are written down where all that they replace is applied."""
    records = history.read(session.conn)
    for name, migration in history.renamed(records, migrations).items():
        session.conn.execute(history.called(name, migration))
        session.report.line(f"`{name}` is called `{migration.name}` now")
        records = history.read(session.conn)
    for migration in migrations:
        old = [records.get(name) for name in migration.replaces]
        if old and all(it is not None and it.state == "applied" for it in old):
            session.conn.execute(history.squashed(migration))
            session.report.line(f"{migration.name} takes the place of what it replaces")
            records = history.read(session.conn)
    return records


def _record(session: Session, migration: Migration) -> None:
    sql = f"{history.began(migration)};\n{history.applied(migration, 'recorded')}"
    session.conn.execute(sql)
    session.report.line(f"recorded {migration.name}")


def _status(migration: Migration, record: Record | None) -> Status:
    steps = len(migration.up)
    if record is None:
        first = next((it.phase for it in migration.up), None)
        return Status(migration.name, "pending", False, 0, steps, first)  # noqa: FBT003
    waits_for = None
    done = steps if record.state == "applied" else 0
    if record.state != "applied":
        done = sum(record.is_done("up", it.number) for it in migration.up)
    if record.state == "begun":
        left_ = (it.phase for it in migration.up if not record.is_done("up", it.number))
        waits_for = next(left_, None)
    return Status(
        migration.name,
        {"applied": "applied", "begun": "partial", "reverting": "reverting"}[record.state],  # type: ignore[arg-type]
        record.checksum != migration.checksum,
        done,
        steps,
        waits_for,
        sum(it.rows for it in record.steps.values() if it.state == "begun"),
        **_told(record),
    )


def _missing(record: Record) -> Status:
    return Status(record.name, "missing", False, 0, 0, **_told(record))  # noqa: FBT003


def _told(record: Record) -> dict[str, Any]:
    return {
        "applied_at": record.applied_at,
        "seconds": record.seconds,
        "role": record.role,
        "client": record.client,
        "howdah": record.howdah,
    }
