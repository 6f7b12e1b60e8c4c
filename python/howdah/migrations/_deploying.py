"""One deploy at a time: a lock of the session that runs the migrations.

Asks the server. Invariant: the lock is held by the very connection that runs the statements, so
that it is free exactly when none of them can run any more, whatever ended the program.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import howdah
from howdah.migrations.errors import Busy, MigrationError
from howdah.migrations.reporting import duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from howdah.connection import Connection
    from howdah.migrations._session import Session

KEY = 0x686F_7764_6168_0001
"""`howdah` and a number: the key of the advisory lock."""

# Asked for again and again. A session that waited in `pg_advisory_lock` would have a snapshot, for
# which `create index concurrently` of the one that holds it would wait in turn.
_TRY = f"select pg_catalog.pg_try_advisory_lock({KEY})"
_HOLDER = f"""
    select a.pid, a.usename, coalesce(a.client_addr::text, 'local') as address,
        extract(epoch from pg_catalog.clock_timestamp() - a.backend_start)::float8 as seconds
    from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory' and l.granted and l.objsubid = 1
      and l.database = (select oid from pg_catalog.pg_database
                        where datname = pg_catalog.current_database())
      and (l.classid::bigint << 32) | l.objid::bigint = {KEY}
"""
_LONGEST_PAUSE_SECONDS = 1.0


@contextlib.contextmanager
def deploying(session: Session) -> Iterator[None]:
    """Hold the lock of deploys; wait for another one to end.

    Raises:
        Busy: it did not end within the seconds of the settings.
    """
    conn = session.conn
    _refuse_pooler(session)
    session.prepare()
    _take(session)
    try:
        yield
    finally:
        if not conn.closed and conn.transaction_status == "idle":
            conn.execute(f"select pg_catalog.pg_advisory_unlock({KEY})")


def _refuse_pooler(session: Session) -> None:
    """Refuse sessions that are lent to others between transactions: they keep no lock.

    Raises:
        MigrationError: this is such a session.
    """
    own = "select pg_catalog.pg_backend_pid()"
    pids = {session.conn.fetch_value(own) for _ in range(2)}
    if session.url is None or pids == {session.conn.backend_pid}:
        return
    other = howdah.connect(session.url, application_name="howdah migrate")
    with other, other.transaction():
        lent = other.fetch_value(own) in pids
    if lent or len(pids) > 1:
        raise MigrationError(
            "a pooler lends this session to others between transactions",
            hint="give migrations the address of the server, or of a pool in session mode",
        )


def _take(session: Session) -> None:
    conn = session.conn
    begun = time.monotonic()
    pause, told = 0.05, False
    while not conn.fetch_value(_TRY):
        waited = time.monotonic() - begun
        if waited > session.settings.wait:
            raise Busy(
                f"another deploy goes on{_told(conn)}; waited {duration(waited)}",
                hint="wait for it, or end that session: it can be continued",
            )
        if not told:
            session.report.line(f"waiting for another deploy{_told(conn)}")
            told = True
        session.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def holder(conn: Connection) -> str | None:
    """Whose deploy goes on, in words; None if there is none."""
    row = conn.fetch_one(_HOLDER)
    if row is None:
        return None
    since = duration(row.seconds)
    return f"pid {row.pid}, `{row.usename}` from {row.address}, connected for {since}"


def _told(conn: Connection) -> str:
    who = holder(conn)
    return "" if who is None else f" ({who})"
