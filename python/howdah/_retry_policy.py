"""What may be repeated, how often and when: the decisions of `retrying`.

No IO; moments are arguments, in seconds of `time.monotonic`. Invariant: nothing is repeated whose
first run may have taken effect.
"""

import random
from dataclasses import dataclass
from typing import NamedTuple

from howdah._modes import Isolation
from howdah.errors import CommitUnknown, ConnectionLost, Error, ProgrammingError

# PostgreSQL 18, "13.5. Serialization Failure Handling": these two "should" be retried; a lock
# that was not available may be free the next time.
TRANSIENT = frozenset({"40001", "40P01", "55P03"})
# The server shut down, crashed, or is not ready yet: another connection may fare better.
GONE = frozenset({"57P01", "57P02", "57P03"})
# Writing to a server that has become, or still is, a replica: `Database` finds the primary.
READ_ONLY = "25006"

MARK = """
    select pg_catalog.pg_current_xact_id()::text, pg_catalog.concat_ws(' ',
        extract(epoch from pg_catalog.pg_postmaster_start_time()),
        extract(epoch from pg_catalog.pg_stat_get_bgwriter_stat_reset_time()))
"""
"""A transaction's id, and the server's life in which it means something.

After a crash an id that had not reached the disk is given to another transaction, and so it may be
after a promotion. A crash, even one that only restarts the backends, resets the statistics.
"""

FATE = """
    select case when $2 = pg_catalog.concat_ws(' ',
        extract(epoch from pg_catalog.pg_postmaster_start_time()),
        extract(epoch from pg_catalog.pg_stat_get_bgwriter_stat_reset_time()))
    then pg_catalog.pg_xact_status($1::text::xid8) end
"""
"""`committed`, `aborted`, `in progress`, or NULL if this server cannot know."""


class Mark(NamedTuple):
    """By what the fate of a transaction can be asked."""

    xid: str
    life: str


@dataclass(frozen=True, slots=True)
class Policy:
    """How often a transaction is repeated, and how it is begun; see `retry`."""

    attempts: int = 10
    deadline: float = 30.0
    first_delay: float = 0.01
    longest_delay: float = 1.0
    isolation: Isolation | None = None
    read_only: bool | None = None
    deferrable: bool | None = None
    resolve: bool = True

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"`attempts` must be at least 1, found {self.attempts}")
        for name in ("deadline", "first_delay", "longest_delay"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"`{name}` must be at least 0, found {getattr(self, name)}")

    def delay(self, failures: int) -> float:
        """Seconds to wait after so many failures: at random between nothing and the bound.

        Full jitter keeps those who met once from meeting again.
        """
        bound = min(self.first_delay * 2.0 ** min(failures - 1, 60), self.longest_delay)
        return random.uniform(0, bound)


class Course:
    """One run: the attempts so far."""

    def __init__(
        self, policy: Policy, now: float, *, has_other_connections: bool, finds_primary: bool
    ) -> None:
        self._policy = policy
        self._expires_at = now + policy.deadline
        self._has_other_connections = has_other_connections
        self._finds_primary = finds_primary and not policy.read_only
        self.read_only = policy.read_only
        self.failures = 0

    def remaining(self, now: float) -> float:
        """Seconds until the deadline, at least 0."""
        return max(self._expires_at - now, 0.0)

    def after(self, error: Exception, now: float, *, is_closed: bool) -> float:
        """The delay before the next attempt; raises `error` if there must be none.

        `is_closed`: whether the attempt's connection is of no more use.
        """
        self.failures += 1
        if not self._may_repeat(error, is_closed=is_closed):
            raise error
        delay = self._policy.delay(self.failures)
        if self.failures >= self._policy.attempts or now + delay >= self._expires_at:
            error.add_note(f"given up after {self.failures} attempts")
            raise error
        return delay

    def _may_repeat(self, error: Exception, *, is_closed: bool) -> bool:
        if not isinstance(error, Error) or isinstance(error, CommitUnknown):
            return False
        if is_closed and not self._has_other_connections:
            return False
        if error.sqlstate in TRANSIENT:
            return True
        if error.sqlstate == READ_ONLY:
            return self._finds_primary
        # a connection that is not ours may have been lost: what it did is not known here
        return is_closed and (isinstance(error, ConnectionLost) or error.sqlstate in GONE)


def refuse_open_transaction(status: str, *, in_block: bool) -> None:
    """Raise if the connection that a run was given is in a transaction."""
    if in_block or status in {"in_transaction", "failed"}:
        raise ProgrammingError(
            "a transaction that is open cannot be repeated from its middle",
            hint="retry outside of the `transaction()` block, or end what a cursor began",
        )


def refuse_nested() -> ProgrammingError:
    """The complaint about a run inside of another on the same pool."""
    return ProgrammingError(
        "a retry inside of another would commit by itself each time the outer one is repeated",
        hint="call the inner function with the connection that the outer one was given",
    )
