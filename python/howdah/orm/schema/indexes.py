"""Indexes that a model declares. No IO."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from howdah._native import Fragment
from howdah.orm.schema.base import Declared, Expression, Place, Value, said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Element:
    """A column or expression in an index, with what is to be said of it."""

    what: Any
    operator_class: str | None = None
    collation: str | None = None
    order: Literal["asc", "desc"] = "asc"
    nulls: Literal["first", "last"] | None = None


@dataclass(frozen=True)
class Index(Declared):
    """An index of a table or materialized view."""

    elements: tuple[Any, ...]
    name: str | None = None
    unique: bool = False
    using: str = "btree"
    include: Sequence[Any] = ()
    where: Expression | None = None
    nulls_not_distinct: bool = False
    with_: Mapping[str, Any] | None = None
    tablespace: str | None = None
    comment: str | None = None

    def add_to_table(self, table: Place) -> None:
        """Put it into the value of a model's table."""
        table.add(
            "indexes",
            said(
                name=self.name,
                method=None if self.using == "btree" else self.using,
                unique=self.unique,
                nulls_not_distinct=self.nulls_not_distinct,
                elements=[element_value(table, it) for it in self.elements],
                include=table.columns(self.include),
                predicate=None if self.where is None else table.expression(self.where),
                options=options_value(self.with_),
                tablespace=self.tablespace,
                comment=self.comment,
            ),
        )


def index(  # noqa: PLR0913 (what PostgreSQL has)
    *elements: Any,
    name: str | None = None,
    unique: bool = False,
    using: str = "btree",
    include: Sequence[Any] = (),
    where: Expression | None = None,
    nulls_not_distinct: bool = False,
    with_: Mapping[str, Any] | None = None,
    tablespace: str | None = None,
    comment: str | None = None,
) -> Index:
    """An index: `index("author_id", "title")`, `index("lower(title)", unique=True)`.

    Each element is a column's name, an SQL expression, `lambda model: …`, or an `element(…)` where
    more is to be said.

    - `using`: the method: `gin`, `gist`, `brin`, `hash` …
    - `include`: columns that it has beside them, so that a query need not look into the table.
    - `where`: which rows are in it.
    - `with_`: storage parameters: `{"fillfactor": 70}`.
    """
    return Index(
        elements,
        name,
        unique,
        using,
        include,
        where,
        nulls_not_distinct,
        with_,
        tablespace,
        comment,
    )


def element(
    what: Any,
    operator_class: str | None = None,
    *,
    collation: str | None = None,
    order: Literal["asc", "desc"] = "asc",
    nulls: Literal["first", "last"] | None = None,
) -> Element:
    """A column or expression in an index: `element("born", order="desc")`.

    `operator_class` is what serves it, with parameters: `"gist_trgm_ops (siglen='32')"`.
    """
    return Element(what, operator_class, collation, order, nulls)


@dataclass(frozen=True)
class ColumnSettings(Declared):
    """What no option of a column says."""

    column: Any
    fields: Value

    def add_to_table(self, table: Place) -> None:
        """Put it into the value of the model's column."""
        name = table.column(self.column)
        for column in table.value.get("columns", ()):
            if column["name"] == name:
                column.update(self.fields)


def column_settings(
    column: Any,
    *,
    statistics: int | None = None,
    collation: str | None = None,
    compression: str | None = None,
    storage: str | None = None,
    foreign_options: Mapping[str, Any] | None = None,
) -> ColumnSettings:
    """What is to be said of a column beside `col`, `identity` or `generated`.

    `statistics` is how much `analyze` looks at: `column_settings("name", statistics=500)`;
    `foreign_options` are what a foreign table says of it: `{"column_name": "full_name"}`.
    """
    fields = said(
        statistics=statistics,
        collation=collation and {"name": collation},
        compression=compression,
        storage=storage,
        foreign_options=options_value(foreign_options),
    )
    return ColumnSettings(column, fields)


def element_value(table: Place, it: Any) -> Value:
    """An element as the schema's value has it."""
    if not isinstance(it, Element):
        it = Element(it)
    return said(
        **_subject(table, it.what),
        operator_class=it.operator_class,
        collation=it.collation and {"name": it.collation},
        direction=None if it.order == "asc" else it.order,
        nulls=it.nulls,
    )


def _subject(table: Place, what: Any) -> Value:
    if not isinstance(what, str | Fragment) and callable(what):
        what = what(table.model)
    columns = table.model.__table__.columns
    if isinstance(what, str):
        if what in columns or what in [it.name for it in columns.values()]:
            return {"column": table.column(what)}
        return {"expression": what}
    if getattr(what, "definition", None) is not None:
        return {"column": what.name}
    return {"expression": table.expression(what)}


def options_value(options: Mapping[str, Any] | None) -> dict[str, str]:
    """Storage parameters as texts."""
    if options is None:
        return {}
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in options.items()
    }
