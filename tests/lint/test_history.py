"""Files that form one history: each is read on what those before it have made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint import CLEAN, FAILED, findings, lint

if TYPE_CHECKING:
    from pathlib import Path

MADE = (
    "CREATE TABLE book (id bigint PRIMARY KEY, isbn varchar(13) CONSTRAINT k CHECK (isbn <> ''));\n"
)
WIDER = (
    "ALTER TABLE book DROP CONSTRAINT k;\nALTER TABLE book ALTER COLUMN isbn TYPE varchar(20);\n"
)
PROVEN = """
ALTER TABLE book ADD CONSTRAINT there CHECK (isbn IS NOT NULL) NOT VALID;
ALTER TABLE book VALIDATE CONSTRAINT there;
"""
DEMANDED = "ALTER TABLE book ALTER COLUMN isbn SET NOT NULL;\n"
RULES = ("--only", "blocking-type-change", "--only", "blocking-not-null")


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found(folder: Path, *arguments: str) -> list[tuple[str, str]]:
    """File and rule of each finding about `book`."""
    all_of_them = findings(folder, *RULES, *arguments)
    return [(it["file"], it["rule"]) for it in all_of_them]


def test_numbered_files_are_read_in_their_order(tmp_path: Path) -> None:
    files = {"V9__a.sql": MADE, "V10__b.sql": WIDER, "V11__c.sql": PROVEN, "V12__d.sql": DEMANDED}
    write(tmp_path, files)
    assert found(tmp_path) == []
    apart = [("V10__b.sql", "blocking-type-change"), ("V12__d.sql", "blocking-not-null")]
    assert found(tmp_path, "--history", "never") == apart


def test_what_another_release_made_is_in_use(tmp_path: Path) -> None:
    write(tmp_path, {"1.sql": MADE, "2.sql": "ALTER TABLE book ALTER COLUMN id TYPE numeric;\n"})
    assert found(tmp_path) == [("2.sql", "blocking-type-change")]


def test_what_undoes_counts_for_nothing(tmp_path: Path) -> None:
    files = {
        "1_book.up.sql": MADE,
        "1_book.down.sql": "DROP TABLE book;\n",
        "2_wider.up.sql": WIDER,
        "2_wider.down.sql": "ALTER TABLE book ALTER COLUMN isbn TYPE varchar(13);\n",
    }
    write(tmp_path, files)
    assert found(tmp_path) == [("2_wider.down.sql", "blocking-type-change")]


def test_folders_can_be_numbered(tmp_path: Path) -> None:
    write(tmp_path, {"m/1_a/migration.sql": MADE, "m/02_b/migration.sql": WIDER})
    assert found(tmp_path) == []


def test_a_configuration_says_otherwise(tmp_path: Path) -> None:
    write(tmp_path, {"a.sql": MADE, "b.sql": WIDER})
    assert found(tmp_path) == [("b.sql", "blocking-type-change")]
    (tmp_path / "howdah.toml").write_text('[lint]\nhistory = "always"\n')
    assert found(tmp_path) == []
    (tmp_path / "howdah.toml").write_text('[lint]\nhistory = "yes"\n')
    assert lint(tmp_path).returncode == FAILED


def test_a_schema_stands_behind_the_history(tmp_path: Path) -> None:
    write(tmp_path, {"m/1.sql": MADE, "m/2.sql": WIDER, "now.sql": "CREATE TABLE other ();"})
    assert found(tmp_path, "m", "--schema", "now.sql") == [("m/2.sql", "blocking-type-change")]


DBMATE = """-- migrate:up{up}
CREATE INDEX CONCURRENTLY i ON book (isbn);

-- migrate:down
DROP INDEX CONCURRENTLY i;
"""


def test_the_way_up_and_the_way_down_are_scripts_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, {"a.sql": DBMATE.format(up="")})
    told = findings(tmp_path, "--only", "forbidden-in-transaction")
    assert [it["start"]["line"] for it in told] == [2, 5]
    write(tmp_path, {"a.sql": DBMATE.format(up=" transaction:false")})
    told = findings(tmp_path, "--only", "forbidden-in-transaction")
    assert [it["start"]["line"] for it in told] == [5]


def test_what_takes_back_is_missed_by_nobody(tmp_path: Path) -> None:
    gone = "ALTER TABLE shop DROP COLUMN isbn;\n"
    rules = ("--only", "dropped-column")
    write(tmp_path, {"one/a.sql": f"-- migrate:up\n{gone}-- migrate:down\n{gone}"})
    write(tmp_path, {"two/1_a.up.sql": gone, "two/1_a.down.sql": gone})
    told = [(it["file"], it["start"]["line"]) for it in findings(tmp_path, *rules)]
    assert told == [("one/a.sql", 2), ("two/1_a.up.sql", 1)]


MADE_FOR_18 = """-- howdah: migration
-- howdah: made 0123456789ab, for PostgreSQL 18

-- up
-- howdah: step expand
ALTER TABLE book ADD COLUMN pages int;
ALTER TABLE book ADD CONSTRAINT book_isbn_not_null NOT NULL isbn NOT VALID;
-- howdah: step migrate, batches of 5000 by id
UPDATE book SET pages = 0 WHERE pages IS NULL;
-- howdah: step migrate
ALTER TABLE book VALIDATE CONSTRAINT book_isbn_not_null;
-- howdah: step contract
ALTER TABLE book DROP COLUMN author;

-- down
-- howdah: undo 1
ALTER TABLE book DROP COLUMN pages;
"""


def test_howdahs_own_are_read_as_they_are_run(tmp_path: Path) -> None:
    write(tmp_path, {"0001_a.sql": MADE_FOR_18})
    assert findings(tmp_path) == []
    refused = findings(tmp_path, "--pg-version", "15")
    assert {it["rule"] for it in refused} == {"refused-statement"}
    write(tmp_path, {"0001_a.sql": MADE_FOR_18.replace("contract", "expand")})
    assert [it["rule"] for it in findings(tmp_path)] == ["dropped-column"]


@pytest.mark.parametrize("used", [True, False])
def test_comments_before_the_first_part_are_about_all(tmp_path: Path, used: bool) -> None:
    silence = "-- howdah: ignore-file forbidden-in-transaction\n"
    text = (
        DBMATE.format(up="") if used else "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n"
    )
    write(tmp_path, {"a.sql": silence + text})
    rules = [it["rule"] for it in findings(tmp_path)]
    assert rules.count("unused-suppression") == (0 if used else 1)
    assert "forbidden-in-transaction" not in rules


def test_a_file_that_cannot_be_read_does_not_end_the_history(tmp_path: Path) -> None:
    write(tmp_path, {"1.sql": MADE, "3.sql": WIDER})
    (tmp_path / "2.sql").write_bytes(b"\xff")
    done = lint(tmp_path, *RULES)
    assert done.returncode == FAILED
    assert "2.sql:1: this is not UTF-8" in done.stderr
    assert "error[" not in done.stdout
    (tmp_path / "2.sql").unlink()
    assert lint(tmp_path, *RULES).returncode == CLEAN
