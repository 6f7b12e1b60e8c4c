"""`upsert` of objects: inserted, or what is there already is updated.

Runs as steps. Invariant: all of the objects are written or none; afterwards those that were
inserted or updated are as their rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from howdah._native import Fragment, group_by_filled, quote_identifier
from howdah.errors import ProgrammingError
from howdah.orm._types import sql_type
from howdah.orm.expressions import Column, Expr, typed
from howdah.orm.statements.base import Write
from howdah.orm.statements.change import old
from howdah.orm.statements.given import given_rows, has_arrays, rows_at_once
from howdah.orm.statements.insert import Insert, insert
from howdah.orm.writes import events
from howdah.orm.writes.blocks import whole
from howdah.orm.writes.inserting import ROWS_AT_ONCE
from howdah.orm.writes.objects import as_list, by_model, take_in, taken, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from howdah.orm.models import Model
    from howdah.orm.statements.assignments import Assignment
    from howdah.orm.statements.base import Steps
    from howdah.orm.tables import Table

M = TypeVar("M", bound="Model")

# `returning old` can tell what a row was before
KNOWS_OLD = 18_00_00


@dataclass(frozen=True)
class Upserted(Generic[M]):
    """What became of objects: each is in one of the lists."""

    inserted: list[M] = field(default_factory=list)
    """Those that are rows of their own now."""
    updated: list[M] = field(default_factory=list)
    """Those whose row was there, and was updated."""
    unchanged: list[M] = field(default_factory=list)
    """Those whose row was there, and was left as it is: the object is no loaded one."""


def upsert_steps(
    executor: Any,
    objects: Any,
    on: Column[Any, Any] | Sequence[Column[Any, Any]] | None,
    update: Iterable[Column[Any, Any] | Assignment] | None,
    where: Expr[bool | None, Any] | None,
) -> Steps:
    """Insert objects, and update the rows that conflict with them."""
    found = as_list(objects)
    result: Upserted[Any] = Upserted()
    if not found:
        return result
    groups = by_model(found)
    if len(groups) > 1:
        raise ProgrammingError("`upsert` takes objects of one model at a time")
    table = groups[0][0]
    way = _Way(table, _columns(table, on), None if update is None else tuple(update), where)
    yield from events.call_before("insert", found)
    pieces = list(_pieces(table, found))
    if len(pieces) == 1:
        rows = [(yield from _upsert(way, *pieces[0]))]
    else:
        rows = yield from whole(_upsert_all(way, pieces))
    for (_, members), found_rows in zip(pieces, rows, strict=True):
        _settle(way, members, found_rows, result)
    cohort = table.layout.adopt([*result.inserted, *result.updated], executor)
    if executor._journal is not None:
        executor._journal.inserted(cohort, ())
    yield from events.call_after("insert", result.inserted)
    yield from events.call_after("update", result.updated)
    return result


class _Way:
    """What is a conflict, and what is done then."""

    def __init__(
        self,
        table: Table,
        on: tuple[Column[Any, Any], ...],
        update: tuple[Any, ...] | None,
        where: Expr[bool | None, Any] | None,
    ) -> None:
        self.table = table
        self.on = on
        self._update = update
        self._where = where

    @property
    def has_expressions(self) -> bool:
        """Whether the program said more than columns."""
        return bool(self._update) or self._where is not None

    def over(self, statement: Insert[Any]) -> Insert[Any]:
        """The statement with what is done about conflicts."""
        conflict = statement.on_conflict(*self.on)
        if self._update is not None and not self._update:
            return conflict.do_nothing()
        return conflict.update(*(self._update or ()), where=self._where)

    def is_inserted(self, version: int) -> Any:
        """In `returning`: whether the row was not there before."""
        boolean = sql_type(bool)
        if version >= KNOWS_OLD:
            return typed(boolean, old(self.on[0]), " is null", level=4)
        return typed(boolean, (self.table.source, "xmax"), " = 0", level=4)

    def returned(self, statement: Insert[Any], version: int) -> Any:
        """The statement, with all columns of the rows that it wrote."""
        columns: list[Any] = [self.table.expression(name) for name in self.table.column_names]
        return statement.returning(self.is_inserted(version), *columns)


def _columns(table: Table, on: Any) -> tuple[Column[Any, Any], ...]:
    """The columns of the conflict: those that were said, or the primary key."""
    if on is None:
        columns = tuple(table.expression(name) for name in table.key)
    else:
        columns = (on,) if isinstance(on, Fragment) else tuple(on)
    if not columns or not all(isinstance(it, Column) and it.definition for it in columns):
        raise ProgrammingError(
            f"`upsert` of `{table.model.__name__}` takes the columns of a unique index as `on`",
            hint="expressions and constraints: `insert(…).values(…).on_conflict(…)`",
        )
    return columns


def _pieces(table: Table, objects: Sequence[Any]) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """The objects that have the same columns, as many as one statement takes."""
    for filled, members in group_by_filled(table.layout, objects):
        columns = [table.columns[name] for name in filled]
        names = tuple(it.attribute for it in columns if it.options.generated is None)
        size = ROWS_AT_ONCE
        if has_arrays([(column.name, column.type, ()) for column in columns]):
            size = rows_at_once(len(names))
        for start in range(0, len(members), size):
            yield names, members[start : start + size]


def _upsert_all(way: _Way, pieces: Iterable[tuple[tuple[str, ...], list[Any]]]) -> Steps:
    rows = []
    for names, members in pieces:
        rows.append((yield from _upsert(way, names, members)))
    return rows


def _upsert(way: _Way, names: tuple[str, ...], members: list[Any]) -> Steps:
    """One statement; returns its rows: whether each was inserted, and its columns."""
    columns = [way.table.columns[name] for name in names]
    given = [(it.name, it.type, values_of(members, it.attribute)) for it in columns]
    statement: Insert[Any] = insert(way.table.model)._with(
        columns=tuple(quote_identifier(it.name) for it in columns), source=given_rows(given)
    )
    statement = way.over(statement)

    def run(conn: Any) -> Any:
        compiled, values = way.returned(statement, conn.server_version)._compile()
        return conn.fetch(compiled.sql, *values, row=tuple)

    unknown = way.has_expressions and "*" in statement._compile()[0].reads
    rows = yield Write(run, {way.table.sql_name}, is_unknown=unknown)
    return rows


def _settle(way: _Way, members: list[Any], rows: list[Any], result: Upserted[Any]) -> None:
    """Sort the objects by what became of them, and have them be as their rows."""
    names = way.table.column_names
    if len(rows) == len(members):
        pairs = list(zip(members, rows, strict=True))
    else:
        pairs = list(_by_key(way, members, rows))
    for one, row in pairs:
        if row is None:
            result.unchanged.append(one)
        elif row[0]:
            result.inserted.append(one)
        else:
            result.updated.append(one)
    written = [(one, row[1:]) for one, row in pairs if row is not None]
    take_in(way.table, [one for one, _ in written], names, [row for _, row in written])


def _by_key(way: _Way, members: list[Any], rows: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Each object with its row, found by the columns of the conflict."""
    table = way.table
    attributes = [it.definition.attribute for it in way.on if it.definition is not None]
    places = [1 + table.column_names.index(name) for name in attributes]
    found: dict[Any, list[Any]] = {}
    for row in rows:
        key = tuple(
            taken(table.columns[name], row[place])
            for name, place in zip(attributes, places, strict=True)
        )
        found.setdefault(key, []).append(row)
    for one in members:
        known = found.get(tuple(getattr(one, name, None) for name in attributes))
        yield one, known.pop(0) if known else None
