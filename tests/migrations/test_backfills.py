from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import howdah
import howdah.server
from howdah.migrations import MigrationError
from howdah.migrations._batches import next_size, progress
from tests.migrations.conftest import Project, Told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def backfill(project: Project, directive: str, sql: str) -> None:
    """Run one backfill."""
    project.write("0001_fill", f"-- howdah: step migrate, {directive}\n{sql};")
    assert project.up() == ["0001_fill"]


def test_by_several_columns_with_any_name(project: Project) -> None:
    project.execute(
        'create table "T" (a int, "Key b" text collate "C", done int default 0, '
        'primary key (a, "Key b"))',
        """insert into "T" select n % 3, chr(65 + n) || '''', 0 from generate_series(0, 25) n""",
    )
    backfill(project, 'batches of 4 by a and "Key b"', 'update "T" as x set done = done + 1')
    assert project.value('select array_agg(distinct done) from "T"') == [1]
    assert project.value(
        "select cardinality(position) from howdah_history.migration_step where state = 'done'"
    ) == 2  # fmt: skip


def test_by_the_primary_key_of_a_partitioned_table(project: Project) -> None:
    project.execute(
        "create table p (day date, id int, done int default 0, primary key (id, day)) "
        "partition by range (day)",
        "create table p1 partition of p for values from ('2026-01-01') to ('2026-01-08')",
        "create table p2 partition of p default",
        "insert into p select date '2026-01-01' + n, n % 7 from generate_series(0, 30) n",
    )
    backfill(project, "batches of 5", "update p set done = done + 1 where id <> 0")
    assert project.value("select sum(done) from p where id <> 0") == 26
    assert project.value("select sum(done) from p where id = 0") == 0


def test_by_pages_where_there_is_no_key(project: Project) -> None:
    project.execute(
        "create table t (n int, done bool, filler text default repeat('x', 500))",
        "insert into t (n) select generate_series(1, 500)",
        "analyze t",
    )
    with pytest.raises(MigrationError, match="`t` has no primary key to order batches by"):
        backfill(project, "batches of 50", "update t set done = true")
    backfill(project, "batches of 50 by ctid", "update t set done = true where done is null")
    assert project.value("select count(*) from t where done") == 500


def test_what_is_never_done_is_refused(project: Project) -> None:
    project.execute(
        "create table t (id int primary key, v text)",
        "insert into t select n, 'x' from generate_series(1, 2000) n",
        "analyze t",
    )
    for text in ("update t set v = v || 'a', id = id + 100", "update t set (v, id) = ('a', 1)"):
        with pytest.raises(MigrationError, match="`id` orders the batches and is set by"):
            backfill(project, "batches of 100 by id", text)
    with pytest.raises(MigrationError, match="rows of `t` satisfy the condition after the"):
        backfill(project, "batches of 100 by ctid", "update t set v = v || 'a' where id > 7")
    assert project.value("select array_agg(distinct v) from t") == ["x"]


def test_rows_without_a_key_are_not_passed_over(project: Project) -> None:
    project.execute(
        "create table t (id int unique, n int)",
        "insert into t select case when n % 3 > 0 then n end from generate_series(1, 9) n",
    )
    with pytest.raises(MigrationError, match="`id` of `t` may be null: batches by it would pass"):
        backfill(project, "batches of 2 by id", "update t set n = 1 where n is null")
    project.write(
        "0001_fill.py",
        "from howdah.migrations import DataMigration\nmigration = DataMigration()\n"
        "@migration.up_batches('select * from t', key='id', size=2)\n"
        "def fill(batch):\n    pass\n",
    )
    (project.folder / "0001_fill.sql").unlink()
    with pytest.raises(MigrationError, match="rows of `fill` have no `id`: batches"):
        project.up()


@pytest.mark.since(13)
def test_rows_of_one_key_come_in_one_batch(project: Project) -> None:
    project.execute(
        "create table t (id int, shelf int)",
        "insert into t select n, n % 4 from generate_series(1, 40) n",
        "create table seen (number int, rows int)",
    )
    project.write(
        "0001_fill.py",
        "from howdah.migrations import DataMigration\nmigration = DataMigration()\n"
        "@migration.up_batches('select * from t', key='shelf', size=15)\n"
        "def fill(batch):\n"
        "    batch.conn.execute('insert into seen values ($1, $2)', batch.number, len(batch.rows))",
    )
    assert project.up() == ["0001_fill"]
    assert project.value("select array_agg(rows order by number) from seen") == [20, 20]


def test_rows_are_deleted_in_batches(project: Project) -> None:
    project.execute(
        "create table t (id int primary key)", "insert into t select generate_series(1, 100)"
    )
    backfill(project, "batches of 7", "delete from t where id % 2 = 0")
    assert project.value("select array_agg(distinct id % 2) from t") == [1]
    assert project.value("select count(*) from t") == 50


