"""Named cursors on the server, in both worlds."""

import gc
from decimal import Decimal

import pytest

import howdah
from howdah import errors
from tests.conftest import Connector

NUMBERS = "select n from generate_series(1, %s) n"
OPEN = "select name from pg_cursors where not statement like '%pg_cursors%' order by name"


async def names(conn: howdah.AsyncConnection) -> list[str]:
    return [name for (name,) in await conn.fetch(OPEN)]


async def test_rows_come_as_they_are_asked_for(conn: howdah.AsyncConnection) -> None:
    async with conn.cursor("c") as cur:
        assert await cur.execute(NUMBERS, (5000,)) is not None
        assert (cur.name, cur.rowcount, cur.rownumber) == ("c", -1, 0)
        assert [column.name for column in cur.description or ()] == ["n"]
        assert await cur.fetchone() == (1,)
        assert await cur.fetchmany() == [(2,)]
        assert await cur.fetchmany(3) == [(3,), (4,), (5,)]
        assert await cur.fetchmany(0) == []
        assert cur.rownumber == 5
        assert await cur.fetchall() == [(n,) for n in range(6, 5001)]
        assert await cur.fetchone() is None
        assert await cur.fetchall() == []
        assert cur.rownumber == 5000
        assert await names(conn) == ["c"]
    assert await names(conn) == []
    assert conn.transaction_status == "in_transaction"


async def test_iteration_fetches_in_batches(conn: howdah.AsyncConnection) -> None:
    fetched = "select count(*)::int from seen"
    await conn.execute("create sequence calls; create table seen (n int)")
    await conn.execute(
        "create function see(n int) returns int language plpgsql as"
        " $$ begin insert into seen values (n); return n; end $$"
    )
    cur = conn.cursor("c", scrollable=False)
    await cur.execute("select see(n) from generate_series(1, 100) n")
    cur.itersize = 10
    rows = aiter(cur)
    assert [await anext(rows) for _ in range(3)] == [(1,), (2,), (3,)]
    assert await conn.fetch_value(fetched) == 10
    assert await cur.fetchmany(9) == [(n,) for n in range(4, 13)]
    assert await conn.fetch_value(fetched) == 12
    assert [row async for row in cur] == [(n,) for n in range(13, 101)]
    assert [row async for row in cur] == []
    await cur.close()


async def test_values_are_those_of_fetch(conn: howdah.AsyncConnection) -> None:
    await conn.execute(
        "create type mood as enum ('sad', 'ok'); create type pair as (a int, b mood)"
    )
    query = """select n, n::numeric(6, 2) / 7, 'ok'::mood, array[(n, 'sad')::pair], row(n, 'x'),
        timestamptz '2024-02-29 12:00+02', null::uuid, '{"a": 1}'::jsonb, 'a b'::tsvector
        from generate_series(1, 3) n"""
    expected = await conn.fetch(query, row=tuple)
    cur = conn.cursor("c")
    await cur.execute(query)
    assert [await cur.fetchone(), *await cur.fetchall()] == expected
    await conn.rollback()
    # the name serves another query, with other columns
    await cur.execute("select 'one'::text, 2.5")
    assert [row async for row in cur] == [("one", Decimal("2.5"))]
    await conn.execute("close c; declare c cursor for select 7::int8, true")
    assert await cur.fetchall() == [(7, True)]
    await cur.execute("select from generate_series(1, 2)")
    assert await cur.fetchall() == [(), ()]


