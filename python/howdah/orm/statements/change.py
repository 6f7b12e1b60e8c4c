"""What `insert`, `update`, `delete` and `merge` have in common, and what they return.

No IO. A change is a statement of which running gives the number of rows that it touched;
`returning` makes it one that gives objects or values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload

from howdah._native import Fragment, Hydration, Source, sources
from howdah.errors import NoRow, ProgrammingError, SeveralRows
from howdah.orm.expressions import LIST, Column, Condition, Expr
from howdah.orm.paths import source_of
from howdah.orm.statements.base import Statement, Steps, running
from howdah.orm.statements.items import Item
from howdah.orm.statements.joins import root
from howdah.orm.statements.outputs import hydration_of, outputs_of
from howdah.orm.statements.select import Select, as_item
from howdah.orm.statements.writing import separated, together, written_with
from howdah.orm.tables import TableSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from howdah.orm.statements.selecting import A, B, C, D, E
    from howdah.orm.statements.sources import Rows

T = TypeVar("T")


class Change(Statement[int]):
    """A statement that writes. Running it gives the number of rows."""

    __slots__ = ()

    target: TableSource
    with_: tuple[Source, ...]
    required_: bool

    def required(self) -> Self:
        """Raise `NoRow` where no row was touched."""
        return self._with(required_=True)

    @overload
    def returning(self, a: Expr[A, Any] | type[A], /) -> Returning[A]: ...
    @overload
    def returning(
        self, a: Expr[A, Any] | type[A], b: Expr[B, Any] | type[B], /
    ) -> Returning[tuple[A, B]]: ...
    @overload
    def returning(
        self, a: Expr[A, Any] | type[A], b: Expr[B, Any] | type[B], c: Expr[C, Any] | type[C], /
    ) -> Returning[tuple[A, B, C]]: ...
    @overload
    def returning(
        self,
        a: Expr[A, Any] | type[A],
        b: Expr[B, Any] | type[B],
        c: Expr[C, Any] | type[C],
        d: Expr[D, Any] | type[D],
        /,
    ) -> Returning[tuple[A, B, C, D]]: ...
    @overload
    def returning(
        self,
        a: Expr[A, Any] | type[A],
        b: Expr[B, Any] | type[B],
        c: Expr[C, Any] | type[C],
        d: Expr[D, Any] | type[D],
        e: Expr[E, Any] | type[E],
        /,
        *more: Expr[Any, Any] | type[Any],
    ) -> Returning[tuple[A, B, C, D, E, *tuple[Any, ...]]]: ...
    def returning(self, *items: Any) -> Any:
        """The rows that were touched: models, columns, expressions, as in `select`.

        `old(…)` and `new(…)` of a column tell what it was before and is after: PostgreSQL 18.

        >>> statement = howdah.orm.delete(Question).where(Question.votes == 0)
        >>> print(howdah.orm.text_of(statement.returning(Question.id)))
        delete from question where question.votes = $1 returning question.id
        """
        if not items:
            raise TypeError("`returning` takes what it shall give, at least one")
        return Returning(self, tuple(map(as_item, items)))

    def _fields(self) -> tuple[Any, ...]:
        """What the text of the kind of statement depends on."""
        raise NotImplementedError

    def _shape_fields(self) -> tuple[Any, ...]:
        return (type(self).__name__, self.with_, self.target, *self._fields())

    def _text(self) -> list[Any]:
        """The parts of the text, without `with` and `returning`."""
        raise NotImplementedError

    def _write(self) -> tuple[Fragment, Any]:
        return Fragment(*written_with(self.with_), *self._text(), level=LIST), None

    def _steps(self, executor: Any) -> Steps:
        del executor
        return self._count_steps()

    def _count_steps(self) -> Steps:
        count = yield from super()._count_steps()
        if self.required_ and not count:
            raise no_row(self.target)
        return count

    def __repr__(self) -> str:
        from howdah.orm.statements.base import text_of

        return f"<{text_of(self)}>"


def no_row(target: TableSource) -> NoRow:
    """The complaint of a statement that had to touch a row."""
    return NoRow(
        f"no row of `{target.label}` matched the statement's conditions",
        hint="it was deleted, or never there; without `required()` this is no error",
    )


class Returning(Statement[list[T]]):
    """A change that gives the rows that it touched."""

    __slots__ = _slots = ("change", "items")
    # what items ask of a statement
    only_: ClassVar[tuple[Any, ...]] = ()
    joins: ClassVar[tuple[Any, ...]] = ()

    change: Change
    items: tuple[Any, ...]

    def __init__(self, change: Change, items: tuple[Any, ...]) -> None:
        self.change = change
        self.items = items

    def one(self) -> ReturningOne[T]:
        """The only row. Raises `NoRow`, or `SeveralRows`: then all of them were changed."""
        return ReturningOne(self, needs_one=True)

    def one_or_none(self) -> ReturningOne[T | None]:
        """The only row, None if none was touched. Raises `SeveralRows`, as `one`."""
        return ReturningOne(self, needs_one=False)

    def cte(self, name: str) -> Rows:
        """The rows that it returns, as a source of another statement, before which it is run.

        >>> old = delete(Question).where(Question.votes < 0).returning(Question.id).cte("old")
        >>> query = select(old[Question.id])
        """
        from howdah.orm.statements.sources import returned

        return returned(self, name, outputs_of(self, self.items))

    def _shape_fields(self) -> tuple[Any, ...]:
        items = tuple(item.fields() if isinstance(item, Item) else item for item in self.items)
        return ("returning", self.change._shape_fields(), items)

    def _write(self) -> tuple[Fragment, Any]:
        from howdah.orm.statements.writing import output

        _refuse_returned_ways(self.items)
        change, _ = self.change._write()
        written = Fragment(change, " returning ", *separated(output(self)), level=LIST)
        return written, self._hydration()

    def _hydration(self) -> Hydration:
        return hydration_of(self, self.items)

    def _steps(self, executor: Any) -> Steps:
        compiled, values = self._compile()
        load = compiled.extra.start(executor)
        rows = yield running(compiled, lambda conn: conn.fetch(compiled.sql, *values, row=load))
        if not rows and self.change.required_:
            raise no_row(self.change.target)
        return rows

    def _row_steps(self) -> Steps:
        """The calls that run it for its values, as tuples; objects are none of its business."""
        compiled, values = self._compile()
        rows = yield running(compiled, lambda conn: conn.fetch(compiled.sql, *values, row=tuple))
        if not rows and self.change.required_:
            raise no_row(self.change.target)
        return rows

    def __repr__(self) -> str:
        from howdah.orm.statements.base import text_of

        return f"<{text_of(self)}>"


class ReturningOne(Statement[T], Generic[T]):
    """The only row that a change touched."""

    __slots__ = _slots = ("needs_one", "returning")
    returning: Returning[Any]
    needs_one: bool

    def __init__(self, returning: Returning[Any], *, needs_one: bool) -> None:
        self.returning = returning
        self.needs_one = needs_one

    def _shape_fields(self) -> tuple[Any, ...]:
        return self.returning._shape_fields()

    def _write(self) -> tuple[Fragment, Any]:
        return self.returning._write()

    def _steps(self, executor: Any) -> Steps:
        rows = yield from self.returning._steps(executor)
        if len(rows) > 1:
            raise SeveralRows(f"expected one row, {len(rows)} were changed")
        if not rows and self.needs_one:
            raise no_row(self.returning.change.target)
        return rows[0] if rows else None


# --- what the kinds share


def target_of(model: Any, statement: str) -> TableSource:
    """The table that a statement writes."""
    source = source_of(model)
    if source is None or source.relation is not None:
        raise TypeError(f"`{statement}` takes a model, found `{model!r}`")
    source.model.__table__.refuse_writing()
    return source


def limited(
    target: TableSource,
    conditions: Sequence[Fragment],
    *,
    others: Sequence[Source],
    said_all: bool,
    statement: str,
) -> list[Any]:
    """The `where` clause.

    Raises `ProgrammingError` where there is none and nobody has said that all rows are meant.
    """
    if not conditions:
        if not said_all and not others:
            raise ProgrammingError(
                f"`{statement}` without `where` would write every row of `{target.label}`",
                hint=f"add `.where(…)`, or `.all()` if every row is meant: `{statement}(…).all()`",
            )
        return []
    ways = [it for it in sources(tuple(conditions)) if _is_way(it)]
    if not ways:
        return [" where ", *together(conditions)]
    if any(root(way) is not target for way in ways):
        raise ProgrammingError(
            f"`{statement}`: a condition goes along a relation of another model",
            hint="bring that model in with an alias and write the condition of the join",
        )
    return [" where ", _among(target, conditions)]


def _is_way(source: Source) -> bool:
    return isinstance(source, TableSource) and source.relation is not None


def refuse_ways(values: Sequence[Any], statement: str) -> None:
    """Raise where a new value is read along a relation: which row's it is would not be said."""
    if any(_is_way(source) for source in sources(tuple(values))):
        raise ProgrammingError(
            f"`{statement}` cannot set a column to what a relation leads to",
            hint="`select(…).where(…).scalar()` as the value, or the other model by an alias",
        )


