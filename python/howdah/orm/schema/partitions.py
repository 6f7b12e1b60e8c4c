"""Partitions: how a table's rows are distributed, its partitions, and making them ahead of time.

Does IO in `partitions_ahead` alone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from howdah._native import quote_identifier as quoted
from howdah.errors import ProgrammingError
from howdah.orm.schema.base import (
    Declared,
    Place,
    Value,
    constant,
    foreign_value,
    name_value,
    said,
)
from howdah.orm.schema.indexes import options_value
from howdah.orm.schema.running import run
from howdah.orm.statements.base import UNKNOWN_TABLES, Write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from howdah.orm.models import Model
    from howdah.orm.statements.base import Steps

Method = Literal["range", "list", "hash"]
Period = Literal["hour", "day", "week", "month", "quarter", "year"]


@dataclass(frozen=True)
class PartitionBy(Declared):
    """How a table's rows are distributed over partitions."""

    method: Method
    keys: tuple[Any, ...]

    def add_to_table(self, table: Place) -> None:
        """Put it into the value of a model's table."""
        table.value["partition_by"] = self.value(table)

    def value(self, table: Place) -> Value:
        """As the schema's value has it."""
        return {"method": self.method, "keys": ", ".join(_key(table, it) for it in self.keys)}


def _key(table: Place, key: Any) -> str:
    if not isinstance(key, str):
        return f"({table.expression(key)})"
    columns = table.model.__table__.columns
    if key in columns or key in [it.name for it in columns.values()]:
        return quoted(table.column(key))
    return key


def partition_by(method: Method, *keys: Any) -> PartitionBy:
    """How rows are distributed: `partition_by("range", "taken_at")`.

    Each key is a column's name, or an expression. The primary key must have all columns among them.
    """
    return PartitionBy(method, keys)


@dataclass(frozen=True)
class Partition(Declared):
    """A partition of the model's table."""

    name: str
    bounds: str
    schema: str | None = None
    partition_by: PartitionBy | None = None
    partitions: Sequence[Partition] = ()
    declare: Sequence[Declared] = ()
    with_: dict[str, Any] | None = None
    server: str | None = None
    server_options: dict[str, Any] | None = None
    unlogged: bool = False
    tablespace: str | None = None
    comment: str | None = None

    def add_to_table(self, table: Place) -> None:
        """Put it into the schema beside the model's table."""
        parent = table.value["name"]
        schema = self.schema or parent.get("schema")
        table.schema.name_schema(schema)
        value = said(
            name=name_value(self.name, schema),
            partition_of={"parent": parent, "bounds": self.bounds},
            partition_by=self.partition_by and self.partition_by.value(table),
            options=options_value(self.with_),
            foreign=foreign_value(self.server, self.server_options),
            unlogged=self.unlogged,
            tablespace=self.tablespace,
            comment=self.comment,
        )
        table.schema.add("tables", value)
        place = Place(table.schema, table.model, value)
        for part in (*self.declare, *self.partitions):
            part.add_to_table(place)


def partition(
    name: str,
    bounds: str | None = None,
    *,
    start: Any = None,
    end: Any = None,
    values: Sequence[Any] | None = None,
    modulus: int | None = None,
    remainder: int | None = None,
    **options: Any,
) -> Partition:
    """A partition, by its bounds.

    - of ranges: `partition("reading_2026", start=date(2026, 1, 1), end=date(2027, 1, 1))`; the end
      is not in it
    - of lists: `partition("reading_eu", values=["de", "fr"])`
    - of hashes: `partition("reading_0", modulus=4, remainder=0)`
    - of all other rows: `partition("reading_rest", "default")`
    - any, in SQL: `partition("reading_a", "for values from (1, 'a') to (2, 'a')")`

    Options: `schema`, `partition_by` and `partitions` (partitions of its own), `declare` (indexes
    and constraints of its own), `server` and `server_options` (it is a foreign table there),
    `with_`, `unlogged`, `tablespace`, `comment`.
    """
    if bounds is None:
        if start is not None or end is not None:
            bounds = f"for values from ({_bound(start)}) to ({_bound(end, 'maxvalue')})"
        elif values is not None:
            bounds = f"for values in ({', '.join(map(_constant, values))})"
        elif modulus is not None and remainder is not None:
            bounds = f"for values with (modulus {modulus}, remainder {remainder})"
        else:
            raise ProgrammingError(
                f"the partition `{name}` has no bounds",
                hint='`start=` and `end=`, `values=`, `modulus=` and `remainder=`, or `"default"`',
            )
    return Partition(name, bounds, **options)


