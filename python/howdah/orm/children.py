"""The statements that load relations: what belongs to these keys.

No IO. Used by `loading`. A relation that is cut by `limit` is read by a subquery for each key,
which stops at its limit: PostgreSQL reads no more than is wanted where an index has the order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah._native import Fragment, Param, Source
from howdah.orm.expressions import COMPARISON, LIST, Column, Condition, Expr
from howdah.orm.paths import Related, order_of
from howdah.orm.statements.items import ModelItem
from howdah.orm.statements.joins import Join
from howdah.orm.statements.select import Select
from howdah.orm.tables import TableSource

if TYPE_CHECKING:
    from collections.abc import Sequence


def children(related: Related[Any], keys: list[Any]) -> Select[Any]:
    """The target's objects for these keys; by way of a table between, each after its key."""
    relation = related.relation
    if related.limit_ is not None:
        return _first_of_each(related, keys)
    key = key_column(related)
    query = _of_target(related).where(key.in_(keys), *_conditions(related))
    if relation.between is not None:
        query = query._with(items=(key, *query.items))
    return query.order_by(*_order(related)) if relation.many else query


def key_column(related: Related[Any]) -> Column[Any, Any]:
    """The column that names the parent: of the target, or of the table between."""
    relation = related.relation
    holder = relation.between or relation.target
    column: Column[Any, Any] = holder.__table__.expression(relation.remote)
    return column


def _of_target(related: Related[Any]) -> Select[Any]:
    relation = related.relation
    query: Select[Any] = Select.of((relation.target,))
    if relation.between is None:
        return query
    assert relation.onward is not None
    assert relation.target_key is not None
    between, target = relation.between.__table__, relation.target.__table__
    linked = target.expression(relation.target_key) == between.expression(relation.onward)
    return query._with(joins=(Join("join", between.source, linked),), from_=target.source)


def _first_of_each(related: Related[Any], keys: list[Any]) -> Select[Any]:
    """For each key, a subquery of its own, which stops at its limit."""
    relation = related.relation
    table, column = relation.target.__table__, key_column(related)
    parents = _unnested(column, keys)
    key: Expr[Any, Any] = Expr((parents, "key"), kind=column._type)
    columns = tuple(table.expression(name) for name in table.column_names)
    is_theirs = Condition(column, " = ", key, level=COMPARISON)
    inner = _of_target(related).where(is_theirs, *_conditions(related)).order_by(*_order(related))
    inner = inner._with(items=columns, limit_=related.limit_, from_=table.source)
    found = TableSource.of(table.model, table.name, None, content=inner)
    whole: Any = found
    outer = Select._empty()._with(items=(ModelItem(found),), from_=parents).lateral(whole)
    if relation.between is not None:
        outer = outer._with(items=(key, *outer.items))
    return outer._with(order=(Fragment((parents, "place")),))


def _unnested(column: Column[Any, Any], keys: list[Any]) -> Source:
    """The keys as rows, in order."""
    assert column._type is not None
    values = Param([column._type.bound(key) for key in keys], f"{column._type.name}[]")
    listed = Fragment("unnest(", values, ") with ordinality", level=LIST)
    return Source("parent", content=listed, columns="(key, place)", alias=True)


def _conditions(related: Related[Any]) -> Sequence[Any]:
    return related.conditions


def _order(related: Related[Any]) -> Sequence[Any]:
    return related.order or order_of(related.relation)
