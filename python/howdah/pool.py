"""A pool of blocking connections for the threads of a program: `howdah.Pool`.

What to do is decided by `_pool_policy.Roster`; here are the lock, the waiting and the connecting.
A request that may grow the pool connects in its own thread; a daemon thread, started when first
needed, only replaces lost connections, closes old ones and cleans what cannot be cleaned at once.

Invariant: every connection is in one place: idle, in use, aside with the keeper, or gone; the lock
is never held while anything talks to a server or runs the program's callables.
"""

import atexit
import contextlib
import os
import threading
import time
import warnings
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from howdah._codecs import Codecs, codecs
from howdah._connecting import configuration
from howdah._pool_policy import (
    CLEANING_SECONDS,
    RESET_SESSION,
    Entry,
    PoolOptions,
    PoolStats,
    ResetPolicy,
    Roster,
    bounded_connecting,
)
from howdah._pool_shortcuts import Shortcuts
from howdah.connection import Connection
from howdah.errors import InterfaceError, PoolClosed

if TYPE_CHECKING:
    from howdah.listening import Listening

_pools: "weakref.WeakSet[Pool]" = weakref.WeakSet()
_inherited: list[object] = []
"""What a forked child must neither use nor close: the parent talks on these sockets."""


class _Waiter:
    """One thread's place in the queue. Its fields belong to the pool's lock."""

    __slots__ = ("entry", "error", "turn")

    def __init__(self, lock: threading.Lock) -> None:
        self.turn = threading.Condition(lock)
        self.entry: Entry[Connection] | None = None
        self.error: Exception | None = None


class Lease:
    """What `with pool.connection() as conn:` enters."""

    def __init__(self, pool: "Pool", timeout: float | None) -> None:
        self._pool = pool
        self._timeout = timeout
        self._connection: Connection | None = None

    def __enter__(self) -> Connection:
        if self._connection is not None:
            raise InterfaceError("`connection()` can be entered only once")
        self._connection = self._pool.acquire(self._timeout)
        return self._connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            if error is None and not connection.closed:
                connection.commit()
        finally:
            self._pool.release(connection)


