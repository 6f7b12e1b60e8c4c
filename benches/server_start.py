"""How long until a server answers its first query: first use of a cluster, and a later start.

    python -m benches.server_start [ROUNDS]

Wall time from the call of `howdah.server.start` to the answer of `select 1`, on clusters made for
this and deleted afterwards. The median of some rounds is printed beside the bars, which are those
of an idle machine of two cores.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import howdah
import howdah.server

ROUNDS = 5
BARS_SECONDS = {"first use": 5.0, "existing cluster": 1.0}


def main() -> int:
    """Measure and print; 1 if a bar was missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    measured = [_first_use_and_restart() for _ in range(rounds)]
    medians = [statistics.median(times) for times in zip(*measured, strict=True)]
    missed = 0
    for (what, bar), median in zip(BARS_SECONDS.items(), medians, strict=True):
        missed += median > bar
        print(f"{what:18}{median:8.2f} s   bar {bar} s")
    return 1 if missed else 0


def _first_use_and_restart() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        # the server's account must be able to enter it
        Path(folder).chmod(0o755)
        data = str(Path(folder) / "cluster")
        first = _answered(data)
        again = _answered(data)
        howdah.server.start(data).destroy()
    return first, again


def _answered(data: str) -> float:
    began = time.perf_counter()
    server = howdah.server.start(data)
    with howdah.connect(server.url) as connection:
        connection.fetch_value("select 1")
    elapsed = time.perf_counter() - began
    server.stop()
    return elapsed


if __name__ == "__main__":
    sys.exit(main())
