"""What an engine asks of its connections: modes, cursors, two phases, lost lines, the driver."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

import howdah
from tests.integrations.sqlalchemy.registration import entry_points

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from tests.integrations.sqlalchemy.engines import Worlds

    Connect = Callable[[Callable[[Connection], Any]], Any]

SHOWN = text(
    "select current_setting('transaction_isolation'), current_setting('transaction_read_only'),"
    " current_setting('transaction_deferrable')"
)

OPEN_CURSORS = text("select count(*) from pg_cursors where name like 'howdah%'")


def test_the_package_names_its_dialects() -> None:
    from howdah.integrations.sqlalchemy import HowdahAsyncDialect, HowdahDialect

    assert entry_points() == {
        "postgresql.howdah": "howdah.integrations.sqlalchemy:HowdahDialect",
        "postgresql.howdah_async": "howdah.integrations.sqlalchemy:HowdahAsyncDialect",
    }
    assert make_url("postgresql+howdah://").get_dialect() is HowdahDialect
    assert make_url("postgresql+howdah://").get_dialect(_is_async=True) is HowdahAsyncDialect
    assert make_url("postgresql+howdah_async://").get_dialect() is HowdahAsyncDialect


def test_urls_become_options() -> None:
    from howdah.integrations.sqlalchemy import HowdahDialect

    make: Callable[[], Any] = HowdahDialect
    dialect = make()
    url = make_url("postgresql+howdah://ada:s%40x@h1:5433/shop?sslmode=require")
    assert dialect.create_connect_args(url) == (
        [],
        {
            "host": "h1",
            "port": 5433,
            "user": "ada",
            "password": "s@x",
            "dbname": "shop",
            "sslmode": "require",
        },
    )
    several = make_url("postgresql+howdah:///shop?host=h1:5433&host=h2")
    assert dialect.create_connect_args(several)[1] == {
        "dbname": "shop",
        "host": "h1,h2",
        "port": "5433,",
    }


def test_unknown_options_are_errors(engines: Worlds) -> None:
    with pytest.raises(ProgrammingError, match="prepare_threshold"):
        engines.run(str, connect_args={"prepare_threshold": 0})


def test_modes_of_a_transaction(engines: Worlds) -> None:
    def body(connect: Connect) -> None:
        def modes(conn: Connection) -> None:
            conn.execution_options(
                isolation_level="SERIALIZABLE",
                postgresql_readonly=True,
                postgresql_deferrable=True,
            )
            assert conn.get_isolation_level() == "SERIALIZABLE"
            assert conn.execute(SHOWN).one() == ("serializable", "on", "on")
            assert conn.get_isolation_level() == "SERIALIZABLE"

        connect(modes)
        after = connect(lambda conn: conn.execute(SHOWN).one())
        assert after == ("repeatable read", "off", "off")

    engines.run_engine(body, isolation_level="REPEATABLE READ", pool_size=1, max_overflow=0)


def test_autocommit(engines: Worlds) -> None:
    def body(connect: Connect) -> None:
        def insert(conn: Connection) -> None:
            conn.execution_options(isolation_level="AUTOCOMMIT")
            conn.execute(text("create table t (id int)"))
            conn.execute(text("insert into t values (1)"))
            conn.execute(text("vacuum t"))

        connect(insert)
        assert connect(lambda conn: conn.scalar(text("select count(*) from t"))) == 1

    engines.run_engine(body)


def test_nothing_is_committed_that_was_not_asked_for(engines: Worlds) -> None:
    def body(connect: Connect) -> None:
        connect(make_table)
        connect(lambda conn: conn.execute(text("insert into t values (1)")))
        assert connect(lambda conn: conn.scalar(text("select count(*) from t"))) == 0

    engines.run_engine(body)


def test_rows_stay_on_the_server_while_other_statements_run(engines: Worlds) -> None:
    def body(conn: Connection) -> None:
        conn.execute(text("create temp table seen (n int)"))
        numbers = text("select n from generate_series(1, :count) n")
        rows = conn.execute(numbers, {"count": 95}, execution_options={"yield_per": 10})
        sizes = []
        for part in rows.partitions(10):
            sizes.append(len(part))
            conn.execute(text("insert into seen values (:n)"), [{"n": row.n} for row in part])
        assert sizes == [10] * 9 + [5]
        assert conn.scalar(text("select sum(n) from seen")) == 95 * 96 // 2
        assert conn.scalar(OPEN_CURSORS) == 0

    engines.run(body)


def test_a_stream_that_is_left_early_is_closed(engines: Worlds) -> None:
    def body(conn: Connection) -> None:
        numbers = text("select * from generate_series(1, 100000)")
        found = conn.execute(numbers.execution_options(stream_results=True))
        assert found.fetchmany(3) == [(1,), (2,), (3,)]
        found.close()
        assert conn.scalar(OPEN_CURSORS) == 0

    engines.run(body)


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_two_phases_by_two_connections(engines: Worlds, end: str) -> None:
    def body(connect: Connect) -> None:
        connect(make_table)

        def prepare(conn: Connection) -> None:
            transaction = conn.begin_twophase("gid of 'its' own")
            conn.execute(text("insert into t values (1)"))
            transaction.prepare()
            conn.invalidate()

        connect(prepare)

        def finish(conn: Connection) -> int:
            assert conn.recover_twophase() == ["gid of 'its' own"]
            if end == "commit":
                conn.commit_prepared("gid of 'its' own", recover=True)
            else:
                conn.rollback_prepared("gid of 'its' own", recover=True)
            assert conn.recover_twophase() == []
            found: int = conn.scalar(text("select count(*) from t")) or 0
            return found

        assert connect(finish) == (1 if end == "commit" else 0)

    engines.run_engine(body)


def test_one_phase_of_two(engines: Worlds) -> None:
    def body(connect: Connect) -> None:
        def work(conn: Connection) -> None:
            conn.execute(text("create table t (id int)"))
            conn.commit()
            with conn.begin_twophase() as transaction:
                conn.execute(text("insert into t values (1)"))
                transaction.prepare()
            with conn.begin_twophase() as transaction:
                conn.execute(text("insert into t values (2)"))
                transaction.rollback()

        connect(work)
        assert connect(lambda conn: conn.execute(text("select * from t")).all()) == [(1,)]

    engines.run_engine(body)


def make_table(conn: Connection) -> None:
    """Commit a table `t`."""
    conn.execute(text("create table t (id int)"))
    conn.commit()


def kill(conn: Connection, url: str) -> None:
    """End the connection's session from another."""
    pid = conn.scalar(text("select pg_backend_pid()"))
    with howdah.connect(url) as admin:
        admin.execute("select pg_terminate_backend($1, 5000)", pid)


