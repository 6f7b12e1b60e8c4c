"""`insert` of objects: one statement with values, one with arrays, or binary COPY.

Runs as steps. Invariants: all of the objects are inserted or none; afterwards an object has its
primary key, and is as one that was loaded.

How it is chosen, for the objects of one model that have the same columns:

- one object: `insert … values … returning` what the database gives;
- many of which something but the identity is asked back: `insert … select from unnest … returning`,
  in pieces;
- many otherwise: COPY, after their identity numbers have been taken from the sequence in one
  statement. Where COPY is not possible (row-level security, rules, a sequence that may not be
  used), as above.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from howdah._identifiers import qualified
from howdah._native import ObjectRows, group_by_filled, write_slot
from howdah._native import quote_identifier as quoted
from howdah.errors import DatabaseError, ProgrammingError
from howdah.orm.statements.base import Write, running
from howdah.orm.statements.given import given_rows, has_arrays, rows_at_once
from howdah.orm.statements.insert import Insert, insert
from howdah.orm.writes import events
from howdah.orm.writes.blocks import whole
from howdah.orm.writes.objects import (
    as_list,
    by_model,
    take_in,
    values_of,
)

if TYPE_CHECKING:
    from howdah.orm.statements.base import Steps
    from howdah.orm.tables import Table

Progress = Callable[[int, int], object]

FEW = 50
"""Fewer objects than this are not worth the second statement that COPY needs."""
ROWS_AT_ONCE = 10_000


def insert_steps(
    executor: Any, objects: Any, *, returning: bool = True, progress: Progress | None = None
) -> Steps:
    """Insert one object or many."""
    found = as_list(objects)
    if not found:
        return
    if len({*map(id, found)}) != len(found):
        raise _repeated(found)
    yield from events.call_before("insert", found)
    groups = [
        Group(table, members, names, returning=returning)
        for table, mine in by_model(found)
        for names, members in group_by_filled(table.layout, mine)
    ]
    report = _Report(len(found), progress)
    if len(groups) == 1 and groups[0].is_one_statement:
        yield from groups[0].insert(report)
    else:
        yield from whole(_insert_all(groups, report))
    for group in groups:
        group.settle(executor)
    yield from events.call_after("insert", found)


def _insert_all(groups: Iterable[Group], report: _Report) -> Steps:
    for group in groups:
        yield from group.insert(report)


class _Report:
    """Tells the program how far its data is."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._progress = progress
        self._done = 0

    def done(self, rows: int) -> None:
        """So many more rows are written."""
        self._done += rows
        if self._progress is not None:
            self._progress(self._done, self._total)

    def of_copy(self, rows: int, size: int) -> None:
        """What `copy_rows` tells."""
        del size
        if self._progress is not None:
            self._progress(self._done + rows, self._total)


class Group:
    """Objects of one model that have values in the same columns."""

    def __init__(
        self, table: Table, objects: list[Any], filled: Sequence[str], *, returning: bool
    ) -> None:
        self.table = table
        self.objects = objects
        computed = {n for n, c in table.columns.items() if c.options.generated is not None}
        self.names = [name for name in filled if name not in computed]
        self.missing = [name for name in table.column_names if name not in self.names]
        if not returning:
            self.missing = [name for name in self.missing if name in table.key]
        self._rows: list[Any] = []
        """What came back, in the order of the objects."""
        self._numbers: list[int] = []
        """Of the identity column, where that is all that was missing."""

    @property
    def is_one_statement(self) -> bool:
        """Whether one statement writes all of the rows, whichever way is taken."""
        return len(self.objects) == 1 or (len(self.objects) <= self._at_once and bool(self.names))

    @property
    def _at_once(self) -> int:
        """How many rows a statement with arrays takes."""
        columns = [self.table.columns[name] for name in self.names]
        if has_arrays([(column.name, column.type, ()) for column in columns]):
            return rows_at_once(len(columns))
        return ROWS_AT_ONCE

    def insert(self, report: _Report) -> Steps:
        """Write the rows; what comes back is kept until `settle`."""
        if len(self.objects) == 1 or not self.names:
            for one in self.objects:
                yield from self._insert_one(one)
                report.done(1)
            return
        if len(self.objects) >= FEW and self._identity_at_most():
            is_done = yield from self._copy(report)
            if is_done:
                return
        yield from self._insert_pieces(report)

    def settle(self, executor: Any) -> None:
        """Make the objects loaded ones."""
        if self._numbers:
            write_slot(self.table.layout, self.objects, self.missing[0], self._numbers)
        if self._rows:
            take_in(self.table, self.objects, self.missing, self._rows)
        cohort = self.table.layout.adopt(self.objects, executor)
        if executor._journal is not None:
            executor._journal.inserted(cohort, self.missing)

    def _insert_one(self, one: Any) -> Steps:
        statement = self._statement().values(one)
        self._rows += yield from self._returned(statement)

    def _returned(self, statement: Insert[Any]) -> Steps:
        """The missing columns of the rows that a statement inserted."""
        if not self.missing:
            yield from statement._count_steps()
            return []
        columns = [self.table.expression(name) for name in self.missing]
        compiled, values = statement.returning(*columns)._compile()
        rows = yield running(compiled, lambda conn: conn.fetch(compiled.sql, *values, row=tuple))
        return rows

    def _insert_pieces(self, report: _Report) -> Steps:
        columns = [self.table.columns[name] for name in self.names]
        size = self._at_once
        for start in range(0, len(self.objects), size):
            piece = self.objects[start : start + size]
            given = [
                (column.name, column.type, values_of(piece, column.attribute)) for column in columns
            ]
            statement = self._statement()._with(
                columns=tuple(quoted(column.name) for column in columns), source=given_rows(given)
            )
            rows = yield from self._returned(statement)
            if self.missing and len(rows) != len(piece):
                raise _lost(self.table, len(piece), len(rows))
            self._rows += rows
            report.done(len(piece))

    def _statement(self) -> Insert[Any]:
        statement = insert(self.table.model)
        identities = (self.table.columns[name].options.identity for name in self.names)
        if any(identity is not None and identity.always for identity in identities):
            return statement.overriding("system")
        return statement

    def _identity_at_most(self) -> bool:
        """Whether nothing is asked back, or numbers that can be taken beforehand."""
        options = [self.table.columns[name].options for name in self.missing]
        return not options or (len(options) == 1 and options[0].identity is not None)

    def _copy(self, report: _Report) -> Steps:
        """COPY, if the table allows it; returns whether it did."""
        numbers = yield from reserved(self.table, self.missing, len(self.objects))
        if numbers is None:
            return False
        table, names = self.table, self.names
        bound = [(name, table.columns[name].type.bind) for name in names]
        rows = ObjectRows(table.layout, self.objects, bound, numbers if self.missing else None)
        columns = [table.columns[name].name for name in (*self.missing, *names)]
        yield Write(
            lambda conn: conn.copy_rows(copy_target(table), rows, columns, progress=report.of_copy),
            {table.sql_name},
        )
        self._numbers = numbers
        report.done(len(self.objects))
        return True


