"""Columns that get another in their place, over several deploys, with both programs at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import howdah.errors

if TYPE_CHECKING:
    from tests.difference.conftest import Schema, Workshop

DEPLOYS = ["expand", "migrate", "contract"]


def was(schema: Schema, **names: str) -> Schema:
    """The schema with what its columns were: `table__column="old"`."""
    for place, old in names.items():
        table, _, column = place.partition("__")
        (found,) = [it for it in schema["tables"] if it["name"]["name"] == table]
        if not column:
            found["was"] = old
            continue
        (own,) = [it for it in found["columns"] if it["name"] == column]
        own["was"] = old
    return schema


def run(workshop: Workshop, plan: dict[str, Any], deploy: str) -> None:
    workshop.carry_out("one", {"steps": [it for it in plan["steps"] if it["deploy"] == deploy]})


def rows(workshop: Workshop, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in workshop.connection.fetch(query)]


def two(
    workshop: Workshop, before: str, after: str, filled: str, **names: str
) -> tuple[Schema, Schema]:
    one = workshop.make("one", [before, filled])
    return one, was(workshop.make("two", [after]), **names)


def without_names(schema: Schema) -> Schema:
    for table in schema["tables"]:
        table.pop("was", None)
        for column in table.get("columns", []):
            column.pop("was", None)
    return schema


BOOK = """
    create table book (
        id bigint generated always as identity primary key,
        {name} text not null default 'none' unique,
        {price} numeric(8, 2),
        {kind} int default 3 check ({kind} > 0)
    );
    create index book_by_price on book ({price} desc) where {price} is not null;
    create table chapter (id int primary key, book text references book ({name}) on update cascade);
    create view cheap as select id, {name} from book where {price} < 10;
    create view cheaper as select id from cheap;
