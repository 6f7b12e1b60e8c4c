"""Models of views: not written unless they can be; computed again in order, by whom and when."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah.orm import Col, Model, create_all, delete, identity, insert, merge, select, update
from howdah.orm.schema import refresh, refresh_every
from howdah.orm.schema.views import cron_time

if TYPE_CHECKING:
    from collections.abc import Callable

# What `pg_cron` has of this, as its documentation tells: the extension itself needs a server that
# was started with it.
STAND_IN = """
    create schema cron;
    create table cron.job (jobid bigint generated always as identity, schedule text, command text,
        jobname text unique);
    create function cron.schedule(job text, at text, sql text) returns bigint language sql as $$
        insert into cron.job (schedule, command, jobname) values (at, sql, job)
        on conflict (jobname) do update set schedule = excluded.schedule, command = excluded.command
        returning jobid $$;
    create function cron.unschedule(number bigint) returns boolean language sql as $$
        delete from cron.job where jobid = number returning true $$
"""


class Plant(Model):
    id: Col[int] = identity()
    name: Col[str]


class Tall(
    Model,
    view="select id, name from plant where name <> 'moss'",
    depends_on=[Plant],
    updatable=True,
):
    id: Col[int] = identity()
    name: Col[str]


class Shown(Model, view="select id, name from plant", depends_on=[Plant]):
    id: Col[int] = identity()
    name: Col[str]


class Counted(Model, view="select max(id) as most from plant", materialized=True):
    most: Col[int]


class Twice(Model, view="select most * 2 as most from counted", materialized=True):
    most: Col[int]


@pytest.fixture
def garden(database: str) -> Any:
    with howdah.Database(database) as db:
        create_all(db, Plant, Tall, Shown, Counted, Twice)
        yield db


def seen(model: type[Any]) -> Any:
    """An object as if it had been loaded."""
    return model(name="moss") if "name" in model.__table__.column_names else model(most=1)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda _: insert(Shown), "`Shown` is a view: its rows are computed"),
        (lambda _: update(Counted), "`Counted` is a materialized view"),
        (lambda _: delete(Shown), "`Shown` is a view"),
        (lambda _: merge(Shown), "`Shown` is a view"),
        (lambda db: db.insert(seen(Shown)), "`Shown` is a view"),
        (lambda db: db.insert([seen(Shown) for _ in range(100)]), "`Shown` is a view"),
        (lambda db: db.save(seen(Counted)), "`Counted` is a materialized view"),
        (lambda db: db.upsert(seen(Shown)), "`Shown` is a view"),
    ],
)
def test_what_is_computed_is_not_written(
    garden: howdah.Database, write: Callable[[Any], object], said: str
) -> None:
    with pytest.raises(howdah.ProgrammingError, match=said):
        write(garden)
    with garden.tx() as tx, pytest.raises(howdah.ProgrammingError, match=said):
        write(tx)


def test_loaded_rows_are_not_written_either(garden: howdah.Database) -> None:
    garden.insert(Plant(name="fern"))
    [shown] = garden.fetch(select(Shown))
    shown.name = "palm"
    for write in (garden.update, garden.save, garden.delete):
        with pytest.raises(howdah.ProgrammingError, match="`updatable=True`"):
            write(shown)


def test_a_view_that_can_be_written(garden: howdah.Database) -> None:
    garden.insert(Tall(name="oak"))
    [oak] = garden.fetch(select(Tall))
    oak.name = "old oak"
    garden.save(oak)
    assert garden.fetch(select(Plant.name)) == ["old oak"]


def test_views_are_refreshed_after_those_that_they_read(garden: howdah.Database) -> None:
    garden.insert([Plant(name="fern"), Plant(name="oak")])
    refresh(garden, Twice, Counted)
    assert garden.fetch(select(Twice.most)) == [4]


def test_without_pg_cron_it_is_said(garden: howdah.Database) -> None:
    with pytest.raises(howdah.NotSupportedError, match="no `pg_cron`") as refused:
        refresh_every(garden, "1h", Twice)
    assert "howdah refresh --every 1h" in (refused.value.hint or "")
    with pytest.raises(howdah.ProgrammingError, match="`Plant` is no materialized view"):
        refresh_every(garden, "1h", Plant)


def test_jobs_of_pg_cron(garden: howdah.Database) -> None:
    garden.execute(STAND_IN)
    jobs = "select jobname, schedule, command from cron.job order by jobname"
    refresh_every(garden, "1h", Twice, Counted)
    refresh_every(garden, "15m", Counted, Twice)  # the same job, told anew
    refresh_every(garden, "0 3 * * *", concurrently=True)
    refresh_every(garden, "1d", Counted, concurrently=True)
    both = "refresh materialized view counted;\nrefresh materialized view twice"
    everything = "refresh materialized view public.counted;\nrefresh materialized view public.twice"
    alone = "refresh materialized view concurrently counted"
    assert garden.fetch(jobs, row=tuple) == [
        ("refresh", "0 3 * * *", everything),
        ("refresh counted", "0 0 * * *", alone),
        ("refresh counted twice", "*/15 * * * *", both),
    ]
    refresh_every(garden, None, Twice, Counted)
    assert len(garden.fetch(jobs)) == 2


@pytest.mark.parametrize(
    ("every", "written"),
    [
        ("1m", "* * * * *"),
        ("30m", "*/30 * * * *"),
        ("1h", "0 * * * *"),
        ("12h", "0 */12 * * *"),
        ("24h", "0 0 * * *"),
        ("59s", "59 seconds"),
        (dt.timedelta(minutes=20), "*/20 * * * *"),
        ("30 3 * * 1", "30 3 * * 1"),
    ],
)
def test_when_cron_runs(every: str | dt.timedelta, written: str) -> None:
    assert cron_time(every) == written


@pytest.mark.parametrize("every", ["7m", "90s", "36h", "0s", "hourly", "-1h"])
def test_what_cron_cannot_say(every: str) -> None:
    with pytest.raises(howdah.ProgrammingError) as refused:
        cron_time(every)
    assert "cron" in (refused.value.hint or "")
