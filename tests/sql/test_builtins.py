"""The generated tables of functions and casts are what the server's catalog says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import servers

TOOL = Path(__file__).parents[2] / "tools" / "generate_builtins.py"


@pytest.mark.since(18)  # whose functions the tables have
def test_the_tables_are_fresh(server_url: str) -> None:
    psql = str(servers.main_programs().bindir / "psql")
    command = [sys.executable, str(TOOL), "--url", server_url, "--psql", psql, "--check"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
