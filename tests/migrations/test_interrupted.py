"""Whatever is cut off, and wherever: running it again ends in the same state."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import _native, errors
from howdah.migrations import MigrationError, _making

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
# what a plan is made of: a key and an index of partitions, and a way back that fills rows
BEFORE = """\
create table book (id int primary key, price int not null default 0);
create table log (id int not null, day date not null, n int not null, constraint u unique (n, day))
    partition by range (day);
create table log_1 partition of log for values from ('2026-01-01') to ('2027-01-01');
create table log_2 partition of log for values from ('2027-01-01') to ('2028-01-01');
"""
ROWS = """\
insert into book select n, n from generate_series(1, 10) n;
insert into log select n, date '2026-06-01' + n, n from generate_series(1, 300) n;
"""
AFTER = (
    BEFORE.replace("price int not null", "price int").replace("(n, day)", "(day, n, id)")
    + "create index log_n on log (n); alter table log add primary key (id, day);"
)
GONE = "drop table log;\ndrop table book;"
# forks before anything is done, because to start Python takes longer than the migrations
PROGRAM = """\
import os, signal, sys
import howdah
from howdah import migrations

url, folder = sys.argv[1:]

def run(direction, number):
    execute, left = howdah.Connection.execute, [number]

    def killed(self, *arguments, **options):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(self, *arguments, **options)

    howdah.Connection.execute = killed
    if direction == "down":
        migrations.down(url, folder, target="base")
    else:
        migrations.up(url, folder, phase=None if direction == "up" else direction)

for line in sys.stdin:
    direction, number = line.split()
    child = os.fork()
    if child == 0:
        try:
            run(direction, int(number))
        except BaseException as error:
            os.write(2, repr(error).encode())
            os._exit(1)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Killed(BaseException):
    """The program ends here."""


@pytest.fixture
def shop(project: Project) -> Project:
    """Migrations with a step of every kind."""
    project.write("0001_books", FIRST)
    project.write("0002_data.py", SECOND)
    return project


