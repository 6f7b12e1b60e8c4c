"""`insert`: new rows.

No IO. An `Insert` is a value. Its rows are objects of the model, assignments, or what a `select`
finds; conflicts with rows that are there already are handled by `on_conflict`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, cast

from howdah._native import Fragment, Param, Source
from howdah._native import quote_identifier as quoted
from howdah.errors import ProgrammingError
from howdah.orm.expressions import LIST, Column, Expr, condition
from howdah.orm.statements.assignments import Assignment, assign, combined
from howdah.orm.statements.change import Change, excluded, target_of
from howdah.orm.statements.given import MOST_PARAMETERS, given_rows, has_arrays
from howdah.orm.statements.writing import separated, together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from howdah.orm.models import Model
    from howdah.orm.statements.select import Select

M = TypeVar("M", bound="Model")

Overriding = Literal["system", "user"]


class Conflict:
    """What is done where a row is there already."""

    __slots__ = ("changes", "constraint", "on", "on_where", "where")

    def __init__(
        self,
        on: tuple[Fragment, ...],
        on_where: tuple[Fragment, ...],
        constraint: str | None,
        changes: tuple[tuple[str, Any], ...] | None,
        where: tuple[Fragment, ...],
    ) -> None:
        self.on = on
        self.on_where = on_where
        self.constraint = constraint
        self.changes = changes
        self.where = where

    def fields(self) -> tuple[Any, ...]:
        """What its text depends on."""
        return (self.on, self.on_where, self.constraint, self.changes, self.where)

    def text(self) -> list[Any]:
        """Its parts of the statement."""
        parts: list[Any] = [" on conflict"]
        if self.constraint is not None:
            parts.append(f" on constraint {quoted(self.constraint)}")
        elif self.on:
            parts += [" (", *separated(map(_bare, self.on)), ")"]
            parts += [" where ", *together(self.on_where)] if self.on_where else []
        if self.changes is None:
            return [*parts, " do nothing"]
        written = [Fragment(name, " = ", value, level=LIST) for name, value in self.changes]
        parts += [" do update set ", *separated(written)]
        return [*parts, *([" where ", *together(self.where)] if self.where else [])]


def _bare(target: Fragment) -> Fragment:
    """A column or expression of an index: without the table's name, which is no part of it."""
    if isinstance(target, Column):
        return Fragment(quoted(target.name))
    return Fragment("(", target, ")", level=LIST)


class Insert(Change, Generic[M]):
    """New rows of a model."""

    __slots__ = _slots = (
        "columns",
        "conflict",
        "overriding_",
        "required_",
        "source",
        "target",
        "with_",
    )

    columns: tuple[str, ...]
    source: Any
    """None: one row of defaults; a tuple of rows; a `Source`; a statement."""
    conflict: Conflict | None
    overriding_: Overriding | None

    def values(self, *objects: M) -> Self:
        """The rows of these objects. What they lack, the database gives.

        The statement does not touch the objects: `db.insert(objects)` also gives them their keys.
        """
        table = self.target.model.__table__
        filled = [table.loaded(one) for one in map(self._own, objects)]
        names = [name for name in table.column_names if any(name in one for one in filled)]
        names = [name for name in names if table.columns[name].options.generated is None]
        if not names:
            if len(objects) > 1:
                raise ProgrammingError(
                    "several rows of nothing but defaults: insert them one by one"
                )
            return self._with(columns=(), source=None)
        columns = tuple(quoted(table.columns[name].name) for name in names)
        is_full = all(name in one for name in names for one in filled)
        if is_full and len(filled) > 1:
            given = [
                (table.columns[name].name, table.columns[name].type, [it[name] for it in filled])
                for name in names
            ]
            if not has_arrays(given):
                return self._with(columns=columns, source=given_rows(given))
        rows = tuple(tuple(self._value(name, one) for name in names) for one in filled)
        return self._with(columns=columns, source=_checked(rows))

    def set(self, *assignments: Assignment) -> Self:
        """One row: `insert(Question).set(Question.text.to("Why?"), Question.made.to(now()))`."""
        values = combined(self.target, assignments)
        return self._with(
            columns=tuple(name for name, _ in values), source=(tuple(it for _, it in values),)
        )

    def from_select(self, query: Select[Any], *columns: Column[Any, Any]) -> Self:
        """The rows that a `select` finds, whose values become these columns, in order.

        >>> query = howdah.orm.select(Question.text).where(Question.votes > 9)
        >>> print(howdah.orm.text_of(howdah.orm.insert(Question).from_select(query, Question.text)))
        insert into question (text) select question.text from question where question.votes > $1
        """
        if not columns:
            raise TypeError("`from_select` takes the columns that the values become, at least one")
        pairs = combined(self.target, [Assignment(column, None) for column in columns])
        return self._with(columns=tuple(name for name, _ in pairs), source=query)

    def overriding(self, whose: Overriding) -> Self:
        """`"system"` takes values for columns that are always numbered, `"user"` ignores them."""
        if whose not in {"system", "user"}:
            raise ValueError(f"`overriding` is 'system' or 'user', found {whose!r}")
        return self._with(overriding_=whose)

    def on_conflict(
        self,
        *columns: Expr[Any, Any],
        where: Expr[bool | None, Any] | None = None,
        constraint: str | None = None,
    ) -> OnConflict[M]:
        """What happens to rows that would violate a unique or exclusion constraint.

        `columns` are those of a unique index, or its expressions, and `where` its condition;
        `constraint` names one. None of them: whichever it is, which only `do_nothing` can take.

        >>> row = Question(text="Why?", votes=1)
        >>> statement = howdah.orm.insert(Question).values(row)
        >>> statement = statement.on_conflict(Question.text).update(Question.votes)
        """
        if columns and constraint is not None:
            raise ValueError("`on_conflict` takes columns or a constraint, not both")
        for column in columns:
            condition(column)
        if columns or constraint is not None:
            self.target.model.__table__.refuse_spread(
                "PostgreSQL cannot find conflicting rows of other servers by a unique index",
                "`on_conflict().do_nothing()` names none; else update, and insert what was not "
                "there, in `db.tx(retry=…)`",
            )
        on_where = () if where is None else (condition(where),)
        return OnConflict(self, columns, on_where, constraint)

    def _own(self, one: Any) -> Any:
        if not isinstance(one, self.target.model):
            expected, found = self.target.model.__name__, type(one).__name__
            raise TypeError(f"`values` takes objects of `{expected}`, found `{found}`")
        return one

    def _value(self, name: str, filled: dict[str, Any]) -> Any:
        if name not in filled:
            return Fragment("default")
        column = self.target.model.__table__.expression(name)
        return assign(column, filled[name]).value

    def _fields(self) -> tuple[Any, ...]:
        conflict = None if self.conflict is None else self.conflict.fields()
        return (self.columns, self.source, conflict, self.overriding_)

    def _text(self) -> list[Any]:
        parts: list[Any] = ["insert into ", self.target]
        if self.columns:
            parts.append(f" ({', '.join(self.columns)})")
        if self.overriding_ is not None:
            parts.append(f" overriding {self.overriding_} value")
        parts += self._rows()
        return parts if self.conflict is None else [*parts, *self.conflict.text()]

    def _rows(self) -> list[Any]:
        source = self.source
        if source is None:
            return [" default values"]
        if isinstance(source, tuple):
            rows = [Fragment("(", *separated(row), ")", level=LIST) for row in source]
            return [" values ", *separated(rows)]
        if isinstance(source, Source):
            return [" select * from ", source]
        return [" ", source._write()[0]]


