"""What cannot be kept over several servers, refused before anything is made. No IO.

A unique index knows the rows of its own server alone, and a foreign key sees no other server: so
both must have the distribution column in them, which keeps what they compare on one shard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from howdah.errors import ProgrammingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from howdah.orm.models import Model
    from howdah.orm.schema.base import Value

Key = tuple[str | None, str]
"""A table: schema and name."""


@dataclass(frozen=True)
class Distributed:
    """A distributed table."""

    model: Any
    key: Key
    column: str
    """The distribution column, as the database calls it."""

    @classmethod
    def of(cls, model: type[Model]) -> Distributed:
        """The table of a model that says `distribute_by`."""
        table = model.__table__
        assert table.distribution is not None
        return cls(model, (table.schema, table.name), table.columns[table.distribution].name)

    def refuse(self, why: str, hint: str) -> NoReturn:
        """Raise `ProgrammingError`."""
        raise ProgrammingError(
            f"`{self.model.__name__}` is distributed by `{self.column}`: {why}", hint=hint
        )


def key_of(name: Mapping[str, Any]) -> Key:
    """A name of the schema's value."""
    return name.get("schema"), name["name"]


def check(
    tables: Iterable[Value],
    distributed: Mapping[Key, Distributed],
    elsewhere: Mapping[Key, Distributed],
) -> None:
    """Refuse what PostgreSQL could not keep. The names of all constraints are known.

    `elsewhere` are the distributed tables that foreign keys lead to, being made or there already.
    """
    known = {**elsewhere, **distributed}
    for table in tables:
        of = distributed.get(key_of(table["name"]))
        for it in table.get("constraints", ()):
            if it["kind"] == "foreign_key":
                _check_reference(table, of, it, known.get(key_of(it["references"])))
            elif of is not None:
                _check_constraint(of, it)
        if of is not None:
            _check_table(of, table)


def _check_table(of: Distributed, table: Value) -> None:
    column = next(it for it in table["columns"] if it["name"] == of.column)
    if column.get("generated"):
        of.refuse(
            "the column is computed, and PostgreSQL divides by stored columns only",
            "distribute by a column that the program gives",
        )
    definition = next(it for it in of.model.__table__.columns.values() if it.name == of.column)
    if definition.type.enum is not None:
        of.refuse(
            "an enum's labels have other hashes on every server",
            "distribute by a number, a text or a uuid",
        )
    if table.get("partition_by"):
        of.refuse("it has partitions of its own", "leave `partition_by` out: shards are partitions")
    if table.get("inherits"):
        of.refuse("it inherits from another table", "an abstract base shares columns")
    for index in table.get("indexes", ()):
        elements = [it.get("column") for it in index["elements"]]
        if index.get("unique") and of.column not in elements:
            of.refuse(
                f"the unique index `{index['name']}` lacks the column, so two shards could have "
                "the same values",
                f"add `{of.column}` to it, or make it an ordinary index",
            )


def _check_constraint(of: Distributed, it: Value) -> None:
    if it["kind"] in {"primary_key", "unique"} and of.column not in it["columns"]:
        what = "primary key" if it["kind"] == "primary_key" else "unique constraint"
        names = ", ".join(it["columns"])
        key = (of.column, *it["columns"])
        cure = f"primary_key={key!r}" if it["kind"] == "primary_key" else f"unique{key!r}"
        of.refuse(
            f"the {what} ({names}) lacks the column, so two shards could have the same values",
            f"`{cure}`",
        )
    if it["kind"] == "exclude":
        pairs = zip(it["elements"], it["operators"], strict=True)
        if not any(one.get("column") == of.column and by == "=" for one, by in pairs):
            of.refuse(
                f"the exclusion constraint `{it['name']}` does not compare it by `=`, so rows of "
                "two shards could exclude each other",
                f'add `("{of.column}", "=")` to it',
            )


def _check_reference(
    table: Value, of: Distributed | None, it: Value, other: Distributed | None
) -> None:
    if other is None and of is None:
        return
    name, target = it["name"], it["references"]["name"]
    unenforced = (
        "`references(…, enforced=False)` keeps the relation without the database's watching it"
    )
    if of is None:
        raise ProgrammingError(
            f"the foreign key `{name}` of `{table['name']['name']}` leads to the distributed table "
            f"`{target}`, whose rows lie on other servers",
            hint=f"distribute both by the same column; {unenforced}",
        )
    if other is None:
        of.refuse(
            f"the foreign key `{name}` leads to `{target}`, which lies on the coordinator",
            f"distribute `{target}` by the same column, too; {unenforced}",
        )
    columns = it.get("referenced_columns") or [other.column]
    if (of.column, other.column) not in zip(it["columns"], columns, strict=False):
        of.refuse(
            f"the foreign key `{name}` does not lead from it to `{other.column}` of `{target}`, "
            "so the two rows could lie on two shards",
            f"`foreign_key(({of.column!r}, …), lambda: ({other.model.__name__}.{other.column}, "
            f"…))`; {unenforced}",
        )
