"""Every kind of object is read, made again by statements, and the same then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

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


TWO_SPELLINGS = """
    create domain size as varchar(9) check (value in ('s', 'm'));
    create table t (
        kind varchar(10) default 'home' check (kind in ('home', 'it''s')), other varchar,
        is_home boolean generated always as (kind in ('home', 'house')) stored,
        exclude using btree (kind with =) where (kind not in ('x', 'y'))
    );
    create index on t (kind) where kind in ('home', 'work');
    create index on t ((kind in ('home', 'work')));
    create policy p on t using (kind in ('a', 'b')) with check (exists (select 'x'));
    create rule r as on update to t where old.kind in ('a', 'b') do instead select 'x', new.kind;
    create view v as
        select kind in ('a', 'b') as x, 'b'::text as text, exists (select 'y') as y from t;
    create view w as select text || other as both from (select 'c'::text as text, 'd' as other) d;
    create statistics s on (kind in ('a', 'b')), other from t;
    create function touch() returns trigger language plpgsql as 'begin return new; end';
    create trigger g before insert on t for each row when (new.kind in ('a', 'b'))
        execute function touch();
    create function f(a varchar, b boolean default 'a'::varchar in ('b', 'c')) returns setof text
        language sql begin atomic
            select 1, 'a'; insert into t (kind) values ('home') returning 'x';
            select 'a' union select x from (select 'b' as x) y where x in ('b'::varchar, 'c');
        end;
    create function h(a varchar) returns boolean language sql return a in ('::text AS text', 'b');
"""


def test_what_is_printed_in_two_spellings_is_no_difference(pair: Pair) -> None:
    run(pair.first, TWO_SPELLINGS)
    first = read(pair.first)
    make(pair.second, first)
    assert read(pair.second) == first
    other = (
        "create or replace function h(a varchar) returns boolean language sql return a in ('', 'b')"
    )
    run(pair.second, other)
    assert read(pair.second)["routines"] != first["routines"]
