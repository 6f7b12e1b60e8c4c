"""`howdah migrate trace`: what statements do, measured on a scratch copy or on a database."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import howdah

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = """
create table book (id int primary key, title text);
insert into book select n, 'title ' || n from generate_series(1, 100) n;
"""
SCRIPT = """-- what the next release needs
alter table book add column price numeric default random();

create index concurrently book_title on book (title);
"""
WORKLOAD = """{"sql": "select title from book where id = $1", "params": [1], "site": "shop.py:12"}
{"sql": "select 1", "site": "health.py:3"}
"""


def trace(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `howdah migrate trace` with these arguments."""
    words = [sys.executable, "-m", "howdah", "migrate", "trace", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "0002_price.sql"
    file.write_text(SCRIPT)
    return file


def test_a_scratch_copy_shows_locks_and_who_would_wait(tmp_path: Path, script: Path) -> None:
    schema, workload = tmp_path / "schema.sql", tmp_path / "workload.jsonl"
    schema.write_text(SCHEMA)
    workload.write_text(WORKLOAD)
    options = ("--schema", schema, "--workload", workload, "--format", "json")
    answer = trace(script, *options)
    assert answer.returncode == 0, answer.stderr
    rewrite, index = json.loads(answer.stdout)["steps"]
    assert (rewrite["line"], index["line"]) == (2, 4)
    assert {"relation": named("book"), "mode": "ACCESS EXCLUSIVE"} in rewrite["locks"]
    assert [it["name"] for it in rewrite["rewrites"]] == ["book"]
    assert [it["site"] for it in rewrite["would_wait"]] == ["shop.py:12"]
    assert index["way"] == "alone"
    assert not index["would_wait"]
    assert [it["for_whom"] for it in index["waits"]] == ["writers", "snapshots"]


def named(table: str) -> dict[str, Any]:
    """A table as the report writes it."""
    return {"schema": "public", "name": table, "kind": "r"}


def test_on_a_database_nothing_stays(database: str, script: Path) -> None:
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
        answer = trace(script, "--db", database)
        assert answer.returncode == 1
        assert "book: ACCESS EXCLUSIVE, blocks reads and writes" in answer.stdout
        assert "not run: it cannot be rolled back" in answer.stdout
        columns = conn.fetch_value(
            "select count(*) from information_schema.columns where table_name = 'book'"
        )
        assert columns == 2


def test_on_a_database_that_is_said_to_be_changed_everything_runs(
    database: str, script: Path
) -> None:
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
    answer = trace(script, "--db", database, "--commit", "--format", "markdown")
    assert answer.returncode == 0, answer.stderr
    assert "| `book` | ACCESS EXCLUSIVE | reads and writes |" in answer.stdout
    with howdah.connect(database) as conn:
        assert conn.fetch_value("select count(price) from book") == 100
        assert conn.fetch_value(
            "select indisvalid from pg_index where indexrelid = 'book_title'::regclass"
        )


def test_a_failure_is_told_and_ends_it(tmp_path: Path) -> None:
    script = tmp_path / "wrong.sql"
    script.write_text("create table a (b int);\nalter table nowhere add c int;\ndrop table a;\n")
    answer = trace(script)
    assert answer.returncode == 1
    assert 'failed: relation "nowhere" does not exist (42P01)' in answer.stdout
    assert "not run: an earlier statement failed" in answer.stdout


def test_what_cannot_be_read_is_an_error_that_names_it(tmp_path: Path, script: Path) -> None:
    answer = trace(tmp_path / "nothing.sql")
    assert answer.returncode == 1
    assert "nothing.sql` cannot be read" in answer.stderr
    workload = tmp_path / "workload.jsonl"
    workload.write_text('{"sql": 3}\n')
    answer = trace(script, "--workload", workload)
    assert answer.returncode == 1
    assert "line 1 of the workload" in answer.stderr


def test_a_schema_may_be_a_snapshot_or_a_database_and_is_compared_with_the_model(
    database: str, tmp_path: Path
) -> None:
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
    snapshot, script = tmp_path / "schema.json", tmp_path / "0002.sql"
    dump = [sys.executable, "-m", "howdah", "schema", "dump", "--format", "json", database]
    snapshot.write_text(subprocess.run(dump, capture_output=True, text=True, check=True).stdout)
    script.write_text("alter table book alter column title set not null;")
    for source in (("--schema", snapshot), ("--db", database)):
        answer = trace(script, *source, "--format", "json")
        assert answer.returncode == 0, answer.stderr
        [step] = json.loads(answer.stdout)["steps"]
        assert [it["relation"]["name"] for it in step["reads"]] == ["book"]
        assert step["differences"] == []
        assert not answer.stderr


PYTHON = """from howdah.migrations import Batch, DataMigration

migration = DataMigration()


@migration.up_batches("select id, title from book", key="id", size=40)
def shout(batch: Batch) -> None:
    batch.conn.execute_many(
        "update book set title = $1 where id = $2", [(it.title.upper(), it.id) for it in batch.rows]
    )


@migration.up
def tidy(conn):
    conn.execute("lock table book in share mode")
    cursor = conn.cursor()
    cursor.execute("delete from book where id = %s", (1,))


@migration.up(transaction=False)
def last(conn):
    conn.execute("vacuum book")
    try:
        conn.execute("select 1 / 0")
    except Exception:
        pass
    with conn.transaction():
        conn.execute("insert into book values (1, 'ONE')")
"""


def test_a_migration_in_python_is_traced_statement_by_statement(
    database: str, tmp_path: Path
) -> None:
    workload, script = tmp_path / "workload.jsonl", tmp_path / "0003_titles.py"
    workload.write_text('{"sql": "update book set title = null", "site": "shop.py:7"}')
    script.write_text(PYTHON)
    with howdah.connect(database) as conn:
        conn.execute(SCHEMA)
    answer = trace(script, "--db", database, "--commit", "--workload", workload, "--format", "json")
    assert answer.returncode == 0, answer.stderr + answer.stdout
    steps = {it["sql"].split("\n")[0]: it for it in json.loads(answer.stdout)["steps"]}
    update = steps["update book set title = $1 where id = $2"]
    assert (update["line"], update["runs"], update["block"]) == (8, 3, "shared")
    assert [it["mode"] for it in update["locks"] if it["relation"] == named("book")] == [
        "ROW EXCLUSIVE"
    ]
    assert [(it["relation"]["name"], it["rows"]) for it in update["reads"]] == [("book_pkey", 100)]
    assert update["wal_bytes"] > 0
    batches = [it for sql, it in steps.items() if sql == "select * from ("]
    assert [it["runs"] for it in batches] == [3]
    lock, delete = steps["lock table book in share mode"], steps["delete from book where id = $1"]
    assert [it["site"] for it in lock["would_wait"]] == ["shop.py:7"]
    assert {"relation": named("book"), "mode": "SHARE"} in delete["held"]
    assert lock["held_ms"] >= delete["held_ms"] > 0
    assert (steps["vacuum book"]["way"], steps["vacuum book"]["line"]) == ("alone", 22)
    assert "select 1 / 0" not in steps
    with howdah.connect(database) as conn:
        assert conn.fetch_value("select count(*) from book where title = upper(title)") == 100


def test_a_migration_in_python_that_fails_says_where(database: str, tmp_path: Path) -> None:
    script = tmp_path / "0003_titles.py"
    for last, told in (
        ('conn.execute("update gone set a = 1")', 'failed: relation "gone" does not exist (42P01)'),
        ("{}[1]", "failed: KeyError: 1"),
    ):
        script.write_text(
            "from howdah.migrations import DataMigration\nmigration = DataMigration()\n"
            f"@migration.up\ndef wrong(conn):\n    {last}\n"
        )
        answer = trace(script, "--db", database, "--commit")
        assert answer.returncode == 1, answer.stderr
        assert "0003_titles.py:5: " in answer.stdout
        assert told in answer.stdout


def test_python_does_not_run_where_nothing_may_stay(database: str, tmp_path: Path) -> None:
    script = tmp_path / "0003.py"
    script.write_text("migration = DataMigration()")
    answer = trace(script, "--db", database)
    assert answer.returncode == 1
    assert "commits as it goes: on the database of `--db` it would stay" in answer.stderr
    assert "hint: without `--db` it runs on a scratch copy" in answer.stderr
    script.write_text("class Migration: pass")
    answer = trace(script, "--db", database)
    assert "is Python, and SQL is traced" in answer.stderr
    assert "hint: for a project of Django" in answer.stderr


def test_what_is_wrong_is_told_once_with_its_cure(tmp_path: Path, script: Path) -> None:
    workload, schema = tmp_path / "workload.jsonl", tmp_path / "schema.sql"
    workload.write_text('{"sql": 3}\n')
    answer = trace(script, "--workload", workload)
    assert answer.stderr.count("invalid type") == 1
    schema.write_text("create extension there_is_none;")
    answer = trace(script, "--schema", schema)
    assert answer.stderr.count('extension "there_is_none" is not available') == 1
    assert "`--bindir` names others" in answer.stderr
    answer = trace(script, "--bindir", tmp_path)
    assert "hint: name the folder" in answer.stderr


def test_migrations_of_a_project_are_traced_by_their_files(tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = {tmp_path}\n")
    (tmp_path / "env.py").write_text(ALEMBIC)
    first, second = versions / "0001_book.py", versions / "0002_index.py"
    first.write_text(revision("0001", None, 'op.execute("create table book (id int, a int)")'))
    concurrently = (
        "with op.get_context().autocommit_block():\n"
        '        op.create_index("book_a", "book", ["a"], postgresql_concurrently=True)\n'
        '    op.add_column("book", sa.Column("b", sa.Integer))'
    )
    second.write_text(revision("0002", "0001", concurrently))
    answer = trace("--alembic", tmp_path / "alembic.ini", second, "--format", "json")
    assert answer.returncode == 0, answer.stderr + answer.stdout
    index, column = json.loads(answer.stdout)["steps"]
    assert (index["way"], column["way"]) == ("alone", "transaction")
    assert (index["line"], column["line"]) == (8, 9)
    assert {"relation": named("book"), "mode": "ACCESS EXCLUSIVE"} in column["locks"]


ALEMBIC = """
from alembic import context
context.configure(
    dialect_name="postgresql", literal_binds=True, transactional_ddl=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
"""


def revision(name: str, before: str | None, upgrade: str) -> str:
    """A migration of Alembic."""
    return f"""import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {before!r}
def upgrade():
    {upgrade}
"""