async def test_scrolling(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor("c", scrollable=True)
    await cur.execute(NUMBERS, (100,))
    await cur.scroll(9)
    assert await cur.fetchone() == (10,)
    await cur.scroll(-10)
    assert await cur.fetchone() == (1,)
    await cur.scroll(99, "absolute")
    assert cur.rownumber == 99
    assert await cur.fetchall() == [(100,)]
    with pytest.raises(IndexError, match="before the first"):
        await cur.scroll(-1, "absolute")
    with pytest.raises(IndexError, match="row 101 is beyond the end"):
        await cur.scroll(101, "absolute")
    await cur.scroll(0, "absolute")
    assert await cur.fetchone() == (1,)
    with pytest.raises(errors.ProgrammingError, match="unknown scroll mode"):
        await cur.scroll(1, "sideways")  # type: ignore[arg-type]


async def test_scrolling_amid_rows_that_were_fetched_ahead(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor("c", scrollable=True)
    await cur.execute(NUMBERS, (100,))
    cur.itersize = 20
    assert await anext(aiter(cur)) == (1,)
    await cur.scroll(5)
    assert await cur.fetchone() == (7,)
    await cur.scroll(-3)
    assert await cur.fetchone() == (5,)
    assert await anext(aiter(cur)) == (6,)
    await cur.scroll(40)
    assert await cur.fetchmany(2) == [(47,), (48,)]


async def test_a_forward_cursor_skips_but_never_returns(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor("c", scrollable=False)
    await cur.execute(NUMBERS, (100,))
    await cur.scroll(50)
    assert await cur.fetchone() == (51,)
    with pytest.raises(errors.ObjectNotInPrerequisiteState):
        await cur.scroll(-20)
    await cur.close()
    await conn.rollback()


async def test_held_cursors_outlive_a_commit(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor("held", withhold=True)
    await cur.execute(NUMBERS, (3,))
    assert await cur.fetchone() == (1,)
    await conn.commit()
    assert conn.transaction_status == "idle"
    assert await cur.fetchone() == (2,)
    assert await names(conn) == ["held"]
    await cur.close()
    assert await names(conn) == []


async def test_under_autocommit_a_cursor_is_held_or_in_a_block(connector: Connector) -> None:
    async with await connector(autocommit=True) as conn:
        with pytest.raises(errors.ProgrammingError, match="needs an open transaction") as raised:
            await conn.cursor("c").execute("select 1")
        assert "withhold" in (raised.value.hint or "")
        async with conn.transaction(), conn.cursor("c") as cur:
            await cur.execute("select 1")
            assert await cur.fetchall() == [(1,)]
        held = conn.cursor("held", withhold=True)
        for query, params in (("select 1", None), ("select %s::int", (1,))):
            await held.execute(query, params)
            assert conn.transaction_status == "idle"
            assert await held.fetchall() == [(1,)]
        await held.close()


async def test_closing_never_fails(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor("c")
    await cur.execute("select 1")
    await conn.commit()
    await cur.close()
    failed = conn.cursor("c")
    await failed.execute("select 1")
    with pytest.raises(errors.DivisionByZero):
        await conn.execute("select 1/0")
    await failed.close()
    assert conn.transaction_status == "failed"
    await conn.rollback()
    await failed.close()
    with pytest.raises(errors.InterfaceError, match="closed"):
        await failed.fetchone()


async def test_closing_leaves_a_later_cursor_of_the_name(conn: howdah.AsyncConnection) -> None:
    first, second = conn.cursor("c"), conn.cursor("c")
    await first.execute("select 1")
    await conn.commit()
    await second.execute("select 2")
    await first.close()
    assert await second.fetchall() == [(2,)]


async def test_a_cursor_executes_again(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor("c")
    await cur.execute("select 1")
    await cur.execute("select 'x' as letter, %s as two", ("2",))
    assert [column.name for column in cur.description or ()] == ["letter", "two"]
    assert await cur.fetchall() == [("x", "2")]
    assert cur.rownumber == 1
    with pytest.raises(errors.UndefinedColumn):
        await cur.execute("select nonsense")
    await conn.rollback()
    with pytest.raises(errors.ProgrammingError, match="no rows"):
        await cur.fetchone()


async def test_rows_are_updated_where_the_cursor_stands(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table item (id int); insert into item values (1), (2), (3)")
    name = 'my "cursor"'
    async with conn.transaction(), conn.cursor(name) as cur:
        await cur.execute("select id from item order by id for update -- locked")
        await cur.fetchmany(2)
        await conn.execute('update item set id = 20 where current of "my ""cursor"""')
    assert await conn.fetch("select id from item order by id") == [(1,), (3,), (20,)]


async def test_every_type_has_its_value(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create type mood as enum ('low', 'high')")
    query = (
        "select 1.50, 'high'::mood, array[1, 2], now(), null, '{\"a\": 1}'::jsonb, '\\x00'::bytea"
    )
    plain = conn.cursor()
    await plain.execute(query)
    async with conn.cursor("c") as cur:
        await cur.execute(query)
        assert cur.description == plain.description
        assert await cur.fetchall() == await plain.fetchall()
        await cur.execute(query + " where %s", (True,))
        assert len(await cur.fetchall()) == 1


async def test_a_timeout_is_for_each_fetch(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor("c")
    await cur.execute("select n, pg_sleep(n * 30) from generate_series(0, 1) n", timeout=1.5)
    assert await cur.fetchone() == (0, None)
    with pytest.raises(errors.QueryTimeout):
        await cur.fetchone()
    await conn.rollback()
    assert await conn.fetch_value("select 1") == 1


async def test_what_it_cannot_do(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor("c")
    with pytest.raises(errors.NotSupportedError, match="no `executemany`"):
        await cur.executemany("select %s", [(1,)])
    with pytest.raises(errors.NotSupportedError, match="no `callproc`"):
        await cur.callproc("now")
    with pytest.raises(errors.ProgrammingError, match="no rows"):
        await cur.fetchall()
    with pytest.raises(errors.ProgrammingError, match="cursors on the server"):
        conn.cursor(withhold=True)  # type: ignore[call-overload]


async def test_a_name_holds_no_cursor_alive(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor("c")
    await cur.execute("select 1")
    del cur
    gc.collect()
    assert not conn._server_cursors


async def test_a_name_used_again_never_shows_old_columns(conn: howdah.AsyncConnection) -> None:
    seen = []
    for query in ("select 1", "select 'abcd'", "select 1::float4", "select null::text"):
        async with conn.transaction():
            await conn.execute(f"declare c cursor for {query}")
            seen.append(await conn.fetch_value("/* again */ fetch 1 from c"))
    assert seen == [1, "abcd", 1.0, None]


async def test_a_server_statement_made_anew_shows_its_columns(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create type mood as enum ('low', 'high')")
    seen = []
    for query in ("select 1", "select 'abcd'", "select 'low'::mood"):
        await conn.execute(f"prepare p as {query}")
        seen.append(await conn.fetch_value("execute p"))
        seen.extend([row[0] async for row in conn.stream("execute p")])
        await conn.execute("deallocate p")
    assert seen == [1, 1, "abcd", "abcd", "low", "low"]
