"""Trying again, so that nothing queues behind a statement that waits for its lock.

Runs what it is given, sleeps, and asks who is in the way. Called by the runner for every step.
Invariant: an attempt has no effect unless it succeeds: a transaction is rolled back as a whole, and
what runs outside of one is cleaned up by its own attempt.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, TypeVar

from howdah.errors import DatabaseError, DeadlockDetected, LockNotAvailable
from howdah.migrations.errors import Busy
from howdah.migrations.reporting import duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from howdah.migrations._session import Session

T = TypeVar("T")

_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 30.0

# who has held locks for long; the text of their statements is nobody's business
_HOLDERS = """
    select a.pid, a.application_name, a.state, a.backend_type,
        extract(epoch from pg_catalog.clock_timestamp() - a.xact_start)::float8 as seconds
    from pg_catalog.pg_stat_activity a
    where a.pid <> pg_catalog.pg_backend_pid() and a.datname = pg_catalog.current_database()
      and a.xact_start < pg_catalog.clock_timestamp() - $1::float8 * interval '1 second'
      and exists (
          select from pg_catalog.pg_locks l
          where l.pid = a.pid and l.granted and l.locktype = 'relation' and l.relation >= 16384)
    order by a.xact_start limit 3
"""


class Occupied(Exception):
    """An attempt found that it must wait for somebody who holds no lock that it could wait for."""


class Attempts:
    """How often, and how long, a run tries."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def until_done(self, what: str, attempt: Callable[[], T], lock_timeout: float) -> T:
        """What `attempt` returns, tried until it gets its locks.

        Raises:
            Busy: it did not within the patience of the settings.
        """
        deadline = time.monotonic() + self._session.settings.patience
        pause = _FIRST_PAUSE_SECONDS
        count = 0
        while True:
            self._session.sleep(0)
            count += 1
            try:
                return attempt()
            except (LockNotAvailable, DeadlockDetected, Occupied) as error:
                reason, holders = self._reason(error, lock_timeout), self._holders(lock_timeout)
                # what backs off is not alone: two deploys must not meet again and again
                wait = pause * random.uniform(0.5, 1.0)
                if time.monotonic() + wait > deadline:
                    raise Busy(
                        f"{what}: {reason}, {'once' if count == 1 else f'{count} times'}{holders}",
                        hint="run it again when less is going on; what was done is recorded",
                    ) from error
            self._session.report.line(f"  {reason}{holders}; again in {duration(wait)}")
            self._session.sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _reason(self, error: Exception, lock_timeout: float) -> str:
        if isinstance(error, Occupied):
            return str(error)
        if isinstance(error, DeadlockDetected):
            return "a deadlock with others"
        return f"no lock within {duration(lock_timeout)}"

    def _holders(self, lock_timeout: float) -> str:
        try:
            rows = self._session.conn.fetch(_HOLDERS, lock_timeout)
        except DatabaseError:  # who is in the way is good to know, and no more
            return ""
        told = [
            f"pid {row.pid} ({row.application_name or row.backend_type}, "
            f"{row.state or 'at work'} for {duration(row.seconds)})"
            for row in rows
        ]
        return f" (perhaps held by {', '.join(told)})" if told else ""
