"""Making and dropping a schema on a coordinator and its shards. Does IO.

Invariant: nothing is committed anywhere before every server has taken all of its statements; the
shards commit first, the coordinator last. A crash between the commits leaves tables on shards that
the coordinator knows nothing of: `drop_all` removes them.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Literal

from howdah import _native
from howdah._native import quote_identifier as quoted
from howdah.async_connection import AsyncConnection
from howdah.errors import ProgrammingError
from howdah.orm.schema.sharding import citus
from howdah.orm.schema.sharding.rules import Distributed, check
from howdah.orm.schema.sharding.splitting import completed, coordinator, on_shard

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from howdah.orm.schema.base import Collector, Value
    from howdah.orm.schema.sharding.rules import Key
    from howdah.orm.schema.sharding.servers import Shard, Shards
    from howdah.orm.statements.base import Steps

Way = Literal["citus", "shards", "here"]
Script = tuple["Shard", list[str]]

_NEWEST = 99
_FACTS = """
select current_setting('server_version_num')::int / 10000,
    array(select extname::text from pg_extension)
"""
# Joins of tables that are divided alike are made on the shards only if the planner is told to look
# at pairs of partitions, which it does not by default. For sessions that begin from now on.
_SETTINGS = ("enable_partitionwise_join", "enable_partitionwise_aggregate")
_SET = (
    "do $howdah$ begin execute format('alter database %I set {0} = on', current_database()); "
    "exception when insufficient_privilege then raise notice 'the owner of the database should "
    "set {0} = on'; end $howdah$"
)
# A server goes with its last table.
_DROP_SERVER = (
    "do $howdah$ begin if not exists (select from pg_foreign_table t "
    "join pg_foreign_server s on s.oid = t.ftserver where s.srvname = {0}) "
    "then drop server if exists {1} cascade; end if; end $howdah$"
)


def create_steps(schema: Collector) -> Steps:
    """Make what was collected, which has distributed tables or shards."""
    whole, distributed = _checked(schema)
    [(major, extensions)] = yield lambda conn: conn.fetch(_FACTS, row=tuple)
    way = way_for(distributed, schema.shards, extensions)
    if way == "citus":
        statements = citus.statements(whole, distributed)
        yield lambda conn: conn.execute(script(statements))
        return
    if way == "here":
        statements = _native.schema_create(json.dumps(whole))
        yield lambda conn: conn.execute(script(statements))
        return
    of_coordinator, others = _statements(schema, whole, distributed, major)
    yield lambda conn: _everywhere(conn, of_coordinator, others)


def drop_steps(schema: Collector) -> Steps:
    """Drop what `create_steps` makes."""
    whole, distributed = _checked(schema)
    shards: Shards | None = schema.shards
    others: list[Script] = []
    if shards is None or not shards.shards:
        statements = _native.schema_drop(json.dumps(whole))
    else:
        of_coordinator = coordinator(
            whole, distributed, shards, major=_NEWEST, secret=lambda _: None
        )
        names = {shard.name for shard in shards.shards}
        of_coordinator["servers"] = [
            it for it in of_coordinator["servers"] if it["name"] not in names
        ]
        statements = _native.schema_drop(json.dumps(of_coordinator))
        for shard in shards.shards:
            name = shard.name.replace("'", "''")
            statements.append(_DROP_SERVER.format(f"'{name}'", quoted(shard.name)))
        for place, shard in enumerate(shards.shards):
            value = on_shard(whole, distributed, shards, place)
            others.append((shard, _native.schema_drop(json.dumps(value))))
    yield lambda conn: _everywhere(conn, statements, others)


def written(schema: Collector) -> str:
    """The statements of `create_steps` as text, for the newest version of PostgreSQL."""
    whole, distributed = _checked(schema)
    if way_for(distributed, schema.shards, ()) == "here":
        return script(_native.schema_create(json.dumps(whole)))
    statements, others = _statements(schema, whole, distributed, _NEWEST)
    parts = [f"-- on the coordinator\n{script(statements)}"]
    parts += [f"-- on {shard.name}\n{script(its)}" for shard, its in others if its]
    return "\n\n".join(parts)


def way_for(
    distributed: Collection[object], shards: Shards | None, extensions: Collection[str]
) -> Way:
    """How tables are distributed in a database with these extensions.

    Raises `ProgrammingError` where there is neither Citus nor shards, or both.
    """
    has_citus = "citus" in extensions
    if shards is None:
        if has_citus:
            return "citus"
        raise ProgrammingError(
            f"there are {len(distributed)} distributed tables and no shards",
            hint="give `shards(urls)` as well; `shards([])` makes ordinary tables",
        )
    if has_citus and shards.shards:
        raise ProgrammingError(
            "the database has Citus, which has nodes of its own, and `shards(…)` were given",
            hint="leave `shards(…)` out: Citus distributes the tables",
        )
    if has_citus and distributed:
        return "citus"
    return "shards" if shards.shards else "here"


def script(statements: Sequence[str]) -> str:
    """Several statements in one message."""
    return ";\n".join(statements) + ";" if statements else ""


def _checked(schema: Collector) -> tuple[Value, dict[Key, Distributed]]:
    found = [Distributed.of(place.model) for place in schema.distributed]
    distributed = {it.key: it for it in found}
    elsewhere = {key: Distributed.of(model) for key, model in schema.referred.items()}
    whole = completed(schema.value)
    check(whole.get("tables", ()), distributed, elsewhere)
    return whole, distributed


def _statements(
    schema: Collector, whole: Value, distributed: dict[Key, Distributed], major: int
) -> tuple[list[str], list[Script]]:
    shards: Shards = schema.shards
    value = coordinator(whole, distributed, shards, major=major, secret=schema.secret)
    statements = _native.schema_create(json.dumps(value))
    statements += [_SET.format(name) for name in _SETTINGS]
    others = [
        (shard, _native.schema_create(json.dumps(on_shard(whole, distributed, shards, place))))
        for place, shard in enumerate(shards.shards)
    ]
    return statements, others


def _everywhere(conn: Any, statements: list[str], others: list[Script]) -> Any:
    """Run statements on the coordinator and on shards; awaitable under asyncio."""
    if isinstance(conn, AsyncConnection):
        return _everywhere_async(conn, statements, others)
    import howdah

    with contextlib.ExitStack() as stack:
        stack.enter_context(conn.transaction())
        for shard, its in others:
            there = stack.enter_context(howdah.connect(shard.url))
            stack.enter_context(there.transaction())
            there.execute(script(its))
        conn.execute(script(statements))
    return None


async def _everywhere_async(
    conn: AsyncConnection, statements: list[str], others: list[Script]
) -> None:
    import howdah

    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(conn.transaction())
        for shard, its in others:
            there = await stack.enter_async_context(await howdah.connect_async(shard.url))
            await stack.enter_async_context(there.transaction())
            await there.execute(script(its))
        await conn.execute(script(statements))
