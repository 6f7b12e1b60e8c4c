"""`howdah migrate squash`: one migration in the place of many.

Builds both in scratch databases. Called by the command. Invariants: a squashed migration makes the
same schema as those that it replaces; statements that change rows are kept, or it is not made.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from howdah import _native
from howdah.migrations import _building
from howdah.migrations._files import read_folder, read_sql
from howdah.migrations._making import BATCH_ROWS, Made, next_number, slug_of
from howdah.migrations._scratch import scratch
from howdah.migrations._statements import is_data
from howdah.migrations.errors import MigrationError, Refused
from howdah.migrations.graph import Graph
from howdah.migrations.model import Alone, Backfill, Function, RowBatches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from howdah.migrations.config import Settings
    from howdah.migrations.model import Migration, Step
    from howdah.migrations.reporting import Report


def squashed(
    settings: Settings, report: Report, target: str | None, name: str, *, keep_statements: bool
) -> Made:
    """A migration that stands for the target and all that it needs.

    Raises:
        Refused: one of them changes rows, and nobody said that every statement is to be kept.
        MigrationError: one of them is Python, or the result makes another schema.
    """
    graph = Graph.for_applied(read_folder(settings.path), ())
    old = graph.until(target)
    if len(old) < 2:
        raise MigrationError("there is nothing to squash: name a migration that others precede")
    _refuse_python(old)
    file = f"{next_number(graph)}_{slug_of(name)}.sql"
    with scratch(settings, report) as server:
        url = server.database()
        _building.build(server, url, settings, old)
        expected = _building.read(url)
        lines = _kept(old) if keep_statements else _anew(old, expected)
        made = Made(file, "\n".join([*_head(old), *lines]) + "\n")
        again = server.database()
        _building.build(server, again, settings, [read_sql(settings.path / file, made.text)])
        different = _building.changes(_building.read(again), expected)
    if different:
        words = _building.told(different[0], create="is not made", drop="is made, too")
        raise MigrationError(
            f"the squashed migration would make another schema: {words}",
            hint="`--keep-statements` keeps them all as they are; please report this",
        )
    return made


def _head(old: Sequence[Migration]) -> list[str]:
    replaced = [name for it in old for name in (*it.replaces, it.name)]
    names = ", ".join(replaced)
    return ["-- howdah: migration", "-- depends: nothing", f"-- replaces: {names}", "", "-- up"]


def _refuse_python(old: Sequence[Migration]) -> None:
    for it in old:
        if it.is_python:
            raise MigrationError(
                f"`{it.name}` is Python, which cannot be squashed",
                hint="squash up to the one before it; or delete it where every database has it",
            )


def _anew(old: Sequence[Migration], schema: _building.Schema) -> list[str]:
    """A statement for each object that is there in the end."""
    for it in old:
        for step in it.up:
            data = [sql for sql in step.sql if is_data(sql)]
            if data:
                short = " ".join(data[0].split())[:60]
                raise Refused(
                    f"`{it.name}` changes rows, which the schema does not tell: `{short}`",
                    hint="`--keep-statements` keeps every statement as it is",
                )
    statements = _native.schema_create(json.dumps(schema))
    undo = _native.schema_drop(json.dumps(schema))
    lines = ["", "-- howdah: step expand", *(f"{it};" for it in statements)]
    return [*lines, "", "-- down", "", *(f"{it};" for it in undo)]


def _kept(old: Sequence[Migration]) -> list[str]:
    """Every statement, in order; and those that undo them, the last first."""
    lines: list[str] = []
    numbers: dict[tuple[str, int], int] = {}
    for it in old:
        for step in it.up:
            numbers[it.name, step.number] = len(numbers) + 1
            # phases are those of deploys that are over
            lines += ["", f"-- {it.name}", _directive(step), *(f"{sql};" for sql in step.sql)]
    if any(it.down is None for it in old):
        return lines
    lines += ["", "-- down"]
    for it in reversed(old):
        lines += [f"-- howdah: no undo {numbers[it.name, number]}" for number in it.final]
        for step in it.down or ():
            undoes = numbers.get((it.name, step.undoes or 0))
            above = f"-- howdah: undo {undoes}" if undoes else _directive(step)
            lines += ["", above, *(f"{sql};" for sql in step.sql)]
    return lines


def _directive(step: Step) -> str:
    assert not isinstance(step.work, Function | RowBatches)
    said = "-- howdah: step expand"
    if isinstance(step.work, Alone):
        return f"{said}, no transaction"
    if isinstance(step.work, Backfill):
        keys = ['"' + it.replace('"', '""') + '"' for it in step.work.key]
        by = f" by {' and '.join(keys)}" if keys else ""
        return f"{said}, batches of {step.work.size or BATCH_ROWS}{by}"
    return said
