"""Run the tasks of a page `docs/coming-from-*.md`: the other library's code, then howdah's.

A program, because Django is configured once for a process: `python -m
tests.repository.coming_from django URL`. Prints a JSON list of `Outcome`s. Does IO.

A section has two Python blocks, the other's and howdah's; both leave an `answer`. Before each the
rows are as at the beginning. A block of SQL in the section is what another program does when a
Python block calls `meanwhile()` for the first time.
"""

from __future__ import annotations

import json
import re
import sys
import traceback
import types
import urllib.parse
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import howdah
from howdah import sql
from howdah.orm import Bound, Model, create_all
from tests.repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIBRARIES = ("django", "sqlalchemy", "peewee")
MODELS = "The models"
BLOCK = re.compile(r"^```(python|sql)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TABLES = ("author", "tag", "book", "book_tag", "review", "job", "category", "article")

ROWS = f"""
{" ".join(f"delete from {table};" for table in reversed(TABLES))}
{" ".join(f"alter table {table} alter id restart;" for table in TABLES)}
insert into author (name, country) values ('Dumas', 'FR'), ('Hugo', 'FR'), ('Jerome', 'GB');
insert into tag (name) values ('classic'), ('funny'), ('rare');
insert into book (author_id, isbn, title, price, stock, details) values
    (1, '1', 'The Black Tulip', 8.50, 3, '{{"binding": "soft", "size": {{"pages": 300}}}}'),
    (1, '2', 'The Three Musketeers', 15, 7, '{{"binding": "hard"}}'),
    (1, '3', 'Twenty Years After', 15, 1, '{{}}'),
    (2, '4', 'Ninety-Three', 22.90, 2, '{{"binding": "soft"}}'),
    (2, '5', 'Les Misérables', 18, 9, '{{"binding": "soft", "signed": true}}'),
    (3, '6', 'Three Men in a Boat', 9.99, 4, '{{"binding": "hard"}}'),
    (3, '7', 'Three Men on the Bummel', 9.99, 0, '{{}}');
insert into book_tag (book_id, tag_id) values (1, 1), (1, 3), (2, 1), (4, 1), (6, 1), (6, 2);
insert into review (book_id, stars) select 1 + n % 7, 1 + n % 5 from generate_series(1, 600) n;
insert into job (task) values ('print'), ('bind'), ('send');
insert into category (name, parent_id) values
    ('all', null), ('novels', 1), ('history', 1), ('sea', 2), ('love', 2), ('rome', 3);
insert into article (text) values ('first'), ('second');
"""


@dataclass(frozen=True)
class Outcome:
    """What came of a task."""

    task: str
    answers: tuple[str, str]
    """The other's and howdah's; or tracebacks."""
    is_same_answer: bool
    differing_tables: list[str]


@dataclass(frozen=True)
class Block:
    """Code of a page."""

    source: str
    line: int = field(compare=False)
    """How many lines are before it."""

    def run(self, page: Path, names: dict[str, Any]) -> None:
        """Run it; a traceback shows the page's own lines."""
        exec(compile("\n" * self.line + self.source, str(page), "exec"), names)


@dataclass(frozen=True)
class Task:
    """A section of a page."""

    title: str
    blocks: tuple[Block, ...]
    meanwhile: list[Block]


def page_of(library: str) -> Path:
    """The page about a library."""
    return ROOT / "docs" / f"coming-from-{library}.md"


def tasks(page: Path) -> list[Task]:
    """The sections of a page; the first has the models."""
    found = []
    text = page.read_text(encoding="utf-8")
    for section in re.finditer(r"^## (.*?)$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
        blocks: dict[str, list[Block]] = {"python": [], "sql": []}
        for block in BLOCK.finditer(text, section.start(), section.end()):
            blocks[block[1]].append(Block(block[2], text.count("\n", 0, block.start(2))))
        found.append(Task(section[1], tuple(blocks["python"]), blocks["sql"]))
    return found


class Page:
    """A page that is being run: a namespace for each library, and the rows."""

    def __init__(self, page: Path, url: str, conn: howdah.Connection) -> None:
        self.page = page
        self.url = url
        self.conn = conn
        self.names = (module("theirs", url=url), module("ours", url=url))

    def outcomes(self) -> Iterator[Outcome]:
        """Run the tasks one after the other."""
        models, *rest = tasks(self.page)
        for names, block in zip(self.names, models.blocks, strict=True):
            block.run(self.page, names)
        mine = [it for it in self.names[1].values() if isinstance(it, type) and it is not Model]
        create_all(Bound(self.conn), *(it for it in mine if issubclass(it, Model)))
        for task in rest:
            yield self.outcome(task)

    def outcome(self, task: Task) -> Outcome:
        """Run both blocks of a task on the same rows."""
        results = [
            self.result(block, names, task.meanwhile)
            for block, names in zip(task.blocks, self.names, strict=True)
        ]
        (theirs, their_rows), (ours, our_rows) = results
        differing = [table for table in TABLES if their_rows[table] != our_rows[table]]
        failed = any(isinstance(answer, Exception) for answer in (theirs, ours))
        same = not failed and plain(theirs) == plain(ours)
        return Outcome(task.title, (shown(theirs), shown(ours)), same, differing)

    def result(
        self, block: Block, names: dict[str, Any], meanwhile: list[Block]
    ) -> tuple[Any, dict[str, Any]]:
        """The answer of a block, and what is in the tables afterwards."""
        self.conn.execute(ROWS)
        with howdah.connect(self.url) as other:
            names["meanwhile"] = once(other, meanwhile)
            try:
                block.run(self.page, names)
                answer = names.pop("answer")
            except Exception as error:  # noqa: BLE001 (the test shows it)
                answer = error
        return answer, {table: self.rows(table) for table in TABLES}

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """What is in a table, but for the numbers of links, which libraries make in any order."""
        of_links = "select book_id, tag_id from {} order by 1, 2"
        query = sql.SQL(of_links if table == "book_tag" else "select * from {} order by id")
        return self.conn.fetch(query.format(sql.Identifier(table)), row=tuple)


def module(name: str, **names: Any) -> dict[str, Any]:
    """The names of a new module, where libraries find what annotations mean."""
    made = sys.modules[name] = types.ModuleType(name)
    vars(made).update(names)
    return vars(made)


def once(other: howdah.Connection, statements: list[Block]) -> Any:
    """A function that runs the statements on another connection when it is first called."""
    left = [block.source for block in statements]

    def meanwhile() -> None:
        while left:
            other.execute(sql.raw(left.pop()))

    return meanwhile


def plain(answer: Any) -> Any:
    """An answer with lists for tuples, which libraries choose differently."""
    if isinstance(answer, list | tuple) or type(answer).__name__ == "Row":
        return [plain(item) for item in answer]
    return answer


def shown(answer: Any) -> str:
    """An answer, or the traceback of what it failed with."""
    if isinstance(answer, Exception):
        return "".join(traceback.format_exception(answer))
    return repr(plain(answer))


def configure_django(url: str) -> None:
    """What `settings.py` would say."""
    import django
    from django.conf import settings

    parts = urllib.parse.urlsplit(url)
    database = {
        "ENGINE": "howdah.django",
        "NAME": parts.path.removeprefix("/"),
        "USER": urllib.parse.unquote(parts.username or ""),
        "PASSWORD": urllib.parse.unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": parts.port,
    }
    shop = types.ModuleType("shop")  # the application that the page's models say they are of
    shop.__path__ = [str(ROOT / "docs")]
    sys.modules["shop"] = shop
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=["howdah.django", "django.contrib.postgres", "shop"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


def main(library: str, url: str) -> None:
    """Run a page and print what came of it."""
    if library == "django":
        configure_django(url)
    with howdah.connect(url) as conn:
        outcomes = list(Page(page_of(library), url, conn).outcomes())
    sys.stdout.write(json.dumps([asdict(outcome) for outcome in outcomes]))


if __name__ == "__main__":
    main(*sys.argv[1:])
