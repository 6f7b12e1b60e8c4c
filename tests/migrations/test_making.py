"""`make`: from models to files, which make what the models declare."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from howdah.migrations import MigrationError, Refused
from howdah.migrations._checking import check
from howdah.migrations._making import Choices, made

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.migrations.conftest import Project

FIRST = """
import enum
from howdah.orm import Col, Model, col, identity, references
from howdah.orm.schema import check, extension, function, index, trigger, unique

citext = extension("citext")

class Kind(enum.Enum):
    paper = "paper"
    ebook = "ebook"

class Author(Model):
    id: Col[int] = identity()
    name: Col[str] = col(unique=True)

class Book(Model, declare=[index("title"), check("cost >= 0", name="cost_is_there")]):
    id: Col[int] = identity()
    title: Col[str]
    cost: Col[int] = col(default=0)
    kind: Col[Kind] = col(default=Kind.paper)
    author_id: Col[int] = references(lambda: Author.id)
"""
SECOND = (
    FIRST.replace(
        "    cost: Col[int] = col(default=0)", '    price: Col[int] = col(default=0, was="cost")'
    )
    .replace('check("cost >= 0", name="cost_is_there")', 'unique("title")')
    .replace("    kind: Col", "    isbn: Col[str]\n    kind: Col")
    .replace('    ebook = "ebook"', '    ebook = "ebook"\n    audio = "audio"')
)
VIEW = "create view cheap as select id, title from book where id < 10;"


def make(
    project: Project,
    models: Callable[[str], str],
    source: str,
    choices: Choices = Choices(),  # noqa: B008 (it does not change)
) -> str | None:
    """The text of the migration to these models, which is written."""
    project.settings = replace(project.settings, models=(models(source),))
    found = made(project.settings, project.told, None, choices)
    if found is None:
        return None
    found.write(project.folder)
    return found.text


def test_from_nothing_to_models_and_on(project: Project, models: Callable[[str], str]) -> None:
    first = make(project, models, FIRST)
    assert first is not None
    assert "-- depends: nothing" in first
    assert make(project, models, FIRST) is None
    assert len(project.up()) == 1
    project.execute("insert into author (name) values ('ann')")
    project.execute("insert into book (title, cost, author_id) values ('a', 5, 1)")

    # a rename is no question: `was` says it; a value that nobody knows is one
    with pytest.raises(Refused, match="which value do the rows of `book` get") as raised:
        make(project, models, SECOND)
    assert "rename" not in raised.value.message
    second = make(project, models, SECOND, Choices(answers={"value book.isbn": "'none = none'"}))
    assert second is not None
    assert make(project, models, SECOND) is None
    assert "-- howdah: step contract\ndrop trigger zz_howdah_cost_price on book;" in second
    project.execute("update book set title = title")
    assert len(project.up()) == 1
    assert project.value("select price from book") == 5
    assert project.value("select isbn from book") == "none = none"
    outcome = check(project.settings, project.told, down=True)
    assert outcome.findings == []


def test_objects_beside_models_are_migrated(project: Project, models: Callable[[str], str]) -> None:
    folder = project.folder / "objects"
    folder.mkdir()
    # in an order of names that does not run
    (folder / "a_view.sql").write_text("create view few as select * from cheap limit 3;")
    (folder / "b_view.sql").write_text(VIEW)
    (folder / "function.sql").write_text(
        "create function price_of(int) returns int language sql return $1 * 2;"
    )
    text = make(project, models, FIRST)
    assert text is not None
    assert "create view cheap" in text
    project.up()
    assert project.value("select price_of(4)") == 8
    assert make(project, models, FIRST) is None
    (folder / "function.sql").write_text(
        "create function price_of(int) returns int language sql return $1 * 3;"
    )
    assert make(project, models, FIRST) is not None
    project.up()
    assert project.value("select price_of(4)") == 12
    assert check(project.settings, project.told).findings == []


def test_nothing_is_lost_without_an_answer(project: Project, models: Callable[[str], str]) -> None:
    make(project, models, FIRST)
    without = FIRST.replace("    cost: Col[int] = col(default=0)\n", "").replace(
        ', check("cost >= 0", name="cost_is_there")', ""
    )
    with pytest.raises(Refused, match=r"cost") as raised:
        make(project, models, without)
    assert "--answer 'drop column book.cost=drop'" in (raised.value.hint or "")
    kept = make(project, models, without, Choices(answers={"drop column book.cost": "keep"}))
    assert "drop column" not in (kept or "")
    dropped = make(project, models, without, Choices(allow_drop=True))
    assert dropped is not None
    assert "drop column cost" in dropped
    assert "-- howdah: step contract" in dropped


def test_nothing_is_made_of_models_that_cannot_be(
    project: Project, models: Callable[[str], str]
) -> None:
    broken = FIRST.replace('index("title")', 'check("nothing > 0")')
    told = r"the models cannot be made: column \"nothing\" does not exist"
    with pytest.raises(MigrationError, match=told):
        make(project, models, broken)
    with pytest.raises(MigrationError, match="there are no models to compare with"):
        made(replace(project.settings, models=()), project.told, None, Choices())
