from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import howdah
from howdah import migrations
from howdah.migrations import Busy, MigrationError
from howdah.migrations._deploying import KEY
from tests.poolers.pgbouncer import PROGRAM, PgBouncer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.migrations.conftest import Project

BOOKS = """\
-- depends: nothing
-- up
create table book (id bigint generated always as identity primary key, title text not null);
insert into book (title) select 'book ' || n from generate_series(1, 25) n;
-- down
drop table book;
"""
PRICES = """\
-- up
-- howdah: step expand
alter table book add column price int;
-- howdah: step expand
create index concurrently book_title on book (title);
-- howdah: step migrate, batches of 4
update book set price = id where price is null;
-- howdah: step contract
alter table book alter price set not null;
-- down
-- howdah: undo 4
alter table book alter price drop not null;
-- howdah: undo 2
drop index concurrently book_title;
-- howdah: undo 1
alter table book drop column price;
"""


@pytest.fixture
def books(project: Project) -> Project:
    """Two migrations: a table with rows, and a column that is filled."""
    project.write("0001_books", BOOKS)
    project.write("0002_prices", PRICES)
    return project


def test_up_and_down(books: Project) -> None:
    assert books.states() == {"0001_books": "pending", "0002_prices": "pending"}
    assert books.up() == ["0001_books", "0002_prices"]
    assert books.value("select sum(price) from book") == 325
    assert books.value("select indisvalid from pg_index where indexrelid = 'book_title'::regclass")
    assert books.up() == []
    [first, second] = migrations.status(settings=books.settings)
    assert (first.state, second.steps_done, second.steps) == ("applied", 4, 4)
    assert second.applied_at is not None
    assert second.role == books.value("select current_user")
    assert "@" in (second.client or "")
    assert second.howdah == howdah.__version__

    assert books.down() == ["0002_prices"]
    assert books.value("select count(*) from information_schema.columns where table_name = 'book'"
                       ) == 2  # fmt: skip
    assert books.down(target="base") == ["0001_books"]
    assert books.value("select to_regclass('book')") is None
    assert books.states() == {"0001_books": "pending", "0002_prices": "pending"}
    events = books.value("select array_agg(event order by at) from howdah_history.migration_log")
    assert events == ["applied", "applied", "reverted", "reverted"]
    assert books.up() == ["0001_books", "0002_prices"]


def test_up_to_a_target_and_back_to_one(books: Project) -> None:
    books.write("0003_last", "create table last ();\n-- down\ndrop table last;")
    assert books.up(target="0001") == ["0001_books"]
    assert books.up() == ["0002_prices", "0003_last"]
    assert books.down(target="0001") == ["0003_last", "0002_prices"]
    with pytest.raises(MigrationError, match="there is no migration `0009`"):
        books.up(target="0009")
    with pytest.raises(MigrationError, match="`0003_last` has not been applied"):
        books.down(target="0003")


def test_phases_of_a_deploy(books: Project) -> None:
    assert books.up(phase="expand") == ["0001_books", "0002_prices"]
    assert books.states()["0002_prices"] == "partial"
    waiting = migrations.status(settings=books.settings)
    assert [it.waits_for for it in waiting] == [None, "migrate"]
    assert books.value("select count(*) from book where price is null") == 25
    assert books.up(phase="expand") == []
    assert books.up(phase="migrate") == ["0002_prices"]
    assert books.value("select count(*) from book where price is null") == 0
    books.execute("insert into book (title) values ('of the old code')")
    with pytest.raises(MigrationError, match=r"step 4 failed: .*contains null values"):
        books.up()
    assert books.states()["0002_prices"] == "partial"
    books.execute("update book set price = 0 where price is null")
    assert books.up() == ["0002_prices"]
    assert books.states()["0002_prices"] == "applied"


def test_a_part_is_undone_by_the_steps_that_undo_it(books: Project) -> None:
    books.up(phase="expand")
    assert books.down() == ["0002_prices"]
    assert books.value("select to_regclass('book_title')") is None
    assert books.states()["0002_prices"] == "pending"


