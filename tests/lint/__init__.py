"""The commands `howdah lint` and `howdah locks`, run as people run them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# a hazard whatever the version and the transaction
HAZARD = "ALTER TABLE orders ADD COLUMN note text NOT NULL;\n"
RULE = "required-column-without-default"

CLEAN, FAILED, USAGE, FOUND = 0, 1, 2, 5


def lint(
    folder: Path, *arguments: str, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `howdah lint` in a folder, with this rule and those about scripts only."""
    return _run(folder, "lint", *arguments, stdin=stdin)


def locks(
    folder: Path, *arguments: str, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `howdah locks` in a folder."""
    return _run(folder, "locks", *arguments, stdin=stdin)


def effects(folder: Path, *arguments: str, stdin: str | None = None) -> list[dict[str, Any]]:
    """What it tells of each statement."""
    done = locks(folder, "--format", "json", *arguments, stdin=stdin)
    assert done.returncode == CLEAN, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def findings(folder: Path, *arguments: str, stdin: str | None = None) -> list[dict[str, Any]]:
    """What it finds."""
    done = lint(folder, "--format", "json", *arguments, stdin=stdin)
    assert done.returncode in {CLEAN, FOUND}, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return found


def hazards(folder: Path, *arguments: str, stdin: str | None = None) -> list[tuple[str, int]]:
    """File and line of each finding of `RULE`."""
    found = findings(folder, *arguments, stdin=stdin)
    return [(it["file"], it["start"]["line"]) for it in found if it["rule"] == RULE]


def _run(folder: Path, *arguments: str, stdin: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "howdah", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
