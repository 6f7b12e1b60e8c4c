"""The generated table of built-in types is what the server's catalogue says."""

from __future__ import annotations

import contextlib
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from howdah.types import decode
from tests import servers

if TYPE_CHECKING:
    from types import ModuleType

    import howdah

TOOL = Path(__file__).parents[2] / "tools" / "generate_types.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """The generator, which lives outside of any package."""
    spec = importlib.util.spec_from_file_location("generate_types", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.since(18)  # whose types the table has
def test_the_table_is_fresh(server: howdah.Connection, tool: ModuleType) -> None:
    major = int(server.fetch_value("show server_version_num")) // 10_000
    rows = [tuple(row) for row in server.fetch(tool.QUERY)]
    assert tool.TARGET.read_text() == tool.render(rows, major)


@pytest.mark.since(13)  # whose OIDs no later version has given to another type
def test_every_built_in_type_is_known_without_asking(server: howdah.Connection) -> None:
    oids = server.fetch(
        """select t.oid from pg_type t left join pg_type e on e.oid = t.typelem
           where t.oid < 10000 and t.typtype <> 'c' and coalesce(e.typtype, 'b') <> 'c'"""
    )
    assert len(oids) > 150
    for (oid,) in oids:
        with contextlib.suppress(ValueError):  # of a type that has no empty text
            decode(oid, b"")


@pytest.mark.since(18)
def test_the_command_checks(server_url: str) -> None:
    psql = str(servers.main_programs().bindir / "psql")
    command = [sys.executable, str(TOOL), "--url", server_url, "--psql", psql, "--check"]
    subprocess.run(command, check=True)
