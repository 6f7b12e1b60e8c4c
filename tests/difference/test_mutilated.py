"""Schemas that no catalog gives: difference and plan answer, or say what is wrong; they never fail.

Snapshots are files, and may be written by hand, cut or of another version.
"""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.difference import random_schemas

if TYPE_CHECKING:
    from tests.difference.conftest import Workshop

TRIES = 60


@pytest.mark.parametrize("seed", [1, 2])
def test_no_schema_is_too_odd(workshop: Workshop, seed: int) -> None:
    rng = random.Random(seed)
    numbers = random_schemas.numbers(rng)
    before = workshop.make("one", random_schemas.sql(numbers))
    after = workshop.make("two", random_schemas.sql(random_schemas.varied(rng, numbers)))
    answered = 0
    for _ in range(TRIES):
        one, two = mutilated(before, rng), mutilated(after, rng)
        for ask in (workshop.difference, workshop.plan):
            try:
                ask(one, two)
            except ValueError:
                continue
            answered += 1
    assert answered > TRIES, "most schemas can be read, however odd"


def mutilated(schema: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """A copy: names lead elsewhere, things are missing, or twice there; needs are not true."""
    schema = copy.deepcopy(schema)
    told = schema.pop("dependencies", [])
    names = [it for it in values(schema) if isinstance(it, str)]
    for _ in range(rng.randint(1, 6)):
        places = [(it, key) for it in values(schema) for key in keys(it)]
        holder, key = rng.choice(places)
        value = holder[key]
        if isinstance(value, str):
            holder[key] = rng.choice([rng.choice(names), "", "é'\"; --", "x" * 70])
        elif isinstance(value, bool):
            holder[key] = not value
        elif isinstance(value, int):
            holder[key] = rng.choice([0, -1, 2**31, 2**63 - 1])
        elif isinstance(value, list) and value:
            value[:] = rng.choice([value[::-1], value[:-1], [*value, value[0]]])
        elif isinstance(holder, dict):
            del holder[key]
    schema["dependencies"] = [
        {**it, "of": rng.choice(told)["of"]} for it in told[rng.randrange(4) :]
    ]
    return schema


def values(value: Any) -> list[Any]:
    """It and all that it holds."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(it for part in inner for it in values(part))]


def keys(value: Any) -> list[Any]:
    """Where it holds something."""
    if isinstance(value, dict):
        return list(value)
    return list(range(len(value))) if isinstance(value, list) else []
