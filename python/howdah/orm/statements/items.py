"""What a `select` asks for.

Objects of a model, shapes; single expressions are fragments themselves.

No IO. An item writes its columns into the list after `select`, and says what becomes of them in the
row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah._native import Entity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from howdah._native import Fragment, Source
    from howdah.orm.statements.select import Select
    from howdah.orm.tables import Table, TableSource


def converters_of(table: Table, columns: Iterable[str]) -> dict[str, Callable[[Any], Any]] | None:
    """What makes values of these columns what Python has of them, where that is needed."""
    types = ((name, table.columns[name].type) for name in columns)
    return {name: type_.read for name, type_ in types if type_.read is not None} or None


class Item:
    """Something of several columns of one source."""

    __slots__ = ("source",)
    source: TableSource

    def fields(self) -> tuple[Any, ...]:
        """What the text depends on."""
        raise NotImplementedError

    def _shape_fields(self) -> tuple[Any, ...]:
        return self.fields()

    def output(self, statement: Select[Any]) -> Sequence[Fragment]:
        """Its columns in the list after `select`."""
        raise NotImplementedError

    def sources(self) -> Sequence[Source]:
        """The sources that its columns are of."""
        return (self.source,)

    def parts(
        self, statement: Select[Any], place: int
    ) -> list[Entity | Callable[[Any], Any] | None]:
        """What its columns become; `place` is how many parts come before."""
        raise NotImplementedError


class ModelItem(Item):
    """A model, or an alias or way of one."""

    __slots__ = ()

    def __init__(self, source: TableSource) -> None:
        self.source = source

    def fields(self) -> tuple[Any, ...]:
        """What the text depends on."""
        return ("model", self.source)

    def output(self, statement: Select[Any]) -> Sequence[Fragment]:
        """The columns that are loaded."""
        table = self.source.model.__table__
        return [table.expression_of(self.source, name) for name in self._columns(statement)]

    def parts(
        self, statement: Select[Any], place: int
    ) -> list[Entity | Callable[[Any], Any] | None]:
        """One object."""
        del place  # it is written into no other
        table = self.source.model.__table__
        columns = self._columns(statement)
        is_repeated = bool(statement.joins) or len(statement.items) > 1
        is_outer = is_repeated and any(join.kind != "join" for join in statement.joins)
        entity = Entity(
            table.layout,
            columns,
            key=table.key if is_repeated and table.key else None,
            optional=is_outer or self.source.relation is not None,
            converters=converters_of(table, columns),
        )
        return [entity]

    def _columns(self, statement: Select[Any]) -> tuple[str, ...]:
        """The attributes that are loaded."""
        table = self.source.model.__table__
        only = statement.only_
        chosen = {
            column.definition.attribute
            for column in only
            if column.source is self.source and column.definition is not None
        }
        if not chosen:
            return table.column_names
        chosen |= {*table.key, *statement.keys_of_loads()}
        return tuple(name for name in table.column_names if name in chosen)
