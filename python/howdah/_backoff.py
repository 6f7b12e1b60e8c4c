"""How long to wait before the next attempt to connect. No IO; for what outlives connections."""

from __future__ import annotations

import random

_FIRST_SECONDS = 0.1
# From here on only the caller's bound counts; a power of a large number has no `float`.
_DOUBLINGS = 16


def pause_seconds(failures: int, longest: float) -> float:
    """A random time below a bound that doubles with each failure, up to `longest`.

    Many clients that lost the same server do not come back in step.
    """
    return random.uniform(0, min(_FIRST_SECONDS * 2 ** min(failures, _DOUBLINGS), longest))