def test_a_lost_connection_is_known_as_such(engines: Worlds, database: str) -> None:
    def body(connect: Connect) -> None:
        def lose(conn: Connection) -> None:
            kill(conn, database)
            with pytest.raises(OperationalError) as raised:
                conn.execute(text("select 1"))
            assert raised.value.connection_invalidated
            assert isinstance(raised.value.orig, howdah.errors.AdminShutdown)

        connect(lose)
        assert connect(lambda conn: conn.scalar(text("select 1"))) == 1

    engines.run_engine(body, pool_size=1, max_overflow=0)


def test_the_pool_pings_before_it_lends(engines: Worlds, database: str) -> None:
    def body(connect: Connect) -> None:
        pids: list[Any] = []

        def work(conn: Connection) -> None:
            pids.append(conn.scalar(text("select pg_backend_pid()")))
            conn.rollback()

        connect(work)
        with howdah.connect(database) as admin:
            admin.execute("select pg_terminate_backend($1, 5000)", pids[0])
        connect(work)
        assert pids[0] != pids[1]

    engines.run_engine(body, pool_pre_ping=True, pool_size=1, max_overflow=0)


def test_errors_keep_their_class_and_state(engines: Worlds) -> None:
    def body(conn: Connection) -> None:
        conn.execute(text("create temp table t (id int primary key)"))
        conn.execute(text("insert into t values (1)"))
        with pytest.raises(IntegrityError) as raised, conn.begin_nested():
            conn.execute(text("insert into t values (1)"))
        assert isinstance(raised.value.orig, howdah.errors.UniqueViolation)
        assert raised.value.orig.diag.constraint_name == "t_pkey"
        with pytest.raises(ProgrammingError), conn.begin_nested():
            conn.execute(text("select * from nowhere"))
        assert conn.scalar(text("select count(*) from t")) == 1

    engines.run(body)


