"""How fast `howdah lint` is: 1 MB in one file, and 5,000 files; beside Squawk.

    python -m benches.lint [ROUNDS]

Each linter is a process of its own, as in CI; CPU is that of the process, memory its peak. The best
of some rounds is printed beside the bars.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 5
FILES = 5_000
SIZE_BYTES = 1_000_000
CPU_BAR_SECONDS = 0.25
FILES_BAR_SECONDS = 3.0
MEMORY_BAR_MB = 150

# What migrations look like: a table with an index, then changes with hazards in every other one.
MIGRATION = """\
-- {n}: orders of the shop
BEGIN;
CREATE TABLE shop.orders_{n} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES shop.customers (id),
    state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'paid', 'sent')),
    total numeric(12, 2) NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_{n}_customer ON shop.orders_{n} (customer_id);
COMMIT;
ALTER TABLE shop.items_{n} ADD COLUMN note_{n} text NOT NULL DEFAULT '';
ALTER TABLE shop.items_{n} ALTER COLUMN amount TYPE bigint;
CREATE INDEX items_{n} ON shop.items_{n} (order_id, lower(note_{n})) WHERE amount > 0;
UPDATE shop.items_{n} SET note_{n} = 'none' WHERE note_{n} = '';
"""


@dataclass
class Cost:
    """What a process took."""

    cpu_seconds: float
    wall_seconds: float
    peak_mb: float


def run(command: list[str]) -> Cost:
    """Runs a process to its end, whatever it finds."""
    began = time.perf_counter()
    with Path(os.devnull).open("w") as nowhere:
        actions = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), fd) for fd in (1, 2)]
        process = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
        _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) not in {0, 1, 5}:
        raise RuntimeError(f"`{' '.join(command)}` failed")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def best(command: list[str], rounds: int) -> Cost:
    """The least of each over some rounds."""
    costs = [run(command) for _ in range(rounds)]
    return Cost(
        min(it.cpu_seconds for it in costs),
        min(it.wall_seconds for it in costs),
        max(it.peak_mb for it in costs),
    )


def linters() -> dict[str, list[str]]:
    """The commands that are compared, without files."""
    found = {"howdah": [sys.executable, "-m", "howdah", "lint", "--no-config", "--format", "json"]}
    squawk = shutil.which("squawk") or shutil.which("squawk", path=str(Path(sys.executable).parent))
    if squawk is not None:
        found["squawk"] = [squawk, "--reporter", "json"]
    elif importlib.util.find_spec("squawk") is None:
        print("squawk is not installed: nothing to compare with", file=sys.stderr)
    return found


def write(folder: Path) -> tuple[Path, list[Path]]:
    """The large file, and the many small ones."""
    large = folder / "large.sql"
    with large.open("w") as file:
        number = 0
        while file.tell() < SIZE_BYTES:
            file.write(MIGRATION.format(n=number))
            number += 1
    many = folder / "many"
    many.mkdir()
    small = [many / f"{number:04}.sql" for number in range(FILES)]
    for number, path in enumerate(small):
        path.write_text(MIGRATION.format(n=number))
    return large, small


def main() -> int:
    """Measure and print; 1 if a bar was missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    idle = best([sys.executable, "-c", "import howdah.__main__"], rounds)
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        large, small = write(Path(folder))
        for name, command in linters().items():
            one = best([*command, str(large)], rounds)
            many = best([*command, *map(str, small)], rounds)
            # Python's own start is no part of linting
            cpu = one.cpu_seconds - (idle.cpu_seconds if name == "howdah" else 0)
            print(
                f"{name:8} 1 MB {cpu:6.3f} s CPU, {one.peak_mb:4.0f} MB;"
                f" {FILES} files {many.wall_seconds:6.2f} s, {many.peak_mb:4.0f} MB"
            )
            if name == "howdah":
                peak = max(one.peak_mb, many.peak_mb)
                held = {
                    f"1 MB in {CPU_BAR_SECONDS} s CPU": cpu <= CPU_BAR_SECONDS,
                    f"{FILES} files in {FILES_BAR_SECONDS} s": many.wall_seconds
                    <= FILES_BAR_SECONDS,
                    f"{MEMORY_BAR_MB} MB": peak <= MEMORY_BAR_MB,
                }
                missed += list(held.values()).count(False)
                print(json.dumps({bar: "held" if it else "MISSED" for bar, it in held.items()}))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
