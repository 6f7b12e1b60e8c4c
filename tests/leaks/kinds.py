"""Every kind of query that a connection or a pool can be asked, a few at a time.

Does IO through the `Ground` that it is given. Called by the tests of this folder and by
`benches.soak`. Each kind is a coroutine that asks once, on a sync connection or an asyncio one (see
`tests.both`), leaves the server as it was, and says how many statements that were.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gc
import io
import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import howdah
from howdah import errors, sql
from howdah.types import Codec, Interval, Json
from tests.conftest import Connector
from tests.pool.conftest import Pools

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

SCHEMA = """
create table kept (id int primary key, name text);
create temporary table filled (id int, name text, at timestamptz) on commit delete rows;
insert into kept select n, 'name ' || n from generate_series(1, 50) n;
create type mood as enum ('sad', 'happy');
create type pair as (a int, b text);
"""
CACHED_STATEMENTS = 300
"""More than a connection remembers, so that a statement more is one of the oldest less."""
KEPT_NOTICES = 100
MANY = [(n, f"name {n}", dt.datetime(2024, 1, 1, tzinfo=dt.UTC)) for n in range(10)]
SELECT = "select id, name from kept where id <= $1 order by id"
VALUES = """
    select true, 1::int2, 70000, 2^40::int8, 1.5::float8, 12.50::numeric, 'text', 'é'::varchar,
    '\\x00ff'::bytea, date '2024-02-29', time '12:30', timestamp '2024-02-29 12:30',
    timestamptz '2024-02-29 12:30+00', interval '1 month 2 days', interval '2 hours',
    gen_random_uuid(), '{"a": [1, 2.5, null, "x"]}'::jsonb, '[{}]'::json, '10.0.0.1/8'::inet,
    array[1, null, 3], array['a', 'b'], array[[1], [2]],
    int4range(1, 5), '{[1,2),[4,5)}'::int4multirange,
    'happy'::mood, (1, 'b')::pair, array[(1, 'b')::pair], row(1, 'x'), null, '1.5 2'::tsvector
"""
ARGUMENTS = """
    select $1::int8 is null, $2::text is null, $3::numeric is null, $4::timestamptz is null,
    $5::int4[] is null, $6::jsonb is null, $7::interval is null, $8::pair is null
