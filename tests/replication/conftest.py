"""A server that decodes its log, and replication connections of both worlds with one surface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import pytest

import howdah
from howdah import replication
from tests import servers
from tests.both import awaited
from tests.databases import fresh_database, make_template

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = {
    "wal_level": "logical",
    "max_prepared_transactions": "10",
    "wal_sender_timeout": "2s",
    "max_wal_senders": "20",
    "max_replication_slots": "20",
}
AWAITED = frozenset(
    {"close", "create_slot", "drop_slot", "identify_system", "next"},
)


@pytest.fixture(scope="session")
def logical_server() -> Iterator[str]:
    """The URL of a server with `wal_level=logical` and a short `wal_sender_timeout`."""
    programs = servers.main_programs()
    blocks = {"logical_decoding_work_mem": "64kB"} if programs.major >= 13 else {}
    with servers.start(programs, {**SETTINGS, **blocks}) as server:
        make_template(server.url)
        yield server.url


@pytest.fixture
def database(logical_server: str) -> Iterator[str]:
    """A database of the logical server; slots that the test left are dropped with it."""
    fresh = fresh_database(logical_server)
    url = next(fresh)
    yield url
    with howdah.connect(url) as conn:
        conn.fetch(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots"
            " where database = current_database() and not active"
        )
    next(fresh, None)


class Awaited:
    """A sync object of `howdah.replication`, awaited."""

    def __init__(self, of: Any) -> None:
        self._of = of

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._of, name)
        if name == "stream":

            async def stream(*args: Any, **options: Any) -> Awaited:
                return Awaited(value(*args, **options))

            return stream
        return awaited(value) if name in AWAITED else value

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        self._of.__exit__(*error)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        for change in self._of:
            return change
        raise StopAsyncIteration


class Subscriber:
    """Opens replication connections of one world, all with the asyncio surface."""

    def __init__(self, world: str, url: str) -> None:
        self.world = world
        self.url = url

    async def __call__(self, **options: Any) -> replication.AsyncReplicationConnection:
        """Connect to the test's database."""
        if self.world == "async":
            return await replication.connect_async(self.url, **options)
        connection: Any = Awaited(replication.connect(self.url, **options))
        return connection  # type: ignore[no-any-return]


@pytest.fixture
def subscribe(world: str, database: str) -> Subscriber:
    """What opens replication connections to the test's database in the test's world."""
    return Subscriber(world, database)