def test_a_part_is_not_undone_by_guessing(project: Project) -> None:
    project.write(
        "0001_a",
        "create table a ();\n-- howdah: step contract\ncreate table b ();\n"
        "-- down\ndrop table b;\ndrop table a;",
    )
    project.up(phase="expand")
    with pytest.raises(MigrationError, match="applied in part") as raised:
        project.down()
    assert "undo N" in (raised.value.hint or "")
    assert project.up() == ["0001_a"]
    assert project.down() == ["0001_a"]


def test_what_cannot_be_undone_stops_down_before_it_begins(books: Project) -> None:
    books.write("0003_gone", "alter table book drop column title")
    books.up()
    with pytest.raises(MigrationError, match="`0003_gone` cannot be undone"):
        books.down(target=2)
    assert books.states() == dict.fromkeys(books.states(), "applied")


def test_a_statement_that_fails_can_be_mended(project: Project) -> None:
    project.write("0001_a", "create table a ();\n-- howdah: step\ncreate table a ();")
    with pytest.raises(MigrationError, match="`0001_a`, step 2 failed: relation") as raised:
        project.up()
    assert "in `0001_a.sql`, step from line 3" in str(raised.value)
    assert "step 1 is done; mend it" in (raised.value.hint or "")
    assert isinstance(raised.value.__cause__, howdah.errors.DuplicateTable)
    project.write("0001_a", "create table a ();\n-- howdah: step\ncreate table b ();")
    assert project.up() == ["0001_a"]
    project.write("0001_a", "create table x ();\n-- howdah: step\ncreate table b ();")
    assert [it.changed for it in migrations.status(settings=project.settings)] == [True]
    assert project.up() == []
    assert "warning: `0001_a` was changed after it had been applied" in project.told.lines


def test_what_has_run_must_stay_as_it_was(project: Project) -> None:
    project.write("0001_a", "create table a ();\n-- howdah: step\ncreate table a ();")
    with pytest.raises(MigrationError):
        project.up()
    project.write("0001_a", "create table b ();\n-- howdah: step\ncreate table c ();")
    with pytest.raises(MigrationError, match="was changed after its step 1 had run"):
        project.up()


def test_a_transaction_is_all_or_nothing(project: Project) -> None:
    project.write("0001_a", "create table a ();\nselect 1 / 0;")
    with pytest.raises(MigrationError, match="division by zero"):
        project.up()
    assert project.value("select to_regclass('a')") is None


def test_a_hint_says_how_to_leave_the_transaction(project: Project) -> None:
    # nothing in its words says that it does not bear a transaction
    project.write("0001_a", "do $$ begin commit; end $$")
    with pytest.raises(MigrationError, match="step 1 failed: invalid transaction") as raised:
        project.up()
    assert "no transaction" in (raised.value.hint or "")
    project.write("0001_a", "-- howdah: step no transaction\ndo $$ begin commit; end $$")
    assert project.up() == ["0001_a"]


def test_settings_of_a_step_are_not_those_of_the_next(project: Project) -> None:
    project.execute(
        "drop role if exists howdah_test_owner", "create role howdah_test_owner",
        "grant all on schema public to howdah_test_owner",
    )  # fmt: skip
    project.write(
        "0001_a",
        "create schema app; set search_path to app; create table a ();\n"
        "-- howdah: step\nset role howdah_test_owner; create table public.owned ();\n"
        "-- howdah: step\ncreate table b ();",
    )
    project.write("0002_c", "create table c ();")
    try:
        project.up()
        tables = "select array_agg(c.relnamespace::regnamespace || '.' || relname order by relname)"
        found = project.value(
            f"{tables} from pg_class c where relkind = 'r' "
            "and relnamespace::regnamespace::text in ('app', 'public')"
        )
        assert found == ["app.a", "public.b", "public.c", "public.owned"]
        owner = "select relowner::regrole::text from pg_class where relname = $1"
        assert project.value(owner, "owned") == "howdah_test_owner"
        assert project.value(owner, "b") != "howdah_test_owner"
    finally:
        project.execute("drop owned by howdah_test_owner", "drop role howdah_test_owner")


def test_what_is_there_already_is_recorded(books: Project) -> None:
    assert books.up(record=True) == ["0001_books", "0002_prices"]
    assert books.value("select to_regclass('book')") is None
    assert books.states() == {"0001_books": "applied", "0002_prices": "applied"}


