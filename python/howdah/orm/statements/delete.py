"""`delete`: removing rows.

No IO. A `Delete` is a value. Invariant: it never removes every row by oversight: without `where` it
must say `all()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from howdah.orm.expressions import Expr, condition
from howdah.orm.statements.change import Change, limited, target_of
from howdah.orm.statements.joins import as_source
from howdah.orm.statements.writing import separated

if TYPE_CHECKING:
    from howdah._native import Fragment, Source
    from howdah.orm.models import Model


class Delete(Change):
    """A removal of rows."""

    __slots__ = _slots = ("all_", "required_", "target", "using_", "where_", "with_")

    using_: tuple[Source, ...]
    where_: tuple[Fragment, ...]
    all_: bool

    def using(self, *others: Any) -> Self:
        """Other models, aliases or subqueries that the conditions may name: `delete … using`."""
        return self._with(using_=(*self.using_, *map(as_source, others)))

    def where(self, *conditions: Expr[bool | None, Any]) -> Self:
        """Only rows for which all of the conditions are true, beside those that were there."""
        return self._with(where_=self.where_ + tuple(map(condition, conditions)))

    def all(self) -> Self:
        """Every row is meant, if there is no `where`."""
        return self._with(all_=True)

    def _fields(self) -> tuple[Any, ...]:
        return (self.using_, self.where_, self.all_)

    def _text(self) -> list[Any]:
        parts: list[Any] = ["delete from ", self.target]
        if self.using_:
            parts += [" using ", *separated(self.using_)]
        return parts + limited(
            self.target,
            self.where_,
            others=self.using_,
            said_all=self.all_,
            statement="delete",
        )


def delete(model: type[Model]) -> Delete:
    """A statement that removes rows: `delete(Question).where(…)`.

    >>> print(howdah.orm.text_of(howdah.orm.delete(Question).where(Question.votes == 0)))
    delete from question where question.votes = $1
    """
    made: Delete = object.__new__(Delete)
    made.target = target_of(model, "delete")
    made.using_ = made.where_ = made.with_ = ()
    made.all_ = made.required_ = False
    return made
