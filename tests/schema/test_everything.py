"""Every kind of object is read, made again by statements, and the same then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import howdah
from howdah import _native
from tests.schema.conftest import everything, make, pg_dump, read, run

if TYPE_CHECKING:
    from tests.schema.conftest import Pair

KINDS = {
    "schemas",
    "public",
    "servers",
    "collations",
    "enums",
    "domains",
    "composites",
    "sequences",
    "routines",
    "definitions",
    "tables",
    "views",
    "statistics",
    "event_triggers",
    "publications",
    "default_privileges",
}


@pytest.mark.parametrize("models", [True, False], ids=["of models", "beyond models"])
def test_what_is_made_again_is_the_same_for_postgresql_too(pair: Pair, models: bool) -> None:
    run(pair.first, pair.everything() if models else everything(pair))
    first = read(pair.first)
    make(pair.second, first)
    second = read(pair.second)
    assert first.keys() == second.keys()
    for kind in first:
        assert first[kind] == second[kind]
    assert models or first.keys() == KINDS
    # the witness that knows nothing of howdah's reading
    assert pg_dump(pair, pair.first) == pg_dump(pair, pair.second)


def test_all_of_it_is_dropped(pair: Pair) -> None:
    run(pair.first, everything(pair))
    schema = json.dumps(read(pair.first))
    drop = ";\n".join(_native.schema_drop(schema))
    run(pair.first, drop)
    assert read(pair.first).keys() <= {"schemas", "public"}
    run(pair.first, drop)  # what is not there is passed over


def test_settings_and_rights_of_the_reader_do_not_matter(pair: Pair) -> None:
    run(pair.first, everything(pair))
    first = read(pair.first)
    run(
        pair.first,
        """do $$ declare it text; begin
            foreach it in array array['datestyle = german', 'intervalstyle = iso_8601',
                'timezone = "Asia/Tokyo"', 'bytea_output = escape', 'extra_float_digits = 3',
                'search_path = app', 'quote_all_identifiers = on'] loop
                execute format('alter database %I set %s', current_database(), it);
            end loop; end $$""",
    )
    assert read(pair.first) == first
    assert read(f"{pair.first}?options=-c%20role%3Dauditor") == first


def test_what_postgresql_prints_otherwise_when_it_reads_its_own_print_is_the_same(
    pair: Pair,
) -> None:
    run(
        pair.first,
        """
        create domain size as varchar(2) check (value in ('S', 'XL'));
        create table box (
            kind varchar(10) check (kind in ('home', 'work')),
            size size check (size not in ('M', 'L')));
        create index box_home on box (kind) where kind in ('home', 'club');
        create policy seen on box using (kind in ('home', 'work'));
        create view boxes as
            select kind in ('a', 'b') as known, (select 'x') as sign, 'b' || 'a'::text as text
            from box;
        create function known(kinds text[] default array['a', 'b']::varchar[]::text[])
            returns table (number int, letter text) language sql begin atomic select -1, 'x'; end;
        """,
    )
    first = read(pair.first)
    make(pair.second, first)
    assert read(pair.second) == first
    # what is loaded names its columns as what was dumped
    with howdah.connect(pair.second) as conn:
        columns = conn.prepare("select * from boxes").columns
        assert [it.name for it in columns or ()] == ["known", "sign", "text"]
