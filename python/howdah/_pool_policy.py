"""What a pool decides, without waiting, locking or connecting.

No IO: times are arguments, in seconds of `time.monotonic`. `Pool` calls it under its lock and
`AsyncPool` on its loop. Invariant: `size` (idle, in use, being opened) never exceeds
`max_size + max_overflow`, and nobody is given a connection while somebody waits longer for one.
"""

import copy
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from howdah._modes import UNSET, Modes
from howdah._native import Config
from howdah.errors import (
    ConnectionFailed,
    Error,
    InterfaceError,
    OperationalError,
    PoolTimeout,
    TooManyRequests,
)

C = TypeVar("C")
W = TypeVar("W")

ResetPolicy = Literal["none", "if-dirty", "full"]

CLEANING_SECONDS = 5.0
"""How long a returned connection may take to become clean; after that it is dropped."""

RESET_SESSION = """
    close all; set session authorization default; reset all; unlisten *;
    select pg_catalog.pg_advisory_unlock_all(); discard temp; discard sequences
"""
"""DISCARD ALL without what would forget prepared statements (PostgreSQL 18, DISCARD)."""

_FIRST_DELAY, _LONGEST_DELAY = 0.05, 2.0


@dataclass(frozen=True, slots=True)
class PoolStats:
    """A pool at one moment, and what it has done since it was made."""

    min_size: int
    max_size: int
    size: int
    """Connections that are idle, in use or being opened."""
    idle: int
    in_use: int
    waiting: int
    """Requests in the queue."""
    opened: int
    """Connections made."""
    closed: int
    """Connections closed by the pool: too old, idle for too long, not wanted any more."""
    lost: int
    """Connections that were found broken, or could not be made clean."""
    failed: int
    """Attempts to connect that failed."""
    acquired: int
    """Requests that got a connection."""
    waits: int
    """Requests that had to wait in the queue, whether they got one or not."""
    wait_seconds: float
    """The time that those waited, together."""
    timeouts: int
    """Requests that raised `PoolTimeout`."""
    refused: int
    """Requests that raised `TooManyRequests`."""


@dataclass(slots=True)
class Counters:
    """The numbers of `PoolStats` that only grow."""

    opened: int = 0
    closed: int = 0
    lost: int = 0
    failed: int = 0
    acquired: int = 0
    waits: int = 0
    wait_seconds: float = 0.0
    timeouts: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """The options of a pool, validated."""

    min_size: int
    max_size: int
    max_overflow: int
    timeout: float
    max_lifetime: float
    max_idle: float
    max_waiting: int
    check: Callable[[Any], Any] | bool | None
    reset: ResetPolicy | Callable[[Any], Any]
    configure: Callable[[Any], Any] | None
    name: str | None

    @property
    def tick(self) -> float:
        """How often to look for connections that are too old: this late they may be noticed."""
        return min(max(min(self.max_idle, self.max_lifetime) / 4, 0.02), 30.0)

    def __post_init__(self) -> None:
        _at_least(0, min_size=self.min_size, max_overflow=self.max_overflow)
        _at_least(0, timeout=self.timeout, max_waiting=self.max_waiting)
        _at_least(0, max_lifetime=self.max_lifetime, max_idle=self.max_idle)
        _at_least(max(self.min_size, 1), max_size=self.max_size)
        if not callable(self.reset) and self.reset not in ("none", "if-dirty", "full"):
            raise ValueError(
                f"unknown reset policy `{self.reset}`: "
                "expected `none`, `if-dirty`, `full` or a callable"
            )


@dataclass(slots=True, eq=False)
class Entry(Generic[C]):
    """A connection and what its pool must know of it."""

    connection: C
    expires_at: float
    """When it becomes too old to be used again."""
    idle_since: float = 0.0
    session_changes: int = 0
    """The connection's count of session changes when it was last clean."""
    modes: Modes = UNSET
    """The modes of transactions that `configure` left."""


@dataclass(slots=True)
class Backoff:
    """When to try again after a failure."""

    delay: float = 0.0
    retry_at: float = 0.0
    last_error: Exception | None = None
    is_lasting: bool = False
    """Whether the last failure cannot pass by waiting."""

    def failed(self, now: float, error: Exception) -> None:
        """Wait longer than the last time, but not all pools for the same time."""
        self.is_lasting = not may_heal(error)
        self.delay = min(max(self.delay * 2, _FIRST_DELAY), _LONGEST_DELAY)
        self.retry_at = now + self.delay * random.uniform(0.7, 1.0)
        self.last_error = error

    def succeeded(self) -> None:
        """Forget the failures."""
        self.delay = self.retry_at = 0.0
        self.last_error = None
        self.is_lasting = False


