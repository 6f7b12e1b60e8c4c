"""Servers with replicas, and databases of both worlds behind one surface."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, cast

import pytest

import howdah
import howdah.server
from tests.both import Awaited, awaited

if TYPE_CHECKING:
    import subprocess
    from collections.abc import AsyncIterator, Iterator

AWAITED = frozenset({"open", "close", "execute", "execute_many", "fetch", "fetch_value"})


@pytest.fixture(scope="session")
def replicated() -> Iterator[howdah.server.Server]:
    """A primary with two replicas that no test stops."""
    with howdah.server.start(replicas=2, settings={"max_connections": "60"}) as server:
        with howdah.connect(server.url) as admin:
            admin.execute("create table note (id int primary key, text text)")
            admin.execute("create table counter (value int)")
            admin.execute("insert into counter values (0)")
        yield server


def urls(server: howdah.server.Server) -> tuple[str, list[str]]:
    """The primary's URL, and the replicas'."""
    return server.url, [replica.url for replica in server.replicas]


def wait_for_server(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until a server that is starting lets clients in."""
    deadline = time.monotonic() + 60
    while True:
        try:
            howdah.connect(url).close()
        except howdah.OperationalError:
            assert process.poll() is None, "the server has ended"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return


class AwaitedDatabase:
    """A sync database with the surface of the asyncio one."""

    def __init__(self, database: howdah.Database) -> None:
        self._database = database

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._database, name)
        return awaited(value) if name in AWAITED else value

    def read(self, timeout: float | None = None) -> AwaitedLease:
        return AwaitedLease(self._database.read(timeout))

    def write(self, timeout: float | None = None) -> AwaitedLease:
        return AwaitedLease(self._database.write(timeout))

    def transaction(self, **options: Any) -> AwaitedLease:
        return AwaitedLease(self._database.transaction(**options))

    async def run(self, function: Any, *args: Any) -> Any:
        def at_once(connection: howdah.Connection) -> Any:
            try:
                function(Awaited(connection), *args).send(None)
            except StopIteration as end:
                return end.value
            raise AssertionError("the body waited for something else than its connection")

        return self._database.run(at_once)


class AwaitedLease:
    """A sync block that lends a connection, used by `async with`."""

    def __init__(self, lease: Any) -> None:
        self._lease = lease

    async def __aenter__(self) -> Any:
        return Awaited(self._lease.__enter__())

    async def __aexit__(self, *error: object) -> bool | None:
        return cast("bool | None", self._lease.__exit__(*error))


class Databases:
    """Makes databases of one world."""

    def __init__(self, world: str) -> None:
        self.world = world

    def unopened(self, primary: str, replicas: list[str], **options: Any) -> howdah.AsyncDatabase:
        """A database that knows nothing yet of its servers."""
        options = {"check_interval": 0.05, "timeout": 30, **options}
        if self.world == "async":
            return howdah.AsyncDatabase(primary, replicas=replicas, **options)
        database = howdah.Database(primary, replicas=replicas, **options)
        return cast("howdah.AsyncDatabase", AwaitedDatabase(database))

    @contextlib.asynccontextmanager
    async def __call__(
        self, primary: str, replicas: list[str], **options: Any
    ) -> AsyncIterator[howdah.AsyncDatabase]:
        """A database, opened, and closed afterwards."""
        options = {"check_interval": 0.05, "timeout": 30, **options}
        if self.world == "async":
            async with howdah.AsyncDatabase(primary, replicas=replicas, **options) as database:
                yield database
        else:
            with howdah.Database(primary, replicas=replicas, **options) as sync_database:
                yield cast("howdah.AsyncDatabase", AwaitedDatabase(sync_database))


@pytest.fixture
def databases(world: str) -> Databases:
    """What makes databases in the test's world."""
    return Databases(world)
