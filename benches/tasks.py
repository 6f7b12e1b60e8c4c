"""What is done with more than one statement at a time: batches, pools, pipelines, several tasks.

Does IO, on connections and pools of its own. Called by `worlds`. Each function here takes the
server's URL and answers a function that does the task once and gives a value to compare, with one
that closes what was opened. Invariant: drivers do the same work in the way that their own manuals
recommend for it; one that has no such way is not in the table.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

from benches.workloads import CONNECT, EXECUTEMANY, PIPELINE, POOL, TASKS_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    SyncTask: TypeAlias = "Callable[[str], tuple[Callable[[], object], Callable[[], object]]]"
    AsyncTask: TypeAlias = (
        "Callable[[str], Awaitable[tuple[Callable[[], Awaitable[object]],"
        " Callable[[], Awaitable[object]]]]]"
    )

_ROWS = [(number, f"name {number}", number * 1.5) for number in range(1000)]
_INSERT = "insert into bench_many values ($1, $2, $3)"
_TABLE = "create temporary table bench_many (id int, name text, ratio float8) on commit delete rows"
_ONE = "select $1::int4"
_STATEMENTS = 100
_TASKS = 10


def _pyformat(query: str) -> str:
    for number in (1, 2, 3):
        query = query.replace(f"${number}", "%s")
    return query


# --- sync --------------------------------------------------------------------------------------


def _howdah_many(url: str) -> Any:  # noqa: ANN401
    import howdah

    connection = howdah.connect(url)
    connection.execute(_TABLE)
    return lambda: connection.execute_many(_INSERT, _ROWS), connection.close


def _psycopg_many(url: str) -> Any:  # noqa: ANN401
    import psycopg

    connection = psycopg.connect(url, autocommit=True)
    connection.execute(_TABLE)
    cursor, query = connection.cursor(), _pyformat(_INSERT)

    def insert() -> object:
        cursor.executemany(query, _ROWS)
        return cursor.rowcount

    return insert, connection.close


def _howdah_pool(url: str) -> Any:  # noqa: ANN401
    import howdah

    pool = howdah.Pool(url, max_size=1)

    def ask() -> Any:  # noqa: ANN401
        connection = pool.acquire()
        value = connection.fetch_value(_ONE, 7)
        pool.release(connection)
        return value

    return ask, pool.close


def _howdah_pipeline(url: str) -> Any:  # noqa: ANN401
    import howdah

    connection = howdah.connect(url)

    def ask() -> int:
        with connection.pipeline() as p:
            results = [p.fetch_value(_ONE, number) for number in range(_STATEMENTS)]
        return sum(result.result() for result in results)

    return ask, connection.close


def _psycopg_pipeline(url: str) -> Any:  # noqa: ANN401
    import psycopg

    connection = psycopg.connect(url, autocommit=True)
    query = _pyformat(_ONE)

    def ask() -> Any:  # noqa: ANN401
        with connection.pipeline():
            cursors = [
                connection.execute(query, (number,), prepare=True) for number in range(_STATEMENTS)
            ]
        return sum(cursor.fetchall()[0][0] for cursor in cursors)

    return ask, connection.close


def _nothing() -> None:
    """Close nothing: the task has."""


def _howdah_connect(url: str) -> Any:  # noqa: ANN401
    import howdah

    def ask() -> Any:  # noqa: ANN401
        with howdah.connect(url) as connection:
            return connection.fetch_value("select 7")

    return ask, _nothing


def _psycopg_connect(url: str) -> Any:  # noqa: ANN401
    import psycopg

    def ask() -> Any:  # noqa: ANN401
        with psycopg.connect(url, autocommit=True) as connection:
            (value,) = connection.execute("select 7").fetchone() or (None,)
            return value

    return ask, _nothing


def _psycopg2_connect(url: str) -> Any:  # noqa: ANN401
    import psycopg2

    def ask() -> Any:  # noqa: ANN401
        connection = psycopg2.connect(url)
        with connection.cursor() as cursor:
            cursor.execute("select 7")
            (value,) = cursor.fetchone()
        connection.close()
        return value

    return ask, _nothing


# --- asyncio -----------------------------------------------------------------------------------


async def _async_howdah_many(url: str) -> Any:  # noqa: ANN401
    import howdah

    connection = await howdah.connect_async(url)
    await connection.execute(_TABLE)
    return lambda: connection.execute_many(_INSERT, _ROWS), connection.close


async def _asyncpg_many(url: str) -> Any:  # noqa: ANN401
    import asyncpg

    connection = await asyncpg.connect(url)
    await connection.execute(_TABLE)

    async def insert() -> int:
        await connection.executemany(_INSERT, _ROWS)
        return len(_ROWS)

    return insert, connection.close


async def _async_howdah_pool(url: str) -> Any:  # noqa: ANN401
    import howdah

    pool = howdah.AsyncPool(url, max_size=1)
    await pool.open()

    async def ask() -> Any:  # noqa: ANN401
        connection = await pool.acquire()
        value = await connection.fetch_value(_ONE, 7)
        await pool.release(connection)
        return value

    return ask, pool.close


async def _asyncpg_pool(url: str) -> Any:  # noqa: ANN401
    import asyncpg

    pool = await asyncpg.create_pool(url, min_size=1, max_size=1)

    async def ask() -> Any:  # noqa: ANN401
        connection = await pool.acquire()
        value = await connection.fetchval(_ONE, 7)
        await pool.release(connection)
        return value

    return ask, pool.close


async def _async_howdah_tasks(url: str) -> Any:  # noqa: ANN401
    import howdah

    pool = howdah.AsyncPool(url, min_size=_TASKS, max_size=_TASKS)
    await pool.open()

    async def ask() -> int:
        return sum(await asyncio.gather(*(pool.fetch_value(_ONE, n) for n in range(_TASKS))))

    return ask, pool.close


async def _asyncpg_tasks(url: str) -> Any:  # noqa: ANN401
    import asyncpg

    pool = await asyncpg.create_pool(url, min_size=_TASKS, max_size=_TASKS)

    async def ask() -> int:
        return sum(await asyncio.gather(*(pool.fetchval(_ONE, n) for n in range(_TASKS))))

    return ask, pool.close


async def _async_howdah_pipeline(url: str) -> Any:  # noqa: ANN401
    import howdah

    connection = await howdah.connect_async(url)

    async def ask() -> int:
        async with connection.pipeline() as p:
            results = [p.fetch_value(_ONE, number) for number in range(_STATEMENTS)]
        return sum([await result for result in results])

    return ask, connection.close


async def _async_psycopg_pipeline(url: str) -> Any:  # noqa: ANN401
    import psycopg

    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    query = _pyformat(_ONE)

    async def ask() -> Any:  # noqa: ANN401
        async with connection.pipeline():
            cursors = [
                await connection.execute(query, (number,), prepare=True)
                for number in range(_STATEMENTS)
            ]
        return sum([(await cursor.fetchall())[0][0] for cursor in cursors])

    return ask, connection.close


async def _async_nothing() -> None:
    """Close nothing: the task has."""


async def _async_howdah_connect(url: str) -> Any:  # noqa: ANN401
    import howdah

    async def ask() -> Any:  # noqa: ANN401
        async with await howdah.connect_async(url) as connection:
            return await connection.fetch_value("select 7")

    return ask, _async_nothing


async def _asyncpg_connect(url: str) -> Any:  # noqa: ANN401
    import asyncpg

    async def ask() -> Any:  # noqa: ANN401
        connection = await asyncpg.connect(url)
        value = await connection.fetchval("select 7")
        await connection.close()
        return value

    return ask, _async_nothing


async def _async_psycopg_connect(url: str) -> Any:  # noqa: ANN401
    import psycopg

    async def ask() -> Any:  # noqa: ANN401
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            cursor = await connection.execute("select 7")
            (value,) = await cursor.fetchone() or (None,)
            return value

    return ask, _async_nothing


SYNC: dict[str, dict[str, SyncTask]] = {
    EXECUTEMANY: {"howdah": _howdah_many, "psycopg3": _psycopg_many},
    POOL: {"howdah": _howdah_pool},
    PIPELINE: {"howdah": _howdah_pipeline, "psycopg3": _psycopg_pipeline},
    CONNECT: {
        "howdah": _howdah_connect,
        "psycopg3": _psycopg_connect,
        "psycopg2": _psycopg2_connect,
    },
}
ASYNC: dict[str, dict[str, AsyncTask]] = {
    EXECUTEMANY: {"howdah": _async_howdah_many, "asyncpg": _asyncpg_many},
    POOL: {"howdah": _async_howdah_pool, "asyncpg": _asyncpg_pool},
    TASKS_AT_ONCE: {"howdah": _async_howdah_tasks, "asyncpg": _asyncpg_tasks},
    PIPELINE: {"howdah": _async_howdah_pipeline, "psycopg3": _async_psycopg_pipeline},
    CONNECT: {
        "howdah": _async_howdah_connect,
        "asyncpg": _asyncpg_connect,
        "psycopg3": _async_psycopg_connect,
    },
}
