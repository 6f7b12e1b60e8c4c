"""Prepared statements that the server has lost, or whose tables and types have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from howdah import errors

if TYPE_CHECKING:
    import howdah
    from tests.conftest import Connector

ALL = "select * from item"


async def make_item(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table item (id int); insert into item values (1)")


@pytest.mark.parametrize("forget", ["deallocate all", "discard all"])
async def test_all_statements_forgotten_on_request(
    conn: howdah.AsyncConnection, forget: str
) -> None:
    await make_item(conn)
    insert = "insert into item values ($1)"
    for number in (2, 3):
        assert await conn.execute_many(insert, [(number,)]) == 1
        assert len([row async for row in conn.stream(ALL)]) == number
        async with conn.transaction():
            if forget == "deallocate all":
                await conn.execute(forget)
            assert len(await conn.fetch(ALL)) == number
        await conn.execute(forget)


async def test_a_streams_columns_change(conn: howdah.AsyncConnection) -> None:
    await make_item(conn)
    assert [row async for row in conn.stream(ALL)] == [(1,)]
    await conn.execute("alter table item add name text")
    assert [row async for row in conn.stream(ALL)] == [(1, None)]


async def test_a_type_made_anew(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create type mood as enum ('low')")
    assert await conn.fetch_value("select $1::mood", "low") == "low"
    await conn.execute("drop type mood; create type mood as enum ('high')")
    assert await conn.fetch_value("select $1::mood", "high") == "high"


async def test_more_parameters_than_the_protocol_counts(conn: howdah.AsyncConnection) -> None:
    places = ",".join(f"${number}::int" for number in range(1, 65537))
    with pytest.raises(errors.ProgrammingError, match="at most 65535 parameters, 65536 were"):
        await conn.fetch(f"select array[{places}]", *range(65536))
    assert await conn.fetch_value("select 1") == 1


async def test_another_encoding_is_refused(conn: howdah.AsyncConnection) -> None:
    await conn.execute("set client_encoding to 'LATIN1'")
    with pytest.raises(errors.InterfaceError, match="not `UTF8`") as raised:
        await conn.fetch("select length($1::text)", "\N{LATIN SMALL LETTER E WITH ACUTE}")
    assert raised.value.hint == "execute `reset client_encoding`"
    await conn.execute("reset client_encoding")
    assert await conn.fetch_value("select 1") == 1


async def test_data_for_a_statement_that_takes_none(conn: howdah.AsyncConnection) -> None:
    with pytest.raises(errors.ProgrammingError, match="no COPY from the client"):
        await conn.copy_send("select 1", [b"lost"], None, None)


async def test_a_table_changed_inside_a_transaction(conn: howdah.AsyncConnection) -> None:
    await make_item(conn)
    async with conn.transaction():
        assert await conn.fetch(ALL) == [(1,)]
        await conn.execute("alter table item add name text")
        assert await conn.fetch(ALL) == [(1, None)]
        assert [row async for row in conn.stream(ALL)] == [(1, None)]
        await conn.execute("drop table item; create table item (number int)")
        assert await conn.fetch(ALL) == []


async def test_a_table_changed_before_a_transaction(conn: howdah.AsyncConnection) -> None:
    await make_item(conn)
    assert await conn.fetch(ALL) == [(1,)]
    await conn.execute("alter table item add name text")
    async with conn.transaction():
        assert await conn.fetch(ALL) == [(1, None)]


async def test_a_change_that_is_undone(conn: howdah.AsyncConnection) -> None:
    await make_item(conn)
    async with conn.transaction():
        async with conn.transaction(force_rollback=True):
            await conn.execute("alter table item add name text")
            assert await conn.fetch(ALL) == [(1, None)]
        assert await conn.fetch(ALL) == [(1,)]
    async with conn.transaction(force_rollback=True):
        await conn.execute("alter table item add name text")
        assert await conn.fetch(ALL) == [(1, None)]
    async with conn.transaction():
        assert await conn.fetch(ALL) == [(1,)]


async def test_a_change_by_somebody_else_in_a_transaction(
    conn: howdah.AsyncConnection, connector: Connector
) -> None:
    await make_item(conn)
    assert await conn.fetch(ALL) == [(1,)]
    async with await connector() as other:
        # its tag does not tell, as nothing does of what another process changes
        await other.execute("do $$ begin alter table item add name text; end $$")
    with pytest.raises(errors.FeatureNotSupported) as raised:
        async with conn.transaction():
            await conn.fetch(ALL)
    assert "repeat the transaction" in (raised.value.hint or "")
    async with conn.transaction():
        assert await conn.fetch(ALL) == [(1, None)]


async def test_a_table_changed_by_another_connection_of_the_process(
    connector: Connector, conn: howdah.AsyncConnection
) -> None:
    await make_item(conn)
    async with await connector() as other:
        for text in ("add name text", "alter id type text", "drop id"):
            before = await conn.fetch(ALL)
            async with other.transaction():
                await other.execute(f"alter table item {text}")
            async with conn.transaction():
                assert await conn.fetch(ALL) != before
                assert [row async for row in conn.stream(ALL)] == await conn.fetch(ALL)


async def test_a_view_made_anew(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create view one as select 1 as a")
    assert await conn.fetch("select * from one") == [(1,)]
    async with conn.transaction():
        await conn.execute("create or replace view one as select 1 as a, 2 as b")
        assert await conn.fetch("select * from one") == [(1, 2)]


async def test_a_table_made_again_after_a_rollback(conn: howdah.AsyncConnection) -> None:
    for column in ("id int", "id text", "id int, name text"):
        async with conn.transaction(force_rollback=True):
            await conn.execute(f"create table fleeting ({column})")
            async with conn.transaction(force_rollback=True):
                await conn.execute("create table nested (id int)")
                assert await conn.fetch("select * from nested") == []
            await conn.execute(f"create table nested ({column})")
            assert await conn.fetch("select * from nested") == []
            assert await conn.fetch("select * from fleeting") == []
