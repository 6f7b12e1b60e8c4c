"""A line that is cut anywhere gives a clear error, at once, and a pool recovers from it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

import howdah
from howdah import errors
from tests.faults.proxy import Carried, Direction, Fault, Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Connector

# An error may take as long as a refused connection is retried by `sslmode=prefer`; a hang is more.
PATIENCE_SECONDS = 10.0

# The goodbye, Terminate: five bytes that nobody answers.
GOODBYE_BYTES = 5
# Exchanges differ by the headers of the pieces in which a COPY's data goes, as it comes.
SLACK_BYTES = 16


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    """A proxy before the test's database, which has the table that `exchange` fills."""
    with howdah.connect(database) as conn:
        conn.execute("create table line (number int, content text)")
    with Proxy(database) as proxy:
        yield proxy


async def exchange(connector: Connector) -> None:
    """Connect, query, and COPY rows in and out."""
    async with await connector() as conn:
        rows = await conn.fetch("select n, 'row ' || n from generate_series(1, $1::int) n", 3)
        assert rows == [(1, "row 1"), (2, "row 2"), (3, "row 3")]
        async with conn.transaction():
            assert await conn.copy_in("line", [b"1\tone\n2\ttwo\n"]) == 2
            copied = await conn.copy_out("select * from line").read()
            assert copied == b"1\tone\n2\ttwo\n"
            await conn.execute("delete from line")


async def carried_by_exchange(connector: Connector, proxy: Proxy) -> Carried:
    """How many bytes a whole exchange is, in each direction.

    The least of some: at a slow moment the COPY's data goes in two pieces, with a header more.
    """
    found = []
    for _ in range(3):
        await exchange(connector)
        line = proxy.lines[-1]
        await asyncio.to_thread(line.join)
        found.append(line.carried)
    return min(found, key=lambda carried: carried.to_server)


async def exchange_cut_at(connector: Connector, proxy: Proxy, fault: Fault) -> errors.Error | None:
    """The error of an exchange on a faulty line, None if it came through."""
    proxy.fault = fault
    started = time.monotonic()
    try:
        await asyncio.wait_for(exchange(connector), PATIENCE_SECONDS)
    except errors.Error as error:
        return error
    finally:
        took = time.monotonic() - started
        assert took < PATIENCE_SECONDS, f"{fault} took {took:.1f} s"
    return None


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("direction", ["to_server", "to_client"])
async def test_a_cut_at_every_byte_gives_a_clear_error(
    connector: Connector, proxy: Proxy, direction: Direction
) -> None:
    connector.url = proxy.url
    total = getattr(await carried_by_exchange(connector, proxy), direction)
    assert total > 500
    after_bytes = 0
    while error := await exchange_cut_at(connector, proxy, Fault(direction, after_bytes)):
        assert isinstance(error, errors.ConnectionFailed | errors.ConnectionLost), after_bytes
        assert len(str(error)) > 20, (after_bytes, error)
        after_bytes += 1
    # what came through had nothing left to lose but the goodbye
    assert after_bytes >= total - GOODBYE_BYTES - SLACK_BYTES


@pytest.mark.parametrize("direction", ["to_server", "to_client"])
async def test_a_reset_line_gives_a_clear_error(
    connector: Connector, proxy: Proxy, direction: Direction
) -> None:
    connector.url = proxy.url
    total = getattr(await carried_by_exchange(connector, proxy), direction)
    for after_bytes in range(0, total - GOODBYE_BYTES, 83):
        fault = Fault(direction, after_bytes, "reset")
        error = await exchange_cut_at(connector, proxy, fault)
        assert isinstance(error, errors.ConnectionFailed | errors.ConnectionLost), (fault, error)


async def test_a_slow_line_changes_nothing(connector: Connector, proxy: Proxy) -> None:
    connector.url = proxy.url
    proxy.delay_seconds = 0.01
    await exchange(connector)


async def test_a_silent_peer_ends_at_the_deadline(connector: Connector, proxy: Proxy) -> None:
    connector.url = proxy.url
    conn = await connector()
    await conn.execute("select 1")
    swallowed = Fault("to_client", proxy.lines[-1].carried.to_client, "silence")
    await conn.close()

    proxy.fault = swallowed
    conn = await connector()
    await conn.execute("select 1")
    started = time.monotonic()
    with pytest.raises(errors.QueryTimeout):
        await conn.fetch_value("select 2", timeout=0.3)
    # a blocking call waits for the server's word that the query ended, but not for ever
    assert time.monotonic() - started < (2 if connector.world == "async" else PATIENCE_SECONDS)
    started = time.monotonic()
    await conn.close()
    assert time.monotonic() - started < PATIENCE_SECONDS


@pytest.mark.slow
def test_a_pool_recovers_from_a_cut_anywhere(proxy: Proxy) -> None:
    # the timeout is what each request waits for a server that no connection can be made to
    with howdah.Pool(proxy.url, min_size=1, max_size=2, timeout=0.3) as pool:
        assert pool.fetch_value("select 1") == 1
        for after_bytes in range(0, 1200, 41):
            proxy.fault = Fault("to_client", after_bytes)
            proxy.cut_all()
            with pytest.raises(errors.OperationalError):
                ask_often(pool)
            proxy.fault = None
            proxy.cut_all()
            recovered(pool)


def ask_often(pool: howdah.Pool) -> None:
    """More than a line of 1,200 bytes can carry."""
    for _ in range(5):
        pool.fetch_value("select repeat('x', 300)", timeout=2)


def recovered(pool: howdah.Pool) -> None:
    """Fail unless the pool gives right answers again within a few seconds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            assert pool.fetch_value("select 42") == 42
        except errors.OperationalError:
            assert time.monotonic() < deadline, "the pool does not recover"
            time.sleep(0.01)
        else:
            return


async def test_an_async_pool_recovers_from_a_dead_server(proxy: Proxy) -> None:
    async with howdah.AsyncPool(proxy.url, min_size=2, max_size=4, timeout=5) as pool:
        for _ in range(5):
            answers = await asyncio.gather(
                *(pool.fetch_value("select $1::int", n) for n in range(8))
            )
            assert answers == list(range(8))
            proxy.cut_all()
            deadline = time.monotonic() + PATIENCE_SECONDS
            while True:
                try:
                    assert await pool.fetch_value("select 42") == 42
                    break
                except errors.OperationalError:
                    assert time.monotonic() < deadline, "the pool does not recover"
                    await asyncio.sleep(0.01)
