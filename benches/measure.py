"""Batches in turn, and the medians of what they cost.

Reads clocks; no other IO. Called by `worlds`. Invariant: the peers of a workload run one batch
each, round after round, so that a slow spell of the machine falls on all of them alike.
"""

from __future__ import annotations

import contextlib
import gc
import statistics
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from benches.peers import FLOOR

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

# Short batches and many rounds: a disturbance spoils few of them, and medians do not see it.
# Still hundreds of times the resolution of the clocks.
_BATCH_SECONDS = 0.01
_MAX_BATCH = 1000
_WARM_UP = 10  # psycopg prepares on its own terms; every cache is full after this


@dataclass
class Samples:
    """The cost of one question in each round: client CPU (all threads) and wall time, in µs."""

    cpu_us: list[float] = field(default_factory=list)
    wall_us: list[float] = field(default_factory=list)

    def add(self, cpu_seconds: float, wall_seconds: float, questions: int) -> None:
        """One batch."""
        self.cpu_us.append(cpu_seconds / questions * 1e6)
        self.wall_us.append(wall_seconds / questions * 1e6)

    def summary(self, floor: Samples | None) -> Summary:
        """Medians, and the quartiles of the CPU time as a measure of noise."""
        low, middle, high = statistics.quantiles(self.cpu_us, n=4)
        above = None
        if floor is not None:
            rounds = zip(self.cpu_us, floor.cpu_us, strict=True)
            above = statistics.median(mine - ground for mine, ground in rounds)
        return Summary(middle, statistics.median(self.wall_us), low, high, above)


@dataclass(frozen=True)
class Summary:
    """One cell of the report, in µs per question.

    `above_us` is the median of the differences between this and the floor's batch in the same
    round: what both suffered alike falls out. None where no floor was measured.
    """

    cpu_us: float
    wall_us: float
    cpu_low_us: float
    cpu_high_us: float
    above_us: float | None

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return {name: round(value, 3) for name, value in asdict(self).items() if value is not None}


def batch_size(seconds_each: float) -> int:
    """How many questions make one batch."""
    return max(2, min(_MAX_BATCH, int(_BATCH_SECONDS / max(seconds_each, 1e-7))))


def in_turn(asks: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Summary]:
    """Measure blocking peers."""
    sizes = {}
    for name, ask in asks.items():
        for _ in range(_WARM_UP):
            ask()
        with _stopwatch(watch := Samples(), _WARM_UP):
            for _ in range(_WARM_UP):
                ask()
        sizes[name] = batch_size(watch.wall_us[0] / 1e6)
    samples = {name: Samples() for name in asks}
    gc.freeze()
    for _ in range(rounds):
        for name, ask in asks.items():
            gc.collect()
            with _stopwatch(samples[name], sizes[name]):
                for _ in range(sizes[name]):
                    ask()
    gc.unfreeze()
    return _summaries(samples)


async def in_turn_async(
    asks: Mapping[str, Callable[[], Awaitable[object]]], rounds: int
) -> dict[str, Summary]:
    """Measure asyncio peers, on the loop that is running."""
    sizes = {}
    for name, ask in asks.items():
        for _ in range(_WARM_UP):
            await ask()
        with _stopwatch(watch := Samples(), _WARM_UP):
            for _ in range(_WARM_UP):
                await ask()
        sizes[name] = batch_size(watch.wall_us[0] / 1e6)
    samples = {name: Samples() for name in asks}
    gc.freeze()
    for _ in range(rounds):
        for name, ask in asks.items():
            gc.collect()
            with _stopwatch(samples[name], sizes[name]):
                for _ in range(sizes[name]):
                    await ask()
    gc.unfreeze()
    return _summaries(samples)


@contextlib.contextmanager
def _stopwatch(samples: Samples, questions: int) -> Iterator[None]:
    cpu, wall = time.process_time(), time.perf_counter()
    yield
    samples.add(time.process_time() - cpu, time.perf_counter() - wall, questions)


def _summaries(samples: Mapping[str, Samples]) -> dict[str, Summary]:
    floor = samples.get(FLOOR)
    return {name: mine.summary(floor if name != FLOOR else None) for name, mine in samples.items()}
