"""Connections cut around COMMIT: before it is sent, and before its answer comes."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import errors
from tests.faults.proxy import Fault, Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.retry.conftest import Runs


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    with howdah.connect(database) as admin:
        admin.execute("create table work (who text)")
    with Proxy(database) as proxy:
        yield proxy


def rows(database: str) -> int:
    with howdah.connect(database) as admin:
        return int(admin.fetch_value("select count(*) from work"))


def cut_the_answer(proxy: Proxy) -> None:
    """Let the open line carry no further byte to the client, which then sees its end."""
    line = proxy.lines[-1]
    line.later = Fault("to_client", line.carried.to_client)


def cut_the_next_request(proxy: Proxy) -> None:
    line = proxy.lines[-1]
    line.later = Fault("to_server", line.carried.to_server)


async def test_lost_before_commit_was_sent(runs: Runs, database: str, proxy: Proxy) -> None:
    attempts: list[int] = []

    async def insert(conn: howdah.AsyncConnection) -> str:
        await conn.execute("insert into work values ('me')")
        attempts.append(1)
        if len(attempts) == 1:
            proxy.cut_all()
            await conn.fetch("select 1")
        return "done"

    async with runs.pool(proxy.url, min_size=0) as pool:
        assert await runs(pool, insert) == "done"
    assert (len(attempts), rows(database)) == (2, 1)


async def test_committed_but_the_answer_was_lost(runs: Runs, database: str, proxy: Proxy) -> None:
    attempts: list[int] = []

    async def insert(conn: howdah.AsyncConnection) -> str:
        await conn.execute("insert into work values ('me')")
        attempts.append(1)
        cut_the_answer(proxy)
        return "done"

    async with runs.pool(proxy.url, min_size=0) as pool:
        assert await runs(pool, insert) == "done", "the server knows that it was committed"
    assert (len(attempts), rows(database)) == (1, 1)


async def test_the_commit_itself_was_lost(runs: Runs, database: str, proxy: Proxy) -> None:
    attempts: list[int] = []

    async def insert(conn: howdah.AsyncConnection) -> str:
        await conn.execute("insert into work values ('me')")
        attempts.append(1)
        if len(attempts) == 1:
            cut_the_next_request(proxy)
        return "done"

    async with runs.pool(proxy.url, min_size=0) as pool:
        assert await runs(pool, insert) == "done", "the server knows that it was rolled back"
    assert (len(attempts), rows(database)) == (2, 1)


@pytest.mark.parametrize("resolve", [True, False])
async def test_an_unknown_fate_is_said(
    runs: Runs, database: str, proxy: Proxy, resolve: bool
) -> None:
    attempts: list[int] = []

    async def insert(conn: howdah.AsyncConnection) -> None:
        await conn.execute("insert into work values ('me')")
        attempts.append(1)
        cut_the_answer(proxy)
        if resolve:
            proxy.fault = Fault("to_server", 0)  # nobody can be asked

    async with runs.pool(proxy.url, min_size=0) as pool:
        with pytest.raises(errors.CommitUnknown) as caught:
            await runs(pool, insert, resolve=resolve, deadline=0.5)
    assert isinstance(caught.value.xid, int) is resolve
    assert (len(attempts), rows(database)) == (1, 1)


async def test_a_connection_alone_cannot_go_on(runs: Runs, database: str, proxy: Proxy) -> None:
    runs.url = proxy.url
    attempts: list[int] = []

    async def insert(conn: howdah.AsyncConnection) -> None:
        attempts.append(1)
        await conn.execute("insert into work values ('me')")
        proxy.cut_all()
        await conn.fetch("select 1")

    async with runs.connection() as connection:
        with pytest.raises(errors.ConnectionLost) as caught:
            await runs(connection, insert)
        assert not isinstance(caught.value, errors.CommitUnknown)
    assert (len(attempts), rows(database)) == (1, 0)


async def test_blocks_and_commits_say_it_without_a_retry(
    runs: Runs, database: str, proxy: Proxy
) -> None:
    runs.url = proxy.url
    async with runs.connection() as connection:
        conn = runs.awaited(connection)
        with pytest.raises(errors.CommitUnknown, match="after COMMIT was sent"):
            async with conn.transaction():
                await conn.execute("insert into work values ('block')")
                cut_the_answer(proxy)
    async with runs.connection() as connection:
        conn = runs.awaited(connection)
        await conn.cursor().execute("insert into work values ('cursor')")
        cut_the_answer(proxy)
        with pytest.raises(errors.CommitUnknown):
            await conn.commit()
    assert rows(database) == 2


def test_a_server_that_restarted_cannot_tell(database: str) -> None:
    """After a crash the id may be another transaction's: its fate is not asked."""
    from howdah._retry_policy import FATE, MARK

    with howdah.connect(database) as conn:
        xid, life = conn.fetch_one(MARK, row=tuple) or ("", "")
        assert conn.fetch_value(FATE, xid, life) == "committed"
        assert conn.fetch_value(FATE, xid, life + "1") is None
        with conn.transaction(force_rollback=True):
            xid, life = conn.fetch_one(MARK, row=tuple) or ("", "")
            assert conn.fetch_value(FATE, xid, life) == "in progress"
        assert conn.fetch_value(FATE, xid, life) == "aborted"


def test_an_error_of_commit_unknown_travels() -> None:
    error: Any = errors.CommitUnknown("lost")
    error.xid = 7
    assert pickle.loads(pickle.dumps(error)).xid == 7
