"""`merge`: inserting, updating and deleting rows by what another source says, in one statement.

No IO. A `Merge` is a value: `merge(Stock).using(Delivery, Stock.item == Delivery.item)` and what is
to be done with rows that match, or have no partner on one of the sides. PostgreSQL takes the first
branch whose condition holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from howdah._native import Fragment, Source
from howdah._native import quote_identifier as quoted
from howdah.errors import ProgrammingError
from howdah.orm.expressions import LIST, Expr, condition, operated
from howdah.orm.statements.assignments import Assignment, combined
from howdah.orm.statements.change import Change, target_of, version_of
from howdah.orm.statements.joins import as_source
from howdah.orm.statements.writing import separated

if TYPE_CHECKING:
    from howdah.orm.models import Model
    from howdah.orm.statements.joins import Joinable

Match = Literal["matched", "not matched", "not matched by source"]


class Branch:
    """What is done with the rows of one kind."""

    __slots__ = ("action", "match", "values", "where")

    def __init__(
        self,
        match: Match,
        action: Literal["update", "insert", "delete", "do nothing"],
        values: tuple[tuple[str, Any], ...],
        where: Expr[bool | None, Any] | None,
    ) -> None:
        self.match = match
        self.action = action
        self.values = values
        self.where = None if where is None else condition(where)

    def fields(self) -> tuple[Any, ...]:
        """What its text depends on."""
        return (self.match, self.action, self.values, self.where)

    def text(self, raised: tuple[tuple[str, Any], ...]) -> list[Any]:
        """Its parts of the statement; `raised` is what every update sets as well."""
        parts: list[Any] = [f" when {self.match}"]
        if self.where is not None:
            parts += [" and ", self.where]
        parts.append(f" then {self.action}")
        if self.action == "insert":
            if not self.values:
                return [*parts, " default values"]
            names = ", ".join(name for name, _ in self.values)
            return [*parts, f" ({names}) values (", *separated(it for _, it in self.values), ")"]
        if self.action == "update":
            sets = dict(raised) | dict(self.values)
            written = [Fragment(name, " = ", value, level=LIST) for name, value in sets.items()]
            return [*parts, " set ", *separated(written)]
        return parts


class Merge(Change):
    """One statement that brings a table into line with another source."""

    __slots__ = _slots = ("branches", "on", "required_", "source", "target", "with_")

    source: Source | None
    on: Fragment | None
    branches: tuple[Branch, ...]

    def using(self, source: Joinable, on: Expr[bool | None, Any]) -> Self:
        """The model, alias or subquery whose rows decide, and which of them belong to which."""
        return self._with(source=as_source(source), on=condition(on))

    def when_matched_update(
        self, *assignments: Assignment, where: Expr[bool | None, Any] | None = None
    ) -> Self:
        """Rows with a partner are updated."""
        return self._branch("matched", "update", assignments, where)

    def when_matched_delete(self, *, where: Expr[bool | None, Any] | None = None) -> Self:
        """Rows with a partner are deleted."""
        return self._branch("matched", "delete", (), where)

    def when_matched_do_nothing(self, *, where: Expr[bool | None, Any] | None = None) -> Self:
        """Rows with a partner stay as they are."""
        return self._branch("matched", "do nothing", (), where)

    def when_not_matched_insert(
        self, *assignments: Assignment, where: Expr[bool | None, Any] | None = None
    ) -> Self:
        """What has no row yet gets one."""
        return self._branch("not matched", "insert", assignments, where)

    def when_not_matched_by_source_update(
        self, *assignments: Assignment, where: Expr[bool | None, Any] | None = None
    ) -> Self:
        """Rows without a partner are updated. PostgreSQL 17."""
        return self._branch("not matched by source", "update", assignments, where)

    def when_not_matched_by_source_delete(
        self, *, where: Expr[bool | None, Any] | None = None
    ) -> Self:
        """Rows without a partner are deleted. PostgreSQL 17."""
        return self._branch("not matched by source", "delete", (), where)

    def _branch(
        self,
        match: Match,
        action: Literal["update", "insert", "delete", "do nothing"],
        assignments: tuple[Assignment, ...],
        where: Expr[bool | None, Any] | None,
    ) -> Self:
        if action == "update" and not assignments:
            raise TypeError("an update takes assignments, at least one")
        values = combined(self.target, assignments)
        return self._with(branches=(*self.branches, Branch(match, action, values, where)))

    def _fields(self) -> tuple[Any, ...]:
        return (self.source, self.on, tuple(branch.fields() for branch in self.branches))

    def _text(self) -> list[Any]:
        if self.source is None or self.on is None or not self.branches:
            raise ProgrammingError(
                "`merge` takes a source and what is to be done",
                hint="`merge(Model).using(Other, condition).when_matched_update(…)`",
            )
        version = version_of(self.target)
        raised: tuple[tuple[str, Any], ...] = ()
        if version is not None:
            raised = ((quoted(version.name), operated(version, " + ", Fragment("1"))),)
        parts: list[Any] = ["merge into ", self.target, " using ", self.source, " on ", self.on]
        for branch in self.branches:
            parts += branch.text(raised)
        return parts


def merge(model: type[Model]) -> Merge:
    """A statement that inserts, updates and deletes by what another source says.

    `returning` of it is for PostgreSQL 17 and later.

    >>> statement = howdah.orm.merge(Choice).using(Question, Choice.question_id == Question.id)
    >>> statement = statement.when_matched_update(Choice.votes.to(Choice.votes + Question.votes))
    """
    made: Merge = object.__new__(Merge)
    made.target = target_of(model, "merge")
    made.target.model.__table__.refuse_spread(
        "PostgreSQL has no `merge` into rows of other servers",
        "`update` and `insert`, in one transaction",
    )
    made.branches = made.with_ = ()
    made.source = made.on = None
    made.required_ = False
    return made
