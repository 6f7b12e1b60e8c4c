"""Batches in turn, and the medians of what they cost.

Reads clocks; no other IO. Called by `worlds`. Invariant: the peers of a workload run one batch
each, round after round, so that a slow spell of the machine falls on all of them alike.
"""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

# A batch must outlast the clocks' resolution many times over, and be short enough for many rounds.
_BATCH_SECONDS = 0.03
_MAX_BATCH = 2000


@dataclass
class Samples:
    """The cost of one question in each round: client CPU (all threads) and wall time, in µs."""

    cpu_us: list[float] = field(default_factory=list)
    wall_us: list[float] = field(default_factory=list)

    def add(self, cpu_seconds: float, wall_seconds: float, questions: int) -> None:
        """One batch."""
        self.cpu_us.append(cpu_seconds / questions * 1e6)
        self.wall_us.append(wall_seconds / questions * 1e6)

    def summary(self) -> Summary:
        """Medians, and the quartiles of the CPU time as a measure of noise."""
        low, middle, high = statistics.quantiles(self.cpu_us, n=4)
        return Summary(middle, statistics.median(self.wall_us), low, high)


@dataclass(frozen=True)
class Summary:
    """One cell of the report, in µs per question."""

    cpu_us: float
    wall_us: float
    cpu_low_us: float
    cpu_high_us: float

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


def batch_size(seconds_each: float) -> int:
    """How many questions make one batch."""
    return max(3, min(_MAX_BATCH, int(_BATCH_SECONDS / max(seconds_each, 1e-7))))


def in_turn(asks: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Summary]:
    """Measure blocking peers."""
    sizes = {name: _warm(ask) for name, ask in asks.items()}
    samples = {name: Samples() for name in asks}
    for _ in range(rounds):
        for name, ask in asks.items():
            gc.collect()
            cpu, wall = time.process_time(), time.perf_counter()
            for _ in range(sizes[name]):
                ask()
            samples[name].add(time.process_time() - cpu, time.perf_counter() - wall, sizes[name])
    return {name: s.summary() for name, s in samples.items()}


def _warm(ask: Callable[[], object]) -> int:
    for _ in range(10):  # psycopg prepares on its own terms; every cache is full after this
        ask()
    start = time.perf_counter()
    for _ in range(10):
        ask()
    return batch_size((time.perf_counter() - start) / 10)


async def in_turn_async(
    asks: Mapping[str, Callable[[], Awaitable[object]]], rounds: int
) -> dict[str, Summary]:
    """Measure asyncio peers, on the loop that is running."""
    sizes = {name: await _warm_async(ask) for name, ask in asks.items()}
    samples = {name: Samples() for name in asks}
    for _ in range(rounds):
        for name, ask in asks.items():
            gc.collect()
            cpu, wall = time.process_time(), time.perf_counter()
            for _ in range(sizes[name]):
                await ask()
            samples[name].add(time.process_time() - cpu, time.perf_counter() - wall, sizes[name])
    return {name: s.summary() for name, s in samples.items()}


async def _warm_async(ask: Callable[[], Awaitable[object]]) -> int:
    for _ in range(10):
        await ask()
    start = time.perf_counter()
    for _ in range(10):
        await ask()
    return batch_size((time.perf_counter() - start) / 10)
