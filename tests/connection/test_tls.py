"""TLS in both worlds: checked certificates, large results both ways, deadlines and cancelling."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

import howdah
from howdah import errors
from tests import servers
from tests.both import Awaited

LONG = 3_000_000
"""Characters: more than all the buffers on the way hold."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for `localhost`, with its key beside it."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem"
    )
    try:
        subprocess.run(command.split(), cwd=folder, capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("no `openssl` command to make certificates with")
    return folder / "cert.pem"


@pytest.fixture(scope="module")
def tls_url(certificate: Path) -> Iterator[str]:
    """A server with TLS that checks passwords by SCRAM; the URL wants its certificate checked."""
    programs = servers.system_programs()
    if programs is None:
        pytest.skip("no PostgreSQL under /usr/lib/postgresql: as root, `make system` installs it")
    files = {
        "server.crt": certificate.read_bytes(),
        "server.key": (certificate.parent / "key.pem").read_bytes(),
    }
    with howdah.server.start(
        bindir=programs.bindir, password=servers.PASSWORD, settings={"ssl": True}, files=files
    ) as server:
        yield f"{server.url}?sslmode=verify-full&sslrootcert={certificate}&hostaddr=127.0.0.1"


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
