"""`update`: changing rows where they are.

No IO. An `Update` is a value. Invariant: it never writes every row by oversight: without `where` it
must say `all()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from howdah._native import Fragment, Source
from howdah._native import quote_identifier as quoted
from howdah.errors import ProgrammingError
from howdah.orm.expressions import LIST, Expr, condition, operated
from howdah.orm.statements.assignments import Assignment, combined
from howdah.orm.statements.change import (
    Change,
    limited,
    refuse_ways,
    target_of,
    version_of,
)
from howdah.orm.statements.joins import as_source
from howdah.orm.statements.writing import separated

if TYPE_CHECKING:
    from howdah.orm.models import Model
    from howdah.orm.tables import Table


class Update(Change):
    """A change of rows."""

    __slots__ = _slots = ("all_", "from_", "required_", "sets", "target", "where_", "with_")

    sets: tuple[tuple[str, Any], ...]
    from_: tuple[Source, ...]
    where_: tuple[Fragment, ...]
    all_: bool

    def set(self, *assignments: Assignment) -> Self:
        """What becomes of columns: `set(Question.votes.to(Question.votes + 1))`.

        A model's `version()` is raised as well, unless it is set here.
        """
        sets = combined(self.target, assignments, self.sets)
        table = self.target.model.__table__
        if table.distribution is not None:
            name = quoted(table.columns[table.distribution].name)
            if any(name == it for it, _ in sets):
                refuse_moving(table)
        return self._with(sets=sets)

    def from_source(self, *others: Any) -> Self:
        """Other models, aliases, subqueries to set columns from: `update … from`.

        How their rows belong to those that are written, is said by `where`. If several belong to
        one, any of them is taken.
        """
        return self._with(from_=(*self.from_, *map(as_source, others)))

    def where(self, *conditions: Expr[bool | None, Any]) -> Self:
        """Only rows for which all of the conditions are true, beside those that were there."""
        return self._with(where_=self.where_ + tuple(map(condition, conditions)))

    def all(self) -> Self:
        """Every row is meant, if there is no `where`."""
        return self._with(all_=True)

    def _fields(self) -> tuple[Any, ...]:
        return (self.sets, self.from_, self.where_, self.all_)

    def _text(self) -> list[Any]:
        if not self.sets:
            raise ProgrammingError("`update` without `set` changes nothing", hint="add `.set(…)`")
        refuse_ways([value for _, value in self.sets], "update")
        written = [Fragment(name, " = ", value, level=LIST) for name, value in self._all_sets()]
        parts: list[Any] = ["update ", self.target, " set ", *separated(written)]
        if self.from_:
            parts += [" from ", *separated(self.from_)]
        return parts + limited(
            self.target,
            self.where_,
            others=self.from_,
            said_all=self.all_,
            statement="update",
        )

    def _all_sets(self) -> tuple[tuple[str, Any], ...]:
        version = version_of(self.target)
        if version is None or quoted(version.name) in dict(self.sets):
            return self.sets
        raised = operated(version, " + ", Fragment("1"))
        return (*self.sets, (quoted(version.name), raised))


def refuse_moving(table: Table) -> None:
    """Raise `ProgrammingError`: PostgreSQL does not move rows from server to server."""
    table.refuse_spread(
        "an update cannot move a row to another shard",
        "delete the row and insert it again, in one transaction",
    )


def update(model: type[Model]) -> Update:
    """A statement that changes rows: `update(Question).where(…).set(…)`.

    >>> statement = howdah.orm.update(Question).where(Question.id == 7)
    >>> statement = statement.set(Question.votes.to(Question.votes + 1))
    >>> print(howdah.orm.text_of(statement))
    update question set votes = question.votes + $1 where question.id = $2
    """
    made: Update = object.__new__(Update)
    made.target = target_of(model, "update")
    made.sets = made.from_ = made.where_ = made.with_ = ()
    made.all_ = made.required_ = False
    return made
