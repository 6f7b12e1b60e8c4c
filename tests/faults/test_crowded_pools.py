"""Fifty tasks or threads on one small pool when something breaks: each is told, and it heals."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

import howdah
import howdah.server
from howdah import errors
from tests import servers
from tests.conftest import make_certificate
from tests.faults.proxy import Proxy
from tests.poolers.pgbouncer import PROGRAM, PgBouncer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

CROWD = 50
BOUND_SECONDS = 40.0
"""Far beyond what each test needs, and below what would count as a hang."""

SLOW_QUERY = "select count(*) from pg_sleep(0.02)"
# nothing that a broken line or server may raise is anything else than this
LOST = errors.OperationalError


class Crowd:
    """Many at once on a pool of either world."""

    def __init__(self, world: str, url: str, **options: Any) -> None:
        options = {"max_size": 5, "timeout": 15.0, **options}
        self._threads = ThreadPoolExecutor(CROWD)
        self.pool = (
            howdah.AsyncPool(url, **options) if world == "async" else howdah.Pool(url, **options)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if isinstance(self.pool, howdah.AsyncPool):
            await self.pool.close()
        else:
            await asyncio.to_thread(self.pool.close)
        self._threads.shutdown()

    async def ask(
        self,
        query: str,
        meanwhile: Callable[[], Awaitable[None]] | None = None,
        *,
        rounds: int = 1,
    ) -> list[Any]:
        """What each of the crowd was given: a value, or the error."""
        async with asyncio.timeout(BOUND_SECONDS):
            crowd = [asyncio.ensure_future(self._ask(query, rounds)) for _ in range(CROWD)]
            if meanwhile is not None:
                await meanwhile()
            found = [value for each in await asyncio.gather(*crowd) for value in each]
            await self._come_to_rest()
        return found

    async def _come_to_rest(self) -> None:
        """Wait for what is being opened or made clean in the background."""
        while True:
            stats = self.pool.stats()
            if stats.size == stats.idle:
                break
            await asyncio.sleep(0.01)
        assert (stats.in_use, stats.waiting) == (0, 0)

    async def _ask(self, query: str, rounds: int) -> list[Any]:
        pool = self.pool
        if isinstance(pool, howdah.AsyncPool):
            return [await outcome(pool.fetch_value(query)) for _ in range(rounds)]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._threads, lambda: [waited(pool, query) for _ in range(rounds)]
        )


async def outcome(answer: Awaitable[Any]) -> Any:
    """The value or the error."""
    try:
        return await answer
    except howdah.Error as error:
        return error


def waited(pool: howdah.Pool, query: str) -> Any:
    """The value or the error, blocking."""
    try:
        return pool.fetch_value(query)
    except howdah.Error as error:
        return error


def split(found: list[Any]) -> tuple[list[Any], list[howdah.Error]]:
    """Values and errors."""
    failures = [one for one in found if isinstance(one, howdah.Error)]
    return [one for one in found if not isinstance(one, howdah.Error)], failures


async def test_the_network_is_cut(database: str, world: str) -> None:
    with Proxy(database) as proxy:

        async def cut() -> None:
            await asyncio.sleep(0.1)
            proxy.cut_all()

        async with Crowd(world, proxy.url) as crowd:
            values, failures = split(await crowd.ask(SLOW_QUERY, cut, rounds=5))
    assert set(values) == {1}
    assert len(failures) <= 5, "only those that were asking lose their connection"
    assert all(isinstance(failure, LOST) for failure in failures)


@pytest.mark.skipif(
    not Path(PROGRAM).exists(),
    reason="no pgbouncer on this machine: as root, `make system` installs it",
)
async def test_the_pooler_is_restarted(database: str, world: str) -> None:
    with PgBouncer(database) as pgbouncer:

        async def restart() -> None:
            await asyncio.sleep(0.3)
            pgbouncer.stop()
            await asyncio.to_thread(pgbouncer.start)

        async with Crowd(world, pgbouncer.url(database), statement_cache_size=0) as crowd:
            found = await crowd.ask(SLOW_QUERY, restart, rounds=5)
    values, failures = split(found)
    assert set(values) == {1}
    assert len(values) >= len(found) - 10
    assert all(isinstance(failure, LOST) for failure in failures)


@pytest.fixture
def own_server() -> Iterator[Callable[[], howdah.server.Server]]:
    """Starts a server of the test's own, again after it was killed."""
    folder = Path(tempfile.mkdtemp(prefix="howdah-test-"))
    folder.chmod(0o755)  # the account of the server looks into it
    started: list[howdah.server.Server] = []

    def start() -> howdah.server.Server:
        started.append(howdah.server.start(folder / "cluster"))
        return started[-1]

    try:
        yield start
    finally:
        if started:
            started[-1].destroy()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
