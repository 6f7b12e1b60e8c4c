"""What has been applied to a database: the schema `howdah_history` in it.

Asks the connection that it is given. Called by the runner, and for `--sql`, where the statements
are printed instead. Invariant: progress is recorded in the transaction of the work itself where
there is one; where there is none, a step is recorded as begun before and as done after it.
"""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from howdah import _native, sql

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from howdah.connection import Connection
    from howdah.migrations.model import Migration, Step

Direction: TypeAlias = Literal["up", "down"]

SCHEMA = "howdah_history"
"""Not `howdah`: a role of that name, as that of howdah's own servers, would have it as `"$user"` in
its search path, and make tables there."""

CREATE = """\
do $$ begin
    -- where it is there, nobody needs the right to make it
    if pg_catalog.to_regnamespace('howdah_history') is null then
        create schema howdah_history;
        comment on schema howdah_history is 'what howdah has done to this database';
    end if;
end $$;
create table if not exists howdah_history.migration (
    name text primary key,
    place bigint generated always as identity,
    checksum text not null,
    state text not null check (state in ('begun', 'applied', 'reverting')),
    begun_at timestamptz not null default pg_catalog.clock_timestamp(),
    applied_at timestamptz,
    seconds double precision not null default 0,
    role text not null default session_user,
    client text not null,
    howdah text not null
);
create table if not exists howdah_history.migration_step (
    migration text not null references howdah_history.migration on delete cascade,
    direction text not null check (direction in ('up', 'down')),
    number int not null,
    checksum text not null,
    state text not null check (state in ('begun', 'done')),
    position text[],
    rows bigint not null default 0,
    begun_at timestamptz not null default pg_catalog.clock_timestamp(),
    done_at timestamptz,
    primary key (migration, direction, number)
);
create table if not exists howdah_history.migration_log (
    at timestamptz not null default pg_catalog.clock_timestamp(),
    migration text not null,
    event text not null check (event in ('applied', 'reverted', 'recorded', 'squashed')),
    seconds double precision,
    role text not null default session_user,
    client text not null,
    howdah text not null
)"""


@dataclass
class StepRecord:
    """How far a step came."""

    state: Literal["begun", "done"]
    checksum: str
    position: list[str] | None
    """Where a step in batches stands: the last key, as SQL writes it."""
    rows: int


@dataclass
class Record:
    """What is known of a migration that was applied, in whole or in part."""

    name: str
    checksum: str
    state: Literal["begun", "applied", "reverting"]
    begun_at: dt.datetime
    applied_at: dt.datetime | None
    seconds: float
    role: str
    client: str
    howdah: str
    steps: dict[tuple[Direction, int], StepRecord] = field(default_factory=dict)

    def is_done(self, direction: Direction, number: int) -> bool:
        """Whether the step has been done."""
        step = self.steps.get((direction, number))
        return step is not None and step.state == "done"


def exists(conn: Connection) -> bool:
    """Whether the database has a history."""
    found = conn.fetch_value(
        "select pg_catalog.to_regclass('howdah_history.migration') is not null"
    )
    return bool(found)


def read(conn: Connection) -> dict[str, Record]:
    """All records, in the order in which the migrations were begun."""
    if not exists(conn):
        return {}
    columns = "name, checksum, state, begun_at, applied_at, seconds, role, client, howdah"
    rows = conn.fetch(f"select {columns} from howdah_history.migration order by place")
    records = {row.name: Record(*row) for row in rows}
    steps = conn.fetch(
        "select migration, direction, number, state, checksum, position, rows "
        "from howdah_history.migration_step"
    )
    for migration, direction, number, *rest in steps:
        records[migration].steps[direction, number] = StepRecord(*rest)
    return records


def renamed(records: dict[str, Record], migrations: Sequence[Migration]) -> dict[str, Migration]:
    """Migrations whose files have another name now, by the name under which they were applied."""
    names = {name for it in migrations for name in (it.name, *it.replaces)}
    gone = [it for it in records.values() if it.name not in names]
    new = [it for it in migrations if it.name not in records]
    found = ((it.name, next((m for m in new if _is_same(it, m)), None)) for it in gone)
    return {name: migration for name, migration in found if migration is not None}


def adopted(records: dict[str, Record], migrations: Sequence[Migration]) -> dict[str, Record]:
    """The records as they will be: with the names of now, and squashed ones for many."""
    records = dict(records)
    for name, migration in renamed(records, migrations).items():
        records[migration.name] = replace(records.pop(name), name=migration.name)
    for migration in migrations:
        old = [records.get(name) for name in migration.replaces]
        if old and all(it is not None and it.state == "applied" for it in old):
            last = records[migration.replaces[-1]]
            for name in migration.replaces:
                del records[name]
            records[migration.name] = replace(
                last, name=migration.name, checksum=migration.checksum, steps={}
            )
    return records


def _is_same(record: Record, migration: Migration) -> bool:
    """Whether the files are equal, or the steps that have run are."""
    if record.checksum == migration.checksum:
        return True
    done = {number: it for (direction, number), it in record.steps.items() if direction == "up"}
    return bool(done) and [it.checksum for it in migration.up] == [
        done[number].checksum for number in sorted(done)
    ]


