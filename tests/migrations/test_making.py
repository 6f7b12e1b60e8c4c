"""`make`: from models to files, which make what the models declare."""

from __future__ import annotations

import re
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


BY_HAND = """\
-- up
create index by_hand on book (lower(title), cost);
alter table book add constraint hand_check check (cost < 1000000);
create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger touch before update on book for each row execute function touch();
alter table book enable row level security, replica identity full;
create policy everybody on book using (true);
comment on column book.title is 'as printed';
create view few as select id from book limit 3;
create table legacy (id int primary key);
create publication shelf for table legacy;
"""


def test_what_was_made_by_hand_stays(project: Project, models: Callable[[str], str]) -> None:
    make(project, models, FIRST)
    project.write("0002_by_hand", BY_HAND)
    assert make(project, models, FIRST) is None
    told = [it for it in project.told.lines if "it was made by hand" in it]
    assert (
        "note: policy `everybody` of `book` stays: it was made by hand, and no model declares it"
        in told
    )
    assert len(told) == 11, told
    project.up()
    assert check(project.settings, project.told).findings == []
    # a column that models give another name has it in what was made by hand, too
    text = make(project, models, SECOND, Choices(answers={"value book.isbn": "'none'"}))
    assert text is not None
    up = text.partition("-- down")[0]
    assert "disable row level security" not in up
    for name in ("hand_check", "touch", "everybody", "legacy", "shelf", "few"):
        assert not re.search(f"drop .*{name}", up), name
    project.up()
    assert project.value("select count(*) from pg_indexes where indexname = 'by_hand'") == 1
    assert make(project, models, SECOND) is None


def test_what_was_kept_is_not_asked_again(project: Project, models: Callable[[str], str]) -> None:
    make(project, models, FIRST.replace("    cost", "    old: Col[str | None]\n    cost"))
    with pytest.raises(Refused, match=r"column book\.old"):
        make(project, models, FIRST)
    project.settings = replace(project.settings, keep=("column book.old",))
    assert make(project, models, FIRST) is None
    assert check(project.settings, project.told, offline=True).findings == []


def test_a_file_that_was_edited_is_by_hand(project: Project, models: Callable[[str], str]) -> None:
    make(project, models, FIRST)
    [path] = project.folder.glob("*.sql")
    path.write_text(
        path.read_text().replace("-- down", "create index more on book (cost);\n-- down")
    )
    assert make(project, models, FIRST) is None
    assert "index `more` of `book` stays" in " ".join(project.told.lines)


def test_nothing_is_lost_without_an_answer(project: Project, models: Callable[[str], str]) -> None:
    make(project, models, FIRST)
    without = FIRST.replace("    cost: Col[int] = col(default=0)\n", "").replace(
        ', check("cost >= 0", name="cost_is_there")', ""
    )
    with pytest.raises(Refused, match=r"cost") as raised:
        make(project, models, without)
    assert "--answer 'drop column book.cost=drop'" in (raised.value.hint or "")
    answers = {"drop column book.cost": "keep", "drop column book.nothing": "drop"}
    kept = make(project, models, without, Choices(answers=answers))
    # what answers nothing is told
    assert [it for it in project.told.lines if it.startswith("warning")] == [
        "warning: `--answer 'drop column book.nothing=drop'` answers no question"
    ]
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
