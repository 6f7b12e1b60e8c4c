"""Migrations as a script for psql: what `up --sql` and `down --sql` print.

No IO. Invariant: the script leaves the same history as a run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from howdah.migrations import history
from howdah.migrations._deploying import KEY
from howdah.migrations.errors import MigrationError
from howdah.migrations.model import Alone, Backfill, Function, RowBatches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from howdah.migrations.config import Settings
    from howdah.migrations.history import Direction
    from howdah.migrations.model import Migration, Step


def script(
    work: Iterable[tuple[Migration, Direction, Sequence[Step], bool]], settings: Settings
) -> str:
    """The script: migrations with the steps to be run, and whether these are all that is left.

    Raises:
        MigrationError: one of the steps is a function of Python.
    """
    lines = [
        r"\set ON_ERROR_STOP on",
        f"select pg_catalog.pg_advisory_lock({KEY});",
        history.CREATE + ";",
        _lock_timeout(settings.lock_timeout),
    ]
    for migration, direction, steps, is_last in work:
        lines.append(f"\n-- {migration.name}")
        if direction == "up":
            lines.append(history.began(migration) + ";")
        else:
            lines.append(history.reverting(migration) + ";")
        for step in steps:
            lines += _step(migration, direction, step, settings)
        if is_last:
            end = history.applied if direction == "up" else history.reverted
            lines.append(f"begin;\n{end(migration)};\ncommit;")
    lines.append(f"\nselect pg_catalog.pg_advisory_unlock({KEY});")
    return "\n".join(lines)


def _step(migration: Migration, direction: Direction, step: Step, settings: Settings) -> list[str]:
    if isinstance(step.work, Function | RowBatches):
        raise MigrationError(
            f"`{migration.name}` runs the function `{step.work.name}`, which is no SQL",
            hint="run it with howdah, up to the migration before with `--sql`",
        )
    lines = [f"\n-- step {step.number}: {step.phase}"]
    done = history.step_done(migration, direction, step) + ";"
    if isinstance(step.work, Alone):
        lines.append(_lock_timeout(settings.concurrent_lock_timeout))
        lines += [step.work.sql + ";", _lock_timeout(settings.lock_timeout), done]
        return lines
    if isinstance(step.work, Backfill):
        lines.append(
            f"-- howdah runs this in batches of {step.work.size}; here it is one transaction"
        )
    return [*lines, "begin;", *(f"{it};" for it in step.sql), done, "commit;"]


def _lock_timeout(seconds: float) -> str:
    return f"set lock_timeout = '{round(seconds * 1000)}ms';"
