"""Materialized views: computing them again, now or regularly. Does IO."""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import TYPE_CHECKING, Any

from howdah._native import quote_identifier as quoted
from howdah._native import schema_refresh_order
from howdah.errors import NotSupportedError, ProgrammingError
from howdah.orm.schema.running import run
from howdah.orm.statements.base import Write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from howdah.orm.models import Model
    from howdah.orm.statements.base import Steps

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# whether the extension is there, by what will be called
_HAS_CRON = "select to_regprocedure('cron.schedule(text, text, text)') is not null"


def refresh(on: Any, *views: type[Model], concurrently: bool = False) -> Any:
    """Compute materialized views again, each after those that it reads.

    `on` is what runs it: a connection, transaction or database, of either world; awaited under
    asyncio. With `concurrently`
    readers go on meanwhile; the view needs a unique index of columns without `where`.
    """
    _check(views)
    return run(on, _refresh_steps(views, concurrently))


def refresh_all(on: Any, *, schema: str | None = None, concurrently: bool = False) -> Any:
    """Compute all materialized views again, or those of a schema: each after those it reads.

    With `concurrently`, readers go on meanwhile where a view has the unique index that it takes.
    """
    return run(on, _refresh_all_steps(schema, concurrently))


def refresh_every(
    on: Any,
    every: str | dt.timedelta | None,
    *views: type[Model],
    concurrently: bool = False,
) -> Any:
    """Let the server compute materialized views again regularly, by its extension `pg_cron`.

    - `every`: `"30s"`, `"15m"`, `"1h"`, `"1d"`, a `timedelta`, or when, as cron writes it:
      `"30 3 * * *"`. None ends what was said of the same views.
    - without views, all of them that the database has now, each after those that it reads.

    Raises `NotSupportedError` where the database has no `pg_cron`: then the command
    `howdah refresh --every 1h` does it from outside. Returns the number of the job.
    """
    _check(views)
    when = None if every is None else cron_time(every)
    return run(on, _schedule_steps(when, views, concurrently))


def cron_time(every: str | dt.timedelta) -> str:
    """When, as `pg_cron` takes it.

    >>> cron_time("15m"), cron_time(dt.timedelta(hours=6)), cron_time("10s")
    ('*/15 * * * *', '0 */6 * * *', '10 seconds')
    """
    if isinstance(every, str) and " " in every.strip():
        return every.strip()
    seconds = _seconds(every)
    if 0 < seconds < 60:
        return f"{seconds} seconds"
    minutes, hours = seconds // 60, seconds // 3600
    if seconds == 60 * minutes and minutes and 60 % minutes == 0 and minutes < 60:
        return "* * * * *" if minutes == 1 else f"*/{minutes} * * * *"
    if seconds == 3600 * hours and hours and 24 % hours == 0:
        return {1: "0 * * * *", 24: "0 0 * * *"}.get(hours, f"0 */{hours} * * *")
    raise ProgrammingError(
        f"cron has no way to say every {seconds} seconds",
        hint="parts of an hour or a day, such as `15m` and `6h`, or cron's own: `30 3 * * *`",
    )


def _seconds(every: str | dt.timedelta) -> int:
    if isinstance(every, dt.timedelta):
        return int(every.total_seconds())
    found = re.fullmatch(r"\s*(\d+)\s*([smhd])\s*", every)
    if found is None:
        raise ProgrammingError(
            f"`{every}` is no distance in time", hint="`30s`, `15m`, `1h`, `1d`, or cron's own"
        )
    return int(found[1]) * _UNITS[found[2]]


def _check(views: Sequence[type[Model]]) -> None:
    for view in views:
        if not view.__table__.options.get("materialized"):
            raise ProgrammingError(f"`{view.__name__}` is no materialized view")


def _refresh_steps(views: Sequence[type[Model]], concurrently: bool) -> Steps:  # noqa: FBT001
    for name, _ in (yield from _in_order(views)):
        yield _refreshing(name, concurrently)


def _refresh_all_steps(schema: str | None, concurrently: bool) -> Steps:  # noqa: FBT001
    sql = schema_refresh_order()
    found = yield lambda conn: conn.fetch(sql, row=tuple)
    for home, name, can_be_concurrent in found:
        if schema in {None, home}:
            full_name = f"{quoted(home)}.{quoted(name)}"
            yield _refreshing(full_name, concurrently and can_be_concurrent)


def _schedule_steps(
    when: str | None,
    views: Sequence[type[Model]],
    concurrently: bool,  # noqa: FBT001
) -> Steps:
    has_cron = yield lambda conn: conn.fetch_value(_HAS_CRON)
    if not has_cron:
        raise NotSupportedError(
            "the database has no `pg_cron`",
            hint="`create extension pg_cron` where the server has it; or let the command "
            "`howdah refresh --every 1h` run",
        )
    job = " ".join(["refresh", *sorted(it.__table__.sql_name for it in views)])
    if when is None:
        end = "select cron.unschedule(jobid) from cron.job where jobname = $1"
        yield lambda conn: conn.fetch(end, job)
        return None
    names = yield from _in_order(views)
    statements = [_statement(name, concurrently and may) for name, may in names]
    number = yield lambda conn: conn.fetch_value(
        "select cron.schedule($1::text, $2::text, $3::text)", job, when, ";\n".join(statements)
    )
    return number


def _in_order(views: Sequence[type[Model]]) -> Steps:
    """The names, of all where none is given, each after those that it reads.

    With each, whether readers can go on while it is computed, as far as we know.
    """
    if len(views) == 1:
        return [(views[0].__table__.sql_name, True)]
    sql = schema_refresh_order()
    found = yield lambda conn: conn.fetch(sql, row=tuple)
    named = [(f"{quoted(home)}.{quoted(name)}", may) for home, name, may in found]
    if not views:
        return named
    places = {(home, name): place for place, (home, name, _) in enumerate(found)}
    bare = {name: place for place, (_, name, _) in enumerate(found)}

    def place(view: type[Model]) -> int:
        table = view.__table__
        key = (table.schema, table.name)
        return places[key] if key in places else bare.get(table.name, len(found))

    return [(it.__table__.sql_name, True) for it in sorted(views, key=place)]


def _refreshing(name: str, concurrently: bool) -> Write:  # noqa: FBT001
    return Write(functools.partial(_execute, _statement(name, concurrently)), {name})


def _statement(name: str, concurrently: bool) -> str:  # noqa: FBT001
    return f"refresh materialized view {'concurrently ' if concurrently else ''}{name}"


def _execute(sql: str, connection: Any) -> Any:
    return connection.execute(sql)
