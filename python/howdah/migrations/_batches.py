"""Backfills: one range of keys after the other, each a transaction that records how far it came.

Runs statements. Called by the runner, for SQL and for functions of Python files. Invariant: the
rows of a range and the position after it are committed together, so that an interruption repeats
and skips nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from howdah import sql
from howdah._native import quote_identifier
from howdah.migrations._statements import Target, target
from howdah.migrations._throttle import Throttle
from howdah.migrations.errors import MigrationError
from howdah.migrations.model import Backfill, RowBatches
from howdah.migrations.python_files import Batch
from howdah.migrations.reporting import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from howdah.connection import Connection
    from howdah.migrations._attempts import Attempts
    from howdah.migrations._session import Session
    from howdah.migrations.history import StepRecord

KEY_COLUMNS = """
    select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
        not a.attnotnull as may_be_null
    from pg_catalog.pg_attribute a
    where a.attrelid = pg_catalog.to_regclass($1) and a.attnum > 0 and not a.attisdropped
      and case when $2::text[] = '{}' then a.attnum = any (
              select unnest(i.indkey) from pg_catalog.pg_index i
              where i.indrelid = a.attrelid and i.indisprimary)
          else a.attname = any ($2::text[]) end
    order by coalesce(
        pg_catalog.array_position($2::text[], a.attname::text),
        (select pg_catalog.array_position(i.indkey::int2[], a.attnum) from pg_catalog.pg_index i
         where i.indrelid = a.attrelid and i.indisprimary))
"""
_ROWS = """
    select coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint from pg_catalog.pg_class c
    where c.oid = pg_catalog.to_regclass($1) or c.oid in (
        select relid from pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) where isleaf)
"""
PAGES = """
    select coalesce(max(pg_catalog.pg_relation_size(c.oid)), 0)
            / pg_catalog.current_setting('block_size')::int as pages,
        coalesce(max(greatest(c.reltuples, 0)), 0)::bigint as rows
    from pg_catalog.pg_class c
    where c.oid = pg_catalog.to_regclass($1) or c.oid in (
        select relid from pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) where isleaf)
