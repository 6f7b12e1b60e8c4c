"""What rests on several columns is made again only after the last of their changes."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.difference import dependents
from tests.difference.conftest import statements_of

if TYPE_CHECKING:
    from tests.difference.conftest import Workshop

SEEDS = [
    *(2, 28, 44),  # row security in the circle
    *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(60, 90)),
]


@pytest.mark.parametrize("seed", SEEDS)
def test_several_dependents_of_several_changes(workshop: Workshop, seed: int) -> None:
    rng = random.Random(seed)
    first, second, rest = (rng.randrange(1_000_000) for _ in range(3))
    other = rest if rng.random() < 0.7 else rng.randrange(1_000_000)
    before = workshop.make("one", dependents.sql(first, rest))
    after = workshop.make("two", dependents.sql(second, other))
    workshop.run("one", statements_of(workshop.difference(before, after)))
    assert workshop.read("one") == after
    workshop.run("one", statements_of(workshop.difference(after, before)))
    assert workshop.read("one") == before