def copy_target(table: Table) -> tuple[str, ...]:
    """The table's name, as COPY takes it."""
    return tuple(part for part in (table.schema, table.name) if part)


def reserved(table: Table, missing: Sequence[str], count: int) -> Steps:
    """Numbers for the identity column, if it is missing; None where COPY is not possible."""
    sql, values = _reservation(table, missing[0] if missing else None)
    if not missing:
        may = yield lambda conn: conn.fetch_value(sql, *values)
        return [] if may else None
    numbers = yield lambda conn: conn.fetch_value(sql, *values, count, True)  # noqa: FBT003
    return numbers


def reserved_for_statements(table: Table, identity: str, count: int) -> Steps:
    """Numbers for the identity column, None if they may not be taken; whether COPY is possible."""
    sql, values = _reservation(table, identity)
    row = yield lambda conn: conn.fetch_one(sql, *values, count, False, row=tuple)  # noqa: FBT003
    return row


_MAY_COPY = """
    select c.oid from pg_catalog.pg_class c where c.oid = $1::text::regclass
    and c.relkind in ('r', 'p') and not c.relhasrules and not row_security_active(c.oid)
"""
_NUMBERS = """
    select pg_catalog.array_agg(pg_catalog.nextval(seq)),
        coalesce(pg_catalog.bool_and(may_copy), false)
    from (
        select pg_catalog.pg_get_serial_sequence($1::text, $2::text)::regclass as seq,
            not pg_catalog.row_security_active(c.oid) as may_copy
        from pg_catalog.pg_class c where c.oid = $1::text::regclass
        and c.relkind in ('r', 'p') and not c.relhasrules
        offset 0
    ) as it, pg_catalog.generate_series(1, $3::bigint)
    where pg_catalog.has_sequence_privilege(seq, 'usage') and (may_copy or not $4::boolean)
"""


def _reservation(table: Table, identity: str | None) -> tuple[str, tuple[Any, ...]]:
    name = qualified(copy_target(table))
    if identity is None:
        return _MAY_COPY, (name,)
    return _NUMBERS, (name, table.columns[identity].name)


def _repeated(objects: Sequence[Any]) -> ProgrammingError:
    """The error for an object that would become two rows and know of one."""
    counts = Counter(map(id, objects))
    one = next(one for one in objects if counts[id(one)] > 1)
    return ProgrammingError(
        f"the same `{type(one).__name__}` is among the {len(objects)} objects more than once",
        hint="an object is one row: `copy.copy(…)` makes another with the same values",
    )


def _lost(table: Table, expected: int, found: int) -> DatabaseError:
    return DatabaseError(
        f"`{table.sql_name}` took {found} of {expected} rows: which objects they are is not known",
        hint="a trigger suppresses rows: insert with `returning=False`, or by a statement",
    )
