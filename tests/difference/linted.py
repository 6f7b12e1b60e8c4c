"""What the linter says of a plan as the migration that `howdah migrate make` writes of it.

Every table that is there is large, so whatever a statement reads or writes anew under a lock is
found. What models want, such as narrow keys, and what a release must know of another are no matter
of the plan's form.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from howdah import _native
from howdah.migrations import _making

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# groups of rules: what programs wait for, and what PostgreSQL refuses
FORM = {"locks", "failure", "script"}
# of partitioned tables: there is no other form
ALONE = "an index of a partitioned table cannot be dropped `CONCURRENTLY`"
LARGE = {"rows": 12_000_000, "bytes": 3_000_000_000, "index_bytes": 500_000_000}


def findings(
    folder: Path, before: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], version: int
) -> list[str]:
    """The warnings and errors about the form of the way up, each in a line with the statement."""
    if not steps:
        return []
    facts = {
        "server_version": version,
        "relations": [{"name": it["name"], **LARGE} for it in before.get("tables", [])],
    }
    snapshot, migration = folder / "before.json", folder / "migration.sql"
    snapshot.write_text(json.dumps({"schema": before, "facts": facts}))
    up, _, _ = _making.written(steps, (), major=version // 10_000).partition("-- down")
    migration.write_text(up)
    report = folder / "report.json"
    _native.cli_main(
        [
            *("howdah", "lint", "--no-config", "--schema", str(snapshot)),
            *("--report", f"json={report}", "--format", "concise", str(migration)),
        ],
        [],
    )
    source = migration.read_text().splitlines()
    return [
        f"{it['rule']}: {it['message']}: {source[it['start']['line'] - 1]}"
        for it in json.loads(report.read_text())["findings"]
        if it["severity"] != "note" and it["group"] in FORM and ALONE not in it["notes"]
    ]
