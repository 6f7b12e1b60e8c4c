"""`delete` of objects: by their keys, in one statement for each model.

Runs as steps. Invariant: all of the objects are deleted or none; an object that somebody else has
updated, where the model has a `version()`, raises `StaleObject`. One that is gone already is none
the worse for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah._native import Fragment, leave_cohort
from howdah.errors import ProgrammingError
from howdah.orm.expressions import Condition, all_of, compared
from howdah.orm.statements.base import running
from howdah.orm.statements.delete import Delete, delete
from howdah.orm.statements.given import Given, given_rows
from howdah.orm.writes import events
from howdah.orm.writes.blocks import whole
from howdah.orm.writes.inserting import ROWS_AT_ONCE
from howdah.orm.writes.objects import as_list, by_model, key_of
from howdah.orm.writes.updating import stale

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from howdah.orm.statements.base import Steps
    from howdah.orm.tables import Table


def delete_steps(executor: Any, objects: Any) -> Steps:
    """Delete the rows of loaded objects."""
    found = as_list(objects)
    for one in found:
        if one._cohort is None:
            raise ProgrammingError(
                f"`{type(one).__name__}` was never in the database: there is no row to delete"
            )
    if not found:
        return
    yield from events.call_before("delete", found)
    groups = by_model(found)
    if len(groups) == 1 and len(found) <= ROWS_AT_ONCE and not groups[0][0].version:
        yield from _delete_group(*groups[0])
    else:
        yield from whole(_delete_all(groups))
    leave_cohort(found)
    if executor._journal is not None:
        for table, members in groups:
            executor._journal.deleted(table, members, executor)
    yield from events.call_after("delete", found)


def _delete_all(groups: Iterable[tuple[Table, list[Any]]]) -> Steps:
    for table, objects in groups:
        for start in range(0, len(objects), ROWS_AT_ONCE):
            yield from _delete_group(table, objects[start : start + ROWS_AT_ONCE])


def _delete_group(table: Table, objects: Sequence[Any]) -> Steps:
    if table.version:
        yield from _check_versions(table, objects)
    else:
        yield from deletion_of(table, objects)._count_steps()


def deletion_of(table: Table, objects: Sequence[Any]) -> Delete:
    """What deletes the rows of the objects."""
    keys = [key_of(table, one) for one in objects]
    statement = delete(table.model)
    key = [table.expression(name) for name in table.key]
    if len(objects) == 1:
        return statement.where(*[compared(*pair) for pair in _pairs(key, keys[0])])
    if len(key) == 1:
        return statement.where(key[0].in_([value for (value,) in keys]))
    source, same = _given(table, table.key, keys)
    return statement._with(using_=(source,)).where(all_of(*same))


def _pairs(columns: Iterable[Any], values: Iterable[Any]) -> Iterable[tuple[Any, str, Any]]:
    for column, value in zip(columns, values, strict=True):
        yield column, " = ", value


def _given(
    table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> tuple[Any, list[Condition]]:
    listed: list[Given] = [
        (f"key{place}", table.columns[name].type, [row[place] for row in rows])
        for place, name in enumerate(names)
    ]
    source = given_rows(listed)
    same = [
        compared(table.expression(name), " = ", Fragment((source, f"key{place}")))
        for place, name in enumerate(names)
    ]
    return source, same


def _check_versions(table: Table, objects: Sequence[Any]) -> Steps:
    """Delete those whose version is the one that was loaded; all of them must be."""
    assert table.version is not None
    keys = [key_of(table, one) for one in objects]
    rows = [(*key, getattr(one, table.version)) for key, one in zip(keys, objects, strict=True)]
    source, same = _given(table, (*table.key, table.version), rows)
    wanted = [table.expression(name) for name in table.key]
    done = delete(table.model)._with(using_=(source,)).where(all_of(*same)).returning(*wanted)
    compiled, values = done._compile()
    gone = yield running(compiled, lambda conn: conn.fetch(compiled.sql, *values, row=tuple))
    left = set(gone)
    for key, one in zip(keys, objects, strict=True):
        if key not in left:
            raise stale(one)
