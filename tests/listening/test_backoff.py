"""The pauses between attempts to connect again."""

from __future__ import annotations

from howdah._backoff import pause_seconds


def test_pauses_grow_up_to_a_bound_for_ever() -> None:
    for failures in (1, 5, 100, 5000, 10**9):
        longest = max(pause_seconds(failures, 30.0) for _ in range(50))
        assert 0 < longest <= min(0.1 * 2 ** min(failures, 20), 30.0)
