"""Random tables with rows, what becomes of them in the next release, and two programs that write.

Every value is told apart from all others, so that one that is lost, or another's, is found.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

# what a type may become without a question, and is a matter of the catalog, or of several deploys
WIDER = {
    "smallint": ("integer", "bigint"),
    "integer": ("bigint", "numeric", "text"),
    "bigint": ("numeric", "text"),
    "numeric(8,2)": ("numeric(10,2)", "numeric"),
    "varchar(40)": ("varchar(60)", "text"),
    "uuid": ("text",),
    "text": (),
    "date": (),
}


def value(kind: str, number: int) -> str:
    """A value of the type as text, another for each number."""
    if kind == "date":
        return f"{2000 + number // 300}-{1 + number % 12:02}-{1 + number // 12 % 25:02}"
    if kind == "uuid":
        return str(uuid.UUID(int=number))
    if kind.startswith("numeric("):
        return f"{number}.25"
    return f"it's {number}" if kind in ("text", "varchar(40)") else str(number)


@dataclass
class Column:
    """A column, and which one of the release before it was."""

    name: str
    kind: str
    values: str
    """The type of the release before, which may still be there."""
    not_null: bool = False
    default: str | None = None
    origin: str | None = None
    """Its name in the release before; None if it is new."""
    index: str = ""
    """`index`, `unique`, `check` or nothing."""

    @property
    def sql(self) -> str:
        """As it is declared."""
        text = f"{self.name} {self.kind}"
        text += f" default {self.default}" if self.default is not None else ""
        return text + (" not null" if self.not_null else "")


@dataclass
class Table:
    """A table with an `id`."""

    name: str
    was: str
    columns: list[Column]
    key: str = "integer"
    parts: bool = False
    reference: str | None = None
    """The table that `ref` leads to."""

    @property
    def sql(self) -> str:
        """The statements that make it."""
        own = [f"id {self.key} not null", *(it.sql for it in self.columns), "primary key (id)"]
        if self.reference:
            own.insert(1, f"ref {self.key} references {self.reference}")
        tail = " partition by range (id)" if self.parts else ""
        made = [f"create table {self.name} ({', '.join(own)}){tail}"]
        if self.parts:
            bounds = {"a": "minvalue) to (10", "b": "10) to (maxvalue"}
            made += [
                f"create table {self.was}_{part} partition of {self.name} for values from ({it})"
                for part, it in bounds.items()
            ]
        for it in self.columns:
            if it.index == "check":
                made.append(
                    f"alter table {self.name} add constraint {self.was}_{it.name}_c"
                    f" check ({it.name}::text <> '-5')"
                )
            elif it.index:
                unique = "unique " if it.index == "unique" and not self.parts else ""
                made.append(
                    f"create {unique}index {self.was}_{it.name}_i on {self.name} ({it.name})"
                )
        return "; ".join(made)


@dataclass
class Release:
    """The tables as a program knows them."""

    tables: list[Table]

    @property
    def sql(self) -> list[str]:
        """The statements that make it."""
        return [it.sql for it in self.tables]


def first(rng: random.Random) -> Release:
    """A release."""
    tables = []
    for number in range(3):
        name = f"t{number}"
        columns = []
        for place in range(rng.randint(2, 4)):
            kind = rng.choice(list(WIDER))
            default = f"'{value(kind, 0)}'".replace("it's", "it") if rng.random() < 0.4 else None
            columns.append(
                Column(
                    f"c{place}",
                    kind,
                    kind,
                    origin=f"c{place}",
                    not_null=rng.random() < 0.4,
                    default=default,
                    index=rng.choice(["", "", "index", "unique", "check"]),
                )
            )
        for it in columns:
            if it.index == "unique":  # who leaves it out writes the default
                it.default = None
        tables.append(
            Table(name, name, columns, parts=number == 2, reference="t0" if number == 1 else None)
        )
    return Release(tables)


def second(rng: random.Random, before: Release, renames: float = 0.2) -> Release:
    """The release after it; a part of its tables has another name."""
    key = rng.choice(["integer", "integer", "bigint"])
    names = {
        it.name: it.name if rng.random() >= renames else f"{it.name}_new" for it in before.tables
    }
    tables = []
    for table in before.tables:
        columns = [made for it in table.columns if (made := _changed(rng, it)) is not None]
        if rng.random() < 0.6:
            columns.append(_added(rng))
        tables.append(
            replace(
                table,
                name=names[table.name],
                columns=columns,
                key=table.key if table.parts else key,
                reference=names[table.reference] if table.reference else None,
            )
        )
    return Release(tables)


def _changed(rng: random.Random, it: Column) -> Column | None:  # noqa: PLR0911
    what = rng.choice(["same", "same", "rename", "type", "null", "index", "drop", "default"])
    after = replace(it, origin=it.name)
    match what:
        case "drop" if it.default is not None or not it.not_null:
            # one that must be given stands in the way of the new program until it is gone
            return None
        case "rename":
            return replace(after, name=f"{it.name}_new")
        case "type" if WIDER[it.kind] and it.default is None:
            return replace(after, kind=rng.choice(WIDER[it.kind]))
        case "null" if it.index != "unique":
            return replace(after, not_null=not it.not_null)
        case "index":
            known = ["index", "check"] if it.default or it.not_null else ["index", "unique"]
            return replace(after, index="" if it.index else rng.choice(known))
        case "default" if it.index != "unique":
            default = None if it.default else f"'{value(it.kind, 9)}'".replace("it's", "it")
            return replace(after, default=default)
    return after


def _added(rng: random.Random) -> Column:
    kind, default = rng.choice(
        [("integer", "7"), ("text", "'new'"), ("uuid", "gen_random_uuid()"), ("integer", None)]
    )
    not_null = default is not None and rng.random() < 0.6
    return Column("added", kind, kind, not_null=not_null, default=default)


@dataclass
class Oracle:
    """What the columns of the first release hold, by table and key; who writes, tells it."""

    rng: random.Random
    number: int = 0
    rows: dict[str, dict[int, dict[str, str | None]]] = field(default_factory=dict)

    def inserted(self, table: Table) -> str:
        """A statement for a row that a program of this release adds."""
        self.number += 1
        key = self.number
        names, values = ["id"], [str(key)]
        row: dict[str, str | None] = {}
        for it in table.columns:
            is_left_out = it.default is not None and self.rng.random() < 0.3
            if is_left_out:
                continue
            given = self._value(it)
            names.append(it.name)
            values.append("null" if given is None else quoted(given))
            if it.origin is not None:
                row[it.origin] = given
        if table.reference:
            known = list(self.rows["t0"])
            names.append("ref")
            values.append(str(self.rng.choice(known)))
            row["ref"] = values[-1]
        self.rows.setdefault(table.was, {})[key] = row
        return f"insert into {table.name} ({', '.join(names)}) values ({', '.join(values)})"

    def updated(self, table: Table) -> str:
        """A statement for a row that one of this release changes."""
        row = self.rng.choice(list(self.rows[table.was]))
        kept = [it for it in table.columns if it.origin is not None]
        if not kept:
            return "select"
        it = self.rng.choice(kept)
        given = self._value(it)
        assert it.origin is not None
        self.rows[table.was][row][it.origin] = given
        said = "null" if given is None else quoted(given)
        return f"update {table.name} set {it.name} = {said} where id = {row}"

    def _value(self, it: Column) -> str | None:
        if not it.not_null and self.rng.random() < 0.25:
            return None
        self.number += 1
        return value(it.values, self.number)


def quoted(text: str) -> str:
    """A literal."""
    return "'" + text.replace("'", "''") + "'"