def _bound(value: Any, endless: str = "minvalue") -> str:
    return endless if value is None else _constant(value)


def _constant(value: Any) -> str:
    text = constant(value)
    return text.partition("::")[0] if text.startswith("'") else text


def partitions_ahead(
    on: Any,
    model: type[Model],
    every: Period,
    *,
    ahead: int = 3,
    start: dt.date | None = None,
    name: str | None = None,
) -> Any:
    """Make the partition of the running period and the next ones, where they are not there yet.

    `on` is what runs it: a connection, transaction or database, of either world; awaited under
    asyncio. To be called
    regularly: `partitions_ahead(db, Reading, "month", ahead=3)` makes `reading_2026_11` to
    `reading_2027_02`.

    - `start`: a day of the first period, today by default (in UTC)
    - `name`: the names' pattern, of `str.format` with `start`: `"reading_{start:%Y_%m}"`
    """
    return run(on, _ahead_steps(model, every, ahead, start, name))


def _ahead_steps(
    model: type[Model], every: Period, ahead: int, start: dt.date | None, name: str | None
) -> Steps:
    script = ";\n".join(statements_ahead(model, every, ahead, start=start, name=name))
    yield Write(lambda conn: conn.execute(script), UNKNOWN_TABLES)


def statements_ahead(
    model: type[Model],
    every: Period,
    ahead: int,
    *,
    start: dt.date | None = None,
    name: str | None = None,
) -> list[str]:
    """The statements of `partitions_ahead`."""
    table = model.__table__
    now = dt.datetime.now(dt.UTC)
    if start is not None:
        now = dt.datetime(start.year, start.month, start.day, tzinfo=dt.UTC)
    pattern = name or f"{table.name}_{{start:{_NAMES[every]}}}"
    statements = []
    begin = _begin(now, every)
    for _ in range(ahead + 1):
        end = _next(begin, every)
        child = quoted(pattern.format(start=begin))
        child = f"{quoted(table.schema)}.{child}" if table.schema else child
        low, high = (_written(it, every) for it in (begin, end))
        statements.append(
            f"create table if not exists {child} partition of {table.sql_name} "
            f"for values from ('{low}') to ('{high}')"
        )
        begin = end
    return statements


_NAMES = {
    "hour": "%Y_%m_%d_%H",
    "day": "%Y_%m_%d",
    "week": "%G_w%V",
    "month": "%Y_%m",
    "quarter": "%Y_%m",
    "year": "%Y",
}


def _written(moment: dt.datetime, every: Period) -> str:
    # a day is the same text for `date` and, in the session's zone, for `timestamptz`
    return moment.strftime("%Y-%m-%d %H:00:00+00" if every == "hour" else "%Y-%m-%d")


def _begin(moment: dt.datetime, every: Period) -> dt.datetime:
    """The first moment of the period."""
    moment = moment.replace(minute=0, second=0, microsecond=0)
    if every == "hour":
        return moment
    moment = moment.replace(hour=0)
    if every == "week":
        return moment - dt.timedelta(days=moment.weekday())
    if every == "quarter":
        return moment.replace(day=1, month=(moment.month - 1) // 3 * 3 + 1)
    if every in {"month", "year"}:
        return moment.replace(day=1, month=moment.month if every == "month" else 1)
    return moment


def _next(begin: dt.datetime, every: Period) -> dt.datetime:
    """The first moment of the next period."""
    steps = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(1), "week": dt.timedelta(7)}
    if every in steps:
        return begin + steps[every]
    months = {"month": 1, "quarter": 3, "year": 12}[every]
    count = begin.year * 12 + begin.month - 1 + months
    return begin.replace(year=count // 12, month=count % 12 + 1)
