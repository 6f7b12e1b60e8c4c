"""Schemas made in scratch databases: by migrations, and by models with files of objects.

Runs statements in databases that are thrown away. Called by `make`, `check` and `squash`.
Invariant: what is read back has no trace of howdah's own schema.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias

import howdah
from howdah import _native
from howdah.errors import DatabaseError, UndefinedObject
from howdah.migrations import history
from howdah.migrations._by_hand import Fact, facts
from howdah.migrations._files import read_folder, read_text
from howdah.migrations._models import schema_of
from howdah.migrations._runner import Runner
from howdah.migrations._scan import pieces
from howdah.migrations._session import Session
from howdah.migrations.errors import MigrationError
from howdah.migrations.graph import Graph
from howdah.migrations.reporting import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from howdah.connection import Connection
    from howdah.migrations._scratch import Scratch
    from howdah.migrations.config import Settings
    from howdah.migrations.model import Migration

Schema: TypeAlias = dict[str, Any]
Change: TypeAlias = dict[str, Any]

# what is thrown away needs no wait for the disk
_FORGETFUL = "set synchronous_commit = off"
_NO_ROLE = re.compile(r'role "(.+)" does not exist')


def read(url: str) -> Schema:
    """The schema of a database, without howdah's own."""
    schema: Schema = json.loads(_native.schema_read(url, "public", None))
    return schema


def changes(before: Schema, after: Schema) -> list[Change]:
    """What would make one schema of the other."""
    found = json.loads(_native.schema_diff(json.dumps(before), json.dumps(after), "{}"))
    listed: list[Change] = found["changes"]
    return listed


def told(change: Change, *, create: str, drop: str) -> str:
    """A change in words: what its object is like, if it would be made, or dropped."""
    thing = f"{change['object']['kind']} `{change['object']['name']}`"
    words = {"create": create, "drop": drop, "rename": "has another name"}
    return f"{thing} {words.get(change['action'], 'is different')}"


def existing(settings: Settings) -> list[Migration]:
    """The migrations; none where there is no folder yet."""
    return read_folder(settings.path) if settings.path.is_dir() else []


def build(
    server: Scratch, url: str, settings: Settings, migrations: Collection[Migration]
) -> set[Fact]:
    """Apply migrations to a scratch database; give what those made that people wrote."""
    by_hand: set[Fact] = set()
    with built(url, settings) as (conn, runner):
        ordered = Graph.for_applied(migrations, ()).ordered
        for is_made, group in itertools.groupby(ordered, key=lambda it: it.is_made):
            before = set[Fact]() if is_made else facts(read(url))
            for migration in group:
                apply(server, conn, runner, migration)
            by_hand |= set() if is_made else facts(read(url)) - before
    return by_hand


@contextlib.contextmanager
def built(url: str, settings: Settings) -> Iterator[tuple[Connection, Runner]]:
    """A scratch database with an empty history, and what runs migrations on it."""
    quick = settings.changed(url=url, rest=0.0)
    with howdah.connect(url, application_name="howdah migrate") as conn:
        session = Session(conn, quick, Report())
        session.prepare(_FORGETFUL)
        conn.execute(history.CREATE)
        yield conn, Runner(session)


def apply(server: Scratch, conn: Connection, runner: Runner, migration: Migration) -> None:
    """Apply one of them."""

    def attempt() -> None:
        runner.apply(migration, history.read(conn).get(migration.name), None)

    with_roles(server, attempt)


def declare(server: Scratch, url: str, settings: Settings) -> Schema:
    """Make what models and files of objects declare; give the declaration.

    Raises:
        MigrationError: it cannot be made.
    """
    declared = schema_of(settings.models, settings.root) if settings.models else "{}"
    scripts: list[tuple[str, Sequence[str]]] = [("the models", _native.schema_create(declared))]
    for path in objects(settings):
        text = read_text(path)
        scripts.append((path.name, [it.text for it in pieces(text) if not it.is_comment]))
    with howdah.connect(url, application_name="howdah migrate") as conn:
        conn.execute(_FORGETFUL)
        with_roles(server, lambda: _run_scripts(conn, scripts))
    schema: Schema = json.loads(declared)
    return schema


def objects(settings: Settings) -> list[Path]:
    """The files of objects that models cannot declare, beside the migrations."""
    return sorted((settings.path / "objects").glob("*.sql"))


def with_roles(server: Scratch, work: Callable[[], None]) -> None:
    """Do the work; on a server of our own, roles that it names are made first."""
    made: set[str] = set()
    while True:
        try:
            return work()
        except (MigrationError, UndefinedObject) as error:
            cause = error if isinstance(error, UndefinedObject) else error.__cause__
            role = _NO_ROLE.search(str(cause)) if isinstance(cause, UndefinedObject) else None
            if role is None or not server.is_own or role[1] in made:
                raise
            made.add(role[1])
            server.make_role(role[1])


def _run_scripts(conn: Connection, scripts: list[tuple[str, Sequence[str]]]) -> None:
    """Run all scripts, each after those that it needs: whichever works comes first."""
    left = scripts
    while left:
        failed: list[tuple[str, DatabaseError]] = []
        for name, statements in left:
            try:
                with conn.transaction():
                    for statement in statements:
                        conn.execute(statement)
            except UndefinedObject as error:
                if _NO_ROLE.search(error.message):
                    raise
                failed.append((name, error))
            except DatabaseError as error:
                failed.append((name, error))
        if len(failed) == len(left):
            name, reason = failed[0]
            raise MigrationError(f"{name} cannot be made: {reason}") from reason
        names = {name for name, _ in failed}
        left = [it for it in left if it[0] in names]
