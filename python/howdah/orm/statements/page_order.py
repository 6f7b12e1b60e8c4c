"""The order of pages: the columns that tell rows apart, and the statement that has them.

No IO. Called by `page`. Invariant: of a statement whose rows are made of several (groups, windows,
`distinct on`, set operations), the rows are cut outside, where they are made already; of others
inside, where an index finds the place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from howdah.errors import ProgrammingError
from howdah.orm.expressions import Column, Expr, Order
from howdah.orm.statements.combined import Combined
from howdah.orm.statements.items import Item
from howdah.orm.statements.outputs import same_column
from howdah.orm.statements.select import Select
from howdah.orm.statements.tokens import has_token
from howdah.orm.tables import TableSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from howdah.orm.statements.outputs import Output
    from howdah.orm.statements.query import Query


class Key(NamedTuple):
    """A column of the order."""

    column: Expr[Any, Any]
    descending: bool
    nulls_first: bool
    nullable: bool

    def turned(self) -> Key:
        """The same in the opposite direction."""
        return self._replace(descending=not self.descending, nulls_first=not self.nulls_first)

    def order(self) -> Order:
        """As `order by` has it; where null cannot be, an index without `nulls …` serves."""
        nulls: Any = ("first" if self.nulls_first else "last") if self.nullable else None
        return Order.of(self.column, descending=self.descending, nulls=nulls)


def ordered(query: Query[Any]) -> tuple[Select[Any], tuple[Key, ...]]:
    """The statement to be cut, with the columns of the rows, and what its rows are ordered by."""
    keys = _keys_of_all(query) if isinstance(query, Combined) else _keys(cast("Select[Any]", query))
    if not keys:
        raise ProgrammingError(
            "pages need an order", hint="`order_by` columns that tell the rows apart"
        )
    if isinstance(query, Select) and _is_cut_inside(query, keys):
        return query, keys
    return _outside(query, keys)


def _is_cut_inside(query: Select[Any], keys: tuple[Key, ...]) -> bool:
    """Whether rows may be left out before what they are made of is computed."""
    if query.locks:  # then they are rows of tables, and to be locked page by page
        return True
    if query.group or query.having_ or query.distinct_:
        return False
    # PostgreSQL makes a simple subquery part of the rest: an index of an expression serves, too
    made = [*(output.expression for output in query.outputs()), *(key.column for key in keys)]
    return all(isinstance(it, Column) or not isinstance(it, Expr) for it in made)


def _outside(query: Query[Any], keys: tuple[Key, ...]) -> tuple[Select[Any], tuple[Key, ...]]:
    """The rows of a subquery, of which the columns of the order are known by name."""
    outputs = query.outputs()
    names = [_name_among(outputs, key.column) for key in keys]
    lacking = [key.column for key, name in zip(keys, names, strict=True) if name is None]
    inner: Any = query.order_by()
    if isinstance(query.shown().distinct_, tuple):
        inner = query  # its order says which rows they are
    if lacking:
        if query.shown().distinct_ is True:
            raise ProgrammingError("pages of `distinct` rows are ordered by columns of these rows")
        inner = inner._with(items=(*inner.items, *lacking), from_=inner._first_source())
    rows = inner.subquery("page")
    columns = [Column.of(rows._source, it.name, None, it.type) for it in rows.outputs]
    places = {output.name: column for output, column in zip(outputs, columns, strict=False)}
    added = iter(columns[len(outputs) :])
    outer = Select.of(tuple(columns[: len(outputs)]))._with(from_=rows._source)
    moved = [next(added) if name is None else places[name] for name in names]
    return outer, tuple(key._replace(column=it) for key, it in zip(keys, moved, strict=True))


def _name_among(outputs: Sequence[Output], column: Any) -> str | None:
    return next((it.name for it in outputs if same_column(it.expression, column)), None)


def _keys(query: Select[Any]) -> tuple[Key, ...]:
    """The columns of the order, and what makes it unique."""
    keys = [_key(query, column) for column in query.order]
    for column in _telling(query):
        if not any(same_column(key.column, column) for key in keys):
            descending = bool(keys) and keys[-1].descending
            nullable = _can_be_null(query, column)
            keys.append(Key(column, descending, descending, nullable))
    return tuple(keys)


def _telling(query: Select[Any]) -> Iterator[Any]:
    """What tells the rows apart: the keys of the models that they are made of.

    But for models that others lead to. Of groups, their columns; of distinct rows, these.
    """
    if query.distinct_ is True:
        yield from _with_tokens(query)
    elif query.distinct_ or query.group:
        columns = query.distinct_ or query.group
        yield from columns if all(isinstance(it, Column) for it in columns) else ()
    else:
        yield from _keys_of_models(query)


def _keys_of_models(query: Select[Any]) -> Iterator[Any]:
    for source in (query._first_source(), *(join.source for join in query.joins)):
        if isinstance(source, TableSource) and source.relation is None:
            table = source.model.__table__
            for name in table.key:
                yield table.expression_of(source, name)


def _keys_of_all(query: Combined[Any]) -> tuple[Key, ...]:
    """The columns of a set operation's order, and the others where each row is there once."""
    keys = [
        Key(order.column, order.descending, order.nulls == "first", nullable=True)
        for order in query.order
    ]
    for column in _telling_of_all(query):
        if not any(same_column(it.column, column) for it in keys):
            keys.append(Key(column, descending=False, nulls_first=False, nullable=True))
    return tuple(keys)


def _telling_of_all(query: Combined[Any]) -> Iterator[Any]:
    if not query.has_each_row_once:
        return
    items = query.shown().items
    is_of_model = len(items) == 1 and isinstance(items[0], Item)
    key = items[0].source.model.__table__.key if is_of_model else ()
    if not key:
        yield from _with_tokens(query)
    for output in query.outputs():
        definition = getattr(output.expression, "definition", None)
        if definition is not None and definition.attribute in key:
            yield output.expression


def _with_tokens(query: Query[Any]) -> Iterator[Any]:
    """The columns of the rows by which there can be an order of pages."""
    return (output.expression for output in query.outputs() if has_token(output.type))


def _key(query: Select[Any], column: Any) -> Key:
    order = column if isinstance(column, Order) else column.asc()
    nullable = _can_be_null(query, order.column)
    return Key(order.column, order.descending, order.nulls == "first", nullable)


def _can_be_null(query: Select[Any], column: Any) -> bool:
    if not isinstance(column, Column) or column.definition is None or column.definition.nullable:
        return True
    kinds = {join.kind for join in query.joins}
    if column.source is query._first_source():
        return not kinds.isdisjoint({"right join", "full join"})
    source: Any = column.source
    while source.parent is not None:
        if source.relation.nullable:
            return True
        source = source.parent
    return not kinds <= {"join", "cross join"}
