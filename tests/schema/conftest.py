"""Schemas with every kind of object, on 18 and on the server of the system."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from howdah import _native
from tests import servers
from tests.orm.schema.conftest import Pair, pair, read, run

__all__ = [
    "Pair",
    "command",
    "everything",
    "make",
    "pair",
    "pg_dump",
    "pg_dump_script",
    "read",
    "run",
]

HERE = Path(__file__).parent


def everything(pair: Pair) -> str:
    """SQL for a schema with every kind of object that the server knows and models do not."""
    newest = (HERE / "everything_18.sql").read_text() if pair.major >= 18 else ""
    return (HERE / "everything.sql").read_text() + newest


def make(url: str, schema: Any) -> None:
    """Make a schema that was read in another database."""
    run(url, ";\n".join(_native.schema_create(json.dumps(schema))))


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `howdah schema` with these arguments."""
    return subprocess.run(
        [sys.executable, "-m", "howdah", "schema", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def pg_dump(pair: Pair, url: str) -> list[str]:
    """What PostgreSQL's own program says of the schema: one text for each object, in order."""
    script = pg_dump_script(pair, url)
    return sorted(settled(entry) for entry in script.split("\n--\n-- Name: "))


def pg_dump_script(pair: Pair, url: str) -> str:
    """What PostgreSQL's own program writes of the schema."""
    programs = servers.main_programs()
    if programs.major != pair.major:
        system = servers.system_programs()
        assert system is not None
        programs = system
    answer = subprocess.run(
        [programs.bindir / "pg_dump", "--schema-only", url],
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout


def settled(entry: str) -> str:
    """An entry of a dump without what is chance: a key, the order of grants and of parameters."""
    lines = [line for line in entry.splitlines() if not line.startswith(("--", "\\"))]
    title, body = lines[:1], lines[1:]
    if body and any(line.startswith(("GRANT", "REVOKE")) for line in body):
        body.sort()
    return "\n".join(title + [in_order(line) for line in body])


def in_order(line: str) -> str:
    """A line with its storage parameters in the order of their names."""
    if not line.startswith("WITH ("):
        return line
    inner, _, rest = line.removeprefix("WITH (").partition(")")
    return f"WITH ({', '.join(sorted(inner.split(', ')))}){rest}"
