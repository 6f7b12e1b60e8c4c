"""Clusters with shards: made, listed, started again, deleted together."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

import howdah
import howdah.server
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
    started = answer(howdah_server, "start", "--shards", 1)
    [shard] = started["shards"]
    assert shard["data"].endswith("/shards/1")
    with howdah.connect(shard["url"]) as there:
        there.execute("create table t as select 1 as x")
    assert howdah_server("url", "--shard", 1).stdout.strip() == shard["url"]
    assert howdah_server("url", "--shard", 1, "--replica", 1).returncode == 2
    assert "shard 1: running on port" in howdah_server("status").stdout
    [told] = answer(howdah_server, "status")["shards"]
    assert (told["shard"], told["standby"], told["pid"]) == (1, False, shard["pid"])

    assert howdah_server("stop").returncode == 0
    assert not is_alive(shard["pid"])
    again = answer(howdah_server, "start", "--shards", 2)
    assert [it["made"] for it in again["shards"]] == [False, True]
    passwords = {it["url"].partition("@")[0] for it in (again, *again["shards"])}
    assert len(passwords) == 1
    with howdah.connect(again["shards"][0]["url"]) as there:
        assert there.fetch_value("select x from t") == 1
    assert answer(howdah_server, "start")["shards"][1]["url"] == again["shards"][1]["url"]
    refused = howdah_server("start", "--shards", 1)
    assert refused.returncode == 1
    assert "the cluster has 2 shards, not 1" in refused.stderr
    assert howdah_server("destroy", "--yes").returncode == 0
    assert not home.exists()
    assert not any(is_alive(it["pid"]) for it in again["shards"])


def test_too_many_are_refused(howdah_server: Howdah) -> None:
    refused = howdah_server("start", "--shards", 17)
    assert refused.returncode == 1
    assert "17 shards are too many" in refused.stderr


def test_temporary_ones_end_together() -> None:
    with howdah.server.start(shards=1) as server:
        [shard] = server.shards
        assert (shard.state, shard.temporary) == ("running", True)
        data = server.data
    assert (server.state, shard.state) == ("destroyed", "destroyed")
    assert not data.exists()


@pytest.mark.slow
def test_replicas_of_the_coordinator_lead_to_the_same_shards() -> None:
    from howdah.orm import Bound, create_all, select
    from howdah.orm.schema import shards
    from tests.orm.sharding.shop import MODELS, Customer

    with howdah.server.start(shards=2, replicas=1) as server:
        urls = [it.url for it in server.shards]
        with howdah.connect(server.url) as conn:
            create_all(conn, shards(urls), *MODELS)
        with howdah.connect(server.url) as conn:
            Bound(conn).insert([Customer(name=str(number)) for number in range(10)])
            written = conn.fetch_value("select pg_current_wal_insert_lsn()::text")
        with howdah.connect(server.replicas[0].url) as replica:
            replayed = "select pg_last_wal_replay_lsn() >= $1::text::pg_lsn"
            deadline = time.monotonic() + 60
            while not replica.fetch_value(replayed, written):
                assert time.monotonic() < deadline, "the replica does not follow"
                time.sleep(0.05)
            assert Bound(replica).fetch(select(Customer).count()) == 10
