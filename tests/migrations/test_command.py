"""`howdah migrate …` as people and scripts use it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from tests.migrations.test_running import BOOKS, PRICES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.migrations.conftest import Project

Migrate: TypeAlias = "Callable[..., subprocess.CompletedProcess[str]]"

SUBCOMMANDS = ("make", "plan", "up", "down", "status", "check", "squash")
MANUAL = Path(__file__).parents[2] / "docs" / "cli.md"


@pytest.fixture
def migrate(project: Project) -> Migrate:
    """Run `howdah migrate` in the folder of the project, which is configured there."""
    (project.root / "howdah.toml").write_text('[migrations]\nurl = "${SHOP_URL}"\n')
    environment = os.environ | {"SHOP_URL": project.url}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "howdah", "migrate", *arguments],
            cwd=project.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=50,
        )

    return run


def test_a_whole_life(project: Project, migrate: Migrate) -> None:
    project.write("0001_books", BOOKS)
    project.write("0002_prices", PRICES)
    planned = migrate("plan", "--phase", "expand")
    assert planned.stdout.splitlines() == [
        "0001_books",
        "  1. expand, in a transaction: create table book (id bigint generated always as "
        "identity primary key, … (and 1 more)",
        "0002_prices (in part)",
        "  1. expand, in a transaction: alter table book add column price int",
        "       ACCESS EXCLUSIVE on book: blocks reads and writes",
        "  2. expand, no transaction: create index concurrently book_title on book (title)",
        "       SHARE UPDATE EXCLUSIVE on book: blocks other schema changes and VACUUM, "
        "neither reads nor writes",
        "       scans book",
        "       builds book_title",
        "       waits for every transaction that has written book",
        "       waits for every older snapshot of the database, whatever it reads",
    ]
    steps = json.loads(migrate("plan", "--format", "json").stdout)[1]["steps"]
    [effects] = steps[0]["effects"]
    lock = {"relation": "book", "mode": "AccessExclusiveLock", "held": "transaction"}
    assert (effects["locks"], effects["rewrites"]) == ([lock], [])
    assert steps[2].pop("effects")[0]["blocks"] == "nothing"
    assert steps[2] == {
        "number": 3,
        "phase": "migrate",
        "manner": "in batches",
        "sql": ["update book set price = id where price is null"],
        "line": 7,
    }
    assert migrate("status").returncode == 5

    done = migrate("up")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("applying 0001_books\n  1. create table book")
    assert done.stderr.endswith("2 migrations applied\n")
    assert migrate("up").stderr == "nothing to do\n"

    status = migrate("status")
    assert status.returncode == 0
    lines = status.stdout.splitlines()
    assert lines[0].split() == ["migration", "state", "applied", "at", "took", "by", "howdah"]
    assert re.match(r"0001_books   applied  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4} ", lines[1])
    [first, _] = json.loads(migrate("status", "--format", "json").stdout)
    assert (first["name"], first["state"], first["changed"]) == ("0001_books", "applied", False)

    refused = migrate("down")
    assert refused.returncode == 1
    assert refused.stderr == (
        "error: `down` would lose the values of `book.price`\n\n"
        "hint: `--allow-drop` says that they may go\n"
    )
    undone = migrate("down", "--allow-drop")
    assert undone.returncode == 0
    assert undone.stderr.endswith("1 migration undone\n")
    assert project.states()["0002_prices"] == "pending"


def test_a_plan_knows_the_database(project: Project, migrate: Migrate) -> None:
    project.write("0001_books", BOOKS)
    project.up()
    project.execute("alter table book add column code varchar(10)")
    project.execute("create index on book (lower(code))")
    longer = "alter table book alter column code type varchar(20)"
    project.write("0002_longer", f"-- up\n{longer};\n")
    planned = migrate("plan")
    assert planned.stdout.splitlines()[2:] == [
        "       ACCESS EXCLUSIVE on book, book_lower_idx: blocks reads and writes",
        "       scans book",
        "       builds book_lower_idx",
    ]
    project.write("0003_index", "-- up\ncreate index concurrently book_code on book (code);\n")
    rehearsed = migrate("up", "--dry-run", "--lock-timeout", "2")
    assert (rehearsed.returncode, rehearsed.stderr) == (0, "nothing was run\n")
    assert rehearsed.stdout.splitlines()[:7] == [
        "-- 0002_longer",
        "",
        "-- 1. expand, in a transaction, waits for a lock up to 2.0 s",
        "--    ACCESS EXCLUSIVE on book, book_lower_idx: blocks reads and writes",
        "--    scans book",
        "--    builds book_lower_idx",
        f"{longer};",
    ]
    told = json.loads(migrate("up", "--dry-run", "--format", "json").stdout)
    assert [it["steps"][0]["lock_timeout"] for it in told] == [0.5, 600]
    assert told[1]["steps"][0]["sql"] == ["create index concurrently book_code on book (code)"]
    assert project.states()["0002_longer"] == "pending"
    assert migrate("up", "--format", "json").returncode == 2


def test_errors_have_a_hint_and_a_code(project: Project, migrate: Migrate) -> None:
    project.write("0001_a", "-- howdah: quickly\nselect 1")
    failed = migrate("up")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == (
        "error: `0001_a.sql`, line 1: `howdah: quickly` is unknown\n\n"
        "hint: known are `step`, with `expand`, `migrate` or `contract`, `no transaction`, "
        "`batches of N by KEY`; `undo N`, with `no transaction` or `batches of N by KEY`; "
        "`no undo N`\n"
    )
    assert migrate("up", "--phase", "quickly").returncode == 2
    assert migrate("up", "--folder", "elsewhere").stderr.startswith(
        f"error: there is no folder `{project.root / 'elsewhere'}`\n"
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_statement(project: Project, number: signal.Signals) -> None:
    project.write("0001_a", "create table a ();\n-- howdah: step\nselect pg_sleep(1000);")
    words = [sys.executable, "-m", "howdah", "migrate", "up", "--url", project.url]
    program = subprocess.Popen(words, cwd=project.root, stderr=subprocess.PIPE, text=True)
    running = (
        "select count(*) from pg_stat_activity "
        "where query like 'select pg_sleep%' and state = 'active'"
    )
    while not project.value(running):
        assert program.poll() is None
        time.sleep(0.01)
    program.send_signal(number)
    _, told = program.communicate(timeout=30)
    assert program.returncode == 128 + number
    assert told.endswith("run it again to go on\n")
    while project.value(running):
        time.sleep(0.01)


def test_the_manual_knows_every_subcommand_and_option(migrate: Migrate) -> None:
    manual = MANUAL.read_text()
    listed = re.findall(r"^  (\w+)  ", migrate("--help").stdout, re.MULTILINE)
    assert set(listed) - {"help", "trace"} == set(SUBCOMMANDS)
    for name in SUBCOMMANDS:
        assert f"| `{name}" in manual
        options = re.findall(r"--[a-z-]+", migrate(name, "--help").stdout)
        missing = [option for option in set(options) - {"--help"} if option not in manual]
        assert not missing, f"docs/cli.md does not tell of {missing} of `{name}`"
