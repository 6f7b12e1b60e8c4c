"""Plans as files: what is written is what is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from howdah import _native
from howdah.migrations import MigrationError, Refused, _checking, _making
from howdah.migrations._files import read_sql
from howdah.migrations.model import Alone, Backfill, Statements

if TYPE_CHECKING:
    from tests.migrations.conftest import Project


def step(sql: str, group: int = 1, **said: Any) -> dict[str, Any]:
    """A step of a plan."""
    return {
        "sql": sql,
        "undo": None,
        "transaction": True,
        "group": group,
        "deploy": "expand",
        "kind": "ddl",
        "object": "column book.price",
        "builds_index": None,
        "batches": None,
        "reason": "because",
        **said,
    }


def undo(*statements: str, batches: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """What takes a step back."""
    return [{"statements": statements, "batches": batches}]


STEPS = [
    step("alter table book add column price int", undo=undo("alter table book drop column price")),
    step(
        "comment on column book.price is '; -- up'",
        undo=undo("comment on column book.price is null"),
    ),
    step(
        "create index concurrently i on book (price)",
        2,
        transaction=False,
        undo=[*undo("drop index concurrently i"), *undo("select 1", "select 2")],
        kind="concurrent_index",
        builds_index="i",
        reason="an index is built\nwithout blocking",
    ),
    step(
        "update book set price = 0 where price is null",
        3,
        kind="backfill",
        undo=[],
        deploy="migrate",
        batches={"table": "book", "key": ['"the id"', "n"], "set": "", "where": ""},
    ),
    step("alter table book validate constraint c", 4, kind="validate", deploy="contract", undo=[]),
    step(
        "alter table book alter column isbn drop not null",
        5,
        deploy="contract",
        undo=[
            *undo("alter table book add constraint n check (isbn is not null) not valid"),
            *undo(
                "update book set isbn = '' where isbn is null",
                batches={"table": "book", "key": ["id"], "set": "", "where": ""},
            ),
            *undo("alter table book alter column isbn set not null"),
        ],
    ),
    step("comment on table book is 'x'", 5, deploy="contract", undo=undo("comment on table book")),
]


def test_a_plan_is_written_and_read() -> None:
    text = _making.written(STEPS, ["0001_a", "0002_b"], major=18)
    assert "-- an index is built without blocking\n-- howdah: step expand, no transaction" in text
    found = read_sql(Path("0003_c.sql"), text)
    assert found.depends == ("0001_a", "0002_b")
    assert [(it.phase, type(it.work)) for it in found.up] == [
        ("expand", Statements),
        ("expand", Alone),
        ("migrate", Backfill),
        ("contract", Statements),
        ("contract", Statements),
    ]
    assert found.up[0].sql == (STEPS[0]["sql"], STEPS[1]["sql"])
    work = found.up[2].work
    assert isinstance(work, Backfill)
    assert (work.key, work.size) == (("the id", "n"), 5000)
    assert found.down is not None
    assert [type(it.work) for it in found.down[:3]] == [Statements, Backfill, Statements]
    assert "-- howdah: undo 5, batches of 5000 by id\nupdate book set isbn = ''" in text
    assert [(it.undoes, it.sql) for it in found.down] == [
        (5, ("comment on table book", *STEPS[5]["undo"][0]["statements"])),
        (5, STEPS[5]["undo"][1]["statements"]),
        (5, STEPS[5]["undo"][2]["statements"]),
        (2, ("drop index concurrently i",)),
        (2, ("select 1", "select 2")),
        (1, ("comment on column book.price is null", "alter table book drop column price")),
    ]


def test_what_goes_with_its_column_needs_no_way_back() -> None:
    default = step("alter table book alter column price set default now()", undo=[])
    found = read_sql(Path("a.sql"), _making.written([STEPS[0], default], [], major=18))
    assert found.final == ()
    other = step("alter table book alter column isbn set default now()")
    found = read_sql(Path("a.sql"), _making.written([STEPS[0], other], [], major=18))
    assert found.final == (1,)


def test_before_a_step_without_a_way_back_all_others_are_undone(project: Project) -> None:
    gone = step("alter table book drop column isbn", 2, deploy="contract")
    text = _making.written([STEPS[0], gone], ["0001_books"], major=18)
    found = read_sql(Path("0001_a.sql"), text)
    assert found.down is not None
    assert ([it.undoes for it in found.down], found.final) == ([1], (2,))
    project.write("0001_books", "-- depends: nothing\ncreate table book (isbn text);\n-- down\n"
                                "drop table book;")  # fmt: skip
    project.write("0002_prices", text)
    project.up(phase="expand")
    assert project.down() == ["0002_prices"]
    outcome = _checking.check(project.settings, project.told, down=True)
    assert outcome.findings == []
    assert "`0002_prices` can be undone until step 2 only" in outcome.notes
    project.up()
    with pytest.raises(MigrationError, match="no way back from its step 2"):
        project.down()


def test_rows_without_a_key_are_gone_through_by_pages() -> None:
    batches = {"table": "t", "key": [], "set": "", "where": ""}
    text = _making.written(
        [step("update t set a = 1 where a is null", batches=batches)], [], major=18
    )
    assert "batches of 5000 by ctid" in text
    with pytest.raises(MigrationError, match="a condition that no row satisfies once it is done"):
        read_sql(Path("a.sql"), "-- howdah: step batches of 5 by ctid\nupdate t set a = 1")


def test_a_name_does_not_end_its_comment() -> None:
    batches = {"table": "t", "key": ['"a\ndrop table t; --"'], "set": "", "where": ""}
    found = read_sql(
        Path("a.sql"),
        _making.written(
            [step("update t set a = 1 where a is null", batches=batches)], [], major=18
        ),
    )
    assert [it.sql for it in found.up] == [("update t set a = 1 where a is null",)]


QUESTION = {
    "id": "drop column book.isbn",
    "object": "column book.isbn",
    "question": "drop column `book.isbn` with its values?",
    "reason": "no model has it",
    "answers": [{"answer": "drop", "meaning": "gone"}, {"answer": "keep", "meaning": "stays"}],
    "withheld": ["alter table book drop column isbn"],
}


@pytest.fixture
def planner(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Stands in for the planner, which asks one question; the options that it was given."""
    asked: list[dict[str, Any]] = []

    def plan(_before: str, _after: str, options: str) -> str:
        given = json.loads(options)
        asked.append(given)
        answered = given["answers"].get(QUESTION["id"])
        steps = [step("alter table book drop column isbn")] if answered == "drop" else []
        questions = [] if answered in {"drop", "keep"} else [QUESTION]
        return json.dumps({"steps": steps, "questions": questions, "refused": [], "notes": []})

    monkeypatch.setattr(_native, "schema_plan", plan, raising=False)
    return asked


