"""Pauses between batches: for the server, and for replicas that lag behind.

Asks the server and sleeps. Called after every batch. Invariant: a pause ends when its reason does;
what cannot be seen, for lack of rights, is told once and does not hold anything up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from howdah.errors import DatabaseError
from howdah.migrations.reporting import duration

if TYPE_CHECKING:
    from howdah.migrations._session import Session

_LAG = """
    with here as (select pg_catalog.pg_current_wal_insert_lsn() as lsn)
    select 'replica ' || coalesce(nullif(application_name, ''), pid::text) as name,
        coalesce(extract(epoch from replay_lag), 0)::float8 as seconds,
        coalesce(pg_catalog.pg_wal_lsn_diff(lsn, replay_lsn), 0)::bigint as bytes
    from pg_catalog.pg_stat_replication, here
    where state is null or state = 'streaming'
    union all
    select 'slot ' || slot_name, 0,
        pg_catalog.pg_wal_lsn_diff(lsn, coalesce(confirmed_flush_lsn, restart_lsn))::bigint
    from pg_catalog.pg_replication_slots, here
    where active and slot_type = 'logical'
"""
_ACTIVE = """
    select count(*) from pg_catalog.pg_stat_activity
    where state = 'active' and backend_type = 'client backend'
      and pid <> pg_catalog.pg_backend_pid()
"""
_LOOK_AGAIN_SECONDS = 1.0


class Throttle:
    """When the next batch may begin."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sees = True

    def pause(self, batch_seconds: float) -> None:
        """Rest in proportion to the batch, then for as long as there is a reason to wait."""
        self._session.sleep(self._session.settings.rest * batch_seconds)
        told = None
        while reason := self._reason():
            if told is None:
                self._session.report.line(f"  pausing: {reason}")
            else:
                self._session.report.progress(f"  pausing: {reason}")
            told = reason
            self._session.sleep(_LOOK_AGAIN_SECONDS)

    def _reason(self) -> str | None:
        """Why the next batch must wait, if it must."""
        settings = self._session.settings
        for name, seconds, size_bytes in self._lags():
            if seconds > settings.max_lag:
                return f"{name} lags {duration(seconds)} behind"
            if size_bytes is not None and size_bytes > settings.max_lag_bytes:
                return f"{name} lags {size_bytes / 2**20:.0f} MB behind"
        if settings.max_active is not None:
            active = self._session.conn.fetch_value(_ACTIVE)
            if active > settings.max_active:
                return f"statements of others are running: {active}"
        return None

    def _lags(self) -> list[tuple[str, float, int | None]]:
        if not self._sees:
            return []
        try:
            return self._session.conn.fetch(_LAG, row=tuple)
        except DatabaseError as error:
            if self._session.conn.closed:
                raise
            self._sees = False
            self._session.report.line(f"  replication lag cannot be seen: {error.message}")
            return []
