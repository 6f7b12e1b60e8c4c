"""Queries are written in the program or composed: other strings are refused by `LiteralString`."""
# mypy takes every `str` for one; an ignore that pyright does not need is an error:
# pyright: reportUnnecessaryTypeIgnoreComment=true

from typing import Any, assert_type

import howdah
from howdah import sql


def composed(conn: howdah.Connection, pool: howdah.Pool, name: str) -> None:
    """What is taken."""
    part = sql.Identifier(name)
    query = sql.SQL("select * from {}").format(part)
    assert_type(query, sql.Composed)
    assert_type(sql.SQL(", ").join([part, name]), sql.Composed)
    assert_type(sql.SQL("select ") + part, sql.Composed)
    assert_type(conn.fetch(query), list[howdah.Row])
    conn.execute(sql.raw(name))
    conn.execute("select " + "1")
    conn.execute_many(query, [(1,)])
    conn.cursor().execute(query, (1,))
    conn.fetch_value(f"select {'1'}")
    pool.fetch_one(query)
    assert_type(conn.fetch(*sql.SQL("select {}").bind(name)), list[howdah.Row])
    statement = conn.prepare(query)
    assert_type(statement.fetch(1, row=tuple), list[tuple[Any, ...]])


def refused(conn: howdah.Connection, pool: howdah.Pool, name: str) -> None:
    """What is not."""
    conn.execute(f"drop table {name}")  # pyright: ignore[reportArgumentType]
    conn.fetch(f"select * from {name}")  # pyright: ignore[reportArgumentType]
    conn.fetch_one("select " + name)  # pyright: ignore[reportArgumentType]
    conn.fetch_value(f"{name}")  # pyright: ignore[reportArgumentType]
    conn.execute_many(name, [])  # pyright: ignore[reportArgumentType]
    conn.stream(name)  # pyright: ignore[reportArgumentType]
    conn.prepare(name)  # pyright: ignore[reportArgumentType]
    conn.cursor().execute(name)  # pyright: ignore[reportArgumentType]
    conn.cursor().executemany(name, [])  # pyright: ignore[reportArgumentType]
    conn.cursor("c").execute(name)  # pyright: ignore[reportArgumentType]
    pool.execute(name)  # pyright: ignore[reportArgumentType]
    pool.fetch(name)  # pyright: ignore[reportArgumentType]
    sql.SQL(name)  # pyright: ignore[reportArgumentType]


async def refused_by_tasks(conn: howdah.AsyncConnection, name: str) -> None:
    """The same under asyncio."""
    await conn.execute(name)  # pyright: ignore[reportArgumentType]
    await conn.fetch(name)  # pyright: ignore[reportArgumentType]
    await conn.cursor().execute(name)  # pyright: ignore[reportArgumentType]
    conn.stream(name)  # pyright: ignore[reportArgumentType]
