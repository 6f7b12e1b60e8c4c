"""Files, exit codes, configuration, comments, baseline, forms of output."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from tests.lint import CLEAN, FAILED, FOUND, HAZARD, RULE, USAGE, findings, hazards, lint

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_clean_found_and_failed_differ(tmp_path: Path) -> None:
    write(tmp_path, {"clean.sql": "SELECT 1;", "bad.sql": HAZARD})
    assert lint(tmp_path, "clean.sql").returncode == CLEAN
    assert lint(tmp_path, "bad.sql").returncode == FOUND
    assert lint(tmp_path, "bad.sql", "--fail-on", "never").returncode == CLEAN
    assert lint(tmp_path, "missing.sql").returncode == FAILED
    assert lint(tmp_path, "none*.sql").returncode == FAILED
    assert lint(tmp_path, "--form", "yaml").returncode == USAGE


def test_what_cannot_be_read_is_not_clean(tmp_path: Path) -> None:
    write(tmp_path, {"b.sql": "SELECT 1;", "c.sql": HAZARD})
    (tmp_path / "a.sql").write_bytes(b"SELECT 1;\n-- \xff\n")
    done = lint(tmp_path, ".")
    assert done.returncode == FAILED
    assert "a.sql:2: this is not UTF-8" in done.stderr
    assert "c.sql:1:" in done.stdout, "the others are looked at nevertheless"


def test_folders_patterns_and_what_they_leave_out(tmp_path: Path) -> None:
    names = ["a.sql", "deep/er/b.sql", ".git/c.sql", "node_modules/d.sql", "deep/e.txt"]
    write(tmp_path, dict.fromkeys(names, HAZARD))
    assert hazards(tmp_path) == [("a.sql", 1), ("deep/er/b.sql", 1)]
    assert hazards(tmp_path, "deep") == [("deep/er/b.sql", 1)]
    assert hazards(tmp_path, "**/b.sql", "a.sql") == [("a.sql", 1), ("deep/er/b.sql", 1)]
    assert hazards(tmp_path, "deep/e.txt") == [("deep/e.txt", 1)]
    assert hazards(tmp_path, "--exclude", "deep") == [("a.sql", 1)]


def test_standard_input_has_the_name_it_is_given(tmp_path: Path) -> None:
    write(tmp_path, {"m/howdah.toml": f'[lint.rules]\n{RULE} = "note"'})
    assert hazards(tmp_path, "-", stdin="\n" + HAZARD) == [("stdin.sql", 2)]
    done = lint(tmp_path, "-", "--stdin-filename", "m/1.sql", "--only", RULE, stdin=HAZARD)
    assert done.stdout.startswith(f"note[{RULE}]")
    assert " --> m/1.sql:1:" in done.stdout


def test_the_nearest_configuration_decides(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": f'[tool.howdah.lint.rules]\n{RULE} = "off"\n',
        "a.sql": HAZARD,
        "app/b.sql": HAZARD,
        "app/howdah.toml": '[lint]\nexclude = ["seeds/"]\n',
        "app/seeds/c.sql": HAZARD,
        "squawk/.squawk.toml": 'excluded_rules = ["adding-required-field"]\n',
        "squawk/d.sql": HAZARD,
    }
    write(tmp_path, files)
    assert hazards(tmp_path) == [("app/b.sql", 1)]
    assert hazards(tmp_path / "app") == [("b.sql", 1)]
    assert len(hazards(tmp_path, "--no-config")) == 4
    assert len(hazards(tmp_path, "--rule", "adding-required-field=on")) == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[lint]\npg_version = 15\n", "`pg-version` is meant?"),
        (f'[lint.rules]\n{RULE}s = "off"\n', f"`{RULE}` is meant?"),
        ("[lint]\nexclude = 'x'\n", '`lint.exclude` is a list of strings, found `"x"`'),
    ],
)
def test_a_wrong_configuration_fails_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    write(tmp_path, {"howdah.toml": text, "a.sql": "SELECT 1;"})
    done = lint(tmp_path)
    assert done.returncode == FAILED
    assert "howdah.toml:2: " in done.stderr
    assert told in done.stderr


def test_comments_of_both_dialects_silence(tmp_path: Path) -> None:
    files = {
        "a.sql": f"-- howdah: ignore {RULE} -- empty\n{HAZARD}",
        "b.sql": f"-- squawk-ignore adding-required-field\n\n{HAZARD}",
        "c.sql": f"SELECT 1;\n-- squawk-ignore-file adding-required-field\n{HAZARD}",
        "d.sql": HAZARD.strip() + f" -- howdah: ignore {RULE}\n",
        "e.sql": f"ALTER TABLE orders\n  ADD COLUMN a int,\n  -- howdah: ignore {RULE}\n"
        "  ADD COLUMN b int NOT NULL,\n  ADD COLUMN c int NOT NULL;\n",
    }
    write(tmp_path, files)
    assert hazards(tmp_path) == [("e.sql", 5)]
    summary = json.loads(lint(tmp_path, "--format", "json").stdout)["summary"]
    assert summary["suppressed"] >= 5


def test_comments_that_do_nothing_are_told(tmp_path: Path) -> None:
    text = f"-- howdah: ignore {RULE}\nSELECT 1;\n-- howdah: ignore no-such-rule\nSELECT 2;\n"
    found = [(it["rule"], it["start"]["line"]) for it in findings(write(tmp_path, {"a.sql": text}))]
    assert found == [("unused-suppression", 1), ("unknown-suppression", 3)]


def test_a_baseline_knows_what_was_there(tmp_path: Path) -> None:
    write(tmp_path, {"m/a.sql": HAZARD, "m/b.sql": HAZARD})
    assert lint(tmp_path, "--write-baseline", "known.json").returncode == CLEAN
    assert lint(tmp_path, "--baseline", "known.json").returncode == CLEAN
    gone = "ALTER TABLE orders DROP COLUMN note;\n"
    moved = f"-- a word\n\nSELECT 1;\n{HAZARD.replace('ALTER', 'alter', 1)}{gone}{HAZARD}"
    write(tmp_path, {"m/a.sql": moved, "howdah.toml": '[lint]\nbaseline = "known.json"\n'})
    assert hazards(tmp_path) == [("m/a.sql", 6)], "the second of its kind is new"
    assert hazards(tmp_path / "m") == [("a.sql", 6)], "from whichever folder"


def test_howdahs_own_migrations_are_two_scripts(tmp_path: Path) -> None:
    text = (
        "-- howdah: migration\n\n-- up\nCREATE TABLE orders (id int);\n"
        f"-- down\n{HAZARD}-- howdah: ignore syntax-error\n"
    )
    # what `up` makes is there, and old, when `down` runs
    assert hazards(write(tmp_path, {"0001_a.sql": text})) == [("0001_a.sql", 6)]


def test_every_form_goes_to_its_file(tmp_path: Path) -> None:
    write(tmp_path, {"a.sql": HAZARD, "b.sql": "SELECT 1;"})
    forms = ["json", "sarif", "github", "markdown", "gitlab", "junit", "concise"]
    reports = [word for form in forms for word in ("--report", f"{form}=out.{form}")]
    done = lint(tmp_path, "--only", RULE, *reports)
    assert done.returncode == FOUND
    texts = {form: (tmp_path / f"out.{form}").read_text() for form in forms}
    assert json.loads(texts["json"])["findings"][0]["rule"] == RULE
    assert json.loads(texts["sarif"])["runs"][0]["results"][0]["ruleId"] == RULE
    assert json.loads(texts["gitlab"])[0]["check_name"] == RULE
    assert [it.get("name") for it in ET.fromstring(texts["junit"])] == ["a.sql", "b.sql"]
    assert texts["github"].startswith("::error file=a.sql,line=1,")
    assert texts["markdown"].startswith("## howdah lint: 1 error")
    assert texts["concise"].startswith("a.sql:1:31: error: ")
    assert "\x1b" not in done.stdout


def test_output_is_the_same_again(tmp_path: Path) -> None:
    texts = {
        f"{number:03}.sql": "".join(
            HAZARD.replace("orders", f"orders_{number}_{part}") for part in range(number % 4)
        )
        for number in range(200)
    }
    write(tmp_path, texts)
    first, again = (lint(tmp_path).stdout for _ in range(2))
    assert first == again
    assert first.count(f"error[{RULE}]") == 300


def test_rules_explain_themselves(tmp_path: Path) -> None:
    page = lint(tmp_path, "--explain", "adding-required-field").stdout
    assert page.startswith(f"# {RULE}\n")
    assert "## The safe way" in page
    assert RULE in lint(tmp_path, "--list").stdout
    unknown = lint(tmp_path, "--explain", "adding-required-feild")
    assert unknown.returncode == FAILED
    assert "`adding-required-field` is meant?" in unknown.stderr


def test_only_and_levels_of_rules(tmp_path: Path) -> None:
    write(tmp_path, {"a.sql": HAZARD})
    assert lint(tmp_path, "--rule", f"{RULE}=note").returncode == CLEAN
    assert hazards(tmp_path, "--only", "unused-suppression") == []
    assert hazards(tmp_path, "--only", "addingRequiredField") == [("a.sql", 1)]
    assert lint(tmp_path, "--only", "no-such-rule").returncode == FAILED


def test_a_snapshot_tells_what_exists(tmp_path: Path) -> None:
    files = {
        "schema.sql": "CREATE TABLE orders (id int, note text);",
        "a.sql": "ALTER TABLE IF EXISTS orders ADD COLUMN IF NOT EXISTS b int NOT NULL;",
    }
    write(tmp_path, files)
    assert hazards(tmp_path, "a.sql", "--schema", "schema.sql") == [("a.sql", 1)]
    assert lint(tmp_path, "a.sql", "--schema", "none.sql").returncode == FAILED


def test_what_others_check_and_no_rule_here_does_says_why(tmp_path: Path) -> None:
    write(tmp_path, {"howdah.toml": "[lint.rules]\nexecute = 'off'\n", "a.sql": "SELECT 1;"})
    done = lint(tmp_path)
    assert done.returncode == FAILED
    assert "`execute` of strong_migrations has no rule here" in done.stderr
    assert "it can be left out" in done.stderr


MIGRATION = """-- howdah: migration
-- depends: none

