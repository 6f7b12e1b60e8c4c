"""Materialized views: computing them again. Does IO."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from howdah._native import quote_identifier as quoted
from howdah._native import schema_refresh_order
from howdah.errors import ProgrammingError
from howdah.orm.schema.running import run
from howdah.orm.statements.base import Write

if TYPE_CHECKING:
    from howdah.orm.models import Model
    from howdah.orm.statements.base import Steps


def refresh(on: Any, *views: type[Model], concurrently: bool = False) -> Any:
    """Compute materialized views again, in the order given.

    `on` is what runs it: a connection, transaction or database, of either world; awaited under
    asyncio. With `concurrently`
    readers go on meanwhile; the view needs a unique index of columns without `where`.
    """
    for view in views:
        if not view.__table__.options.get("materialized"):
            raise ProgrammingError(f"`{view.__name__}` is no materialized view")
    return run(on, _refresh_steps([view.__table__.sql_name for view in views], concurrently))


def refresh_all(on: Any, *, schema: str | None = None, concurrently: bool = False) -> Any:
    """Compute all materialized views again, or those of a schema: each after those it reads.

    With `concurrently`, readers go on meanwhile where a view has the unique index that it takes.
    """
    return run(on, _refresh_all_steps(schema, concurrently))


def _refresh_steps(names: list[str], concurrently: bool) -> Steps:  # noqa: FBT001
    word = " concurrently" if concurrently else ""
    for name in names:
        step = functools.partial(_execute, f"refresh materialized view{word} {name}")
        yield Write(step, {name})


def _execute(sql: str, connection: Any) -> Any:
    return connection.execute(sql)


def _refresh_all_steps(schema: str | None, concurrently: bool) -> Steps:  # noqa: FBT001
    sql = schema_refresh_order()
    found = yield lambda conn: conn.fetch(sql, row=tuple)
    for home, name, can_be_concurrent in found:
        if schema in {None, home}:
            full_name = f"{quoted(home)}.{quoted(name)}"
            yield from _refresh_steps([full_name], concurrently and can_be_concurrent)
