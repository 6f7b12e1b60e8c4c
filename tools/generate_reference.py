"""Write `docs/reference/`: signatures and docstrings of everything public, a page per subject.

Reads the sources and the native module's stub; runs nothing of howdah. With `--check` nothing is
written; the exit code is 1 if a page in the repository differs from what would be written.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import griffe

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "reference"


class Page(NamedTuple):
    """A page: its title, and the modules whose public names it shows, or the names themselves."""

    title: str
    names: tuple[str, ...]


COPYING = (
    "copying.CopyData",
    "copying.CopyRows",
    "copying.ArrowBatches",
    "async_copying.AsyncCopyData",
    "async_copying.AsyncCopyRows",
    "async_copying.AsyncArrowBatches",
)

# `howdah.orm`, by subject; what it exports must be on one of these pages.
OPERATORS = (
    "comparison.Comparisons",
    "arithmetic.Arithmetic",
    "truth.BooleanOperators",
    "text.TextOperators",
    "dates.DateOperators",
    "arrays.ArrayOperators",
    "ranges.RangeOperators",
    "json.JsonOperators",
    "paths.Place",
    "paths.Json",
    "paths.JsonPath",
    "search.SearchOperators",
    "shared.SharedOperators",
)
ORM = {
    "orm-models": Page(
        "ORM: models",
        (
            "orm.models.Model",
            "orm.columns.Col",
            "orm.columns.col",
            "orm.columns.identity",
            "orm.columns.generated",
            "orm.columns.references",
            "orm.columns.version",
            "orm.relations.One",
            "orm.relations.Many",
            "orm.relations.one",
            "orm.relations.many",
            "orm.paths.Related",
            "orm.paths.alias",
            "orm.collections.Collection",
            "orm._types.TsVector",
            "orm._types.TsQuery",
        ),
    ),
    "orm-schema": Page("ORM: what a database has beside tables", ("orm.schema",)),
    "orm-verbs": Page(
        "ORM: what runs statements and writes objects",
        (
            "orm.verbs.Verbs",
            "orm.transactions.Tx",
            "orm.executors.Bound",
            "orm.writes.upserting.Upserted",
            "orm.writes.events.before",
            "orm.writes.events.after",
            "orm.verbs.AsyncVerbs",
            "orm.transactions.AsyncTx",
            "orm.executors.AsyncBound",
        ),
    ),
    "orm-queries": Page(
        "ORM: asking",
        (
            "orm.statements.selecting.select",
            "orm.statements.select.Select",
            "orm.statements.query.Query",
            "orm.statements.combined.Combined",
            "orm.statements.page.Page",
            "orm.statements.stream.Stream",
            "orm.statements.stream.AsyncStream",
            "orm.statements.sources.Rows",
            "orm.statements.sources.values",
            "orm.statements.sources.raw_select",
            "orm.statements.base.Statement",
            "orm.statements.base.text_of",
            "orm.shapes.Shape",
            "orm.shapes.of",
            "orm.conversion.to_dict",
            "orm.conversion.from_data",
            "orm.conversion.update_from",
        ),
    ),
    "orm-changes": Page(
        "ORM: statements that write",
        (
            "orm.statements.insert.insert",
            "orm.statements.insert.Insert",
            "orm.statements.insert.OnConflict",
            "orm.statements.update.update",
            "orm.statements.update.Update",
            "orm.statements.delete.delete",
            "orm.statements.delete.Delete",
            "orm.statements.merge.merge",
            "orm.statements.merge.Merge",
            "orm.statements.change.Change",
            "orm.statements.change.Returning",
            "orm.statements.change.excluded",
            "orm.statements.change.old",
            "orm.statements.change.new",
        ),
    ),
    "orm-expressions": Page(
        "ORM: expressions",
        (
            "orm.expressions.Expr",
            "orm.expressions.Condition",
            "orm.expressions.Column",
            "orm.expressions.lit",
            "orm.expressions.raw",
            "orm.expressions.all_of",
            "orm.expressions.any_of",
            "orm.expressions.not_",
            *(f"orm.operators.{name}" for name in OPERATORS),
        ),
    ),
    "orm-functions": Page("ORM: functions", ("orm.functions",)),
}

PAGES = {
    "connections": Page(
        "Connections",
        (
            "connection.connect",
            "connection.Connection",
            "_native.Row",
            "statement",
            "_session.Notification",
            "two_phase.Xid",
        ),
    ),
    "asyncio": Page(
        "Connections under asyncio",
        ("async_connection.connect_async", "async_connection.AsyncConnection"),
    ),
    "transactions": Page("Transactions and repetition", ("transaction", "retrying")),
    "many": Page("Streams, pipelines, COPY", ("stream", "pipeline", "async_pipeline", *COPYING)),
    "cursors": Page(
        "Cursors of the DB-API",
        (
            "cursor.Cursor",
            "async_cursor.AsyncCursor",
            "server_cursor.ServerCursor",
            "async_server_cursor.AsyncServerCursor",
        ),
    ),
    "pools": Page("Pools", ("pool", "async_pool")),
    "databases": Page("A database with replicas", ("database", "async_database")),
    "caching": Page(
        "Caching",
        (
            "caching.options",
            "caching.functions",
            "caching._database.DatabaseCache",
            "caching._database.AsyncDatabaseCache",
        ),
    ),
    "listening": Page(
        "Notifications",
        ("listening", "notifications.Notifications", "notifications.AsyncNotifications"),
    ),
    "objects": Page(
        "Large objects and advisory locks",
        ("large_objects", "advisory_lock.AdvisoryLock", "advisory_lock.AsyncAdvisoryLock"),
    ),
    **ORM,
    "sql": Page("Composing SQL", ("sql",)),
    "types": Page("Types", ("types",)),
    "replication": Page("Logical replication", ("replication",)),
    "errors": Page("Errors", ("errors",)),
    "server": Page("The embedded server", ("server",)),
    "migrations": Page(
        "Migrations",
        (
            *(f"migrations.api.{name}" for name in ("up", "down", "status", "Status")),
            *(f"migrations.api.{name}_async" for name in ("up", "down", "status")),
            "migrations.python_files.DataMigration",
            "migrations.python_files.Batch",
            "migrations.config.Settings",
            "migrations.config.load",
            "migrations.reporting.Report",
            "migrations.errors",
        ),
    ),
    "testing": Page(
        "Testing",
        (
            "testing._databases.rolled_back",
            "testing._databases.rolled_back_async",
            "testing._databases.made_database",
            "testing._databases.RolledBackDatabase",
            "testing._databases.RolledBackAsyncDatabase",
            "pytest_plugin",
        ),
    ),
    "integrations": Page(
        "Other libraries",
        (
            "integrations.peewee.HowdahDatabase",
            "integrations.peewee.PooledHowdahDatabase",
            "integrations.pydantic",
            "integrations.msgspec",
        ),
    ),
}

# What the connections inherit from the native module for everybody.
NATIVE = {
    "backend_pid",
    "busy",
    "close",
    "closed",
    "config",
    "execute",
    "execute_many",
    "fetch",
    "fetch_one",
    "fetch_value",
    "fileno",
    "is_alive",
    "parameters",
    "protocol_version",
    "server_version",
    "tls",
    "transaction_status",
}

# What `howdah.orm` calls itself. Its class methods and static methods are how it makes values.
ORM_ITSELF = {
    "base",
    "hydration",
    "inner_source",
    "is_whole",
    "items",
    "items_without_models",
    "joins_parent",
    "keys_of_loads",
    "loads",
    "outputs",
    "path",
    "python",
    "seen_from",
    "source",
    "strict_",
}


def main() -> int:
    """Write the pages, or compare them with `--check`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check = parser.parse_args().check
    package = griffe.load("howdah", search_paths=[str(ROOT / "python")], allow_inspection=False)
    pages = {f"{name}.md": "\n".join(page(package, PAGES[name])) for name in PAGES}
    pages["index.md"] = "\n".join(index())
    stale = [name for name, text in pages.items() if written(name) != text]
    if check:
        for name in stale:
            print(f"docs/reference/{name} is not what tools/generate_reference.py writes")
        return 1 if stale else 0
    TARGET.mkdir(exist_ok=True)
    for name in stale:
        (TARGET / name).write_text(pages[name])
    return 0


