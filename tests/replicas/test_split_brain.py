"""An old primary that comes back as one, while another has been promoted: two take writes."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

import howdah
import howdah.server
from howdah import errors
from tests import servers
from tests.faults.proxy import Proxy
from tests.replicas.conftest import urls, wait_for_server
from tests.replicas.test_reading import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.replicas.conftest import Databases

WHERE = "select inet_server_port()"


@contextlib.contextmanager
def revived(server: howdah.server.Server) -> Iterator[None]:
    """Start a killed primary as it was, behind the back of `howdah.server`, which refuses to."""
    words = shlex.split((server.pgdata / "postmaster.opts").read_text())
    words += ["-c", "unix_socket_directories="]  # there, too, is a lock of the dead process
    owner = server.pgdata.stat()
    # names a process that is dead, and may be a zombie that looks alive
    (server.pgdata / "postmaster.pid").unlink()
    process = subprocess.Popen(
        words,
        user=owner.st_uid,
        group=owner.st_gid,
        extra_groups=[],
        cwd=server.pgdata,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_server(server.url, process)
        yield
    finally:
        process.kill()
        process.wait()


def ids(url: str) -> list[Any]:
    """What a server holds, asked directly."""
    with howdah.connect(url) as conn:
        return conn.fetch("select id from event order by id", row=tuple)


@pytest.mark.slow
async def test_a_revived_old_primary_is_not_written_to(databases: Databases) -> None:
    with howdah.server.start(replicas=1) as server:
        primary, replicas = urls(server)
        [replica] = server.replicas
        async with databases(primary, replicas) as db:
            await db.execute("create table event (id int)")
            await db.execute("insert into event values (1)")
            while True:  # replication is asynchronous
                with contextlib.suppress(errors.UndefinedTable):
                    if ids(replica.url) == [(1,)]:
                        break
            servers.kill(server.pid)
            with howdah.connect(replica.url) as admin:
                assert admin.fetch_value("select pg_promote()")
            await db.execute("insert into event values (2)")

            with revived(server):
                with howdah.connect(server.url) as lonely:  # it would take writes
                    lonely.execute("insert into event values (-1)")
                await until(lambda: (db.servers()[0].reason or "").startswith("takes writes"))
                assert "timeline 1, but 2 is known" in (db.servers()[0].reason or "")
                for number in range(3, 40):
                    await db.execute("insert into event values ($1)", number)
                    assert await db.fetch_value(WHERE) == replica.port
                    assert await db.fetch_value(WHERE, read_only=True) == replica.port

                # programs that start now, and hear of the old one first
                with Proxy(replica.url) as slow:
                    slow.delay_seconds = 0.05
                    for order in ((primary, [slow.url]), (slow.url, [primary])):
                        async with databases(*order) as late:
                            assert await late.fetch_value(WHERE, read_only=True) == replica.port
                        late_db = databases.unopened(*order)
                        try:
                            await late_db.execute("insert into event values (100)")
                        finally:
                            await late_db.close()

                # the promoted one dies: what is known of its timeline is not forgotten
                servers.kill(replica.pid)
                await until(lambda: db.servers()[1].role == "unknown")
                with pytest.raises(errors.NoServer, match="takes writes on timeline 1"):
                    async with db.write(timeout=0.5):
                        pass
                assert ids(server.url) == [(-1,), (1,)]
