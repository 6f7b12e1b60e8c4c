"""A connection's modes: what begins with the transactions that cursors and blocks open."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

import howdah
from howdah import errors

if TYPE_CHECKING:
    from howdah._modes import Isolation
    from tests.conftest import Connector

SHOWN = """
    select current_setting('transaction_isolation'), current_setting('transaction_read_only'),
           current_setting('transaction_deferrable')
"""


async def test_a_cursor_begins_with_them(conn: howdah.AsyncConnection) -> None:
    conn.isolation_level = "serializable"
    conn.read_only = True
    conn.deferrable = True
    cur = conn.cursor()
    await cur.execute(SHOWN)
    assert await cur.fetchone() == ("serializable", "on", "on")
    await conn.rollback()
    conn.isolation_level = conn.read_only = conn.deferrable = None
    await cur.execute(SHOWN)
    assert await cur.fetchone() == ("read committed", "off", "off")
    await conn.rollback()


async def test_a_block_that_says_wins(conn: howdah.AsyncConnection) -> None:
    conn.isolation_level = "serializable"
    conn.read_only = True
    async with conn.transaction(isolation="repeatable read"):
        assert await conn.fetch_one(SHOWN) == ("repeatable read", "on", "off")
    async with conn.transaction(read_only=False):
        assert await conn.fetch_one(SHOWN) == ("serializable", "off", "off")


async def test_a_savepoint_begins_without_them(conn: howdah.AsyncConnection) -> None:
    conn.isolation_level = "serializable"
    async with conn.transaction(), conn.transaction() as inner:
        assert inner.savepoint is not None
        assert await conn.fetch_value("show transaction_isolation") == "serializable"


async def test_they_do_not_touch_native_calls(conn: howdah.AsyncConnection) -> None:
    conn.read_only = True
    await conn.execute("create table t (id int)")
    assert await conn.fetch_value("show transaction_read_only") == "off"


async def test_they_cannot_change_inside_a_transaction(conn: howdah.AsyncConnection) -> None:
    async with conn.transaction():
        for name, value in (
            ("isolation_level", "serializable"),
            ("read_only", True),
            ("deferrable", True),
        ):
            with pytest.raises(errors.ProgrammingError, match=f"`{name}` cannot change"):
                setattr(conn, name, value)


async def test_an_unknown_level_is_refused(conn: howdah.AsyncConnection) -> None:
    with pytest.raises(errors.ProgrammingError, match="unknown isolation level `chaos`"):
        conn.isolation_level = cast("Isolation", "chaos")
    assert conn.isolation_level is None


async def test_a_pool_restores_those_of_its_configure(connector: Connector) -> None:
    def configure(connection: howdah.Connection) -> None:
        connection.isolation_level = "repeatable read"

    async def configure_async(connection: howdah.AsyncConnection) -> None:
        connection.isolation_level = "repeatable read"

    if connector.world == "sync":
        with howdah.Pool(connector.url, max_size=1, configure=configure) as pool:
            with pool.connection() as connection:
                connection.isolation_level, connection.read_only = "serializable", True
            with pool.connection() as connection:
                assert (connection.isolation_level, connection.read_only) == (
                    "repeatable read",
                    None,
                )
        return
    async with howdah.AsyncPool(connector.url, max_size=1, configure=configure_async) as tasks:
        async with tasks.connection() as borrowed:
            borrowed.isolation_level, borrowed.read_only = "serializable", True
        async with tasks.connection() as borrowed:
            assert (borrowed.isolation_level, borrowed.read_only) == ("repeatable read", None)
