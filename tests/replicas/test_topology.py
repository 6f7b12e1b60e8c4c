"""Which server is the primary and which may be read, without any server."""

from __future__ import annotations

import pytest

from howdah._topology import Report, Topology

CLUSTER = 77


def primary(position: int, timeline: int = 1) -> Report:
    return Report(is_standby=False, position=position, timeline=timeline, system_identifier=CLUSTER)


def replica(position: int, timeline: int = 1) -> Report:
    return Report(is_standby=True, position=position, timeline=timeline, system_identifier=CLUSTER)


def three(max_lag: float | None = 10.0, max_lag_bytes: int | None = None) -> Topology:
    return Topology(["a", "b", "c"], max_lag, max_lag_bytes)


def test_nothing_is_known_at_first() -> None:
    topology = three()
    assert (topology.primary, topology.is_complete) == (None, False)
    assert topology.readable(0.0) == ([], [])
    topology.lost(0, "refused")
    topology.lost(1, "refused")
    topology.heard(2, replica(10), 0.0)
    assert topology.is_complete
    assert topology.readable(0.0) == ([2], [])
    assert topology.explain(0.0) == "`a`: refused; `b`: refused; `c`: replica"


def test_replicas_that_have_replayed_a_position_come_first() -> None:
    topology = three()
    topology.heard(0, primary(100), 0.0)
    topology.heard(1, replica(90), 0.0)
    topology.heard(2, replica(80), 0.0)
    assert topology.readable(0.0, after=85) == ([1], [2])
    topology.replayed(2, 85)
    assert topology.readable(0.0, after=85) == ([1, 2], [])
    topology.replayed(2, 10)
    assert topology.readable(0.0, after=85) == ([1, 2], []), "a late answer takes nothing back"


def test_a_replica_that_lags_in_bytes_is_left_out_and_comes_back() -> None:
    topology = three(max_lag_bytes=50)
    topology.heard(0, primary(100), 0.0)
    topology.heard(1, replica(49), 0.0)
    topology.heard(2, replica(50), 0.0)
    assert topology.readable(0.0) == ([2], [])
    assert "51 bytes behind" in (topology.describe(0.0)[1].reason or "")
    topology.heard(1, replica(100), 1.0)
    assert topology.readable(1.0) == ([1, 2], [])


def test_a_replica_that_lags_in_time_is_left_out_and_comes_back() -> None:
    topology = three(max_lag=10.0)
    topology.heard(1, replica(100), 0.0)
    topology.heard(2, replica(100), 0.0)
    for second in range(30):  # the primary writes on; 1 follows, 2 stands still
        topology.heard(0, primary(100 + second), float(second))
        topology.heard(1, replica(100 + second), float(second))
        readable, _ = topology.readable(float(second))
        assert readable == ([1, 2] if second <= 10 else [1]), second
    assert "more than 10 s behind" in (topology.describe(29.0)[2].reason or "")
    topology.heard(2, replica(129), 30.0)
    assert topology.readable(30.0) == ([1, 2], [])


def test_an_idle_primary_makes_nobody_lag() -> None:
    topology = three(max_lag=10.0)
    topology.heard(1, replica(100), 0.0)
    for second in range(100):
        topology.heard(0, primary(100), float(second))
    assert topology.readable(99.0) == ([1], [])


def test_without_a_primary_nobody_lags() -> None:
    topology = three(max_lag=1.0, max_lag_bytes=0)
    topology.heard(0, primary(1000), 0.0)
    topology.heard(0, primary(1000), 5.0)
    topology.heard(1, replica(1), 5.0)
    assert topology.readable(5.0) == ([], [])
    topology.lost(0, "refused")
    assert topology.readable(5.0) == ([1], [])


def test_a_promotion_is_followed_and_the_old_primary_is_not_written_to() -> None:
    topology = three()
    topology.heard(0, primary(100), 0.0)
    topology.heard(1, replica(100), 0.0)
    topology.lost(0, "refused")
    found = [topology.primary]
    topology.heard(1, primary(110, timeline=2), 1.0)
    assert [*found, topology.primary] == [None, 1]
    topology.heard(0, primary(500, timeline=1), 2.0)
    assert topology.describe(2.0)[0].reason == "takes writes on timeline 1, but 2 is known"
    found = [topology.primary]
    topology.lost(1, "refused")
    assert [*found, topology.primary] == [1, None], "the later timeline is not forgotten"
    topology.heard(0, replica(120, timeline=2), 3.0)
    assert topology.readable(3.0) == ([0], [])


def test_a_replica_on_a_later_timeline_unmasks_an_old_primary() -> None:
    topology = three()
    topology.heard(1, replica(120, timeline=3), 0.0)
    topology.heard(0, primary(100, timeline=2), 0.0)
    assert topology.primary is None


def test_a_promotion_seen_before_the_old_primary_is_lost() -> None:
    topology = three()
    topology.heard(0, primary(100), 0.0)
    topology.heard(1, primary(110, timeline=2), 0.0)
    assert topology.primary == 1


def test_two_primaries_on_one_timeline_do_not_alternate() -> None:
    topology = three()
    topology.heard(1, primary(100), 0.0)
    topology.heard(0, primary(100), 0.0)
    assert topology.primary == 1


def test_a_server_of_another_cluster_is_not_used() -> None:
    topology = three()
    topology.heard(0, primary(100), 0.0)
    stranger = replica(100)._replace(system_identifier=CLUSTER + 1)
    topology.heard(1, stranger, 0.0)
    assert topology.readable(0.0) == ([], [])
    assert topology.describe(0.0)[1].reason == "it belongs to another cluster"
    topology.heard(2, stranger._replace(is_standby=False, timeline=9), 0.0)
    assert topology.primary == 0


def test_what_was_written_after_a_moment() -> None:
    topology = three(max_lag=1.0)
    assert topology.written_after(0.0) is None
    for second in range(20):
        topology.heard(0, primary(100 + second), float(second))
    assert topology.written_after(19.0) is None
    assert topology.written_after(18.5) == 119
    topology.heard(1, primary(300, timeline=2), 21.0)
    assert topology.written_after(18.5) == 300, "the new primary has all that survived"


@pytest.mark.parametrize("max_lag", [None, 0.5])
def test_samples_are_not_kept_for_ever(max_lag: float | None) -> None:
    topology = three(max_lag=max_lag)
    for second in range(1000):
        topology.heard(0, primary(second), float(second))
    assert len(topology._written) <= 3
