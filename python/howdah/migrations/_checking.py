"""`howdah migrate check`: models, migrations and the database say the same; `down` undoes `up`.

Builds schemas in scratch databases and reads the live one. Called by the command. Invariant: the
live database is only read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from howdah.migrations import _building, api, history
from howdah.migrations._by_hand import Fact, kept
from howdah.migrations._files import read_folder
from howdah.migrations._scratch import scratch
from howdah.migrations._workload import broken
from howdah.migrations.errors import MigrationError
from howdah.migrations.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from howdah.migrations._scratch import Scratch
    from howdah.migrations.config import Settings
    from howdah.migrations.history import Record
    from howdah.migrations.model import Migration
    from howdah.migrations.reporting import Report


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be."""

    check: str
    """`models`, `history`, `drift`, `down` or `workload`."""
    text: str
    hint: str | None = None
    sql: tuple[str, ...] = ()
    """Statements that would change it, where some are known."""


@dataclass
class Outcome:
    """What was found, and what was looked at."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check(
    settings: Settings,
    report: Report,
    *,
    down: bool = False,
    workload: Path | None = None,
    offline: bool = False,
) -> Outcome:
    """Compare all that can be compared.

    Raises:
        MigrationError: the migrations cannot be read or run.
    """
    outcome = Outcome()
    migrations = read_folder(settings.path)
    graph = Graph.for_applied(migrations, ())
    graph.until(None)
    with scratch(settings, report) as server:
        url = server.database()
        by_hand = _building.build(server, url, settings, migrations)
        outcome.notes.append(f"{len(graph.ordered)} migrations run on an empty database")
        if down:
            _prove_down(server, settings, graph, outcome)
        made = _building.read(url)
        _compare_models(server, settings, made, by_hand, outcome)
        live = None
        if settings.url and not offline:
            live = _compare_live(server, settings, migrations, made, outcome)
        if workload is not None:
            _try_workload(url, workload, live, outcome)
    return outcome


def _try_workload(url: str, workload: Path, before: str | None, outcome: Outcome) -> None:
    tried = broken(url, workload, before)
    outcome.notes.append(f"{tried.count} statements of the workload tried")
    if tried.unknown:
        outcome.notes.append(f"{tried.unknown} more are of kinds that cannot be tried, as `copy`")
    if tried.broken_before:
        outcome.notes.append(f"{tried.broken_before} of them fail on the schema of now, too")
    for (old, new), count in sorted(tried.resized.items()):
        outcome.notes.append(
            f"`{old}` is `{new}` in the results of {count}: the same to Python, not to a client "
            "that reads integers of a fixed size"
        )
    outcome.findings += [Finding("workload", it.text) for it in tried.problems]


def _compare_models(
    server: Scratch,
    settings: Settings,
    made: _building.Schema,
    by_hand: set[Fact],
    outcome: Outcome,
) -> None:
    if not settings.models and not _building.objects(settings):
        outcome.notes.append("no models are configured: not compared")
        return
    url = server.database()
    declared = _building.declare(server, url, settings)
    wanted, _ = kept(made, _building.read(url), declared, by_hand)
    for change in _building.changes(made, wanted):
        thing = f"{change['object']['kind']} {change['object']['name']}"
        if change["action"] == "drop" and thing in settings.keep:
            continue
        words = _building.told(change, create="is made by no migration", drop="is in no model")
        text = f"the models and the migrations differ: {words}"
        statements = tuple(change["statements"])
        outcome.findings.append(Finding("models", text, "`howdah migrate make`", statements))


def _compare_live(
    server: Scratch,
    settings: Settings,
    migrations: Sequence[Migration],
    made: _building.Schema,
    outcome: Outcome,
) -> str | None:
    """What the database is, against what was applied to it; `made` is what all would make.

    Gives a scratch database with what was applied, if that is not all.
    """
    url = None
    records = api.records(settings, migrations)
    graph = Graph.for_applied(migrations, records)
    gone = [name for name in records if name not in graph.by_name]
    for name in gone:
        text = f"`{name}` was applied, and its file is not there any more"
        outcome.findings.append(Finding("history", text, "restore the file"))
    done = []
    for migration in graph.ordered:
        record = records.get(migration.name)
        if record is None:
            outcome.notes.append(f"`{migration.name}` has not been applied")
            continue
        if record.state == "applied" and record.checksum != migration.checksum:
            text = f"`{migration.name}` was changed after it had been applied"
            outcome.findings.append(Finding("history", text, "restore the file"))
        done.append(_applied_part(migration, record))
    if gone or not records:
        outcome.notes.append("the database was not compared with what was applied to it")
        return None
    if done != Graph.for_applied(migrations, ()).ordered:
        url = server.database()
        _building.build(server, url, settings, done)
        made = _building.read(url)
    for change in _building.changes(made, _building.read(settings.url)):
        words = _building.told(change, create="comes from no migration", drop="is gone")
        text = f"the database is not what its migrations made: {words}"
        outcome.findings.append(Finding("drift", text, None, tuple(change["statements"])))
    return url


def _applied_part(migration: Migration, record: Record) -> Migration:
    if record.state == "applied":
        return migration
    undone = {it.undoes for it in migration.down or () if record.is_done("down", it.number)}
    steps = [it for it in migration.up if record.is_done("up", it.number)]
    return replace(migration, up=tuple(it for it in steps if it.number not in undone))


def _prove_down(server: Scratch, settings: Settings, graph: Graph, outcome: Outcome) -> None:
    """Run each migration up, down and up again; catalogs before and after `down` must be equal."""
    url = server.database()
    proven = 0
    with _building.built(url, settings) as (conn, runner):
        before = _building.read(url)
        for migration in graph.ordered:
            part = _part_with_a_way_back(migration)
            _building.apply(server, conn, runner, part)
            if migration.down is None:
                outcome.notes.append(f"`{migration.name}` cannot be undone")
            else:
                if part is not migration:
                    last = f"step {migration.final[0]}"
                    outcome.notes.append(f"`{migration.name}` can be undone until {last} only")
                try:
                    runner.undo(part, history.read(conn)[migration.name])
                    proven += not _differs(migration, before, _building.read(url), outcome)
                    _building.apply(server, conn, runner, migration)
                except MigrationError as error:
                    # what is left of it is no ground to go on upon
                    outcome.findings.append(Finding("down", error.message, error.hint))
                    outcome.notes.append(f"`down` was tried up to `{migration.name}` only")
                    break
            before = _building.read(url)
    outcome.notes.append(f"{proven} migrations run up, down and up again")


def _part_with_a_way_back(migration: Migration) -> Migration:
    """The steps before the first one that nothing undoes."""
    if not migration.final or migration.down is None:
        return migration
    first = migration.final[0]
    return replace(
        migration,
        up=migration.up[: first - 1],
        down=tuple(it for it in migration.down if (it.undoes or first) < first),
        final=(),
    )


def _differs(
    migration: Migration,
    before: _building.Schema,
    after: _building.Schema,
    outcome: Outcome,
) -> bool:
    found = _building.changes(after, before)
    for change in found:
        words = _building.told(change, create="is not there again", drop="is left")
        text = f"`down` of `{migration.name}` does not undo `up`: {words}"
        outcome.findings.append(Finding("down", text, None, tuple(change["statements"])))
    return bool(found)


def as_json(outcome: Outcome) -> str:
    """The outcome as one JSON object."""
    findings = [
        {"check": it.check, "text": it.text, "hint": it.hint, "sql": list(it.sql)}
        for it in outcome.findings
    ]
    return json.dumps({"findings": findings, "notes": outcome.notes}, indent=2)
