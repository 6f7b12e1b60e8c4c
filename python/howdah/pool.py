"""A pool of blocking connections for the threads of a program: `howdah.Pool`.

What to do is decided by `_pool_policy.Roster`; here are the lock, the waiting and the connecting.
A request that may grow the pool connects in its own thread; what is due in the background is done
by the thread of `_pool_keeper`. An idle connection is lent, and a clean one taken back, by the
roster's native shelf without the lock.

Invariant: every connection is in one place: idle, in use, aside with who cleans it, or gone; the
lock is never held while anything talks to a server or runs the program's callables.
"""

import threading
import time
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Self

from howdah._pool_base import PoolBase
from howdah._pool_keeper import Keeper, look_after
from howdah._pool_options import (
    CLEANING_SECONDS,
    RESET_SESSION,
    PoolOptions,
    PoolStats,
    ResetPolicy,
)
from howdah._pool_shortcuts import Shortcuts
from howdah.connection import Connection
from howdah.errors import InterfaceError, PoolClosed

if TYPE_CHECKING:
    from howdah._native import Entry
    from howdah.listening import Listening


class _Waiter:
    """One thread's place in the queue. Its fields belong to the pool's lock."""

    __slots__ = ("entry", "error", "turn")

    def __init__(self, lock: threading.Lock) -> None:
        self.turn = threading.Condition(lock)
        self.entry: Entry[Connection] | None = None
        self.error: Exception | None = None


class Lease:
    """What `with pool.connection() as conn:` enters."""

    __slots__ = ("_connection", "_pool", "_timeout")

    def __init__(self, pool: "Pool", timeout: float | None) -> None:
        self._pool = pool
        self._timeout = timeout
        self._connection: Connection | None = None

    def __enter__(self) -> Connection:
        if self._connection is not None:
            raise InterfaceError("`connection()` can be entered only once")
        pool = self._pool
        self._connection = connection = pool._shelf.lend() or pool._acquire(self._timeout)
        return connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        connection = self._connection
        # what can be taken back as it is has nothing to commit
        if connection is None or self._pool._shelf.take_back(connection):
            return
        try:
            if error is None and not connection.closed:
                connection.commit()
        finally:
            self._pool.release(connection)