def written(name: str) -> str | None:
    """The page in the repository."""
    path = TARGET / name
    return path.read_text() if path.exists() else None


def index() -> Iterator[str]:
    """The page that leads to the others."""
    yield "# Reference\n"
    yield "Written from the sources by `tools/generate_reference.py`.\n"
    for name, (title, _) in PAGES.items():
        yield f"- [{title}]({name}.md)"
    yield ""


def page(package: griffe.Object | griffe.Alias, described: Page) -> Iterator[str]:
    """The lines of a page."""
    yield f"# {described.title}\n"
    for name in described.names:
        found = resolved(package[name])
        if isinstance(found, griffe.Module):
            yield from prose(found)
            for member in public_names(found):
                yield from entry(member, level=2)
        else:
            yield from entry(found, level=2)


def public_names(module: griffe.Module) -> Iterator[griffe.Object]:
    """What a module offers: its `__all__`, or what it defines itself without an underscore."""
    names: Iterable[str] = [str(name) for name in module.exports or ()]
    if not names:
        names = [n for n, m in module.members.items() if not n.startswith("_") and not m.is_alias]
    for name in names:
        member = module.members[name]
        found = resolved(member)
        if not isinstance(found, griffe.Module):
            yield found


def resolved(found: griffe.Object | griffe.Alias) -> griffe.Object:
    """The object behind an import."""
    return found.final_target if isinstance(found, griffe.Alias) else found


