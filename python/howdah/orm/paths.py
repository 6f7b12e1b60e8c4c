"""Along relations and through aliases: models as other sources than their own table.

No IO. `Book.author` on the class is a `View` of `Author` that brings its join with it;
`alias(Book)` is one of the same table under another name. `Author.books` is a `Related`.

Invariant: the same way from the same source is the same join, however often it is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from howdah._native import Fragment, Param
from howdah.errors import ProgrammingError
from howdah.orm.expressions import (
    COMPARISON,
    Column,
    Condition,
    Expr,
    Order,
    all_of,
    compared,
    typed,
)
from howdah.orm.tables import Relation, TableSource

if TYPE_CHECKING:
    from howdah.orm.models import Model

M = TypeVar("M")


class View(Generic[M]):
    """A model through another source than its own table. Type checkers take it for the model."""

    __slots__ = ("_source",)

    def __init__(self, source: TableSource) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        model = self._source.model
        table = model.__table__
        if name in table.column_names or name in table.relation_names:
            return table.expression_of(self._source, name)
        raise AttributeError(f"`{model.__name__}` has no column or relation `{name}`")

    def __repr__(self) -> str:
        return f"<{self._source.model.__name__} as {self._source.label}>"


def alias(model: type[M], name: str | None = None) -> type[M]:
    """The model's table under another name, to have it twice in one statement.

    >>> manager = howdah.orm.alias(Employee, "manager")
    """
    table = cast("type[Model]", model).__table__
    source = TableSource.of(table.model, name or table.name, table.sql_name, alias=True)
    return cast("type[M]", View(source))


def source_of(item: Any) -> TableSource | None:
    """The source of a model, an alias or a way; None for what is none of these."""
    if isinstance(item, View):
        return item._source
    table = vars(item).get("__table__") if isinstance(item, type) else None
    return table.source if table is not None else None


def along(source: TableSource, relation: Relation) -> Any:
    """What a relation's name is on a source of its model."""
    if relation.many:
        return Related(source, relation)
    joined = source.joins.get(relation.name)
    if joined is None:
        table = relation.target.__table__
        joined = TableSource.of(
            relation.target, relation.name, table.sql_name, parent=source, relation=relation
        )
        joined = source.joins.setdefault(relation.name, joined)
    return View(joined)


def relation_of(way: Any) -> Relation:
    """The relation that `Book.author` or `Author.books` is.

    Raises `ProgrammingError` for others.
    """
    if isinstance(way, Related):
        return way.relation
    source = way._source if isinstance(way, View) else None
    if source is None or source.relation is None:
        raise ProgrammingError(
            f"`{way!r}` is no relation",
            hint="write it as `Question.choices`, on the model that has it",
        )
    return source.relation


def order_of(relation: Relation, source: TableSource | None = None) -> tuple[Fragment, ...]:
    """The order of a to-many relation's objects, where nothing else is said."""
    table = relation.target.__table__
    if relation.order_by is not None and source in {None, table.source}:
        ordered = relation.order_by
        return ordered if isinstance(ordered, tuple) else (ordered,)
    return tuple(table.expression_of(source or table.source, name) for name in table.key)


def join_condition(source: TableSource, joined: TableSource | None = None) -> Condition:
    """How a source is joined with the one that its relation begins at; `joined` in its place."""
    parent, relation = source.parent, source.relation
    assert parent is not None
    assert relation is not None
    return matching(relation, parent, joined or source)


def matching(relation: Relation, source: TableSource, target: TableSource) -> Condition:
    """The condition under which a row of the target belongs to one of the relation's model."""
    here, there = relation.model.__table__, relation.target.__table__
    pairs = zip(relation.here, relation.there, strict=True)
    return all_of(
        *(
            compared(there.expression_of(target, remote), " = ", here.expression_of(source, local))
            for local, remote in pairs
        )
    )


