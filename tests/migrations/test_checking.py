from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah.migrations import MigrationError
from howdah.migrations._checking import Outcome, check
from howdah.migrations._scratch import scratch
from howdah.migrations.reporting import printable
from tests.migrations.test_running import BOOKS, PRICES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.migrations.conftest import Project

MODELS = """
from howdah.orm import Col, Model, identity

class Book(Model):
    id: Col[int] = identity(always=True)
    title: Col[str]
"""


@pytest.fixture
def books(project: Project, models: Callable[[str], str]) -> Project:
    """A table by a migration, and as a model."""
    project.write("0001_books", BOOKS)
    project.settings = replace(project.settings, models=(models(MODELS),))
    return project


def run(project: Project, **options: bool | Path) -> Outcome:
    return check(project.settings, project.told, **options)  # type: ignore[arg-type]


@pytest.mark.usefixtures("new_scratch_databases")
def test_models_migrations_and_database_agree(books: Project) -> None:
    books.up()
    outcome = run(books)
    assert outcome.findings == []
    assert outcome.notes == ["1 migrations run on an empty database"]
    left = "select count(*) from pg_database where datname like 'howdah_scratch_%'"
    assert books.value(left) == 0


@pytest.mark.usefixtures("new_scratch_databases")
def test_what_a_killed_program_has_left_is_dropped(project: Project) -> None:
    of_today = f"howdah_scratch_{time.time():.0f}_1"
    with howdah.connect(project.url) as conn:
        for name in ("howdah_scratch_1000_1", of_today, "howdah_scratch_of_mine"):
            conn.execute(f"create database {name} template howdah_test_template")
    with scratch(project.settings, project.told):
        pass
    left = "select array_agg(datname order by 1) from pg_database where datname like 'howdah_sc%'"
    assert project.value(left) == [of_today, "howdah_scratch_of_mine"]
    with howdah.connect(project.url) as conn:
        for name in (of_today, "howdah_scratch_of_mine"):
            conn.execute(f"drop database {name}")


def test_names_are_no_orders_for_a_terminal() -> None:
    assert printable("a \x1b[31m\x9b\tb\n") == "a \\x1b[31m\\x9b\tb\n"


def test_what_only_the_models_have_is_found(books: Project, models: Callable[[str], str]) -> None:
    name = models(MODELS + "    isbn: Col[str | None]\n")
    books.settings = replace(books.settings, models=(name,))
    [finding] = run(books).findings
    assert finding.check == "models"
    assert finding.text == (
        "the models and the migrations differ: column `book.isbn` is made by no migration"
    )
    assert finding.sql == ("alter table book add column isbn text",)


def test_drift_is_found(books: Project) -> None:
    books.up()
    books.execute("alter table book alter title drop not null", "create table stray (id int)")
    found = run(books).findings
    assert {it.check for it in found} == {"drift"}
    assert sorted(it.text.partition(": ")[2] for it in found) == [
        "column `book.title` is different",
        "table `stray` comes from no migration",
    ]
    assert run(books, offline=True).findings == []


def test_what_is_applied_in_part_is_no_drift(books: Project) -> None:
    books.write("0002_prices", PRICES)
    books.settings = replace(books.settings, models=())
    books.up(phase="expand")
    assert run(books).findings == []
    books.write("0003_last", "create table last ()")
    outcome = run(books)
    assert outcome.findings == []
    assert "`0003_last` has not been applied" in outcome.notes


def test_files_that_changed_or_went_are_found(books: Project) -> None:
    books.write("0002_prices", PRICES)
    books.settings = replace(books.settings, models=())
    books.up()
    books.write("0001_books", BOOKS + "-- a word more\n")
    (books.folder / "0002_prices.sql").unlink()
    assert sorted(it.text for it in run(books).findings) == [
        "`0001_books` was changed after it had been applied",
        "`0002_prices` was applied, and its file is not there any more",
    ]


def test_down_is_proven(books: Project) -> None:
    books.write("0002_prices", PRICES)
    books.write("0003_gone", "alter table book drop column title")
    books.settings = replace(books.settings, models=())
    outcome = run(books, down=True)
    assert outcome.findings == []
    assert outcome.notes[1:3] == [
        "`0003_gone` cannot be undone",
        "2 migrations run up, down and up again",
    ]


