"""A database that is known: version, sizes, what exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import howdah
from tests.lint import FAILED, RULE, findings, hazards, lint

if TYPE_CHECKING:
    from pathlib import Path

TABLES = """
    create schema shop;
    create table shop.few (id bigint primary key, n int, code varchar(10));
    insert into shop.few select i, i from generate_series(1, 12) i;
    create table big (id int primary key, n int) partition by range (id);
    create table big_1 partition of big for values from (0) to (1000000);
    insert into big select i, i from generate_series(1, 20000) i;
    create view shown as select n from shop.few;
    analyze;
"""


def test_sizes_decide_how_grave_it_is(database: str, tmp_path: Path) -> None:
    with howdah.connect(database) as connection:
        connection.execute(TABLES)
    script = "ALTER TABLE shop.few ALTER COLUMN id TYPE text;\n"
    unknown = [it for it in findings(tmp_path, "-", stdin=script) if it["work"]]
    known = [it for it in findings(tmp_path, "-", "--db", database, stdin=script) if it["work"]]
    assert {it["severity"] for it in unknown} == {"error"}
    assert {it["severity"] for it in known} == {"note"}
    work = known[0]["work"][0]
    assert (work["relation"], work["kind"], work["rows"]) == ("shop.few", "rewrite", 12)
    assert 0 <= work["seconds"] < 0.1


def test_what_exists_is_known(database: str, tmp_path: Path) -> None:
    with howdah.connect(database) as connection:
        connection.execute(TABLES)
    # longer text is no rewrite; shorter is, and only a catalog knows which this is
    longer = "ALTER TABLE shop.few ALTER COLUMN code TYPE varchar(20);\n"
    found = findings(tmp_path, "-", "--db", database, stdin=longer)
    assert not [it for it in found if it["work"]]
    add = "ALTER TABLE shop.few ADD COLUMN x int NOT NULL;\n"
    assert hazards(tmp_path, "-", "--db", database, stdin=add) == [("stdin.sql", 1)]


def test_the_database_is_only_read(database: str, tmp_path: Path) -> None:
    with howdah.connect(database) as connection:
        connection.execute(TABLES)
    dropped = lint(tmp_path, "-", "--db", database, stdin="DROP SCHEMA shop CASCADE;")
    assert "in 1 statement" in dropped.stdout
    with howdah.connect(database) as connection:
        assert connection.fetch_value("select count(*) from shop.few") == 12


def test_a_database_that_does_not_answer_is_a_failure(tmp_path: Path) -> None:
    done = lint(tmp_path, "-", "--db", "postgresql://127.0.0.1:1/x", stdin="SELECT 1;")
    assert done.returncode == FAILED
    assert done.stdout == ""


def test_only_this_rule_is_reported(tmp_path: Path) -> None:
    found = findings(tmp_path, "-", "--only", RULE, stdin="DROP TABLE x;")
    assert found == []
