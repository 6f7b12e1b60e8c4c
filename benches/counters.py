"""What a query costs outside the clocks: system calls (strace) and instructions (callgrind).

Does IO: runs `benches.worlds … --count N` under the counting program, twice with different N, and
divides the difference, so that start-up and connecting fall out. Called by `__main__`. Invariant:
both are properties of the code and not of the machine's load; they repeat.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benches import peers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_STRACE_COUNTS = (500, 1500)
_CALLGRIND_COUNTS = (200, 600)


def system_calls(world: str, peer: str, url: str, workload: str) -> float | None:
    """System calls of all threads per query; None without strace or the peer."""
    return _per_query(_traced_calls, _STRACE_COUNTS, (world, peer, url, workload))


def instructions(world: str, peer: str, url: str, workload: str) -> float | None:
    """Instructions in user space per query; None without valgrind or the peer."""
    return _per_query(_counted_instructions, _CALLGRIND_COUNTS, (world, peer, url, workload))


def names(world: str) -> list[str]:
    """The peers of a world."""
    return [kind.name for kind in (peers.SYNC if world == "sync" else peers.ASYNC)]


def _per_query(
    count: Callable[[list[str], Path], int | None],
    questions: tuple[int, int],
    question: tuple[str, str, str, str],
) -> float | None:
    world, peer, url, workload = question
    totals = []
    for number in questions:
        command = [
            *(sys.executable, "-m", "benches.worlds", world, "--url", url),
            *("--peer", peer, "--workload", workload, "--count", str(number)),
        ]
        with tempfile.TemporaryDirectory() as folder:
            totals.append(count(command, Path(folder) / "counts"))
    few, many = totals
    if few is None or many is None:
        return None
    return (many - few) / (questions[1] - questions[0])


def _traced_calls(command: list[str], output: Path) -> int | None:
    if shutil.which("strace") is None or not _succeeds(
        ["strace", "-f", "-c", "-o", str(output), *command]
    ):
        return None
    total = re.search(
        r"^\s*100\.00\s.*?(\d+)(?:\s+\d+)?\s+total$", output.read_text(), re.MULTILINE
    )
    return int(total[1]) if total else None


def _counted_instructions(command: list[str], output: Path) -> int | None:
    if shutil.which("valgrind") is None or not _succeeds(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}", *command]
    ):
        return None
    total = re.search(r"^(?:summary|totals): (\d+)", output.read_text(), re.MULTILINE)
    return int(total[1]) if total else None


def _succeeds(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
