"""Passwords that a program makes for each connection: `password=` as a callable."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from typing import TYPE_CHECKING

import pytest

import howdah
from howdah import errors

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.conftest import Connector


class Tokens:
    """Passwords of a role that change; counts how often one was asked for."""

    def __init__(self, role: str) -> None:
        self.role = role
        self.current = ""
        self.asked = 0

    def rotate(self, admin: howdah.Connection) -> None:
        self.current = f"token {self.asked} of {self.role}"
        admin.execute(f"alter role {self.role} password '{self.current}'")

    def __call__(self) -> str:
        self.asked += 1
        return self.current

    async def later(self) -> str:
        await asyncio.sleep(0)
        return self()


@pytest.fixture
def tokens(sync_conn: howdah.Connection) -> Iterator[Tokens]:
    """A role that logs in with passwords which change."""
    role = f"rotating_{sync_conn.backend_pid}"
    sync_conn.execute(f"create role {role} login")
    yield Tokens(role)
    sync_conn.execute(f"drop role {role}")


async def test_each_connection_asks_again(
    connector: Connector, tokens: Tokens, sync_conn: howdah.Connection
) -> None:
    for attempt in (1, 2):
        tokens.rotate(sync_conn)
        async with await connector(user=tokens.role, password=tokens) as conn:
            assert await conn.fetch_value("select current_user::text") == tokens.role
            assert tokens.current not in repr(conn)
            assert tokens.current not in repr(conn.config)
        assert tokens.asked == attempt


async def test_it_may_be_asynchronous(
    database: str, tokens: Tokens, sync_conn: howdah.Connection
) -> None:
    tokens.rotate(sync_conn)
    async with await howdah.connect_async(
        database, user=tokens.role, password=tokens.later
    ) as conn:
        assert await conn.fetch_value("select current_user::text") == tokens.role
    with pytest.raises(errors.ProgrammingError, match="asynchronous") as caught:
        howdah.connect(database, user=tokens.role, password=tokens.later)
    assert "connect_async" in (caught.value.hint or "")


async def test_pools_ask_for_each_connection(
    database: str, tokens: Tokens, sync_conn: howdah.Connection
) -> None:
    tokens.rotate(sync_conn)
    with howdah.Pool(database, user=tokens.role, password=tokens, max_size=2) as pool:
        first = pool.acquire()
        tokens.rotate(sync_conn)
        second = pool.acquire()
        assert first.backend_pid != second.backend_pid
        pool.release(first)
        pool.release(second)
    assert tokens.asked == 2
    async with howdah.AsyncPool(database, user=tokens.role, password=tokens.later) as tasks:
        await tasks.execute("select 1")
    assert tokens.asked == 3


async def test_its_error_is_the_connection_s(connector: Connector) -> None:
    def vault_is_sealed() -> str:
        raise KeyError("sealed")

    with pytest.raises(KeyError, match="sealed"):
        await connector(password=vault_is_sealed)
    with pytest.raises(TypeError, match=r"expected str, found `(bytes|int)`") as caught:
        await connector(password=lambda: b"secret bytes")
    assert "secret" not in str(caught.value)


async def test_a_wrong_one_is_refused(connector: Connector) -> None:
    with pytest.raises(errors.InvalidPassword) as caught:
        await connector(password=lambda: "wrong and secret")
    assert "secret" not in repr(caught.value)


async def test_no_other_password_is_sought(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "of the environment")
    with pytest.raises(errors.ConnectionFailed, match="none was given"):
        await connector(password=lambda: "")


async def test_waiting_for_one_is_bounded(database: str) -> None:
    async def never() -> str:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(errors.ConnectionFailed, match="gave none within 1 s"):
        await howdah.connect_async(database, password=never, connect_timeout=1)


async def test_a_function_that_took_too_long_is_refused(connector: Connector) -> None:
    def slow() -> str:
        time.sleep(1)
        return "in vain"

    with pytest.raises(errors.ConnectionFailed, match=r"took .* s, `connect_timeout` is 1 s"):
        await connector(password=slow, connect_timeout=1)


async def test_its_own_timeout_stays_its_own(database: str) -> None:
    async def impatient() -> str:
        raise TimeoutError("of the vault")

    with pytest.raises(TimeoutError, match="of the vault"):
        await howdah.connect_async(database, password=impatient, connect_timeout=5)


def test_options_that_are_replaced_keep_it() -> None:
    def one() -> str:
        return "1"

    def other() -> str:
        return "2"

    config = howdah._native.Config.parse("host=/nowhere", {"password": one}, "test")
    assert config.password_source is one
    assert config.replace(connect_timeout=3).password_source is one
    assert config.replace(password="fixed").password_source is None
    assert config.replace(password=other).replace().password_source is other


def test_it_does_not_keep_its_owner_alive() -> None:
    class Vault:
        def __init__(self, source: Callable[[], str | Awaitable[str]] | None = None) -> None:
            options = {"password": source or self.token}
            self.config = howdah._native.Config.parse("host=/nowhere", options, "test")

        def token(self) -> str:
            return ""

    forgotten = weakref.ref(Vault())
    gc.collect()
    assert forgotten() is None
