"""Constraints that a model declares. No IO."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from howdah.errors import ProgrammingError
from howdah.orm.schema.base import Declared, Expression, Place, Value, name_value, said
from howdah.orm.schema.indexes import element_value, options_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from howdah.orm.columns import Action


@dataclass(frozen=True)
class Constraint(Declared):
    """A constraint of a table."""

    name: str | None
    write: Callable[[Place], Value]
    deferrable: bool = False
    initially_deferred: bool = False
    not_valid: bool = False
    not_enforced: bool = False
    comment: str | None = None

    def add_to_table(self, table: Place) -> None:
        """Put it into the value of a model's table."""
        common = said(
            name=self.name,
            deferral=deferral(self.deferrable, self.initially_deferred),
            not_valid=self.not_valid,
            not_enforced=self.not_enforced,
            comment=self.comment,
        )
        table.add("constraints", {**common, **self.write(table)})


def deferral(deferrable: bool, initially_deferred: bool) -> str | None:  # noqa: FBT001
    """When a constraint is checked, as the schema's value says it."""
    if initially_deferred:
        return "initially_deferred"
    return "deferrable" if deferrable else None


def unique(
    *columns: Any,
    name: str | None = None,
    include: Sequence[Any] = (),
    nulls_not_distinct: bool = False,
    without_overlaps: bool = False,
    with_: Mapping[str, Any] | None = None,
    deferrable: bool = False,
    initially_deferred: bool = False,
    comment: str | None = None,
) -> Constraint:
    """No two rows have the same values: `unique("author_id", "title")`.

    - `include`: columns that its index has beside them.
    - `nulls_not_distinct`: two nulls are the same value (PostgreSQL 15).
    - `without_overlaps`: the last column is a range, and ranges of equal keys do not overlap
      (PostgreSQL 18).
    """

    def write(table: Place) -> Value:
        return said(
            kind="unique",
            columns=table.columns(columns),
            include=table.columns(include),
            nulls_not_distinct=nulls_not_distinct,
            without_overlaps=without_overlaps,
            options=options_value(with_),
        )

    return Constraint(name, write, deferrable, initially_deferred, comment=comment)


@dataclass(frozen=True)
class PrimaryKey(Declared):
    """What is to be said of the primary key beside its columns."""

    fields: Value

    def add_to_table(self, table: Place) -> None:
        """Put it into the value of a model's table, which has the key already."""
        keys = [it for it in table.value.get("constraints", ()) if it["kind"] == "primary_key"]
        if not keys:
            raise ProgrammingError(
                f"`{table.model.__name__}` has no primary key",
                hint="`primary_key=True` of its columns says which they are",
            )
        keys[0].update({**self.fields, "include": table.columns(self.fields.get("include", ()))})


def primary_key(
    *,
    name: str | None = None,
    include: Sequence[Any] = (),
    without_overlaps: bool = False,
    with_: Mapping[str, Any] | None = None,
    deferrable: bool = False,
    initially_deferred: bool = False,
    comment: str | None = None,
) -> PrimaryKey:
    """What is to be said of the primary key; its columns say `primary_key=True`.

    - `include`: columns that its index has beside them.
    - `without_overlaps`: the last column is a range, and ranges of equal keys do not overlap
      (PostgreSQL 18).
    - `with_`: storage parameters of its index.
    """
    return PrimaryKey(
        said(
            name=name,
            include=list(include),
            without_overlaps=without_overlaps,
            options=options_value(with_),
            deferral=deferral(deferrable, initially_deferred),
            comment=comment,
        )
    )


def check(
    condition: Expression,
    *,
    name: str | None = None,
    no_inherit: bool = False,
    not_valid: bool = False,
    not_enforced: bool = False,
    comment: str | None = None,
) -> Constraint:
    """A condition that no row makes false: `check(lambda book: book.price >= 0)`, or SQL.

    With `not_valid`, rows that exist are not looked at; with `not_enforced` (PostgreSQL 18) none
    is.
    """

    def write(table: Place) -> Value:
        expression = table.expression(condition)
        return said(kind="check", expression=expression, no_inherit=no_inherit)

    return Constraint(name, write, not_valid=not_valid, not_enforced=not_enforced, comment=comment)


def exclude(
    *compared: tuple[Any, str],
    using: str = "gist",
    where: Expression | None = None,
    name: str | None = None,
    include: Sequence[Any] = (),
    with_: Mapping[str, Any] | None = None,
    deferrable: bool = False,
    initially_deferred: bool = False,
    comment: str | None = None,
) -> Constraint:
    """No two rows compare true by all operators: `exclude(("room", "="), ("during", "&&"))`.

    The first of each pair is a column, an expression or an `element(…)`. Comparing numbers or
    texts by `gist` takes the extension `btree_gist`.
    """

    def write(table: Place) -> Value:
        return said(
            kind="exclude",
            method=using,
            elements=[element_value(table, it) for it, _ in compared],
            operators=[operator for _, operator in compared],
            include=table.columns(include),
            predicate=None if where is None else table.expression(where),
            options=options_value(with_),
        )

    return Constraint(name, write, deferrable, initially_deferred, comment=comment)


def foreign_key(  # noqa: PLR0913 (what PostgreSQL has)
    columns: Sequence[Any],
    references: Callable[[], Any] | str,
    referenced_columns: Sequence[str] = (),
    *,
    on_delete: Action = "no action",
    on_update: Action = "no action",
    on_delete_columns: Sequence[Any] = (),
    match_full: bool = False,
    period: bool = False,
    deferrable: bool = False,
    initially_deferred: bool = False,
    not_valid: bool = False,
    not_enforced: bool = False,
    name: str | None = None,
    comment: str | None = None,
) -> Constraint:
    """A foreign key of several columns.

    `foreign_key(["shop_id", "number"], lambda: (Order.shop_id, Order.number),
    on_delete="cascade")`; or the table's name
    with its columns: `foreign_key(["a", "b"], "app.order", ["shop_id", "number"])`.

    - `on_delete_columns`: those that `set null` or `set default` concerns (PostgreSQL 15).
    - `period`: the last column is a range that ranges of the other table cover (PostgreSQL 18).
    """

    def write(table: Place) -> Value:
        other, theirs = _referenced(table, references, referenced_columns)
        return said(
            kind="foreign_key",
            columns=table.columns(columns),
            references=other,
            referenced_columns=theirs,
            on_delete=None if on_delete == "no action" else on_delete,
            on_update=None if on_update == "no action" else on_update,
            on_delete_columns=table.columns(on_delete_columns),
            match_full=match_full,
            period=period,
        )

    return Constraint(name, write, deferrable, initially_deferred, not_valid, not_enforced, comment)


def _referenced(
    place: Place, references: Callable[[], Any] | str, columns: Sequence[str]
) -> tuple[Value, list[str]]:
    if isinstance(references, str):
        return name_value(references), list(columns)
    from howdah.orm.tables import owner_of

    found = references()
    found = found if isinstance(found, tuple) else (found,)
    owners = {owner_of(column) for column in found}
    if len(owners) != 1:
        raise ProgrammingError("the columns that a foreign key names are of one table")
    model = owners.pop()
    place.schema.refer(model)
    table = model.__table__
    return name_value(table.name, table.schema), [column.name for column in found]
