"""Backfills as loops of PL/pgSQL, for scripts: what `_batches` does from here.

No IO. Called by `_offline`. Invariant: a batch and the place after it are committed together, the
place being written as `_batches` writes it, so that either goes on where the other was.
"""

from __future__ import annotations

import itertools
import textwrap
from typing import TYPE_CHECKING

from howdah.migrations import history
from howdah.migrations._batches import KEY_COLUMNS, PAGES
from howdah.migrations._statements import target
from howdah.migrations.history import literals

if TYPE_CHECKING:
    from howdah.migrations.history import Direction
    from howdah.migrations.model import Backfill, Migration, Step

_BY_KEY = """\
declare
    place text[] := (select position from howdah_history.migration_step{where});
    following text[];
    columns text;
    qualified text;
    values_of text;
    wanted text;
    begun timestamptz;
begin
    select string_agg(format('t.%I', name), ', '), string_agg(format('%s.%I', {alias}, name), ', '),
        string_agg(format('format(%L, t.%I)', '%L::' || type, name), ', ')
    into columns, qualified, values_of from ({keys}) as k having not bool_or(may_be_null);
    if columns is null then
        raise exception '% has no such key that is never null to order batches by', {table};
    end if;
    if exists (select from ({keys}) as k where k.name::text = any ({sets})) then
        raise exception 'the key of %, which orders the batches, is set by the statement', {table};
    end if;
    loop
        begun := clock_timestamp();
        following := null;
        wanted := coalesce(
            '(' || columns || ') > (' || array_to_string(place, ', ') || ')', 'true');
        execute format('select array[%s] from %s t where %s order by %s offset %s limit 1',
            values_of, {table}, wanted, columns, {size} - 1) into following;
        wanted := concat_ws(' and ',
            '(' || qualified || ') > (' || array_to_string(place, ', ') || ')',
            '(' || qualified || ') <= (' || array_to_string(following, ', ') || ')');
        execute {statement}
            || coalesce(nullif(wanted, ''), 'true');
        exit when following is null;
        place := following;
        {moved};
        commit;
        perform pg_sleep({rest} * extract(epoch from clock_timestamp() - begun));
    end loop;
    {done};
end"""

_BY_PAGES = """\
declare
    first bigint := coalesce(
        (select position[1]::bigint from howdah_history.migration_step{where}), 0);
    beyond bigint;
    last_page bigint;
    per_page double precision;
    begun timestamptz;
    tables text[];
    places text[];
    again bigint := null;
begin
    select k.pages, greatest(1, k.rows::double precision / nullif(k.pages, 0))
    into last_page, per_page from ({pages}) as k;
    while first < last_page loop
        begun := clock_timestamp();
        beyond := least(last_page, first + greatest(1, trunc({size} / per_page)::bigint));
        execute 'with done("table", place) as (' || {statement}
            || format('%1$s.ctid >= ''(%2$s,0)''::tid and %1$s.ctid < ''(%3$s,0)''::tid',
                {alias}, first, beyond)
            || {returning} || ') select array_agg("table"), array_agg(place) from done'
            into tables, places;
        -- the first ones prove that no row satisfies the condition once it is done
        if again is null and places is not null then
            execute {again} using tables, places;
            get diagnostics again = row_count;
            if again > 0 then
                raise exception 'rows of % satisfy the condition after the statement, too', {table};
            end if;
        end if;
        {moved};
        first := beyond;
        commit;
        perform pg_sleep({rest} * extract(epoch from clock_timestamp() - begun));
    end loop;
    -- rows move while others write
    execute {statement} || 'true';
    {done};
end"""


def batches(
    migration: Migration, direction: Direction, step: Step, work: Backfill, rest: float
) -> str:
    """The loop that does the step, from where it was interrupted."""
    found = target(work.sql)
    assert found is not None  # the reader of the file has seen to it
    by_pages = work.key == ("ctid",)
    place = "array[beyond::text]" if by_pages else "place"
    rows = "trunc((beyond - first) * per_page)::bigint" if by_pages else str(work.size)
    table, alias = literals(found.table, found.alias)
    body = (_BY_PAGES if by_pages else _BY_KEY).format(
        where=history.of_step(migration, direction, step),
        moved=history.moved_to(migration, direction, step, place, rows),
        done=history.step_done(migration, direction, step),
        keys=_inlined(KEY_COLUMNS, table, f"array[{', '.join(literals(*work.key))}]::text[]"),
        pages=_inlined(PAGES, table, ""),
        sets=f"array[{', '.join(literals(*found.sets))}]::text[]",
        statement=_quoted(found.limited(""), "sql"),
        returning=_quoted(f"\nreturning {found.places}", "sql"),
        again=_quoted(found.again("$1", "$2"), "sql"),
        table=table,
        alias=alias,
        size=work.size,
        rest=rest,
    )
    return (
        f"-- in batches of {work.size}, each committed with the place that it came to\n"
        f"do {_quoted(body, 'howdah')};"
    )


def _inlined(query: str, first: str, second: str) -> str:
    """A query with its parameters written out."""
    return "\n" + textwrap.indent(query.strip(), "    ").replace("$1", first).replace("$2", second)


def _quoted(text: str, tag: str) -> str:
    """A text between dollars, with a tag that is not in it."""
    tags = (f"${tag}{n or ''}$" for n in itertools.count())
    dollars = next(it for it in tags if it not in text)
    separator = "\n" if tag == "howdah" else ""
    return f"{dollars}{separator}{text}{separator}{dollars}"
