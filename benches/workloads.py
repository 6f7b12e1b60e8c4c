"""What is asked: statements, their parameters and the tables behind them.

No IO but `create_tables`, which fills the tables through whichever connection it is handed. Called
by `worlds` and `__main__`. Invariant: every driver runs the same statement on the same rows; only
the placeholder is spelled in the driver's way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Group: TypeAlias = Literal["query", "per value", "task"]


@dataclass(frozen=True)
class Workload:
    """One statement, asked again and again."""

    name: str
    sql: str  # with $1 for the parameter
    rows: int
    parameters: tuple[int, ...] = ()
    single_value: bool = False  # asked with the driver's call for one value
    group: Group = "query"
    values: int = 0  # values per answer, where the price of one value is wanted

    @property
    def pyformat(self) -> str:
        """The statement with `%s` for `$1`."""
        return self.sql.replace("$1", "%s")


QUERIES = (
    Workload("single row", "select $1::int4", 1, (7,), single_value=True),
    Workload("1,000 integer rows", "select id from bench_text", 1000),
    Workload("1,000 rows x 8 types", "select * from bench_mixed", 1000),
    Workload("1,000 jsonb objects", "select document from bench_json", 1000),
    Workload(
        "600 rows x 12 of pg_type",
        "select typname, typnamespace, typowner, typlen, typbyval, typcategory, typispreferred,"
        " typisdefined, typdelim, typrelid, typelem, typarray"
        " from (select * from pg_type union all select * from pg_type) t limit 600",
        600,
    ),
    Workload("1,000 rows x 2 texts", "select name, place from bench_text", 1000),
    Workload("100 arrays of 100 int4", "select numbers from bench_arrays", 100),
    Workload("1,000 timestamptz", "select at from bench_mixed", 1000),
)

EXECUTEMANY = "executemany of 1,000"
POOL = "pool: acquire, query, release"
PIPELINE = "pipeline of 100"
TASKS_AT_ONCE = "ten tasks at once"
CONNECT = "connect by SCRAM, one query, close"

# What `tasks` does; not every world has all of them.
TASKS = tuple(
    Workload(name, "", 1, single_value=True, group="task")
    for name in (EXECUTEMANY, POOL, TASKS_AT_ONCE, PIPELINE, CONNECT)
)

# Columns of bench_values; the price of one value of each type, row included.
VALUE_TYPES = {
    "bool": "i % 2 = 0",
    "int4": "i * 1000",
    "int8": "i * 10000000000",
    "float8": "i / 7.0",
    "numeric": "(i * 1234567.89)::numeric(18,2)",
    "text": "'value number ' || i",
    "bytea": "sha256(i::text::bytea)",
    "date": "date '2020-01-01' + i",
    "time": "time '00:00:01' + i * interval '1 second 1 millisecond'",
    "timestamp": "timestamp '2020-01-01 10:00:00.123456' + i * interval '1 hour'",
    "timestamptz": "timestamptz '2020-01-01 10:00:00.123456+00' + i * interval '1 hour'",
    "interval": "i * interval '1 hour 2.5 seconds'",
    "uuid": "md5(i::text)::uuid",
    "jsonb": "jsonb_build_object('id', i, 'name', 'n' || i, 'ok', true)",
    "inet": "('10.0.' || i % 256 || '.' || i % 200)::inet",
}

VALUES = tuple(
    Workload(name, f'select "{name}" from bench_values', 1000, group="per value", values=1000)
    for name in VALUE_TYPES
)

ALL = QUERIES + TASKS + VALUES

_TABLES = (
    "create table bench_text as select i as id, 'customer number ' || i as name,"
    " 'street ' || i % 97 || ', town ' || i % 31 as place from generate_series(1, 1000) i",
    "create table bench_mixed as select i::int8 as id, 'text of row ' || i as name,"
    " (i * 1234.56)::numeric(12,2) as price,"
    " timestamptz '2024-03-01 10:00:00.123456+00' + i * interval '37 minutes' as at,"
    " date '2020-01-01' + i as day, md5(i::text)::uuid as key, i % 2 = 0 as flag,"
    " (i / 7.0)::float8 as ratio from generate_series(1, 1000) i",
    "create table bench_json as select jsonb_build_object('id', i, 'name', 'name ' || i,"
    " 'active', i % 2 = 0, 'tags', jsonb_build_array('a', 'b', i), 'score', i / 4.0,"
    " 'address', jsonb_build_object('city', 'Town ' || i % 50, 'zip', (10000 + i)::text))"
    " as document from generate_series(1, 1000) i",
    "create table bench_arrays as select array(select (i * 100 + j)::int4"
    " from generate_series(1, 100) j) as numbers from generate_series(1, 100) i",
    "create table bench_values as select "
    + ", ".join(f'({sql})::{name} as "{name}"' for name, sql in VALUE_TYPES.items())
    + " from generate_series(1, 1000) as i",
    "vacuum analyze",
)


class Executes(Protocol):
    """Anything that runs one statement."""

    def execute(self, query: str, /) -> object:
        """Run `query`."""


def create_tables(connection: Executes) -> None:
    """Fill the tables, in a database that has none of them."""
    for statement in _TABLES:
        connection.execute(statement)


def named(names: Sequence[str]) -> tuple[Workload, ...]:
    """The workloads of these names, all if there are none; `per value` ones as `value:int4`."""
    if not names:
        return ALL
    known = {label(workload): workload for workload in ALL}
    unknown = [name for name in names if name not in known]
    if unknown:
        message = f"unknown workload `{unknown[0]}`; known: {', '.join(known)}"
        raise SystemExit(message)
    return tuple(known[name] for name in names)


def label(workload: Workload) -> str:
    """The name that `named` and the report's JSON use."""
    return f"value:{workload.name}" if workload.group == "per value" else workload.name
