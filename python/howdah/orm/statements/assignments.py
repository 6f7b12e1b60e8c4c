"""What a column becomes: `Question.votes.to(Question.votes + 1)`.

No IO. An `Assignment` is a value that `set` of `update`, `insert` and `merge` takes. Invariant: it
belongs to one column of one model; whoever takes it checks that this is the model that is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah._native import Fragment, Param
from howdah._native import quote_identifier as quoted
from howdah.errors import ProgrammingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from howdah.orm.expressions import Column
    from howdah.orm.tables import TableSource


class Assignment:
    """A column and its new value, from `Column.to(…)` or a change of a place in jsonb."""

    __slots__ = ("column", "value")

    def __init__(self, column: Column[Any, Any], value: Any) -> None:
        self.column = column
        self.value = value

    def after(self, before: Any) -> Any:
        """The new value, where `before` is what earlier assignments made of the column."""
        del before
        return self.value

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.column!r}>"


def assign(column: Column[Any, Any], value: Any) -> Assignment:
    """The column becomes a value, the value of an expression, or the one value of a `select`."""
    if hasattr(value, "_shape_fields"):
        return Assignment(column, value)
    return Assignment(column, value if isinstance(value, Fragment) else param_for(column, value))


def param_for(column: Column[Any, Any], value: Any, cast: str | None = None) -> Param:
    """A value on its way into a column."""
    return Param(bound(column, value), cast)


def bound(column: Column[Any, Any], value: Any) -> Any:
    """A value as the driver takes it for this column."""
    return value if column._type is None else column._type.bound(value)


def combined(
    target: TableSource, assignments: Iterable[Assignment], before: Sequence[tuple[str, Any]] = ()
) -> tuple[tuple[str, Any], ...]:
    """Quoted column names with their values, each once; `before` is what was said already.

    Several changes of one jsonb column follow one another.
    """
    values = dict(before)
    for assignment in assignments:
        column = _column_of(target, assignment)
        name = quoted(column.name)
        values[name] = assignment.after(values.get(name, column))
    return tuple(values.items())


def _column_of(target: TableSource, assignment: Any) -> Column[Any, Any]:
    if not isinstance(assignment, Assignment):
        found = f"{type(assignment).__name__}"
        raise TypeError(
            f"expected an assignment, such as `Question.votes.to(1)`, found `{found}`"
            + (": `=` compares" if isinstance(assignment, Fragment) else "")
        )
    column = assignment.column
    model = getattr(column.source, "model", None)
    if model is not target.model or column.definition is None:
        raise ProgrammingError(
            f"`{column!r}` is no column of `{target.model.__name__}`, which is written"
        )
    if column.definition.options.generated is not None:
        raise ProgrammingError(f"`{column!r}` is computed by the database and cannot be set")
    return column
