"""Folders of migrations, and what a database is like after them.

Does IO. Invariant: every test has a folder and a database of its own.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import migrations
from howdah.migrations import Report, Settings
from howdah.migrations._scratch import Scratch
from tests.databases import give_back, take

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Told(Report):
    """Remembers what a run says."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        """Remember it."""
        self.lines.append(text)

    def progress(self, text: str) -> None:
        """Remember it."""
        self.lines.append(text)


class Project:
    """A folder of migrations with a database."""

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self.folder = root / "migrations"
        self.folder.mkdir()
        self.url = url
        self.told = Told()
        self.settings = Settings(root=root, url=url)

    def write(self, name: str, text: str) -> Path:
        """Write a migration; `.sql` unless the name has another ending."""
        path = self.folder / (name if "." in name else f"{name}.sql")
        path.write_text(text)
        return path

    def up(self, **options: Any) -> list[str]:
        """Apply."""
        return migrations.up(settings=self.settings, report=self.told, **options)

    def down(self, **options: Any) -> list[str]:
        """Undo."""
        return migrations.down(settings=self.settings, report=self.told, **options)

    def states(self) -> dict[str, str]:
        """The state of each migration."""
        return {it.name: it.state for it in migrations.status(settings=self.settings)}

    def value(self, query: str, *values: Any) -> Any:
        """What a query gives."""
        with howdah.connect(self.url) as conn:
            return conn.fetch_value(query, *values)

    def execute(self, *statements: str) -> None:
        """Run statements."""
        with howdah.connect(self.url) as conn:
            for statement in statements:
                conn.execute(statement)


@pytest.fixture
def project(tmp_path: Path, database: str) -> Project:
    """An empty folder and an empty database."""
    return Project(tmp_path, database)


@pytest.fixture
def connected(database: str) -> Iterator[Callable[[], howdah.Connection]]:
    """Opens connections that are closed at the end."""
    opened: list[howdah.Connection] = []

    def connect() -> howdah.Connection:
        opened.append(howdah.connect(database))
        return opened[-1]

    yield connect
    for conn in opened:
        conn.close()


@pytest.fixture
def models(project: Project) -> Iterator[Callable[[str], str]]:
    """Writes modules of models, and forgets them at the end."""
    path, names = list(sys.path), list[str]()

    def write(source: str) -> str:
        name = f"models_{len(names)}_of_{project.root.parent.name}_{project.root.name}"
        name = re.sub(r"\W", "_", name)
        names.append(name)
        (project.root / f"{name}.py").write_text(source)
        return name

    yield write
    for name in names:
        sys.modules.pop(name, None)
    sys.path[:] = path


@pytest.fixture(autouse=True)
def emptied_scratch_databases(
    request: pytest.FixtureRequest, server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scratch databases are emptied ones of earlier tests: to make one takes its time."""
    if "new_scratch_databases" in request.fixturenames:
        return
    database, drop_all = Scratch.database, Scratch.drop_all
    given: dict[Scratch, list[str]] = {}

    def taken(self: Scratch) -> str:
        if self.is_own:
            return database(self)
        given.setdefault(self, []).append(take(server_url))
        return given[self][-1]

    def back(self: Scratch) -> None:
        for url in given.pop(self, ()):
            give_back(server_url, url)
        drop_all(self)

    monkeypatch.setattr(Scratch, "database", taken)
    monkeypatch.setattr(Scratch, "drop_all", back)


@pytest.fixture
def new_scratch_databases() -> None:
    """Scratch databases are made and dropped, as those of programs."""