"""
_LEAST_ROWS = 10


@dataclass(frozen=True)
class Done:
    """What one batch has done."""

    position: list[str] | None
    """The last key as SQL writes it; None if this was the last batch."""
    rows: int
    """The rows that it went through."""


class Source(Protocol):
    """What comes in batches."""

    size: int

    def total(self, conn: Connection) -> int:
        """About how many rows there are; 0 if nobody knows."""

    def batch(self, conn: Connection, after: list[str] | None, size: int, number: int) -> Done:
        """Do the next batch, in the transaction that is open."""


class Batches:
    """Takes one batch after the other."""

    def __init__(self, session: Session, attempts: Attempts) -> None:
        self._session = session
        self._conn = session.conn
        self._settings = session.settings
        self._report = session.report
        self._attempts = attempts
        self._throttle = Throttle(session)
        self.rows = 0
        """What the step that runs has gone through and committed, also in earlier runs."""

    def run(
        self, source: Source, what: str, before: StepRecord | None, record: Callable[[Done], str]
    ) -> None:
        """All batches after those `before`; `record` says how a batch is written down.

        Raises:
            Busy: a batch did not get its locks within the patience of the settings.
        """
        position = None if before is None else before.position
        self.rows = 0 if before is None else before.rows
        total, size, number, rows = source.total(self._conn), source.size, 0, 0
        begun = time.monotonic()
        while True:
            number += 1
            batch_begun = time.monotonic()
            done = self._attempts.until_done(
                what,
                lambda: self._batch(source, position, size, number, record),  # noqa: B023
                self._settings.lock_timeout,
            )
            rows += done.rows
            self.rows += done.rows
            if done.position is None:
                self._report.line(f"  {rows} rows in {duration(time.monotonic() - begun)}")
                return
            position = done.position
            spent = time.monotonic() - batch_begun
            self._report.progress("  " + progress(rows, total, time.monotonic() - begun))
            size = next_size(size, source.size, spent, self._settings.batch_seconds)
            self._throttle.pause(spent)

    def _batch(
        self,
        source: Source,
        position: list[str] | None,
        size: int,
        number: int,
        record: Callable[[Done], str],
    ) -> Done:
        with self._conn.transaction():
            self._session.set_lock_timeout(self._settings.lock_timeout, local=True)
            done = source.batch(self._conn, position, size, number)
            self._conn.execute(record(done))
        return done


def next_size(size: int, most: int, seconds: float, wanted: float) -> int:
    """How large the next batch is: smaller if this one took too long, larger if it was quick."""
    if seconds > wanted:
        return max(min(_LEAST_ROWS, most), size // 2)
    return min(most, size * 2) if seconds < wanted / 3 else size


def progress(rows: int, total: int, seconds: float) -> str:
    """`20,000 of about 1,000,000 rows, 5,000 rows/s, 3 min left`."""
    speed = rows / seconds if seconds > 0 else 0.0
    text = f"{rows:,}"
    if total >= rows and total > 0:
        text += f" of about {total:,}"
    text += f" rows, {speed:,.0f} rows/s"
    if total > rows and speed > 0:
        text += f", {duration((total - rows) / speed)} left"
    return text


def source_of(conn: Connection, work: Backfill | RowBatches) -> Source:
    """What a step goes through."""
    if isinstance(work, RowBatches):
        return Rows(work)
    return Pages(conn, work) if work.key == ("ctid",) else Statement(conn, work)


class Statement:
    """An `update` or `delete` for one range of its table's keys after the other."""

    def __init__(self, conn: Connection, work: Backfill) -> None:
        found = target(work.sql)
        assert found is not None  # the reader of the file has seen to it
        self._target: Target = found
        self.size = work.size
        self._key = key_of(conn, found.table, work.key)
        if moved := [name for name, _ in self._key if name in found.sets]:
            raise MigrationError(
                f"`{moved[0]}` orders the batches and is set by the statement: a row would come "
                "again under its new key",
                hint="order them by a key that stays, or set it in a step without batches",
            )

    def total(self, conn: Connection) -> int:
        """As the server estimates."""
        return int(conn.fetch_value(_ROWS, self._target.table) or 0)

    def batch(self, conn: Connection, after: list[str] | None, size: int, number: int) -> Done:
        """Do the next range."""
        del number
        names = [quote_identifier(name) for name, _ in self._key]
        columns = [f"t.{name}" for name in names]
        beyond = f" where {compared(columns, '>', after)}" if after else ""
        row = conn.fetch_one(
            f"select {', '.join(f'{it}::text' for it in columns)} from {self._target.table} t"
            f"{beyond} order by {', '.join(columns)} offset {size - 1} limit 1"
        )
        qualified = [f"{self._target.alias}.{name}" for name in names]
        ranges = [compared(qualified, ">", after)] if after else []
        if row is None:
            changed = conn.execute(self._target.limited(" and ".join(ranges) or "true"))
            return Done(None, changed)
        last = [
            f"{str(sql.Literal(value)).strip()}::{type_}"
            for value, (_, type_) in zip(row, self._key, strict=True)
        ]
        ranges.append(compared(qualified, "<=", last))
        conn.execute(self._target.limited(" and ".join(ranges)))
        return Done(last, size)