def called(old: str, migration: Migration) -> str:
    """SQL: it has another name now."""
    before, after = literals(old, migration.name)
    columns = "checksum, state, begun_at, applied_at, seconds, role, client, howdah"
    return (
        f"insert into howdah_history.migration (name, {columns}) "
        f"select {after}, {columns} from howdah_history.migration where name = {before};\n"
        f"update howdah_history.migration_step set migration = {after} "
        f"where migration = {before};\n"
        f"delete from howdah_history.migration where name = {before}"
    )


def began(migration: Migration) -> str:
    """SQL: the migration is being applied."""
    values = literals(migration.name, migration.checksum, client(), _native.version)
    return (
        "insert into howdah_history.migration (name, checksum, state, client, howdah) "
        f"values ({values[0]}, {values[1]}, 'begun', {values[2]}, {values[3]}) "
        "on conflict (name) do update set checksum = excluded.checksum"
    )


def applied(migration: Migration, event: str = "applied") -> str:
    """SQL: all of its steps are done."""
    name, checksum = literals(migration.name, migration.checksum)
    return (
        "update howdah_history.migration set state = 'applied', "
        "applied_at = pg_catalog.clock_timestamp(), "
        f"checksum = {checksum} where name = {name};\n" + _log(migration.name, event)
    )


def reverting(migration: Migration) -> str:
    """SQL: it is being undone."""
    [name] = literals(migration.name)
    return f"update howdah_history.migration set state = 'reverting' where name = {name}"


def reverted(migration: Migration) -> str:
    """SQL: it has been undone."""
    [name] = literals(migration.name)
    return _log(migration.name, "reverted") + (
        f";\ndelete from howdah_history.migration where name = {name}"
    )


def squashed(migration: Migration) -> str:
    """SQL: what it replaces had been applied, so it counts as applied instead."""
    names = ", ".join(literals(*migration.replaces))
    return (
        f"{began(migration)};\n{applied(migration, 'squashed')};\n"
        f"delete from howdah_history.migration where name in ({names})"
    )


def spent(migration: Migration, seconds: float) -> str:
    """SQL: time that was spent on it."""
    [name] = literals(migration.name)
    return (
        f"update howdah_history.migration set seconds = seconds + {seconds:.6f} where name = {name}"
    )


def step_began(migration: Migration, direction: Direction, step: Step) -> str:
    """SQL: a step that is not one transaction has been begun."""
    return _step(migration, direction, step, "begun")


def step_done(migration: Migration, direction: Direction, step: Step) -> str:
    """SQL: the step is done."""
    return _step(migration, direction, step, "done")


def step_failed(migration: Migration, direction: Direction, step: Step) -> str:
    """SQL: the step took no effect."""
    return "delete from howdah_history.migration_step" + of_step(migration, direction, step)


def moved(
    migration: Migration, direction: Direction, step: Step, position: Sequence[str], rows: int
) -> str:
    """SQL: a step in batches came so far, by so many rows more."""
    keys = ", ".join(literals(*position))
    return moved_to(migration, direction, step, f"array[{keys}]::text[]", str(rows))


def moved_to(
    migration: Migration, direction: Direction, step: Step, position: str, rows: str
) -> str:
    """SQL: the same, with expressions for both."""
    return (
        f"update howdah_history.migration_step set position = {position}, rows = rows + {rows}"
        + of_step(migration, direction, step)
    )


def of_step(migration: Migration, direction: Direction, step: Step) -> str:
    """SQL: the condition for the record of a step."""
    [name] = literals(migration.name)
    return f" where migration = {name} and direction = '{direction}' and number = {step.number}"


def literals(*values: str) -> list[str]:
    """Texts as SQL writes them."""
    return [str(sql.Literal(value)).strip() for value in values]


def client() -> str:
    """Who runs this, on which machine."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's number without a name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def _step(migration: Migration, direction: Direction, step: Step, state: str) -> str:
    name, checksum = literals(migration.name, step.checksum)
    done = "pg_catalog.clock_timestamp()" if state == "done" else "null"
    # what had been begun with other statements begins anew
    fresh = "case when s.checksum = excluded.checksum then s.position end"
    return (
        "insert into howdah_history.migration_step as s "
        "(migration, direction, number, checksum, state, done_at) "
        f"values ({name}, '{direction}', {step.number}, {checksum}, '{state}', {done}) "
        "on conflict (migration, direction, number) do update set state = excluded.state, "
        f"checksum = excluded.checksum, done_at = excluded.done_at, position = {fresh}"
    )


def _log(name: str, event: str) -> str:
    values = ", ".join(literals(name, event, client(), _native.version))
    seconds = f"select seconds from howdah_history.migration where name = {literals(name)[0]}"
    return (
        "insert into howdah_history.migration_log (migration, event, client, howdah, seconds) "
        f"select {values}, ({seconds})"
    )
