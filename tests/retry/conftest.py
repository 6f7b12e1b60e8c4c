"""Pools whose runs are written once, as coroutines, for both worlds."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from tests.both import Awaited

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Body = "Callable[[howdah.AsyncConnection], Coroutine[Any, Any, Any]]"


class Runs:
    """Runs transactions on pools or connections of one world."""

    def __init__(self, world: str, url: str) -> None:
        self.world = world
        self.url = url

    async def __call__(self, source: Any, body: Any, **options: Any) -> Any:
        """`howdah.retry(**options)(body)(source)`."""
        if self.world == "async":

            async def function(connection: howdah.AsyncConnection) -> Any:
                return await body(connection)

            return await howdah.retry(**options)(function)(source)
        return howdah.retry(**options)(lambda connection: at_once(body, connection))(source)

    @contextlib.asynccontextmanager
    async def pool(self, url: str | None = None, **options: Any) -> AsyncIterator[Any]:
        """A pool to the test's database, or through a proxy's URL."""
        if self.world == "async":
            async with howdah.AsyncPool(url or self.url, **options) as pool:
                yield pool
        else:
            with howdah.Pool(url or self.url, **options) as sync_pool:
                yield sync_pool

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """A connection as the world's users have it."""
        if self.world == "async":
            async with await howdah.connect_async(self.url) as connection:
                yield connection
        else:
            with howdah.connect(self.url) as sync_connection:
                yield sync_connection

    def awaited(self, connection: Any) -> Any:
        """Its calls, to be awaited."""
        return connection if self.world == "async" else Awaited(connection)


def at_once(body: Any, connection: howdah.Connection) -> Any:
    """Run a coroutine function that never really waits."""
    try:
        body(Awaited(connection)).send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("the body waited for something else than its connection")


@pytest.fixture
def runs(world: str, database: str) -> Runs:
    """What runs transactions on the test's database in the test's world."""
    return Runs(world, database)
