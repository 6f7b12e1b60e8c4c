"""A schema that was read, made elsewhere and read again is the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import _native
from tests.orm.schema.conftest import read, run
from tests.repository import ROOT

if TYPE_CHECKING:
    from tests.orm.schema.conftest import Pair

SHOP = Path(ROOT) / "examples" / "music_shop.sql"


def made_again(pair: Pair) -> tuple[Any, Any]:
    """The schema of the first database, and that of the second, where it was made again."""
    first = read(pair.first)
    run(pair.second, ";\n".join(_native.schema_create(json.dumps(first))))
    return first, read(pair.second)


def test_everything_is_made_again(pair: Pair) -> None:
    run(pair.first, pair.everything())
    first, second = made_again(pair)
    assert first == second
    kinds = {
        "schemas",
        "extensions",
        "servers",
        "enums",
        "domains",
        "composites",
        "ranges",
        "sequences",
    }
    assert first.keys() == kinds | {"routines", "tables", "views", "dependencies"}


def test_the_shop_is_made_again(pair: Pair) -> None:
    run(pair.first, SHOP.read_text())
    first, second = made_again(pair)
    assert first == second
    assert len(first["tables"]) == 11


def test_all_of_it_is_dropped(pair: Pair) -> None:
    run(pair.first, pair.everything())
    schema = json.dumps(read(pair.first))
    run(pair.first, ";\n".join(_native.schema_drop(schema)))
    left = read(pair.first)
    assert left.keys() <= {"schemas", "extensions"}
    run(pair.first, ";\n".join(_native.schema_drop(schema)))  # what is not there is passed over


def test_names_are_relative_to_the_base(pair: Pair) -> None:
    tables = """
        create type {0}.mood as enum ('happy');
        create table {0}.author (id bigint primary key, mood {0}.mood default 'happy');
        create view {0}.authors as select id from {0}.author
    """
    run(pair.first, "create schema one; create schema two;" + tables.format("one"))
    run(pair.first, tables.format("two"))
    one = read(pair.first, "one", ["one"])
    assert one == read(pair.first, "two", ["two"])
    assert one["tables"][0]["name"] == {"name": "author"}
    assert one["tables"][0]["columns"][1]["default"] == "'happy'::mood"


def test_a_schema_that_is_not_there(pair: Pair) -> None:
    with pytest.raises(ValueError, match="there is no schema `nowhere`"):
        read(pair.first, schemas=["nowhere"])


def test_a_base_with_an_odd_name(pair: Pair) -> None:
    name = 'it\'s "odd" $1\n'
    with howdah.connect(pair.first) as connection:
        quoted = howdah.sql.Identifier(name)
        connection.execute(f"create schema {quoted}; create table {quoted}.t (id int)")
    assert read(pair.first, name, [name])["tables"][0]["name"] == {"name": "t"}


def test_what_an_extension_brings_is_not_listed(pair: Pair) -> None:
    run(pair.first, "create extension hstore; create extension pg_stat_statements")
    assert read(pair.first) == {
        "extensions": [{"name": "hstore"}, {"name": "pg_stat_statements"}],
    }
