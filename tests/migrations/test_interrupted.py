"""Whatever is cut off, and wherever: running it again ends in the same state."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import _native, errors
from howdah.migrations import MigrationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.migrations.conftest import Project

FIRST = """\
-- up
create table book (id int primary key, title text not null, price int, seen int default 0);
insert into book (id, title) select n, 'book ' || n from generate_series(1, 10) n;
create table log (id int, at date) partition by range (at);
create table log_1 partition of log for values from ('2026-01-01') to ('2027-01-01');
create index old_title on book (title);
-- howdah: step
create index concurrently book_title on book (title);
drop index concurrently old_title;
-- howdah: step migrate, batches of 4
update book set price = id, seen = seen + 1;
-- howdah: step contract
alter table book alter price set not null;
alter table log detach partition log_1 concurrently;
vacuum book;
-- down
alter table log attach partition log_1 for values from ('2026-01-01') to ('2027-01-01');
create index concurrently old_title on book (title);
drop index concurrently book_title;
drop table log;
drop table book;
"""
SECOND = """\
from howdah.migrations import DataMigration

migration = DataMigration(undo_nothing=True)


@migration.up
def one(conn):
    conn.execute("insert into book (id, title, price) values (11, 'in Python', 0)")


@migration.up_batches("select id from book", key="id", size=4)
def many(batch):
    batch.conn.execute("update book set seen = seen + 1 where id = any ($1)",
                       [row.id for row in batch.rows])
"""
PROGRAM = """\
import os, signal, sys
import howdah
from howdah import migrations

url, folder, direction, number, when = sys.argv[1:]
execute, left = howdah.Connection.execute, [int(number)]

def killed(self, *arguments, **options):
    left[0] -= 1
    if left[0] == 0 and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    answer = execute(self, *arguments, **options)
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer

howdah.Connection.execute = killed
if direction == "up":
    migrations.up(url, folder)
else:
    migrations.down(url, folder, target="base")