"""


class Pair(NamedTuple):
    """A row with names."""

    id: int
    name: str


@dataclass
class Item:
    """A row as an object."""

    id: int
    name: str


def named(**columns: Any) -> str:
    """A row as whatever a function makes of it."""
    return str(columns["name"])


def refused(**columns: Any) -> object:
    """A row that its function does not like."""
    return columns["id"] / 0


@dataclass
class Ground:
    """What the kinds ask: one database, in one world."""

    connector: Connector
    conn: howdah.AsyncConnection
    other: howdah.AsyncConnection
    unnamed: howdah.AsyncConnection
    pool: howdah.AsyncPool
    numbers: itertools.count[int]

    @staticmethod
    @contextlib.asynccontextmanager
    async def open(world: str, url: str) -> AsyncIterator[Ground]:
        """Connect, and make the tables."""
        connector = Connector(world, url)
        async with (
            await connector() as conn,
            await connector() as other,
            await connector(statement_cache_size=0) as unnamed,
            Pools(world, url)(max_size=2) as pool,
        ):
            await conn.execute(SCHEMA)
            ground = Ground(connector, conn, other, unnamed, pool, itertools.count(2**40))
            await conn.execute(f"do $$ begin {'raise notice $_$old$_$;' * KEPT_NOTICES} end $$")
            for _ in range(CACHED_STATEMENTS):
                await statements_that_leave_the_cache(ground)
                await unnamed_statements(ground)
            yield ground

    @property
    def is_async(self) -> bool:
        """Whether the event loop may go on with something else."""
        return self.connector.world == "async"


@dataclass(frozen=True)
class Kind:
    """One way to ask."""

    name: str
    ask: Callable[[Ground], Awaitable[int]]
    share: float
    """How often, compared with the others; less for what takes a server process or a wait."""


KINDS: list[Kind] = []


def kind(
    share: float = 1,
) -> Callable[[Callable[[Ground], Awaitable[int]]], Callable[[Ground], Awaitable[int]]]:
    """Add a coroutine function to the list."""

    def add(ask: Callable[[Ground], Awaitable[int]]) -> Callable[[Ground], Awaitable[int]]:
        KINDS.append(Kind(ask.__name__.replace("_", " "), ask, share))
        return ask

    return add


# --- one statement -----------------------------------------------------------------------------


@kind()
async def execute(g: Ground) -> int:
    await g.conn.execute("select 1; select 'two'")
    await g.conn.execute("update kept set name = $2 where id = $1", 7, "seven")
    return 2


@kind()
async def fetch_rows_of_each_kind(g: Ground) -> int:
    assert len(await g.conn.fetch(SELECT, 5)) == 5
    assert await g.conn.fetch(SELECT, 1, row=tuple) == [(1, "name 1")]
    assert await g.conn.fetch(SELECT, 1, row=dict) == [{"id": 1, "name": "name 1"}]
    assert await g.conn.fetch(SELECT, 1, row=Pair) == [Pair(1, "name 1")]
    assert await g.conn.fetch(SELECT, 1, row=Item) == [Item(1, "name 1")]
    assert await g.conn.fetch(SELECT, 1, row=named) == ["name 1"]
    return 6


@kind()
async def rows_that_are_used(g: Ground) -> int:
    rows = await g.conn.fetch(SELECT, 10)
    assert {row["id"]: row.name for row in rows}[3] == "name 3"
    assert rows[0] == (1, "name 1")
    assert hash(rows[1]) == hash((2, "name 2"))
    assert repr(rows[2])
    return 1


@kind()
async def fetch_one_and_value(g: Ground) -> int:
    assert (await g.conn.fetch_one(SELECT, 3, row=dict) or {})["id"] == 1
    assert await g.conn.fetch_one(SELECT, 0) is None
    assert await g.conn.fetch_value("select $1::int", 3) == 3
    return 3


@kind()
async def values_of_many_types(g: Ground) -> int:
    assert len((await g.conn.fetch(VALUES, row=tuple))[0]) == 30
    return 1


@kind()
async def parameters_of_many_types(g: Ground) -> int:
    given = (
        *(2**40, "text é", Decimal("12.50"), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
        *([1, None, 3], {"a": [1, 2.5, "x"]}, Interval(months=1), (1, "b")),
    )
    assert await g.conn.fetch_one(ARGUMENTS, *given, row=tuple) == (False,) * 8
    return 1


@kind()
async def statements_that_leave_the_cache(g: Ground) -> int:
    number = next(g.numbers)
    assert await g.conn.fetch_value(f"select {number} + $1::int", 1) == number + 1
    return 1


@kind()
async def unnamed_statements(g: Ground) -> int:
    number = next(g.numbers)
    assert await g.unnamed.fetch_value(f"select {number} + $1::int", 1) == number + 1
    assert len(await g.unnamed.fetch(SELECT, 3)) == 3
    return 2


@kind()
async def prepared_statements(g: Ground) -> int:
    statement = await g.conn.prepare(f"select {next(g.numbers)} + $1::int as n")
    assert [column.name for column in statement.columns or ()] == ["n"]
    assert await statement.fetch_value(1)
    assert await statement.fetch(2)
    return 3


@kind()
async def composed_statements(g: Ground) -> int:
    query = sql.SQL("select {} from {} where id = {}").format(
        sql.Identifier("name"), sql.Identifier("kept"), sql.Literal(1)
    )
    assert await g.conn.fetch_value(query) == "name 1"
    return 1


# --- many rows ---------------------------------------------------------------------------------


@kind()
async def stream(g: Ground) -> int:
    assert [row.id async for row in g.conn.stream(SELECT, 50, batch=20)][-1] == 50
    return 1


@kind()
async def a_stream_that_is_left(g: Ground) -> int:
    async with g.conn.stream(SELECT, 50, batch=5, row=tuple) as rows:
        async for _ in rows:
            break
    return 1


@kind()
async def cursor(g: Ground) -> int:
    async with g.conn.cursor() as cur:
        await cur.execute("select id, name from kept where id < %s order by id", (9,))
        assert await cur.fetchone() == (1, "name 1")
        assert len(await cur.fetchmany(2)) == 2
        assert len(await cur.fetchall()) == 5
        assert [column[0] for column in cur.description or ()] == ["id", "name"]
    await g.conn.rollback()
    return 2


@kind()
async def named_cursor(g: Ground) -> int:
    async with g.conn.cursor("several", scrollable=True) as cur:
        await cur.execute("select id, name from kept where id < %(most)s order by id", {"most": 9})
        assert len(await cur.fetchmany(3)) == 3
        await cur.scroll(-2)
        assert await cur.fetchone() == (2, "name 2")
        assert len([row async for row in cur]) == 6
    await g.conn.rollback()
    return 8


@kind()
async def execute_many(g: Ground) -> int:
    insert = "insert into filled values ($1, $2, $3)"
    assert await g.conn.execute_many(insert, MANY) == len(MANY)
    returned = await g.conn.execute_many(
        "update kept set id = id where id = $1 returning id",
        [(1,), (2,)],
        returning=True,
        row=tuple,
    )
    assert returned == [(1,), (2,)]
    return len(MANY) + 2


@kind()
async def executemany(g: Ground) -> int:
    async with g.conn.cursor() as cur:
        await cur.executemany("insert into filled values (%s, %s, %s)", MANY)
        assert cur.rowcount == len(MANY)
    await g.conn.rollback()
    return len(MANY) + 2


@kind()
async def pipeline(g: Ground) -> int:
    async with g.conn.pipeline() as p:
        counted = [p.execute("update kept set id = id where id = $1", n) for n in range(5)]
        rows = p.fetch(SELECT, 3, row=dict)
        value = p.fetch_value("select $1::text", "é")
    assert [await count for count in counted] == [0, 1, 1, 1, 1]
    assert len(await rows) == 3
    assert await value == "é"
    return 7


@kind()
async def a_pipeline_that_fails(g: Ground) -> int:
    with contextlib.suppress(errors.DivisionByZero):
        async with g.conn.pipeline() as p:
            p.fetch_value("select 1 / $1::int", 0)
            lost = p.fetch_value("select $1::int", 1)
    with pytest.raises(errors.PipelineAborted):
        await lost
    return 2


# --- COPY --------------------------------------------------------------------------------------


@kind()
async def copy_rows(g: Ground) -> int:
    assert await g.conn.copy_rows("filled", MANY) == len(MANY)
    named = ({"name": name, "id": n} for n, name, _ in MANY)
    assert await g.conn.copy_rows("filled", named, ["id", "name"], format="text") == len(MANY)
    return 4


@kind()
async def copy_rows_from_an_asynchronous_generator(g: Ground) -> int:
    async def rows() -> AsyncIterator[tuple[int, str]]:
        for n in range(20):
            yield n, "name"

    if g.is_async:
        assert await g.conn.copy_rows("filled", rows(), ["id", "name"]) == 20
    else:
        assert await g.conn.copy_rows("filled", iter(MANY)) == len(MANY)
    return 2


@kind()
async def copy_in(g: Ground) -> int:
    columns = ["id", "name"]
    assert await g.conn.copy_in("filled", b"1\ta\n2\tb\n", columns) == 2
    assert await g.conn.copy_in("filled", [b"1,a\n", b"2,b\n"], columns, format="csv") == 2
    assert await g.conn.copy_in("filled", io.BytesIO(b"1\ta\n"), columns) == 1
    return 3


@kind()
async def copy_out(g: Ground) -> int:
    async with g.conn.copy_out(table="kept", format="csv", header=True) as data:
        assert (await data.read()).startswith(b"id,name")
    pieces = [piece async for piece in g.conn.copy_out(SELECT, 5)]
    assert b"".join(pieces).count(b"\n") == 5
    async with g.conn.copy_out(SELECT, 50) as left:
        async for _ in left:
            break
    return 4


@kind()
async def copy_out_rows(g: Ground) -> int:
    rows = [row async for row in g.conn.copy_out_rows(SELECT, 50, row=tuple, batch=20)]
    assert rows[-1][0] == 50
    async with g.conn.copy_out_rows(table="kept") as left:
        async for _ in left:
            break
    return 3


@kind(1 / 5)
async def arrow(g: Ground) -> int:
    table = await g.conn.fetch_arrow(SELECT, 20)
    assert table.num_rows == 20
    assert await g.conn.copy_arrow("filled", table) == 20
    return 3


# --- what fails --------------------------------------------------------------------------------


@kind()
async def errors_of_the_server(g: Ground) -> int:
    for query in ("selec", "select 1 / 0", "select * from missing", "insert into kept values (1)"):
        with pytest.raises(errors.DatabaseError):
            await g.conn.execute(query)
        with pytest.raises(errors.DatabaseError):
            await g.conn.fetch(query)
    return 8


@kind()
async def errors_of_the_program(g: Ground) -> int:
    with pytest.raises(errors.DataError):
        await g.conn.fetch("select $1::int2", 2**20)
    with pytest.raises(errors.DataError):
        await g.conn.fetch("select $1::int", "one")
    with pytest.raises(errors.ProgrammingError):
        await g.conn.fetch("select $1::int", 1, 2)
    with pytest.raises(ZeroDivisionError):
        await g.conn.fetch(SELECT, 3, row=refused)
    with pytest.raises(errors.DataError):
        await g.conn.execute_many("insert into kept values ($1, $2)", [(1000, "a"), ("x", "b")])
    return 5


@kind()
async def a_copy_that_fails(g: Ground) -> int:
    def rows() -> Any:
        yield 1, "a"
        raise LookupError

    with pytest.raises(LookupError):
        await g.conn.copy_rows("filled", rows(), ["id", "name"])
    with pytest.raises(errors.DataError):
        await g.conn.copy_rows("filled", [(1, "a"), ("x", "b")], ["id", "name"])
    with pytest.raises(errors.DatabaseError):
        await g.conn.copy_in("filled", b"x\n")
    return 4


@kind(1 / 100)
async def timeouts(g: Ground) -> int:
    with pytest.raises(errors.QueryTimeout):
        await g.conn.fetch("select pg_sleep(30)", timeout=0.002)
    with pytest.raises(errors.QueryTimeout):
        async for _ in g.conn.stream("select pg_sleep(30)", timeout=0.002):
            pass
    return 2


@kind(1 / 100)
async def cancelled_tasks(g: Ground) -> int:
    if not g.is_async:
        return 0
    task = asyncio.ensure_future(g.conn.fetch("select pg_sleep(30)"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await g.conn.fetch_value("select 1") == 1
    return 2


# --- transactions and what else a session has --------------------------------------------------


@kind()
async def transactions(g: Ground) -> int:
    async with g.conn.transaction():
        await g.conn.execute("update kept set name = 'x' where id = 1")
        with contextlib.suppress(errors.UniqueViolation):
            async with g.conn.transaction():
                await g.conn.execute("insert into kept values (1, 'twice')")
        async with g.conn.transaction():
            await g.conn.execute("update kept set name = 'name 1' where id = 1")
    with contextlib.suppress(LookupError):
        async with g.conn.transaction(isolation="serializable"):
            await g.conn.execute("delete from kept")
            raise LookupError
    return 12


@kind(1 / 4)
async def two_phase_commit(g: Ground) -> int:
    await g.conn.tpc_begin(f"leak {next(g.numbers)}")
    await g.conn.execute("update kept set name = name where id = 1")
    await g.conn.tpc_prepare()
    await g.conn.tpc_rollback()
    return 4


@kind()
async def notifications(g: Ground) -> int:
    async with g.conn.notifications("channel", timeout=30) as heard:
        await g.other.execute("notify channel, 'a'")
        await g.conn.execute("notify channel, 'b'")
        assert {(await anext(heard)).payload, (await anext(heard)).payload} == {"a", "b"}
    return 4


@kind()
async def notices(g: Ground) -> int:
    await g.conn.execute("do $$ begin raise notice 'hello'; end $$")
    return 1


@kind(1 / 2)
async def large_objects(g: Ground) -> int:
    oid = await g.conn.large_objects.create()
    async with g.conn.large_objects.open(oid, "w+b") as file:
        await file.write(b"hello")
        await file.seek(0)
        assert await file.read() == b"hello"
    await g.conn.large_objects.delete(oid)
    return 8


@kind()
async def advisory_locks(g: Ground) -> int:
    async with g.conn.advisory_lock("leaks"):
        pass
    with pytest.raises(errors.LockNotAvailable):
        async with g.conn.advisory_lock(7), g.other.advisory_lock(7, wait=False):
            pass
    return 5


@kind()
async def choices_of_codecs(g: Ground) -> int:
    g.other.codecs["mood"] = Codec(decode=str.upper, encode=str.lower)
    assert await g.other.fetch_value("select $1::mood", "HAPPY") == "HAPPY"
    g.other.codecs.clear()
    assert await g.other.fetch_value("select $1::jsonb", Json({"a": 1})) == {"a": 1}
    return 2


# --- connections -------------------------------------------------------------------------------


@kind()
async def pool(g: Ground) -> int:
    assert await g.pool.fetch_value("select $1::int", 1) == 1
    async with g.pool.connection() as conn:
        await conn.execute("set application_name = 'leaks'")
        assert len(await conn.fetch(SELECT, 3)) == 3
    conn = await g.pool.acquire()
    await g.pool.release(conn)
    return 4


@kind(1 / 50)
async def connect_and_close(g: Ground) -> int:
    async with await g.connector() as conn:
        assert await conn.fetch_value("select 1") == 1
        assert len(await conn.fetch(VALUES)) == 1
    return 2


@kind(1 / 50)
async def a_connection_that_is_dropped_in_a_block(g: Ground) -> int:
    conn = await g.connector()
    await conn.execute("begin")
    await conn.fetch("select 1")
    await conn.close()
    with pytest.raises(errors.InterfaceError):
        await conn.fetch("select 1")
    return 2


@kind(1 / 50)
async def a_connection_that_nobody_closes(g: Ground) -> int:
    class Holder:
        """Holds a connection, which holds it in turn: by a handler, a row's class, a stream."""

        conn: Any
        rows: Any

        def made(self, id: int, name: str) -> str:  # noqa: A002
            return f"{id} {name}"

        def noticed(self, diagnostic: object) -> None:
            pass

    holder = Holder()
    holder.conn = await g.connector()
    holder.conn.add_notice_handler(holder.noticed)
    assert len(await holder.conn.fetch(SELECT, 3, row=holder.made)) == 3
    holder.rows = holder.conn.stream(SELECT, 9, row=holder.made, batch=2)
    assert await anext(holder.rows) == "1 name 1"
    del holder
    gc.collect()
    return 2