async def test_the_server_is_killed(
    own_server: Callable[[], howdah.server.Server], world: str
) -> None:
    server = own_server()

    async def kill() -> None:
        await asyncio.sleep(0.3)
        servers.kill(server.pid)
        assert (await asyncio.to_thread(own_server)).url == server.url

    async with Crowd(world, server.url, timeout=25.0) as crowd:
        found = await crowd.ask(SLOW_QUERY, kill, rounds=4)
    values, failures = split(found)
    assert set(values) == {1}
    assert len(values) >= len(found) - 10, "waiting requests outlast the restart"
    assert all(isinstance(failure, LOST) for failure in failures)


async def test_there_is_no_room_for_temporary_files(
    database: str, sync_conn: howdah.Connection, world: str
) -> None:
    name = sync_conn.fetch_value("select current_database()")
    sync_conn.execute(f"alter database {name} set temp_file_limit = '64kB'")
    sync_conn.execute(f"alter database {name} set work_mem = '64kB'")
    spilling = (
        "select count(*) from (select g from generate_series(1, 50000) g order by -g offset 1) s"
    )
    async with Crowd(world, database) as crowd:
        found = await crowd.ask(spilling)
        assert {type(one) for one in found} == {errors.ConfigurationLimitExceeded}
        assert set(await crowd.ask("select 1")) == {1}


