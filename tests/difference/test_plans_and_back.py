"""Plans on tables with rows, there and back: what a step undoes brings back the first schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

import howdah.errors

if TYPE_CHECKING:
    from tests.difference.conftest import Workshop

Steps = list[dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """Two schemas, rows of the first, and what its plan is like."""

    before: str
    after: str
    rows: str
    answers: dict[str, str] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    """Beginnings of all statements, in their order."""
    deploys: tuple[str, ...] = ()
    is_followed: bool = True
    """Whether the linter sees that nothing is read: of some checks it does not."""


POSITIVE = "create domain positive as int{}; create table p (id int primary key, v positive);"
NUMBERS = "insert into p select it, it from generate_series(1, 100) it"
KIND = "create type kind as ({}); create table p (id int, k kind);"
TABLE = "create table p (id int, a int, b int);"
MATERIALIZED = (
    TABLE + "create materialized view m as select id, a from p{};"
    "create unique index m_id on m (id); create view w as select a from m"
)
DAYS = (
    "create table p (id bigint generated always as identity, day date not null default now(),"
    " v varchar(10) check (v <> ''), g text generated always as (v || 'x') stored,"
    " primary key (id, day)) partition by range (day);"
    "create index on p (v); create index on p (lower(v)); comment on column p.v is 'x';"
    "create table p1 partition of p for values from ('2021-01-01') to ('2022-01-01');"
    "create table rest partition of p default;"
)
KEYS = (
    "create table p (k text, v int) partition by list (k);create table rest partition of p default;"
)
LOGS = (
    "create table s (id int primary key);"
    "create table p (id int not null, day date not null, a int not null, {})"
    " partition by range (day);"
    "create table p1 partition of p for values from ('2021-01-01') to ('2022-01-01');"
    "create table p2 partition of p for values from ('2022-01-01') to ('2023-01-01')"
    " partition by range (day);"
    "create table p2_1 partition of p2 for values from ('2022-01-01') to ('2023-01-01');"
)
LOGGED = (
    "insert into s select generate_series(1, 500);"
    "insert into p select it, date '2021-06-01' + it, it from generate_series(1, 500) it"
)

CASES = {
    "a domain's check is proven after new values keep it": Case(
        POSITIVE.format(""),
        POSITIVE.format(" constraint dear check (value > 0)"),
        NUMBERS,
        {"block constraint dear on domain positive": "block"},
        (
            "alter domain positive add constraint dear check (VALUE > 0) not valid",
            "alter domain positive validate constraint dear",
        ),
        ("contract", "contract"),
    ),
    "a domain's check that is left unproven": Case(
        POSITIVE.format(""),
        POSITIVE.format("")
        + "alter domain positive add constraint dear check (value > 0) not valid",
        NUMBERS,
        {"block constraint dear on domain positive": "keep"},
        ("alter domain positive add constraint dear check (VALUE > 0) not valid",),
    ),
    "a domain's old check goes after the new one is proven": Case(
        POSITIVE.format(" constraint dear check (value > 0)")
        + "comment on constraint dear on domain positive is 'old'",
        POSITIVE.format(" constraint dear check (value > -1)")
        + "comment on constraint dear on domain positive is 'new'",
        NUMBERS,
        {"block constraint dear on domain positive": "block"},
        (
            "alter domain positive add constraint dear_new check",
            "alter domain positive validate constraint dear_new",
            "alter domain positive drop constraint dear",
            "alter domain positive rename constraint dear_new to dear",
            "comment on",
        ),
    ),
    "a domain's check gets another name": Case(
        POSITIVE.format(" constraint dear check (value > 0)"),
        POSITIVE.format(" constraint costly check (value > 0)"),
        NUMBERS,
        steps=("alter domain positive rename constraint dear to costly",),
    ),
    "a domain refuses null": Case(
        POSITIVE.format(""),
        POSITIVE.format(" not null"),
        NUMBERS,
        {"block not null on domain positive": "block"},
        ("alter domain positive set not null",),
        ("contract",),
    ),
    "an attribute goes with the old program": Case(
        KIND.format("a int, b int"),
        KIND.format("a int"),
        "insert into p values (1, row(1, 2))",
        {"drop attribute kind.b": "drop"},
        ("alter type kind drop attribute b",),
        ("contract",),
    ),
    "null is what the new program writes at once": Case(
        "create table p (id int, v int not null default 1)",
        "create table p (id int, v int)",
        NUMBERS,
        steps=("alter table p alter column v drop not null", "alter table p alter column v drop"),
        deploys=("expand", "contract"),
    ),
    "a column that refuses null goes": Case(
        "create table p (id int primary key, c int constraint own not null, d int default 0)",
        "create table p (id int primary key)",
        "select 1",  # whose values are gone for good
        {"drop column p.c": "drop", "drop column p.d": "drop"},
        (
            "alter table p alter column c drop not null",
            "alter table p drop column c",
            "alter table p drop column d",
        ),
        ("expand", "contract", "contract"),
    ),
    "a view loses a column with the old program": Case(
        TABLE + "create view v as select id, a, b from p",
        TABLE + "create view v as select id, b from p",
        "select 1",
        steps=("select set_config('howdah.rights'", "drop view v", "create view v", "do $$"),
        deploys=("contract",) * 4,
    ),
    "a view loses a column and gets one": Case(
        TABLE + "create view v as select id, a from p",
        TABLE + "create view v as select id, b from p",
        "select 1",
        {"replace view v": "expand"},
        ("select set_config('howdah.rights'", "drop view v", "create view v", "do $$"),
        ("expand",) * 4,
    ),
    "a key of partitions is built for each, and taken at once": Case(
        LOGS.format("constraint u unique (a, day)"),
        LOGS.format("constraint u unique (day, a, id)"),
        LOGGED,
        steps=(
            "create unique index concurrently p1_u_new on p1 (day, a, id)",
            "create unique index concurrently p2_1_p2_u_new on p2_1 (day, a, id)",
            "alter table p drop constraint u",
            "alter table only p add constraint u unique (day, a, id)",
            "alter table p1 add constraint p1_u unique using index p1_u_new",
            "alter index u attach partition p1_u",
            "alter table only p2 add constraint p2_u unique (day, a, id)",
            "alter table p2_1 add constraint p2_1_p2_u unique using index p2_1_p2_u_new",
            "alter index p2_u attach partition p2_1_p2_u",
            "alter index u attach partition p2_u",
            "do $howdah$",
        ),
        deploys=("contract",) * 11,
    ),
    "a primary key of partitions has other columns": Case(
        LOGS.format("primary key (id, day)"), LOGS.format("primary key (day, id, a)"), LOGGED
    ),
    "an index of partitions becomes another": Case(
        LOGS.format("check (a > 0)") + "create index i on p (a)",
        LOGS.format("check (a > 0)") + "create index i on p (a desc, id)",
        LOGGED,
    ),
    "a foreign key and a check of partitions become others": Case(
        LOGS.format("constraint f foreign key (a) references s, constraint c check (a > 0)"),
        LOGS.format(
            "constraint f foreign key (a) references s on delete cascade,"
            " constraint c check (a > -1)"
        ),
        LOGGED,
    ),
    "a partition is attached": Case(
        DAYS,
        DAYS + "create table p2 partition of p (constraint own check (id > 5), g not null)"
        " for values from ('2022-01-01') to (maxvalue) with (fillfactor=70);"
        "create index on p2 (g); comment on table p2 is 'y'",
        "insert into p (day, v) values ('2021-05-05', 'a'), ('2020-01-01', 'b')",
        is_followed=False,
        steps=(
            "create table p2 (\n    like p including all excluding indexes excluding identity",
            "alter table p2 alter column g set not null",
            "alter table rest add constraint rest_p2_bounds check",
            "alter table rest validate constraint rest_p2_bounds",
            "alter table p attach partition p2 FOR VALUES FROM ('2022-01-01') TO (MAXVALUE)",
            "alter table rest drop constraint rest_p2_bounds",
            "create index p2_g_idx on p2 (g)",
            "comment on table p2",
        ),
    ),
    "a table with rows is attached": Case(
        KEYS + "create table q (k text, v int)",
        KEYS + "create table q partition of p for values in ('a', 'b,''c', null)",
        "insert into p values ('z', 1); insert into q values ('b,''c', 1), (null, 2)",
        is_followed=False,
        steps=(
            "alter table q add constraint q_bounds check (k is null or k = 'a' or k = 'b,''c')",
            "alter table q validate constraint q_bounds",
            "alter table rest add constraint rest_q_bounds check (not (k is null or k = 'a' or",
            "alter table rest validate constraint rest_q_bounds",
            "alter table p attach partition q",
            "alter table q drop constraint q_bounds",
            "alter table rest drop constraint rest_q_bounds",
        ),
    ),
}


def there(workshop: Workshop, case: Case) -> dict[str, Any]:
    """The plan, after it has made the other schema."""
    one = workshop.make("one", [case.before, case.rows])
    two = workshop.make("two", [case.after])
    if case.answers:
        asked = {it["id"] for it in workshop.plan(one, two)["questions"]}
        assert asked == case.answers.keys()
    plan = workshop.plan(one, two, answers=case.answers)
    assert (plan["questions"], plan["refused"]) == ([], [])
    if not case.answers and case.is_followed:
        assert workshop.objections(one, plan) == []
    workshop.carry_out("one", plan)
    assert workshop.read("one") == two
    return plan


@pytest.mark.parametrize("name", CASES)
def test_there_and_back(workshop: Workshop, name: str) -> None:
    case = CASES[name]
    plan = there(workshop, case)
    steps: Steps = plan["steps"]
    begun = [step["sql"][: len(start)] for step, start in zip(steps, case.steps, strict=False)]
    assert not case.steps or (begun, len(steps)) == (list(case.steps), len(case.steps))
    assert not case.deploys or [step["deploy"] for step in steps] == list(case.deploys)
    undone = [
        sql for step in reversed(steps) for it in step["undo"] or () for sql in it["statements"]
    ]
    workshop.run("one", undone)
    first = workshop.make("two", [case.before])
    assert workshop.read("one") == first


def test_a_partition_that_no_migration_has_made_is_not_left_out(workshop: Workshop) -> None:
    before = LOGS.format("check (a > 0)")
    after = f"{before} create index i on p (a)"
    plan = workshop.plan(workshop.make("one", [before]), workshop.make("two", [after]))
    monthly = "create table p3 partition of p for values from ('2024-01-01') to ('2025-01-01')"
    workshop.make("one", [before, monthly])
    with pytest.raises(howdah.errors.RaiseException, match="i has no index on p3"):
        workshop.carry_out("one", plan)
    workshop.run("one", ["create index p3_i on p3 (a)", "alter index i attach partition p3_i"])
    workshop.run("one", [plan["steps"][-1]["sql"]])


def test_parts_are_called_after_the_whole_again_and_again(workshop: Workshop) -> None:
    shape = LOGS.format("constraint f foreign key (a) references s {}") + "create index i on p ({})"
    for before, after in [("a", "a desc"), ("a desc", "id"), ("id", "a")]:
        actions = ["on delete cascade" if "a" in it else "" for it in (before, after)]
        one = (
            workshop.read("one")
            if before != "a"
            else workshop.make("one", [shape.format(actions[0], before)])
        )
        plan = workshop.plan(one, workshop.make("two", [shape.format(actions[1], after)]))
        workshop.carry_out("one", plan)
        assert workshop.read("one") == workshop.read("two")


def test_a_materialized_view_is_computed_beside_the_old_one(workshop: Workshop) -> None:
    case = Case(MATERIALIZED.format(""), MATERIALIZED.format(" where a > 3"), "select 1")
    steps: Steps = there(workshop, case)["steps"]
    assert [step["sql"].split("\n")[0] for step in steps[:2]] == [
        "create materialized view m_new as",
        "create unique index m_id_new on m_new (id)",
    ]
    # an interrupted run has computed it, and rows may have changed since
    one = workshop.make("one", [case.before, steps[0]["sql"]])
    again = workshop.plan(one, workshop.make("two", [case.after]))
    assert again["steps"][0]["sql"] == "drop materialized view m_new"
    workshop.carry_out("one", again)
    assert workshop.read("one") == workshop.read("two")


def test_attaching_reads_no_rows(workshop: Workshop) -> None:
    case = CASES["a table with rows is attached"]
    one = workshop.make("one", [case.before, case.rows])
    plan = workshop.plan(one, workshop.make("two", [case.after]))
    steps: Steps = plan["steps"]
    (place,) = [it for it, step in enumerate(steps) if "attach partition" in step["sql"]]
    workshop.run("one", [step["sql"] for step in steps[:place]])
    read = (
        "select sum(seq_tup_read) from pg_stat_xact_all_tables where relid in"
        " ('q'::regclass, 'rest'::regclass)"
    )
    with workshop.connection.transaction():
        before = workshop.connection.fetch_value(read)
        workshop.connection.execute(steps[place]["sql"])
        assert workshop.connection.fetch_value(read) == before
    # interrupted before: what is proven is taken for that
    one = workshop.make("one", [case.before, *(step["sql"] for step in steps[:place])])
    again = workshop.plan(one, workshop.make("two", [case.after]))
    assert again["steps"][0]["sql"] == steps[place]["sql"]
    workshop.carry_out("one", again)
    assert workshop.read("one") == workshop.read("two")


def test_null_of_a_child_is_proven(workshop: Workshop) -> None:
    before = "create table p (id int, v int); create table child () inherits (p)"
    after = f"{before}; alter table child alter v set not null"
    answers = {"value child.v": "7"}
    steps: Steps = there(
        workshop, Case(before, after, "insert into child values (1, null)", answers)
    )["steps"]
    assert steps[0]["sql"].endswith(" not valid")
    assert [step["kind"] for step in steps[:3]] == ["ddl", "backfill", "validate"]
    assert workshop.connection.fetch_value("select v from one.child") == 7


def test_what_the_old_program_does_not_know_waits_until_it_is_gone(workshop: Workshop) -> None:
    before = "create table p (id int primary key, a int, b int); create table q (id int)"
    after = (
        "create table p (id int primary key, a int, b int, c int, d int unique,"
        " constraint known unique (a)); create unique index on p (b); create index on p (a, b);"
        "create unique index on p (c); create table q (id int, check (id > 0))"
    )
    one, two = workshop.make("one", [before]), workshop.make("two", [after])
    plan = workshop.plan(one, two, rows={"q": 3})
    deploys = {step["object"]: step["deploy"] for step in plan["steps"]}
    assert {it for it, deploy in deploys.items() if deploy == "contract"} == {
        "constraint known on p",
        "index p_b_idx",
        "constraint q_id_check on q",
    }
    workshop.carry_out("one", plan)
    assert workshop.read("one") == two


def test_a_small_table_is_asked_for_values_and_filled(workshop: Workshop) -> None:
    before = "create table p (id int, a int)"
    after = "create table p (id int, a int not null, b int not null)"
    one = workshop.make("one", [before, "insert into p values (1, null)"])
    two = workshop.make("two", [after])
    asked = workshop.plan(one, two, rows={"p": 1})
    assert {it["id"] for it in asked["questions"]} == {"value p.a", "value p.b"}
    plan = workshop.plan(one, two, rows={"p": 1}, answers={"value p.a": "5", "value p.b": "6"})
    workshop.carry_out("one", plan)
    assert workshop.read("one") == two
    assert list(workshop.connection.fetch("select a, b from one.p")) == [(5, 6)]
    assert workshop.plan(one, two, rows={"p": 0})["questions"] == []
