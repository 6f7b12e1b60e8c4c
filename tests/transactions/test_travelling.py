"""BEGIN and SAVEPOINT travel with the first statement of their block, and stay as safe as alone."""

from collections.abc import Iterator

import pytest

import howdah
from howdah import errors
from tests.conftest import Connector
from tests.faults.proxy import Proxy
from tests.transactions import status


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    with Proxy(database) as proxy:
        yield proxy


def trips(proxy: Proxy) -> int:
    """The round trips of the proxy's only line since the last call."""
    (line,) = proxy.lines
    made, line.carried.flights = line.carried.flights, 0
    return made


async def test_a_block_costs_its_statements_and_a_commit(world: str, proxy: Proxy) -> None:
    async with await Connector(world, proxy.url)() as conn:
        await conn.fetch("select $1::int", 1)
        trips(proxy)
        async with conn.transaction():
            assert trips(proxy) == 0
            assert await conn.fetch_value("select $1::int", 7) == 7
            assert trips(proxy) == 1
            async with conn.transaction():
                await conn.fetch("select $1::int", 1)
            assert trips(proxy) == 2
        assert trips(proxy) == 1
        async with conn.transaction(isolation="serializable"):
            await conn.execute("select 1")
            assert trips(proxy) == 1
        trips(proxy)
        async with conn.transaction():
            await conn.execute_many("select $1::int", [(1,), (2,)])
            assert trips(proxy) == 1


async def test_blocks_without_statements_never_reach_the_server(world: str, proxy: Proxy) -> None:
    async with await Connector(world, proxy.url)() as conn:
        trips(proxy)
        async with conn.transaction(read_only=True):
            async with conn.transaction():
                assert status(conn) == "in_transaction"
            assert status(conn) == "in_transaction"
        with pytest.raises(ZeroDivisionError):
            async with conn.transaction(force_rollback=True):
                raise ZeroDivisionError
        assert status(conn) == "idle"
        assert trips(proxy) == 0


async def test_a_cursors_begin_travels_too(world: str, proxy: Proxy) -> None:
    async with await Connector(world, proxy.url)() as conn:
        cur = conn.cursor()
        await cur.execute("select %s::int", (1,))
        await conn.rollback()
        trips(proxy)
        await cur.execute("select %s::int", (1,))
        assert (trips(proxy), status(conn)) == (1, "in_transaction")
        await conn.commit()
        assert (trips(proxy), status(conn)) == (1, "idle")


FIRST_STATEMENTS = {
    "a script": lambda conn: conn.execute("select 1; create table t (id int); select 2;"),
    "several results": lambda conn: conn.run("select 1; create table t ()", None, tuple, None),
    "one result": lambda conn: conn.run("create table t ()", None, tuple, None),
    "one statement": lambda conn: conn.execute("create table t (id int);"),
    "prepared": lambda conn: conn.run("create table t (id int)", (), tuple, None),
}


