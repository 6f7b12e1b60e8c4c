"""What the value does not hold is named, and never made or dropped; owners are read if wanted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from howdah import _native
from tests.schema.conftest import command, make, read, run

if TYPE_CHECKING:
    from tests.schema.conftest import Pair

STRANGE = """
    create type shell;
    create type odd;
    create function odd_in(cstring) returns odd language internal strict immutable as 'int4in';
    create function odd_out(odd) returns cstring language internal strict immutable as 'int4out';
    create type odd (input = odd_in, output = odd_out, like = integer);
    create text search template plain (init = dsimple_init, lexize = dsimple_lexize);
    create subscription away connection 'host=nowhere password=hush' publication given
        with (connect = false, enabled = false, slot_name = none);
    create table mine (id integer constraint numbered primary key);
    comment on index numbered is 'of the index, not of the key';
    revoke delete on mine from current_user;
    create extension pg_stat_statements;
    grant execute on function pg_stat_statements(boolean) to clerk;
"""


def test_what_is_not_held_is_named(pair: Pair) -> None:
    run(pair.first, STRANGE)
    try:
        schema = read(pair.first)
    finally:
        run(pair.first, "drop subscription away")
    found = {(it["kind"], it["name"]) for it in schema["unknown"]}
    assert found == {
        ("base type", "type odd"),
        ("shell type", "type shell"),
        ("text search template", "text search template plain"),
        ("subscription", "subscription away"),
        ("comment", "index numbered"),
        ("privileges of the owner", "table mine"),
        ("privileges of an extension's object", "function pg_stat_statements(boolean)"),
    }
    assert "hush" not in json.dumps(schema)
    statements = _native.schema_create(json.dumps(schema)) + _native.schema_drop(json.dumps(schema))
    assert not [it for it in statements if "shell" in it or "template" in it or "away" in it]


def test_owners_are_read_where_they_are_asked_for(pair: Pair) -> None:
    run(
        pair.first,
        """
        create schema app authorization clerk;
        create table app.owned (id serial);
        create type app.kind as enum ('a');
        create function app.one() returns integer language sql as 'select 1';
        create view app.seen as select id from app.owned;
        alter table app.owned owner to clerk; alter type app.kind owner to auditor;
        alter function app.one() owner to clerk; alter view app.seen owner to auditor;
        create publication given for table app.owned;
        """,
    )
    assert "owner" not in json.dumps(read(pair.first))
    answer = command("dump", pair.first, "--format", "json", "--owners")
    assert answer.returncode == 0, answer.stderr
    schema = json.loads(answer.stdout)["schema"]
    owners = {it["owner"] for kind in schema for it in schema[kind] if "owner" in it}
    assert owners == {"postgres", "clerk", "auditor"}
    make(pair.second, schema)
    again = command("dump", pair.second, "--format", "json", "--owners")
    assert json.loads(again.stdout)["schema"] == schema