class OnConflict(Generic[M]):
    """`insert(…).on_conflict(…)`: to be followed by `do_nothing` or `update`."""

    __slots__ = ("_constraint", "_insert", "_on", "_on_where")

    def __init__(
        self,
        statement: Insert[M],
        on: tuple[Fragment, ...],
        on_where: tuple[Fragment, ...],
        constraint: str | None,
    ) -> None:
        self._insert = statement
        self._on = on
        self._on_where = on_where
        self._constraint = constraint

    def do_nothing(self) -> Insert[M]:
        """The row that is there stays as it is; `returning` leaves it out."""
        return self._then(None, ())

    def update(
        self, *changes: Column[Any, Any] | Assignment, where: Expr[bool | None, Any] | None = None
    ) -> Insert[M]:
        """The row that is there is updated, if it meets `where`.

        A column takes the value of the row that was to be inserted; an assignment may name both:
        `Question.votes.to(Question.votes + excluded(Question.votes))`. Without any, it is all
        inserted columns but the conflicting ones.
        """
        if not self._on and self._constraint is None:
            raise ProgrammingError(
                "`on_conflict().update(…)` must say which conflict is meant",
                hint="name the columns of the unique index, or `constraint=…`",
            )
        target = self._insert.target
        taken = [_taken(change) for change in changes or self._others()]
        pairs = combined(target, taken)
        conditions = () if where is None else (condition(where),)
        return self._then(pairs, conditions)

    def _others(self) -> Sequence[Column[Any, Any]]:
        """The inserted columns that are not those of the conflict, nor the key."""
        table = self._insert.target.model.__table__
        on = {id(column) for column in self._on}
        inserted = [
            table.expression(name)
            for name in table.column_names
            if quoted(table.columns[name].name) in self._insert.columns and name not in table.key
        ]
        others = [column for column in inserted if id(column) not in on]
        if not others:
            raise ProgrammingError("nothing is left to update", hint="`do_nothing()` says so")
        return others

    def _then(
        self, changes: tuple[tuple[str, Any], ...] | None, where: tuple[Fragment, ...]
    ) -> Insert[M]:
        conflict = Conflict(self._on, self._on_where, self._constraint, changes, where)
        return self._insert._with(conflict=conflict)


def _taken(change: Any) -> Assignment:
    if isinstance(change, Column):
        return assign(change, excluded(change))
    return cast("Assignment", change)


def _checked(rows: tuple[tuple[Any, ...], ...]) -> tuple[tuple[Any, ...], ...]:
    count = sum(isinstance(value, Param) for row in rows for value in row)
    if count > MOST_PARAMETERS:
        raise ProgrammingError(
            f"the rows have {count} values, one statement takes {MOST_PARAMETERS}",
            hint="`db.insert(objects)` takes any number",
        )
    return rows


def insert(model: type[M]) -> Insert[M]:
    """A statement that inserts rows; without more, one row of nothing but defaults.

    >>> statement = howdah.orm.insert(Question).values(Question(text="Why?", votes=0))
    >>> print(howdah.orm.text_of(statement))
    insert into question (text, votes) values ($1, $2)
    """
    made: Insert[M] = object.__new__(Insert)
    made.target = target_of(model, "insert")
    made.columns = made.with_ = ()
    made.source = made.conflict = made.overriding_ = None
    made.required_ = False
    return made
