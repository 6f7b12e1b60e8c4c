"""`howdah schema show` and `howdah schema dump`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import howdah
from tests.orm.schema.test_reading import SHOP
from tests.schema.conftest import command, everything, pg_dump_script, read, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.schema.conftest import Pair


JSON = ("--format", "json")


def written(*arguments: str) -> str:
    """What the command prints."""
    answer = command(*arguments)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_a_dump_as_sql_makes_the_schema(pair: Pair) -> None:
    run(pair.first, everything(pair))
    run(
        pair.second,
        'create schema postgres; set search_path = "$user", public; ' + written("dump", pair.first),
    )
    run(pair.second, "drop schema postgres")
    assert read(pair.second) == read(pair.first)


def test_a_dump_of_one_schema_is_relative_to_it(pair: Pair) -> None:
    run(pair.first, "create schema app; create table app.book (id int primary key)")
    run(pair.first, "create view app.books as select id from app.book; create table other ()")
    run(pair.second, written("dump", pair.first, "--schema", "app", "--base", "app"))
    assert read(pair.second, "app", ["app"]) == read(pair.first, "app", ["app"])
    assert "tables" not in read(pair.second, schemas=["public"])


def test_a_snapshot_has_the_schema_and_facts(pair: Pair, tmp_path: Path) -> None:
    run(pair.first, SHOP.read_text())
    run(pair.first, "insert into artist select n, 'a' || n from generate_series(1, 500) n")
    run(pair.first, "insert into genre values (1, 'a'), (2, 'b')")
    with howdah.connect(pair.first) as connection:
        connection.execute("vacuum analyze artist")
        with pytest.raises(howdah.errors.UniqueViolation):
            connection.execute("create unique index concurrently twice on genre (length(name))")
    file = tmp_path / "shop.json"
    written("dump", pair.first, "--format", "json", "--output", str(file))
    snapshot = json.loads(file.read_text())
    assert snapshot["schema"] == read(pair.first)
    facts = {it["name"]["name"]: it for it in snapshot["facts"]["relations"]}
    assert snapshot["facts"]["server_version"] // 10_000 == pair.major
    assert facts["artist"]["rows"] == 500
    assert facts["artist"]["bytes"] >= 8192
    assert facts["genre"]["invalid_indexes"] == ["twice"]
    assert "rows" not in facts["track"]
    # what is not valid is told of, and not made again
    script = written("dump", str(file))
    assert "-- not valid: index twice on genre\n" in script
    run(pair.second, script)
    genre = next(it for it in read(pair.second)["tables"] if it["name"]["name"] == "genre")
    assert "indexes" not in genre
    shown = written("show", str(file), "genre", "tables")
    assert shown.startswith("table album\n")
    assert "  invalid indexes: twice\n" in shown
    assert "~500 rows" in written("show", str(file))


def test_scripts_and_models_are_made_on_a_scratch_server(pair: Pair, tmp_path: Path) -> None:
    file = tmp_path / "shop.sql"
    file.write_text(
        "\\set ON_ERROR_STOP on\n"
        "create table shop (id bigint primary key, owner_name text check (owner_name <> ''));\n"
        "grant select on shop to somebody;\n"
        "copy shop from stdin;\n1\ta\n\\.\n"
        "create index concurrently on shop (owner_name);\n"
    )
    models = tmp_path / "shop_models.py"
    models.write_text(
        "from howdah.orm import Field, Model\n\n\n"
        "class Shop(Model):\n    id: int = Field(primary_key=True)\n"
        "    size: int = Field(default=3 * 2)\n"
    )
    with howdah.connect(pair.first) as connection:
        before = connection.fetch("select datname from pg_database order by 1")
        roles = connection.fetch("select rolname from pg_roles order by 1")
    run(pair.first, "create role somebody")
    try:
        found = json.loads(
            written("show", str(file), "shop", "--format", "json", "--scratch", pair.first)
        )
    finally:
        run(pair.first, "drop role somebody")
    (table,) = found["tables"]
    assert [it["name"] for it in table["indexes"]] == ["shop_owner_name_idx"]
    assert table["grants"] == [{"role": "somebody", "privileges": ["select"]}]
    with howdah.connect(pair.first) as connection:
        assert connection.fetch("select datname from pg_database order by 1") == before
        assert connection.fetch("select rolname from pg_roles order by 1") == roles
    refused = command("show", str(file), "--scratch", pair.first)
    assert refused.returncode == 1
    assert 'role "somebody" does not exist' in refused.stderr
    assert "line 3" in refused.stderr


def test_a_script_of_pg_dump_is_a_source(pair: Pair, tmp_path: Path) -> None:
    run(pair.first, pair.everything())
    run(pair.first, "refresh materialized view app.b_top")
    file = tmp_path / "dump.sql"
    file.write_text(pg_dump_script(pair, pair.first))
    answer = written("dump", str(file), "--format", "json", "--scratch", pair.second)
    found = json.loads(answer)["schema"]
    for view in found["views"]:
        # the program fills them later, by a statement that is no part of the schema
        assert view.pop("without_data", False) == view.get("materialized", False)
    assert found == read(pair.first)


def test_a_temporary_server_is_enough(tmp_path: Path) -> None:
    file = tmp_path / "shop.sql"
    file.write_text("create table shop (id bigint); alter table shop owner to somebody")
    answer = command("show", str(file), "shop", "--owners", "--format", "json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["tables"][0]["owner"] == "somebody"


def test_owners_differ_and_the_history_of_deploys_is_left_out(pair: Pair) -> None:
    history = "create schema howdah_history; create table howdah_history.migration (name text)"
    run(pair.first, f"{history}; comment on table howdah_history.migration is 'deploys'")
    made = "create schema app; create table app.t (id int generated always as identity);"
    made += "create view app.v as select 1 as a; create function app.f() returns int language sql"
    run(pair.first, f"{made} as 'select 1'")
    owned = ["schema app", "table app.t", "view app.v", "function app.f()"]
    owners = "; ".join(f"alter {it} owner to auditor" for it in owned)
    run(pair.second, f"{made} as 'select 1'; {owners}")
    assert "howdah_history" not in written("dump", pair.first, "--format", "json")
    assert "howdah_history.migration" in written("dump", pair.first, "--schema", "howdah_history")
    assert written("diff", pair.first, pair.second) == ""
    script = written("diff", pair.first, pair.second, "--owners", "--format", "sql")
    assert sorted(script.splitlines()) == sorted(f"{it};" for it in owners.split("; "))
    run(pair.first, script)
    assert command("diff", pair.first, pair.second, "--owners", "--exit-code").returncode == 0


def test_everything_is_shown(pair: Pair) -> None:
    run(pair.first, everything(pair))
    overview = written("show", pair.first)
    names = ["place", "app.split", "longest(text)", "watch", "of_schemas", "place_kinds", "typed"]
    for name in [*names, "default privileges", "composite: 3 attributes", "where\n"]:
        assert name in overview, name
    kinds = ["tables", "views", "types", "functions", "definitions", "sequences", "publications"]
    details = written("show", pair.first, *kinds, "event-triggers", "statistics", "collations")
    for text in [
        "table place\n  -- where\n",
        "  clustered by: place_length\n",
        "  rules\n    no_delete",
        "aggregate longest(text)\n  -- of texts\n",
        "event trigger gone\n",
        "columns of log\n",
        "of type: point3",
    ]:
        assert text in details, text


def test_what_models_cannot_say_is_told(pair: Pair) -> None:
    run(pair.first, everything(pair))
    answer = subprocess.run(
        [sys.executable, "-m", "howdah", "models", "from-db", pair.first],
        capture_output=True,
        text=True,
        check=True,
    )
    told = {line.removeprefix("not in the models: ") for line in answer.stderr.splitlines()}
    assert {
        "aggregate longest(text)",
        "collation app.split",
        "rule no_delete on place",
        "own settings of inherited columns of table child",
        "the type of table typed",
        "defaults of columns of view places",
        "event trigger gone",
        "default privileges",
    } <= told


def test_what_is_named_is_shown(pair: Pair) -> None:
    run(pair.first, "create schema app; create table app.book (id int primary key)")
    run(pair.first, "create table book (id int references app.book); create type mood as enum ()")
    shown = written("show", pair.first, "app.*")
    assert shown.startswith("table app.book\n")
    assert (
        "referenced by\n    book  book_id_fkey  foreign key (id) references app.book (id)" in shown
    )
    assert "table book\n" not in shown
    assert written("show", pair.first, "book_pkey") == shown
    only = json.loads(written("show", pair.first, "mo?d", "--format", "json"))
    assert only == {"enums": [{"name": {"name": "mood"}, "labels": []}]}
    answer = command("show", pair.first, "nothing", "mood")
    assert answer.returncode == 1
    assert "there is no `nothing`" in answer.stderr
    assert answer.stdout.startswith("enum mood")


def test_sources_that_are_none(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"tables": [{"nom": "x"}]}')
    cases = {
        str(wrong): "is no snapshot",
        str(tmp_path / "missing.json"): "cannot be read",
        "models:howdah.nowhere": "howdah.nowhere",
    }
    for source, message in cases.items():
        answer = command("dump", source)
        assert answer.returncode == 1
        assert message in answer.stderr
        assert answer.stdout == ""


def test_a_difference_is_told_in_three_ways(pair: Pair) -> None:
    run(pair.first, "create table t (a int, b int, c int)")
    run(pair.second, "create table t (c int, a bigint); create index on t (a)")
    statements = [
        "alter table t alter column a type bigint",
        "create index t_a_idx on t (a)",
        "alter table t drop column b",
    ]
    told = command("diff", pair.first, pair.second, "--exit-code")
    assert told.returncode == 5
    assert told.stdout.splitlines() == [
        "~ column t.a",
        f"    {statements[0]};",
        "+ index t_a_idx",
        f"    {statements[1]};",
        "- column t.b  (loses the values of `t.b`)",
        f"    {statements[2]};",
    ]
    assert told.stderr.startswith("note: the columns of `t` keep their order")
    script = written("diff", pair.first, pair.second, "--format", "sql")
    assert [it for it in script.splitlines() if not it.startswith("--")] == [
        f"{it};" for it in statements
    ]
    found = json.loads(written("diff", pair.first, pair.second, "--format", "json"))
    assert [it["action"] for it in found["changes"]] == ["alter", "create", "drop"]
    assert [it["statements"] for it in found["changes"]] == [[it] for it in statements]
    run(pair.first, script)
    same = command("diff", pair.first, pair.second, "--exit-code")
    assert (same.returncode, same.stdout) == (0, "")


def test_files_and_models_are_compared(
    server_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where models are found
    models = tmp_path / "compared_models.py"
    models.write_text(
        "from howdah.orm import Col, Model, identity\n\n\n"
        "class Shop(Model):\n    id: Col[int] = identity()\n    size: Col[int | None]\n"
    )
    snapshot = tmp_path / "shop.json"
    scratch = ("--scratch", server_url)
    arguments = ("diff", str(snapshot), "models:compared_models", *scratch)
    assert (
        written("dump", "models:compared_models", "--output", str(snapshot), *JSON, *scratch) == ""
    )
    assert written(*arguments) == ""
    models.write_text(models.read_text().replace("size: Col[int", "size: Col[str"))
    changed = written(*arguments, "--format", "sql")
    assert changed == "alter table shop alter column size type text;\n"


def test_what_cannot_be_reached_or_written(tmp_path: Path) -> None:
    script = tmp_path / "a.sql"
    script.write_text("create table t ();")
    snapshot = tmp_path / "a.json"
    snapshot.write_text('{"schema": {}}')
    nobody = "postgresql://me:hush@127.0.0.1:1/shop?connect_timeout=5"
    nowhere = tmp_path / "missing" / "a.sql"
    cases = {
        ("show", nobody): "127.0.0.1",
        ("dump", nobody): "127.0.0.1",
        ("diff", str(snapshot), nobody): "127.0.0.1",
        ("show", str(script), "--scratch", nobody): "127.0.0.1",
        ("diff", str(snapshot), str(tmp_path / "b.json")): "b.json",
        ("dump", str(snapshot), "--output", str(nowhere)): "missing",
    }
    for arguments, message in cases.items():
        answer = command(*arguments)
        assert answer.returncode == 1, arguments
        assert message in answer.stderr
        assert answer.stdout == ""
        assert "hush" not in answer.stderr
        assert "Traceback" not in answer.stderr


def test_arguments_that_are_wrong() -> None:
    for arguments in [
        (),
        ("diff", "a.json"),
        ("diff", "a.json", "b.json", "c.json"),
        ("dump", "a.json", "--format", "text"),
        ("show", "a.json", "--format", "sql"),
        ("diff", "a.json", "b.json", "--pg-version", "new"),
        ("compare", "a.json", "b.json"),
    ]:
        answer = command(*arguments)
        assert answer.returncode == 2, arguments
        assert answer.stdout == ""
        assert "--help" in answer.stderr


def test_help_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOWDAH_SCRATCH", "postgresql://me:hush@nowhere/")
    assert "HOWDAH_SCRATCH" in written("dump", "--help")
    assert "hush" not in written("dump", "--help")