def test_a_key_that_is_not_there_is_told(project: Project) -> None:
    project.execute("create table t (id int primary key)")
    with pytest.raises(MigrationError, match="`t` has no column `a and b`"):
        backfill(project, "batches of 7 by a and b", "delete from t")


def test_a_batch_waits_for_its_rows_in_short_attempts(
    project: Project, connected: Callable[[], howdah.Connection]
) -> None:
    project.execute(
        "create table t (id int primary key, n int default 0)",
        "insert into t select generate_series(1, 10)",
    )
    blocker = connected()
    blocker.execute("begin")
    blocker.execute("update t set n = 10 where id = 5")

    class Released(Told):
        def line(self, text: str) -> None:
            super().line(text)
            if "again in" in text:
                blocker.execute("commit")

    project.told = Released()
    project.settings = replace(project.settings, lock_timeout=0.05)
    backfill(project, "batches of 3", "update t set n = n + 1")
    assert project.value("select array_agg(n order by id) from t") == [
        1,
        1,
        1,
        1,
        11,
        1,
        1,
        1,
        1,
        1,
    ]


def test_it_pauses_while_others_are_busy(
    project: Project, connected: Callable[[], howdah.Connection]
) -> None:
    project.execute(
        "create table t (id int primary key, n int default 0)",
        "insert into t select generate_series(1, 10)",
    )
    holder, other = connected(), connected()
    holder.execute("select pg_advisory_lock(7)")
    busy = threading.Thread(target=lambda: other.execute("select pg_advisory_lock(7)"))
    busy.start()
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    while not project.value(waiting):
        time.sleep(0.01)

    class Released(Told):
        def line(self, text: str) -> None:
            super().line(text)
            if "pausing" in text:
                holder.execute("select pg_advisory_unlock(7)")

    project.told = Released()
    project.settings = replace(project.settings, max_active=0)
    backfill(project, "batches of 3", "update t set n = n + 1")
    busy.join()
    told = "  pausing: statements of others are running: "
    assert any(it.startswith(told) for it in project.told.lines)
    assert project.value("select sum(n) from t") == 10


@pytest.mark.slow
def test_it_pauses_while_a_replica_lags(tmp_path: Path) -> None:
    with howdah.server.start(replicas=1) as server:
        project = Project(tmp_path, server.url)
        project.execute(
            "create table t (id int primary key, n int default 0)",
            "insert into t select generate_series(1, 10)",
        )
        [replica] = server.replicas
        with howdah.connect(replica.url) as behind:
            behind.execute("select pg_wal_replay_pause()")
            while behind.fetch_value("select pg_get_wal_replay_pause_state()") != "paused":
                time.sleep(0.01)

            class Resumed(Told):
                def line(self, text: str) -> None:
                    super().line(text)
                    if "pausing" in text:
                        behind.execute("select pg_wal_replay_resume()")

            project.told = Resumed()
            project.settings = replace(project.settings, max_lag_bytes=0)
            backfill(project, "batches of 3", "update t set n = n + 1")
        assert project.value("select sum(n) from t") == 10
        paused = [it for it in project.told.lines if "pausing: replica " in it]
        assert paused
        assert "MB behind" in paused[0]


def test_lag_that_cannot_be_seen_holds_nothing_up(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from howdah.migrations import _throttle

    project.execute(
        "create table t (id int primary key, n int)", "insert into t values (1), (2), (3)"
    )
    monkeypatch.setattr(_throttle, "_LAG", "select * from pg_catalog.no_such_view")
    backfill(project, "batches of 1", "update t set n = 0")
    told = [it for it in project.told.lines if "replication lag cannot be seen" in it]
    assert len(told) == 1


def test_batches_are_as_large_as_they_are_quick() -> None:
    assert next_size(1000, 1000, seconds=2.0, wanted=0.5) == 500
    assert next_size(10, 1000, seconds=2.0, wanted=0.5) == 10
    assert next_size(3, 3, seconds=2.0, wanted=0.5) == 3
    assert next_size(500, 1000, seconds=0.1, wanted=0.5) == 1000
    assert next_size(1000, 1000, seconds=0.1, wanted=0.5) == 1000
    assert next_size(500, 1000, seconds=0.4, wanted=0.5) == 500


def test_progress_says_how_long_it_takes() -> None:
    assert progress(20_000, 1_000_000, 4.0) == (
        "20,000 of about 1,000,000 rows, 5,000 rows/s, 3 min left"
    )
    assert progress(300, 0, 3.0) == "300 rows, 100 rows/s"
    assert progress(300, 200, 0.0) == "300 rows, 0 rows/s"
