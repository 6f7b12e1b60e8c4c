"""What a process holds, counted before and after equal rounds of the same work.

No IO but reading `/proc`. Invariants: counting itself makes no objects that stay; and one count is
no finding. What is called growth was left behind by *every* round, so that caches that fill up,
other threads and the allocator's own stock do not look like leaks, while an object a turn does.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import heapq
import itertools
import sys
from array import array
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

PAGE_BYTES = 4096
NATIVE_STOCK_BYTES = 4096
"""Of each round: threads that come and go leave freed memory in stocks of their own."""

AGAIN = (5, 10)
"""How many times as many turns the next measurements take, where one found something."""


class _Mallinfo2(ctypes.Structure):
    """`struct mallinfo2` of glibc 2.33 and newer; every field is a `size_t`."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


_C: Any = ctypes.CDLL(None)
if hasattr(_C, "mallinfo2"):
    _C.mallinfo2.restype = _Mallinfo2


@dataclass(frozen=True)
class Growth:
    """What each of several rounds left behind at least, by turn."""

    objects: float
    """That the collector watches."""
    blocks: float
    """Of Python's own allocator, which objects of any kind are made of."""
    native_bytes: float
    """That `malloc` has given out; 0 where the C library does not say."""

    def exceeds(self, things: float) -> bool:
        """Whether a turn leaves more than so many objects or blocks, or so many times 32 bytes."""
        return max(self.objects, self.blocks, self.native_bytes / 32) > things


async def left_by(
    turn: Callable[[], Awaitable[object]], turns: int, rounds: int, limit: float
) -> tuple[Growth, Counter[str]]:
    """As `measure`, again and longer where more than `limit` is left.

    What by accident was left in each of some rounds, is not left in each of longer ones.
    """
    found, types = await measure(turn, turns, rounds)
    for factor in AGAIN:
        if not found.exceeds(limit):
            break
        found, types = await measure(turn, turns * factor, rounds)
    return found, types


async def measure(
    turn: Callable[[], Awaitable[object]], turns: int, rounds: int
) -> tuple[Growth, Counter[str]]:
    """Take rounds of turns; what they left, and objects by type that the last half of them left."""
    counts = [array("q", bytes(8 * (rounds + 1))) for _ in range(3)]
    _count(counts, 0)
    types: Counter[str] = Counter()
    for number in range(rounds):
        if number == rounds // 2:
            types = by_type()
            _count(counts, number)
        for _ in range(turns):
            await turn()
        _count(counts, number + 1)
    objects, blocks, native_bytes = map(_least_step, counts)
    native_bytes = max(0, native_bytes - NATIVE_STOCK_BYTES)
    return Growth(objects / turns, blocks / turns, native_bytes / turns), by_type() - types


def by_type() -> Counter[str]:
    """The objects that the collector watches, by type."""
    types = (type(thing) for thing in gc.get_objects())
    return Counter(f"{kind.__module__}.{kind.__qualname__}" for kind in types)


def resident_bytes() -> int:
    """The process's resident set, after garbage was collected."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def _count(counts: Sequence[array[int]], number: int) -> None:
    _forget_cancelled_timers()
    gc.collect()
    objects, blocks, native_bytes = counts
    objects[number] = len(gc.get_objects())
    blocks[number] = sys.getallocatedblocks()
    if hasattr(_C, "mallinfo2"):
        found = _C.mallinfo2()
        native_bytes[number] = found.uordblks + found.hblkhd


def _least_step(counts: Sequence[int]) -> int:
    return max(0, min(after - before for before, after in itertools.pairwise(counts)))


def _forget_cancelled_timers() -> None:
    """An event loop keeps timers that were cancelled until their time, up to a hundred of them."""
    try:
        loop: Any = asyncio.get_running_loop()
    except RuntimeError:
        return
    waiting = [timer for timer in loop._scheduled if not timer.cancelled()]
    for timer in loop._scheduled:
        timer._scheduled = not timer.cancelled()
    heapq.heapify(waiting)
    loop._scheduled[:] = waiting
    loop._timer_cancelled_count = 0