def entry(found: griffe.Object, level: int) -> Iterator[str]:
    """Heading, signatures and docstring of one name, and of a class's members."""
    if isinstance(found, griffe.Class):
        yield f"{'#' * level} class {found.name}\n"
        yield from prose(found)
        for name, member in members(found).items():
            yield from member_entry(name, member, level + 1)
    elif isinstance(found, griffe.Function):
        yield from member_entry(found.name, [found], level)
    elif isinstance(found, (griffe.Attribute, griffe.TypeAlias)) and found.docstring:
        yield f"{'#' * level} {found.name}\n"
        yield from prose(found)


Member = list[griffe.Function] | griffe.Object


def members(found: griffe.Class) -> dict[str, Member]:
    """The public members of a class and of its private bases, nearest definition first."""
    collected: dict[str, Member] = {}
    for owner in [found, *found.mro()]:
        if owner is not found and is_shown(owner):
            continue
        for name, overloads in owner.overloads.items():
            if overloads and not name.startswith("_"):
                collected.setdefault(name, overloads)
        for name, member in owner.members.items():
            if not name.startswith("_") and isinstance(member, griffe.Object):
                collected.setdefault(name, member)
    return {name: member for name, member in collected.items() if is_public(name, member)}


def is_shown(owner: griffe.Class) -> bool:
    """Whether the class has an entry of its own, where its members stand."""
    names = {f"howdah.{name}" for page in PAGES.values() for name in page.names}
    return bool({owner.path, owner.path.rpartition(".")[0]} & names)


def is_public(name: str, member: Member) -> bool:
    """Whether users may call it; the native module has names for the package alone."""
    functions = member if isinstance(member, list) else [member]
    if any(each.path.startswith("howdah._native.") for each in functions):
        return name in NATIVE
    if any(each.path.startswith("howdah.orm.") for each in functions):
        makes = {"classmethod", "staticmethod"}.intersection(*(each.labels for each in functions))
        if name in ORM_ITSELF or makes:
            return False
    return any(each.docstring for each in functions)


def member_entry(name: str, member: Member, level: int) -> Iterator[str]:
    """Heading, signatures and docstring of a function, property or attribute."""
    yield f"{'#' * level} {name}\n"
    functions = member if isinstance(member, list) else [member]
    yield "```text"
    for each in functions:
        yield signature(name, each)
    yield "```\n"
    for each in functions:
        if each.docstring:
            yield from prose(each)
            return


def signature(name: str, found: griffe.Object) -> str:
    """How the name is called, or the type that it has."""
    if isinstance(found, griffe.Function):
        lead = "async " if "async" in found.labels else ""
        return lead + re.sub(r"\(self(, /)?(, )?", "(", str(found.signature(name=name)))
    annotation = getattr(found, "annotation", None)
    return f"{name}: {annotation}" if annotation is not None else name


def prose(found: griffe.Object) -> Iterator[str]:
    """The docstring, its examples fenced."""
    if found.docstring is None:
        return
    fenced = False
    for line in found.docstring.value.splitlines():
        starts = line.startswith(">>>") and not fenced
        ends = fenced and not line.strip()
        if starts or ends:
            yield "```pycon" if starts else "```"
            fenced = starts
        yield line
    if fenced:
        yield "```"
    yield ""


if __name__ == "__main__":
    sys.exit(main())
