"""Migrations as a script for psql: what `up --sql` and `down --sql` print.

No IO. Called by the command. Invariants: the script leaves the catalog and the history of a run;
stopped anywhere and run again it goes on, as a run does, and either goes on where the other was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from howdah import _native
from howdah.migrations import history
from howdah.migrations._deploying import KEY
from howdah.migrations._looping import batches
from howdah.migrations._session import FORGET, SETTINGS
from howdah.migrations._statements import detach, dropped_index, index_build, is_repeatable
from howdah.migrations.errors import MigrationError
from howdah.migrations.history import literals
from howdah.migrations.model import Alone, Backfill, Function, RowBatches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from howdah.migrations._statements import Detach, IndexBuild
    from howdah.migrations.config import Settings
    from howdah.migrations.history import Direction
    from howdah.migrations.model import Migration, Step

_HEAD = rf"""
-- By howdah {_native.version}, for psql 10 or newer: psql -X -f FILE
-- It stops at the first error. Run it again, and it goes on with what is left.
\set ON_ERROR_STOP on
do $$
begin
    -- a session that was cut off takes a moment to end
    for attempt in 1..30 loop
        if pg_catalog.pg_try_advisory_lock({KEY}) then
            return;
        end if;
        perform pg_catalog.pg_sleep(0.1);
    end loop;
    raise exception 'another deploy goes on' using hint = 'run it again afterwards';
end $$;
"""
_LEFTOVER = r"""
select coalesce(i.indisvalid, false) as howdah_is_there,
    coalesce(not i.indisvalid, false) as howdah_is_invalid,
    coalesce(quote_ident(n.nspname) || '.' || quote_ident(c.relname), '') as howdah_name