def test_a_down_that_forgets_something_is_found(books: Project) -> None:
    books.write(
        "0002_shelf",
        "create table shelf (id int); alter table book add shelf int;\n-- down\ndrop table shelf;",
    )
    books.settings = replace(books.settings, models=())
    # what is left stands in the way of the second `up`, too
    assert [it.text for it in run(books, down=True).findings] == [
        "`down` of `0002_shelf` does not undo `up`: column `book.shelf` is left",
        '`0002_shelf`, step 1 failed: column "shelf" of relation "book" already exists\n'
        "in `0002_shelf.sql`, step from line 1",
    ]
    books.write(
        "0002_shelf",
        "create table shelf (id int); alter table book alter title drop not null;\n"
        "-- down\ndrop table shelf;",
    )
    [finding] = run(books, down=True).findings
    assert finding.text == (
        "`down` of `0002_shelf` does not undo `up`: column `book.title` is different"
    )


def test_a_down_that_fails_is_found(books: Project) -> None:
    books.write("0002_a", "create table a ();\n-- down\ndrop table b;")
    books.write("0003_b", "create table b ();\n-- down\ndrop table b;")
    books.settings = replace(books.settings, models=())
    outcome = run(books, down=True)
    [finding] = outcome.findings
    assert finding.text.startswith('`0002_a`, step 1 failed: table "b" does not exist')
    assert "`down` was tried up to `0002_a` only" in outcome.notes


def test_several_ends_are_refused(books: Project) -> None:
    books.write("0002_a", "-- depends: 0001_books\ncreate table a ()")
    books.write("0002_b", "-- depends: 0001_books\ncreate table b ()")
    with pytest.raises(MigrationError, match="several ends: `0002_a`, `0002_b`"):
        run(books)


def test_the_workload_of_the_last_release(books: Project, tmp_path: Path) -> None:
    books.write(
        "0002_change",
        "alter table book rename column title to name;\n"
        "alter table book add shelf int not null default 1 check (shelf > 0);\n"
        "alter table book alter shelf drop default;",
    )
    books.settings = replace(books.settings, models=())
    lines = [
        {"sql": "select title from book where id = $1", "params": [1], "site": "shop.py:1"},
        {"sql": "select id from book where id = $1", "params": [1], "site": "shop.py:2"},
        {"sql": "insert into book (name) values ($1)", "params": ["a"], "site": "shop.py:3"},
        {"sql": "insert into book (name, shelf) values ($1, $2)", "params": ["a", 1]},
        {"sql": "insert into book (name, shelf) values ($1, $2)", "params": ["a", 0]},
        {"sql": "select * from gone", "site": "shop.py:6"},
        {"sql": "begin"},
        {"sql": "select $1::date", "params": ["no date"], "site": "shop.py:8"},
    ]
    workload = tmp_path / "workload.jsonl"
    workload.write_text("\n".join(json.dumps(it) for it in lines))
    found = [it.text for it in run(books, workload=workload).findings]
    assert found == [
        'shop.py:1: column "title" does not exist, in `select title from book where id = $1`',
        'shop.py:3: null value in column "shelf" of relation "book" violates not-null constraint, '
        "in `insert into book (name) values ($1)`",
        'line 5: new row for relation "book" violates check constraint "book_shelf_check", '
        "in `insert into book (name, shelf) values ($1, $2)`",
        'shop.py:6: relation "gone" does not exist, in `select * from gone`',
    ]
    workload.write_text('{"sql": 1}')
    with pytest.raises(MigrationError, match=r"line 1 of the workload, expected `\{\"sql\": …"):
        run(books, workload=workload)


