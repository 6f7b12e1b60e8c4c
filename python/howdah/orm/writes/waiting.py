"""Single writes of a transaction that wait for each other, to travel together.

Runs as steps. A transaction queues what can be written later and changes nothing of what the
program sees; everything else that runs on it sends the queue first. Invariants: writes take effect
in the order in which the program made them; values are those of the moment of the call; an error
names the line of the program that made the write.
"""

from __future__ import annotations

import copy
import sys
from typing import TYPE_CHECKING, Any

from howdah._native import (
    NOT_LOADED,
    Cohort,
    Param,
    join_cohort,
    leave_cohort,
    write_slots,
)
from howdah._native import quote_identifier as quoted
from howdah.errors import Error, InFailedSqlTransaction, PipelineAborted
from howdah.orm.statements.base import Write
from howdah.orm.statements.insert import Insert, insert
from howdah.orm.writes import events
from howdah.orm.writes.deleting import deletion_of
from howdah.orm.writes.inserting import (
    FEW,
    copy_target,
    reserved,
    reserved_for_statements,
)
from howdah.orm.writes.updating import Group, stale

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

    from howdah._native import Compiled
    from howdah.orm.statements.base import Steps
    from howdah.orm.tables import Table
    from howdah.orm.writes.journal import Journal

Line = tuple["CodeType", int]
"""Where in the program a write was made."""

MOST_WAITING = 5_000
"""So many writes at most wait: what they take up is bounded."""
FIRST_BLOCK, LARGEST_BLOCK = 8, 1_000
_MISSING = type(NOT_LOADED)
_MUTABLE = frozenset((list, dict, bytearray, set))


def caller(depth: int) -> Line:
    """The line of the program that called, so many calls above."""
    frame = sys._getframe(depth + 1)
    return frame.f_code, frame.f_lineno


class InsertRun:
    """Rows of one table and the same columns, inserted one after another."""

    __slots__ = ("cohort", "given", "lines", "names", "rows", "way")

    def __init__(
        self, way: InsertWay, names: tuple[str, ...], given: tuple[str, ...], cohort: Cohort
    ) -> None:
        self.way = way
        self.names = names
        self.given = given
        """What the transaction has given to the objects."""
        self.cohort = cohort
        self.rows: list[tuple[Any, ...]] = []
        self.lines: list[Line] = []

    def takes(self, way: InsertWay, names: tuple[str, ...], given: tuple[str, ...]) -> bool:
        """Whether such a row can be one of these."""
        return self.way is way and self.names == names and self.given == given

    def add(self, one: Any, row: tuple[Any, ...], line: Line) -> None:
        """One row more."""
        self.rows.append(row)
        self.lines.append(line)
        join_cohort(self.cohort, one)

    def singles(self) -> Iterator[Single]:
        """A statement for each row."""
        table = self.way.table
        columns = tuple(quoted(table.columns[name].name) for name in self.names)
        statement: Insert[Any] = insert(table.model)
        if self.way.always and self.way.identity in self.names:
            statement = statement.overriding("system")
        for row, line in zip(self.rows, self.lines, strict=True):
            source = (tuple(map(Param, row)),) if row else None
            compiled, values = statement._with(columns=columns, source=source)._compile()
            yield Single(compiled, values, line)


class Single:
    """One statement."""

    __slots__ = ("line", "one", "sql", "values", "writes")

    def __init__(
        self, compiled: Compiled, values: tuple[Any, ...], line: Line, one: Any = None
    ) -> None:
        self.sql = compiled.sql
        self.writes = compiled.writes
        self.values = values
        self.line = line
        self.one = one
        """The object that the statement must find the row of."""


