"""The primary is killed and a replica promoted, under readers and writers."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import howdah
import howdah.server
from howdah import errors
from tests import servers
from tests.replicas.conftest import urls
from tests.replicas.test_reading import until, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

WHERE = "select inet_server_port()"
READERS = 16


async def test_both_worlds_follow_a_promotion() -> None:
    with howdah.server.start(replicas=1) as server:
        primary, replicas = urls(server)
        [replica] = server.replicas
        options: dict[str, Any] = {"replicas": replicas, "check_interval": 0.05}
        with howdah.Database(primary, **options) as db:
            async with howdah.AsyncDatabase(primary, **options) as async_db:
                with db.session() as session:
                    db.execute("create table event (id int)")
                    await async_db.execute("insert into event values (1)")
                    db.execute("select 1")
                wait_for(replica.url, str(session.token))  # replication is asynchronous
                assert db.fetch_value(WHERE) == await async_db.fetch_value(WHERE) == server.port

                servers.kill(server.pid)
                await until(lambda: db.servers()[0].role == "unknown")
                assert db.fetch_value(WHERE, read_only=True) == replica.port
                with pytest.raises(errors.NoServer), db.write(timeout=0.1):
                    pass
                with howdah.connect(replica.url) as admin:
                    assert admin.fetch_value("select pg_promote()")

                # asked for while nobody knows of the new primary yet
                await async_db.execute("insert into event values (2)")
                db.execute("insert into event values (3)")
                assert db.fetch_value(WHERE) == await async_db.fetch_value(WHERE) == replica.port
                count = "select count(*) from event"
                assert await async_db.fetch_value(count, read_only=True) == 3
                assert db.servers()[1].role == "primary"
                assert {index for _, index in db._pools} == {1}
                assert {index for _, index in async_db._pools} == {1}


@pytest.mark.slow
def test_nothing_is_lost_and_nobody_waits_long() -> None:
    """Kill the primary under a writer and 16 readers; commits are synchronous."""
    with howdah.server.start(replicas=2, synchronous=True) as server:
        primary, replicas = urls(server)
        with howdah.Database(primary, replicas=replicas, max_size=READERS + 2, timeout=60) as db:
            db.execute("create table event (id int primary key)")
            load = Load(db)
            with load:
                load.await_writes(50)
                servers.kill(server.pid)
                load.await_reads(200)
                promoted = server.promote()
                promoted_at = time.monotonic()
                load.await_writes(50)
            resumed = min(at for at in load.written if at > promoted_at) - promoted_at
            with howdah.connect(promoted.url) as admin:
                stored = {row.id for row in admin.fetch("select id from event")}
        longest = max(later - at for at, later in zip(load.read, load.read[1:], strict=False))
        print(  # noqa: T201 (the figures, shown by -s)
            f"{len(load.acknowledged)} commits, {len(load.read)} reads; "
            f"writes resumed after {resumed:.3f} s, longest pause of reads {longest:.3f} s"
        )
        assert not load.failures
        assert set(load.acknowledged) <= stored, "an acknowledged commit was lost"
        assert load.stale == [], "a session did not see its own commit"
        assert resumed < 2.0


class Load:
    """A writer that reads what it wrote, and readers, until the end of the block."""

    def __init__(self, db: howdah.Database) -> None:
        self._db = db
        self._over = threading.Event()
        self.acknowledged: list[int] = []
        self.written: list[float] = []
        self.read: list[float] = []
        self.stale: list[tuple[int, int]] = []
        self.failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._guard, args=(self._write,))]
        self._threads += [
            threading.Thread(target=self._guard, args=(self._read,)) for _ in range(READERS)
        ]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def await_writes(self, more: int) -> None:
        self._await(self.acknowledged, more)

    def await_reads(self, more: int) -> None:
        self._await(self.read, more)

    def _await(self, what: list[Any], more: int) -> None:
        wanted = len(what) + more
        while len(what) < wanted and not self.failures:
            time.sleep(0.01)

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            while not self._over.is_set():
                work()
        except BaseException as error:
            self.failures.append(error)
            raise

    def _write(self) -> None:
        number = len(self.written) + 1
        with self._db.session():
            try:
                self._db.execute("insert into event values ($1) on conflict do nothing", number)
            except errors.OperationalError:
                return  # nobody knows; the same number comes again
            self.written.append(time.monotonic())
            self.acknowledged.append(number)
            seen = self._db.fetch_value("select max(id) from event", read_only=True)
            if seen < number:
                self.stale.append((number, seen))

    def _read(self) -> None:
        self._db.fetch_value("select count(*) from event", read_only=True)
        self.read.append(time.monotonic())
        self._over.wait(0.002)
