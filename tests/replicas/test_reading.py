"""Where statements go, and what a session sees."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import howdah
import howdah.server
from howdah import errors
from howdah.orm.statements.base import Statement
from tests.replicas.conftest import urls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.replicas.conftest import Databases

WHERE = "select inet_server_port()"
LEAVE = "select pg_terminate_backend(pg_backend_pid()), pg_sleep(60)"


@pytest.fixture
def held_back(replicated: howdah.server.Server) -> Iterator[None]:
    """The replicas receive, but replay nothing more."""
    with howdah.connect(replicated.url) as primary:
        written = primary.fetch_value("select pg_current_wal_insert_lsn()::text")
    for replica in replicated.replicas:
        wait_for(replica.url, written)
    lines = [howdah.connect(replica.url) for replica in replicated.replicas]
    for line in lines:
        line.fetch("select pg_wal_replay_pause()")
        while line.fetch_value("select pg_get_wal_replay_pause_state()") != "paused":
            pass
    yield
    for line in lines:
        line.fetch("select pg_wal_replay_resume()")
        line.close()


async def test_reads_go_to_replicas_and_writes_to_the_primary(
    databases: Databases, replicated: howdah.server.Server
) -> None:
    ports = {replica.port for replica in replicated.replicas}
    async with databases(*urls(replicated)) as db:
        assert await db.fetch_value(WHERE, read_only=True) in ports
        assert await db.fetch_value(WHERE) == replicated.port
        async with db.read() as one, db.read() as other:
            found = {await one.fetch_value(WHERE), await other.fetch_value(WHERE)}
            assert found == ports, "the one with less to do"
        async with db.write() as conn:
            assert await conn.fetch_value(WHERE) == replicated.port
        async with db.transaction(read_only=True, isolation="repeatable read") as conn:
            assert await conn.fetch_value(WHERE) in ports
        async with db.transaction() as conn:
            assert conn.transaction_status == "in_transaction"
            assert await conn.fetch_value(WHERE) == replicated.port
        roles = [(server.role, server.is_used) for server in db.servers()]
        assert roles == [("primary", True), ("replica", True), ("replica", True)]


async def test_the_primary_is_found_wherever_it_is_named(
    databases: Databases, replicated: howdah.server.Server
) -> None:
    primary, (one, other) = urls(replicated)
    async with databases(one, [other, primary]) as db:
        assert await db.fetch_value(WHERE) == replicated.port
        assert db.servers()[2].role == "primary"


async def test_what_is_said_to_read_cannot_write_on_the_primary_neither(
    databases: Databases, replicated: howdah.server.Server
) -> None:
    async with databases(replicated.url, []) as db:
        assert await db.fetch_value(WHERE, read_only=True) == replicated.port
        with pytest.raises(errors.ReadOnlySqlTransaction):
            await db.fetch("insert into counter values (1) returning 1", read_only=True)
        assert await db.fetch_value("select count(*) from counter") == 1


async def test_a_session_reads_its_writes(
    databases: Databases, replicated: howdah.server.Server, held_back: None
) -> None:
    assert held_back is None
    count = "select value from counter"
    async with databases(*urls(replicated)) as db:
        before = await db.fetch_value(count, read_only=True)
        with db.session() as session:
            assert session.token is None
            assert await db.fetch_value(count, read_only=True) == before
            await db.execute("update counter set value = value + 1")
            assert await db.fetch_value(count, read_only=True) == before + 1
            assert await db.fetch_value(WHERE, read_only=True) == replicated.port
            async with db.transaction() as conn:
                await conn.execute("update counter set value = value + 1")
            assert await db.fetch_value(count, read_only=True) == before + 2
            token = session.token
        assert await db.fetch_value(count, read_only=True) == before, "as outside of a session"
        with db.session(after=token):
            assert await db.fetch_value(count, read_only=True) == before + 2


async def test_a_replica_that_has_replayed_the_commit_is_read(
    databases: Databases, replicated: howdah.server.Server
) -> None:
    ports = {replica.port for replica in replicated.replicas}
    async with databases(*urls(replicated), check_interval=3600) as db:
        with db.session() as session:
            await db.execute("update counter set value = value + 1")
            assert session.token is not None
            for replica in replicated.replicas:
                wait_for(replica.url, session.token)
            # the monitor has not looked since: the replica itself is asked
            assert await db.fetch_value(WHERE, read_only=True) in ports


async def test_a_lost_write_keeps_the_session_on_the_primary(
    databases: Databases, replicated: howdah.server.Server
) -> None:
    async with databases(*urls(replicated), check_interval=3600) as db:
        with db.session() as session:
            with pytest.raises(errors.Error):
                async with db.write() as conn:
                    with howdah.connect(replicated.url) as admin:
                        admin.fetch("select pg_terminate_backend($1, 5000)", conn.backend_pid)
                    await conn.execute("update counter set value = value")
            assert session._unknown_since is not None
            assert await db.fetch_value(WHERE, read_only=True) is not None
            # the loss has woken the monitor, which asks the primary once more
            deadline = time.monotonic() + 30
            while session._settle() is None:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.01)
            assert session.token is not None


async def test_sessions_belong_to_tasks(replicated: howdah.server.Server) -> None:
    primary, replicas = urls(replicated)
    async with howdah.AsyncDatabase(primary, replicas=replicas) as db:

        async def inside() -> str | None:
            async with db.session() as session:
                await db.execute("update counter set value = value")
                return session.token

        tokens = await asyncio.gather(inside(), inside())
        assert None not in tokens
        assert db._session() is None


async def test_a_lagging_replica_is_left_out(
    databases: Databases, replicated: howdah.server.Server, held_back: None
) -> None:
    assert held_back is None
    async with databases(*urls(replicated), max_lag_bytes=0) as db:
        await db.execute("update counter set value = value")
        await until(lambda: not any(server.is_used for server in db.servers()[1:]))
        assert await db.fetch_value(WHERE, read_only=True) == replicated.port
        assert "bytes behind" in (db.servers()[1].reason or "")


async def test_runs_are_repeated_on_the_primary(
    databases: Databases, replicated: howdah.server.Server
) -> None:
    attempts: list[int] = []

    async def work(conn: howdah.AsyncConnection) -> Any:
        attempts.append(1)
        if len(attempts) == 1:
            await conn.execute("do $$ begin raise serialization_failure; end $$")
        return await conn.fetch_value(WHERE)

    async with databases(*urls(replicated)) as db:
        assert await db.run(work) == replicated.port
    assert len(attempts) == 2


class Port(Statement[int]):
    """Where it runs, in two steps; the server of the first attempts goes away between them."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.asked: list[int] = []

    def _steps(self, _executor: Any) -> Any:
        port = yield lambda conn: conn.fetch_value(WHERE)
        self.asked.append(port)
        if len(self.asked) <= self.failures:
            yield lambda conn: conn.execute(LEAVE)
        return port


