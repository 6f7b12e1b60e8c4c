"""Cursors beyond the compliance suite, in both worlds."""

import pytest

import howdah
from howdah import errors
from howdah.dbapi import describe_column


async def test_a_cursor_iterates(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor()
    await cur.execute("select n from generate_series(1, 3) n")
    assert cur.rownumber == 0
    assert await cur.fetchone() == (1,)
    assert cur.rownumber == 1
    assert [row async for row in cur] == [(2,), (3,)]
    assert [row async for row in cur] == []
    assert cur.rownumber == 3


async def test_rows_are_tuples(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor()
    await cur.execute("select 1 as a, 'x' as b")
    assert type(await cur.fetchone()) is tuple


def test_execute_returns_the_cursor(sync_conn: howdah.Connection) -> None:
    cur = sync_conn.cursor()
    assert cur.execute("select 1") is cur


async def test_scroll(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor()
    await cur.execute("select n from generate_series(0, 9) n")
    await cur.scroll(5)
    assert await cur.fetchone() == (5,)
    await cur.scroll(-2)
    assert await cur.fetchone() == (4,)
    await cur.scroll(0, "absolute")
    assert await cur.fetchmany(2) == [(0,), (1,)]
    for value, mode in ((10, "absolute"), (-1, "absolute"), (8, "relative"), (-3, "relative")):
        with pytest.raises(IndexError):
            await cur.scroll(value, mode)  # type: ignore[arg-type]
        assert cur.rownumber == 2
    with pytest.raises(howdah.ProgrammingError, match="scroll mode"):
        await cur.scroll(0, "sideways")  # type: ignore[arg-type]


async def test_several_statements_give_several_results(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor()
    await cur.execute("create table t (id int); insert into t values (1), (2); select id from t;")
    assert cur.statusmessage == "CREATE TABLE"
    assert (cur.rowcount, cur.description) == (-1, None)
    assert await cur.nextset()
    assert cur.rowcount == 2
    assert await cur.nextset()
    assert await cur.fetchall() == [(1,), (2,)]
    assert await cur.nextset() is None
    assert cur.rowcount == 2


async def test_text_without_parameters_is_left_alone(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor()
    await cur.execute("select '100%', '%s', '%%'")
    assert await cur.fetchone() == ("100%", "%s", "%%")
    await cur.execute("select '100%%', %s", ("x",))
    assert await cur.fetchone() == ("100%", "x")


async def test_an_empty_statement(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor()
    await cur.execute("  ")
    assert (cur.rowcount, cur.description) == (-1, None)
    with pytest.raises(howdah.ProgrammingError, match="no rows to fetch"):
        await cur.fetchall()


async def test_a_failed_statement_leaves_no_old_rows(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor()
    await cur.execute("select 1")
    with pytest.raises(errors.SyntaxError):
        await cur.execute("selekt")
    assert (cur.rowcount, cur.description, cur.rownumber) == (-1, None, None)
    with pytest.raises(howdah.ProgrammingError):
        await cur.fetchone()
    await conn.rollback()


async def test_executemany(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor()
    await cur.execute("create table t (id int, name text)")
    await cur.executemany("insert into t values (%s, %s)", ((n, str(n)) for n in range(1000)))
    assert cur.rowcount == 1000
    await cur.executemany("delete from t where id = %(id)s", [{"id": 1}, {"id": 2}, {"id": -1}])
    assert cur.rowcount == 2
    await cur.executemany("delete from t where id = %s", [])
    assert cur.rowcount == 0
    assert await conn.fetch_value("select count(*) from t") == 998


async def test_executemany_with_rows_that_do_not_fit(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table t (id int)")
    cur = conn.cursor()
    with pytest.raises(howdah.ProgrammingError, match="2 parameters were given"):
        await cur.executemany("insert into t values (%s)", [(1,), (2, 3)])
    await conn.rollback()
    assert await conn.fetch_value("select count(*) from t") == 0


async def test_callproc_of_functions_and_procedures(conn: howdah.AsyncConnection) -> None:
    await conn.execute('create schema "My Schema"')
    await conn.execute("""
        create function "My Schema"."Add"(a int, b int default 10) returns int
        language sql as 'select a + b'""")
    await conn.execute("""
        create procedure twice(n int, inout result int default 0)
        language plpgsql as 'begin result := n * 2; end'""")
    cur = conn.cursor()
    assert await cur.callproc("My Schema.Add", [1, 2]) == [1, 2]
    assert await cur.fetchall() == [(3,)]
    await cur.callproc(("My Schema", "Add"), {"a": 5})
    assert await cur.fetchall() == [(15,)]
    await cur.callproc("twice", (21,))
    assert await cur.fetchall() == [(42,)]
    await cur.callproc("now")
    assert cur.rowcount == 1
    with pytest.raises(howdah.ProgrammingError, match="no function or procedure `nope`"):
        await cur.callproc("nope")


async def test_names_of_callproc_cannot_inject(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor()
    with pytest.raises(howdah.ProgrammingError):
        await cur.callproc('now"(); drop table t; --')


async def test_messages_are_the_notices_of_the_last_statement(
    conn: howdah.AsyncConnection,
) -> None:
    cur = conn.cursor()
    await cur.execute("do $$ begin raise notice 'one'; raise warning 'two'; end $$")
    assert [(kind, notice.message_primary) for kind, notice in cur.messages] == [
        (howdah.Warning, "one"),
        (howdah.Warning, "two"),
    ]
    assert cur.messages[1][1].severity_nonlocalized == "WARNING"
    await cur.execute("select 1")
    assert cur.messages == []
    assert len(conn.notices) == 2


async def test_a_closed_cursor(conn: howdah.AsyncConnection) -> None:
    async with conn.cursor() as cur:
        await cur.execute("select 1")
    assert cur.closed
    with pytest.raises(howdah.InterfaceError, match="cursor is closed"):
        await cur.fetchone()
    with pytest.raises(howdah.InterfaceError, match="cursor is closed"):
        await cur.execute("select 1")
    with pytest.raises(howdah.InterfaceError):
        cur.setinputsizes([])
    assert cur.lastrowid is None


@pytest.mark.since(15)  # a negative scale
async def test_the_description_tells_sizes(conn: howdah.AsyncConnection) -> None:
    cur = conn.cursor()
    await cur.execute("""
        select 1::int2 a, 1.5::numeric(10, 2) b, 'x'::varchar(7) c, 'x'::char(3) d, 1::numeric e,
               now()::timestamp(3) f, '1 day'::interval(2) g, '1 day'::interval h,
               1000::numeric(3, -3) i, b'1'::bit(5) j""")
    assert cur.description is not None
    shown = [tuple(column[2:6]) for column in cur.description]
    assert shown == [
        (None, 2, None, None),
        (None, None, 10, 2),
        (7, None, None, None),
        (3, None, None, None),
        (None, None, None, None),
        (None, 8, 3, None),
        (None, 16, 2, None),
        (None, 16, None, None),
        (None, None, 3, -3),
        (5, None, None, None),
    ]
    assert cur.description[1].type_code == 1700
    assert all(column.null_ok is None for column in cur.description)


def test_numeric_modifiers_below_fifteen_digits() -> None:
    assert describe_column("n", 1700, -1, (1000 << 16 | 1000) + 4)[4:6] == (1000, 1000)


def test_type_objects() -> None:
    assert howdah.STRING == 25
    assert howdah.NUMBER == 1700
    assert 25 == howdah.STRING  # noqa: SIM300 (both ways round)
    assert howdah.STRING != howdah.NUMBER
    assert howdah.STRING != 20
    assert len({howdah.STRING, howdah.NUMBER, howdah.STRING}) == 2
    assert repr(howdah.STRING) == "howdah.STRING"