@pytest.fixture
def small_disk(sync_conn: howdah.Connection) -> Iterator[str]:
    """A tablespace on a disk of four megabytes."""
    name = f"small_{sync_conn.backend_pid}"
    with tempfile.TemporaryDirectory(prefix="howdah-disk-") as folder:
        Path(folder).chmod(0o755)
        disk = Path(folder) / "disk"
        disk.mkdir()
        owner = Path(sync_conn.fetch_value("show data_directory")).stat().st_uid
        mount = ["mount", "-t", "tmpfs", "-o", f"size=4m,mode=700,uid={owner}", "tmpfs", str(disk)]
        try:
            done = subprocess.run(mount, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("no `mount` command to make a small disk with")
        if done.returncode != 0:
            pytest.skip(f"a small disk needs root and the right to mount: {done.stderr.strip()}")
        try:
            sync_conn.execute(f"create tablespace {name} location '{disk}'")
            yield name
            sync_conn.execute("drop table if exists filler")
            sync_conn.execute(f"drop tablespace {name}")
        finally:
            subprocess.run(["umount", "--lazy", disk], check=True)


async def test_the_disk_is_full(
    database: str, sync_conn: howdah.Connection, small_disk: str, world: str
) -> None:
    create = f"create table filler (text text storage plain) tablespace {small_disk}"
    fill = """
        with filled as (
            insert into filler select repeat('x', 1000) from generate_series(1, 500) returning 1
        ) select count(*) from filled
    """
    sync_conn.execute(create)
    async with Crowd(world, database) as crowd:
        values, failures = split(await crowd.ask(fill))
        assert {type(one) for one in failures} == {errors.DiskFull}
        assert sync_conn.fetch_value("select count(*) from filler") == sum(values)
        sync_conn.execute("drop table filler")
        sync_conn.execute(create)
        assert set(await crowd.ask("insert into filler values ('a') returning text")) == {"a"}


async def test_idle_sessions_are_ended(
    database: str, sync_conn: howdah.Connection, world: str
) -> None:
    name = sync_conn.fetch_value("select current_database()")
    sync_conn.execute(f"alter database {name} set idle_session_timeout = '50ms'")
    async with Crowd(world, database, min_size=3) as crowd:
        for _ in range(3):
            assert set(await crowd.ask("select 1")) == {1}
            await asyncio.sleep(0.2)  # longer than a session may be idle


async def test_a_role_may_have_no_more_connections(
    database: str, sync_conn: howdah.Connection, world: str
) -> None:
    """A pool makes do with the connections that there are."""
    role = f"few_{sync_conn.backend_pid}"
    sync_conn.execute(f"create role {role} login password 'few' connection limit 3")
    options = {"user": role, "password": "few", "min_size": 2, "max_size": 20}
    try:
        async with Crowd(world, database, **options) as crowd:
            assert set(await crowd.ask(SLOW_QUERY)) == {1}
            assert crowd.pool.stats().size <= 3
    finally:
        sync_conn.execute(f"drop role {role}")


@pytest.fixture(scope="module")
def small_server() -> Iterator[str]:
    """The URL of a server that takes six connections."""
    settings = {"max_connections": 6, "superuser_reserved_connections": 0}
    with howdah.server.start(settings=settings) as server:
        yield server.url


@pytest.fixture
def occupied(small_server: str) -> Iterator[contextlib.ExitStack]:
    """Somebody else's connections, which take all the places; closing it sets them free."""
    with contextlib.ExitStack() as others:
        with contextlib.suppress(errors.TooManyConnections):
            while True:
                others.enter_context(howdah.connect(small_server))
        yield others


async def test_max_connections_are_reached(small_server: str, world: str) -> None:
    async with Crowd(world, small_server, max_size=20) as crowd:
        assert set(await crowd.ask(SLOW_QUERY)) == {1}
        assert crowd.pool.stats().size <= 6


async def test_max_connections_are_reached_by_others(
    small_server: str, occupied: contextlib.ExitStack, world: str
) -> None:
    async with Crowd(world, small_server, timeout=2.0) as crowd:
        found = await crowd.ask("select 1")
        assert {type(one) for one in found} == {errors.PoolTimeout}
        assert {type(one.__cause__) for one in found} == {errors.TooManyConnections}
        assert all("too many clients" in str(one) for one in found)
    async with Crowd(world, small_server) as crowd:

        async def leave() -> None:
            while crowd.pool.stats().failed == 0:  # noqa: ASYNC110 (it has no event to wait for)
                await asyncio.sleep(0.01)
            await asyncio.to_thread(occupied.close)

        assert set(await crowd.ask("select 1", leave)) == {1}


# --- what cannot pass by waiting ---------------------------------------------------------------


async def test_the_password_is_wrong(database: str, world: str) -> None:
    async with Crowd(world, database, password="not it") as crowd:
        found = await crowd.ask("select 1")
        assert {type(one) for one in found} == {errors.InvalidPassword}
        assert "not it" not in str(found)
        assert len({id(one) for one in found}) == CROWD, "each has an error of its own"


async def test_the_password_is_changed(
    database: str, sync_conn: howdah.Connection, world: str
) -> None:
    """What worked is refused from now on, until the program has the new password too."""
    role = f"rotating_{sync_conn.backend_pid}"
    known = ["old"]
    sync_conn.execute(f"create role {role} login password 'old'")
    try:
        async with Crowd(world, database, user=role, password=lambda: known[-1]) as crowd:
            assert set(await crowd.ask("select 1")) == {1}
            sync_conn.execute(f"alter role {role} password 'new'")
            end_sessions(sync_conn, role)
            found = await crowd.ask("select 1")
            assert {type(one) for one in found} == {errors.InvalidPassword}
            known.append("new")
            assert set(await crowd.ask("select 1")) == {1}
            sync_conn.execute(f"alter role {role} password 'newer'")
            end_sessions(sync_conn, role)
            found = await crowd.ask("select 1")
            assert {type(one) for one in found} == {errors.InvalidPassword}
            sync_conn.execute(f"alter role {role} password 'new'")
            assert set(await crowd.ask("select 1")) == {1}
    finally:
        sync_conn.execute(f"drop role {role}")


def end_sessions(admin: howdah.Connection, role: str) -> None:
    """End all sessions of a role, and wait until they are gone."""
    ending = "select pg_terminate_backend(pid, 10000) from pg_stat_activity where usename = $1"
    assert all(ended for (ended,) in admin.fetch(ending, role))


async def test_the_database_is_missing(
    database: str, sync_conn: howdah.Connection, world: str
) -> None:
    name = f"{sync_conn.fetch_value('select current_database()')}_later"
    async with Crowd(world, database, dbname=name) as crowd:
        found = await crowd.ask("select 1")
        assert {type(one) for one in found} == {errors.InvalidCatalogName}
        sync_conn.execute(f"create database {name}")
        try:
            assert set(await crowd.ask("select 1")) == {1}
        finally:
            sync_conn.execute(f"drop database {name} with (force)")


async def test_the_server_does_not_know_an_option(database: str, world: str) -> None:
    async with Crowd(world, database, options="-c no_such_setting=1") as crowd:
        found = await crowd.ask("select 1")
    assert {type(one) for one in found} == {errors.UndefinedObject}


async def test_the_server_has_no_certificate(database: str, world: str) -> None:
    """The embedded server is built without TLS."""
    async with Crowd(world, database, sslmode="verify-full", sslrootcert="system") as crowd:
        found = await crowd.ask("select 1")
    assert {type(one) for one in found} == {errors.ConnectionFailed}
    assert all(one.is_lasting for one in found)


async def test_the_certificate_is_wrong(
    tls_url: str, certificate: Path, tmp_path: Path, world: str
) -> None:
    roots = make_certificate(tmp_path)
    async with Crowd(world, tls_url, host="localhost", sslrootcert=str(roots)) as crowd:
        found = await crowd.ask("select 1")
        assert {type(one) for one in found} == {errors.ConnectionFailed}
        assert all("certificate is not accepted" in str(one) for one in found)
        shutil.copy(certificate, roots)
        assert set(await crowd.ask("select 1")) == {1}
