"""The difference of random schemas makes one of the other, and back again; so does the plan."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.difference import random_schemas
from tests.difference.conftest import statements_of, with_a_way_back

if TYPE_CHECKING:
    from tests.difference.conftest import Schema, Workshop

SEEDS = [
    *range(1, 6),
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 32)),
]


def two(workshop: Workshop, seed: int) -> tuple[Schema, Schema]:
    """Two schemas; the first is there as `one`."""
    rng = random.Random(seed)
    numbers = random_schemas.numbers(rng)
    before = workshop.make("one", random_schemas.sql(numbers))
    after = workshop.make("two", random_schemas.sql(random_schemas.varied(rng, numbers)))
    return before, after


@pytest.mark.parametrize("seed", SEEDS)
def test_the_difference_makes_the_other_schema(workshop: Workshop, seed: int) -> None:
    before, after = two(workshop, seed)
    workshop.run("one", statements_of(workshop.difference(before, after)))
    assert workshop.read("one") == after
    workshop.run("one", statements_of(workshop.difference(after, before)))
    assert workshop.read("one") == before
    assert workshop.difference(before, before)["changes"] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_the_plan_makes_the_other_schema(workshop: Workshop, seed: int) -> None:
    before, after = two(workshop, seed)
    plan = workshop.decided(before, after)
    for refused in plan["refused"]:
        assert refused["object"] in ("table p0", "table p0_0", "table p0_1", "table p0_2")
    if not plan["refused"]:
        workshop.carry_out("one", plan)
        assert workshop.read("one") == after
    safe = workshop.plan(before, after)  # without what answers allow
    assert workshop.objections(before, safe) == []
    deploys = [step["deploy"] for step in plan["steps"]]
    assert deploys == sorted(deploys, key=["expand", "migrate", "contract"].index)
    assert workshop.plan(after, after)["steps"] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_what_undoes_the_plan_brings_back_all_that_was_there(workshop: Workshop, seed: int) -> None:
    before, after = two(workshop, seed)
    plan = with_a_way_back(workshop.decided(before, after))
    workshop.carry_out("one", plan)
    workshop.take_back("one", plan)
    assert workshop.read("one") == before