def test_a_missing_file_is_told(books: Project) -> None:
    books.up()
    (books.folder / "0002_prices.sql").unlink()
    assert books.states() == {"0002_prices": "missing", "0001_books": "applied"}
    with pytest.raises(MigrationError, match="`0002_prices` was applied, and its file is not"):
        books.down()


def test_a_file_with_another_name_is_not_run_again(books: Project) -> None:
    books.write("0003_more", "update book set title = title || '!'")
    books.up()
    (books.folder / "0003_more.sql").rename(books.folder / "0005_more.sql")
    books.write("0004_other", "-- depends: 0002_prices\nselect 1")
    (books.folder / "0005_more.sql").write_text(
        "-- depends: 0004_other\nupdate book set title = title || '!'"
    )
    assert books.states()["0005_more"] == "applied"
    assert books.up() == ["0004_other"]
    assert "`0003_more` is called `0005_more` now" in books.told.lines
    assert books.value("select title from book where id = 1") == "book 1!"
    assert set(books.states().values()) == {"applied"}
    (books.folder / "0005_more.sql").unlink()
    books.up()
    told = "warning: `0005_more` was applied, and its file is not there any more"
    assert told in books.told.lines


def test_a_lock_is_waited_for_in_short_attempts(
    books: Project, connected: Callable[[], howdah.Connection]
) -> None:
    books.up(target="0001")
    blocker = connected()
    blocker.execute("begin")
    blocker.execute("lock table book in access share mode")
    books.settings = replace(books.settings, lock_timeout=0.05)

    class Released(type(books.told)):  # type: ignore[misc]
        def line(self, text: str) -> None:
            super().line(text)
            if "again in" in text:
                blocker.execute("commit")

    books.told = Released()
    assert books.up() == ["0002_prices"]
    told = next(it for it in books.told.lines if "again in" in it)
    assert "no lock within 0.1 s (perhaps held by pid" in told
    assert str(blocker.backend_pid) in told


def test_patience_ends(books: Project, connected: Callable[[], howdah.Connection]) -> None:
    books.up(target="0001")
    blocker = connected()
    blocker.execute("begin")
    blocker.execute("lock table book in access share mode")
    books.settings = replace(books.settings, lock_timeout=0.05, patience=0.3)
    with pytest.raises(Busy, match="`0002_prices`, step 1: no lock within"):
        books.up()
    blocker.execute("commit")
    books.settings = replace(books.settings, lock_timeout=5.0, patience=60.0)
    assert books.up() == ["0002_prices"]


