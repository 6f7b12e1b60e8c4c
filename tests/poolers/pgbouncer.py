"""pgbouncer in transaction mode, in front of a test server.

Does IO: one process with its files in a temporary folder. `conftest.py` starts it. Invariant: it
hands each transaction to the server connection that has been idle for longest, so a client that
relies on meeting the same one twice fails at once.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urlsplit, urlunsplit

from tests.servers import FETCHED

if TYPE_CHECKING:
    from types import TracebackType

PROGRAM = Path(shutil.which("pgbouncer") or "/usr/sbin/pgbouncer")
SERVERS = 3
"""Server connections for each database."""

CONFIGURATION = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = {servers}
server_round_robin = 1
max_client_conn = 200
server_lifetime = 3600
server_login_retry = 0.2
"""
FOLLOWS_STATEMENTS = (1, 21)
"""Since this version it knows of prepared statements (`max_prepared_statements`)."""


def following_program() -> Path | None:
    """A pgbouncer that knows of prepared statements: the system's, or one of `make servers`."""
    for program in (PROGRAM, FETCHED / "pgbouncer"):
        if program.exists() and version_of(program) >= FOLLOWS_STATEMENTS:
            return program
    return None


def version_of(program: Path) -> tuple[int, ...]:
    """Major and minor: `PgBouncer 1.24.1` is (1, 24)."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    match = re.search(r"PgBouncer (\d+)\.(\d+)", answer.stdout)
    assert match is not None, answer.stdout
    return tuple(map(int, match.groups()))


class PgBouncer:
    """A running pgbouncer; `stop` and `start` keep its port."""

    def __init__(self, url: str, program: Path = PROGRAM, more: str = "") -> None:
        parts = urlsplit(url)
        self._program = program
        self._folder = Path(tempfile.mkdtemp(prefix="howdah-pgbouncer-"))
        self._folder.chmod(0o755)  # another account reads it, where the tests run as root
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port: int = free.getsockname()[1]
        (self._folder / "pgbouncer.ini").write_text(
            CONFIGURATION.format(
                host=parts.hostname,
                port=parts.port,
                listen_port=self._port,
                folder=self._folder,
                servers=SERVERS,
            )
            + more
        )
        password = unquote(parts.password or "").replace('"', '""')
        (self._folder / "users.txt").write_text(f'"{parts.username}" "{password}"\n')
        login, _, _ = parts.netloc.rpartition("@")
        self._parts = parts._replace(netloc=f"{login}@127.0.0.1:{self._port}")
        self.start()

    def url(self, database: str) -> str:
        """The URL of the database of this URL, through the pooler."""
        return urlunsplit(self._parts._replace(path=urlsplit(database).path))

    def start(self) -> None:
        """Start the process and wait until it listens."""
        account = {"user": "nobody"} if os.geteuid() == 0 else {}
        self._log = (self._folder / "log").open("ab")
        self._process = subprocess.Popen(
            [self._program, str(self._folder / "pgbouncer.ini")],
            stdout=self._log,
            stderr=self._log,
            **account,  # type: ignore[call-overload]
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port)).close()
            except OSError:
                assert self._process.poll() is None, self.log()
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.01)
            else:
                return

    def stop(self) -> None:
        """Kill the process: every line through it ends."""
        self._process.kill()
        self._process.wait()
        self._log.close()

    def log(self) -> str:
        """What it wrote so far."""
        return (self._folder / "log").read_text()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