@dataclass(slots=True)
class Roster(Generic[C, W]):
    """The connections of a pool and those that wait for one (`W`), first come first served."""

    options: PoolOptions
    min_size: int
    max_size: int
    idle: list[Entry[C]] = field(default_factory=list)
    """The last returned is the last here, and the first to be used again."""
    in_use: dict[int, Entry[C]] = field(default_factory=dict)
    """By the connection's `id`."""
    waiters: deque[W] = field(default_factory=deque)
    opening: int = 0
    aside: int = 0
    """Connections that are being made clean in the background."""
    counters: Counters = field(default_factory=Counters)
    backoff: Backoff = field(default_factory=Backoff)

    @property
    def size(self) -> int:
        """How many connections there are or soon will be."""
        return len(self.idle) + len(self.in_use) + self.opening + self.aside

    @property
    def established(self) -> int:
        """How many connections there are."""
        return self.size - self.opening

    def may_open(self) -> bool:
        """Whether one more connection is allowed."""
        return self.size < self.max_size + self.options.max_overflow

    def may_open_for_request(self, *, first: bool = False) -> bool:
        """Whether a request shall connect by itself; if not, it waits. `first` as in `enqueue`."""
        if (self.waiters and not first) or not self.may_open():
            return False
        if self.is_refused:
            return self.opening == 0  # one after the other finds out whether the cause was mended
        return self.backoff.last_error is None

    @property
    def is_refused(self) -> bool:
        """Whether waiting is in vain: no connection is left, and none can be made."""
        return self.backoff.is_lasting and self.established == 0

    def attempt_failed(self, error: Exception, now: float, *, by_request: bool) -> bool:
        """Note a failed attempt to connect; true if the request that made it shall wait.

        It raises what waiting cannot cure, and where no server was ever met.
        """
        self.opening -= 1
        self.counters.failed += 1
        heals, met = may_heal(error), self.counters.opened > 0 or _is_from_server(error)
        if met or not heals or not by_request:
            self.backoff.failed(now, error)
        return met if heals else self.established > 0

    def refused_waiters(self) -> list[W]:
        """Take out of the queue all that wait in vain; they are to get `refusal`."""
        if not self.is_refused:
            return []
        refused = list(self.waiters)
        self.waiters.clear()
        return refused

    def refusal(self) -> Exception | None:
        """The failure that cannot pass, for one more request: an object of its own, if possible."""
        if not self.backoff.is_lasting or self.backoff.last_error is None:
            return None
        return _twin(self.backoff.last_error)

    def admitted(self, connection: C, now: float) -> Entry[C]:
        """Count a new connection, which is not idle nor in use yet."""
        self.counters.opened += 1
        self.backoff.succeeded()
        lifetime = self.options.max_lifetime * random.uniform(0.9, 1.0)
        return Entry(connection, now + lifetime)

    def take_idle(self, *, first: bool = False) -> Entry[C] | None:
        """The idle connection used last, as in use; None if there is none to take."""
        if not self.idle or (self.waiters and not first):
            return None
        entry = self.idle.pop()
        self.use(entry)
        return entry

    def use(self, entry: Entry[C]) -> None:
        """Note that a request got the entry."""
        self.counters.acquired += 1
        self.in_use[id(entry.connection)] = entry

    def surrender(self, connection: C) -> Entry[C]:
        """Take back a connection that was in use."""
        entry = self.in_use.pop(id(connection), None)
        if entry is None:
            raise InterfaceError(
                "the connection is not one that this pool has given out",
                hint="return each connection once, to the pool it came from",
            )
        return entry

    def enqueue(self, waiter: W, *, first: bool = False) -> None:
        """Add to the queue; `first` for those who had their turn already."""
        if first:
            self.waiters.appendleft(waiter)
            return
        if 0 < self.options.max_waiting <= len(self.waiters):
            self.counters.refused += 1
            raise TooManyRequests(
                f"{len(self.waiters)} requests wait for a connection already",
                hint="raise `max_size` or `max_waiting`, or hold connections for a shorter time",
            )
        self.waiters.append(waiter)

    def keep_idle(self, entry: Entry[C], now: float) -> bool:
        """Keep a clean connection that nobody waits for; false if it must be closed."""
        if self.size >= self.max_size or entry.expires_at <= now:
            return False
        entry.idle_since = now
        self.idle.append(entry)
        return True

    def prune(self, now: float) -> list[Entry[C]]:
        """Take out the idle connections that are too old, idle for too long, or too many."""
        closing = [entry for entry in self.idle if entry.expires_at <= now]
        kept = [entry for entry in self.idle if entry.expires_at > now]
        surplus = self.size - len(closing) - self.min_size
        while kept and surplus > 0 and kept[0].idle_since + self.options.max_idle <= now:
            closing.append(kept.pop(0))
            surplus -= 1
        while kept and self.size - len(closing) > self.max_size:
            closing.append(kept.pop(0))
        self.idle = kept
        self.counters.closed += len(closing)
        return closing

    def missing(self) -> int:
        """How many connections should be opened in the background."""
        for_waiters = len(self.waiters) - self.opening - self.aside
        room = self.max_size + self.options.max_overflow - self.size
        if self.backoff.is_lasting:
            # only where somebody asks for it: after too many refused logins accounts get locked
            return 1 if min(for_waiters, room) > 0 and self.opening == 0 else 0
        return max(self.min_size - self.size, min(for_waiters, room), 0)

    def retry_in(self, now: float) -> float:
        """In how many seconds the background may try again; at once if waiting is in vain."""
        return 0.0 if self.is_refused else max(self.backoff.retry_at - now, 0.0)

    def next_look(self, now: float) -> float:
        """In how many seconds to look again for what has grown old, or is to be tried again."""
        look = self.options.tick
        if self.missing():
            look = min(look, self.retry_in(now))
        return look

    def timed_out(self, waited: float) -> PoolTimeout:
        """The error for a request that waited in vain."""
        self.counters.timeouts += 1
        error = PoolTimeout(
            f"no connection became free within {waited:.3g} s: "
            f"{len(self.in_use)} of {self.max_size + self.options.max_overflow} are in use, "
            f"{len(self.waiters)} other requests wait",
            hint="hold connections for a shorter time, or raise `max_size` or `timeout`",
        )
        last = self.backoff.last_error
        if last is not None:
            error = PoolTimeout(
                f"no connection became free within {waited:.3g} s: the server cannot be reached",
                hint=f"the last attempt said: {last}",
            )
        error.__cause__ = last
        return error

    def stats(self) -> PoolStats:
        """The numbers of this moment."""
        counters = self.counters
        return PoolStats(
            min_size=self.min_size,
            max_size=self.max_size,
            size=self.size,
            idle=len(self.idle),
            in_use=len(self.in_use),
            waiting=len(self.waiters),
            opened=counters.opened,
            closed=counters.closed,
            lost=counters.lost,
            failed=counters.failed,
            acquired=counters.acquired,
            waits=counters.waits,
            wait_seconds=counters.wait_seconds,
            timeouts=counters.timeouts,
            refused=counters.refused,
        )


