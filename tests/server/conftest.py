"""Directories for clusters, and the command as a process of its own.

Does IO. Invariant: what a test starts here is stopped and deleted when it ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

Howdah: TypeAlias = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory that the server's account can reach, which `tmp_path` of root is not."""
    path = Path(tempfile.mkdtemp(prefix="howdah-test-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def home(folder: Path) -> Iterator[Path]:
    """Where a cluster may be made; it is destroyed at the end."""
    home = folder / "cluster"
    yield home
    if (home / "cluster.json").exists():
        run("destroy", "--yes", "--data", home, check=True)


@pytest.fixture
def howdah_server(home: Path) -> Howdah:
    """Run `howdah server COMMAND --data HOME …` and return what it said."""

    def run_on_home(command: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        return run(command, "--data", home, *arguments)

    return run_on_home


def run(*arguments: object, check: bool = False) -> subprocess.CompletedProcess[str]:
    """Run `howdah server` with these arguments."""
    words = command(*arguments)
    return subprocess.run(
        words, capture_output=True, text=True, check=check, stdin=subprocess.DEVNULL, timeout=100
    )


def command(*arguments: object) -> list[str]:
    """The words of `howdah server …` with this Python."""
    return [sys.executable, "-m", "howdah", "server", *map(str, arguments)]


def is_alive(pid: int) -> bool:
    """Whether there is such a process, not counting what nobody has reaped."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root chooses an account")
