"""`change`: assignments to the row of one object, where it is.

Runs as steps. Invariant: the row is changed as it is at that moment, whatever the object remembers
of it, or `NoRow` is raised; afterwards the object has what the database made of the columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah._native import NOT_LOADED, restore_changes
from howdah.errors import ProgrammingError
from howdah.orm.expressions import compared
from howdah.orm.models import Model
from howdah.orm.statements.assignments import Assignment
from howdah.orm.statements.update import update
from howdah.orm.writes import events
from howdah.orm.writes.objects import key_of, take_in, value_or_missing

if TYPE_CHECKING:
    from howdah.orm.statements.base import Steps


def change_steps(executor: Any, one: Any, assignments: tuple[Assignment, ...]) -> Steps:
    """Apply the assignments to the row of a loaded object."""
    if not isinstance(one, Model):
        raise TypeError(f"`change` takes an object, found `{type(one).__name__}`")
    if one._cohort is None:
        raise ProgrammingError(
            f"`{type(one).__name__}` was never in the database: there is no row to change"
        )
    if not assignments:
        raise TypeError("`change` takes assignments, such as `Question.votes.to(1)`")
    yield from events.call_before("update", [one])
    table = type(one).__table__
    conditions = [
        compared(table.expression(name), " = ", value)
        for name, value in zip(table.key, key_of(table, one), strict=True)
    ]
    names = list(_written(one, assignments))
    columns = [table.expression(name) for name in names]
    statement = update(type(one)).where(*conditions).set(*assignments).required()
    rows = yield from statement.returning(*columns)._row_steps()
    if executor._journal is not None:
        before = {name: value_or_missing(one, name) for name in names}
        known = {name: it for name, it in before.items() if it is not NOT_LOADED}
        executor._journal.updated(table, one, one._changes or {}, known)
    take_in(table, [one], names, rows)
    rest = {name: old for name, old in (one._changes or {}).items() if name not in names}
    one._forget_changes()
    restore_changes(one, rest)
    yield from events.call_after("update", [one])


def _written(one: Any, assignments: tuple[Assignment, ...]) -> dict[str, None]:
    """The attributes that may have other values afterwards, in order."""
    table = type(one).__table__
    names = [
        assignment.column.definition.attribute
        for assignment in assignments
        if isinstance(assignment, Assignment) and assignment.column.definition is not None
    ]
    computed = [name for name, it in table.columns.items() if it.options.generated is not None]
    return dict.fromkeys([*names, *computed, *([table.version] if table.version else [])])