def test_notices_are_logged(engines: Worlds, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "sqlalchemy.dialects.postgresql"):
        engines.run(lambda conn: conn.execute(text("do $$ begin raise notice 'heard'; end $$")))
    assert [record.getMessage() for record in caplog.records] == ["NOTICE: heard"]


def test_driver_sql_takes_both_styles_of_placeholders(engines: Worlds) -> None:
    def body(conn: Connection) -> None:
        assert conn.exec_driver_sql("select %s::int + 1", (1,)).scalar() == 2
        assert conn.exec_driver_sql("select %(n)s::int + 1", {"n": 1}).scalar() == 2
        assert conn.exec_driver_sql("select 7 %% 4", ()).scalar() == 3
        conn.exec_driver_sql("create temp table t (id int); insert into t values (1)")
        conn.exec_driver_sql("insert into t values (%s)", [(2,), (3,)])
        assert conn.exec_driver_sql("select sum(id) from t").scalar() == 6

    engines.run(body)


def test_the_driver_underneath_copies(database: str) -> None:
    url = database.replace("postgresql:", "postgresql+howdah:", 1)
    engine = create_engine(url)
    with engine.connect() as conn:
        conn.execute(text("create table t (id int)"))
        driver = conn.connection.driver_connection
        assert isinstance(driver, howdah.Connection)
        assert driver.copy_rows("t", [(1,), (2,)]) == 2
        assert conn.scalar(text("select count(*) from t")) == 2
        conn.rollback()
        assert driver.fetch_value("select to_regclass('t')") is None
    engine.dispose()


async def test_the_driver_underneath_listens(database: str) -> None:
    url = database.replace("postgresql:", "postgresql+howdah:", 1)
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        driver = (await conn.get_raw_connection()).driver_connection
        assert isinstance(driver, howdah.AsyncConnection)
        heard: asyncio.Queue[Any] = asyncio.Queue()
        await driver.add_listener("prices", heard.put_nowait)
        async with engine.connect() as other:
            await other.execute(text("notify prices, 'up'"))
        assert (await asyncio.wait_for(heard.get(), 30)).payload == "up"
    await engine.dispose()


async def test_a_cancelled_task_leaves_the_pool_usable(database: str) -> None:
    url = database.replace("postgresql:", "postgresql+howdah:", 1)
    engine = create_async_engine(url, pool_size=1, max_overflow=0)

    async def sleep() -> None:
        async with engine.connect() as conn:
            await conn.execute(text("select pg_sleep(600)"))

    task = asyncio.create_task(sleep())
    with howdah.connect(database) as admin:
        running = "select 1 from pg_stat_activity where wait_event = 'PgSleep'"
        await until(lambda: admin.fetch_value(running) is not None)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with engine.connect() as conn:
            assert await conn.scalar(text("select 1")) == 1
        await until(lambda: admin.fetch_value(running) is None)
    await engine.dispose()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another session does."""
    while not condition():  # noqa: ASYNC110 (nobody in this process could set an event)
        await asyncio.sleep(0.01)


def test_errors_of_connecting(engines: Worlds) -> None:
    with pytest.raises(DBAPIError, match="no_such_database"):
        engines.run(str, connect_args={"dbname": "no_such_database"})