@pytest.mark.parametrize("first", FIRST_STATEMENTS)
async def test_any_first_statement_is_within_the_transaction(
    conn: howdah.AsyncConnection, first: str
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with conn.transaction():
            await FIRST_STATEMENTS[first](conn)
            assert status(conn) == "in_transaction"
            raise ZeroDivisionError
    assert await conn.fetch_value("select to_regclass('t')::text") is None
    assert status(conn) == "idle"


async def test_streams_and_copy_come_after_the_begin(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table t (id int)")
    async with conn.transaction():
        async for (number,) in conn.stream("select generate_series(1, 5)", batch=2):
            await conn.execute("insert into t values ($1)", number)
    async with conn.transaction(force_rollback=True):
        await conn.copy_rows("t", [(6,), (7,)])
    async with conn.transaction(force_rollback=True):
        await conn.copy_in("t", [b"8\n"])
    assert await conn.fetch_value("select count(*) from t") == 5


async def test_results_of_a_first_statement_by_the_simple_protocol(
    conn: howdah.AsyncConnection,
) -> None:
    async with conn.transaction():
        (result,) = await conn.run("select 1 as a, null::text as b, array[1,2]", None, tuple, None)
    assert result.rows == [(1, None, [1, 2])]
    async with conn.transaction():
        assert await conn.execute("select 1 union select 2") == 2
    async with conn.transaction():
        assert await conn.execute("  ") == 0


async def test_a_begin_that_fails_keeps_the_statement_from_running(
    conn: howdah.AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("howdah._modes._ISOLATION_LEVELS", ["chaos"])
    await conn.execute("create table t (id int)")
    with pytest.raises(errors.SyntaxError):
        async with conn.transaction(isolation="chaos"):  # type: ignore[arg-type]
            await conn.execute("insert into t values (1)")
    assert status(conn) == "idle"
    with pytest.raises(errors.InFailedSqlTransaction, match="rolled back"):
        async with conn.transaction(isolation="chaos"):  # type: ignore[arg-type]
            with pytest.raises(errors.SyntaxError):
                await conn.execute("insert into t values ($1)", 2)
            assert status(conn) == "failed"
            with pytest.raises(errors.InFailedSqlTransaction, match="could not begin"):
                await conn.execute("insert into t values (3)")
            with pytest.raises(errors.InFailedSqlTransaction):
                async with conn.transaction():
                    pass
    assert status(conn) == "idle"
    assert await conn.fetch_value("select count(*) from t") == 0


@pytest.mark.parametrize("end", ["commit", "rollback"])
async def test_what_was_refused_cannot_commit(conn: howdah.AsyncConnection, end: str) -> None:
    await conn.execute("create table t (id int)")
    conn.defer("begin")
    conn.defer("savepoint")  # which the grammar refuses
    with pytest.raises(errors.SyntaxError):
        await conn.cursor().execute("insert into t values (1)")
    assert status(conn) == "failed"
    conn.forget_deferred()
    if end == "commit":
        with pytest.raises(errors.InFailedSqlTransaction):
            await conn.commit()
    else:
        await conn.rollback()
    assert status(conn) == "idle"
    assert await conn.fetch_value("select count(*) from t") == 0


@pytest.mark.parametrize("query", ["selec 1", "select 1 / 0", "select $1::int / 0"])
async def test_a_first_statement_that_fails_fails_its_block(
    conn: howdah.AsyncConnection, query: str
) -> None:
    with pytest.raises(errors.InFailedSqlTransaction):
        async with conn.transaction():
            with pytest.raises(howdah.DatabaseError):
                await conn.execute(query, *[1] * query.count("$"))
            assert status(conn) == "failed"
    assert status(conn) == "idle"


async def test_a_first_statement_that_was_not_sent_leaves_the_block_open(
    conn: howdah.AsyncConnection,
) -> None:
    await conn.execute("create table t (id int)")
    with pytest.raises(ZeroDivisionError):
        async with conn.transaction():
            with pytest.raises(howdah.ProgrammingError, match="2 were given"):
                await conn.fetch("select $1::int", 1, 2)
            with pytest.raises(howdah.DataError):
                await conn.execute_many("insert into t values ($1)", [(object(),)])
            assert status(conn) == "in_transaction"
            await conn.execute("insert into t values (1)")
            raise ZeroDivisionError
    assert await conn.fetch_value("select count(*) from t") == 0


async def test_a_first_statement_that_is_given_up(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table t (id int)")
    with pytest.raises(errors.QueryTimeout):
        async with conn.transaction():
            await conn.execute("select pg_sleep(60)", timeout=0.05)
    assert status(conn) == "idle"
    async with conn.transaction():
        await conn.execute("insert into t values (1)")
    assert await conn.fetch_value("select count(*) from t") == 1


async def test_ends_before_any_statement(conn: howdah.AsyncConnection) -> None:
    async with conn.transaction():
        assert await conn.execute("") == 0
    conn.defer("begin")
    assert status(conn) == "in_transaction"
    await conn.rollback()
    assert status(conn) == "idle"
    assert conn.notices == []


async def test_an_error_points_into_the_statement_alone(conn: howdah.AsyncConnection) -> None:
    with pytest.raises(errors.UndefinedColumn) as caught:
        async with conn.transaction():
            await conn.execute("select nothing")
    assert caught.value.diag.statement_position == 8
    assert caught.value.query == "select nothing"


async def test_rows_of_what_travels_are_nobodys(conn: howdah.AsyncConnection) -> None:
    """Also where the statement is prepared, and its rows are taken without a look at them."""
    for _ in range(3):
        async with conn.transaction():
            conn.defer("select 7, 8 from generate_series(1, 3)")
            assert await conn.fetch("select 1 union select 2 order by 1", row=tuple) == [(1,), (2,)]
        async with conn.transaction():
            conn.defer("select 7")
            assert await conn.fetch_value("select 1") == 1
