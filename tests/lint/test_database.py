"""A database that is known: version, sizes, what exists."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

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
    script = "ALTER TABLE shop.few ALTER COLUMN id TYPE int;\n"
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


def test_what_cannot_be_is_told_and_nothing_else(database: str, tmp_path: Path) -> None:
    with howdah.connect(database) as connection:
        connection.execute(TABLES)
    script = """
ALTER TABLE big DROP COLUMN nosuch;
ALTER TABLE nosuch ADD COLUMN x int NOT NULL;
ALTER TABLE IF EXISTS nosuch ADD COLUMN x int NOT NULL;
CREATE TABLE big (a int);
ALTER TABLE big DROP COLUMN n, ADD COLUMN n bigint;
DROP TABLE shop.few;
CREATE UNIQUE INDEX ON big (n);
"""
    found = findings(tmp_path, "-", "--db", database, stdin=script)
    refused = [it for it in found if it["rule"] == "refused-statement"]
    alone = {it["start"]["line"] for it in found} & {2, 3, 5}
    assert {it["start"]["line"] for it in found if it not in refused}.isdisjoint(alone)
    assert [it["message"].split(": ", 1)[1] for it in refused] == [
        "`big` has no column `nosuch`",
        "there is no table `nosuch`",
        "`big` exists already",
        "the view `shown` reads `shop.few`",
        "`big` is partitioned by `id`, which has to be among the columns of the key",
    ]


def test_the_database_is_only_read(database: str, tmp_path: Path) -> None:
    with howdah.connect(database) as connection:
        connection.execute(TABLES)
    dropped = lint(tmp_path, "-", "--db", database, stdin="DROP SCHEMA shop CASCADE;")
    assert "in 1 statement" in dropped.stdout
    with howdah.connect(database) as connection:
        assert connection.fetch_value("select count(*) from shop.few") == 12


def test_migrations_that_were_applied_are_left_out(database: str, tmp_path: Path) -> None:
    with howdah.connect(database) as connection:
        connection.execute("""
            create table t (id int);
            create schema howdah_history;
            create table howdah_history.migration (name text, state text);
            insert into howdah_history.migration values ('0001_t', 'applied'), ('0002_u', 'begun');
        """)
    text = "-- howdah: migration\n\n-- up\nCREATE TABLE {};\n"
    for name, table in [("0001_t.sql", "t (id int)"), ("0002_u.sql", "u (id int)")]:
        (tmp_path / name).write_text(text.format(table))
    done = lint(tmp_path, "--db", database)
    assert done.returncode == 0, done.stdout
    assert "1 migration of howdah's was applied" in done.stderr
    assert "in 1 statement in 1 file" in done.stdout


def test_a_database_that_does_not_answer_is_a_failure(tmp_path: Path) -> None:
    done = lint(tmp_path, "-", "--db", "postgresql://127.0.0.1:1/x", stdin="SELECT 1;")
    assert done.returncode == FAILED
    assert done.stdout == ""


def test_only_this_rule_is_reported(tmp_path: Path) -> None:
    found = findings(tmp_path, "-", "--only", RULE, stdin="DROP TABLE x;")
    assert found == []


FACTS = """
    create table book (
        id bigint primary key, isbn text constraint there check (isbn is not null), price int
    );
    create index book_price on book (price);
    create view shown as select price from book;
    create function counted() returns trigger language plpgsql as 'begin return new; end';
    create trigger counting before update on book for each row execute function counted();
    create trigger resting before update on book for each row execute function counted();
    alter table book disable trigger resting;
    insert into book select n, n, n from generate_series(1, 12) n;
    analyze book;
"""


def snapshot(database: str, folder: Path, **facts: Any) -> Path:
    """What `howdah schema dump` writes, with other facts about `book`."""
    with howdah.connect(database) as connection:
        connection.execute(FACTS)
    words = [sys.executable, "-m", "howdah", "schema", "dump", database, "--format", "json"]
    told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    (book,) = [it for it in told["facts"]["relations"] if it["name"]["name"] == "book"]
    assert book["rows"] == 12
    book.update(facts)
    file = folder / "schema.json"
    file.write_text(json.dumps(told))
    return file


def test_what_is_told_of_a_large_table_decides(database: str, tmp_path: Path) -> None:
    large = {"rows": 12_000_000, "bytes": 1_200_000_000, "index_bytes": 300_000_000}
    schema = snapshot(
        database, tmp_path, vacuum="automatic", invalid_indexes=["book_price"], **large
    )

    def told(sql: str, *arguments: str) -> list[dict[str, Any]]:
        return findings(tmp_path, "-", "--schema", str(schema), *arguments, stdin=sql)

    (change,) = told(
        "ALTER TABLE book ALTER COLUMN id TYPE text;", "--only", "blocking-type-change"
    )
    assert change["severity"] == "error"
    (work,) = change["work"]
    assert work["rows"] == 12_000_000
    assert 10 < work["seconds"] < 60, "1.2 GB and its indexes are no matter of seconds"
    assert any("autovacuum is at work on `book`" in it for it in change["notes"])
    # a valid check proves it, and costs nothing
    assert not told("ALTER TABLE book ALTER COLUMN isbn SET NOT NULL;", "--only", "E2")
    assert told("ALTER TABLE book ALTER COLUMN price SET NOT NULL;", "--only", "E2")
    # who depends on it, and what runs for each row
    (dropped,) = told("ALTER TABLE book DROP COLUMN price;", "--only", "refused-statement")
    assert "the view `shown` depends on `price`" in dropped["message"]
    (update,) = told("UPDATE book SET price = 1;", "--only", "unbatched-update")
    assert update["notes"] == ["the trigger `counting` runs for each row"]
    again = "CREATE INDEX CONCURRENTLY IF NOT EXISTS book_price ON book (price);"
    assert told(again, "--only", "invalid-index-kept")[0]["severity"] == "error"


def test_a_constraint_of_18_proves_not_null_without_a_database(tmp_path: Path) -> None:
    script = """
        ALTER TABLE book ADD CONSTRAINT there NOT NULL isbn NOT VALID;
        ALTER TABLE book VALIDATE CONSTRAINT there;
        ALTER TABLE book ALTER COLUMN isbn SET NOT NULL;
    """
    only = ("-", "--only", "blocking-not-null", "--pg-version", "18")
    assert not findings(tmp_path, *only, stdin=script)
    unproven = script.replace("VALIDATE CONSTRAINT there", "DROP CONSTRAINT there")
    assert findings(tmp_path, *only, stdin=unproven)


def test_a_column_with_a_default_now_and_then(tmp_path: Path) -> None:
    script = "ALTER TABLE orders ADD COLUMN note text NOT NULL DEFAULT 'none';\n"
    (now,) = findings(tmp_path, "-", stdin=script)
    assert now["rule"] == "missing-lock-timeout"
    assert not now["work"]
    assert "no row is read or written since PostgreSQL 11" in now["notes"][0]
    then = findings(
        tmp_path, "-", "--pg-version", "10", "--only", "rewriting-default", stdin=script
    )
    assert [(it["severity"], it["work"][0]["kind"]) for it in then] == [("error", "rewrite")]
    assert "since PostgreSQL 11 this default is computed once" in then[0]["notes"][0]