class InsertWay:
    """How objects of one model are inserted in a transaction."""

    __slots__ = (
        "always",
        "has_binds",
        "identity",
        "identity_at",
        "is_refused",
        "key_at",
        "may_copy",
        "names",
        "numbers",
        "table",
        "used",
    )

    def __init__(self, table: Table) -> None:
        table.refuse_writing()
        self.table = table
        options = {name: column.options for name, column in table.columns.items()}
        self.names = tuple(name for name, it in options.items() if it.generated is None)
        self.identity = next((name for name in self.names if options[name].identity), None)
        self.identity_at = -1 if self.identity is None else self.names.index(self.identity)
        keys = {name for name in table.key if name != self.identity}
        self.key_at = [place for place, name in enumerate(self.names) if name in keys]
        identity = None if self.identity is None else options[self.identity].identity
        self.always = identity is not None and identity.always
        self.has_binds = any(table.columns[name].type.bind for name in self.names)
        self.numbers: list[int] = []
        self.used = 0
        self.is_refused = False
        self.may_copy: bool | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """What the transaction has given to new objects."""
        return () if self.identity is None else (self.identity,)

    def numbered(self, one: Any, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """The row with the next number, which the object has, too."""
        number = self.numbers.pop()
        write_slots(self.table.layout, (one,), self.given, ((number,),))
        return (*row[: self.identity_at], number, *row[self.identity_at + 1 :])

    def frozen(self, name: str, value: Any) -> Any:
        """A value as the driver takes it, whatever the program does to it later."""
        bind = self.table.columns[name].type.bind
        if value is None:
            return None
        value = value if bind is None else bind(value)
        return copy.deepcopy(value) if type(value) in _MUTABLE else value

    def reserve(self) -> Steps:
        """Take numbers from the sequence, as many as were used so far."""
        assert self.identity is not None
        count = min(max(self.used, FIRST_BLOCK), LARGEST_BLOCK)
        found = yield from reserved_for_statements(self.table, self.identity, count)
        numbers, self.may_copy = found
        if numbers is None:
            self.is_refused = True
        else:
            self.numbers = numbers[::-1]


class Waiting:
    """The writes of a transaction that were not sent yet."""

    def __init__(self, *, is_async: bool) -> None:
        self._is_async = is_async
        self._queue: list[InsertRun | Single] = []
        self._ways: dict[type, InsertWay] = {}
        self.count = 0
        self.has_failed = False
        """Not all was sent: the transaction must not commit the rest."""

    def insert(self, executor: Any, one: Any, line: Line) -> Steps | bool:
        """Queue an insert; False: it cannot wait. Steps: take them, and call again."""
        model = type(one)
        way = self._ways.get(model)
        if way is None:
            way = self._ways[model] = InsertWay(model.__table__)
        if way.is_refused or events.any_for(model):
            return False
        (row,) = way.table.layout.rows((one,), way.names)
        kinds = list(map(type, row))
        missing = kinds.count(_MISSING)
        needs_number = way.identity_at >= 0 and kinds[way.identity_at] is _MISSING
        if missing > needs_number and (
            self._is_async or any(kinds[place] is _MISSING for place in way.key_at)
        ):
            # what the database gives could not be read without `await`, or by a key that it gives
            return False
        if needs_number:
            if not way.numbers:
                way.used += 1
                return False if way.used == 1 else way.reserve()
            way.used += 1
            row = way.numbered(one, row)
        names = way.names
        if missing > needs_number:
            present = [place for place, it in enumerate(row) if it is not NOT_LOADED]
            names = tuple(names[place] for place in present)
            row = tuple(row[place] for place in present)
        if way.has_binds or not _MUTABLE.isdisjoint(kinds):
            row = tuple(map(way.frozen, names, row))
        self._run(executor, way, names, way.given if needs_number else ()).add(one, row, line)
        self.count += 1
        return True

    def update(self, one: Any, line: Line, journal: Journal) -> bool:
        """Queue an update; False: it cannot wait."""
        table = type(one).__table__
        changes = one._changes
        if one._cohort is None or not changes or events.any_for(type(one)):
            return False
        group = Group(table, [one], [name for name in table.column_names if name in changes])
        if not group.only_version_comes_back:
            return False
        compiled, values = group.statement_of_one()._compile()
        self._add(Single(compiled, copy.deepcopy(values), line, one))
        before = {name: getattr(one, name) for name in group.back}
        if group.version:
            write_slots(table.layout, [one], group.back, [(before[group.version] + 1,)])
        one._forget_changes()
        journal.updated(table, one, changes, before)
        return True

    def delete(self, executor: Any, one: Any, line: Line, journal: Journal) -> bool:
        """Queue a deletion; False: it cannot wait."""
        table = type(one).__table__
        if one._cohort is None or table.version or events.any_for(type(one)):
            return False
        compiled, values = deletion_of(table, [one])._compile()
        self._add(Single(compiled, values, line))
        leave_cohort([one])
        journal.deleted(table, [one], executor)
        return True

    def forget(self) -> None:
        """Send nothing of what waits: what was written is undone."""
        self._queue.clear()
        self.count = 0
        self.has_failed = False

    def steps(self) -> Steps:
        """Send all that waits, in order."""
        if self.has_failed:
            raise InFailedSqlTransaction(
                "writes of the transaction have failed, so that it cannot go on",
                hint="leave its block: what may fail belongs into an inner `tx()`",
            )
        queue, self._queue = self._queue, []
        self.count = 0
        try:
            yield from _send_all(queue)
        except BaseException:
            self.has_failed = True
            raise

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send, and nothing to complain about."""
        return not self.count and not self.has_failed

    def _run(
        self, executor: Any, way: InsertWay, names: tuple[str, ...], given: tuple[str, ...]
    ) -> InsertRun:
        last = self._queue[-1] if self._queue else None
        if isinstance(last, InsertRun) and last.takes(way, names, given):
            return last
        cohort = way.table.layout.adopt((), executor)
        if executor._journal is not None:
            executor._journal.inserted(cohort, given)
        run = InsertRun(way, names, given, cohort)
        self._queue.append(run)
        return run

    def _add(self, single: Single) -> None:
        self._queue.append(single)
        self.count += 1


# --- sending


def _send_all(queue: list[InsertRun | Single]) -> Steps:
    batch: list[Single] = []
    for entry in queue:
        if isinstance(entry, Single):
            batch.append(entry)
        elif len(entry.rows) >= FEW and (yield from _may_copy(entry.way)):
            yield from _send(batch)
            batch = []
            yield from _copy(entry)
        else:
            batch += entry.singles()
    yield from _send(batch)


def _may_copy(way: InsertWay) -> Steps:
    if way.may_copy is None:
        way.may_copy = (yield from reserved(way.table, (), 0)) is not None
    return way.may_copy


def _copy(run: InsertRun) -> Steps:
    """Send the rows by COPY, whose errors tell the row."""
    table = run.way.table
    columns = [table.columns[name].name for name in run.names]
    try:
        yield Write(
            lambda conn: conn.copy_rows(copy_target(table), run.rows, columns), {table.sql_name}
        )
    except Error as error:
        place = getattr(error, "copy_row", None)
        if isinstance(place, int) and 0 < place <= len(run.lines):
            raise located(error, run.lines[place - 1]) from error.__cause__
        for line in dict.fromkeys(run.lines):
            located(error, line, "one of the writes")
        raise


def _send(batch: list[Single]) -> Steps:
    """Send statements in one round trip."""
    if not batch:
        return
    written = frozenset().union(*(single.writes for single in batch))
    counts = yield Write(
        lambda conn: (_send_async if _is_async(conn) else _send_sync)(conn, batch), written
    )
    for single, count in zip(batch, counts, strict=True):
        if single.one is not None and count != 1:
            raise located(stale(single.one), single.line)


def _is_async(conn: Any) -> bool:
    return hasattr(conn, "__aenter__")


def _send_sync(conn: Any, batch: list[Single]) -> list[int]:
    with conn.pipeline() as pipeline:
        results = [pipeline.execute(single.sql, *single.values) for single in batch]
        pipeline._run(raises=False)
    counts = []
    for result, single in zip(results, batch, strict=True):
        try:
            counts.append(result.result())
        except PipelineAborted:
            continue
        except Error as error:
            raise located(error, single.line) from error.__cause__
    return counts


async def _send_async(conn: Any, batch: list[Single]) -> list[int]:
    async with conn.pipeline() as pipeline:
        results = [pipeline.execute(single.sql, *single.values) for single in batch]
        await pipeline._run(raises=False)
    counts = []
    for result, single in zip(results, batch, strict=True):
        try:
            counts.append(await result)
        except PipelineAborted:
            continue
        except Error as error:
            raise located(error, single.line) from error.__cause__
    return counts


def located(error: Error, line: Line, what: str = "the write") -> Error:
    """The error, with the line of the program that made the write."""
    code, number = line
    error.add_note(f"{what} is at {code.co_filename}:{number}, in `{code.co_qualname}`")
    return error
