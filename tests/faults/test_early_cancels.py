"""A cancel that overtakes its statement has no effect on the server: it must be sent again."""

from __future__ import annotations

import threading
import time

import pytest

from howdah import errors
from tests.conftest import Connector
from tests.faults.proxy import Proxy


def let_pass_after_a_cancel(proxy: Proxy) -> None:
    """Let the statement through once another line, that of the cancel, has come and gone."""
    (line,) = proxy.lines
    deadline = time.monotonic() + 20
    while len(proxy.lines) < 2 or proxy.lines[-1].alive():
        if time.monotonic() > deadline:
            break  # the test fails, and does not hang
        time.sleep(0.005)
    line.open_to_server.set()


async def test_a_statement_that_comes_after_its_cancel_is_cancelled(
    database: str, world: str
) -> None:
    with Proxy(database) as proxy:
        async with await Connector(world, proxy.url)() as conn:
            await conn.fetch_value("select pg_sleep($1)", 0)
            proxy.lines[0].open_to_server.clear()
            threading.Thread(target=let_pass_after_a_cancel, args=(proxy,), daemon=True).start()
            with pytest.raises(errors.QueryTimeout):
                await conn.fetch_value("select pg_sleep($1)", 600, timeout=0.05)
            assert await conn.fetch_value("select 1") == 1