def test_questions_are_refused_where_nobody_is(planner: list[dict[str, Any]]) -> None:
    with pytest.raises(Refused, match=r"drop column `book\.isbn` with its values") as raised:
        _making.planned({}, {}, {}, _making.Choices())
    assert "`--answer 'drop column book.isbn=drop'`" in (raised.value.hint or "")
    assert 'was="…"' in (raised.value.hint or "")
    assert len(planner) == 1


@pytest.mark.usefixtures("planner")
def test_an_answer_is_one_of_those_that_are_offered() -> None:
    choices = _making.Choices(answers={"drop column book.isbn": "yes"})
    with pytest.raises(MigrationError, match=r"`yes` is no answer") as it:
        _making.planned({}, {}, {}, choices)
    assert "`--answer 'drop column book.isbn=keep'`" in (it.value.hint or "")


def test_questions_are_answered_by_arguments_and_by_people(planner: list[dict[str, Any]]) -> None:
    asked: list[str] = []

    def ask(question: dict[str, Any]) -> str:
        asked.append(question["id"])
        return "drop"

    choices = _making.Choices(answers={"drop column book.isbn": "keep"}, ask=ask)
    assert _making.planned({}, {}, {}, choices)["steps"] == []
    assert asked == []
    assert len(_making.planned({}, {}, {}, _making.Choices(ask=ask))["steps"]) == 1
    assert asked == ["drop column book.isbn"]
    assert [it["answers"] for it in planner] == [
        {"drop column book.isbn": "keep"},
        {},
        {"drop column book.isbn": "drop"},
    ]


def test_was_does_not_say_that_a_program_may_break() -> None:
    def question(*answers: str) -> dict[str, Any]:
        given = [{"answer": it, "meaning": ""} for it in answers]
        return {"id": "rename column book.cost", "answers": given}

    assert _making._intended(question("direct", "view")) == "view"
    assert _making._intended(question("direct", "keep")) is None
    assert _making._intended({"id": "drop column book.cost", "answers": []}) is None


def test_branches_are_joined(project: Project) -> None:
    with pytest.raises(MigrationError, match="nothing to merge"):
        _making.merged(project.settings, None)
    project.write("0001_a", "create table a ();")
    project.write("0002_b", "-- depends: 0001_a\ncreate table b ();\n-- down\ndrop table b;")
    project.write("0002_c", "-- depends: 0001_a\ncreate table c ();\n-- down\ndrop table c;")
    with pytest.raises(MigrationError, match="several ends"):
        project.up()
    path = _making.merged(project.settings, None).write(project.folder)
    assert path.name == "0003_merge_0002_0002.sql"
    assert project.up() == ["0001_a", "0002_b", "0002_c", "0003_merge_0002_0002"]
    assert project.down(target="0001") == ["0003_merge_0002_0002", "0002_c", "0002_b"]


def test_empty_files_can_be_run(project: Project) -> None:
    for name, python in (("first", False), ("more data", True)):
        made = _making.empty(project.settings, name, python=python)
        made.write(project.folder)
        with pytest.raises(MigrationError, match="is there already"):
            made.write(project.folder)
    assert project.up() == ["0001_first", "0002_more_data"]
    assert project.down(target="base") == ["0002_more_data", "0001_first"]


def test_files_are_named_after_what_they_do() -> None:
    assert _making.named_after(STEPS[:1]) == "add_column_book_price"
    assert _making.named_after([*STEPS, step("x", object="y")]).endswith("_and_more")
    assert _making.slug_of("Größe: 1 / 2!") == "größe_1_2"
    assert _making.slug_of("!") == "migration"
