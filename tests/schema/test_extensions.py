"""Databases with extensions: all that the server has, and tables that use what they bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import howdah
from tests.schema.conftest import make, pg_dump, read, run

if TYPE_CHECKING:
    from tests.schema.conftest import Pair

USES = """
    create table thing (
        id integer primary key,
        attributes hstore not null default '"a"=>"1"',
        place ltree, box cube, span seg, book isbn, spelled citext collate "C",
        words text default unaccent('é'), numbers int[],
        keys text generated always as (soundex(words)) stored,
        exclude using gist (id with =, span with &&)
    );
    create index on thing using gin (words gin_trgm_ops);
    create index on thing using gist (words gist_trgm_ops (siglen = 32));
    create index on thing using gist (numbers gist__int_ops);
    create index on thing using gin (id, attributes) where attributes ? 'a';
    create index on thing using bloom (id) with (col1 = 4, length = 80);
    create text search configuration plain (copy = simple);
    alter text search configuration plain alter mapping for asciiword with unaccent, simple;
    create view dense as select attributes -> 'a' as a, place <@ 'top' as below from thing;
    create table sampled as select id from thing tablesample system_rows (10);
    create trigger moved before update on thing for each row execute function moddatetime (changed);
    create server beside foreign data wrapper postgres_fdw options (host 'beside');
    create server files foreign data wrapper file_fdw;
    create foreign table lines (line text) server files options (filename '/dev/null');
"""


def extensions(url: str) -> list[str]:
    """The names of all that can be installed."""
    with howdah.connect(url) as connection:
        names = "select name from pg_available_extensions order by name"
        return [name for (name,) in connection.fetch(names)]


def test_every_extension_comes_back(pair: Pair) -> None:
    names = extensions(pair.first)
    assert {"hstore", "citext", "btree_gist", "postgres_fdw", "ltree"} <= set(names)
    for name in names:
        run(pair.first, f'create extension if not exists "{name}" cascade')
    first = read(pair.first)
    assert first.keys() == {"extensions"}, first.get("unknown")
    assert {it["name"] for it in first["extensions"]} == set(names) - {"plpgsql"}
    make(pair.second, first)
    assert read(pair.second) == first


def test_what_uses_extensions_comes_back(pair: Pair) -> None:
    wanted = (
        "bloom btree_gin btree_gist citext cube file_fdw fuzzystrmatch hstore intarray isn ltree "
        "moddatetime pg_trgm postgres_fdw seg tsm_system_rows unaccent"
    )
    run(pair.first, "create schema tools")
    for name in wanted.split():
        run(pair.first, f"create extension {name} schema {'tools' if name == 'cube' else 'public'}")
    run(pair.first, "set search_path = public, tools;" + USES)
    first = read(pair.first)
    assert "unknown" not in first
    make(pair.second, first)
    assert read(pair.second) == first
    assert pg_dump(pair, pair.second) == pg_dump(pair, pair.first)