def bounded_connecting(config: Config, timeout: float) -> Config:
    """The configuration, with a connect_timeout if it has none: no attempt may last for ever."""
    if config.get("connect_timeout") is not None or timeout == math.inf:
        return config
    return config.replace(connect_timeout=max(math.ceil(timeout), 2))


def may_heal(error: Exception) -> bool:
    """Whether the next attempt to connect may fare better than this one.

    Not what a server says of the login (class 28), the database (3D000) or an option, a certificate
    or policy that does not fit, or what the program's own callables raise.
    """
    if not isinstance(error, OperationalError):
        return False
    if isinstance(error, ConnectionFailed) and error.is_lasting:
        return False
    return not (error.sqlstate or "").startswith("28")


def _is_from_server(error: Exception) -> bool:
    return isinstance(error, Error) and error.sqlstate is not None


def _twin(error: Exception) -> Exception:
    """An equal error, whose traceback is its own and whose cause is the first one."""
    try:
        twin = copy.copy(error)
    except Exception:  # noqa: BLE001 (a class of the program's, which needs not be copyable)
        return error
    if type(twin) is not type(error):
        return error
    twin.__cause__ = error
    return twin


def _at_least(least: int, **options: float) -> None:
    for name, value in options.items():
        if not value >= least:
            raise ValueError(f"`{name}` must be at least {least}, found {value}")