class Related(Generic[M]):
    """The objects that a to-many relation leads to: in conditions, and in `load`.

    Immutable: `where`, `order_by` and `limit` answer another one.
    """

    __slots__ = ("conditions", "limit_", "loads", "order", "relation", "source")

    def __init__(self, source: TableSource, relation: Relation) -> None:
        self.source = source
        self.relation = relation
        self.conditions: tuple[Fragment, ...] = ()
        self.order: tuple[Fragment, ...] = ()
        self.limit_: Param | None = None
        self.loads: tuple[Any, ...] = ()

    def where(self, *conditions: Expr[bool | None, Any]) -> Self:
        """Only those that meet the conditions."""
        return self._with(conditions=(*self.conditions, *conditions))

    def order_by(self, *columns: Expr[Any, Any] | Order) -> Self:
        """In this order."""
        return self._with(order=columns)

    def limit(self, count: int) -> Self:
        """So many for each parent, the first in order."""
        if not isinstance(count, int) or count < 0:
            raise ValueError(f"`limit` is a number of objects, found {count!r}")
        return self._with(limit_=Param(count, "bigint"))

    def load(self, *relations: Related[Any] | type[Model]) -> Self:
        """And load these relations of the objects found."""
        return self._with(loads=(*self.loads, *relations))

    @property
    def is_whole(self) -> bool:
        """Whether all objects are meant."""
        return not self.conditions and self.limit_ is None

    def any(self, *conditions: Expr[bool | None, Any]) -> Condition:
        """`exists`: there is one, that meets the conditions if there are any."""
        return Condition("exists ", self._query(conditions, "1"))

    def none(self, *conditions: Expr[bool | None, Any]) -> Condition:
        """`not exists`."""
        return Condition("not ", self.any(*conditions), level=3)

    def count(self, *conditions: Expr[bool | None, Any]) -> Expr[int, int]:
        """How many there are, as a number in the statement."""
        from howdah.orm._types import sql_type

        return typed(sql_type(int), self._query(conditions, "count(*)"))

    def _query(self, conditions: tuple[Any, ...], what: str) -> Any:
        from howdah.orm.statements.select import Select

        target = self.inner_source(conditions)
        own: tuple[Any, ...] = self.conditions
        where = all_of(self.joins_parent(target), *own, *conditions)
        return Select.of_fragment(Fragment(what), target).where(where)

    def seen_from(self, source: TableSource) -> Self:
        """The same of another source of its model."""
        other = self._with()
        other.source = source
        return other

    def inner_source(self, *more: object) -> TableSource:
        """The target in a statement inside of one that has the parents.

        Raises `ProgrammingError` where both are one table and something more is said of the target:
        its columns would be taken for the parents'.
        """
        table = self.relation.target.__table__
        source: TableSource | None = self.source
        while source is not None and source is not table.source:
            source = source.parent
        if source is None:
            return table.source
        if self.conditions or self.order or any(more):
            name = self.relation.target.__name__
            raise ProgrammingError(
                f"`{self!r}` leads to its own table: which `{name}` do the conditions mean?",
                hint=f'name the other: `other = alias({name}, "other")`, '
                "`select(other).where(…).any()`",
            )
        return TableSource.of(table.model, self.relation.name, table.sql_name, alias=True)

    def joins_parent(self, target: TableSource) -> Condition:
        """The condition under which a row of the target belongs to the source's."""
        relation = self.relation
        if relation.between is None:
            return matching(relation, self.source, target)
        here = relation.model.__table__.expression_of(self.source, relation.local)
        from howdah.orm.statements.select import Select

        assert relation.onward is not None
        assert relation.target_key is not None
        between = relation.between.__table__
        onward: Column[Any, Any] = between.expression(relation.onward)
        linked = Select.of_fragment(onward, between.source).where(
            compared(between.expression(relation.remote), " = ", here)
        )
        key = relation.target.__table__.expression_of(target, relation.target_key)
        return Condition(key, " in ", linked, level=COMPARISON)

    def _with(self, **changed: Any) -> Self:
        other = type(self)(self.source, self.relation)
        for slot in ("conditions", "order", "limit_", "loads"):
            setattr(other, slot, changed.get(slot, getattr(self, slot)))
        return other

    def __repr__(self) -> str:
        return f"<{self.relation.model.__name__}.{self.relation.name}>"
