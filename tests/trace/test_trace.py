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