@pytest.fixture
def planned(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A migration as it is planned, between two that are written by hand."""

    def read() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(_native.schema_read(project.url, "public", None))
        return found

    project.execute(BEFORE)
    before = read()
    project.execute(GONE, AFTER)
    after = read()
    project.execute(GONE)
    version = project.value("show server_version_num")
    options = {"server_version": int(version)}
    reply = _native.schema_plan(json.dumps(before), json.dumps(after), json.dumps(options))
    plan = json.loads(reply)
    assert (plan["questions"], plan["refused"]) == ([], [])
    monkeypatch.setattr(_making, "BATCH_ROWS", 4)
    text = _making.written(plan["steps"], ["0001_begun"], major=18)
    assert "batches of 4 by id\nupdate book set price = 0" in text
    assert "-- howdah: step contract, no transaction\ncreate unique index concurrently" in text
    project.write("0001_begun", f"-- up\n{BEFORE}{ROWS}-- down\n{GONE}")
    project.write("0002_planned", text)
    nulls = "update book set price = null where id % 3 = 0"
    project.write("0003_written", f"-- up\n{nulls};\n-- down\nselect 1;")
    return project


# what a catalog says, in one query: hundreds of them are compared
CATALOG = """
    with relation as (select c.* from pg_class c where relnamespace = 'public'::regnamespace)
    select array_agg(line order by line) from (
        select format('%s %s', relname, relkind) from relation
        union all select format('%s.%s %s %s %s', relname, attname, attnotnull,
                format_type(atttypid, atttypmod), pg_get_expr(adbin, adrelid))
            from pg_attribute a join relation r on r.oid = attrelid
            left join pg_attrdef on adrelid = attrelid and adnum = attnum
            where attnum > 0 and not attisdropped
        union all select format('%s %s', pg_get_indexdef(indexrelid), indisvalid)
            from pg_index join relation r on r.oid = indrelid
        union all select format('%s %s', conname, pg_get_constraintdef(c.oid))
            from pg_constraint c join relation r on r.oid = conrelid
        union all select format('%s of %s', inhrelid::regclass, inhparent::regclass)
            from pg_inherits
    ) as found (line)
"""


def state(project: Project) -> dict[str, Any]:
    """All that migrations are to leave behind."""
    rows: Any = []
    if project.value("select to_regclass('book')"):
        rows = project.value("select array_agg(b::text order by id) from book b")
    return {"catalog": project.value(CATALOG), "rows": rows, "states": project.states()}


def run_to_the_end(project: Project, direction: str) -> None:
    if direction == "up":
        project.up()
    else:
        project.down(target="base")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_session_that_is_lost_at_any_statement(
    shop: Project, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    expected = states(shop)
    # another part of all statements for each parameter; `test_a_program…` takes them all
    number = 6 * (when == "after")
    lost = [True]
    while any(lost):
        number += 11
        lost = []
        for direction in ("up", "down"):
            lost.append(is_lost(shop, monkeypatch, direction, number, when))
            run_to_the_end(shop, direction)
            assert state(shop) == expected[direction], f"{direction}, {when} {number}"
    assert number > 20


def is_lost(
    project: Project, monkeypatch: pytest.MonkeyPatch, direction: str, number: int, when: str
) -> bool:
    """Run in one direction, and lose the session at one of the statements; whether it was."""
    execute, left = howdah.Connection.execute, [number]

    def losing(self: Any, *arguments: Any, **options: Any) -> int:
        left[0] -= 1
        if left[0] == 0 and when == "before":
            lose(project, self)
        answer = execute(self, *arguments, **options)
        if left[0] == 0:
            lose(project, self)
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(howdah.Connection, "execute", losing)
        try:
            run_to_the_end(project, direction)
        except Killed:
            return True
    return False


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "stride"), [("shop", 1), ("planned", 7)])
def test_a_program_that_is_killed_at_any_statement(
    request: pytest.FixtureRequest, name: str, stride: int
) -> None:
    project: Project = request.getfixturevalue(name)
    expected = states(project)
    forget(project)
    codes, number = [0], 0
    with programs(project) as run:
        while any(codes) or not number:
            number += stride
            codes = []
            for direction in ("up", "down"):
                codes.append(run(direction, number))
                run_to_the_end(project, direction)
                assert state(project) == expected[direction], f"{direction}, before {number}"
            forget(project)
    assert number > 20


@pytest.mark.parametrize("name", ["shop", "planned"])
def test_a_program_that_is_killed_again_and_again(
    request: pytest.FixtureRequest, name: str
) -> None:
    project: Project = request.getfixturevalue(name)
    expected = states(project)
    with programs(project) as run:
        for direction in ("down", "up"):
            forget(project) if direction == "up" else project.up()
            number = 0
            while code := run(direction, number := number + 3):
                assert code == -signal.SIGKILL
            assert state(project) == expected[direction]
            assert number > 10


def test_a_way_back_that_fills_rows_is_cut_off_between_batches(
    planned: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned.up(target="0002")
    before = state(planned)["rows"]
    planned.up()
    assert planned.value("select count(*) from book where price is null") == 3
    execute = howdah.Connection.execute

    def cut(self: Any, query: Any, *arguments: Any) -> int:
        changed = execute(self, query, *arguments)
        if query.startswith("update book set price = 0"):
            lose(planned, self)
        return changed

    with monkeypatch.context() as patched:
        patched.setattr(howdah.Connection, "execute", cut)
        with pytest.raises(Killed):
            planned.down(target="0001")
    planned.down(target="0001")
    assert planned.value("select array_agg(price order by id) from book") == [
        0 if it % 3 == 0 else it for it in range(1, 11)
    ]
    assert len(before) == 10
    position = "select count(*) from howdah_history.migration_step where migration like '0002%'"
    assert planned.value(position) == 0
    refuses = "select attnotnull from pg_attribute where attrelid = 'book'::regclass and attnum = 2"
    assert planned.value(refuses)


@contextlib.contextmanager
def programs(project: Project) -> Iterator[Callable[[str, int], int]]:
    """Runs `up`, a phase of it, or `down` in a program that ends itself before a statement."""
    words = [sys.executable, "-c", PROGRAM, project.url, str(project.folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, text=True, **pipes) as program:  # type: ignore[call-overload]

        def run(direction: str, number: int) -> int:
            program.stdin.write(f"{direction} {number}\n")
            program.stdin.flush()
            code = int(program.stdout.readline())
            if code not in {0, -signal.SIGKILL}:
                program.stdin.close()
                raise AssertionError(program.stderr.read())
            return code

        yield run
        program.stdin.close()


def states(project: Project) -> dict[str, dict[str, Any]]:
    """What it is like when nothing is interrupted."""
    project.up()
    up = state(project)
    project.down(target="base")
    return {"up": up, "down": state(project)}


def forget(project: Project) -> None:
    """The history of a database in which everything is undone, too."""
    project.execute("set client_min_messages = warning", "drop schema howdah_history cascade")


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
        time.sleep(0.01)
    shop.execute(f"select pg_terminate_backend({pid}, 5000)")
    thread.join()
    assert isinstance(outcome[0], MigrationError)
    assert isinstance(outcome[0].__cause__, errors.OperationalError)
    assert invalid(shop)
    writer.execute("commit")
    assert shop.up() == ["0002_data"]
    assert not invalid(shop)
    assert any("dropping the invalid index `book_title`" in it for it in shop.told.lines)


@pytest.mark.since(14)
def test_the_statement_of_a_killed_program_ends(shop: Project, writer: howdah.Connection) -> None:
    script = "import sys; from howdah import migrations; migrations.up(*sys.argv[1:])"
    program = subprocess.Popen([sys.executable, "-c", script, shop.url, str(shop.folder)])
    while not shop.value(WAITING):
        assert program.poll() is None
        time.sleep(0.01)
    program.kill()
    program.wait()
    # the server finds out by itself, within a second or two, though the statement waits on
    while shop.value(WAITING):
        time.sleep(0.05)
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