"""


class Killed(BaseException):
    """The program ends here."""


@pytest.fixture
def shop(project: Project) -> Project:
    """Migrations with a step of every kind."""
    project.write("0001_books", FIRST)
    project.write("0002_data.py", SECOND)
    return project


def state(project: Project) -> dict[str, Any]:
    """All that migrations are to leave behind."""
    schema = json.loads(_native.schema_read(project.url, "public", ["public"]))
    rows: Any = []
    if project.value("select to_regclass('book')"):
        rows = project.value("select array_agg(b::text order by id) from book b")
    return {"schema": schema, "rows": rows, "states": project.states()}


def run_to_the_end(project: Project, direction: str) -> None:
    if direction == "up":
        project.up()
    else:
        project.down(target="base")


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_session_that_is_lost_at_any_statement(
    shop: Project, monkeypatch: pytest.MonkeyPatch, direction: str, when: str
) -> None:
    expected = states(shop)
    execute = howdah.Connection.execute
    # another seventh of all statements for each parameter; `test_a_program…` takes them all
    number = 1 + 2 * (direction == "up") + 4 * (when == "after")
    while True:
        number += 7
        left = [number]

        def killed(self: Any, *arguments: Any, **options: Any) -> int:
            left[0] -= 1  # noqa: B023 (called before it changes)
            if left[0] == 0 and when == "before":  # noqa: B023
                lose(shop, self)
            answer = execute(self, *arguments, **options)
            if left[0] == 0:  # noqa: B023
                lose(shop, self)
            return answer

        reset(shop, direction)
        monkeypatch.setattr(howdah.Connection, "execute", killed)
        try:
            run_to_the_end(shop, direction)
            break
        except Killed:
            pass
        finally:
            monkeypatch.setattr(howdah.Connection, "execute", execute)
        run_to_the_end(shop, direction)
        assert state(shop) == expected[direction], f"{when} statement {number}"
    assert number > 20


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_program_that_is_killed_at_any_statement(
    shop: Project, direction: str, when: str
) -> None:
    expected = states(shop)
    number = 0
    while True:
        number += 1
        reset(shop, direction)
        if run_program(shop, direction, number, when) == 0:
            break
        run_to_the_end(shop, direction)
        assert state(shop) == expected[direction], f"{when} statement {number}"
    assert number > 20


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_program_that_is_killed(shop: Project, when: str) -> None:
    # somewhere in the midst: all places take their time
    assert run_program(shop, "up", 17, when) == -signal.SIGKILL
    shop.up()
    assert state(shop) == states(shop)["up"]


def run_program(project: Project, direction: str, number: int, when: str) -> int:
    words = [sys.executable, "-c", PROGRAM, project.url, str(project.folder)]
    done = subprocess.run(
        [*words, direction, str(number), when], stderr=subprocess.PIPE, check=False, timeout=50
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr.decode()
    return done.returncode


def states(project: Project) -> dict[str, dict[str, Any]]:
    """What it is like when nothing is interrupted."""
    reset(project, "up")
    project.up()
    up = state(project)
    project.down(target="base")
    return {"up": up, "down": state(project)}


def reset(project: Project, direction: str) -> None:
    """The database as it is before the run."""
    project.execute(
        "set client_min_messages = warning",
        "drop table if exists log_1, log, book",
        "drop schema if exists howdah_history cascade",
    )
    if direction == "down":
        project.up()


def lose(project: Project, conn: howdah.Connection) -> None:
    """End a session at the server, as far as that knows without a word of the client."""
    project.execute(f"select pg_terminate_backend({conn.backend_pid}, 5000)")
    conn.close()
    raise Killed


def invalid(project: Project) -> bool:
    return bool(project.value("select count(*) from pg_index where not indisvalid"))


@pytest.fixture
def writer(shop: Project, connected: Callable[[], howdah.Connection]) -> howdah.Connection:
    """A table, and someone with an open transaction who has written to it."""
    shop.write("0001_books", FIRST[: FIRST.index("-- howdah: step")])
    shop.write("0002_data.sql", "create index concurrently book_title on book (title)")
    (shop.folder / "0002_data.py").unlink()
    shop.up(target="0001")
    conn = connected()
    conn.execute("begin")
    conn.execute("update book set title = 'new' where id = 1")
    return conn


WAITING = "select pid from pg_stat_activity where query like 'create index conc%' and wait_event_type = 'Lock'"  # noqa: E501


def test_an_index_that_was_left_invalid_is_built_anew(
    shop: Project, writer: howdah.Connection
) -> None:
    outcome: list[BaseException | None] = []

    def run() -> None:
        try:
            shop.up()
        except BaseException as error:  # noqa: BLE001 (looked at below)
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not (pid := shop.value(WAITING)):
        assert thread.is_alive(), outcome
    shop.execute(f"select pg_terminate_backend({pid}, 5000)")
    thread.join()
    assert isinstance(outcome[0], MigrationError)
    assert isinstance(outcome[0].__cause__, errors.OperationalError)
    assert invalid(shop)
    writer.execute("commit")
    assert shop.up() == ["0002_data"]
    assert not invalid(shop)
    assert any("dropping the invalid index `book_title`" in it for it in shop.told.lines)


def test_the_statement_of_a_killed_program_ends(shop: Project, writer: howdah.Connection) -> None:
    words = [sys.executable, "-c", PROGRAM, shop.url, str(shop.folder), "up", "0", "never"]
    program = subprocess.Popen(words)
    while not shop.value(WAITING):
        assert program.poll() is None
    program.kill()
    program.wait()
    # the server finds out by itself, within a second or two, though the statement waits on
    while shop.value(WAITING):
        pass
    writer.execute("commit")
    assert shop.up() == ["0002_data"]
    assert not invalid(shop)


def test_an_index_whose_build_timed_out_is_built_anew(
    shop: Project, writer: howdah.Connection
) -> None:
    shop.settings = shop.settings.changed(concurrent_lock_timeout=0.05, patience=0.2)
    with pytest.raises(MigrationError, match="step 1: no lock within"):
        shop.up()
    # who was in the way of building it is in the way of dropping it
    assert invalid(shop)
    assert "  the index `book_title` stays invalid until the next attempt" in shop.told.lines
    writer.execute("commit")
    shop.settings = shop.settings.changed(concurrent_lock_timeout=60.0)
    assert shop.up() == ["0002_data"]
    assert not invalid(shop)


def test_rows_that_are_no_key_leave_no_invalid_index(shop: Project) -> None:
    shop.write("0001_books", FIRST[: FIRST.index("-- howdah: step")])
    (shop.folder / "0002_data.py").unlink()
    shop.write("0002_key", "create unique index concurrently book_key on book ((1))")
    with pytest.raises(MigrationError, match="could not create unique index"):
        shop.up()
    assert not invalid(shop)


def test_what_nothing_tells_is_asked(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.execute("create table t (n int)")
    project.write("0001_a", "-- howdah: step no transaction\ninsert into t values (1)")
    execute = howdah.Connection.execute

    def killed(self: Any, query: Any, *arguments: Any) -> int:
        answer = execute(self, query, *arguments)
        if query.startswith("insert into t"):
            lose(project, self)
        return answer

    monkeypatch.setattr(howdah.Connection, "execute", killed)
    with pytest.raises(Killed):
        project.up()
    monkeypatch.setattr(howdah.Connection, "execute", execute)
    for _ in range(2):
        with pytest.raises(MigrationError, match="nothing tells whether it took effect"):
            project.up()
    assert project.up(interrupted="done") == ["0001_a"]
    assert project.value("select count(*) from t") == 1
