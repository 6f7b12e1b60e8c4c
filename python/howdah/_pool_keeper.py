"""What a `Pool` does in the background, in a daemon thread that starts when it is first needed.

IO: the thread opens, cleans and closes connections, by the pool's own methods; a fork and the
interpreter's end are noticed here. Invariant: between its turns the thread holds no reference to
the pool, so one that was forgotten can go.
"""

import atexit
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from howdah.pool import Pool

_pools: "weakref.WeakSet[Pool]" = weakref.WeakSet()
_inherited: list[Any] = []
"""What a forked child must neither use nor close: the parent talks on these sockets."""


class Keeper:
    """The thread of one pool. `start` and `wake` are called under the pool's lock."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = weakref.ref(pool)
        self._name = f"howdah {pool.name}"
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Have the thread run."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Have the thread look what is due."""
        self.start()
        self._wake.set()

    def nudge(self) -> None:
        """As `wake`, if the thread runs already."""
        self._wake.set()

    def join(self, timeout: float) -> None:
        """Wait until the thread of a closed pool has ended."""
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            pool = self._pool()
            if pool is None or pool._keeper is not self:
                return
            self._wake.clear()
            seconds = _attend(pool)
            if pool.closed:
                return
            del pool
            self._wake.wait(seconds)


def look_after(pool: "Pool") -> None:
    """Have a pool forget its connections in a forked child, and be closed at the end."""
    _pools.add(pool)


def _attend(pool: "Pool") -> float:
    """Do what is due; answers in how many seconds to look again."""
    with pool._lock:
        cleaning, pool._to_clean = pool._to_clean, []
        suspects = pool._roster.take_suspects() if pool._suspicious else []
        pool._suspicious = False
        old = pool._roster.prune(time.monotonic())
    for entry in old:
        entry.connection.close()
    for entry in suspects:
        if entry.is_alive():
            pool._clean_and_offer(entry)
        else:
            pool._retire(entry, lost=True)
    for entry in cleaning:
        pool._clean_and_offer(entry)
    _refill(pool)
    with pool._lock:
        if pool._to_clean or pool._suspicious:
            return 0.0
        return pool._roster.next_look(time.monotonic())


def _refill(pool: "Pool") -> None:
    """Open one connection after the other, as long as some are missing."""
    while True:
        with pool._lock:
            early = pool._roster.retry_in(time.monotonic()) > 0
            if early or pool._phase != "open" or not pool._roster.missing():
                return
            pool._roster.begin_opening()
        try:
            connection = pool._connect()
        except Exception as error:  # noqa: BLE001 (kept, for the requests that wait)
            pool._attempt_failed(error, by_request=False)
            return
        # as it is: to reset it would do nothing, and whoever waits for it would wait for that
        pool._offer_or_close(pool._admit(connection))


def _forget_after_fork() -> None:
    for pool in list(_pools):
        _inherited.append((pool._roster, pool._to_clean))
        pool._forget_connections()


def _close_all() -> None:
    """Let no keeper run into the interpreter's end, where a thread cannot come back to Python."""
    for pool in list(_pools):
        if pool._phase == "open":
            pool.close(timeout=1.0)


os.register_at_fork(after_in_child=_forget_after_fork)
atexit.register(_close_all)
