"""Two schemas of one database that are compared, on 18 and on the system's server."""

from __future__ import annotations

import contextlib
import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import _native
from tests.databases import fresh_database
from tests.difference import linted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROLES = ("clerk", "auditor")
Schema = dict[str, Any]


@dataclass
class Workshop:
    """A database in which schemas are made and changed, each in a PostgreSQL schema of its own."""

    server: str
    url: str
    connection: howdah.Connection
    version: int
    folder: Path

    def make(self, name: str, statements: list[str]) -> Schema:
        """A new PostgreSQL schema with these objects, read back."""
        self.connection.execute(f"drop schema if exists {name} cascade; create schema {name}")
        self.run(name, statements)
        return self.read(name)

    def run(self, name: str, statements: list[str]) -> None:
        """Run each statement by itself in the PostgreSQL schema."""
        self.connection.execute(f"set search_path to {name}")
        for statement in statements:
            try:
                self.connection.execute(statement)
            except howdah.Error as error:
                error.add_note(f"statement: {statement}")
                raise

    def read(self, name: str) -> Schema:
        """What the catalog says of it, as if it were the base schema."""
        return canonical(json.loads(_native.schema_read(self.url, name, [name])))

    def whole(self) -> Schema:
        """What the catalog says of the whole database."""
        found: Schema = json.loads(_native.schema_read(self.url, "public", None))
        return found

    @contextlib.contextmanager
    def database(self) -> Iterator[Workshop]:
        """Another database of the server."""
        with (
            contextlib.contextmanager(fresh_database)(self.server) as url,
            howdah.connect(url) as it,
        ):
            yield Workshop(self.server, url, it, self.version, self.folder)

    def difference(self, before: Schema, after: Schema) -> dict[str, Any]:
        """What makes one of the other."""
        options = json.dumps({"server_version": self.version})
        found: dict[str, Any] = json.loads(
            _native.schema_diff(json.dumps(before), json.dumps(after), options)
        )
        return found

    def plan(self, before: Schema, after: Schema, **options: Any) -> dict[str, Any]:
        """The steps that make one of the other without blocking."""
        given = json.dumps({"server_version": self.version, **options})
        found: dict[str, Any] = json.loads(
            _native.schema_plan(json.dumps(before), json.dumps(after), given)
        )
        return found

    def decided(self, before: Schema, after: Schema, **options: Any) -> dict[str, Any]:
        """The plan after every question has its first answer."""
        answers: dict[str, str] = options.pop("answers", {})
        while True:
            plan = self.plan(before, after, answers=answers, **options)
            if not plan["questions"]:
                return plan
            for question in plan["questions"]:
                assert question["id"] not in answers, question
                first = question["answers"][0]["answer"]
                answers[question["id"]] = "null" if question["id"].startswith("value ") else first

    def objections(self, before: Schema, plan: dict[str, Any]) -> list[str]:
        """What the linter has against the plan as a migration, where all tables are large."""
        return linted.findings(self.folder, before, plan["steps"], self.version)

    def carry_out(self, name: str, plan: dict[str, Any]) -> None:
        """Run the steps in the PostgreSQL schema, each group in a transaction where it may."""
        self.connection.execute(f"set search_path to {name}")
        for _, steps in itertools.groupby(plan["steps"], key=lambda it: it["group"]):
            group = list(steps)
            if all(step["transaction"] for step in group):
                with self.connection.transaction():
                    self.run(name, [step["sql"] for step in group])
            else:
                assert len(group) == 1, group
                self.run(name, [group[0]["sql"]])

    def take_back(self, name: str, plan: dict[str, Any]) -> None:
        """Run what undoes the steps, the last first."""
        self.connection.execute(f"set search_path to {name}")
        for step in reversed(plan["steps"]):
            for statements in (it["statements"] for it in step["undo"]):
                if len(statements) == 1:
                    self.run(name, statements)
                    continue
                with self.connection.transaction():
                    self.run(name, statements)


def with_a_way_back(plan: dict[str, Any]) -> dict[str, Any]:
    """The plan up to the first group that nothing takes back."""
    final = [step["group"] for step in plan["steps"] if step["undo"] is None]
    first = min(final, default=len(plan["steps"]))
    return {**plan, "steps": [step for step in plan["steps"] if step["group"] < first]}


def statements_of(difference: dict[str, Any]) -> list[str]:
    """All statements in their order."""
    return [it for change in difference["changes"] for it in change["statements"]]


def canonical(schema: Schema) -> Schema:
    """The schema with its columns in the order of their names: no statement changes theirs."""
    for table in schema.get("tables", []):
        table.get("columns", []).sort(key=lambda it: it["name"])
    return schema


@pytest.fixture(params=["embedded", "system"])
def workshop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workshop]:
    server: str = request.getfixturevalue(
        "server_url" if request.param == "embedded" else "system_server_url"
    )
    with howdah.connect(server) as admin:
        known = {name for (name,) in admin.fetch("select rolname from pg_roles")}
        for role in ROLES:
            if role not in known:
                admin.execute(f"create role {role}")
    make = contextlib.contextmanager(fresh_database)
    with make(server) as url, howdah.connect(url) as connection:
        version = int(connection.fetch_value("show server_version_num"))
        yield Workshop(server, url, connection, version, tmp_path)
