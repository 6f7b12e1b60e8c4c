"""`up --sql` and `down --sql`: psql runs the script, and leaves what a run leaves."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from howdah import _native
from howdah.migrations import MigrationError, Settings, _command, _offline, api
from howdah.migrations._deploying import KEY
from tests.migrations.test_interrupted import FIRST
from tests.servers import main_programs

if TYPE_CHECKING:
    from collections.abc import Callable

    import howdah
    from tests.migrations.conftest import Project

# every kind of step, and every way in which rows are ordered
SECOND = """\
-- up
create table pair (a text, "the b" int, n int default 0, primary key (a, "the b"));
insert into pair select chr(39) || n % 3, n from generate_series(1, 10) n;
create table heap (n int);
insert into heap select null from generate_series(1, 5000);
analyze heap;
-- howdah: step migrate, batches of 4
update only pair as p set n = n + 1 where n >= 0;
-- howdah: step migrate, batches of 300 by ctid
update heap set n = 1 where n is null;
-- howdah: step migrate, batches of 4 by a and "the b"
delete from public.pair where "the b" = 7 and a <> '$sql$';
-- down
drop table heap, pair;
"""
HISTORY = """
    select json_agg(to_jsonb(m) - 'place' - 'begun_at' - 'applied_at' - 'seconds' order by place)
    from howdah_history.migration m
"""
STEPS = """
    select json_agg(to_jsonb(s) - 'begun_at' - 'done_at' order by migration, direction, number)
    from howdah_history.migration_step s
"""
LOG = "select array_agg(migration || event order by at) from howdah_history.migration_log"


@pytest.fixture
def shop(project: Project) -> Project:
    """Migrations with a step of every kind that SQL has."""
    project.write("0001_books", FIRST)
    project.write("0002_pairs", SECOND)
    return project


def left(project: Project) -> dict[str, Any]:
    """All that is left behind: catalog, rows, history."""
    found = {it: project.value(it) for it in (HISTORY, STEPS, LOG)}
    for table in ("book", "pair", "heap"):
        if project.value("select to_regclass($1) is not null", table):
            query = f"select array_agg(t::text order by t::text) from {table} t"
            found[table] = project.value(query)
    return {**found, "schema": json.loads(_native.schema_read(project.url, "public", ["public"]))}


def script(project: Project, direction: str) -> str:
    """The script to the end."""
    if direction == "up":
        return _offline.script(api.pending(project.settings, None, None), project.settings)
    return _offline.script(_command._undone("base", project.settings), project.settings)


def run(project: Project, text: str) -> subprocess.CompletedProcess[str]:
    psql = main_programs().bindir / "psql"
    return subprocess.run(
        [psql, "-X", "-q", "-f", "-", project.url],
        input=text, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_psql_leaves_what_a_run_leaves(shop: Project) -> None:
    expected = {}
    for direction in ("up", "down"):
        shop.up() if direction == "up" else shop.down(target="base")
        expected[direction] = left(shop)
    shop.execute("set client_min_messages = warning", "drop schema howdah_history cascade")
    for direction in ("up", "down"):
        text = script(shop, direction)
        for _ in range(2):  # the second time there is nothing to do
            done = run(shop, text)
            assert (done.returncode, done.stdout) == (0, ""), done.stderr
            assert left(shop) == expected[direction]
    assert shop.up() == ["0001_books", "0002_pairs"]


@pytest.mark.parametrize("by", ["psql", "a run"])
def test_a_script_that_was_cut_off_is_gone_on_with(shop: Project, by: str) -> None:
    shop.up()
    expected = left(shop)
    shop.down(target="base")
    shop.execute("set client_min_messages = warning", "drop schema howdah_history cascade")
    text = script(shop, "up")
    # where an index is built and that is not recorded
    lines = text.splitlines()
    built = next(n for n, it in enumerate(lines) if it.startswith("create index concurrently"))
    assert run(shop, "\n".join(lines[: built + 1])).returncode == 3
    assert shop.states()["0001_books"] == "partial"
    # after each first batch of a backfill
    failing = text.replace("perform pg_sleep(", "perform 1 / 0 * (")
    for _ in range(4):
        done = run(shop, failing)
        assert done.returncode == 3
        assert "division by zero" in done.stderr
    if by == "a run":
        shop.up()
    else:
        done = run(shop, text)
        assert done.returncode == 0, done.stderr
    assert left(shop) == expected


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("by id\nupdate book set id = id + 100", "the key of book, which orders the batches"),
        ("by ctid\nupdate book set title = '' where id > 0", "rows of book satisfy the condition"),
    ],
)
def test_a_script_refuses_what_is_never_done(shop: Project, step: str, error: str) -> None:
    shop.up(target="0001")
    shop.execute("analyze book")
    shop.write("0002_pairs", f"-- howdah: step migrate, batches of 2 {step};")
    done = run(shop, script(shop, "up"))
    assert (done.returncode, error in done.stderr) == (3, True), done.stderr


def test_only_one_deploys(shop: Project, connected: Callable[[], howdah.Connection]) -> None:
    connected().execute(f"select pg_advisory_lock({KEY})")
    done = run(shop, script(shop, "up"))
    assert done.returncode == 3
    assert "another deploy goes on" in done.stderr
    assert shop.value("select to_regclass('howdah_history.migration')") is None


def test_a_script_of_another_database_stops(shop: Project) -> None:
    shop.up(target="0001")
    text = script(shop, "up")
    shop.execute("delete from howdah_history.migration")
    done = run(shop, text)
    assert done.returncode == 3
    assert "what this script follows is not applied here" in done.stderr
    shop.down(target="base")
    shop.execute("drop table if exists log_1, log, book")
    shop.up(target="0001")
    text = script(shop, "up")
    shop.up()
    shop.execute("update howdah_history.migration set state = 'begun' where name like '0002%'")
    shop.execute("update howdah_history.migration_step set checksum = 'x'")
    done = run(shop, text)
    assert (done.returncode, "with other statements" in done.stderr) == (3, True)


def test_without_a_database_all_of_it_is_printed(shop: Project) -> None:
    shop.up(target="0001")
    assert "create table book" not in script(shop, "up")
    offline = replace(shop.settings, url="")
    text = _offline.script(api.pending(offline, None, None), Settings())
    assert "create table book" in text


def test_python_is_no_sql(shop: Project) -> None:
    shop.write(
        "0003_data.py",
        "from howdah.migrations import DataMigration\nmigration = DataMigration()\n"
        "@migration.up\ndef change(conn):\n    pass\n",
    )
    with pytest.raises(MigrationError, match="runs the function `change`, which is no SQL"):
        script(shop, "up")
