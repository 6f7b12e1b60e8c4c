"""`copy_rows`: tables by their exact names, all types, all rows or none."""

import datetime as dt
from decimal import Decimal

import pytest

import howdah
from howdah import errors

TABLE = """
    create domain price as numeric(6, 2) check (value >= 0);
    create table album (
        id int primary key, title text, released date, price price, tags text[],
        upper_title text generated always as (upper(title)) stored
    )"""


async def test_all_columns(conn: howdah.AsyncConnection) -> None:
    await conn.run(TABLE, None, tuple, None)
    rows = [
        (1, "Kind of Blue", dt.date(1959, 8, 17), Decimal("9.90"), ["jazz", "modal"]),
        (2, None, None, None, None),
    ]
    assert await conn.copy_rows("album", rows) == 2
    got = await conn.fetch("select * from album order by id", row=tuple)
    assert got == [(*rows[0], "KIND OF BLUE"), (*rows[1], None)]


async def test_chosen_columns_and_a_generator(conn: howdah.AsyncConnection) -> None:
    await conn.run(TABLE, None, tuple, None)
    rows = ((f"title {n}", n) for n in range(10_000))
    assert await conn.copy_rows("public.album", rows, columns=["title", "id"]) == 10_000
    assert await conn.fetch_value("select title from album where id = 4711") == "title 4711"


async def test_no_rows(conn: howdah.AsyncConnection) -> None:
    await conn.run(TABLE, None, tuple, None)
    assert await conn.copy_rows("album", []) == 0


async def test_names_are_exact(conn: howdah.AsyncConnection) -> None:
    await conn.execute('create schema "a.b"')
    await conn.execute('create table "a.b"."Ta""ble" ("Select" int)')
    assert await conn.copy_rows(("a.b", 'Ta"ble'), [(1,)], columns=["Select"]) == 1
    assert await conn.copy_rows(("a.b", 'Ta"ble'), [(2,)]) == 1
    with pytest.raises(errors.UndefinedTable):
        await conn.copy_rows("Album; drop table x", [(1,)])
    with pytest.raises(howdah.ProgrammingError, match="cannot be a name"):
        await conn.copy_rows("", [(1,)])


async def test_all_rows_or_none(conn: howdah.AsyncConnection) -> None:
    await conn.run(TABLE, None, tuple, None)

    def broken() -> object:
        yield (1, "a")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await conn.copy_rows("album", broken(), columns=["id", "title"])  # type: ignore[arg-type]
    with pytest.raises(errors.UniqueViolation):
        await conn.copy_rows("album", [(1, "a"), (1, "b")], columns=["id", "title"])
    with pytest.raises(errors.CheckViolation):
        await conn.copy_rows("album", [(1, Decimal(-1))], columns=["id", "price"])
    assert await conn.fetch_value("select count(*) from album") == 0


async def test_it_joins_the_open_transaction(conn: howdah.AsyncConnection) -> None:
    await conn.run(TABLE, None, tuple, None)
    async with conn.transaction(force_rollback=True):
        await conn.copy_rows("album", [(1, "a")], columns=["id", "title"])
        assert await conn.fetch_value("select count(*) from album") == 1
    assert await conn.fetch_value("select count(*) from album") == 0
