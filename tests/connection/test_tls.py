"""TLS in both worlds: checked certificates, large results both ways, deadlines and cancelling."""

import asyncio
from typing import Any, cast

import pytest

import howdah
from howdah import errors
from tests.both import Awaited

LONG = 3_000_000
"""Characters: more than all the buffers on the way hold."""


async def connect(world: str, url: str, **options: Any) -> howdah.AsyncConnection:
    options.setdefault("host", "localhost")
    if world == "async":
        return await howdah.connect_async(url, **options)
    return cast("howdah.AsyncConnection", Awaited(howdah.connect(url, **options)))


async def test_a_checked_connection_bound_to_its_channel(world: str, tls_url: str) -> None:
    async with await connect(world, tls_url, channel_binding="require") as conn:
        assert conn.tls
        row = await conn.fetch_one("select ssl from pg_stat_ssl where pid = pg_backend_pid()")
        assert row == (True,)


async def test_a_name_that_the_certificate_lacks(world: str, tls_url: str) -> None:
    with pytest.raises(errors.ConnectionFailed, match="it is for another host"):
        await connect(world, tls_url, host="elsewhere.example")


async def test_an_authority_that_nobody_knows(world: str, tls_url: str) -> None:
    with pytest.raises(errors.ConnectionFailed, match="root certificate"):
        await connect(world, tls_url, sslrootcert="system")


async def test_long_values_in_both_directions(world: str, tls_url: str) -> None:
    text = "é" * LONG
    async with await connect(world, tls_url) as conn:
        assert await conn.fetch_value("select $1::text", text) == text
        rows = await conn.fetch("select g, repeat('x', 100) from generate_series(1, 20000) g")
        assert len(rows) == 20_000


async def test_deadlines_and_what_comes_after(world: str, tls_url: str) -> None:
    async with await connect(world, tls_url) as conn:
        with pytest.raises(errors.QueryTimeout):
            await conn.fetch("select pg_sleep(30)", timeout=0.2)
        assert await conn.fetch_value("select 1") == 1


async def test_a_cancelled_task(tls_url: str) -> None:
    async with await howdah.connect_async(tls_url, host="localhost") as conn:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(conn.fetch("select pg_sleep(30)"), 0.2)
        assert await conn.fetch_value("select 2") == 2
