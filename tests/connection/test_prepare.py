"""`prepare()`: statements as objects that know their parameters and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from howdah import errors

if TYPE_CHECKING:
    import howdah


async def test_what_the_server_says_of_it(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create type mood as enum ('low'); create table item (id int, feels mood)")
    statement = await conn.prepare(
        "select id, feels, id + $1::numeric as s from item where id = $2"
    )
    assert [parameter.type_name for parameter in statement.parameters] == ["numeric", "int4"]
    assert [parameter.type_oid for parameter in statement.parameters] == [1700, 23]
    columns = statement.columns or ()
    assert [(column.name, column.table_column) for column in columns] == [
        ("id", 1),
        ("feels", 2),
        ("s", 0),
    ]
    assert columns[1].type_name == "public.mood"
    assert columns[0].table_oid == await conn.fetch_value("select 'item'::regclass::oid")
    insert = await conn.prepare("insert into item values ($1, $2)")
    assert insert.columns is None
    assert [parameter.type_name for parameter in insert.parameters] == ["int4", "public.mood"]
    assert (await conn.prepare("declare c cursor for select 1")).columns is None


async def test_its_calls(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table item (id int, name text)")
    insert = await conn.prepare("insert into item values ($1, $2)")
    assert await insert.execute(1, "a") == 1
    assert await insert.execute_many([(2, "b"), (3, "c")]) == 2
    select = await conn.prepare("select * from item where id >= $1 order by id")
    assert await select.fetch(2) == [(2, "b"), (3, "c")]
    assert await select.fetch(3, row=dict) == [{"id": 3, "name": "c"}]
    assert await select.fetch_one(1, row=tuple) == (1, "a")
    assert await select.fetch_one(4) is None
    assert await select.fetch_value(3) == 3
    assert [row.id async for row in select.stream(1, batch=1)] == [1, 2, 3]
    clear = await conn.prepare("delete from item")
    assert await clear.execute() == 3
    assert clear.query == "delete from item"


async def test_it_survives_what_the_server_forgets(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table item (id int); insert into item values (1)")
    statement = await conn.prepare("select * from item")
    for change in ("discard all", "alter table item add name text", "deallocate all"):
        await conn.execute(change)
        assert (await statement.fetch())[0][0] == 1
    assert len((await conn.prepare("select * from item")).columns or ()) == 2


async def test_it_tells_what_it_was_prepared_for_last(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table item (id int); insert into item values (1)")
    statement = await conn.prepare("select * from item where id = $1")
    await conn.execute("alter table item alter id type bigint, add name text")
    assert [column.type_name for column in statement.columns or ()] == ["int4"]
    await statement.fetch(1)
    assert [column.type_name for column in statement.columns or ()] == ["int8", "text"]
    assert [parameter.type_name for parameter in statement.parameters] == ["int8"]
    await conn.execute("discard all")
    assert len(statement.columns or ()) == 2
    await conn.close()
    assert len(statement.columns or ()) == 2


async def test_a_statement_with_a_fault(conn: howdah.AsyncConnection) -> None:
    with pytest.raises(errors.UndefinedTable):
        await conn.prepare("select * from nowhere")
    with pytest.raises(errors.SyntaxError):
        await conn.prepare("select 1; select 2")
    statement = await conn.prepare("select $1::int")
    with pytest.raises(errors.ProgrammingError):
        await statement.fetch()
    assert await statement.fetch_value(1) == 1