-- up
CREATE INDEX orders_note ON orders (note);

-- down
DROP INDEX orders_note;
"""


def test_migrations_of_howdah_are_linted_and_never_edited(tmp_path: Path) -> None:
    write(tmp_path, {"0001_note.sql": MIGRATION, "plain.sql": "CREATE INDEX i ON orders (note);\n"})
    done = lint(tmp_path, "--fix", "--format", "concise", "--only", "blocking-index-build")
    assert done.returncode == FOUND
    assert "0001_note.sql:5:1: error" in done.stdout
    assert "`0001_note.sql` is left as it is" in done.stderr
    assert (tmp_path / "0001_note.sql").read_text() == MIGRATION
    assert "CONCURRENTLY" in (tmp_path / "plain.sql").read_text()


def test_projects_in_python_are_not_edited(tmp_path: Path) -> None:
    for project in ("--django", "--alembic"):
        done = lint(tmp_path, project, "x", "--fix")
        assert done.returncode == USAGE
        assert "cannot be used with" in done.stderr


@pytest.mark.slow
def test_a_trace_shows_what_the_files_really_do(tmp_path: Path) -> None:
    files = {
        "schema.sql": "CREATE TABLE orders (id int PRIMARY KEY, a int);",
        "1.sql": "ALTER TABLE orders ADD COLUMN b timestamptz DEFAULT clock_timestamp();\n",
        "2.sql": "CREATE INDEX CONCURRENTLY orders_a ON orders (a);\n",
        "3.sql": "ALTER TABLE nowhere ADD COLUMN a int;\n",
    }
    write(tmp_path, files)
    options = ["--schema", "schema.sql", "--only", "rewriting-default", "--trace"]
    options += ["--report", "json=found.json"]
    done = lint(tmp_path, "1.sql", "2.sql", "3.sql", *options)
    assert done.returncode == FAILED, "what fails is not clean, whatever was found"
    said, measured = done.stdout.split("traced on a scratch copy")
    assert "error[rewriting-default]" in said
    assert "orders: ACCESS EXCLUSIVE, blocks reads and writes" in measured
    assert "rewrites     orders" in measured
    assert "the transactions of all writers of orders" in measured
    assert 'failed: relation "nowhere" does not exist (42P01)' in measured
    document = json.loads((tmp_path / "found.json").read_text())
    assert [it["rule"] for it in document["findings"]] == ["rewriting-default"]
    assert [it["file"] for it in document["trace"]["steps"]] == ["1.sql", "2.sql", "3.sql"]