def _refuse_returned_ways(items: Sequence[Any]) -> None:
    """Raise where `returning` names what a relation leads to, which is not joined there."""
    of_items = [source for it in items if isinstance(it, Item) for source in it.sources()]
    columns = tuple(item for item in items if not isinstance(item, Item))
    if any(map(_is_way, [*of_items, *sources(columns)])):
        raise ProgrammingError(
            "`returning` cannot give what a relation leads to",
            hint="`select(…).where(…).scalar()` in its place, or return the key and ask for it",
        )


def _among(target: TableSource, conditions: Sequence[Fragment]) -> Condition:
    """The rows that a `select` with these conditions would find, which joins the relations."""
    table = target.model.__table__
    key: list[Fragment] = [table.expression_of(target, name) for name in table.key]
    key = key or [Fragment((target, "ctid"))]
    found = Select._empty()._with(items=tuple(key), from_=target, where_=tuple(conditions))
    return Condition("(", *separated(key), ") in ", found, level=4)


def version_of(target: TableSource) -> Column[Any, Any] | None:
    """The column that counts updates, if the model has one."""
    table = target.model.__table__
    name = table.version
    return None if name is None else table.expression_of(target, name)


def old(column: Column[T, Any]) -> Expr[T | None, Any]:
    """In `returning`: what the column was before; null in new rows. PostgreSQL 18."""
    found: Expr[Any, Any] = _of_row("old", column)
    return found


def new(column: Column[T, Any]) -> Expr[T | None, Any]:
    """In `returning`: what the column is after; null in deleted rows. PostgreSQL 18."""
    found: Expr[Any, Any] = _of_row("new", column)
    return found


def excluded(column: Column[T, Any]) -> Expr[T, Any]:
    """In the `update` of `on_conflict`: what the row that was not inserted has in this column."""
    found: Expr[Any, Any] = _of_row("excluded", column)
    return found


_ROWS = {name: Source(name, fixed=True) for name in ("old", "new", "excluded")}


def _of_row(row: str, column: Any) -> Any:
    if not isinstance(column, Column):
        raise TypeError(f"`{row}` takes a column of the model, found `{type(column).__name__}`")
    return Column.of(_ROWS[row], column.name, column.definition, column._type)