class Pool(Shortcuts):
    """Connections that the threads of a program share.

    Arguments: `dsn` and further options are those of `connect`. The pool's own:

    - `min_size`: kept open even when idle. `max_size`: the most that are kept.
    - `max_overflow`: how many more may exist for a while; they are closed when returned.
    - `timeout`: seconds that a request waits for a connection (`math.inf` for ever).
    - `max_lifetime`: seconds after which a connection is replaced (up to a tenth earlier, so that
      they do not all go at once). `max_idle`: seconds after which an idle one above
      `min_size` is closed.
    - `max_waiting`: how many requests may wait; 0 for any number.
    - `check`: True for a round trip before a connection is handed out, or a callable that gets
      the connection and raises if it is not good. A closed line is noticed without this.
    - `reset`: what happens to a session's state at return. `"if-dirty"`: undone if the
      connection noticed a change (SET, LISTEN, temporary tables …); `"full"`: always, also
      what cannot be noticed such as advisory locks; `"none"`: never; or a callable that gets the
      connection. An open transaction is rolled back in any case.
    - `configure`: called with each new connection, and again after its session was reset.
    - `name`: for messages and the keeper thread.

    The queue is fair. Failures to connect that may pass are retried in the background, and
    requests wait for that within their timeout, unless no server has ever answered. Those that
    cannot pass, such as a wrong password, are raised at once to all that wait. After a fork the
    child's pool is empty and opens its own connections.

    >>> with howdah.Pool(url, max_size=2) as pool:
    ...     with pool.connection() as conn:
    ...         conn.fetch_value("select 1")
    ...     pool.fetch_value("select 2")
    1
    2
    """

    connection_class: ClassVar[type[Connection]] = Connection
    """What the pool opens; a subclass of both is how an integration gets connections of its own."""

    def __init__(  # noqa: PLR0913 (its options are its subject)
        self,
        dsn: str | None = None,
        /,
        *,
        min_size: int = 1,
        max_size: int = 10,
        max_overflow: int = 0,
        timeout: float = 30.0,
        max_lifetime: float = 3600.0,
        max_idle: float = 600.0,
        max_waiting: int = 0,
        check: Callable[[Connection], object] | bool | None = None,
        reset: ResetPolicy | Callable[[Connection], object] = "if-dirty",
        configure: Callable[[Connection], object] | None = None,
        name: str | None = None,
        autocommit: bool = False,
        **options: object,
    ) -> None:
        self._options = PoolOptions(
            min_size=min_size,
            max_size=max_size,
            max_overflow=max_overflow,
            timeout=timeout,
            max_lifetime=max_lifetime,
            max_idle=max_idle,
            max_waiting=max_waiting,
            check=check,
            reset=reset,
            configure=configure,
            name=name,
        )
        self._config = bounded_connecting(configuration(dsn, options), timeout)
        self._autocommit = autocommit
        self._codecs = Codecs(codecs)
        self._phase: Literal["new", "open", "closed"] = "new"
        self._forget_everything()
        _pools.add(self)

    @property
    def name(self) -> str:
        """The name given, or one that tells pools apart."""
        return self._options.name or f"pool-{id(self):x}"

    @property
    def codecs(self) -> Codecs:
        """The codecs chosen for all connections of this pool, also for those that are open."""
        return self._codecs

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._phase == "closed"

    def open(self, timeout: float | None = None) -> None:
        """Open `min_size` connections and wait for them, which the first request does not need.

        Raises what the first attempt to connect raises, what cannot pass by waiting, and
        `PoolTimeout`.
        """
        started = time.monotonic()
        deadline = self._deadline(timeout)
        with self._lock:
            self._require_open()
            if self._roster.min_size == 0:
                return
        self.release(self.acquire(timeout))
        with self._lock:
            self._wake_keeper()
            while self._roster.established < self._roster.min_size:
                refusal, remaining = self._roster.refusal(), deadline - time.monotonic()
                if refusal is not None:
                    raise refusal
                if remaining <= 0:
                    raise self._roster.timed_out(time.monotonic() - started)
                self._moved.wait(min(remaining, threading.TIMEOUT_MAX))
                self._require_open()

    def acquire(self, timeout: float | None = None) -> Connection:
        """Take a connection, which must be returned by `release`; `connection()` does both.

        `timeout` in seconds replaces the pool's. Raises `PoolTimeout`, `TooManyRequests`,
        `PoolClosed`, and what connecting raises if waiting cannot help: all that wait then get it.
        """
        deadline = self._deadline(timeout)
        started = time.monotonic()
        first = False
        while True:
            entry = self._take_or_open(first=first) or self._wait(started, deadline, first=first)
            if entry.connection.is_alive() and self._passes_check(entry.connection):
                return entry.connection
            self._drop(entry)
            first = True

    def release(self, connection: Connection, /) -> None:
        """Return a connection. An open transaction is rolled back.

        One whose cancelled statement has not ended yet is cleaned in the background: this never
        waits longer than a few seconds for the server.
        """
        with self._lock:
            entry = self._roster.surrender(connection)
            self._roster.aside += 1
            is_open = self._phase == "open"
            if is_open and connection.busy and not connection.closed:
                self._to_clean.append(entry)
                self._wake_keeper()
                return
        if is_open:
            self._clean_and_offer(entry)
        else:
            self._retire(entry, lost=False)

    def connection(self, timeout: float | None = None) -> Lease:
        """A block with a connection of its own.

        A clean end commits the transaction that a cursor opened, an exception rolls it back.
        """
        return Lease(self, timeout)

    def listen(
        self,
        *channels: str,
        timeout: float | None = None,
        check_interval: float = 30.0,
        max_delay: float = 30.0,
    ) -> "Listening":
        """`howdah.listen` with the pool's options and `configure`.

        The listener has a connection of its own, beside those that the pool counts.
        """
        from howdah.listening import listen

        return listen(
            self, *channels, timeout=timeout, check_interval=check_interval, max_delay=max_delay
        )

    def resize(self, min_size: int, max_size: int) -> None:
        """Change the sizes. Idle connections above are closed soon, those in use when returned."""
        if not 0 <= min_size <= max_size or max_size < 1:
            raise ValueError(f"sizes must be 0 ≤ min ≤ max, 1 ≤ max, found {min_size}, {max_size}")
        with self._lock:
            self._roster.min_size, self._roster.max_size = min_size, max_size
            if self._phase == "open":
                self._wake_keeper()

    def stats(self) -> PoolStats:
        """Sizes now and counters since the beginning."""
        with self._lock:
            return self._roster.stats()

    def close(self, timeout: float = 5.0) -> None:
        """Close the pool: waiting requests get `PoolClosed`, idle connections are closed.

        Waits up to `timeout` seconds for connections in use to come back; those that come later
        are closed then. Never waits longer. May be called twice.
        """
        deadline = time.monotonic() + timeout
        with self._lock:
            self._phase = "closed"
            idle, self._roster.idle = self._roster.idle, []
            self._roster.counters.closed += len(idle)
            for waiter in self._roster.waiters:
                waiter.error = PoolClosed("the pool was closed")
                waiter.turn.notify()
            self._roster.waiters.clear()
            keeper = self._keeper
        self._wake.set()
        for entry in idle:
            entry.connection.close()
        with self._lock:
            self._moved.notify_all()
            while (remaining := deadline - time.monotonic()) > 0 and self._roster.size > 0:
                self._moved.wait(min(remaining, threading.TIMEOUT_MAX))
        if keeper is not None and keeper is not threading.current_thread():
            keeper.join(max(deadline - time.monotonic(), 0.1))

    def __enter__(self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close(timeout=0)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # Also after a failed __init__, where nothing is there yet.
        if getattr(self, "_phase", "new") == "open":
            warnings.warn(f"the pool `{self.name}` was not closed", ResourceWarning, stacklevel=2)
            self._wake.set()
            for entry in self._roster.idle:
                entry.connection.close()

    def __repr__(self) -> str:
        stats = self.stats()
        state = "closed" if self.closed else f"{stats.in_use} of {stats.size} in use"
        return f"<howdah.Pool {self.name}: {state}>"

    def _forget_everything(self) -> None:
        """Start without connections, keeper and queue, as in `__init__` and after a fork."""
        options = self._options
        self._lock = threading.Lock()
        self._moved = threading.Condition(self._lock)
        self._wake = threading.Event()
        self._keeper: threading.Thread | None = None
        self._roster: Roster[Connection, _Waiter] = Roster(
            options, options.min_size, options.max_size
        )
        self._to_clean: list[Entry[Connection]] = []
        self._suspicious = False

    def _deadline(self, timeout: float | None) -> float:
        return time.monotonic() + (self._options.timeout if timeout is None else timeout)

    # Taking

    def _take_or_open(self, *, first: bool) -> Entry[Connection] | None:
        """An idle connection, or a new one; None if the request must wait."""
        with self._lock:
            self._require_open()
            entry = self._roster.take_idle(first=first)
            if entry is not None or not self._roster.may_open_for_request(first=first):
                return entry
            self._roster.opening += 1
        return self._open_for_request()

    def _open_for_request(self) -> Entry[Connection] | None:
        """A new connection, as in use; None if that failed and the request waits for another."""
        try:
            connection = self._connect()
        except BaseException as error:
            if self._attempt_failed(error, by_request=True):
                return None
            raise
        entry = self._admit(connection)
        with self._lock:
            self._roster.aside -= 1
            self._roster.use(entry)
            if self._roster.missing():
                self._wake_keeper()
        return entry

    def _attempt_failed(self, error: BaseException, *, by_request: bool) -> bool:
        """Tell those who wait in vain; true if the request that tried shall wait itself."""
        with self._lock:
            if not isinstance(error, Exception):
                self._roster.opening -= 1
                self._notice_departure()
                return False
            waits = self._roster.attempt_failed(error, time.monotonic(), by_request=by_request)
            for waiter in self._roster.refused_waiters():
                waiter.error = self._roster.refusal()
                waiter.turn.notify()
            self._notice_departure()
            return waits

    def _admit(self, connection: Connection) -> Entry[Connection]:
        """Count a new connection among those aside."""
        with self._lock:
            entry = self._roster.admitted(connection, time.monotonic())
            entry.session_changes = connection.session_changes
            entry.modes = connection._modes
            self._roster.opening -= 1
            self._roster.aside += 1
            self._start_keeper()
        return entry

    def _connect(self) -> Connection:
        connection = self.connection_class(self._config)
        connection._autocommit = self._autocommit
        connection._join_codecs(self._codecs)
        try:
            self._configure(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _configure(self, connection: Connection) -> None:
        if self._options.configure is not None:
            self._options.configure(connection)
            connection.commit()
            connection._keep_codecs()

    def _wait(self, started: float, deadline: float, *, first: bool) -> Entry[Connection]:
        """Stand in the queue until a connection is handed over."""
        waiter = _Waiter(self._lock)
        with self._lock:
            self._require_open()
            # one may have come back since the request looked
            entry = self._roster.take_idle(first=first)
            if entry is not None:
                return entry
            if deadline <= time.monotonic():
                raise self._roster.timed_out(time.monotonic() - started)
            self._roster.enqueue(waiter, first=first)
            self._roster.counters.waits += 1
            if self._roster.missing():
                self._wake_keeper()
            try:
                self._wait_turn(waiter, deadline)
            except BaseException:
                # Interrupted: what was handed over meanwhile must go to the next.
                self._leave_queue(waiter)
                raise
            finally:
                self._roster.counters.wait_seconds += time.monotonic() - started
            if waiter.entry is None:
                self._leave_queue(waiter)
                raise waiter.error or self._roster.timed_out(time.monotonic() - started)
            return waiter.entry

    def _wait_turn(self, waiter: _Waiter, deadline: float) -> None:
        while waiter.entry is None and waiter.error is None:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return
            waiter.turn.wait(min(remaining, threading.TIMEOUT_MAX))

    def _leave_queue(self, waiter: _Waiter) -> None:
        with contextlib.suppress(ValueError):
            self._roster.waiters.remove(waiter)
        if waiter.entry is not None:
            del self._roster.in_use[id(waiter.entry.connection)]
            self._roster.aside += 1
            self._to_clean.append(waiter.entry)
            self._wake_keeper()

    def _passes_check(self, connection: Connection) -> bool:
        check = self._options.check
        if not check:
            return True
        try:
            if callable(check):
                check(connection)
            else:
                connection.execute("")
        except Exception:  # noqa: BLE001 (whatever it is, the connection failed the check)
            return False
        return connection.transaction_status == "idle"

    # Returning

    def _clean_and_offer(self, entry: Entry[Connection]) -> None:
        """Make an entry that is aside clean, and pass it on or keep it, or drop it."""
        try:
            clean = self._clean(entry)
        except BaseException:
            self._retire(entry, lost=True)
            raise
        if not clean:
            self._retire(entry, lost=True)
            return
        with self._lock:
            self._roster.aside -= 1
            now = time.monotonic()
            if self._phase == "open":
                if self._hand_over(entry, now):
                    return
                if self._roster.keep_idle(entry, now):
                    self._moved.notify_all()
                    return
            self._count_gone(lost=False)
        entry.connection.close()

    def _hand_over(self, entry: Entry[Connection], now: float) -> bool:
        """Give the entry to the one who waits longest; false if nobody does or it is too old."""
        if not self._roster.waiters or entry.expires_at <= now:
            return False
        waiter = self._roster.waiters.popleft()
        self._roster.use(entry)
        waiter.entry = entry
        waiter.turn.notify()
        return True

    def _clean(self, entry: Entry[Connection]) -> bool:
        """Roll back and reset the session; false if the connection is of no more use."""
        connection, reset = entry.connection, self._options.reset
        if connection.closed:
            return False
        try:
            connection._leave_all_blocks()
            if connection.transaction_status != "idle":
                connection.run("rollback", None, tuple, CLEANING_SECONDS)
            if reset != "none":
                connection._restore_codecs()
            if callable(reset):
                reset(connection)
                return connection.transaction_status == "idle"
            dirty = connection.session_changes != entry.session_changes
            if reset == "full" or (reset == "if-dirty" and dirty):
                # whoever comes next takes in the answer, before anything of its own is sent;
                # but what configures the session looks at what it is now
                if self._options.configure is None:
                    connection.send_ahead(RESET_SESSION)
                else:
                    connection.run(RESET_SESSION, None, tuple, CLEANING_SECONDS)
                connection._listeners.by_channel.clear()
                self._configure(connection)
                entry.session_changes = connection.session_changes
            if reset != "none":
                connection._autocommit, connection._modes = self._autocommit, entry.modes
        except Exception:  # noqa: BLE001 (whatever it is, the connection is not clean)
            return False
        return connection.transaction_status == "idle"

    def _retire(self, entry: Entry[Connection], *, lost: bool) -> None:
        """Close a connection that is aside."""
        with self._lock:
            self._roster.aside -= 1
            self._count_gone(lost=lost)
        entry.connection.close()

    def _drop(self, entry: Entry[Connection]) -> None:
        """Close a connection that was to be handed out."""
        with self._lock:
            self._roster.surrender(entry.connection)
            self._count_gone(lost=True)
        entry.connection.close()

    def _count_gone(self, *, lost: bool) -> None:
        if lost:
            self._roster.counters.lost += 1
            self._suspicious = True
        else:
            self._roster.counters.closed += 1
        self._notice_departure()

    def _notice_departure(self) -> None:
        """There is room for a new connection, or one less to wait for at `close`."""
        self._moved.notify_all()
        if self._phase == "open" and (self._suspicious or self._roster.missing()):
            self._wake_keeper()

    # The keeper

    def _require_open(self) -> None:
        if self._phase == "closed":
            raise PoolClosed("the pool is closed")
        self._phase = "open"

    def _wake_keeper(self) -> None:
        self._start_keeper()
        self._wake.set()

    def _start_keeper(self) -> None:
        if self._keeper is None:
            name = f"howdah {self.name}"
            target = (weakref.ref(self), self._wake)
            self._keeper = threading.Thread(target=_keep, args=target, name=name, daemon=True)
            self._keeper.start()

    def _attend(self) -> float:
        """Do what is due in the background; answers in how many seconds to look again."""
        with self._lock:
            cleaning, self._to_clean = self._to_clean, []
            suspects: list[Entry[Connection]] = []
            if self._suspicious:
                suspects, self._roster.idle = self._roster.idle, []
                self._roster.aside += len(suspects)
                self._suspicious = False
            old = self._roster.prune(time.monotonic())
        for entry in old:
            entry.connection.close()
        for entry in suspects:
            if entry.connection.is_alive():
                self._clean_and_offer(entry)
            else:
                self._retire(entry, lost=True)
        for entry in cleaning:
            self._clean_and_offer(entry)
        self._refill()
        with self._lock:
            if self._to_clean or self._suspicious:
                return 0.0
            return self._roster.next_look(time.monotonic())

    def _refill(self) -> None:
        """Open one connection after the other, as long as some are missing."""
        while True:
            with self._lock:
                early = self._roster.retry_in(time.monotonic()) > 0
                if early or self._phase != "open" or not self._roster.missing():
                    return
                self._roster.opening += 1
            try:
                connection = self._connect()
            except Exception as error:  # noqa: BLE001 (kept, for the requests that wait)
                self._attempt_failed(error, by_request=False)
                return
            self._clean_and_offer(self._admit(connection))


def _keep(reference: "weakref.ref[Pool]", wake: threading.Event) -> None:
    """The keeper's life. Between its turns it holds no reference, so a forgotten pool can go."""
    while True:
        pool = reference()
        if pool is None or pool._wake is not wake:
            return
        wake.clear()
        seconds = pool._attend()
        if pool.closed:
            return
        del pool
        wake.wait(seconds)


def _forget_after_fork() -> None:
    for pool in list(_pools):
        _inherited.append((pool._roster, pool._to_clean))
        pool._forget_everything()


def _stop_keepers() -> None:
    """Let no keeper run into the interpreter's end, where a thread cannot come back to Python."""
    for pool in list(_pools):
        if pool._phase == "open":
            pool.close(timeout=1.0)


os.register_at_fork(after_in_child=_forget_after_fork)
atexit.register(_stop_keepers)
