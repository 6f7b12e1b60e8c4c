"""A forked child shares its parent's sockets: it can neither use nor end the parent's sessions."""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

import pytest

import howdah

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.conftest import Connector

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


async def in_a_child(work: Callable[[], Awaitable[object]]) -> None:
    """Run `work`, which never waits, in a forked child; what it raises fails the test here."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = len(list(work().__await__()))
        except BaseException:  # noqa: BLE001 (told, and the child ends)
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(status)
    assert (await asyncio.to_thread(os.waitpid, child, 0))[1] == 0


async def test_a_child_is_refused(conn: howdah.AsyncConnection) -> None:
    statement = await conn.prepare("select 1")

    async def use() -> None:
        assert conn.closed
        for call in (
            lambda: conn.fetch("select 1"),
            lambda: conn.execute("select 1"),
            lambda: conn.execute_many("select $1::int", [(1,)]),
            lambda: conn.copy_in("nowhere", [b""]),
            statement.fetch,
        ):
            with pytest.raises(howdah.InterfaceError, match="process that this one was") as caught:
                await call()
            assert "connect in the child" in (caught.value.hint or "")
        with pytest.raises(howdah.InterfaceError, match="process that this one was"):
            conn.cancel_blocking(1)

    await in_a_child(use)
    assert not conn.closed
    assert await conn.fetch_value("select 1") == 1


@pytest.mark.parametrize("how", ["close", "drop"])
async def test_a_child_ends_nothing(connector: Connector, how: str) -> None:
    connections: list[Any] = [await connector()]

    async def end() -> None:
        conn = connections.pop()
        if how == "close":
            await conn.close()

    await in_a_child(end)
    assert await connections[0].fetch_value("select 1") == 1
    await connections[0].close()


async def test_a_child_cancels_nothing(conn: howdah.AsyncConnection) -> None:
    stream = conn.stream("select generate_series(1, 10000)", batch=10)
    assert (await anext(aiter(stream)))[0] == 1

    async def close() -> None:
        await stream.close()

    await in_a_child(close)
    assert len([row async for row in stream]) == 9999


def test_a_child_has_a_statement_of_its_parents_under_way(database: str) -> None:
    async def body() -> None:
        async with await howdah.connect_async(database) as conn:
            asked = asyncio.ensure_future(conn.fetch_value("select pg_sleep(0.2)::text || 'done'"))
            await asyncio.sleep(0)

            async def give_up() -> None:
                asked.get_coro().close()

            await in_a_child(give_up)
            assert await asked == "done"

    asyncio.run(body())


def test_a_pool_begins_anew_in_a_child(database: str) -> None:
    with howdah.Pool(database, min_size=1, max_size=1) as pool:
        parents = pool.fetch_value("select pg_backend_pid()")
        child = os.fork()
        if child == 0:
            own = pool.fetch_value("select pg_backend_pid()")
            os._exit(0 if own != parents else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert pool.fetch_value("select pg_backend_pid()") == parents
