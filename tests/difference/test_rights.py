"""Objects have the rights that their schema says, whatever default privileges gave them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.difference.conftest import statements_of

if TYPE_CHECKING:
    from tests.difference.conftest import Workshop

DEFAULTS = (
    "grant select on tables to clerk",
    "grant select, update on tables to auditor with grant option",
    "in schema app grant usage on sequences to clerk",
    "revoke execute on functions from public",
    "in schema app grant execute on functions to auditor",
    "grant usage on types to clerk",
    "grant usage on schemas to clerk",
)
# With what `grant` calls each, and a right.
OBJECTS = {
    "table t (a int)": ("table t", "insert"),
    "table app.u (id serial)": ("table app.u", "select"),
    "view v as select 1 as a": ("table v", "select"),
    "sequence app.s": ("sequence app.s", "usage"),
    "function f() returns int language sql as 'select 1'": ("function f()", "execute"),
    "function app.g() returns int language sql as 'select 1'": ("function app.g()", "execute"),
    "aggregate total(int) (sfunc = int4pl, stype = int)": ("function total(int)", "execute"),
    "type e as enum ('a')": ("type e", "usage"),
    "domain app.d as int": ("type app.d", "usage"),
    "schema more": ("schema more", "usage"),
}
SEEDS = [*range(2), *(pytest.param(it, marks=pytest.mark.slow) for it in range(2, 20))]


def drawn(rng: random.Random, defaults: list[str]) -> list[str]:
    """Objects of which some are made before and some after the defaults count."""
    steps = [[f"alter default privileges {it}"] for it in defaults]
    for text, (name, right) in OBJECTS.items():
        if rng.random() < 0.7:
            step = [f"create {text}"]
            if rng.random() < 0.3:
                step.append(f"revoke all on {name} from clerk, public")
            if rng.random() < 0.3:
                step.append(f"grant {right} on {name} to {rng.choice(['clerk', 'auditor'])}")
            steps.append(step)
    rng.shuffle(steps)
    return ["create schema app", *(it for step in steps for it in step)]


@pytest.mark.parametrize("seed", SEEDS)
def test_rights_under_default_privileges(workshop: Workshop, seed: int) -> None:
    rng = random.Random(seed)
    defaults = rng.sample(DEFAULTS, 4)
    others = defaults if rng.random() < 0.5 else rng.sample(DEFAULTS, 4)
    with workshop.database() as one, workshop.database() as two:
        one.run("public", drawn(rng, defaults))
        two.run("public", drawn(rng, others))
        before, after = one.whole(), two.whole()
        one.run("public", statements_of(one.difference(before, after)))
        assert one.whole() == after
        one.run("public", statements_of(one.difference(after, before)))
        assert one.whole() == before
