"""Fifty tasks or threads on one small pool when something breaks: each is told, and it heals."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import howdah
import howdah.server
from howdah import errors
from tests import servers
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
    """The same calls on a pool of either world, by many at once."""

    def __init__(self, world: str, url: str) -> None:
        self.world = world
        self.url = url

    async def __call__(
        self,
        query: str,
        meanwhile: Callable[[], Awaitable[None]] | None = None,
        *,
        rounds: int = 1,
        **options: Any,
    ) -> list[Any]:
        """What each of the crowd was given: a value, or the error."""
        options = {"max_size": 5, "timeout": 15.0, **options}
        async with asyncio.timeout(BOUND_SECONDS):
            if self.world == "async":
                return await self._tasks(query, meanwhile, rounds, options)
            return await self._threads(query, meanwhile, rounds, options)

    async def _tasks(
        self,
        query: str,
        meanwhile: Callable[[], Awaitable[None]] | None,
        rounds: int,
        options: dict[str, Any],
    ) -> list[Any]:
        pool = howdah.AsyncPool(self.url, **options)

        async def ask() -> list[Any]:
            return [await outcome(pool.fetch_value(query)) for _ in range(rounds)]

        try:
            crowd = [asyncio.create_task(ask()) for _ in range(CROWD)]
            if meanwhile is not None:
                await meanwhile()
            found = [value for each in await asyncio.gather(*crowd) for value in each]
            assert pool.stats().in_use == 0
        finally:
            await pool.close()
        return found

    async def _threads(
        self,
        query: str,
        meanwhile: Callable[[], Awaitable[None]] | None,
        rounds: int,
        options: dict[str, Any],
    ) -> list[Any]:
        pool = howdah.Pool(self.url, **options)

        def ask() -> list[Any]:
            return [waited(pool, query) for _ in range(rounds)]

        with contextlib.closing(pool), ThreadPoolExecutor(CROWD) as threads:
            loop = asyncio.get_running_loop()
            crowd = [loop.run_in_executor(threads, ask) for _ in range(CROWD)]
            if meanwhile is not None:
                await meanwhile()
            found = [value for each in await asyncio.gather(*crowd) for value in each]
            assert pool.stats().in_use == 0
            return found


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

        values, failures = split(await Crowd(world, proxy.url)(SLOW_QUERY, cut, rounds=5))
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

        crowd = Crowd(world, pgbouncer.url(database))
        found = await crowd(SLOW_QUERY, restart, rounds=5, statement_cache_size=0)
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

    found = await Crowd(world, server.url)(SLOW_QUERY, kill, rounds=4, timeout=25.0)
    values, failures = split(found)
    assert set(values) == {1}
    assert len(values) >= len(found) - 10, "waiting requests outlast the restart"
    assert all(isinstance(failure, LOST) for failure in failures)


async def test_the_disk_is_full(database: str, sync_conn: howdah.Connection, world: str) -> None:
    name = sync_conn.fetch_value("select current_database()")
    sync_conn.execute(f"alter database {name} set temp_file_limit = '64kB'")
    sync_conn.execute(f"alter database {name} set work_mem = '64kB'")
    spilling = (
        "select count(*) from (select g from generate_series(1, 50000) g order by -g offset 1) s"
    )
    found = await Crowd(world, database)(spilling, user="postgres")
    assert {type(one) for one in found} == {errors.ConfigurationLimitExceeded}
    assert set(await Crowd(world, database)("select 1")) == {1}


async def test_idle_sessions_are_ended(
    database: str, sync_conn: howdah.Connection, world: str
) -> None:
    name = sync_conn.fetch_value("select current_database()")
    sync_conn.execute(f"alter database {name} set idle_session_timeout = '50ms'")
    if world == "async":
        async with howdah.AsyncPool(database, min_size=3, max_size=5) as pool:
            for _ in range(3):
                asked = [outcome(pool.fetch_value("select 1")) for _ in range(CROWD)]
                assert set(await asyncio.gather(*asked)) == {1}
                await asyncio.sleep(0.2)  # longer than a session may be idle
        return
    with howdah.Pool(database, min_size=3, max_size=5) as pool, ThreadPoolExecutor(CROWD) as many:
        for _ in range(3):
            found = list(many.map(lambda _: waited(pool, "select 1"), range(CROWD)))
            assert set(found) == {1}
            await asyncio.sleep(0.2)


async def test_the_server_takes_no_more_connections(
    database: str, sync_conn: howdah.Connection, world: str
) -> None:
    """A pool that has worked makes do with the connections that there are."""
    role = f"few_{sync_conn.backend_pid}"
    sync_conn.execute(f"create role {role} login password 'few' connection limit 3")
    try:
        crowd = Crowd(world, database)
        found = await crowd(SLOW_QUERY, user=role, password="few", min_size=2, max_size=20)
    finally:
        sync_conn.execute(f"drop role {role}")
    values, failures = split(found)
    assert set(values) == {1}
    assert all(isinstance(failure, errors.TooManyConnections) for failure in failures)
