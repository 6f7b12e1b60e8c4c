"""`howdah locks`: files, what is known, forms of output."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import howdah
from tests.lint import CLEAN, FAILED, USAGE, effects, locks

if TYPE_CHECKING:
    from pathlib import Path

SHOP = """
    create table item (id int primary key, code varchar(10), title text);
    create index item_code on item (lower(code));
    create view titles as select title from item;
    create table line (id int, item_id int references item);
"""
LONGER = "ALTER TABLE item ALTER COLUMN code TYPE varchar(20);\n"


def test_the_shape_is_the_documented_one(tmp_path: Path) -> None:
    script = "BEGIN;\nALTER TABLE line ADD FOREIGN KEY (item_id)\n  REFERENCES item;\n"
    [_, told] = effects(tmp_path, "-", stdin=script)
    wanted = {
        "file": "-",
        "statement": "ALTER TABLE line ADD FOREIGN KEY (item_id)\n  REFERENCES item",
        "line": 2,
        "locks": [
            {"relation": name, "mode": "ShareRowExclusiveLock", "held": "transaction"}
            for name in ("item", "line")
        ],
        "blocks": "writes",
        "rewrites": [],
        "empties": [],
        "scans": ["item", "line"],
        "builds": [],
        "in_transaction": "allowed",
        "waits_for": [{"whom": "writers", "relation": name} for name in ("item", "line")],
        "refused": None,
        "unknown": None,
        "assumed": [],
    }
    assert {key: told[key] for key in wanted} == wanted
    assert told.keys() - wanted.keys() == {"notes"}


def test_what_runs_alone_and_what_is_not_known(tmp_path: Path) -> None:
    [build] = effects(tmp_path, "-", stdin="CREATE INDEX CONCURRENTLY i ON t (a)")
    assert (build["in_transaction"], build["builds"]) == ("forbidden", ["i"])
    assert build["locks"] == [
        {"relation": "t", "mode": "ShareUpdateExclusiveLock", "held": "phases"}
    ]
    assert {"whom": "older_snapshots", "relation": None} in build["waits_for"]
    [change] = effects(tmp_path, "-", stdin="ALTER TABLE t ALTER COLUMN c TYPE text")
    assert change["rewrites"] == ["t"]
    assert "is not known here" in change["assumed"][0]
    [call] = effects(tmp_path, "-", stdin="CALL work()")
    assert call["unknown"] == "what the procedure does"


def test_versions_differ(tmp_path: Path) -> None:
    add = "ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT 5"
    rewritten = {
        version: effects(tmp_path, "--pg-version", version, "-", stdin=add)[0]["rewrites"]
        for version in ("10", "11.4", "18")
    }
    assert rewritten == {"10": ["t"], "11.4": [], "18": []}
    done = locks(tmp_path, "--pg-version", "8", "-", stdin=add)
    assert done.returncode == USAGE
    assert "expected a major version such as `15`" in done.stderr


def test_files_folders_and_patterns(tmp_path: Path) -> None:
    for name in ("a.sql", "deep/b.sql", "deep/c.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"\nDROP TABLE {path.stem};")
    told = effects(tmp_path, "**/*.sql", "deep")
    assert [(it["file"], it["line"]) for it in told] == [("a.sql", 2), ("deep/b.sql", 2)]
    done = locks(tmp_path, "none.sql")
    assert (done.returncode, done.stderr) == (FAILED, "error: there is no file `none.sql`\n")
    (tmp_path / "empty").mkdir()
    done = locks(tmp_path, "empty")
    assert done.returncode == FAILED
    assert "\nhint: name files, folders or patterns" in done.stderr
    assert locks(tmp_path).returncode == USAGE


def test_what_cannot_be_understood_is_told_with_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("DROP TABLE a;\nALTER TABEL b;\nDROP TABLE c;\n")
    (tmp_path / "b.sql").write_bytes(b"\xff")
    done = locks(tmp_path, "--format", "json", "a.sql", "b.sql")
    assert done.returncode == FAILED
    assert "a.sql:2:" in done.stderr
    assert "b.sql:1: this is not UTF-8" in done.stderr
    locked = {lock["relation"] for it in json.loads(done.stdout) for lock in it["locks"]}
    assert {"a", "c"} <= locked


def test_a_migration_goes_up_and_down(tmp_path: Path) -> None:
    text = "-- howdah: migration\n-- up\ncreate table t (a int);\n-- down\ndrop table t;\n"
    (tmp_path / "0001_t.sql").write_text(text)
    made, dropped = effects(tmp_path, "0001_t.sql")
    assert made["locks"] == []
    assert (dropped["line"], dropped["blocks"]) == (5, "reads_and_writes")


def test_snapshots_and_databases_say_what_exists(database: str, tmp_path: Path) -> None:
    with howdah.connect(database) as connection:
        connection.execute(SHOP)
        major = connection.server_version // 10000
    (tmp_path / "schema.sql").write_text(SHOP)
    (tmp_path / "a.sql").write_text(LONGER + "DROP TABLE item CASCADE;\n")
    (tmp_path / "schema.json").write_text(_dump(tmp_path, database))
    told = effects(tmp_path, "a.sql", "--db", database)
    assert (told[0]["rewrites"], told[0]["builds"]) == ([], ["item_code"])
    assert {lock["relation"] for lock in told[1]["locks"]} == {
        "item",
        "item_code",
        "item_pkey",
        "line",
        "titles",
    }
    for name in ("schema.json", "schema.sql"):
        assert effects(tmp_path, "a.sql", "--schema", name, "--pg-version", str(major)) == told
    text = locks(tmp_path, "a.sql", "--db", database).stdout
    assert "--> a.sql:1:1" in text
    assert "= builds: item_code" in text
    with howdah.connect(database) as connection:
        assert connection.fetch_value("select count(*) from titles") == 0


def _dump(folder: Path, database: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "howdah", "schema", "dump", database, "--format", "json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_what_cannot_be_known_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text("{")
    for given in (
        ("--schema", "schema.json"),
        ("--schema", "none.sql"),
        ("--db", "postgresql://127.0.0.1:1/x"),
    ):
        done = locks(tmp_path, "-", *given, stdin="SELECT 1")
        assert (done.returncode, done.stdout) == (FAILED, "")
        assert done.stderr.startswith("error: ")


def test_the_table_is_the_page(tmp_path: Path) -> None:
    done = locks(tmp_path, "--table")
    assert done.returncode == CLEAN
    assert done.stdout.startswith("# The lock model\n")