"""
OLD = BOOK.format(name="name", price="price", kind="kind")
NEW = BOOK.format(name="title", price="cost", kind="sort")


def test_columns_have_both_names_while_both_programs_write(workshop: Workshop) -> None:
    one, other = two(
        workshop,
        OLD,
        NEW,
        "insert into book (name, price) select 'b' || it, it from generate_series(1, 100) it;"
        "insert into chapter values (1, 'b1'), (2, 'b2')",
        book__title="name",
        book__cost="price",
        book__sort="kind",
    )
    plan = workshop.plan(one, other)
    assert (plan["questions"], plan["refused"]) == ([], [])
    # each row is written once
    assert [it["kind"] for it in plan["steps"]].count("backfill") == 1
    execute = workshop.connection.execute
    run(workshop, plan, "expand")
    same = (
        "select count(*) from book "
        "where row(name, price, kind)::record *<> row(title, cost, sort)::record"
    )
    assert rows(workshop, same) == [(0,)]
    # the old program
    execute("insert into book (name) values ('old')")
    execute("insert into book (name, price, kind) values ('old null', 1.0, null)")
    execute("update book set name = 'older', price = 7 where name = 'b7'")
    execute(
        "insert into book (name, price) values ('b9', 1) "
        "on conflict (name) do update set price = 99"
    )
    execute("update book set price = null where name = 'b8'")
    # the new program
    execute("insert into book (title) values ('new')")
    execute("insert into book (title, cost, sort) values ('new null', 1.00, null)")
    execute("insert into book default values")
    execute("update book set title = 'newer', sort = 5 where title = 'b10'")
    execute(
        "insert into book (title, cost) values ('b11', 1) "
        "on conflict (title) do update set cost = 98"
    )
    execute("update book set cost = null where title = 'b12'")
    # another's key changes along
    execute("update book set name = 'first' where name = 'b1'")
    execute("update book set title = 'second' where title = 'b2'")
    assert rows(workshop, "select book from chapter order by id") == [("first",), ("second",)]
    with pytest.raises(howdah.errors.CheckViolation):
        execute("insert into book (title, sort) values ('wrong', -1)")
    with pytest.raises(howdah.errors.NotNullViolation):
        execute("insert into book (title) values (null)")
    assert rows(workshop, same) == [(0,)]
    saved = "select id, {}, {}, {} from book order by id"
    before = rows(workshop, saved.format("name", "price", "kind"))
    run(workshop, plan, "migrate")
    run(workshop, plan, "contract")
    assert rows(workshop, saved.format("title", "cost", "sort")) == before
    given = {title: (cost, sort) for _, title, cost, sort in before}
    assert given["old"] == given["new"] == given["none"] == (None, 3)
    assert given["old null"][1] is given["new null"][1] is None
    assert given["b9"][0] == 99
    assert given["b11"][0] == 98
    assert given["newer"][1] == 5
    assert workshop.read("one") == without_names(other)


def test_a_key_grows_from_int_to_bigint_with_all_that_leads_to_it(workshop: Workshop) -> None:
    shape = """
        create table shop (id {0} generated by default as identity primary key, name text);
        create table item (
            id {1} primary key, shop {0} not null references shop on delete cascade,
            constraint item_shop_id unique (shop, id)
        );
        create index item_by_shop on item (shop) include (id);
        create view named as select item.id, shop.name from item join shop on shop.id = item.shop;
        comment on column shop.id is 'the number'; grant select (id) on shop to clerk;
    """
    one, other = two(
        workshop,
        shape.format("int", "serial"),
        shape.format("bigint", "bigserial"),
        "insert into shop (name) select it::text from generate_series(1, 20) it;"
        "insert into item (shop) select id from shop; delete from shop where id = 20",
    )
    plan = workshop.plan(one, other)
    assert (plan["questions"], plan["refused"]) == ([], [])
    execute = workshop.connection.execute
    run(workshop, plan, "expand")
    execute("insert into shop (name) values ('between')")
    execute("insert into item (shop) values (21)")
    execute("update shop set id = 100 where id = 1 and false; delete from shop where id = 3")
    run(workshop, plan, "migrate")
    execute(
        "insert into shop (name) values ('late'), ('later'); delete from shop where name = 'later'"
    )
    execute("insert into item (shop) values (22); update item set shop = 22 where shop = 4")
    with pytest.raises(howdah.errors.ForeignKeyViolation):
        execute("insert into item (shop) values (77)")
    query = (
        "select item.id, shop.id, shop.name from item "
        "join shop on shop.id = item.shop order by item.id"
    )
    before = rows(workshop, query)
    run(workshop, plan, "contract")
    assert rows(workshop, query) == before
    assert workshop.read("one") == other
    execute("insert into shop (name) values ('new')")
    assert rows(workshop, "select id from shop where name = 'new'") == [(24,)]
    execute("insert into shop (id, name) values (5000000000, 'far')")
    execute("insert into item (shop) values (5000000000)")


def test_text_becomes_a_number_and_an_enum(workshop: Workshop) -> None:
    one, other = two(
        workshop,
        "create table t (id int primary key, n text not null default '5', mood text);"
        "alter table t add check (n <> '');"
        "create index t_mood on t (mood) where n <> ''",
        "create type feeling as enum ('sad', 'glad');"
        "create table t (id int primary key, n int not null default 6, mood feeling);"
        "alter table t add check (n <> 0);"
        "create index t_mood on t (mood) where n <> 0",
        "insert into t select it, it, 'sad' from generate_series(1, 100) it",
    )
    answers = {"type t.n": "expand", "type t.mood": "expand"}
    plan = workshop.plan(one, other, answers=answers)
    assert (plan["questions"], plan["refused"]) == ([], [])
    execute = workshop.connection.execute
    run(workshop, plan, "expand")
    execute(
        "insert into t (id, mood) values (101, 'glad'), (102, null);"
        "update t set n = '77' where id = 7"
    )
    run(workshop, plan, "migrate")
    execute("insert into t values (103, '88')")
    run(workshop, plan, "contract")
    assert workshop.read("one") == other
    assert rows(
        workshop, "select n, mood::text from t where id in (7, 8, 101, 102, 103) order by id"
    ) == [(77, "sad"), (8, "sad"), (5, "glad"), (5, None), (88, None)]


def test_what_would_lose_values_is_asked_about(workshop: Workshop) -> None:
    one, other = two(
        workshop,
        "create table t (id int primary key, at timestamp, price numeric)",
        "create table t (id int primary key, at timestamptz, price int)",
        "insert into t values (1, '2024-07-01 12:00', 1.5)",
    )
    plan = workshop.plan(one, other)
    assert {it["id"]: [a["answer"] for a in it["answers"]] for it in plan["questions"]} == {
        "type t.at": ["rewrite", "expand", "keep"],
        "type t.price": ["rewrite", "expand", "keep"],
    }
    told = {it["id"]: (it["reason"], it["answers"][1]["meaning"]) for it in plan["questions"]}
    for text in told["type t.price"]:
        assert "values are rounded to whole numbers" in text
    # of a small table, too
    small = workshop.plan(one, other, rows={"t": 1})
    assert [it["id"] for it in small["questions"]] == ["type t.at", "type t.price"]
    answers = {"type t.at": "rewrite", "type t.price": "rewrite"}
    assert workshop.plan(one, other, answers=answers)["questions"] == []


def test_no_value_goes_that_the_new_column_does_not_have(workshop: Workshop) -> None:
    one, other = two(
        workshop,
        "create table t (id int primary key, a text)",
        "create table t (id int primary key, b text)",
        "insert into t select it, it from generate_series(1, 100) it",
        t__b="a",
    )
    plan = workshop.plan(one, other)
    run(workshop, plan, "expand")
    workshop.connection.execute("alter table t disable trigger user")
    with pytest.raises(howdah.errors.CheckViolation):
        workshop.connection.execute("insert into t (id, a) values (101, 'lost')")


@pytest.mark.parametrize(
    ("resting", "reason"),
    [
        ("create materialized view m as select {0} from t", "materialized view"),
        ("alter table t add g int generated always as ({0} + 1) stored", "column"),
        ("alter table t add exclude using gist (int4range({0}, 9) with &&)", "exclusion"),
        ("create table child () inherits (t)", "inherit"),
    ],
)
def test_what_cannot_be_done_so_says_why(workshop: Workshop, resting: str, reason: str) -> None:
    shape = "create table t (id int primary key, {0} int)"
    one = workshop.make("one", [shape.format("a"), resting.format("a")])
    other = was(workshop.make("two", [shape.format("b"), resting.format("b")]), t__b="a")
    (question,) = workshop.plan(one, other)["questions"]
    assert question["id"] == "rename column t.b"
    assert [it["answer"] for it in question["answers"]] == ["direct", "keep"]
    assert reason in question["reason"]


def test_tables_change_over_together_only_where_they_hang_together(workshop: Workshop) -> None:
    shape = """
        create table shop (id {0} primary key, name text);
        create table item (id int primary key, shop {0} references shop);
        create table book (id int primary key, {1} text);
        create table page (id int primary key, {1} text);
        create view cheap as select {1} from book;
        create view early as select id {2} from page;
    """
    one, other = two(
        workshop,
        shape.format("int", "name", ", name"),
        shape.format("bigint", "title", ""),
        "insert into shop select it, it from generate_series(1, 50) it;"
        "insert into item select it, it from generate_series(1, 50) it;"
        "insert into book select it, it from generate_series(1, 50) it",
        book__title="name",
        page__title="name",
    )
    plan = workshop.plan(one, other)
    assert (plan["questions"], plan["refused"]) == ([], [])
    groups: dict[int, list[str]] = {}
    for step in plan["steps"]:
        if step["deploy"] == "contract":
            groups.setdefault(step["group"], []).append(step["sql"])
    drops = [sum(" drop column " in it for it in group) for group in groups.values()]
    assert sorted(drops) == [1, 1, 2]
    (keys,) = (it for it in groups.values() if "alter table shop drop column id" in it)
    assert keys[0] == "lock table item, shop in access exclusive mode"
    for deploy in DEPLOYS:
        run(workshop, plan, deploy)
    assert workshop.read("one") == without_names(other)


def test_what_is_made_again_elsewhere_hinders_no_column(workshop: Workshop) -> None:
    shape = """
        create table book (id int primary key, {0} text);
        create table page (id int primary key, body {1});
        create view pages as select body from page;
        create materialized view cover as select id from page;
    """
    one, other = two(
        workshop,
        shape.format("name", "varchar(10)"),
        shape.format("title", "varchar(20)"),
        "insert into book select it, it from generate_series(1, 50) it",
        book__title="name",
    )
    plan = workshop.plan(one, other)
    assert plan["questions"] == []
    for deploy in DEPLOYS:
        run(workshop, plan, deploy)
    assert workshop.read("one") == without_names(other)