def test_the_workload_is_compared_with_the_schema_of_now(books: Project, tmp_path: Path) -> None:
    books.up()
    books.write("0002_change", "alter table book alter title type int using 0, add n int")
    books.settings = replace(books.settings, models=())
    lines: list[dict[str, Any]] = [
        {"sql": "select title from book", "site": "shop.py:1"},
        {"sql": "select id from book where title = $1", "params": ["a"], "site": "shop.py:2"},
        {"sql": "select * from another", "site": "shop.py:3"},
        {"sql": "copy book (title) from stdin"},
        {"sql": "truncate book"},
        {"sql": "select id from book where id > %(id)s and 5 %% 2 = 1", "params": {"id": 1}},
        {"sql": "insert into book (title) values (:title)", "site": "shop.py:7"},
        {"sql": "select id from book where id = %s"},
    ]
    workload = tmp_path / "workload.jsonl"
    workload.write_text("\n".join(json.dumps(it) for it in lines))
    outcome = run(books, workload=workload)
    assert [it.text for it in outcome.findings] == [
        "shop.py:1: column 1 was `text` and is `integer`, in `select title from book`",
        "shop.py:2: parameter $1 was `text` and is `integer`, "
        "in `select id from book where title = $1`",
        "shop.py:7: parameter $1 was `text` and is `integer`, "
        "in `insert into book (title) values (:title)`",
    ]
    assert outcome.notes[-3:] == [
        "7 statements of the workload tried",
        "1 more are of kinds that cannot be tried, as `copy`",
        "1 of them fail on the schema of now, too",
    ]


def test_only_what_clients_can_tell_apart_counts(books: Project, tmp_path: Path) -> None:
    books.write(
        "0002_before",
        "create domain positive as int check (value > 0);\n"
        "create table t (a text, b int, c int, d text[], e bigint);\n"
        "create table p (id int, k int) partition by list (k);\n"
        "create table p1 partition of p for values in (1);",
    )
    books.up()
    books.write(
        "0003_change",
        "alter table t alter a type varchar(3), alter b type bigint, alter c type positive,\n"
        "    alter d type varchar[], alter e type int;\n"
        "alter table p detach partition p1;",
    )
    books.settings = replace(books.settings, models=())
    lines: list[dict[str, Any]] = [
        {"sql": "select * from t", "site": "1"},
        {
            "sql": "insert into t (a, b, c, d) values (%s, %s, %s, %s)",
            "params": ["abc", 1, 1, "{}"],
        },
        {"sql": "insert into t (a) values (?)", "params": ["abcd"], "site": "3"},
        {"sql": "update t set a='b' where c=%s and b=%s", "params": [1, 2], "site": "4"},
        {"sql": "update t set e = %(e)s", "params": {"e": 2}, "site": "5"},
        {"sql": "insert into p values (1, 1)", "site": "6"},
        {"sql": "insert into p values (1, 2)", "site": "7"},
    ]
    workload = tmp_path / "workload.jsonl"
    workload.write_text("\n".join(json.dumps(it) for it in lines))
    outcome = run(books, workload=workload)
    assert [it.text.partition(", in")[0] for it in outcome.findings] == [
        "3: value too long for type character varying(3)",
        "5: parameter $1 was `bigint` and is `integer`",
        '6: no partition of relation "p" found for row',
    ]
    told = (
        "in the results of 1: the same to Python, not to a client that reads integers of a fixed "
        "size"
    )
    assert outcome.notes[-3:] == [
        "1 of them fail on the schema of now, too",
        f"`bigint` is `integer` {told}",
        f"`integer` is `bigint` {told}",
    ]


def test_a_role_without_rights_gets_a_server_of_its_own(books: Project) -> None:
    books.up()
    books.execute(
        "drop role if exists howdah_test_reader",
        "create role howdah_test_reader login password 'p'",
        "grant usage on schema howdah_history to howdah_test_reader",
        "grant select on all tables in schema howdah_history to howdah_test_reader",
        "grant select on book to howdah_test_reader",
    )
    books.write("0002_grant", "grant select on book to howdah_test_reader")
    user, _, rest = books.url.partition("@")
    assert user.startswith("postgresql://")
    books.settings = replace(
        books.settings, url=f"postgresql://howdah_test_reader:p@{rest}", models=()
    )
    try:
        outcome = run(books)
    finally:
        books.execute("drop owned by howdah_test_reader", "drop role howdah_test_reader")
    assert any(it.startswith("building in a temporary server") for it in books.told.lines)
    assert [it.text for it in outcome.findings if "book" not in it.text] == []
