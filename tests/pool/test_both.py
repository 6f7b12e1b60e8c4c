"""What threads' and asyncio's pools have in common."""

import asyncio
import time
from typing import Any

import pytest

import howdah
from howdah import errors
from tests.conftest import Connector
from tests.pool.conftest import Pools


async def eventually(condition: Any, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        await asyncio.sleep(0.01)


async def test_connections_are_used_again(pools: Pools) -> None:
    async with pools() as pool:
        pids = set()
        for _ in range(5):
            async with pool.connection() as conn:
                pids.add(conn.backend_pid)
        assert len(pids) == 1
        stats = pool.stats()
        assert (stats.size, stats.idle, stats.in_use, stats.opened) == (1, 1, 0, 1)
        assert (stats.acquired, stats.waits) == (6, 0)  # one by `open`


async def test_shortcuts(pools: Pools) -> None:
    async with pools() as pool:
        assert await pool.execute("create table t (id int)") == 0
        assert await pool.execute("insert into t values ($1), (2)", 1) == 2
        assert await pool.fetch("select id from t order by id") == [(1,), (2,)]
        assert await pool.fetch("select id from t where id = $1", 1, row=dict) == [{"id": 1}]
        assert await pool.fetch_one("select id from t where id = 3") is None
        assert await pool.fetch_value("select count(*) from t") == 2
        with pytest.raises(errors.DivisionByZero):
            await pool.fetch_value("select 1 / 0")
        assert pool.stats().in_use == 0


async def test_min_size_is_opened_and_sizes_are_limits(pools: Pools) -> None:
    async with pools(min_size=3, max_size=4, max_overflow=1) as pool:
        assert pool.stats().idle == 3
        held = [await pool.acquire() for _ in range(5)]
        with pytest.raises(errors.PoolTimeout, match="5 of 5 are in use"):
            await pool.acquire(timeout=0.05)
        with pytest.raises(errors.PoolTimeout):
            await pool.acquire(timeout=0)
        for conn in held:
            await pool.release(conn)
        stats = pool.stats()
        assert (stats.idle, stats.closed, stats.timeouts) == (4, 1, 2)


async def test_returning_rolls_back(pools: Pools) -> None:
    async with pools() as pool:
        conn = await pool.acquire()
        await conn.cursor().execute("create table t (id int)")
        await pool.release(conn)
        assert await pool.fetch_value("select to_regclass('t')::text") is None
        conn = await pool.acquire()
        block = conn.transaction()
        await block.__aenter__()
        await pool.release(conn)
        async with pool.connection() as conn:
            assert conn.transaction_status == "idle"
            await conn.commit()  # the abandoned block is forgotten


async def test_a_block_commits_what_a_cursor_did(pools: Pools) -> None:
    async with pools() as pool:
        async with pool.connection() as conn:
            await conn.cursor().execute("create table t (id int)")
        with pytest.raises(ZeroDivisionError):
            async with pool.connection() as conn:
                await conn.cursor().execute("insert into t values (1)")
                raise ZeroDivisionError
        assert await pool.fetch_value("select count(*) from t") == 0
        assert pool.stats().opened == 1


async def test_a_failed_transaction_is_not_committed_silently(pools: Pools) -> None:
    async with pools() as pool:
        with pytest.raises(errors.InFailedSqlTransaction):
            async with pool.connection() as conn:
                with pytest.raises(errors.DivisionByZero):
                    await conn.cursor().execute("select 1 / 0")
        assert await pool.fetch_value("select 1") == 1


@pytest.mark.parametrize(
    ("reset", "setting", "lock"),
    [("if-dirty", "0", True), ("full", "0", False), ("none", "7s", True)],
)
async def test_reset_policies(pools: Pools, reset: str, setting: str, lock: bool) -> None:
    async with pools(max_size=1, reset=reset) as pool:
        held = "select count(*) > 0 from pg_locks where locktype = 'advisory'"
        await pool.execute("select pg_advisory_lock(1)")
        assert await pool.fetch_value(held) is lock
        await pool.execute("set lock_timeout = '7s'")
        assert await pool.fetch_value("show lock_timeout") == setting
        assert pool.stats().opened == 1


async def test_reset_by_a_callable(pools: Pools) -> None:
    async def reset(conn: howdah.AsyncConnection) -> None:
        await conn.execute("set lock_timeout = '3s'")

    async with pools(max_size=1, reset=reset) as pool:
        await pool.execute("select 1")
        assert await pool.fetch_value("show lock_timeout") == "3s"


async def test_configure_holds_after_a_reset(pools: Pools) -> None:
    async def configure(conn: howdah.AsyncConnection) -> None:
        await conn.cursor().execute("set lock_timeout = '4s'")

    async with pools(max_size=1, configure=configure) as pool:
        assert await pool.fetch_value("show lock_timeout") == "4s"
        await pool.execute("set lock_timeout = '9s'")
        assert await pool.fetch_value("show lock_timeout") == "4s"
        assert pool.stats().opened == 1


async def test_what_configure_chose_is_every_borrowers(pools: Pools) -> None:
    heard: list[str | None] = []

    async def configure(conn: howdah.AsyncConnection) -> None:
        conn.add_notice_handler(lambda notice: heard.append(notice.message_primary))
        conn.set_json_loads(lambda text: text.decode())
        conn.codecs["int4"] = "text"
        conn.autocommit = True

    async def spoil(conn: howdah.AsyncConnection) -> None:
        conn.set_json_loads(None)
        conn.codecs.clear()
        conn.autocommit = False
        conn.add_notice_handler(lambda _: heard.append("spoiled"))

    async with pools(max_size=1, configure=configure) as pool:
        for statement in ("select 1", "set lock_timeout = '9s'"):  # the second has it called again
            async with pool.connection() as conn:
                await spoil(conn)
                await conn.execute(statement)
            async with pool.connection() as conn:
                assert await conn.fetch_one("select '[]'::json, 1", row=tuple) == ("[]", "1")
                assert conn.autocommit
                await conn.execute("do $$ begin raise notice 'hear'; end $$")
        assert heard == ["hear", "hear"]
        assert pool.stats().opened == 1


async def test_an_error_in_configure_is_raised(pools: Pools) -> None:
    async def configure(conn: howdah.AsyncConnection) -> None:
        await conn.execute("selekt")

    with pytest.raises(errors.SyntaxError):
        async with pools(configure=configure):
            pass


async def test_a_listener_does_not_outlive_its_user(pools: Pools) -> None:
    heard: list[object] = []
    async with pools(max_size=1) as pool:
        async with pool.connection() as conn:
            await conn.add_listener("jobs", heard.append)
        async with pool.connection() as conn:
            await conn.execute("notify jobs")
            await conn.execute("select 1")
        assert heard == []


async def test_autocommit_is_the_pools_again(pools: Pools) -> None:
    async with pools(max_size=1) as pool:
        async with pool.connection() as conn:
            conn.autocommit = True
        async with pool.connection() as conn:
            assert conn.autocommit is False
    async with pools(max_size=1, autocommit=True) as pool, pool.connection() as conn:
        assert conn.autocommit is True


async def leave_a_block_that_sql_ended(conn: howdah.AsyncConnection) -> None:
    await conn.transaction().__aenter__()
    await conn.execute("commit")


async def leave_modes(conn: howdah.AsyncConnection) -> None:
    conn.isolation_level = "serializable"
    conn.read_only = conn.deferrable = True


async def leave_codecs(conn: howdah.AsyncConnection) -> None:
    conn.codecs["int4"] = "text"


async def leave_a_reader_of_json(conn: howdah.AsyncConnection) -> None:
    conn.set_json_loads(bytes)


async def leave_a_handler_of_notices(conn: howdah.AsyncConnection) -> None:
    conn.add_notice_handler(lambda notice: pytest.fail(f"heard {notice}"))


async def leave_notices(conn: howdah.AsyncConnection) -> None:
    await conn.execute("do $$ begin raise notice 'left behind'; end $$")
    assert len(conn.notices) == 1


async def leave_autocommit(conn: howdah.AsyncConnection) -> None:
    conn.autocommit = True


async def leave_a_stream(conn: howdah.AsyncConnection) -> None:
    rows = conn.stream("select generate_series(1, 10000)", batch=10)
    await rows.__aenter__()
    await anext(aiter(rows))


async def leave_a_pipeline(conn: howdah.AsyncConnection) -> None:
    pipeline = conn.pipeline()
    await pipeline.__aenter__()
    pipeline.execute("create table left_behind (id int)")


async def leave_a_deferred_begin(conn: howdah.AsyncConnection) -> None:
    await conn.transaction().__aenter__()


async def leave_two_phases(conn: howdah.AsyncConnection) -> None:
    await conn.tpc_begin(conn.xid(1, "left", "behind"))


async def leave_a_setting(conn: howdah.AsyncConnection) -> None:
    await conn.execute("set search_path = nowhere")


@pytest.mark.parametrize(
    "leave",
    [
        leave_a_block_that_sql_ended,
        leave_modes,
        leave_codecs,
        leave_a_reader_of_json,
        leave_a_handler_of_notices,
        leave_notices,
        leave_autocommit,
        leave_a_stream,
        leave_a_pipeline,
        leave_a_deferred_begin,
        leave_two_phases,
        leave_a_setting,
    ],
)
async def test_the_next_user_finds_nothing_of_the_last(pools: Pools, leave: Any) -> None:
    async with pools(max_size=1) as pool:
        conn = await pool.acquire()
        await leave(conn)
        await pool.release(conn)
        for _ in range(2):  # the second time it was clean
            async with pool.connection() as conn:
                assert conn.transaction_status == "idle"
                assert (conn.autocommit, conn.isolation_level) == (False, None)
                assert (conn.read_only, conn.deferrable) == (None, None)
                async with conn.transaction():
                    assert await conn.fetch_value("select 1::int4") == 1
                    assert await conn.fetch_value("select '[1]'::json") == [1]
                assert conn.notices == []
                await conn.execute("do $$ begin raise notice 'hear'; end $$")
                assert await conn.fetch_value("show search_path") == '"$user", public'
                assert await conn.fetch_value("select to_regclass('left_behind')::text") is None
        assert pool.stats().size == 1


@pytest.mark.parametrize("check", [True, "callable"])
async def test_check_sees_what_the_socket_does_not(pools: Pools, check: Any) -> None:
    async def callable_check(conn: howdah.AsyncConnection) -> None:
        await conn.execute("select 1")

    async with pools(check=callable_check if check == "callable" else check) as pool:
        conn = await pool.acquire()
        pid = conn.backend_pid
        await pool.release(conn)
        async with pool.connection() as conn:
            assert conn.backend_pid == pid
        assert pool.stats().lost == 0


async def test_a_check_that_fails_drops_the_connection(pools: Pools) -> None:
    seen: list[int] = []

    async def check(conn: howdah.AsyncConnection) -> None:
        seen.append(conn.backend_pid)
        if len(seen) < 3:
            raise errors.OperationalError("not this one")

    async with pools(min_size=0, max_size=2, check=check) as pool:
        async with pool.connection() as conn:
            assert conn.backend_pid == seen[-1]
        assert len(set(seen)) == 3
        assert pool.stats().lost == 2


async def test_a_terminated_idle_connection_is_not_handed_out(pools: Pools) -> None:
    async with pools(min_size=2, max_size=3) as pool:
        async with pool.connection() as victim:
            pid = victim.backend_pid
        async with await howdah.connect_async(pools.url) as killer:
            assert await killer.fetch_value("select pg_terminate_backend($1, 5000)", pid)
        for _ in range(5):
            assert await pool.fetch_value("select 1") == 1
        assert pool.stats().lost == 1
        await eventually(lambda: pool.stats().idle == 2)


async def test_a_connection_lost_in_use_is_replaced(pools: Pools) -> None:
    async with pools(min_size=1) as pool:
        with pytest.raises(howdah.OperationalError):
            async with pool.connection() as conn:
                await conn.execute("select pg_terminate_backend(pg_backend_pid())")
        await eventually(lambda: pool.stats().idle == 1)
        assert await pool.fetch_value("select 1") == 1
        stats = pool.stats()
        assert (stats.lost, stats.opened) == (1, 2)


async def test_max_lifetime(pools: Pools) -> None:
    async with pools(min_size=1, max_lifetime=0.3) as pool:
        async with pool.connection() as conn:
            first = conn.backend_pid
        await eventually(lambda: pool.stats().opened >= 3)
        async with pool.connection() as conn:
            assert conn.backend_pid != first
        assert pool.stats().closed >= 2


async def test_max_lifetime_of_a_connection_in_use(pools: Pools) -> None:
    async with pools(min_size=0, max_lifetime=0.05) as pool:
        async with pool.connection() as conn:
            await asyncio.sleep(0.1)
            assert await conn.fetch_value("select 1") == 1
        assert pool.stats().size == 0


async def test_max_idle(pools: Pools) -> None:
    async with pools(min_size=1, max_size=5, max_idle=0.2) as pool:
        held = [await pool.acquire() for _ in range(5)]
        for conn in held:
            await pool.release(conn)
        assert pool.stats().idle == 5
        await eventually(lambda: pool.stats().idle == 1)


async def test_resize(pools: Pools) -> None:
    async with pools(min_size=1, max_size=2) as pool:
        pool.resize(3, 4)
        await eventually(lambda: pool.stats().idle == 3)
        pool.resize(0, 1)
        await eventually(lambda: pool.stats().idle == 1)
        for sizes in ((-1, 1), (2, 1), (0, 0)):
            with pytest.raises(ValueError, match="sizes must be"):
                pool.resize(*sizes)


async def test_a_foreign_connection_cannot_be_returned(pools: Pools) -> None:
    async with pools() as pool:
        async with pool.connection() as conn:
            pass
        with pytest.raises(howdah.InterfaceError, match="not one that this pool has given out"):
            await pool.release(conn)


async def test_a_wrong_password_is_raised_at_once(pools: Pools) -> None:
    started = time.monotonic()
    with pytest.raises((errors.InvalidPassword, errors.ConnectionFailed)):
        async with pools(password="wrong"):
            pass
    assert time.monotonic() - started < 3


async def test_nobody_there_at_the_start_is_raised_at_once(pools: Pools) -> None:
    started = time.monotonic()
    with pytest.raises(errors.ConnectionFailed):
        async with pools(port=1):
            pass
    assert time.monotonic() - started < 3


async def test_a_closed_pool(pools: Pools) -> None:
    async with pools() as pool:
        conn = await pool.acquire()
        started = time.monotonic()
        await pool.close(timeout=0.1)
        assert time.monotonic() - started < 2
        assert pool.closed
        with pytest.raises(errors.PoolClosed):
            await pool.acquire()
        with pytest.raises(errors.PoolClosed):
            await pool.fetch("select 1")
        await pool.release(conn)
        assert conn.closed
        assert "closed" in repr(pool)


async def test_the_pool_names_itself(pools: Pools) -> None:
    async with pools(name="shop", application_name="shop worker") as pool:
        assert pool.name == "shop"
        assert await pool.fetch_value("show application_name") == "shop worker"
        assert repr(pool).endswith("shop: 0 of 1 in use>")


async def test_a_connection_whose_statement_was_given_up_comes_back(pools: Pools) -> None:
    async with pools(max_size=1) as pool:
        started = time.monotonic()
        with pytest.raises(errors.QueryTimeout):
            await pool.execute("select pg_sleep(60)", timeout=0.05)
        assert await pool.fetch_value("select 1") == 1
        assert time.monotonic() - started < 5
        assert pool.stats().size == 1


@pytest.mark.parametrize("reset", ["if-dirty", "full"])
async def test_a_reset_is_done_before_the_next_statement(pools: Pools, reset: str) -> None:
    async with pools(max_size=1, reset=reset) as pool:
        for number in range(30):
            async with pool.connection() as conn:
                assert await conn.fetch_value("show lock_timeout") == "0"
                await conn.execute(f"set lock_timeout = '{number + 1}s'")
                await conn.execute("create temporary table t ()")
        async with pool.connection() as conn, conn.transaction():
            assert await conn.fetch_value("show lock_timeout") == "0"
        stats = pool.stats()
        assert (stats.opened, stats.lost) == (1, 0)


async def test_a_reset_that_fails_drops_its_connection(
    pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("pool", "async_pool"):
        monkeypatch.setattr(f"howdah.{module}.RESET_SESSION", "select 1 / 0")
    async with pools(max_size=1, reset="full") as pool:
        conn = await pool.acquire()
        pid = conn.backend_pid
        await pool.release(conn)
        await eventually(lambda: not conn.is_alive())
        async with pool.connection() as conn:
            assert conn.backend_pid != pid
            assert await conn.fetch_value("select 1") == 1
        assert pool.stats().lost >= 1


async def test_a_new_connection_is_not_reset(pools: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    async with pools(min_size=0, max_size=2, reset="full") as pool:
        for module in ("pool", "async_pool"):
            monkeypatch.setattr(f"howdah.{module}.RESET_SESSION", "select 1 / 0")
        async with pool.connection():
            pool.resize(2, 2)
            await eventually(lambda: pool.stats().idle == 1)
            async with pool.connection() as second:
                assert await second.fetch_value("select 1") == 1
            assert pool.stats().opened == 2


async def test_a_statement_is_not_sent_after_a_reset_that_failed(
    connector: Connector,
) -> None:
    async with await connector() as other:
        await other.execute("create table t (id int)")
        conn = await connector()
        conn.send_ahead("select pg_sleep(0.2); select 1 / 0")
        assert (conn.busy, conn.transaction_status) == (False, "idle")
        with pytest.raises(errors.ConnectionLost, match="could not be reset") as caught:
            await conn.execute("insert into t values (1)")
        assert isinstance(caught.value.__cause__, errors.DivisionByZero)
        assert conn.closed
        assert await other.fetch_value("select count(*) from t") == 0


async def test_what_is_sent_ahead_is_no_change_of_the_session(conn: howdah.AsyncConnection) -> None:
    before = conn.session_changes
    conn.send_ahead("set lock_timeout = '3s'; reset all; discard temp")
    assert await conn.fetch_value("select 1") == 1
    assert conn.session_changes == before
    await conn.execute("set lock_timeout = '3s'")
    assert conn.session_changes > before
