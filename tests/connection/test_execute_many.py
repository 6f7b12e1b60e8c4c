"""`execute_many`: all or nothing, without waiting between rows, with the rows it returns."""

from collections import ChainMap, deque
from dataclasses import dataclass
from typing import Any

import pytest

import howdah
from howdah import errors

INSERT = "insert into t (name) values ($1) returning id, name"


@dataclass
class Item:
    id: int
    name: str


@pytest.fixture
def table() -> str:
    return "create table t (id int generated always as identity, name text)"


async def test_rows_come_back_in_order(conn: howdah.AsyncConnection, table: str) -> None:
    await conn.execute(table)
    names = [(f"n{number}",) for number in range(5000)]
    rows = await conn.execute_many(INSERT, names, returning=True)
    assert [row.name for row in rows] == [name for (name,) in names]
    assert [row.id for row in rows] == list(range(1, 5001))


async def test_the_kind_of_rows_is_chosen_as_for_fetch(
    conn: howdah.AsyncConnection, table: str
) -> None:
    await conn.execute(table)
    assert await conn.execute_many(INSERT, [("a",)], returning=True, row=Item) == [Item(1, "a")]
    assert await conn.execute_many(INSERT, [("b",)], returning=True, row=dict) == [
        {"id": 2, "name": "b"}
    ]
    assert await conn.execute_many(INSERT, [("c",)], returning=True, row=tuple) == [(3, "c")]
    assert await conn.execute_many(INSERT, [], returning=True) == []
    assert await conn.execute_many(INSERT, [("d",), ("e",)]) == 2


async def test_a_statement_without_rows_is_refused_before_it_has_effects(
    conn: howdah.AsyncConnection, table: str
) -> None:
    await conn.execute(table)
    with pytest.raises(howdah.ProgrammingError, match="returns no rows"):
        await conn.execute_many("insert into t (name) values ($1)", [("a",)], returning=True)
    assert await conn.fetch_value("select count(*) from t") == 0
    with pytest.raises(TypeError, match="returning=True"):
        await conn.execute_many(INSERT, [("a",)], row=dict)  # type: ignore[call-overload]


async def test_types_that_only_values_name_are_asked_for(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create type mood as enum ('sad', 'ok')")
    query = "select row('ok'::mood, $1::int)"
    rows = await conn.execute_many(query, [(1,), (2,)], returning=True, row=tuple)
    assert rows == [(("ok", 1),), (("ok", 2),)]


async def test_an_error_names_its_row_and_leaves_nothing(
    conn: howdah.AsyncConnection, table: str
) -> None:
    await conn.execute(table)
    await conn.execute("create unique index on t (name)")
    with pytest.raises(errors.UniqueViolation) as caught:
        await conn.execute_many(INSERT, [("a",), ("b",), ("a",)], returning=True)
    assert caught.value.__notes__ == ["in row 3 of the parameters"]
    assert await conn.fetch_value("select count(*) from t") == 0


async def test_what_has_no_order_is_no_row(conn: howdah.AsyncConnection) -> None:
    """A dict's keys, or a set's items, would go to whichever parameters they happen to meet."""
    await conn.execute("create table pair (a text, b text)")
    insert = "insert into pair values ($1, $2)"
    named = {"a": "x", "b": "y"}
    rows: list[Any] = ["ab", b"ab", bytearray(b"ab"), named, ChainMap(named), {"x", "y"}]
    for row in (*rows, frozenset("xy"), named.keys(), named.items()):
        with pytest.raises(TypeError, match="must be a sequence") as caught:
            await conn.execute_many(insert, [("a", "b"), row])
        assert caught.value.__notes__ == ["in row 2 of the parameters"]
        with pytest.raises(TypeError, match="must be a sequence"):
            await conn.execute_many(f"{insert} returning a", [row], returning=True)
        with pytest.raises((TypeError, howdah.ProgrammingError), match="sequence"):
            await conn.cursor().executemany("insert into pair values (%s, %s)", [row])
        await conn.rollback()
    row = await conn.fetch_one("select 'x', 'y'")
    ordered: list[Any] = [["x", "y"], row, named.values(), iter("xy"), deque("xy")]
    assert await conn.execute_many(insert, ordered) == 5
    assert await conn.fetch("select distinct a, b from pair", row=tuple) == [("x", "y")]


async def test_rows_flow_both_ways_at_once(conn: howdah.AsyncConnection) -> None:
    """More than the buffers of both sides hold: who only writes would wait for ever."""
    wide = "x" * 20_000
    rows = [(wide, number) for number in range(1000)]
    back = await conn.execute_many("select $1::text, $2::int", rows, returning=True, row=tuple)
    assert back == rows


async def test_executemany_of_a_cursor_returns_rows_if_wanted(
    conn: howdah.AsyncConnection, table: str
) -> None:
    await conn.execute(table)
    cur = conn.cursor()
    insert = "insert into t (name) values (%s) returning id"
    await cur.executemany(insert, [("a",), ("b",)], returning=True)
    assert (cur.rowcount, await cur.fetchall()) == (2, [(1,), (2,)])
    assert cur.description is not None
    assert cur.description[0].name == "id"
    await cur.executemany(insert, [("c",)])
    assert cur.rowcount == 1
    with pytest.raises(howdah.ProgrammingError, match="no rows to fetch"):
        await cur.fetchone()
    await cur.executemany(insert, [], returning=True)
    assert (cur.rowcount, await cur.fetchall()) == (0, [])
    await conn.rollback()
