"""Clusters with replicas, by the command: made, listed, promoted, started again, deleted."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from tests import servers
from tests.server.conftest import is_alive

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server.conftest import Howdah


def answer(howdah_server: Howdah, command: str, *arguments: object) -> Any:
    """What the command prints as JSON; it must succeed."""
    done = howdah_server(command, "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_whole_life(home: Path, howdah_server: Howdah) -> None:
    started = answer(howdah_server, "start", "--replicas", 1, "--synchronous")
    [replica] = started["replicas"]
    with howdah.connect(started["url"]) as primary:
        primary.execute("create table t as select 1 as x")
        assert primary.fetch_value("select sync_state from pg_stat_replication") == "quorum"
        slot = primary.fetch_one("select slot_name, active from pg_replication_slots", row=tuple)
        assert slot == ("howdah_replica_1", True)
    assert (home / "replicas" / "1" / "pgdata" / "howdah.pgpass").stat().st_mode & 0o777 == 0o600
    status = answer(howdah_server, "status")
    assert [status["standby"], status["replicas"][0]["standby"]] == [False, True]
    assert "replica 1: running on port" in howdah_server("status").stdout
    url = howdah_server("url", "--replica", 1).stdout.strip()
    assert url == replica["url"]

    # the primary is killed; its commits were synchronous, so the replica has them
    servers.kill(started["pid"])
    promoted = answer(howdah_server, "promote")
    assert (promoted["replica"], promoted["url"]) == (1, url)
    assert howdah_server("url").stdout.strip() == url
    with howdah.connect(url) as primary:
        assert primary.fetch_value("select x from t") == 1
        primary.execute("set synchronous_commit = local; insert into t values (2)", timeout=60)

    # the former primary comes back as a replica, with the data of the new one
    again = answer(howdah_server, "start")
    assert again["url"] == url
    with howdah.connect(again["replicas"][0]["url"]) as old:
        assert old.fetch_value("select pg_is_in_recovery() and count(*) = 2 from t") is True
    assert howdah_server("start", "--replicas", 0).returncode == 1

    assert howdah_server("stop").returncode == 0
    assert not is_alive(again["pid"])
    assert not is_alive(again["replicas"][0]["pid"])
    assert answer(howdah_server, "start")["url"] == url
    assert howdah_server("destroy", "--yes").returncode == 0
    assert not home.exists()


@pytest.mark.slow
def test_a_promotion_that_was_cut_short_is_completed(home: Path, howdah_server: Howdah) -> None:
    answer(howdah_server, "start", "--replicas", 1)
    assert howdah_server("stop").returncode == 0
    # as `promote` leaves it that was killed after it had noted its intent
    record = home / "cluster.json"
    noted = json.loads(record.read_text()) | {"primary": 1, "demoted": True}
    record.write_text(json.dumps(noted))
    started = answer(howdah_server, "start")
    assert started["data"].endswith("/replicas/1")
    with howdah.connect(started["url"]) as primary:
        primary.execute("create table t (x int)")
    status = answer(howdah_server, "status")
    assert [status["standby"], status["replicas"][0]["standby"]] == [False, True]


@pytest.mark.slow
def test_a_replica_promoted_by_other_means_is_left_alone(howdah_server: Howdah) -> None:
    started = answer(howdah_server, "start", "--replicas", 1)
    servers.kill(started["pid"])
    with howdah.connect(started["replicas"][0]["url"]) as replica:
        assert replica.fetch_value("select pg_promote()")
        replica.execute("create table precious (x int)")
    refused = howdah_server("start")
    assert refused.returncode == 1
    assert "promoted, or runs, without howdah" in refused.stderr
    assert "`howdah server promote --replica 1`" in refused.stderr
    assert answer(howdah_server, "promote", "--replica", 1)["replica"] == 1
    again = answer(howdah_server, "start")
    with howdah.connect(again["replicas"][0]["url"]) as old:
        assert old.fetch_value("select count(*) from precious") == 0


@pytest.mark.slow
def test_a_lost_replica_is_made_anew(home: Path, howdah_server: Howdah) -> None:
    answer(howdah_server, "start", "--replicas", 1)
    assert howdah_server("stop").returncode == 0
    shutil.rmtree(home / "replicas" / "1" / "pgdata")
    started = answer(howdah_server, "start")
    with howdah.connect(started["replicas"][0]["url"]) as replica:
        assert replica.fetch_value("select pg_is_in_recovery()") is True


def test_misuse_is_said(howdah_server: Howdah) -> None:
    for arguments, said in [
        (("--replicas", 7), "7 replicas are too many"),
        (("--synchronous",), "commits cannot wait for a replica: there is none"),
    ]:
        refused = howdah_server("start", *arguments)
        assert refused.returncode == 1
        assert said in refused.stderr
