"""Changes that are easily made wrong, each on a real server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.difference.conftest import statements_of
from tests.repository import ROOT

if TYPE_CHECKING:
    from tests.difference.conftest import Workshop


def changed(workshop: Workshop, before: str, after: str, rows: str = "select 1") -> list[str]:
    """The statements that make one of the other, after they have done so with these rows there."""
    one = workshop.make("one", [before, rows])
    two = workshop.make("two", [after])
    statements = statements_of(workshop.difference(one, two))
    workshop.run("one", statements)
    assert workshop.read("one") == two
    return statements


def value(workshop: Workshop, query: str) -> object:
    """The only value."""
    return workshop.connection.fetch_value(query)


def test_a_column_becomes_another_under_a_view(workshop: Workshop) -> None:
    view = (
        "create view v as select id, price from t where price > 1;"
        "create view w as select price from v;"
        "comment on view w is 'w'; grant select on v to clerk"
    )
    statements = changed(
        workshop,
        f"create table t (id int primary key, price int default 3); {view}",
        f"create table t (id int primary key, price numeric(8,2) default 3); {view}",
        "insert into t values (1, 5)",
    )
    assert "grant select on table v to clerk" in statements
    assert value(workshop, "select price::text from one.w") == "5.00"


def test_a_value_leaves_an_enum(workshop: Workshop) -> None:
    table = (
        "create table t (id int primary key, k kind default 'a' not null, many kind[],"
        " check (k <> 'b')); create index on t (k)"
    )
    changed(
        workshop,
        f"create type kind as enum ('a', 'b', 'c'); {table}",
        f"create type kind as enum ('c', 'a', 'b', 'd'); {table}",
        "insert into t values (1, 'c', '{a,b}')",
    )
    assert value(workshop, "select k::text || many::text from one.t") == "c{a,b}"


def test_values_are_added_to_an_enum_in_place(workshop: Workshop) -> None:
    statements = changed(
        workshop,
        "create type kind as enum ('b', 'd')",
        "create type kind as enum ('a', 'b', 'c', 'd', 'e')",
    )
    assert statements == [
        "alter type kind add value 'a' before 'b'",
        "alter type kind add value 'c' after 'b'",
        "alter type kind add value 'e' after 'd'",
    ]


def test_serial_becomes_identity_and_counts_on(workshop: Workshop) -> None:
    changed(
        workshop,
        "create table t (id serial primary key, a int)",
        "create table t (id int generated always as identity primary key, a int)",
        "insert into t (a) select 1 from generate_series(1, 5)",
    )
    workshop.run("one", ["insert into t (a) values (1)"])
    assert value(workshop, "select max(id) from one.t") == 6


def test_identity_becomes_serial_and_counts_on(workshop: Workshop) -> None:
    changed(
        workshop,
        "create table t (id int generated always as identity primary key, a int)",
        "create table t (id serial primary key, a int)",
        "insert into t (a) select 1 from generate_series(1, 5)",
    )
    workshop.run("one", ["insert into t (a) values (1)"])
    assert value(workshop, "select max(id) from one.t") == 6


def test_keys_that_others_refer_to_change(workshop: Workshop) -> None:
    other = "create table u (id int primary key, t_id {type} references t on delete cascade)"
    changed(
        workshop,
        f"create table t (id int primary key); {other.format(type='int')}",
        f"create table t (id text primary key); {other.format(type='text')}",
        "insert into t values (1); insert into u values (1, 1)",
    )
    assert value(workshop, "select t_id from one.u") == "1"


def test_tables_that_refer_to_each_other_go(workshop: Workshop) -> None:
    changed(
        workshop,
        "create table a (id int primary key, b int);"
        "create table b (id int primary key, a int references a);"
        "alter table a add foreign key (b) references b",
        "create table c (id int)",
    )


def test_a_function_that_columns_and_checks_use_gets_another_argument(workshop: Workshop) -> None:
    table = (
        "create table t (a int default f(1),"
        " b int generated always as (f(a)) stored, check (f(a) > 0));"
        "create index on t (f(a)); create view v as select f(a) from t"
    )
    function = "create function f({name} int) returns int language sql immutable return {name} + 1"
    changed(
        workshop,
        f"{function.format(name='x')}; {table}",
        f"{function.format(name='y')}; {table}",
        "insert into t (a) values (1)",
    )
    assert value(workshop, "select b from one.t") == 2


def test_what_is_renamed_keeps_its_rows(workshop: Workshop) -> None:
    before = workshop.make(
        "one",
        [
            "create table author (number int generated always as identity,"
            " id serial primary key, name text not null check (name <> ''));"
            "create table book (id int primary key, author_id int references author);"
            "create index on author (lower(name));"
            "create view authors as select id, name from author",
            "insert into author (name) values ('x'); insert into book values (1, 1)",
        ],
    )
    after = workshop.make(
        "two",
        [
            "create table writer (number int generated always as identity,"
            " id serial primary key, title text not null check (title <> ''));"
            "create table book (id int primary key, author_id int references writer);"
            "create index on writer (lower(title));"
            "create view authors as select id, title as name from writer",
        ],
    )
    target = {**after, "tables": [dict(it) for it in after["tables"]]}
    (writer,) = (it for it in target["tables"] if it["name"]["name"] == "writer")
    writer["was"] = "author"
    writer["columns"] = [
        {**it, "was": "name"} if it["name"] == "title" else it for it in writer["columns"]
    ]
    difference = workshop.difference(before, target)
    assert all(change["loses"] is None for change in difference["changes"])
    workshop.run("one", statements_of(difference))
    assert workshop.read("one") == after
    assert value(workshop, "select name from one.authors") == "x"


def test_what_two_catalogs_show_to_be_renamed_keeps_its_rows(workshop: Workshop) -> None:
    table = (
        "create table p (id serial primary key, name text not null unique, v int check (v > 0));"
        "create index on p (v)"
    )
    row = "insert into p (name) values ('x')"
    changed(workshop, table, f"{table}; alter table p rename to people", row)
    assert value(workshop, "select name from one.people") == "x"
    if workshop.version >= 180_000:
        changed(workshop, table, f"{table}; alter table p rename name to title", row)
        assert value(workshop, "select title from one.p") == "x"


def test_names_that_only_differ_are_renamed(workshop: Workshop) -> None:
    statements = changed(
        workshop,
        "create table t (a int constraint one unique, b int); create index two on t (b)",
        "create table t (a int constraint three unique, b int); create index four on t (b)",
    )
    assert statements == [
        "alter table t rename constraint one to three",
        "alter index two rename to four",
    ]


def test_a_table_becomes_a_partition_and_back(workshop: Workshop) -> None:
    parent = "create table p (id int not null, note text, primary key (id)) partition by range (id)"
    alone = "create table q (id int not null, note text, primary key (id))"
    within = "create table q partition of p for values from (1) to (10)"
    changed(workshop, f"{parent}; {alone}", f"{parent}; {within}", "insert into q values (1)")
    assert value(workshop, "select count(*) from one.p") == 1
    changed(workshop, f"{parent}; {within}", f"{parent}; {alone}", "insert into p values (1)")
    assert value(workshop, "select count(*) from one.q") == 1


def test_the_order_of_columns_is_told_and_left(workshop: Workshop) -> None:
    before = workshop.make("one", ["create table t (a int, b int)"])
    after = workshop.make("two", ["create table t (b int, a int)"])
    assert workshop.difference(before, after) == {"changes": [], "notes": []}  # sorted by the test
    swapped = {"tables": [{**it, "columns": it["columns"][::-1]} for it in after["tables"]]}
    found = workshop.difference(before, swapped)
    assert found["changes"] == []
    assert "keep their order" in found["notes"][0]


def test_everything_is_made_and_dropped(workshop: Workshop) -> None:
    folder = Path(ROOT) / "tests" / "schema"
    script = (folder / "everything.sql").read_text()
    if workshop.version >= 180_000:
        script += (folder / "everything_18.sql").read_text()
    with workshop.database() as model:
        model.connection.execute(script)
        everything = model.whole()
    nothing = workshop.whole()
    workshop.run("public", statements_of(workshop.difference(nothing, everything)))
    made = workshop.whole()
    # the rights on `public` are nobody's but PostgreSQL's: they are told and left
    assert {**everything, "public": None} == {**made, "public": None}
    workshop.run("public", statements_of(workshop.difference(made, nothing)))
    assert workshop.whole() == nothing


def test_a_publication_that_stays_is_never_dropped(workshop: Workshop) -> None:
    tables = (
        "create table a (id int primary key, x int); create table b (id int primary key);"
        "create table par (id int); create table chi () inherits (par); create schema s;"
    )
    with workshop.database() as one, workshop.database() as two:
        one.connection.execute(
            f"{tables} create table c (id int); create publication p"
            " for table a (id) where (id > 1), b, only par, c with (publish = 'insert')"
        )
        two.connection.execute(
            f"{tables} create table d (id int); create publication p"
            " for table a where (x > 1), only par, d, tables in schema s"
            " with (publish_via_partition_root)"
        )
        after = two.whole()
        statements = statements_of(workshop.difference(one.whole(), after))
        one.run("public", statements)
        assert one.whole() == after
    published = [it for it in statements if "publication" in it]
    assert all(it.startswith("alter publication p ") for it in published)
    assert "alter publication p drop table only b" in published


def test_what_partitions_have_of_their_parents_changes(workshop: Workshop) -> None:
    tables = (
        "create function f() returns trigger language plpgsql as 'begin return new; end';"
        "create table p (id int) partition by range (id);"
        "create table q partition of p for values from (1) to (10);"
        "create table r partition of p default;"
        "create trigger t after insert on p for each row execute function f();"
        "create trigger u after insert on p for each row execute function f();"
    )
    half = "create index i on only p (id); create index j on q (id)"
    changed(
        workshop,
        f"{tables} alter table q disable trigger t; {half}",
        f"{tables} alter table r disable trigger t; alter table p disable trigger u;"
        f" alter table q enable trigger u; {half}; alter index i attach partition j",
    )
    changed(
        workshop,
        f"{tables} {half}; alter index i attach partition j; alter table q disable trigger t",
        f"{tables} create index i on p (id)",
    )


def test_a_table_moves_to_another_schema_with_its_rows(workshop: Workshop) -> None:
    table = (
        "create table {0}author (id serial primary key, number int generated always as identity,"
        " name text not null); create index on {0}author (name);"
        "create table book (id int references {0}author); create view names as"
        " select name from {0}author"
    )
    with workshop.database() as one, workshop.database() as two:
        one.connection.execute(table.format(""))
        one.connection.execute("insert into author (name) values ('x')")
        two.connection.execute(f"create schema people; {table.format('people.')}")
        before, after = one.whole(), two.whole()
        moved = one.difference(before, after)
        assert all(change["loses"] is None for change in moved["changes"])
        one.run("public", statements_of(moved))
        assert one.whole() == after
        assert value(one, "select name from names") == "x"
        one.run("public", statements_of(one.difference(after, before)))
        assert one.whole() == before
        renamed = json.loads(json.dumps(after).replace("author", "writer"))
        for it in renamed["tables"]:
            it["was"] = "author" if it["name"]["name"] == "writer" else None
        plan = one.decided(before, renamed)
        one.carry_out("public", {"steps": [it for it in plan["steps"] if it["deploy"] == "expand"]})
        # what the old program asks for is there under the old name
        assert value(one, "select name from public.author") == "x"
        one.carry_out("public", {"steps": [it for it in plan["steps"] if it["deploy"] != "expand"]})
        assert one.difference(one.whole(), renamed)["changes"] == []


def test_a_cast_comes_after_what_its_type_is_made_of(workshop: Workshop) -> None:
    cast = "create cast (pair as text) with inout as assignment"
    changed(
        workshop,
        "",
        "create domain word as text; create type pair as (a int, b word);"
        f"create table t (p pair, a text default 'x'::text); {cast}",
    )


def test_what_is_made_has_no_rights_by_default(workshop: Workshop) -> None:
    with workshop.database() as one, workshop.database() as two:
        for text in (
            "create type kind as enum ('a'); create table t (k kind primary key)",
            "alter default privileges grant select on tables to clerk",
            "create view v as select * from t; revoke all on v from clerk",
        ):
            two.connection.execute(text)
        statements = statements_of(one.difference(one.whole(), two.whole()))
        one.run("public", statements)
        assert one.whole() == two.whole()
        assert statements[-1].startswith("alter default privileges")


def test_values_move_between_partitions(workshop: Workshop) -> None:
    parts = (
        "create table p (k int) partition by list (k);"
        "create table p1 partition of p for values in ({0});"
        "create table p2 partition of p for values in ({1});{2}"
    )
    new = "create table p3 partition of p for values in (4)"
    changed(
        workshop,
        parts.format("1", "3, 2, 4", ""),
        parts.format("1, 2", "3", new),
        "insert into p values (1), (3)",
    )
    assert value(workshop, "select count(*) from one.p") == 2


def test_a_view_needs_the_key_that_it_is_grouped_by(workshop: Workshop) -> None:
    changed(
        workshop,
        "create table t (a int, b text, primary key (a, b));"
        "create view v as select a, b from t group by a, b",
        "create table t (a int primary key, b text);create view v as select a, b from t group by a",
    )


def test_a_partition_goes_that_a_foreign_key_leads_to(workshop: Workshop) -> None:
    parts = (
        "create table a (i int primary key) partition by range (i);"
        "create table a1 partition of a for values from (0) to (10);"
        "create table b (i int references a);"
    )
    more = "create table a2 partition of a for values from (10) to (20)"
    changed(workshop, parts + more, parts, "insert into a values (1); insert into b values (1)")
    changed(
        workshop, parts, "create table a (i int primary key); create table b (i int references a)"
    )


def test_a_partition_has_an_order_of_its_own(workshop: Workshop) -> None:
    whole = (
        "create table p (id int generated always as identity, k int not null, d int default 7,"
        ' v text collate "C", g int generated always as (k * 2) stored, check (d > 0),'
        " primary key (k, id)) partition by list (k);"
    )
    part = (
        'create table p1 (v text collate "C", g int generated always as (k * 2) stored, k int'
        " not null, id int not null, d int default 7, constraint p_d_check check (d > 0),"
        " constraint own check (k < 5));"
        "alter table p attach partition p1 for values in (1);"
        "create table p2 partition of p for values in (2)"
    )
    changed(workshop, whole, whole + part, "select 1")
    columns = "select string_agg(attname, ' ' order by attnum) from pg_attribute"
    assert value(workshop, f"{columns} where attrelid = 'one.p1'::regclass and attnum > 0") == (
        "v g k id d"
    )
    before, after = workshop.make("one", [whole]), workshop.read("two")
    plan = workshop.decided(before, after)
    workshop.carry_out("one", plan)
    assert workshop.read("one") == after
    (note,) = workshop.difference(
        after, json.loads(json.dumps(after).replace('"v", "g"', '"g", "v"'))
    )["notes"]
    assert note.startswith("the columns of `p1` keep their order")


def test_row_security_is_in_no_circle_with_what_is_made_again(workshop: Workshop) -> None:
    table = (
        "create table t (id {0} primary key, kind {1}, level {1});"
        "create view v as select id, kind, level from t; create view w as select kind, id from v;"
        "create policy p on t using ({2}); create policy q on t using (level is not null);"
        "create table u (t_id {0} references t{3}); {4}"
    )
    secured = "alter table t enable row level security"
    first = table.format("bigint", "int", "kind is not null", " on delete cascade", "")
    second = table.format("int", "text", "true", " on delete set null", secured)
    statements = changed(workshop, first, second)
    policies = [place for place, it in enumerate(statements) if it.startswith("create policy")]
    assert max(policies) < statements.index("alter table t enable row level security")
    statements = changed(workshop, second, first)
    policies = [place for place, it in enumerate(statements) if it.startswith("drop policy")]
    assert statements.index("alter table t disable row level security") < min(policies)


def test_a_partition_leaves_while_its_parent_gets_columns(workshop: Workshop) -> None:
    changed(
        workshop,
        "create table p (id int, k int) partition by list (k);"
        "create table p2 partition of p for values in (2)",
        "create table p (id bigint, k int, v text) partition by list (k);"
        "create table p2 (k int, id int, v text)",
        "insert into p values (1, 2)",
    )
