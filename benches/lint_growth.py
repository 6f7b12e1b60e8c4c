"""How the cost of `howdah lint` grows: twice the statements should cost twice the time.

    python -m benches.lint_growth [SHAPE…]

Each line is one shape of script (a bulk transaction, a table with many partitions, one `DO` …)
with the CPU seconds of 1,000, 2,000, 4,000 and 8,000 statements; what grows too fast is marked.
"""

from __future__ import annotations

import subprocess
import sys
from resource import RUSAGE_CHILDREN, getrusage
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTS = (1_000, 2_000, 4_000, 8_000)
COMMAND = [sys.executable, "-m", "howdah", "lint", "-", "--no-config", "--format", "json"]
# four times the statements: up to this many times the seconds, once these are enough to be measured
GROWTH = 6
SECONDS = 0.2


def _lines(line: str, head: str = "", tail: str = "", end: str = "\n") -> Callable[[int], str]:
    """A script of numbered lines."""
    return lambda count: head + end.join(line.format(n=n) for n in range(count)) + tail


def _nested(depth: int) -> str:
    """A `DO` that executes a `DO`, and so on."""
    body = "DROP TABLE x;"
    for level in range(depth):
        body = f"EXECUTE $a{level}$ DO $b{level}$ BEGIN {body} END $b{level}$ $a{level}$;"
    return f"DO $z$ BEGIN {body} END $z$;\n"


SHAPES: dict[str, Callable[[int], str]] = {
    "changes in a transaction": _lines(
        "ALTER TABLE t{n} ADD COLUMN c int;", "BEGIN;\n", "\nCOMMIT;\n"
    ),
    "indexes in a transaction": _lines("CREATE INDEX ON t{n} (c);", "BEGIN;\n", "\nCOMMIT;\n"),
    "partitions": _lines(
        "CREATE TABLE p{n} PARTITION OF p FOR VALUES IN ({n});",
        "CREATE TABLE p (a int) PARTITION BY LIST (a);\n",
    ),
    "attached partitions": _lines(
        "CREATE TABLE p{n} (a int); ALTER TABLE p ATTACH PARTITION p{n} FOR VALUES IN ({n});",
        "CREATE TABLE p (a int) PARTITION BY LIST (a);\n",
    ),
    "one DO": _lines("ALTER TABLE t{n} ADD COLUMN c int;", "DO $$ BEGIN\n", "\nEND $$;\n"),
    "one line": _lines("DROP TABLE x{n};", end=" "),
    "columns of one ALTER": _lines(
        "ADD COLUMN c{n} int NOT NULL", "ALTER TABLE t ", ";\n", end=", "
    ),
    "columns of one CREATE": _lines("c{n} int NOT NULL", "CREATE TABLE t (", ");\n", end=", "),
    "unnamed checks": _lines("ALTER TABLE t ADD CHECK (a > {n});", "CREATE TABLE t (a int);\n"),
    "overloads": _lines("CREATE FUNCTION f(a t{n}) RETURNS int LANGUAGE sql AS 'SELECT 1';"),
    "COPY without an end": _lines("COPY t FROM stdin;"),
    "suppressions": _lines("-- howdah: ignore renamed-table\nALTER TABLE t{n} ADD COLUMN c int;"),
    "suppressions of one": lambda count: (
        "-- howdah: ignore renamed-table\n" * count + "DROP TABLE x;\n"
    ),
    "bodies in bodies": lambda count: _nested(count // 4),
    "names to ignore": _lines("r{n}", "-- howdah: ignore ", "\nDROP TABLE x;\n", end=", "),
    "tables, indexes, keys": _lines(
        "CREATE TABLE t{n} (id int); CREATE INDEX ON t{n} (id);"
        " ALTER TABLE t{n} ADD FOREIGN KEY (id) REFERENCES t0;",
        "BEGIN;\n",
        "\nCOMMIT;\n",
    ),
}


def cpu_seconds(script: str) -> float:
    """What linting a script costs, Python's start included."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(COMMAND, input=script.encode(), capture_output=True, check=False)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Measure and print; 1 if a shape grows too fast."""
    idle = min(cpu_seconds("") for _ in range(3))
    fast = 0
    for name in sys.argv[1:] or SHAPES:
        costs = [max(cpu_seconds(SHAPES[name](count)) - idle, 0.0) for count in COUNTS]
        grows = costs[-1] > SECONDS and costs[-1] > GROWTH * costs[-3]
        fast += grows
        print(f"{name:26}", *(f"{cost:6.2f}" for cost in costs), "TOO FAST" if grows else "")
    return 1 if fast else 0


if __name__ == "__main__":
    sys.exit(main())
