"""Plans of random tables with rows, while the programs of both releases write: no value is lost.

What is checked is that every value that either program wrote is there in the end, under the name
and the type that its column has then; and, where the plan is taken back, under those it had.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.difference.conftest import with_a_way_back
from tests.difference.random_rows import Oracle, Release, Table, first, second
from tests.difference.test_expanding import DEPLOYS, run, was, without_names

if TYPE_CHECKING:
    from tests.difference.conftest import Schema, Workshop

SEEDS = [
    *range(1, 3),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 10)),
]
ROWS = 12


def two(
    workshop: Workshop, rng: random.Random, renames: float = 0.2
) -> tuple[Release, Release, dict[str, Any], Schema, Schema]:
    """Two releases with the plan between them, and their schemas; the first is there as `one`."""
    before = first(rng)
    after = second(rng, before, renames)
    one = workshop.make("one", before.sql)
    names = {}
    for table in after.tables:
        if table.name != table.was:
            names[table.name] = table.was
        for it in table.columns:
            if it.origin not in (None, it.name):
                names[f"{table.name}__{it.name}"] = it.origin
    other = was(workshop.make("two", after.sql), **names)
    return before, after, answered(workshop, one, other, after), one, other


def answered(workshop: Workshop, one: Schema, other: Schema, after: Release) -> dict[str, Any]:
    """The plan with every question answered as nothing is lost that stays."""
    answers: dict[str, str] = {}
    values = {
        f"value {table.name}.{it.name}": f"'{sample(it.values)}'"
        for table in after.tables
        for it in table.columns
    }
    while True:
        plan = workshop.plan(one, other, answers=answers)
        assert plan["refused"] == []
        if not plan["questions"]:
            return plan
        for question in plan["questions"]:
            kind, _, _ = question["id"].partition(" ")
            assert kind in ("drop", "value", "type"), question
            usual = "rewrite" if kind == "type" else "drop"
            answers[question["id"]] = values.get(question["id"], usual)


def sample(kind: str) -> str:
    return {"date": "1999-01-01", "uuid": "00000000-0000-0000-0000-00000000ffff"}.get(kind, "0")


def written(workshop: Workshop, oracle: Oracle, release: Release, rows: int) -> None:
    """What a program of the release does for a while."""
    statements = []
    for table in release.tables:
        statements += [oracle.inserted(table) for _ in range(rows)]
        statements += [oracle.updated(table) for _ in range(rows // 2)]
    workshop.run("one", statements)


def lost(workshop: Workshop, oracle: Oracle, tables: list[Table]) -> list[str]:
    """The values that are not there, or not what was written."""
    found = []
    for table in tables:
        rows = {
            row[0]: row[1]
            for row in workshop.connection.fetch(
                "select id, (select jsonb_object_agg(key, value)"
                f" from jsonb_each_text(to_jsonb(t))) from {table.name} t"
            )
        }
        expected = oracle.rows[table.was]
        if rows.keys() != expected.keys():
            found.append(f"rows of {table.name}: {rows.keys() ^ expected.keys()}")
        for key, values in expected.items():
            row = rows.get(key, {})
            for it in table.columns:
                if it.origin not in values:
                    continue
                wanted, is_ = values[it.origin], row.get(it.name)
                is_filled = wanted is None and it.not_null and is_ is not None
                if is_ != wanted and not is_filled:
                    found.append(f"{table.name}.{it.name} of {key}: {is_!r}, not {wanted!r}")
            if table.reference and row.get("ref") != values.get("ref"):
                found.append(f"{table.name}.ref of {key}: {row.get('ref')}")
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_no_value_is_lost_on_the_way(workshop: Workshop, seed: int) -> None:
    rng = random.Random(seed)
    before, after, plan, _, other = two(workshop, rng)
    oracle = Oracle(rng)
    written(workshop, oracle, before, ROWS)
    for deploy in DEPLOYS:
        run(workshop, plan, deploy)
        if deploy != "contract":
            written(workshop, oracle, before, 2)
        written(workshop, oracle, after, 2)
    assert lost(workshop, oracle, after.tables) == []
    assert workshop.read("one") == without_names(other)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_value_is_lost_on_the_way_back(workshop: Workshop, seed: int) -> None:
    rng = random.Random(seed)
    before, after, plan, one, _ = two(workshop, rng, renames=0)
    oracle = Oracle(rng)
    written(workshop, oracle, before, ROWS)
    # no way back has a value for a null that is refused again
    required = {
        (it.was, column.name) for it in before.tables for column in it.columns if column.not_null
    }
    for table in after.tables:
        for it in table.columns:
            it.not_null = it.not_null or (table.was, it.origin) in required
    plan = with_a_way_back(plan)
    is_over = any(it["deploy"] == "contract" for it in plan["steps"])
    for deploy in DEPLOYS:
        run(workshop, plan, deploy)
        if deploy != "contract" and not is_over:
            written(workshop, oracle, before, 2)
            written(workshop, oracle, after, 2)
    workshop.take_back("one", plan)
    kept = {(it.was, column.origin) for it in after.tables for column in it.columns}
    filled = {
        (it.was, column.origin) for it in after.tables for column in it.columns if column.not_null
    }
    for table in before.tables:
        table.columns = [it for it in table.columns if (table.was, it.name) in kept]
        for it in table.columns:
            it.not_null = (table.was, it.name) in filled
    assert lost(workshop, oracle, before.tables) == []
    assert workshop.read("one") == one
