"""Tables, the project's bars, and JSON for the next comparison.

No IO but `print` and one file. Called by `__main__`. Invariant: every number is printed beside the
floor of its world and the best other driver in the same run; a bar is only judged on those.
"""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from benches import workloads
from benches.peers import FLOOR, HOWDAH

if TYPE_CHECKING:
    from collections.abc import Mapping

Cells: TypeAlias = "Mapping[str, Mapping[str, float]]"  # peer -> {"cpu_us": …, "wall_us": …}

SINGLE_ROW = workloads.label(workloads.QUERIES[0])

# Client CPU of a prepared single row, as a share of another driver's: world -> peers and share.
SINGLE_ROW_BARS: dict[str, tuple[tuple[tuple[str, ...], float], ...]] = {
    "sync": ((("psycopg2",), 1.0), (("psycopg3", "psycopg3 binary"), 0.75)),
    "asyncio": ((("asyncpg",), 0.55),),
    "uvloop": ((("asyncpg",), 0.85),),
}
SYSTEM_CALL_BARS = {"sync": 2, "asyncio": 4}

# Client CPU above the floor, as a share of the best other driver's above it.
ROWS_BAR = 0.5
ROWS_BAR_WORLDS = ("sync", "asyncio")

TASKS = frozenset(workload.name for workload in workloads.TASKS)
EXECUTEMANY_BAR_US = 0.7
POOL_BAR = 1.3

# Goals per value, row included, above the floor, in ns.
VALUE_GOALS_NS = {
    "timestamptz": 80,
    "interval": 60,
    "numeric": 260,
    "uuid": 100,
    "jsonb": 800,
}


@dataclass(frozen=True)
class Bar:
    """One promise and what was found."""

    what: str
    found: float
    limit: float

    @property
    def held(self) -> bool:
        """True if the promise is kept."""
        return self.found <= self.limit


def bars(world: str, measured: Mapping[str, Cells], calls: Mapping[str, float | None]) -> list[Bar]:
    """Every bar of this world that the run has numbers for."""
    found = []
    for name, cells in measured.items():
        if HOWDAH not in cells:
            continue
        if name == SINGLE_ROW:
            found += _single_row_bars(world, cells)
        elif name in TASKS:
            found += _task_bars(world, name, measured)
        elif world in ROWS_BAR_WORLDS and not name.startswith("value:"):
            ratio = ratio_above_floor(cells)
            if ratio is not None:
                found.append(Bar(f"{world}: {name}, above the floor", ratio, ROWS_BAR))
    howdah_calls = calls.get(HOWDAH)
    if world in SYSTEM_CALL_BARS and howdah_calls is not None:
        found.append(Bar(f"{world}: system calls per query", howdah_calls, SYSTEM_CALL_BARS[world]))
    return found


def _task_bars(world: str, name: str, measured: Mapping[str, Cells]) -> list[Bar]:
    cells = measured[name]
    mine = cells[HOWDAH]["cpu_us"]
    found = []
    best = best_other(cells)
    if best is not None:
        found.append(Bar(f"{world}: {name}, CPU against {best}", mine / cells[best]["cpu_us"], 1.0))
    if name == workloads.EXECUTEMANY:
        found.append(Bar(f"{world}: {name}, CPU µs per row", mine / 1000, EXECUTEMANY_BAR_US))
    bare = measured.get(SINGLE_ROW, {}).get(HOWDAH)
    if name == workloads.POOL and bare is not None:
        found.append(Bar(f"{world}: {name}, by a bare query", mine / bare["cpu_us"], POOL_BAR))
    return found


def _single_row_bars(world: str, cells: Cells) -> list[Bar]:
    found = []
    for others, share in SINGLE_ROW_BARS[world]:
        best = min((cells[name]["cpu_us"] for name in others if name in cells), default=None)
        if best is not None:
            what = f"{world}: {SINGLE_ROW}, CPU against {others[0]}"
            found.append(Bar(what, cells[HOWDAH]["cpu_us"] / best, share))
    return found


def best_other(cells: Cells) -> str | None:
    """The driver with the least client CPU that is neither howdah nor the floor."""
    others = [name for name in cells if name not in {FLOOR, HOWDAH}]
    return min(others, key=lambda name: cells[name]["cpu_us"], default=None)


def ratio_above_floor(cells: Cells) -> float | None:
    """CPU of howdah above the floor by the best other driver's above it."""
    best = best_other(cells)
    if best is None or FLOOR not in cells or HOWDAH not in cells:
        return None
    return cells[HOWDAH]["above_us"] / cells[best]["above_us"]


def print_world(
    world: str, result: Mapping[str, Any], counts: Mapping[str, Mapping[str, float | None]]
) -> list[Bar]:
    """The tables of one world; returns its bars."""
    measured: dict[str, Cells] = result["workloads"]
    print(f"\n== {world}: client CPU µs per query (wall µs)")
    for name in result["missing"]:
        print(f"   {name}: not installed")
    for what, why in result["refused"].items():
        print(f"   {what}: {why}")
    _print_queries({n: c for n, c in measured.items() if not n.startswith("value:")})
    _print_values({n[6:]: c for n, c in measured.items() if n.startswith("value:")})
    for title, per_peer in counts.items():
        numbers = [f"{name} {n:,.1f}" for name, n in per_peer.items() if n is not None]
        print(f"   {title}: " + (", ".join(numbers) or "not counted"))
    found = bars(world, measured, counts.get(f"system calls per {SINGLE_ROW}", {}))
    for bar in found:
        print(f"   {'held  ' if bar.held else 'MISSED'} {bar.what}: {bar.found:.2f} of {bar.limit}")
    return found


def _print_queries(measured: Mapping[str, Cells]) -> None:
    if not measured:
        return
    names = list(dict.fromkeys(name for cells in measured.values() for name in cells))
    rows = [["", *names, "above floor", "/ best"]]
    for workload, cells in measured.items():
        texts = [
            f"{cells[n]['cpu_us']:,.1f} ({cells[n]['wall_us']:,.0f})" if n in cells else "-"
            for n in names
        ]
        rows.append([workload, *texts, *_above(cells)])
    _print_table(rows)


def _print_values(measured: Mapping[str, Cells]) -> None:
    if not measured:
        return
    names = list(dict.fromkeys(n for cells in measured.values() for n in cells if n != FLOOR))
    rows = [["ns per value above the floor, row included", *names, "/ best", "goal"]]
    for type_name, cells in measured.items():
        texts = [f"{cells[n]['above_us']:,.0f}" if n in cells else "-" for n in names]
        goal = VALUE_GOALS_NS.get(type_name)
        rows.append([type_name, *texts, _above(cells)[1], str(goal) if goal else ""])
    _print_table(rows)


def _above(cells: Cells) -> tuple[str, str]:
    ratio = ratio_above_floor(cells)
    if ratio is None:
        return "-", "-"
    return f"{cells[HOWDAH]['above_us']:,.1f}", f"{ratio:.2f}"


def _print_table(rows: list[list[str]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        first, *rest = row
        cells = (text.rjust(width) for text, width in zip(rest, widths[1:], strict=True))
        print("   " + "  ".join([first.ljust(widths[0]), *cells]))


def machine() -> dict[str, str | int | None]:
    """What the numbers were measured on."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write(path: Path, results: Mapping[str, Any]) -> None:
    """Everything measured, with the machine and the versions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(f"\nwritten to {path}")