async def test_reads_of_the_orm_are_asked_again_elsewhere(
    databases: Databases, replicated: howdah.server.Server
) -> None:
    async with databases(*urls(replicated)) as db:
        patient = Port(failures=2)
        assert await db.fetch(patient, read_only=True) == patient.asked[-1]
        assert len(patient.asked) == 3
        hasty = Port(failures=1)
        with pytest.raises(errors.OperationalError):
            await db.fetch(hasty)
        assert hasty.asked == [replicated.port], "what may write is asked once"


async def test_nobody_to_ask(databases: Databases, replicated: howdah.server.Server) -> None:
    _, replicas = urls(replicated)
    async with databases(replicas[0], replicas[1:]) as db:
        with pytest.raises(errors.NoServer, match="no server takes writes: `127") as caught:
            async with db.write(timeout=0.2):
                pass
        assert "replica" in str(caught.value)
        assert caught.value.hint is not None
        assert await db.fetch_value("select 1", read_only=True) == 1
    with pytest.raises(errors.InterfaceError, match="closed"):
        await db.fetch_value("select 1")


async def test_passwords_from_functions(
    databases: Databases, replicated: howdah.server.Server
) -> None:
    asked: list[int] = []

    def password() -> str:
        asked.append(1)
        return replicated.password

    async def password_async() -> str:
        return password()

    bare, replicas = (
        url.replace(f":{replicated.password}@", "@")
        for url in (replicated.url, replicated.replicas[0].url)
    )
    function = password_async if databases.world == "async" else password
    async with databases(bare, [replicas], password=function) as db:
        assert await db.fetch_value(WHERE) == replicated.port
        assert await db.fetch_value(WHERE, read_only=True) == replicated.replicas[0].port
    assert asked


def test_misuse_is_refused(replicated: howdah.server.Server) -> None:
    primary, replicas = urls(replicated)
    with pytest.raises(errors.ProgrammingError, match="named twice"):
        howdah.Database(primary, replicas=[primary])
    with pytest.raises(errors.ProgrammingError, match="expected one host"):
        howdah.Database("postgresql://a,b/x")
    with pytest.raises(errors.ProgrammingError, match="not the token of a session"):
        howdah.Database(primary, replicas=replicas).session(after="yesterday")


def test_a_forgotten_database_leaves_no_thread(replicated: howdah.server.Server) -> None:
    db = howdah.Database(replicated.url, check_interval=0.01)
    db.open()
    db._monitor.close()
    del db
    for thread in threading.enumerate():
        if thread.name.startswith("howdah watches"):
            thread.join(timeout=30)
            assert not thread.is_alive()


def wait_for(url: str, token: str) -> None:
    """Until the replica has replayed the position."""
    with howdah.connect(url) as conn:
        while not conn.fetch_value("select pg_last_wal_replay_lsn() >= $1::text::pg_lsn", token):
            pass


async def until(condition: Any) -> None:
    """Until the monitor's threads have found out."""
    while not condition():  # noqa: ASYNC110 (threads tell no event)
        await asyncio.sleep(0.01)
