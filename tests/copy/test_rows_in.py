"""`copy_rows`: tables by their exact names, all types, all rows or none."""

import datetime as dt
from collections import ChainMap
from decimal import Decimal
from types import MappingProxyType

import pytest

import howdah
from howdah import errors, sql

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
    table, column = sql.Identifier("a.b", 'Ta"ble'), sql.Identifier("Select")
    assert await conn.copy_rows(table, [(3,)]) == 1
    assert await conn.copy_rows(table, [{"Select": 4}], columns=[column]) == 1
    assert await conn.copy_in(table, b"5\n", columns=[column]) == 1
    assert await conn.copy_out(table=table, columns=[column]).read() == b"1\n2\n3\n4\n5\n"
    assert [row async for row in conn.copy_out_rows(table=table)][-1] == (5,)
    with pytest.raises(howdah.ProgrammingError, match="is qualified"):
        await conn.copy_rows(table, [(1,)], columns=[sql.Identifier("a", "b")])
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


async def test_rows_of_all_shapes(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table pair (id int, name text)")
    named = await conn.fetch_one("select 4 as id, 'd' as name")
    mapping = MappingProxyType({"name": "f", "id": 6})
    rows = [
        (1, "a"),
        [2, "b"],
        {"name": "c", "id": 3},
        named,
        (value for value in (5, "e")),
        mapping,
    ]
    assert await conn.copy_rows("pair", rows) == 6
    got = await conn.fetch("select * from pair order by id", row=tuple)
    assert got == [(n, "abcdef"[n - 1]) for n in range(1, 7)]


TWO_MAPS: ChainMap[str, object] = ChainMap({"id": 1, "name": "x"}, {"id2": "y"})
MISFITS: dict[str, object] = {
    "row 2: expected 2 values, found 1": (1,),
    "row 2: no value for column `name`": {"id": 1},
    "row 2: there is no column `nmae` to fill": {"id": 1, "name": "x", "nmae": "y"},
    "row 2: no value for column `id`": MappingProxyType({"name": "x"}),
    "row 2: there is no column `id2` to fill": TWO_MAPS,
}


async def test_rows_that_do_not_fit(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table pair (id int, name text)")
    for message, row in MISFITS.items():
        with pytest.raises(howdah.DataError) as raised:
            await conn.copy_rows("pair", [(0, "a"), row])
        assert str(raised.value) == message
        assert raised.value.copy_row == 2
        assert not hasattr(raised.value, "__notes__"), "it is said once"
    assert await conn.fetch_value("select count(*) from pair") == 0


async def test_what_is_no_row(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table pair (id int, name text)")
    for row in ("ab", b"ab", 7, {1, 2}, {"id": 1, "name": "x"}.keys()):
        with pytest.raises(TypeError) as raised:
            await conn.copy_rows("pair", [row])
        assert raised.value.__notes__ == ["in row 1 of the COPY"]


async def test_types_without_a_binary_form_go_as_text(conn: howdah.AsyncConnection) -> None:
    await conn.run(
        "create type mood as enum ('glad', 'sad');"
        "create table odd (id int, words tsvector, price money, kind regtype, feeling mood,"
        " days date[], data bytea, note text, doc jsonb)",
        None,
        tuple,
        None,
    )
    note = "tab\t back\\slash \\N new\nline \r \N{SNOWMAN} '\""
    rows = [
        (
            1,
            "'a' 'b'",
            "$1.50",
            "integer",
            "sad",
            [dt.date(2024, 2, 29)],
            b"\0\\\t",
            note,
            {"a": 1},
        ),
        (2, None, None, None, None, [], b"", "\\N", None),
    ]
    assert await conn.copy_rows("odd", rows) == 2
    got = await conn.fetch(
        "select id, words::text, price::text, kind::text, feeling, days, data, note, doc"
        " from odd order by id",
        row=tuple,
    )
    assert got == rows


async def test_a_format_is_chosen(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table days (day date)")
    assert await conn.copy_rows("days", [("2024-02-29",), (dt.date(1, 1, 1),)], format="text") == 2
    with pytest.raises(howdah.DataError, match=r"row 1, column `day` of type `date`") as raised:
        await conn.copy_rows("days", [("2024-02-29",)])
    assert "expected datetime.date or howdah.types.Date, found str" in str(raised.value)
    assert 'format="text"' in str(raised.value)
    with pytest.raises(ValueError, match="not `csv`"):
        await conn.copy_rows("days", [], format="csv")  # type: ignore[arg-type]
    await conn.execute("create table odd (words tsvector)")
    with pytest.raises(howdah.DataError, match="no binary format"):
        await conn.copy_rows("odd", [("a",)], format="binary")


async def test_where_and_freeze(conn: howdah.AsyncConnection) -> None:
    async with conn.transaction():
        await conn.execute("create table fresh (id int)")
        rows = [(n,) for n in range(10)]
        assert await conn.copy_rows("fresh", rows, where="id % 2 = 0", freeze=True) == 5


@pytest.mark.since(18)
async def test_rows_that_the_server_cannot_read_are_skipped(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table days (day date)")
    rows = [("2024-01-01",), ("no day",), ("2024-01-03",)]
    assert await conn.copy_rows("days", rows, on_error="ignore") == 2
    with pytest.raises(howdah.DatabaseError, match="REJECT_LIMIT"):
        await conn.copy_rows("days", rows * 3, on_error="ignore", reject_limit=1)


async def test_unknown_options_and_columns(conn: howdah.AsyncConnection) -> None:
    await conn.run(TABLE, None, tuple, None)
    with pytest.raises(TypeError, match="no option `delimiter`"):
        await conn.copy_rows("album", [], delimiter=";")  # type: ignore[call-arg]
    with pytest.raises(errors.UndefinedColumn, match="nosuch"):
        await conn.copy_rows("album", [], columns=["id", "nosuch"])
    with pytest.raises(errors.DuplicateColumn):
        await conn.copy_rows("album", [], columns=["id", "id"])
    with pytest.raises(TypeError, match="one `str`"):
        await conn.copy_rows("album", [], columns="id")


async def test_progress_is_told(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table pair (id int, name text)")
    told: list[tuple[int, int]] = []

    def rows() -> object:
        for number in range(50_000):
            yield number, "x"

    await conn.copy_rows("pair", rows(), progress=lambda *it: told.append(it))  # type: ignore[arg-type]
    header_and_end = 19 + 2
    assert told[-1] == (50_000, 50_000 * (2 + 8 + 5) + header_and_end)
    assert told == sorted(told)


async def test_progress_that_raises_ends_it(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table pair (id int, name text)")

    def refuse(_rows: int, _bytes: int) -> None:
        raise KeyError("enough")

    async with conn.transaction():
        with pytest.raises(KeyError, match="enough") as caught:
            await conn.copy_rows("pair", [(1, "a")], progress=refuse)
    # it was the call at the end: the server has taken the row
    assert caught.value.__notes__ == ["after the COPY had ended: 1 rows were copied"]
    assert await conn.fetch_value("select count(*) from pair") == 1
