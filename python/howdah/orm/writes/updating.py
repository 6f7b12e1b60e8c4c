"""`update` and `save` of objects: the changed columns only, many rows by one statement.

Runs as steps. Invariants: all of the objects are updated or none; an object whose row is gone, or
was updated by somebody else where the model has a `version()`, raises `StaleObject` and keeps its
changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah._native import NOT_LOADED, Fragment
from howdah._native import quote_identifier as quoted
from howdah.errors import ProgrammingError, StaleObject
from howdah.orm.expressions import Condition, all_of, compared
from howdah.orm.statements.assignments import param_for
from howdah.orm.statements.base import running
from howdah.orm.statements.given import Given, given_rows, has_arrays, rows_at_once
from howdah.orm.statements.update import Update, refuse_moving, update
from howdah.orm.writes import events
from howdah.orm.writes.blocks import whole
from howdah.orm.writes.inserting import ROWS_AT_ONCE, insert_steps
from howdah.orm.writes.objects import as_list, by_model, key_of, take_in, value_or_missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from howdah.orm.statements.base import Steps
    from howdah.orm.tables import Table


def save_steps(executor: Any, objects: Any) -> Steps:
    """Insert the objects that are new, update the others."""
    found = as_list(objects)
    new = [one for one in found if one._cohort is None]
    loaded = [one for one in found if one._cohort is not None]
    if not new:
        yield from update_steps(executor, loaded)
    elif not loaded:
        yield from insert_steps(executor, new)
    else:
        yield from whole(_save_both(executor, new, loaded))


def _save_both(executor: Any, new: list[Any], loaded: list[Any]) -> Steps:
    yield from insert_steps(executor, new)
    yield from update_steps(executor, loaded)


def update_steps(executor: Any, objects: Any) -> Steps:
    """Write what was changed in loaded objects."""
    found = as_list(objects)
    for one in found:
        if one._cohort is None:
            raise ProgrammingError(
                f"`{type(one).__name__}` was never in the database: there is no row to update",
                hint="`insert` it, or `save` it, which does what is needed",
            )
    changed = [one for one in found if one._changes]
    if not changed:
        return
    yield from events.call_before("update", changed)
    groups = [
        Group(table, members, names)
        for table, mine in by_model(changed)
        for names, members in _by_changed(table, mine)
    ]
    if len(groups) == 1 and len(changed) == 1:
        yield from groups[0].update()
    else:
        yield from whole(_update_all(groups))
    for group in groups:
        group.settle(executor)
    yield from events.call_after("update", changed)


def _update_all(groups: Iterable[Group]) -> Steps:
    for group in groups:
        yield from group.update()


def _by_changed(table: Table, objects: Sequence[Any]) -> list[tuple[tuple[str, ...], list[Any]]]:
    groups: dict[tuple[str, ...], list[Any]] = {}
    for one in objects:
        changes = one._changes
        names = tuple(name for name in table.column_names if name in changes)
        groups.setdefault(names, []).append(one)
    return list(groups.items())


class Group:
    """Objects of one model of which the same columns were changed."""

    def __init__(self, table: Table, objects: list[Any], names: Sequence[str]) -> None:
        self.table = table
        self.objects = objects
        options = {name: column.options for name, column in table.columns.items()}
        self.names = [name for name in names if options[name].generated is None]
        if table.distribution in names:
            refuse_moving(table)
        self.keys = [key_of(table, one) for one in objects]
        self.version = table.version if table.version not in names else None
        self.versions = [getattr(one, self.version) for one in objects] if self.version else []
        computed = [name for name in table.column_names if options[name].generated is not None]
        self.back = [*computed, *([self.version] if self.version else [])]
        """What comes back into the objects."""
        self._rows: list[Any] = []

    @property
    def only_version_comes_back(self) -> bool:
        """Whether what the row will be is known beforehand."""
        return self.back == ([self.version] if self.version else [])

    def update(self) -> Steps:
        """Write the rows."""
        if len(self.objects) == 1:
            yield from self._update_one()
            return
        columns = [self.table.columns[name] for name in (*self.table.key, *self.names)]
        size = ROWS_AT_ONCE
        if has_arrays([(column.name, column.type, ()) for column in columns]):
            size = rows_at_once(len(columns) + 1)
        for start in range(0, len(self.objects), size):
            yield from self._update_many(start, start + size)

    def settle(self, executor: Any) -> None:
        """The objects are as their rows."""
        journal = executor._journal
        if journal is not None:
            for one in self.objects:
                before = {name: value_or_missing(one, name) for name in self.back}
                known = {name: it for name, it in before.items() if it is not NOT_LOADED}
                journal.updated(self.table, one, one._changes or {}, known)
        if self._rows:
            take_in(self.table, self.objects, self.back, self._rows)
        for one in self.objects:
            one._forget_changes()

    def _update_one(self) -> Steps:
        rows = yield from self._run(self.statement_of_one(), ())
        if len(rows) != 1:
            raise stale(self.objects[0])
        self._rows += list(rows)

    def statement_of_one(self) -> Update:
        """What updates the only object's row."""
        one, table = self.objects[0], self.table
        conditions: list[Condition] = [
            compared(table.expression(name), " = ", value)
            for name, value in zip(table.key, self.keys[0], strict=True)
        ]
        if self.version:
            conditions.append(compared(table.expression(self.version), " = ", self.versions[0]))
        sets = [
            (name, param_for(table.expression(name), getattr(one, name))) for name in self.names
        ]
        return self._statement(sets).where(*conditions)

    def _update_many(self, start: int, end: int) -> Steps:
        """One `update … from` the new values."""
        table, objects = self.table, self.objects[start:end]
        given, sets, conditions = self._given(
            objects, self.keys[start:end], self.versions[start:end]
        )
        statement = self._statement(sets)._with(from_=(given,)).where(all_of(*conditions))
        rows = yield from self._run(statement, table.key)
        width = len(table.key)
        found = {tuple(row[:width]): row[width:] for row in rows}
        for one in objects:
            key = tuple(getattr(one, name) for name in table.key)
            if key not in found:
                raise stale(one)
            self._rows.append(found[key])

    def _given(
        self, objects: Sequence[Any], keys: Sequence[tuple[Any, ...]], versions: Sequence[Any]
    ) -> tuple[Any, list[tuple[str, Any]], list[Condition]]:
        """The new values as a source, what is set to them, and which rows they belong to."""
        table, columns = self.table, self.table.columns
        listed: list[Given] = []
        matches: list[tuple[str, str]] = []
        for place, name in enumerate(table.key):
            listed.append((f"key{place}", columns[name].type, [key[place] for key in keys]))
            matches.append((name, f"key{place}"))
        if self.version:
            listed.append(("version_before", columns[self.version].type, versions))
            matches.append((self.version, "version_before"))
        for place, name in enumerate(self.names):
            listed.append(
                (f"new{place}", columns[name].type, [getattr(it, name) for it in objects])
            )
        source = given_rows(listed)
        sets = [(name, Fragment((source, f"new{place}"))) for place, name in enumerate(self.names)]
        conditions = [
            compared(table.expression(name), " = ", Fragment((source, given)))
            for name, given in matches
        ]
        return source, sets, conditions

    def _statement(self, sets: Iterable[tuple[str, Any]]) -> Update:
        columns = self.table.columns
        named = tuple((quoted(columns[name].name), value) for name, value in sets)
        return update(self.table.model)._with(sets=named)

    def _run(self, statement: Update, first: Sequence[str]) -> Steps:
        """Run it; returns the columns `first` and those that come back, of each row."""
        wanted = [self.table.expression(name) for name in (*first, *self.back)]
        if not wanted:
            count = yield from statement._count_steps()
            return [()] * count
        reads = [column._type.read for column in wanted[: len(first)]]
        compiled, values = statement.returning(*wanted)._compile()
        rows = yield running(compiled, lambda conn: conn.fetch(compiled.sql, *values, row=tuple))
        if not any(reads):
            return rows
        return [
            (
                *(
                    read(it) if read and it is not None else it
                    for read, it in zip(reads, row, strict=False)
                ),
                *row[len(reads) :],
            )
            for row in rows
        ]


def stale(one: Any) -> StaleObject:
    """The complaint about an object whose row is not as it was loaded."""
    return StaleObject(
        f"the row of `{one!r}` was changed or deleted by somebody else since it was loaded",
        hint="load it again, apply the change to what it is now, and save that",
    )
