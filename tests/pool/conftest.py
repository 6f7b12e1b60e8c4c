"""Pools of both worlds behind one surface, and servers that tests may stop."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, cast

import pytest

import howdah
from tests.both import Awaited, awaited

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

AWAITED = frozenset({"open", "close", "execute", "fetch", "fetch_one", "fetch_value"})


class AwaitedPool:
    """A sync pool with the surface of the asyncio one."""

    def __init__(self, pool: howdah.Pool) -> None:
        self._pool = pool

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._pool, name)
        return awaited(value) if name in AWAITED else value

    def __repr__(self) -> str:
        return repr(self._pool)

    async def acquire(self, *timeout: float, **options: float) -> Awaited:
        return Awaited(self._pool.acquire(*timeout, **options))

    async def release(self, connection: Awaited) -> None:
        self._pool.release(connection._connection)

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Awaited]:
        with self._pool.connection() as connection:
            yield Awaited(connection)


class Pools:
    """Makes pools of one world; hooks are written for asyncio."""

    def __init__(self, world: str, url: str) -> None:
        self.world = world
        self.url = url

    @contextlib.asynccontextmanager
    async def __call__(self, **options: Any) -> AsyncIterator[howdah.AsyncPool]:
        """A pool to the test's database, opened, and closed afterwards."""
        if self.world == "async":
            async with howdah.AsyncPool(self.url, **options) as pool:
                yield pool
            return
        for hook in ("check", "configure", "reset"):
            if callable(options.get(hook)):
                options[hook] = waited(options[hook])
        with howdah.Pool(self.url, **options) as sync_pool:
            yield cast("howdah.AsyncPool", AwaitedPool(sync_pool))


def waited(hook: Callable[[Any], Any]) -> Callable[[howdah.Connection], None]:
    """An asynchronous hook as a sync one: it never really waits on an `Awaited` connection."""

    def call(connection: howdah.Connection) -> None:
        with contextlib.suppress(StopIteration):
            hook(Awaited(connection)).send(None)

    return call


@pytest.fixture
def pools(world: str, database: str) -> Pools:
    """What makes pools to the test's database in the test's world."""
    return Pools(world, database)
