"""How the relations that a statement is told to load come: in its rows, or after them.

No IO. Called by statements before they run. The rule:

- *Join*: to-one relations of a statement of at most `MOST_JOINED` rows (`limit`, `first()`, pages
  …). It saves a round trip, and repeats a row of the other table at most so many times.
- *Batch*: to-one relations of more rows, or of nobody knows how many, of a table to itself, and
  whole to-many relations: one statement for all keys. Each object travels once.
- *Lateral*: to-many relations that are cut by `limit`: a subquery for each key (`children`).

Measured on one machine: for one to a hundred rows a join takes 0.8 to 1.2 times as long as a
batch, before the round trip of a network. For a thousand rows that share ten wide objects it takes
six times as long, while a batch is never more than twice as slow.

Invariant: rows and objects are the same either way: what is joined never takes a row away or
repeats one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah._native import Entity
from howdah.orm.paths import View, along, join_condition, relation_of
from howdah.orm.statements.items import Item, ModelItem, converters_of
from howdah.orm.statements.joins import Join

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from howdah._native import Fragment
    from howdah.orm.statements.select import Select
    from howdah.orm.tables import Relation, TableSource

MOST_JOINED = 100
"""Of how many rows relations are joined."""


def planned(query: Select[Any], most: int | None = None) -> Select[Any]:
    """The statement with the relations that are joined in its rows; the others are left to load.

    `most` is how many rows there can be, where the statement itself does not say it.
    """
    if most is None:
        most = None if query.limit_ is None else query.limit_.value
    if not query.loads or most is None or most > MOST_JOINED or not _can_be_joined(query):
        return query
    brought, left = _chosen(query)
    if not brought:
        return query
    items = tuple(_with_joined(item, query, brought) for item in query.items)
    known = {*map(id, query.named_sources()), *(id(join.source) for join in query.joins)}
    # with their conditions: what is joined here is never the model's own table
    joins = tuple(
        Join("left join", it, join_condition(it)) for it in brought if id(it) not in known
    )
    return query._with(items=items, joins=(*query.joins, *joins), loads=tuple(left))


def _can_be_joined(query: Select[Any]) -> bool:
    """Whether each row is one of the tables, which nothing else depends on."""
    return not (query.group or query.having_ or query.distinct_ or query.locks)


def _chosen(query: Select[Any]) -> tuple[list[TableSource], list[Any]]:
    """The sources that are joined, and the ways that are left."""
    known = [item.source for item in query.items if isinstance(item, ModelItem)]
    brought: list[TableSource] = []
    left: list[Any] = []
    later: set[type] = set()
    for way in query.loads:
        relation = relation_of(way)
        parents = [source for source in known if source.model is relation.model]
        if relation.model in later or not parents or not _leads_to_one(way, relation):
            later.add(relation.target)
            left.append(way)
            continue
        found = [along(parent, relation)._source for parent in parents]
        known += found
        brought += [source for source in found if source not in brought]
    return brought, left


def _leads_to_one(way: Any, relation: Relation) -> bool:
    """Whether there is one row at the most, because its primary key is what is named.

    Of a table to itself it may be a row that is there already.
    """
    is_key = relation.target.__table__.key == (relation.remote,)
    return isinstance(way, View) and is_key and relation.target is not relation.model


def _with_joined(item: Any, query: Select[Any], brought: Sequence[TableSource]) -> Any:
    if not isinstance(item, ModelItem):
        return item
    own: list[TableSource] = []
    for source in brought:
        if source.parent is item.source or source.parent in own:
            own.append(source)
    return JoinedItem(item, query, own) if own else item


class JoinedItem(Item):
    """Objects of a model together with those that they lead to."""

    __slots__ = ("_item", "_joined", "_query")

    def __init__(self, item: ModelItem, query: Select[Any], joined: Sequence[TableSource]) -> None:
        self.source = item.source
        self._item = item
        self._query = query
        self._joined = joined

    def fields(self) -> tuple[Any, ...]:
        """What the text depends on."""
        return ("joined", self.source, *self._joined)

    def sources(self) -> Sequence[TableSource]:
        """The sources that its columns are of."""
        return (self.source, *self._joined)

    def output(self, statement: Select[Any]) -> Sequence[Fragment]:
        """The model's columns, then those of what is joined."""
        del statement  # joins that are added here make no difference
        written = list(self._item.output(self._query))
        for source in self._joined:
            table = source.model.__table__
            written += [table.expression_of(source, name) for name in table.column_names]
        return written

    def parts(
        self, statement: Select[Any], place: int
    ) -> list[Entity | Callable[[Any], Any] | None]:
        """An object, and those that are written into it."""
        del statement
        parts = self._item.parts(self._query, place)
        places = {id(self.source): place}
        for source in self._joined:
            table, relation = source.model.__table__, source.relation
            assert relation is not None
            places[id(source)] = place + len(parts)
            entity = Entity(
                table.layout,
                table.column_names,
                key=table.key,
                optional=True,
                parent=(places[id(source.parent)], relation.name),
                shown=False,
                converters=converters_of(table, table.column_names),
            )
            parts.append(entity)
        return parts
