"""`copy_out` and `copy_out_rows`: tables and queries as data and as rows."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import errors

if TYPE_CHECKING:
    from pathlib import Path

TABLE = """
    create schema s;
    create type s."Mood" as enum ('glad', 'sad');
    create table s.item (
        id int, name text, price numeric(8, 2), day date, feeling s."Mood",
        loud text generated always as (upper(name)) stored
    );
    insert into s.item values
        (1, E'a\\tb', 1.50, '2024-02-29', 'sad'), (2, null, 'nan', null, 'glad')
"""


async def make_table(conn: howdah.AsyncConnection) -> None:
    await conn.run(TABLE, None, tuple, None)


async def test_tables_as_data(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    text = await conn.copy_out(table="s.item").read()
    assert text == b"1\ta\\tb\t1.50\t2024-02-29\tsad\n2\t\\N\tNaN\t\\N\tglad\n"
    csv = await conn.copy_out(
        table=("s", "item"), columns=["loud", "id"], format="csv", header=True, null="-"
    ).read()
    assert csv == b"loud,id\nA\tB,1\n-,2\n"
    quoted = await conn.copy_out("select 1 as a, 2 as b;", format="csv", force_quote=["b"]).read()
    assert quoted == b'1,"2"\n'


async def test_there_and_back_in_every_format(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    before = await conn.fetch("select * from s.item order by id", row=tuple)
    for form in ("text", "csv", "binary"):
        data = await conn.copy_out(table="s.item", format=form).read()
        await conn.execute("truncate s.item")
        assert await conn.copy_in("s.item", data, format=form) == 2
        after = await conn.fetch("select * from s.item order by id", row=tuple)
        assert str(after) == str(before)


async def test_files(conn: howdah.AsyncConnection, tmp_path: Path) -> None:
    query = "select n, 'row ' || n from generate_series(1, $1::int) n"
    expected = "".join(f"{n}\trow {n}\n" for n in range(1, 50_001)).encode()
    data = conn.copy_out(query, 50_000)
    assert await data.write_to(tmp_path / "rows") == 50_000
    assert (tmp_path / "rows").read_bytes() == expected
    binary, text = io.BytesIO(), io.StringIO()
    assert await conn.copy_out(query, 3).write_to(binary) == 3
    assert await conn.copy_out("select '\N{SNOWMAN}'").write_to(text) == 1
    assert binary.getvalue() == b"1\trow 1\n2\trow 2\n3\trow 3\n"
    assert text.getvalue() == "\N{SNOWMAN}\n"


async def test_an_unfinished_file_is_removed(conn: howdah.AsyncConnection, tmp_path: Path) -> None:
    with pytest.raises(errors.DivisionByZero):
        await conn.copy_out("select 1 / (100000 - n) from generate_series(1, 200000) n").write_to(
            tmp_path / "rows"
        )
    assert not (tmp_path / "rows").exists()


async def test_rows_are_those_of_fetch(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    query = "select id, name, price, day, feeling, array[feeling] as all, '[1]'::json"
    query += ", 'a:1 b'::tsvector, interval '1 day', null::money from s.item order by id"
    fetched = await conn.fetch(query)
    rows = [row async for row in conn.copy_out_rows(query)]
    assert str(rows) == str(fetched)
    assert rows[0].feeling == "sad"
    assert rows[0].tsvector == "'a':1 'b'"
    tuples = [row async for row in conn.copy_out_rows(table="s.item", row=tuple)]
    assert tuples[0] == (1, "a\tb", Decimal("1.50"), dt.date(2024, 2, 29), "sad")


async def test_rows_of_every_kind(conn: howdah.AsyncConnection) -> None:
    @dataclasses.dataclass
    class Pair:
        n: int
        text: str | None

    query = "select n, nullif(n, 2)::text as text from generate_series(1, 2) n"
    kinds: dict[Any, list[Any]] = {
        dict: [{"n": 1, "text": "1"}, {"n": 2, "text": None}],
        Pair: [Pair(1, "1"), Pair(2, None)],
        tuple: [(1, "1"), (2, None)],
    }
    for kind, expected in kinds.items():
        assert [row async for row in conn.copy_out_rows(query, row=kind)] == expected


async def test_many_rows_in_batches(conn: howdah.AsyncConnection) -> None:
    for batch in (1, 7, 1000, 10_000):
        rows = conn.copy_out_rows(
            "select n from generate_series(1, 3000) n", row=tuple, batch=batch
        )
        assert [row async for row in rows] == [(n,) for n in range(1, 3001)]
        assert rows.columns[0].name == "n"
    assert [row async for row in conn.copy_out_rows("select where false")] == []
    assert [row async for row in conn.copy_out_rows("select")] == [()]


async def test_parameters_become_literals(conn: howdah.AsyncConnection) -> None:
    values = ["it's", r"back\slash \' ", "\n\t$1 '", "", "\N{SNOWMAN}"]
    for value in values:
        query = (
            'select $1::text as a, \'$1\', $$ $1 $$, "$1" /* $1 */ from (select 7) t ("$1") -- $1'
        )
        rows = [row async for row in conn.copy_out_rows(query, value, row=tuple)]
        assert rows == [(value, "$1", " $1 ", 7)]
    await make_table(conn)
    query = "select id from s.item where feeling = $1 or id = any($2) and day <> $3 order by id"
    rows = [row async for row in conn.copy_out_rows(query, "glad", [1, None], dt.date(1, 1, 1))]
    assert rows == [(1,), (2,)]
    assert await conn.copy_out("select $1 + $2::int, $3::text is null", -1, -2, None).read() == (
        b"-3\tt\n"
    )
    await conn.execute("set standard_conforming_strings to off")
    rows = [row async for row in conn.copy_out_rows(r"select '\'$1', $1::text", r"\'x", row=tuple)]
    assert rows == [("'$1", r"\'x")]


async def test_wrong_parameters(conn: howdah.AsyncConnection) -> None:
    with pytest.raises(howdah.ProgrammingError, match="takes 1 parameters, 2 were given"):
        await conn.copy_out("select $1::int", 1, 2).read()
    with pytest.raises(howdah.DataError, match=r"parameter \$1 of type `int4`"):
        await conn.copy_out("select $1::int", []).read()
    with pytest.raises(howdah.DataError, match="zero byte"):
        await conn.copy_out("select $1::text", "\0").read()
    with pytest.raises(errors.SyntaxError):
        await conn.copy_out("selec 1").read()
    with pytest.raises(errors.UndefinedTable):
        await conn.copy_out_rows(table="nosuch").__anext__()
    assert await conn.fetch_value("select 1") == 1


def test_a_query_or_a_table(sync_conn: howdah.Connection) -> None:
    for wrong in (
        sync_conn.copy_out,
        lambda: sync_conn.copy_out("select 1", table="t"),
        lambda: sync_conn.copy_out("select 1", columns=["a"]),
        lambda: sync_conn.copy_out_rows(None, 1, table="t"),
        lambda: sync_conn.copy_out("select 1", freeze=True),  # type: ignore[call-arg]
    ):
        with pytest.raises(TypeError):
            wrong()


async def test_a_column_that_changed_is_read_as_it_is(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table number (n int)")
    await conn.copy_rows("number", [(1,)])
    assert [row async for row in conn.copy_out_rows(table="number")] == [(1,)]
    await conn.execute("alter table number alter n type float4")
    await conn.copy_rows("number", [(0.5,)])
    assert [row async for row in conn.copy_out_rows(table="number")] == [(1.0,), (0.5,)]


async def test_progress_of_rows_out(conn: howdah.AsyncConnection) -> None:
    told: list[tuple[int, int]] = []
    query = "select n from generate_series(1, 2500) n"
    rows = conn.copy_out_rows(query, progress=lambda *it: told.append(it))
    assert len([row async for row in rows]) == 2500
    assert told[-1] == (2500, 2500 * 10 + 19 + 2)
