"""What a connection knows beside the protocol: its name, notices, listeners, cancelling."""

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import howdah
from howdah import errors
from tests.conftest import Connector

if TYPE_CHECKING:
    from howdah._session import Notification

SHOW_NAME = """
import howdah, sys
with howdah.connect(sys.argv[1]) as conn:
    print(conn.fetch_value("show application_name"))
"""


def run_python(*arguments: str | Path, cwd: Path | None = None, stdin: str | None = None) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True, text=True, check=False, cwd=cwd, input=stdin,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_application_name_is_the_scripts(database: str, tmp_path: Path) -> None:
    (tmp_path / "report.py").write_text(SHOW_NAME)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "__main__.py").write_text(SHOW_NAME)
    (tmp_path / "shop" / "load.py").write_text(SHOW_NAME)
    assert run_python(tmp_path / "report.py", database) == "report.py"
    assert run_python(tmp_path / "shop", database) == "shop"
    assert run_python("-m", "shop", database, cwd=tmp_path) == "shop"
    assert run_python("-m", "shop.load", database, cwd=tmp_path) == "shop.load"
    assert run_python("-c", SHOW_NAME, database) == "python"
    assert run_python("-", database, stdin=SHOW_NAME) == "python"


async def test_application_name_can_be_given(connector: Connector) -> None:
    async with await connector(application_name="mine") as conn:
        assert await conn.fetch_value("show application_name") == "mine"


async def test_notices(conn: howdah.AsyncConnection) -> None:
    seen: list[str | None] = []

    def handler(notice: errors.Diagnostic) -> None:
        seen.append(notice.message_primary)

    conn.add_notice_handler(handler)
    await conn.execute("do $$ begin raise notice 'hello' using hint = 'wave'; end $$")
    assert seen == ["hello"]
    assert conn.notices[0].message_hint == "wave"
    conn.remove_notice_handler(handler)
    await conn.execute("do $$ begin for i in 1..200 loop raise notice '%', i; end loop; end $$")
    assert seen == ["hello"]
    assert [notice.message_primary for notice in conn.notices] == [str(n) for n in range(101, 201)]


async def test_listeners(conn: howdah.AsyncConnection, connector: Connector) -> None:
    heard: list[Notification] = []
    await conn.add_listener("My Channel", heard.append)
    async with await connector() as other:
        await other.execute("select pg_notify('My Channel', 'x' || n) from generate_series(1, 3) n")
        await conn.fetch_value("select 1")
        assert [event.payload for event in heard] == ["x1", "x2", "x3"]
        assert heard[0] == ("My Channel", "x1", other.backend_pid)
        await conn.remove_listener("My Channel", heard.append)
        await other.execute('notify "My Channel"')
        await conn.fetch_value("select 1")
    assert len(heard) == 3
    with pytest.raises(howdah.ProgrammingError, match="no such listener"):
        await conn.remove_listener("My Channel", heard.append)


async def test_notifications_arrive_at_an_idle_asyncio_connection(database: str) -> None:
    arrived = asyncio.Event()
    async with (
        await howdah.connect_async(database) as conn,
        await howdah.connect_async(database) as other,
    ):
        await conn.add_listener("jobs", lambda _: arrived.set())
        await other.execute("notify jobs")
        await asyncio.wait_for(arrived.wait(), 5)


def test_cancel_from_another_thread(sync_conn: howdah.Connection) -> None:
    timer = threading.Timer(0.2, sync_conn.cancel)
    timer.start()
    started = time.monotonic()
    with pytest.raises(errors.QueryCanceled):
        sync_conn.execute("select pg_sleep(60)")
    assert time.monotonic() - started < 5
    timer.join()
    assert sync_conn.fetch_value("select 1") == 1


async def test_cancel_from_another_task(database: str) -> None:
    async with await howdah.connect_async(database) as conn:
        running = asyncio.ensure_future(conn.execute("select pg_sleep(60)"))
        await asyncio.sleep(0.1)
        await conn.cancel()
        with pytest.raises(errors.QueryCanceled):
            await running
        assert await conn.fetch_value("select 1") == 1


async def test_the_repr_tells_where_and_how(sync_conn: howdah.Connection) -> None:
    dbname = sync_conn.config.dbname
    assert repr(sync_conn) == f"<howdah.Connection postgres@{dbname}: idle>"
    sync_conn.close()
    assert repr(sync_conn).endswith(": closed>")


async def test_closing_twice_is_no_error(connector: Connector) -> None:
    conn = await connector()
    await conn.close()
    await conn.close()
    assert conn.closed
    with pytest.raises(howdah.InterfaceError, match="closed"):
        await conn.commit()
    with pytest.raises(howdah.InterfaceError, match="closed"):
        conn.cursor()


@pytest.mark.since(14)  # pg_terminate_backend waits
async def test_a_lost_connection_goes_on_saying_why(connector: Connector) -> None:
    conn, killer = await connector(), await connector()
    try:
        await killer.fetch("select pg_terminate_backend($1, 10000)", conn.backend_pid)
        for _ in range(2):
            with pytest.raises(errors.AdminShutdown, match="terminating connection"):
                await conn.execute("select 1")
        assert conn.closed
        with pytest.raises(errors.AdminShutdown):
            await conn.commit()
        with pytest.raises(errors.AdminShutdown):
            conn.cursor()
    finally:
        await killer.close()


def test_importing_howdah_loads_only_what_every_program_needs() -> None:
    heavy = "{'asyncio', 'threading', 'dataclasses', 'ssl', 'inspect', 'decimal', 'datetime'}"
    script = f"import howdah, sys; print(sorted({heavy} & set(sys.modules)))"
    assert run_python("-c", script) == "[]"


def test_every_public_name_exists() -> None:
    for name in howdah.__all__:
        assert getattr(howdah, name) is not None
    assert set(howdah.__all__) <= set(dir(howdah))
    with pytest.raises(AttributeError, match="no attribute `nope`"):
        _ = howdah.nope  # type: ignore[attr-defined]
