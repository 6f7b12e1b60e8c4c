"""Advisory locks in both worlds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import howdah
from howdah import errors
from howdah.advisory_lock import lock_arguments, lock_tag, text_key

if TYPE_CHECKING:
    from tests.conftest import Connector

HELD = """
    select objsubid, mode from pg_locks
    where locktype = 'advisory' and database = (
        select oid from pg_database where datname = current_database())
    order by mode
"""


@pytest.mark.parametrize("key", ["report", 7, -(2**63), 2**63 - 1, (1, -2), (2**31 - 1, -(2**31))])
async def test_held_by_one_session_at_a_time(
    conn: howdah.AsyncConnection, connector: Connector, key: Any
) -> None:
    async with await connector() as other:
        lock = conn.advisory_lock(key)
        async with lock:
            assert lock.held
            with pytest.raises(errors.LockNotAvailable, match="somebody else holds it"):
                await other.advisory_lock(key, wait=False).acquire()
            with pytest.raises(errors.LockNotAvailable, match="not free within"):
                await other.advisory_lock(key, timeout=0.02).acquire()
            assert len(await conn.fetch(HELD)) == 1
        assert await conn.fetch(HELD) == []
        async with other.advisory_lock(key, wait=False):
            pass
        async with lock:
            pass


async def test_shared_locks(conn: howdah.AsyncConnection, connector: Connector) -> None:
    async with (
        await connector() as other,
        conn.advisory_lock("a", shared=True),
        other.advisory_lock("a", shared=True, wait=False),
    ):
        with pytest.raises(errors.LockNotAvailable):
            await other.advisory_lock("a", wait=False).acquire()
    assert await conn.fetch(HELD) == []


async def test_a_lock_of_the_transaction(
    conn: howdah.AsyncConnection, connector: Connector
) -> None:
    async with await connector() as other:
        async with conn.transaction():
            async with conn.advisory_lock(1, transaction=True):
                pass
            assert len(await other.fetch(HELD)) == 1
            async with other.transaction():
                with pytest.raises(errors.LockNotAvailable):
                    await other.advisory_lock(1, transaction=True, timeout=0.02).acquire()
                assert await other.fetch_value("select 1") == 1, "the transaction goes on"
        assert await other.fetch(HELD) == []


async def test_what_makes_no_sense(conn: howdah.AsyncConnection) -> None:
    with pytest.raises(errors.ProgrammingError, match="needs an open one"):
        await conn.advisory_lock(1, transaction=True).acquire()
    async with conn.transaction():
        with pytest.raises(errors.ProgrammingError, match="inside a transaction"):
            await conn.advisory_lock(1).acquire()
    with pytest.raises(errors.ProgrammingError, match="`wait` is False"):
        conn.advisory_lock(1, wait=False, timeout=1)
    for key in (None, 2**63, (1, 2**31), (1, 2, 3), b"a", True):
        with pytest.raises(errors.InterfaceError, match="the key of"):
            conn.advisory_lock(key)  # type: ignore[arg-type]
    lock = conn.advisory_lock(1)
    async with lock:
        with pytest.raises(errors.ProgrammingError, match="held already"):
            await lock.acquire()


async def test_an_error_inside_the_block_gives_it_back(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor()
    with pytest.raises(errors.DivisionByZero):
        async with conn.advisory_lock("a"):
            await cur.execute("select 1/0")
    assert await conn.fetch(HELD) == []
    with pytest.raises(errors.InFailedSqlTransaction):
        async with conn.advisory_lock("a"):
            with pytest.raises(errors.DivisionByZero):
                await cur.execute("select 1/0")
    assert await conn.fetch(HELD) == []
    with pytest.raises(KeyError):
        async with conn.advisory_lock("a"):
            raise KeyError
    assert await conn.fetch(HELD) == []


async def test_a_transaction_that_outlives_the_lock(conn: howdah.AsyncConnection) -> None:
    with pytest.raises(errors.ProgrammingError, match="before the transaction"):
        async with conn.advisory_lock("a"):
            await conn.cursor().execute("select 1")
    assert await conn.fetch(HELD) == []
    await conn.rollback()


@pytest.mark.since(14)  # pg_terminate_backend waits
async def test_a_lost_connection_is_told(
    conn: howdah.AsyncConnection, connector: Connector
) -> None:
    with pytest.raises(errors.ConnectionLost, match="while it held the advisory lock `a`"):
        async with conn.advisory_lock("a") as lock:
            async with await connector() as other:
                await other.execute("select pg_terminate_backend($1, 10000)", conn.backend_pid)
            with pytest.raises(errors.AdminShutdown):
                await conn.fetch_value("select 1")
            assert not lock.held


async def test_a_lock_that_somebody_gave_back(conn: howdah.AsyncConnection) -> None:
    with pytest.raises(errors.ProgrammingError, match="was not held any more"):
        async with conn.advisory_lock("a"):
            await conn.execute("discard all")


async def test_a_cancelled_task_keeps_no_lock(database: str) -> None:
    async with (
        await howdah.connect_async(database) as conn,
        await howdah.connect_async(database) as other,
    ):
        async with conn.advisory_lock("a"):
            waiting = asyncio.ensure_future(other.advisory_lock("a").acquire())
            while not await conn.fetch("select from pg_locks where not granted"):
                pass
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        await other.fetch_value("select 1")
        assert await conn.fetch(HELD) == []


async def test_the_key_of_a_text_is_what_the_manual_says(conn: howdah.AsyncConnection) -> None:
    bits = "('x' || left(encode(sha256(convert_to($1, 'UTF8')), 'hex'), 16))::bit(64)"
    for text in ("", "nightly report", "é"):
        assert await conn.fetch_value(f"select {bits}::bigint", text) == text_key(text)


@given(st.integers(-(2**63), 2**63 - 1))
def test_tags_hold_the_whole_key(key: int) -> None:
    high, low, _ = lock_tag(lock_arguments(key))
    assert (high << 32 | low) == key % 2**64
