"""A plan that was cut off anywhere is made again of what is there, and ends the same."""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.difference.test_expanding import rows, was, without_names

if TYPE_CHECKING:
    from tests.difference.conftest import Workshop

CASES: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "a column gets another name": (
        "create table t (id int primary key, a text not null default 'x' unique,"
        " check (a <> '')); create index t_a on t (lower(a)); create view v as select a from t",
        "create table t (id int primary key, b text not null default 'x' unique,"
        " check (b <> '')); create index t_a on t (lower(b)); create view v as select b from t",
        "insert into t select it, it from generate_series(1, 50) it",
        {"t__b": "a"},
    ),
    "a key gets another type": (
        "create table shop (id serial primary key, name text);"
        "create table t (id int primary key, shop int not null references shop);"
        "create index t_shop on t (shop)",
        "create table shop (id bigserial primary key, name text);"
        "create table t (id int primary key, shop bigint not null references shop);"
        "create index t_shop on t (shop)",
        "insert into shop (name) select it from generate_series(1, 50) it;"
        "insert into t select it, it from generate_series(1, 50) it",
        {},
    ),
    "what is new is built beside writers": (
        "create table t (id int primary key, a int, n int, note text);"
        "create index t_i on t (a); alter table t add constraint c check (n > 0)",
        "create table t (id int primary key, a int unique, n int not null, note text not null,"
        " key uuid not null default gen_random_uuid(), foreign key (n) references t);"
        "create index t_i on t (a desc); alter table t add constraint c check (n > -1)",
        "insert into t select it, it, it, it from generate_series(1, 50) it",
        {},
    ),
}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param("a column gets another name", marks=pytest.mark.slow),
        pytest.param("a key gets another type", marks=pytest.mark.slow),
        "what is new is built beside writers",
    ],
)
def test_a_plan_goes_on_where_it_was_cut_off(workshop: Workshop, case: str) -> None:
    before, after, filled, names = CASES[case]
    other = was(workshop.make("two", [after]), **names)
    bare = without_names(copy.deepcopy(other))
    first = workshop.decided(workshop.make("one", [before, filled]), other)
    assert first["refused"] == []
    last = None
    for cut in range(1 + len({it["group"] for it in first["steps"]})):
        workshop.make("one", [before, filled])
        workshop.carry_out("one", until(first, cut))
        plan = workshop.decided(workshop.read("one"), other)
        assert plan["refused"] == []
        workshop.carry_out("one", plan)
        assert workshop.read("one") == bare, cut
        found = rows(workshop, "select id, to_jsonb(t) - 'key' from t order by id")
        assert last in (None, found)
        last = found
    assert last


def until(plan: dict[str, Any], groups: int) -> dict[str, Any]:
    """Its first groups."""
    by_group = itertools.groupby(plan["steps"], key=lambda it: it["group"])
    kept = [list(steps) for _, steps in itertools.islice(by_group, groups)]
    return {"steps": [step for steps in kept for step in steps]}
