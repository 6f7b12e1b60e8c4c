"""For random schemas: the difference, applied to one, makes the other; applied backwards, it makes the first again."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.difference import random_schemas
from tests.difference.conftest import statements_of

if TYPE_CHECKING:
    from tests.difference.conftest import Workshop

ROUNDS = int(os.environ.get("HOWDAH_ROUNDS", "12"))
FIRST = int(os.environ.get("HOWDAH_SEED", "1"))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + ROUNDS))
def test_the_difference_makes_the_other_schema(workshop: Workshop, seed: int) -> None:
    rng = random.Random(seed)
    one = random_schemas.numbers(rng)
    before = workshop.make("one", random_schemas.sql(one))
    after = workshop.make("two", random_schemas.sql(random_schemas.varied(rng, one)))
    there = workshop.difference(before, after)
    workshop.run("one", statements_of(there))
    assert workshop.read("one") == after
    back = workshop.difference(after, before)
    workshop.run("one", statements_of(back))
    assert workshop.read("one") == before
    assert workshop.difference(before, before)["changes"] == []
