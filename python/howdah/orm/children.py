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
from howdah.orm.statements.writing import separated
from howdah.orm.tables import Relation, TableSource

if TYPE_CHECKING:
    from collections.abc import Sequence


def children(related: Related[Any], keys: list[Any]) -> Select[Any]:
    """The target's objects for these keys; by way of a table between, each after its key."""
    relation = related.relation
    if related.limit_ is not None:
        return _first_of_each(related, keys)
    among = [
        column.in_(list(dict.fromkeys(values)))
        for column, values in zip(key_columns(related), _by_column(relation, keys), strict=True)
    ]
    query = _of_target(related).where(*among, *_conditions(related))
    if relation.between is not None:
        query = query._with(items=(*key_columns(related), *query.items))
    return query.order_by(*_order(related)) if relation.many else query


def key_columns(related: Related[Any]) -> list[Column[Any, Any]]:
    """The columns that name the parent: of the target, or of the table between."""
    relation = related.relation
    holder = relation.between or relation.target
    return [holder.__table__.expression(name) for name in relation.there]


def _by_column(relation: Relation, keys: list[Any]) -> list[list[Any]]:
    """The values of each column of the keys, which are tuples where there are several."""
    return [keys] if relation.beside is None else [list(it) for it in zip(*keys, strict=True)]


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
    table, named = relation.target.__table__, key_columns(related)
    parents = _unnested(named, _by_column(relation, keys))
    given: list[Expr[Any, Any]] = [
        Expr((parents, f"key{place}"), kind=it._type) for place, it in enumerate(named)
    ]
    columns = tuple(table.expression(name) for name in table.column_names)
    is_theirs = [
        Condition(column, " = ", key, level=COMPARISON)
        for column, key in zip(named, given, strict=True)
    ]
    inner = _of_target(related).where(*is_theirs, *_conditions(related)).order_by(*_order(related))
    inner = inner._with(items=columns, limit_=related.limit_, from_=table.source)
    found = TableSource.of(table.model, table.name, None, content=inner)
    whole: Any = found
    outer = Select._empty()._with(items=(ModelItem(found),), from_=parents).lateral(whole)
    if relation.between is not None:
        outer = outer._with(items=(*given, *outer.items))
    return outer._with(order=(Fragment((parents, "place")),))


def _unnested(columns: Sequence[Column[Any, Any]], keys: Sequence[list[Any]]) -> Source:
    """The keys as rows, in order."""
    lists = []
    for column, values in zip(columns, keys, strict=True):
        assert column._type is not None
        lists.append(Param([column._type.bound(it) for it in values], f"{column._type.name}[]"))
    listed = Fragment("unnest(", *separated(lists), ") with ordinality", level=LIST)
    names = ", ".join(f"key{place}" for place in range(len(lists)))
    return Source("parent", content=listed, columns=f"({names}, place)", alias=True)


def _conditions(related: Related[Any]) -> Sequence[Any]:
    return related.conditions


def _order(related: Related[Any]) -> Sequence[Any]:
    return related.order or order_of(related.relation)
