"""Queries of every kind, over and over: nothing of them stays. `make soak` does a million."""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

import pytest

from tests.leaks import growth
from tests.leaks.kinds import KINDS, Ground

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.leaks.kinds import Kind

TURNS = 5
ROUNDS = 3
LIMIT = 0.5
"""Objects left by a turn. Half of one, for a count is never exact; see `growth`."""
MANY_TURNS = 40
STRICT_LIMIT = 0.1


@contextlib.contextmanager
def only_new_objects() -> Iterator[None]:
    """Let the collector pass over what exists, so that counting is quick."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def test_no_kind_of_query_leaves_anything(world: str, database: str) -> None:
    assert await left_by_all(world, database, TURNS, LIMIT) == {}


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_not_even_now_and_then(world: str, database: str) -> None:
    assert await left_by_all(world, database, MANY_TURNS, STRICT_LIMIT) == {}


async def left_by_all(world: str, url: str, turns: int, limit: float) -> dict[str, str]:
    """What each kind of query leaves, of those that leave anything."""
    with only_new_objects():
        async with Ground.open(world, url) as ground:
            found = {
                kind.name: await left_by(ground, kind, max(TURNS, round(turns * kind.share)), limit)
                for kind in KINDS
            }
    return {name: left for name, left in found.items() if left}


async def left_by(ground: Ground, kind: Kind, turns: int, limit: float) -> str:
    """What a kind of query leaves in each round; empty if it is nothing."""

    async def turn() -> int:
        return await kind.ask(ground)

    for _ in range(turns):
        await turn()
    found, types = await growth.left_by(turn, turns, ROUNDS, limit)
    return f"{found}: {types.most_common(5)}" if found.exceeds(limit) else ""


async def test_what_is_kept_is_found() -> None:
    kept: list[object] = []

    async def keep() -> None:
        kept.append({"a": [len(kept)]})

    with only_new_objects():
        found, types = await growth.measure(keep, TURNS, ROUNDS)
    assert found.exceeds(LIMIT)
    assert types["builtins.dict"] >= TURNS * ROUNDS // 2
