"""Two empty databases on a server, 18 in one run of a test and the system's in the other."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import _native
from tests.databases import fresh_database

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
ROLES = ("clerk", "auditor")


@dataclass
class Pair:
    """A database with a schema, and one to make it again in."""

    first: str
    second: str
    major: int

    def everything(self) -> str:
        """SQL for a schema with every kind of object that the server knows."""
        newest = (HERE / "everything_18.sql").read_text() if self.major >= 18 else ""
        return (HERE / "everything.sql").read_text() + newest


@pytest.fixture(params=["embedded", "system"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    url = "server_url" if request.param == "embedded" else "system_server_url"
    server: str = request.getfixturevalue(url)
    with howdah.connect(server) as admin:
        known = {name for (name,) in admin.fetch("select rolname from pg_roles")}
        for role in ROLES:
            if role not in known:
                admin.execute(f"create role {role}")
        major = int(admin.fetch_value("show server_version_num")) // 10_000
    make = contextlib.contextmanager(fresh_database)
    with make(server) as first, make(server) as second:
        yield Pair(first, second, major)


def run(url: str, sql: str) -> None:
    """Run a script."""
    with howdah.connect(url) as connection:
        connection.execute(sql)


def read(url: str, base: str = "public", schemas: list[str] | None = None) -> Any:
    """The schema of a database, as plain values."""
    return json.loads(_native.schema_read(url, base, schemas))