class Pages:
    """An `update` or `delete` for one range of a table's pages after the other.

    For tables without a key. Rows move, by this very statement and while others write, so a last
    one takes what is left; rows that are done must not satisfy its condition, as the first ones
    prove.
    """

    def __init__(self, conn: Connection, work: Backfill) -> None:
        found = target(work.sql)
        assert found is not None  # the reader of the file has seen to it
        self._target = found
        self.size = work.size
        self._proven = False
        self._pages, rows = conn.fetch_one(PAGES, found.table, row=tuple) or (0, 0)
        self._rows_per_page = max(1.0, rows / self._pages if self._pages else 1.0)

    def total(self, conn: Connection) -> int:
        """As the server estimates."""
        return int(conn.fetch_value(_ROWS, self._target.table) or 0)

    def batch(self, conn: Connection, after: list[str] | None, size: int, number: int) -> Done:
        """Do the next range."""
        del number
        first = int(after[0]) if after else 0
        if first >= self._pages:
            return Done(None, conn.execute(self._target.limited("true")))
        last = min(self._pages, first + max(1, int(size / self._rows_per_page)))
        alias = self._target.alias
        pages = f"{alias}.ctid >= '({first},0)'::tid and {alias}.ctid < '({last},0)'::tid"
        if self._proven:
            conn.execute(self._target.limited(pages))
        else:
            self._prove(conn, pages)
        return Done([str(last)], int((last - first) * self._rows_per_page))

    def _prove(self, conn: Connection, pages: str) -> None:
        """Do the range, and find none of its rows again."""
        done = conn.fetch(
            f"{self._target.limited(pages)}\nreturning {self._target.places}", row=tuple
        )
        if not done:
            return
        tables, places = (list(column) for column in zip(*done, strict=True))
        if conn.execute(self._target.again("$1::text[]", "$2::text[]"), tables, places):
            raise MigrationError(
                f"rows of `{self._target.table}` satisfy the condition after the statement, too: "
                "they would be changed again and again",
                hint="batches by `ctid` need a condition that no row satisfies once it is done",
            )
        self._proven = True


class Rows:
    """The rows of a query, for a function."""

    def __init__(self, work: RowBatches) -> None:
        self._work = work
        self.size = work.size

    def total(self, conn: Connection) -> int:
        """Unknown: to count them would be to run the query."""
        del conn
        return 0

    def batch(self, conn: Connection, after: list[str] | None, size: int, number: int) -> Done:
        """Call the function with the next rows."""
        columns = [f"q.{quote_identifier(name)}" for name in self._work.key]
        source = f"(\n{self._work.query}\n) q"
        if after is None:
            self._refuse_nulls(conn, source, columns)
        beyond = f" where {compared(columns, '>', after)}" if after else ""
        # rows of one key come together, else the next batch would pass over some of them
        ties = conn.server_version >= 130000
        limit = f"fetch first {size} rows with ties" if ties else f"limit {size}"
        rows = conn.fetch(f"select * from {source}{beyond} order by {', '.join(columns)} {limit}")
        if not rows:
            return Done(None, 0)
        last = rows[-1].as_dict()
        position = [str(sql.Literal(last[name])).strip() for name in self._work.key]
        self._work.call(Batch(conn, rows, number))
        return Done(position, len(rows))

    def _refuse_nulls(self, conn: Connection, source: str, columns: Sequence[str]) -> None:
        is_null = " or ".join(f"{it} is null" for it in columns)
        if conn.fetch_value(f"select exists (select from {source} where {is_null})"):
            raise MigrationError(
                f"rows of `{self._work.name}` have no `{' and '.join(self._work.key)}`: "
                "batches by it would pass over them",
                hint="leave them out in the query, or order by another key",
            )


def key_of(conn: Connection, table: str, wanted: Sequence[str]) -> list[tuple[str, str]]:
    """The columns that order a table, with their types.

    Raises:
        MigrationError: the table has no primary key, or not these columns.
    """
    rows: list[Any] = conn.fetch(KEY_COLUMNS, table, list(wanted))
    if not rows or (wanted and len(rows) != len(wanted)):
        raise MigrationError(
            f"`{table}` has no column `{' and '.join(wanted)}`"
            if wanted
            else f"`{table}` has no primary key to order batches by",
            hint="`batches of N by COLUMN`, a column with a unique index",
        )
    if empty := [row.name for row in rows if row.may_be_null]:
        raise MigrationError(
            f"`{empty[0]}` of `{table}` may be null: batches by it would pass over such rows",
            hint="order them by a key that is not null, or by `ctid`",
        )
    return [(row.name, row.type) for row in rows]


def compared(columns: Sequence[str], operator: str, values: Sequence[str]) -> str:
    """A comparison of one column, or of several as a row."""
    if len(columns) == 1:
        return f"{columns[0]} {operator} {values[0]}"
    return f"({', '.join(columns)}) {operator} ({', '.join(values)})"
