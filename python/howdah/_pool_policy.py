"""What a pool decides, without waiting, locking or connecting.

No IO: times are arguments, in seconds of `time.monotonic`. `Pool` calls it under its lock and
`AsyncPool` on its loop; what is idle or lent is on a native `Shelf`, whose quick way needs neither.
Invariant: `size` (idle, in use, being opened, aside) never exceeds `max_size + max_overflow`, and
nobody is given a connection while somebody waits longer for one: the quick way is closed then.
"""

import copy
import random
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from howdah._native import Entry
from howdah._pool_options import PoolOptions, PoolStats
from howdah.errors import (
    ConnectionFailed,
    Error,
    InterfaceError,
    OperationalError,
    PoolTimeout,
    TooManyRequests,
)

if TYPE_CHECKING:
    from howdah._native import Shelf

C = TypeVar("C")
W = TypeVar("W")

_FIRST_DELAY, _LONGEST_DELAY = 0.05, 2.0


@dataclass(slots=True)
class Counters:
    """The numbers of `PoolStats` that only grow."""

    opened: int = 0
    closed: int = 0
    lost: int = 0
    failed: int = 0
    waits: int = 0
    wait_seconds: float = 0.0
    timeouts: int = 0
    refused: int = 0


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
    """The connections of a pool and those that wait for one (`W`), first come first served.

    A connection comes as `opening`, then is `aside`, in the hands of whoever opens or cleans it;
    from there it is lent, kept as idle, or departs.
    """

    options: PoolOptions
    min_size: int
    max_size: int
    shelf: "Shelf[C]" = field(init=False)
    """What is idle and what is lent."""
    waiters: deque[W] = field(default_factory=deque)
    is_open: bool = False
    opening: int = 0
    aside: int = 0
    counters: Counters = field(default_factory=Counters)
    backoff: Backoff = field(default_factory=Backoff)

    def __post_init__(self) -> None:
        self.shelf = self.options.shelf()

    @property
    def size(self) -> int:
        """How many connections there are or soon will be."""
        idle, lent = self.shelf.counts
        return idle + lent + self.opening + self.aside

    @property
    def in_use(self) -> int:
        """How many connections are lent."""
        return self.shelf.counts[1]

    @property
    def load(self) -> int:
        """How many requests have a connection or wait for one."""
        return self.in_use + len(self.waiters)

    @property
    def established(self) -> int:
        """How many connections there are."""
        return self.size - self.opening

    @property
    def is_refused(self) -> bool:
        """Whether waiting is in vain: no connection is left, and none can be made."""
        return self.backoff.is_lasting and self.established == 0

    def settle(self) -> None:
        """Open or close the quick way. To be called after each change that may matter to it."""
        self.shelf.quick = self.is_open and not self.waiters and self.size <= self.max_size

    # The pool's life

    def open(self) -> None:
        """Begin to lend."""
        self.is_open = True
        self.settle()

    def close(self) -> tuple[list["Entry[C]"], list[W]]:
        """Lend no more; answers the idle connections and those that wait, who are out of it."""
        self.is_open = False
        self.settle()
        idle, waiting = self.shelf.drain(), list(self.waiters)
        self.counters.closed += len(idle)
        self.waiters.clear()
        return idle, waiting

    def resize(self, min_size: int, max_size: int) -> None:
        """Change the sizes; what is too many departs later."""
        if not 0 <= min_size <= max_size or max_size < 1:
            raise ValueError(f"sizes must be 0 ≤ min ≤ max, 1 ≤ max, found {min_size}, {max_size}")
        self.min_size, self.max_size = min_size, max_size
        self.settle()

    # Opening

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

    def begin_opening(self) -> None:
        """Note that somebody connects."""
        self.opening += 1
        self.settle()

    def admit(self, connection: C, now: float) -> "Entry[C]":
        """Count a new connection, which is in the caller's hands."""
        self.opening -= 1
        self.aside += 1
        self.counters.opened += 1
        self.backoff.succeeded()
        lifetime = self.options.max_lifetime * random.uniform(0.9, 1.0)
        return Entry(connection, now + lifetime)

    def give_up_opening(self) -> None:
        """Note that an attempt to connect was interrupted."""
        self.opening -= 1
        self.settle()

    def attempt_failed(self, error: Exception, now: float, *, by_request: bool) -> bool:
        """Note a failed attempt to connect; true if the request that made it shall wait.

        It raises what waiting cannot cure, and where no server was ever met.
        """
        self.give_up_opening()
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
        self.settle()
        return refused

    def refusal(self) -> Exception | None:
        """The failure that cannot pass, for one more request: an object of its own, if possible."""
        if not self.backoff.is_lasting or self.backoff.last_error is None:
            return None
        return _twin(self.backoff.last_error)

    # Lending and taking back

    def take_idle(self, *, first: bool = False) -> "Entry[C] | None":
        """The idle connection used last, as in use; None if there is none to take."""
        if self.waiters and not first:
            return None
        entry = self.shelf.pop()
        if entry is not None:
            self.shelf.note_lent(entry)
        return entry

    def use(self, entry: "Entry[C]") -> None:
        """Note that a request got the entry, which was aside."""
        self.aside -= 1
        self.shelf.note_lent(entry)

    def surrender(self, connection: C) -> "Entry[C]":
        """Put aside a connection that was in use."""
        entry = self.shelf.surrender(connection)
        if entry is None:
            raise InterfaceError(
                "the connection is not one that this pool has given out",
                hint="return each connection once, to the pool it came from",
            )
        self.aside += 1
        return entry

    def is_clean(self, entry: "Entry[C]") -> bool:
        """Whether nothing needs to be undone before the entry, which is aside, is used again."""
        return self.options.reset == "if-dirty" and entry.is_clean

    def is_usable(self, entry: "Entry[C]", now: float) -> bool:
        """Whether a clean connection may be used again."""
        return self.is_open and entry.expires_at > now

    def keep_idle(self, entry: "Entry[C]", now: float) -> bool:
        """Keep a clean connection that nobody waits for; false if it must be closed."""
        if self.size > self.max_size or not self.is_usable(entry, now):
            return False
        self.aside -= 1
        entry.idle_since = now
        self.shelf.push(entry)
        return True

    def depart(self, *, lost: bool) -> None:
        """Note that a connection that was aside is given up."""
        self.aside -= 1
        if lost:
            self.counters.lost += 1
        else:
            self.counters.closed += 1
        self.settle()

    def take_suspects(self) -> list["Entry[C]"]:
        """Put all idle connections aside: another one was lost."""
        suspects = self.shelf.drain()
        self.aside += len(suspects)
        return suspects

    # The queue

    def enqueue(self, waiter: W, *, first: bool = False) -> None:
        """Add to the queue; `first` for those who had their turn already."""
        if first:
            self.waiters.appendleft(waiter)
        elif 0 < self.options.max_waiting <= len(self.waiters):
            self.counters.refused += 1
            raise TooManyRequests(
                f"{len(self.waiters)} requests wait for a connection already",
                hint="raise `max_size` or `max_waiting`, or hold connections for a shorter time",
            )
        else:
            self.waiters.append(waiter)
        self.counters.waits += 1
        self.settle()

    def next_waiter(self) -> W | None:
        """Take out of the queue who waits longest."""
        if not self.waiters:
            return None
        waiter = self.waiters.popleft()
        self.settle()
        return waiter

    def leave_queue(self, waiter: W) -> None:
        """Take a waiter out of the queue, if it is there."""
        if waiter in self.waiters:
            self.waiters.remove(waiter)
            self.settle()

    # What is due

    def prune(self, now: float) -> list["Entry[C]"]:
        """Take out the idle connections that are too old, idle for too long, or too many."""
        self.shelf.quick = False  # those that come back meanwhile shall not come between
        idle = self.shelf.drain()
        size = self.size + len(idle)
        closing = [entry for entry in idle if entry.expires_at <= now]
        kept = [entry for entry in idle if entry.expires_at > now]
        surplus = size - len(closing) - self.min_size
        while kept and surplus > 0 and kept[0].idle_since + self.options.max_idle <= now:
            closing.append(kept.pop(0))
            surplus -= 1
        while kept and size - len(closing) > self.max_size:
            closing.append(kept.pop(0))
        for entry in kept:
            self.shelf.push(entry)
        self.counters.closed += len(closing)
        self.settle()
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
            f"{self.in_use} of {self.max_size + self.options.max_overflow} are in use, "
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
        counters, (idle, lent) = self.counters, self.shelf.counts
        return PoolStats(
            min_size=self.min_size,
            max_size=self.max_size,
            size=idle + lent + self.opening + self.aside,
            idle=idle,
            in_use=lent,
            waiting=len(self.waiters),
            opened=counters.opened,
            closed=counters.closed,
            lost=counters.lost,
            failed=counters.failed,
            acquired=self.shelf.acquired,
            waits=counters.waits,
            wait_seconds=counters.wait_seconds,
            timeouts=counters.timeouts,
            refused=counters.refused,
        )


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