class Pool(PoolBase[Connection, _Waiter], Shortcuts):
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
        pool_options = PoolOptions(
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
        self._prepare(dsn, options, pool_options, autocommit=autocommit)
        look_after(self)

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
            self._keeper.wake()
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
        connection = self._shelf.lend()
        return self._acquire(timeout) if connection is None else connection

    def release(self, connection: Connection, /) -> None:
        """Return a connection. An open transaction is rolled back.

        One whose cancelled statement has not ended yet is cleaned in the background: this never
        waits longer than a few seconds for the server.
        """
        if not self._shelf.take_back(connection):
            self._release(connection)

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
        with self._lock:
            self._roster.resize(min_size, max_size)
            if self._phase == "open":
                self._keeper.wake()

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
            idle, waiters = self._roster.close()
            for waiter in waiters:
                waiter.error = PoolClosed("the pool was closed")
                waiter.turn.notify()
            keeper = self._keeper
        keeper.nudge()
        for entry in idle:
            entry.connection.close()
        with self._lock:
            self._moved.notify_all()
            while (remaining := deadline - time.monotonic()) > 0 and self._roster.size > 0:
                self._moved.wait(min(remaining, threading.TIMEOUT_MAX))
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
            self._keeper.nudge()
            for entry in self._shelf.drain():
                entry.connection.close()

    def _forget_connections(self) -> None:
        """Start without connections, keeper and queue, as in `__init__` and after a fork."""
        self._lock = threading.Lock()
        self._moved = threading.Condition(self._lock)
        self._keeper = Keeper(self)
        self._to_clean: list[Entry[Connection]] = []
        self._suspicious = False
        super()._forget_connections()

    def _require_open(self) -> None:
        if self._phase == "closed":
            raise PoolClosed("the pool is closed")
        if self._phase == "new":
            self._phase = "open"
            self._roster.open()

    def _deadline(self, timeout: float | None) -> float:
        return time.monotonic() + (self._options.timeout if timeout is None else timeout)

    # Taking

    def _acquire(self, timeout: float | None) -> Connection:
        """A connection where the shelf has none to lend."""
        started, deadline = time.monotonic(), self._deadline(timeout)
        while (dead := self._shelf.pop_dead()) is not None:
            self._drop(dead)
        first = False
        while True:
            entry = self._take_or_open(first=first) or self._wait(started, deadline, first=first)
            if entry.is_alive() and self._passes_check(entry.connection):
                return entry.connection
            self._drop(entry)
            first = True

    def _take_or_open(self, *, first: bool) -> "Entry[Connection] | None":
        """An idle connection, or a new one; None if the request must wait."""
        with self._lock:
            self._require_open()
            entry = self._roster.take_idle(first=first)
            if entry is not None or not self._roster.may_open_for_request(first=first):
                return entry
            self._roster.begin_opening()
        return self._open_for_request()

    def _open_for_request(self) -> "Entry[Connection] | None":
        """A new connection, as in use; None if that failed and the request waits for another."""
        try:
            connection = self._connect()
        except BaseException as error:
            if self._attempt_failed(error, by_request=True):
                return None
            raise
        entry = self._admit(connection)
        with self._lock:
            self._roster.use(entry)
            if self._roster.missing():
                self._keeper.wake()
        return entry

    def _attempt_failed(self, error: BaseException, *, by_request: bool) -> bool:
        """Tell those who wait in vain; true if the request that tried shall wait itself."""
        with self._lock:
            if not isinstance(error, Exception):
                self._roster.give_up_opening()
                self._notice_departure()
                return False
            waits = self._roster.attempt_failed(error, time.monotonic(), by_request=by_request)
            for waiter in self._roster.refused_waiters():
                waiter.error = self._roster.refusal()
                waiter.turn.notify()
            self._notice_departure()
            return waits

    def _admit(self, connection: Connection) -> "Entry[Connection]":
        """Count a new connection among those aside."""
        with self._lock:
            self._keeper.start()
            return self._roster.admit(connection, time.monotonic())

    def _connect(self) -> Connection:
        connection = self.connection_class(self._config)
        connection._join_pool(self._codecs, autocommit=self._autocommit)
        try:
            self._configure(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _configure(self, connection: Connection) -> None:
        if self._options.configure is not None:
            connection._choose(connection._bare_choices)
            self._options.configure(connection)
            connection.commit()
            connection._kept_choices = connection._choices()

    def _wait(self, started: float, deadline: float, *, first: bool) -> "Entry[Connection]":
        """Stand in the queue until a connection is handed over."""
        waiter = _Waiter(self._lock)
        with self._lock:
            self._require_open()
            if deadline <= time.monotonic():
                raise self._roster.timed_out(time.monotonic() - started)
            self._roster.enqueue(waiter, first=first)
            self._serve()
            if self._roster.missing():
                self._keeper.wake()
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
        self._roster.leave_queue(waiter)
        if waiter.entry is not None:
            self._to_clean.append(self._roster.surrender(waiter.entry.connection))
            self._keeper.wake()

    def _serve(self) -> None:
        """Give those who wait what came back by the quick way before they closed it."""
        while self._roster.waiters:
            entry = self._roster.take_idle(first=True)
            if entry is None:
                return
            self._hand_over(entry)

    def _hand_over(self, entry: "Entry[Connection]") -> None:
        """Give an entry that is in use by now to the one who waits longest."""
        waiter = self._roster.next_waiter()
        if waiter is not None:
            waiter.entry = entry
            waiter.turn.notify()

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

    def _release(self, connection: Connection) -> None:
        """Take back a connection that is to be cleaned, waited for or closed."""
        with self._lock:
            entry = self._roster.surrender(connection)
            is_open = self._phase == "open"
            if is_open and connection.busy and not connection.closed:
                self._to_clean.append(entry)
                self._keeper.wake()
                return
        if is_open:
            self._clean_and_offer(entry)
        else:
            self._retire(entry, lost=False)

    def _clean_and_offer(self, entry: "Entry[Connection]") -> None:
        """Make an entry that is aside clean, and pass it on or keep it, or drop it."""
        try:
            clean = self._clean(entry)
        except BaseException:
            self._retire(entry, lost=True)
            raise
        if not clean:
            self._retire(entry, lost=True)
            return
        self._offer_or_close(entry)

    def _offer_or_close(self, entry: "Entry[Connection]") -> None:
        """Pass a clean or a new entry on or keep it, if there is room for it."""
        with self._lock:
            offered = self._offer(entry)
        if not offered:
            entry.connection.close()

    def _offer(self, entry: "Entry[Connection]") -> bool:
        """Pass a clean entry on to who waits longest, or keep it; false if it is to be closed."""
        now = time.monotonic()
        if self._roster.waiters and self._roster.is_usable(entry, now):
            self._roster.use(entry)
            self._hand_over(entry)
            return True
        if self._roster.keep_idle(entry, now):
            self._moved.notify_all()
            return True
        self._count_gone(lost=False)
        return False

    def _clean(self, entry: "Entry[Connection]") -> bool:
        """Roll back and reset the session; false if the connection is of no more use."""
        connection = entry.connection
        if self._roster.is_clean(entry):
            return True
        if connection.closed:
            return False
        try:
            connection._leave_all_blocks()
            if connection.transaction_status != "idle":
                connection.run("rollback", None, tuple, CLEANING_SECONDS)
            if self._options.reset != "none":
                connection._choose(connection._kept_choices)
            self._undo(entry)
            entry.remember()
        except Exception:  # noqa: BLE001 (whatever it is, the connection is not clean)
            return False
        return connection.transaction_status == "idle"

    def _undo(self, entry: "Entry[Connection]") -> None:
        connection, way = entry.connection, self._options.undoing(is_dirty=entry.is_dirty)
        if way == "nothing":
            return
        if way == "callable":
            self._options.call_reset(connection)
            return
        if way == "ahead":
            connection.send_ahead(RESET_SESSION)
        else:
            connection.run(RESET_SESSION, None, tuple, CLEANING_SECONDS)
        connection._listeners.by_channel.clear()
        self._configure(connection)

    def _retire(self, entry: "Entry[Connection]", *, lost: bool) -> None:
        """Close a connection that is aside."""
        with self._lock:
            self._count_gone(lost=lost)
        entry.connection.close()

    def _drop(self, entry: "Entry[Connection]") -> None:
        """Close a connection that was to be handed out."""
        with self._lock:
            self._roster.surrender(entry.connection)
            self._count_gone(lost=True)
        entry.connection.close()

    def _count_gone(self, *, lost: bool) -> None:
        self._suspicious |= lost
        self._roster.depart(lost=lost)
        self._notice_departure()

    def _notice_departure(self) -> None:
        """There is room for a new connection, or one less to wait for at `close`."""
        self._moved.notify_all()
        if self._phase == "open" and (self._suspicious or self._roster.missing()):
            self._keeper.wake()
