"""Plans: the form that lets readers and writers go on, carried out on tables with rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.difference.conftest import Workshop

BOOK = "create table book (id bigint primary key, title text, price int)"
ROWS = (
    "insert into book (id, title, price) "
    "select it, 'title ' || it, it from generate_series(1, 1000) it"
)


def planned(
    workshop: Workshop, before: str, after: str, filled: str = ROWS, **options: Any
) -> list[dict[str, Any]]:
    """The steps, after they have made one of the other with these rows there, and lost none."""
    one = workshop.make("one", [before, filled])
    two = workshop.make("two", [after])
    count = "select count(*) from one.book"
    many = workshop.connection.fetch_value(count)
    plan = workshop.plan(one, two, **options)
    assert (plan["questions"], plan["refused"]) == ([], [])
    if not {"rewrite", "block"} & {*options.get("answers", {}).values()} and "rows" not in options:
        assert workshop.objections(one, plan) == []
    workshop.carry_out("one", plan)
    assert workshop.read("one") == two
    assert workshop.connection.fetch_value(count) == many
    steps: list[dict[str, Any]] = plan["steps"]
    return steps


def sql(steps: list[dict[str, Any]]) -> list[str]:
    return [step["sql"] for step in steps]


def test_an_index_is_built_concurrently(workshop: Workshop) -> None:
    (step,) = planned(workshop, BOOK, f"{BOOK}; create unique index book_title on book (title)")
    assert step["sql"] == "create unique index concurrently book_title on book (title)"
    assert [it["statements"] for it in step["undo"]] == [["drop index concurrently book_title"]]
    assert (step["transaction"], step["lock_timeout"]) == (False, False)
    assert step["builds_index"] == "book_title"


def test_a_small_table_takes_the_plain_form(workshop: Workshop) -> None:
    after = f"{BOOK}; create index book_title on book (title)"
    one = workshop.make("one", [BOOK])
    two = workshop.make("two", [after])
    small = workshop.plan(one, two, rows={"book": 12})
    assert sql(small["steps"]) == ["create index book_title on book (title)"]
    large = workshop.plan(one, two, rows={"book": 12_000_000})
    assert "concurrently" in large["steps"][0]["sql"]


def test_an_index_becomes_another_beside_the_old_one(workshop: Workshop) -> None:
    steps = planned(
        workshop,
        f"{BOOK}; create index i on book (title)",
        f"{BOOK}; create index i on book (title desc); comment on index i is 'new'",
    )
    assert sql(steps) == [
        "create index concurrently i_new on book (title desc)",
        "drop index concurrently i",
        "alter index i_new rename to i",
        "comment on index i is 'new'",
    ]


def test_a_check_is_proven_while_writers_go_on(workshop: Workshop) -> None:
    steps = planned(
        workshop, BOOK, f"{BOOK}; alter table book add constraint dear check (price > 0)"
    )
    assert sql(steps) == [
        "alter table book add constraint dear check (price > 0) not valid",
        "alter table book validate constraint dear",
    ]
    assert [step["kind"] for step in steps] == ["ddl", "validate"]
    assert len({step["group"] for step in steps}) == 2


def test_a_check_becomes_another_after_the_new_one_is_proven(workshop: Workshop) -> None:
    steps = planned(
        workshop,
        f"{BOOK}; alter table book add constraint dear check (price > 0)",
        f"{BOOK}; alter table book add constraint dear check (price > -1)",
    )
    assert sql(steps) == [
        "alter table book add constraint dear_new check (price > '-1'::integer) not valid",
        "alter table book validate constraint dear_new",
        "alter table book drop constraint dear",
        "alter table book rename constraint dear_new to dear",
    ]
    assert steps[2]["group"] == steps[3]["group"]


def test_a_foreign_key_is_proven_while_writers_go_on(workshop: Workshop) -> None:
    shop = "create table shop (id int primary key)"
    steps = planned(
        workshop,
        f"{BOOK}; {shop}",
        f"{BOOK}; {shop}; alter table book add foreign key (price) references shop",
        filled=f"{ROWS}; insert into shop select generate_series(1, 1000)",
    )
    assert [step["kind"] for step in steps] == ["ddl", "validate"]


def test_a_key_takes_an_index_that_is_there(workshop: Workshop) -> None:
    steps = planned(
        workshop, BOOK, f"{BOOK}; alter table book add constraint titles unique (title)"
    )
    assert sql(steps) == [
        "create unique index concurrently titles on book (title)",
        "alter table book add constraint titles unique using index titles",
    ]


def test_null_is_refused_by_what_is_proven(workshop: Workshop) -> None:
    after = f"{BOOK}; alter table book alter title set not null"
    asked = workshop.plan(workshop.make("one", [BOOK]), workshop.make("two", [after]))
    (question,) = asked["questions"]
    assert (asked["steps"], question["id"]) == ([], "value book.title")
    assert [it["answer"] for it in question["answers"]] == ["an SQL expression", "filled", "keep"]
    steps = planned(workshop, BOOK, after, answers={"value book.title": "filled"})
    name = "book_title_not_null"
    if workshop.version >= 180_000:
        assert sql(steps) == [
            f"alter table book add constraint {name} not null title not valid",
            f"alter table book validate constraint {name}",
        ]
    else:
        assert sql(steps) == [
            f"alter table book add constraint {name} check (title is not null) not valid",
            f"alter table book validate constraint {name}",
            "alter table book alter column title set not null",
            f"alter table book drop constraint {name}",
        ]
    assert {step["deploy"] for step in steps} == {"contract"}


def test_null_becomes_the_default_before_it_is_refused(workshop: Workshop) -> None:
    steps = planned(
        workshop,
        f"{BOOK}; alter table book alter title set default 'none'",
        f"{BOOK}; alter table book alter title set default 'none', alter title set not null",
        filled=f"{ROWS}; update book set title = null where id < 10",
    )
    # once more after the last of the old program, and before the proof
    assert [step["kind"] for step in steps][:3] == ["ddl", "backfill", "validate"]
    assert steps[1]["batches"] == {
        "table": "book",
        "key": ["id"],
        "set": "title = 'none'::text",
        "where": "title is null",
    }
    assert (
        workshop.connection.fetch_value("select count(*) from one.book where title = 'none'") == 9
    )


def test_a_constant_default_needs_no_more_than_one_statement(workshop: Workshop) -> None:
    steps = planned(
        workshop, BOOK, f"{BOOK}; alter table book add sold timestamptz not null default now()"
    )
    assert sql(steps) == [
        "alter table book add column sold timestamp with time zone default now() not null"
    ]


def test_a_default_that_differs_from_row_to_row_is_filled_in_batches(workshop: Workshop) -> None:
    steps = planned(
        workshop, BOOK, f"{BOOK}; alter table book add key uuid not null default gen_random_uuid()"
    )
    assert sql(steps)[:3] == [
        "alter table book add column key uuid",
        "alter table book alter column key set default gen_random_uuid()",
        "update book set key = gen_random_uuid() where key is null",
    ]
    assert steps[2]["kind"] == "backfill"
    assert workshop.connection.fetch_value("select count(distinct key) from one.book") == 1000


def test_a_column_without_a_value_is_asked_about(workshop: Workshop) -> None:
    after = f"{BOOK}; alter table book add pages int not null"
    one, two = workshop.make("one", [BOOK]), workshop.make("two", [after])
    plan = workshop.plan(one, two)
    assert plan["steps"] == []
    assert plan["questions"][0]["id"] == "value book.pages"
    planned(workshop, BOOK, after, answers={"value book.pages": "0"})
    assert workshop.connection.fetch_value("select sum(pages) from one.book") == 0


def test_a_small_table_has_rows_without_a_value_too(workshop: Workshop) -> None:
    after = f"{BOOK}; alter table book add pages int not null"
    one, two = workshop.make("one", [BOOK]), workshop.make("two", [after])
    asked = workshop.plan(one, two, rows={"book": 12})["questions"]
    assert [it["id"] for it in asked] == ["value book.pages"]
    assert workshop.plan(one, two, rows={"book": 0})["questions"] == []


def test_a_domain_with_conditions_is_tested_for_every_row(workshop: Workshop) -> None:
    domain = "create domain positive as int check (value > 0)"
    before = f"{domain}; {BOOK}"
    after = f"{before}; alter table book add pages positive not null default 1"
    one, two = workshop.make("one", [before]), workshop.make("two", [after])
    plan = workshop.plan(one, two)
    assert (plan["steps"], [it["id"] for it in plan["questions"]]) == (
        [],
        ["rewrite column book.pages"],
    )
    planned(workshop, before, after, answers={"rewrite column book.pages": "rewrite"})


def test_what_a_check_has_proven_is_not_read_again(workshop: Workshop) -> None:
    before = f"{BOOK}; alter table book add constraint titled check (title is not null)"
    steps = planned(workshop, before, f"{before}; alter table book alter title set not null")
    assert [step["kind"] for step in steps] == ["ddl"]


def test_nothing_is_dropped_without_an_answer(workshop: Workshop) -> None:
    before = f"{BOOK}; create table shop (id int); create view v as select price from book"
    after = "create table book (id bigint primary key, title text)"
    one = workshop.make("one", [before])
    two = workshop.make("two", [after])
    plan = workshop.plan(one, two)
    assert sql(plan["steps"]) == ["drop view v"]
    asked = {it["id"]: it["withheld"] for it in plan["questions"]}
    assert asked == {
        "drop column book.price": ["alter table book drop column price"],
        "drop table shop": ["drop table shop"],
    }
    answered = workshop.plan(
        one, two, allow_drop=["table shop"], answers={"drop column book.price": "keep"}
    )
    assert answered["questions"] == []
    assert sorted(sql(answered["steps"])) == ["drop table shop", "drop view v"]
    allowed = planned(workshop, before, after, allow_drop=True)
    assert {step["deploy"] for step in allowed} == {"contract"}


def test_a_table_that_is_renamed_stays_under_its_old_name_for_the_old_program(
    workshop: Workshop,
) -> None:
    grant = "; grant select on book to clerk"
    one = workshop.make("one", [BOOK + grant, ROWS])
    two = workshop.make("two", [(BOOK + grant).replace("book", "volume")])
    two["tables"][0]["was"] = "book"
    plan = workshop.plan(one, two)
    steps = plan["steps"]
    (at,) = [n for n, it in enumerate(sql(steps)) if it.startswith("create view book")]
    invoker = " with (security_invoker = true)" if workshop.version >= 150_000 else ""
    assert sql(steps)[at] == f"create view book{invoker} as select id, price, title from volume"
    assert sql(steps)[at + 1].startswith("do $$")
    assert sql(steps)[at - 1] == "alter table book rename to volume"
    assert steps[at]["group"] == steps[at - 1]["group"]
    assert (steps[-1]["sql"], steps[-1]["deploy"]) == ("drop view book", "contract")
    # what nobody but the database knows of
    workshop.connection.execute("grant insert (title) on one.book to clerk")
    workshop.carry_out("one", {"steps": steps[:-1]})
    rights = "select has_column_privilege('clerk', 'one.book', 'title', 'select, insert')"
    assert workshop.connection.fetch_value(rights)
    workshop.connection.execute("revoke insert (title) on one.volume from clerk")
    workshop.carry_out("one", {"steps": steps[-1:]})
    del two["tables"][0]["was"]
    assert workshop.read("one") == two
    assert workshop.connection.fetch_value("select count(*) from one.volume") == 1000


def test_a_type_that_rewrites_can_be_changed_at_once(workshop: Workshop) -> None:
    planned(workshop, BOOK.replace("text", "varchar(40)"), BOOK.replace("text", "varchar(80)"))
    after = BOOK.replace("price int", "price bigint")
    steps = planned(workshop, BOOK, after, answers={"type book.price": "rewrite"})
    assert sql(steps) == ["alter table book alter column price type bigint"]
    steps = planned(workshop, BOOK, after, rows={"book": 12})
    assert sql(steps) == ["alter table book alter column price type bigint"]
    one, two = workshop.make("one", [BOOK]), workshop.make("two", [after])
    assert workshop.plan(one, two, answers={"type book.price": "keep"})["steps"] == []


def test_an_index_of_partitions_is_built_one_by_one(workshop: Workshop) -> None:
    book = (
        "create table book (id int not null, title text) partition by range (id);"
        "create table book_1 partition of book for values from (1) to (500);"
        "create table book_2 partition of book for values from (500) to (2000)"
    )
    steps = planned(
        workshop,
        book,
        f"{book}; create index book_title on book (title); alter table book add primary key (id)",
        filled="insert into book select generate_series(1, 1000)",
    )
    assert "create index book_title on only book (title)" in sql(steps)
    assert "alter index book_title attach partition book_1_book_title" in sql(steps)
    assert "alter table only book add constraint book_pkey primary key (id)" in sql(steps)


def test_a_partition_is_detached_concurrently(workshop: Workshop) -> None:
    book = (
        "create table book (id int not null, title text) partition by range (id);"
        "create table book_1 partition of book for values from (1) to (500);"
        "create table {two}"
    )
    steps = planned(
        workshop,
        book.format(two="book_2 partition of book for values from (500) to (2000)"),
        book.format(two="book_2 (id int not null, title text)"),
        filled="insert into book select generate_series(1, 400)",
    )
    assert steps[0]["sql"] == "alter table book detach partition book_2 concurrently"
    assert steps[0]["transaction"] is False


def test_a_partition_of_other_bounds_is_never_seen_without_its_rows(workshop: Workshop) -> None:
    parent = "create table book (id int, title text) partition by range (id)"
    part = "create table b1 partition of book for values from ({}) to ({})"
    one = workshop.make("one", [parent, part.format(0, 10), "insert into book values (3, 'a')"])
    two = workshop.make("two", [parent, part.format(0, 20)])
    asked = workshop.plan(one, two)
    assert asked["steps"] == []
    (question,) = asked["questions"]
    assert len(question["withheld"]) == 2
    kept = workshop.plan(one, two, answers={question["id"]: "keep"})
    assert (kept["steps"], kept["questions"]) == ([], [])
    plan = workshop.plan(one, two, answers={question["id"]: "rewrite"})
    assert len({step["group"] for step in plan["steps"]}) == 1
    workshop.carry_out("one", plan)
    assert workshop.read("one") == two
    assert workshop.connection.fetch_value("select count(*) from one.book") == 1


def test_rows_are_guarded_when_the_policies_are_there(workshop: Workshop) -> None:
    guarded = [
        BOOK,
        "alter table book enable row level security",
        "create policy dear on book using (price > 5)",
    ]
    steps = planned(workshop, BOOK, ";".join(guarded))
    assert sql(steps) == [
        "create policy dear on book using (price > 5)",
        "alter table book enable row level security",
    ]
    assert [step["deploy"] for step in steps] == ["expand", "contract"]
    one = workshop.make("one", guarded)
    two = workshop.make("two", [BOOK])
    off, _ = workshop.plan(one, two)["steps"]
    assert off["sql"] == "alter table book disable row level security"


def test_keys_stay_while_the_old_program_runs(workshop: Workshop) -> None:
    """`on conflict` asks for a key, and a foreign key deletes what belongs to a row."""
    before = (
        "create table shelf (id int primary key);"
        "create table book (id int primary key, title text, shelf int,"
        " constraint known unique (title), constraint dear check (id > 0),"
        " constraint stands foreign key (shelf) references shelf on delete cascade)"
    )
    after = (
        "create table shelf (id int primary key);"
        "create table book (id int primary key, title text, shelf int)"
    )
    steps = planned(workshop, before, after, "")
    deploys = {step["object"].split()[1]: step["deploy"] for step in steps}
    assert deploys == {"dear": "expand", "known": "contract", "stands": "contract"}


def test_a_table_that_cannot_become_the_other_is_refused(workshop: Workshop) -> None:
    one = workshop.make("one", ["create table book (id int not null)"])
    two = workshop.make("two", ["create table book (id int not null) partition by range (id)"])
    plan = workshop.plan(one, two)
    assert plan["steps"] == []
    assert plan["refused"][0]["object"] == "table book"


def test_plain_forms_when_asked_for(workshop: Workshop) -> None:
    one = workshop.make("one", [BOOK])
    two = workshop.make("two", [f"{BOOK}; create index i on book (title)"])
    assert sql(workshop.plan(one, two, simple=True)["steps"]) == ["create index i on book (title)"]


def undone(workshop: Workshop, before: str, after: str, filled: str = ROWS) -> list[list[str]]:
    """What undoes the steps, in its order, after it has brought back the catalog."""
    one = workshop.make("one", [before, filled])
    plan = workshop.plan(one, workshop.make("two", [after]), allow_drop=True)
    assert (plan["questions"], plan["refused"]) == ([], [])
    workshop.carry_out("one", plan)
    workshop.take_back("one", plan)
    assert workshop.read("one") == one
    return [it["statements"] for step in reversed(plan["steps"]) for it in step["undo"]]


def test_a_column_comes_back_with_all_that_was_on_it(workshop: Workshop) -> None:
    more = (
        "; create table shop (id int primary key);"
        "alter table book add isbn text unique check (isbn <> ''),"
        " add shop int references shop on delete cascade;"
        "create index by_shop on book (shop, isbn) where isbn is not null;"
        "comment on column book.isbn is 'the number'; grant select (isbn) on book to clerk;"
        "create view known as select isbn from book; create policy p on book using (isbn <> '');"
        "create statistics s on isbn, shop from book; comment on index by_shop is 'shelves'"
    )
    shop = "; create table shop (id int primary key)"
    statements = undone(workshop, BOOK + more, BOOK + shop)
    built = "create index concurrently by_shop on book (shop, isbn) where isbn IS NOT NULL"
    assert [built] in statements
    assert ["create unique index concurrently book_isbn_key on book (isbn)"] in statements
    assert ["alter table book validate constraint book_shop_fkey"] in statements


def test_a_table_comes_back_with_all_that_was_on_it(workshop: Workshop) -> None:
    gone = (
        "; create function f() returns trigger language plpgsql as 'begin return new; end';"
        "create table shelf (id serial primary key, book bigint references book,"
        " at int generated always as identity, note text not null);"
        "create index shelves on shelf (note); comment on table shelf is 'wood';"
        "create trigger t before insert on shelf for each row execute function f();"
        "alter table shelf disable trigger t; alter table shelf enable row level security;"
        "create policy p on shelf using (note <> ''); grant select on shelf to clerk;"
        "alter table shelf replica identity full; alter table shelf cluster on shelves;"
        "create view shelved as select note from shelf"
    )
    kept = "; create function f() returns trigger language plpgsql as 'begin return new; end'"
    guarded = "alter table shelf enable row level security"
    (table,) = (it for it in undone(workshop, BOOK + gone, BOOK + kept) if guarded in it)
    # it has its policies when others see it
    assert any(it.startswith("create policy p") for it in table)


def test_null_is_refused_again_as_far_as_rows_allow(workshop: Workshop) -> None:
    before = BOOK.replace("price int", "price int not null")
    assert (
        undone(workshop, before, BOOK)[-1]
        == ["alter table book validate constraint book_price_not_null"]
        or workshop.version < 180_000
    )
    after = "create table book (id bigint primary key, title text)"
    one = workshop.make("one", [before, ROWS])
    plan = workshop.plan(one, workshop.make("two", [after]), allow_drop=True)
    assert sql(plan["steps"])[0] == "alter table book alter column price drop not null"
    added, refused, *_ = (sql for it in plan["steps"][-1]["undo"] for sql in it["statements"])
    # its values are lost: what the old program writes is refused null until somebody fills them in
    assert added == "alter table book add column price integer"
    assert "not null" in refused or "validate" in refused


def test_a_value_of_an_enum_goes_again_where_that_rewrites_nothing(workshop: Workshop) -> None:
    mood = "create type mood as enum ({}); create table t (m mood default 'sad', n int)"
    one = workshop.make("one", [mood.format("'sad', 'glad'")])
    two = workshop.make("two", [mood.format("'sad', 'calm', 'glad'")])
    (step,) = workshop.plan(one, two)["steps"]
    assert step["undo"] is None
    plan = workshop.plan(one, two, rows={"t": 5})
    workshop.carry_out("one", plan)
    workshop.take_back("one", plan)
    assert workshop.read("one") == one
