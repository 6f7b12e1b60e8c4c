"""The type of a row follows `row=`, in every place that takes it."""

from dataclasses import dataclass
from typing import Any, NamedTuple, assert_type

import howdah
from howdah.pool import Pool


class Pair(NamedTuple):
    """A tuple with names."""

    id: int
    name: str


@dataclass
class Item:
    """What rows are asked to become."""

    id: int
    name: str


def sync(conn: howdah.Connection) -> None:
    """Each call of a sync connection."""
    assert_type(conn.fetch("select 1"), list[howdah.Row])
    assert_type(conn.fetch("select 1", row=dict[str, Any]), list[dict[str, Any]])
    assert_type(conn.fetch("select 1", row=dict), list[dict[str, Any]])
    assert_type(conn.fetch("select 1", row=tuple), list[tuple[Any, ...]])
    assert_type(conn.fetch("select 1", row=Pair), list[Pair])
    assert_type(conn.fetch("select 1", row=Item), list[Item])
    assert_type(conn.fetch_one("select $1", 1), howdah.Row | None)
    assert_type(conn.fetch_one("select $1", 1, row=Item), Item | None)
    assert_type(conn.execute("select 1", timeout=1.5), int)
    assert_type(conn.execute_many("select $1", [(1,), (2,)]), int)
    for row in conn.stream("select 1"):
        assert_type(row, howdah.Row)
        assert_type(row.anything, Any)
    for item in conn.stream("select 1", row=Item, batch=10):
        assert_type(item, Item)


def cursors(conn: howdah.Connection) -> None:
    """Rows of a cursor are tuples."""
    cur = conn.cursor()
    assert_type(cur.execute("select %s", (1,)), howdah.Cursor)
    assert_type(cur.fetchone(), tuple[Any, ...] | None)
    assert_type(cur.fetchall(), list[tuple[Any, ...]])


def pooled(pool: Pool) -> None:
    """The shortcuts of a pool are typed like the connection's calls."""
    assert_type(pool.fetch("select 1", row=Item), list[Item])
    assert_type(pool.fetch_one("select 1"), howdah.Row | None)
    with pool.connection() as conn:
        assert_type(conn, howdah.Connection)
        with conn.transaction(isolation="serializable", read_only=True):
            pass


async def awaited(conn: howdah.AsyncConnection, pool: howdah.AsyncPool) -> None:
    """The same under asyncio."""
    assert_type(await conn.fetch("select 1"), list[howdah.Row])
    assert_type(await conn.fetch("select 1", row=Item), list[Item])
    assert_type(await conn.fetch_one("select 1", row=Item), Item | None)
    assert_type(await conn.execute("select 1"), int)
    async for item in conn.stream("select 1", row=Item):
        assert_type(item, Item)
    assert_type(await pool.fetch("select 1", row=Item), list[Item])
    async with pool.connection() as borrowed:
        assert_type(borrowed, howdah.AsyncConnection)


def mistakes(conn: howdah.Connection) -> None:
    """What must not pass: an unused `type: ignore` is an error itself."""
    conn.fetch(1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    conn.execute("select 1", timeout="soon")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    conn.transaction(isolation="total")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
