"""The SQL of a Django project's migrations, operation by operation.

A program of its own: `python -m howdah._rendered.of_django ANSWER MANAGE [APP…]`. IO: runs
`manage.py` up to the place where it would run a command; asks the project's database where an
operation has to (a constraint's name, say). Invariant: no transaction is begun and nothing is sent
but what reads the catalog.
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from howdah._rendered.sources import Migration, Source, as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

# what the SQL is written for where no database says its version
_VERSION = 150000


def main() -> None:
    """Write the answer."""
    answer, manage, *apps = sys.argv[1:]
    _load(manage)
    found = [as_json(it) for it in _migrations(Path(manage).parent, apps)]
    Path(answer).write_text(json.dumps(found), encoding="utf-8")


def _load(manage: str) -> None:
    import django
    from django.core import management

    # `manage.py` says which settings these are, and begins a command: which is none
    management.execute_from_command_line = lambda argv=None: None  # noqa: ARG005
    sys.argv = [manage, "sqlmigrate"]
    sys.path.insert(0, str(Path(manage).parent))
    runpy.run_path(manage, run_name="__main__")
    django.setup()


def _databases() -> list[Any]:
    """The project's databases that are PostgreSQL's; the default one first."""
    from django.db import OperationalError, connections

    found = [it for it in connections.all() if it.vendor == "postgresql"]
    if not found:
        vendor = connections["default"].vendor
        sys.exit(f"error: the project's database is `{vendor}`, expected PostgreSQL")
    found.sort(key=lambda it: it.alias != "default")
    for connection in found:
        try:
            connection.ensure_connection()
        except OperationalError:
            name = "" if connection.alias == "default" else f" `{connection.alias}`"
            sys.stderr.write(
                f"note: the project's database{name} does not answer; most SQL needs none\n"
            )
            connection.__dict__["pg_version"] = _VERSION
            connection.ops.compose_sql = _composed
    return found


def _composed(sql: str, params: Any) -> str:
    """A statement with its values, for which Django asks a connection."""
    from howdah.django.literals import literal

    return sql % tuple(literal(it) for it in params or ())


def _migrations(root: Path, apps: list[str]) -> Iterator[Migration]:
    from django.db.migrations.loader import MigrationLoader

    databases = _databases()
    loader = MigrationLoader(None, ignore_no_migrations=True)
    unknown = set(apps) - loader.migrated_apps
    if unknown:
        names = ", ".join(f"`{it}`" for it in sorted(unknown))
        sys.exit(f"error: there is no application with migrations of the name {names}")
    plan: list[tuple[str, str]] = []
    for target in loader.graph.leaf_nodes():
        plan += [it for it in loader.graph.forwards_plan(target) if it not in plan]
    state = loader.project_state()
    state = type(state)(real_apps=state.real_apps)
    for key in plan:
        migration = loader.graph.nodes[key]
        module = sys.modules[type(migration).__module__]
        path = Path(str(module.__file__))
        before = state.clone() if len(databases) > 1 else state
        rendered, state = _render(databases[0], migration, state, str(path))
        for other in databases[1:]:
            more, _ = _render(other, migration, before.clone(), str(path))
            _add(rendered, more)
        own = path.is_relative_to(root) and "site-packages" not in path.parts
        rendered.quiet = key[0] not in apps if apps else not own
        yield rendered


def _render(connection: Any, migration: Any, state: Any, path: str) -> tuple[Migration, Any]:
    source = Source(path)
    places = source.operations()
    rendered = Migration(path, bool(migration.atomic), [])
    editor = connection.schema_editor(collect_sql=True, atomic=False)
    # by identity; kept, so that no other statement comes to have it
    deferred: dict[int, tuple[Any, int]] = {}
    chunks: list[tuple[int, str]] = []
    with editor:
        for index, operation in enumerate(migration.operations):
            before = state.clone()
            operation.state_forwards(migration.app_label, state)
            try:
                sql = _collect(editor, migration.app_label, operation, before, state)
            except Exception as error:  # noqa: BLE001 - of the project's own making, and told
                what = f"{type(error).__name__}: {error}".strip()
                failed = f"operation {index + 1} cannot be written as SQL: {what}"
                rendered.error = "; ".join(filter(None, (rendered.error, failed)))
                continue
            chunks += [(index, sql)] if sql else []
            for statement in editor.deferred_sql:
                deferred.setdefault(id(statement), (statement, index))
        last, editor.deferred_sql = list(editor.deferred_sql), []
        for statement in last:
            begin = len(editor.collected_sql)
            editor.execute(statement, None)
            sql = "\n".join(editor.collected_sql[begin:])
            _, index = deferred.get(id(statement), (statement, 0))
            chunks.append((index, sql))
    for index, sql in chunks:
        first, end = places[index] if len(places) == len(migration.operations) else (1, 1)
        rendered.chunks.append(source.chunk(first, sql, end))
    return rendered, state


def _add(rendered: Migration, more: Migration) -> None:
    """What a router keeps to another database; without routers each of them has all."""
    known = {(it.line, it.sql) for it in rendered.chunks}
    rendered.chunks += [it for it in more.chunks if (it.line, it.sql) not in known]
    rendered.error = rendered.error or more.error


def _collect(editor: Any, app: str, operation: Any, before: Any, after: Any) -> str:
    if not operation.reduces_to_sql:
        return ""  # Python code: nobody knows what it does
    begin = len(editor.collected_sql)
    operation.database_forwards(app, editor, before, after)
    return "\n".join(editor.collected_sql[begin:])


if __name__ == "__main__":
    main()