from (values (1)) as one left join (
    pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
) on i.indrelid = pg_catalog.to_regclass({table}) and c.relname = {name} \gset
"""


def script(
    work: Iterable[tuple[Migration, Direction, Sequence[Step], bool]], settings: Settings
) -> str:
    """The script: migrations with the steps to be run, and whether these are all that is left.

    Raises:
        MigrationError: one of the steps is a function of Python.
    """
    work = list(work)
    lines = [_HEAD.strip(), history.CREATE + ";", *_expected(work)]
    for migration, direction, steps, is_last in work:
        lines += _migration(migration, direction, steps, settings, is_last=is_last)
    lines.append(f"\nselect pg_catalog.pg_advisory_unlock({KEY}) as howdah_is_done \\gset")
    return "\n".join(lines)


def _expected(
    work: Sequence[tuple[Migration, Direction, Sequence[Step], bool]],
) -> list[str]:
    """Stop on a database for which the script was not made."""
    here = {migration.name for migration, *_ in work}
    needed = {
        name
        for migration, direction, *_ in work
        if direction == "up"
        for name in migration.depends
        if name not in here
    }
    steps = [
        f"({', '.join(literals(migration.name, direction, step.checksum))}, {step.number})"
        for migration, direction, steps, _ in work
        for step in steps
    ]
    lines = []
    if needed:
        applied = "select name from howdah_history.migration where state = 'applied'"
        missing = f"unnest(array[{', '.join(literals(*sorted(needed)))}]) as it where it not in"
        lines += _stopped(f"{missing} ({applied})", "what this script follows is not applied here")
    if steps:
        changed = (
            f"(values {', '.join(steps)}) as made (migration, direction, checksum, number) "
            "join howdah_history.migration_step s using (migration, direction, number) "
            "where s.state = 'done' and s.checksum <> made.checksum"
        )
        lines += _stopped(changed, "steps of this script were run here with other statements")
    return lines


def _stopped(rows: str, message: str) -> list[str]:
    """Stop if there are such rows."""
    return [
        _asked("howdah_is_wrong", f"exists (select from {rows})"),
        r"\if :howdah_is_wrong",
        f"do $$ begin raise exception '{message}' using hint = "
        "'print the script for this database: howdah migrate up --sql --url …'; end $$;",
        r"\endif",
    ]


def _migration(
    migration: Migration,
    direction: Direction,
    steps: Sequence[Step],
    settings: Settings,
    *,
    is_last: bool,
) -> list[str]:
    [name] = literals(migration.name)
    known = f"exists (select from howdah_history.migration where name = {name}"
    is_up = direction == "up"
    lines = [
        f"\n-- {' '.join(migration.name.split())}",
        _asked("howdah_is_left", f"not {known} and state = 'applied')" if is_up else f"{known})"),
        r"\if :howdah_is_left",
        "select extract(epoch from pg_catalog.clock_timestamp()) as howdah_begun \\gset",
        (history.began(migration) if is_up else history.reverting(migration)) + ";",
    ]
    for step in steps:
        is_done = f"not {_recorded(migration, direction, step)} and s.state = 'done')"
        lines += [f"\n-- step {step.number}: {step.phase}", _asked("howdah_is_left", is_done)]
        lines += [r"\if :howdah_is_left", *_settings(settings)]
        lines += [*_step(migration, direction, step, settings), r"\endif"]
    seconds = "extract(epoch from pg_catalog.clock_timestamp()) - :howdah_begun"
    lines.append(
        f"\nupdate howdah_history.migration set seconds = seconds + {seconds} where name = {name};"
    )
    if is_last:
        end = history.applied if is_up else history.reverted
        lines.append(f"begin;\n{end(migration)};\ncommit;")
    return [*lines, r"\endif"]


def _step(migration: Migration, direction: Direction, step: Step, settings: Settings) -> list[str]:
    work = step.work
    if isinstance(work, Function | RowBatches):
        raise MigrationError(
            f"`{migration.name}` runs the function `{work.name}`, which is no SQL",
            hint="run it with howdah, up to the migration before with `--sql`",
        )
    if isinstance(work, Alone):
        return _alone(migration, direction, step, work.sql, settings)
    if isinstance(work, Backfill):
        begun = history.step_began(migration, direction, step) + ";"
        return [begun, batches(migration, direction, step, work, settings.rest)]
    done = f"reset role;\n{history.step_done(migration, direction, step)};"
    return ["begin;", *(f"{it};" for it in step.sql), done, "commit;"]


def _alone(
    migration: Migration, direction: Direction, step: Step, sql: str, settings: Settings
) -> list[str]:
    was_begun = f"{_recorded(migration, direction, step)})"
    if build := index_build(sql):
        run = _index(build, sql)
    elif index := dropped_index(sql):
        there = f"pg_catalog.to_regclass({literals(index)[0]}) is not null"
        run = _unless_done(f"not :'howdah_was_begun'::bool or {there}", sql)
    elif gone := detach(sql):
        run = _detach(gone, sql)
    elif is_repeatable(sql):
        run = [f"{sql};"]
    else:
        run = [r"\if :howdah_was_begun", _NOTHING_TELLS, r"\endif", f"{sql};"]
    return [
        _asked("howdah_was_begun", was_begun),
        history.step_began(migration, direction, step) + ";",
        _lock_timeout(settings.concurrent_lock_timeout),
        *run,
        f"reset role;\n{history.step_done(migration, direction, step)};",
    ]


_NOTHING_TELLS = (
    "do $$ begin raise exception 'this was interrupted, and nothing tells whether it took effect' "
    "using hint = 'look, then run `howdah migrate up --interrupted done`, or `again`'; end $$;"
)


def _index(build: IndexBuild, sql: str) -> list[str]:
    """Build it, after what an attempt that failed has left is gone."""
    if build.name is None:  # PostgreSQL makes one up, and nothing tells which
        return [f"{sql};"]
    table, name = literals(build.table, build.name)
    return [
        _LEFTOVER.format(table=table, name=name).strip(),
        r"\if :howdah_is_invalid",
        "drop index concurrently :howdah_name;",
        r"\endif",
        *_unless_done("not (:'howdah_was_begun'::bool and :'howdah_is_there'::bool)", sql),
    ]


def _detach(gone: Detach, sql: str) -> list[str]:
    """Detach it, finish an attempt that was cut off, or do nothing if that was done."""
    parent, partition = literals(gone.parent, gone.partition)
    inherits = (
        f"from pg_catalog.pg_inherits i where i.inhparent = pg_catalog.to_regclass({parent}) "
        f"and i.inhrelid = pg_catalog.to_regclass({partition})"
    )
    pending = "(pg_catalog.to_jsonb(i) ->> 'inhdetachpending')::bool"
    return [
        _asked("howdah_is_cut_off", f"exists (select {inherits} and {pending})"),
        r"\if :howdah_is_cut_off",
        f"alter table {gone.parent} detach partition {gone.partition} finalize;",
        r"\else",
        *_unless_done(f"not :'howdah_was_begun'::bool or exists (select {inherits})", sql),
        r"\endif",
    ]


def _unless_done(is_left: str, sql: str) -> list[str]:
    return [_asked("howdah_is_left", is_left), r"\if :howdah_is_left", f"{sql};", r"\endif"]


def _asked(variable: str, condition: str) -> str:
    """A variable of psql that holds whether something is so."""
    return f"select {condition} as {variable} \\gset"


def _recorded(migration: Migration, direction: Direction, step: Step) -> str:
    """Whether there is a record of the step; without its closing parenthesis."""
    name, checksum = literals(migration.name, step.checksum)
    return (
        "exists (select from howdah_history.migration_step s "
        f"where s.migration = {name} and s.direction = '{direction}' "
        f"and s.number = {step.number} and s.checksum = {checksum}"
    )


def _settings(settings: Settings) -> list[str]:
    return [*(f"{it};" for it in (*FORGET, *SETTINGS)), _lock_timeout(settings.lock_timeout)]


def _lock_timeout(seconds: float) -> str:
    return f"set lock_timeout = '{max(1, round(seconds * 1000))}ms';"
