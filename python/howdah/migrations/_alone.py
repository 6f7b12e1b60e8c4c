"""Statements outside of transactions, above all indexes that are built concurrently.

Runs them. Called by the runner. Invariant: an invalid index is gone before its name is used again,
and only one that nobody is building is taken for a leftover.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from howdah.errors import DatabaseError, DeadlockDetected, LockNotAvailable
from howdah.migrations._attempts import Attempts, Occupied
from howdah.migrations._statements import (
    IndexBuild,
    detach,
    dropped_index,
    index_build,
    is_repeatable,
)
from howdah.migrations.errors import MigrationError

if TYPE_CHECKING:
    from howdah.migrations._session import Session

# by the table, because an index is made in the schema of its table, whatever the search path
_INDEX = """
    select i.indisvalid as valid, pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
        exists (select from pg_catalog.pg_stat_progress_create_index p
                where p.index_relid = i.indexrelid and p.pid <> pg_catalog.pg_backend_pid()) as busy
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where i.indrelid = pg_catalog.to_regclass($1) and c.relname = $2
"""
_PARTITION = """
    select coalesce((pg_catalog.to_jsonb(i) ->> 'inhdetachpending')::bool, false) as pending
    from pg_catalog.pg_inherits i
    where i.inhparent = pg_catalog.to_regclass($1) and i.inhrelid = pg_catalog.to_regclass($2)
"""


class Alone:
    """Runs one statement without a transaction, again and again until it gets its locks."""

    def __init__(
        self, session: Session, interrupted: Literal["done", "again"] | None = None
    ) -> None:
        self._session = session
        self._conn = session.conn
        # one attempt may take all of the patience, and no more
        settings = session.settings
        self._timeout = min(settings.concurrent_lock_timeout, settings.patience)
        self._report = session.report
        self._attempts = Attempts(session)
        self._interrupted = interrupted

    def run(self, sql: str, what: str, *, was_begun: bool) -> None:
        """Run it; `was_begun` says that a program began it before and did not come back.

        Raises:
            Busy: it did not get its locks within the patience of the settings.
            MigrationError: nothing tells what the earlier attempt did.
        """
        if was_begun:
            sql_left = self._left(sql)
            if sql_left is None:
                self._report.line("  it was done before the interruption")
                return
            sql = sql_left
        build = index_build(sql)
        self._attempts.until_done(what, lambda: self._attempt(sql, build), self._timeout)

    def _attempt(self, sql: str, build: IndexBuild | None) -> None:
        self._session.set_lock_timeout(self._timeout, local=False)
        if build is None:
            self._conn.execute(sql)
            return
        self._clear(build)
        try:
            self._conn.execute(sql)
        except DatabaseError:
            if not self._conn.closed:
                self._clear_after(build)
            raise

    def _clear(self, build: IndexBuild) -> None:
        """Drop what a failed attempt has left of an index."""
        row = self._conn.fetch_one(_INDEX, build.table, build.name)
        if row is None or row.valid:
            return
        if row.busy:
            raise Occupied(f"somebody else is building `{build.name}`")
        self._report.line(f"  dropping the invalid index `{build.name}` of an earlier attempt")
        self._conn.execute(f"drop index concurrently if exists {row.name}")

    def _clear_after(self, build: IndexBuild) -> None:
        """Clear at once, if that is possible: who was in the way of building is so of dropping."""
        try:
            self._clear(build)
        except (LockNotAvailable, DeadlockDetected, Occupied):
            self._report.line(f"  the index `{build.name}` stays invalid until the next attempt")

    def _left(self, sql: str) -> str | None:
        """What is left to be run of a statement that was interrupted; None if nothing is."""
        if self._interrupted is not None:
            return sql if self._interrupted == "again" else None
        if build := index_build(sql):
            row = self._conn.fetch_one(_INDEX, build.table, build.name)
            return None if row is not None and row.valid else sql
        if index := dropped_index(sql):
            there = self._conn.fetch_value("select pg_catalog.to_regclass($1) is not null", index)
            return sql if there else None
        if gone := detach(sql):
            row = self._conn.fetch_one(_PARTITION, gone.parent, gone.partition)
            if row is None:
                return None
            finish = f"alter table {gone.parent} detach partition {gone.partition} finalize"
            return finish if row.pending else sql
        if is_repeatable(sql):
            return sql
        raise MigrationError(
            f"`{' '.join(sql.split())}` was interrupted, and nothing tells whether it took effect",
            hint="look, then run `up` with `--interrupted done` or `--interrupted again`",
        )
