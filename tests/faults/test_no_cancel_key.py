"""A server, or what stands before it, that gives no key to cancel statements with."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

import pytest

import howdah
from howdah import errors
from tests.faults.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator


def without_key(chunk: bytes) -> bytes:
    """A chunk of whole messages without BackendKeyData."""
    kept = bytearray()
    while chunk[:1] in {b"R", b"S", b"K", b"Z"}:
        (length,) = struct.unpack_from(">i", chunk, 1)
        if chunk[:1] != b"K":
            kept += chunk[: length + 1]
        chunk = chunk[length + 1 :]
    return bytes(kept + chunk)


@pytest.fixture
def keyless(database: str) -> Iterator[str]:
    """The URL of a server that gives no key."""
    with Proxy(database) as proxy:
        proxy.edit = without_key
        yield proxy.url


async def give_up(conn: howdah.AsyncConnection, seconds: float) -> None:
    """Cancel the task of a statement that takes so long."""
    task = asyncio.ensure_future(conn.fetch_value("select pg_sleep($1)", seconds))
    await asyncio.sleep(0)  # its first step sends it, for it is prepared
    assert conn.busy
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_statement_that_was_given_up_ends_by_itself(keyless: str) -> None:
    async with await howdah.connect_async(keyless) as conn:
        await conn.fetch_value("select pg_sleep($1)", 0.0)
        await give_up(conn, 0.2)
        assert await conn.fetch_value("select 1") == 1


@pytest.mark.slow
async def test_one_that_does_not_end_costs_the_connection(keyless: str, database: str) -> None:
    async with await howdah.connect_async(keyless) as conn:
        await conn.fetch_value("select pg_sleep($1)", 0.0)
        await give_up(conn, 600)
        with pytest.raises(errors.ConnectionLost, match="did not end"):
            await conn.fetch_value("select 1")
    # the server notices only when it would answer
    async with await howdah.connect_async(database) as admin:
        await admin.fetch(
            "select pg_terminate_backend(pid, 2000) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


def test_to_cancel_is_refused(keyless: str) -> None:
    with howdah.connect(keyless) as conn, pytest.raises(errors.NotSupportedError, match="no key"):
        conn.cancel()