def test_two_deploys_take_turns(books: Project, connected: Callable[[], howdah.Connection]) -> None:
    other = connected()
    other.execute(f"select pg_advisory_lock({KEY})")
    books.settings = replace(books.settings, wait=0.2)
    with pytest.raises(Busy, match=f"another deploy goes on .pid {other.backend_pid}, "):
        books.up()
    assert books.told.lines[0].startswith("waiting for another deploy (pid ")
    other.close()
    books.settings = replace(books.settings, wait=60)
    answers: list[list[str]] = []
    threads = [threading.Thread(target=lambda: answers.append(books.up())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [[], [], ["0001_books", "0002_prices"]]


@pytest.mark.skipif(not PROGRAM.exists(), reason="no pgbouncer on this machine")
def test_a_pooler_that_lends_sessions_is_refused(books: Project) -> None:
    with PgBouncer(books.url) as pooler:
        for _ in range(2):
            with pytest.raises(MigrationError, match="a pooler lends this session to others"):
                migrations.up(pooler.url(books.url), books.folder)
    assert books.value("select to_regclass('howdah_history.migration')") is None
    assert books.up() == ["0001_books", "0002_prices"]


def test_rights_and_replicas_are_told(project: Project) -> None:
    project.write("0001_a", "create table app.a ()")
    project.execute(
        "drop role if exists howdah_test_poor", "create role howdah_test_poor login password 'p'",
        "create schema app authorization howdah_test_poor",
    )  # fmt: skip
    poor = f"postgresql://howdah_test_poor:p@{project.url.partition('@')[2]}"
    try:
        with pytest.raises(MigrationError, match="the history cannot be begun") as raised:
            migrations.up(poor, project.folder)
        needed = "create schema howdah_history authorization howdah_test_poor"
        assert needed in (raised.value.hint or "")
        project.execute(needed)
        assert migrations.up(poor, project.folder) == ["0001_a"]
        with pytest.raises(MigrationError, match="read-only transaction") as raised:
            url = f"{project.url}?options=-c default_transaction_read_only%3Don"
            project.execute("drop schema howdah_history cascade")
            migrations.up(url.replace(" ", "%20"), project.folder)
        assert "replica" in (raised.value.hint or "")
    finally:
        project.execute("drop owned by howdah_test_poor cascade", "drop role howdah_test_poor")


def test_asyncio_has_the_same_functions(books: Project) -> None:
    async def body() -> None:
        settings = books.settings
        assert await migrations.up_async(settings=settings) == ["0001_books", "0002_prices"]
        [first, _] = await migrations.status_async(settings=settings)
        assert first.state == "applied"
        assert await migrations.down_async(settings=settings) == ["0002_prices"]

    asyncio.run(body())


def test_a_cancelled_task_cancels_its_statement(project: Project) -> None:
    project.write("0001_a", "create table a ();\n-- howdah: step\nselect pg_sleep(1000);")
    running = (
        "select count(*) from pg_stat_activity "
        "where query like 'select pg_sleep%' and state = 'active'"
    )

    async def body() -> None:
        task = asyncio.ensure_future(migrations.up_async(settings=project.settings))
        while not project.value(running):  # noqa: ASYNC110 (the server tells nobody)
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(body())
    while project.value(running):
        time.sleep(0.01)
    assert project.states() == {"0001_a": "partial"}


def test_urls_and_paths_are_arguments(project: Project) -> None:
    project.write("0001_a", "create table a ();")
    assert migrations.up(project.url, project.folder) == ["0001_a"]
    assert [it.name for it in migrations.status(project.url, project.folder)] == ["0001_a"]


def test_data_in_python(books: Project) -> None:
    books.up()
    books.write(
        "0003_data.py",
        "from howdah.migrations import Batch, DataMigration\n"
        "migration = DataMigration(undo_nothing=True)\n"
        "@migration.up\n"
        "def table(conn):\n"
        "    conn.execute('create table seen (number int, first text, rows int)')\n"
        "@migration.up_batches('select id, title from book where id > 3', key='id', size=10)\n"
        "def rows(batch: Batch):\n"
        "    batch.conn.execute('insert into seen values ($1, $2, $3)', batch.number,\n"
        "                       batch.rows[0].title, len(batch.rows))\n",
    )
    assert books.up() == ["0003_data"]
    assert books.value("select array_agg(rows order by number) from seen") == [10, 10, 2]
    assert books.value("select array_agg(first order by number) from seen") == [
        "book 4", "book 14", "book 24"
    ]  # fmt: skip
    assert books.down() == ["0003_data"]


def test_a_coroutine_is_refused(project: Project) -> None:
    project.write(
        "0001_data.py",
        "from howdah.migrations import DataMigration\n"
        "migration = DataMigration()\n"
        "@migration.up\n"
        "async def change(conn):\n"
        "    await conn.execute('select 1')\n",
    )
    with pytest.raises(MigrationError, match="`change` is `async`, and would never be awaited"):
        project.up()


def test_a_function_that_fails_is_found_by_its_line(project: Project) -> None:
    project.write(
        "0001_data.py",
        "from howdah.migrations import DataMigration\n"
        "migration = DataMigration()\n"
        "@migration.up(transaction=False)\n"
        "def fails(conn):\n"
        "    conn.execute('create table if not exists a ()')\n"
        "    1 / 0\n",
    )
    told = r"`0001_data`, step 1 failed: ZeroDivisionError: .* .line 6 of `0001_data\.py`"
    with pytest.raises(MigrationError, match=told):
        project.up()
    assert project.states() == {"0001_data": "partial"}
    assert project.value("select to_regclass('a') is not null")


def test_tables_are_made_where_the_search_path_says(books: Project) -> None:
    # the superuser of howdah's own servers: a schema of that name would be its `"$user"`
    books.execute("drop role if exists howdah", "create role howdah superuser login password 'p'")
    host = books.url.partition("@")[2]
    try:
        migrations.up(f"postgresql://howdah:p@{host}", books.folder)
        assert books.value("select to_regclass('public.book') is not null")
    finally:
        books.execute("drop owned by howdah", "drop role howdah")
