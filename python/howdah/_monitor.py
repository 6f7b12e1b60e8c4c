"""Watches the servers of a `Database`: a daemon thread per server, for both worlds.

Does IO on connections of its own, so that a busy pool is not taken for a dead server. `_topology`
decides what the answers mean. Invariant: the lock is never held while anything talks to a server
or runs a callback.
"""

import contextlib
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from howdah._topology import PROBE, Report, Topology
from howdah.connection import Connection

PROBE_TIMEOUT_SECONDS = 3.0
_RESTLESS_SECONDS = 0.1
"""How often to look while there is no primary, or somebody met a failure."""

Connect = Callable[[int], Connection]


class Monitor:
    """Knows the state of the servers, and tells when it changes.

    `connect` opens a connection to the server of an index. `on_lost` is called, in a thread of the
    monitor, with the servers that were lost or lost their role.
    """

    def __init__(
        self,
        topology: Topology,
        connect: Connect,
        interval: float,
        on_lost: Callable[[Sequence[int]], object],
    ) -> None:
        self.topology = topology
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        self._connect = connect
        self._interval = interval
        self._on_lost = on_lost
        self._wakes = [threading.Event() for _ in topology.names]
        self._listeners: set[Callable[[], object]] = set()
        self._is_started = False
        self.is_closed = False

    def start(self) -> None:
        """Begin to watch; does nothing the second time."""
        with self.lock:
            if self._is_started:
                return
            self._is_started = True
        for index, name in enumerate(self.topology.names):
            arguments = (weakref.ref(self), index, self._wakes[index])
            title = f"howdah watches {name}"
            threading.Thread(target=_watch, args=arguments, name=title, daemon=True).start()

    def look_now(self) -> None:
        """Ask all servers at once: somebody met a failure."""
        for wake in self._wakes:
            wake.set()

    def close(self) -> None:
        """Stop watching. Threads that wait for a server end when that answers or times out."""
        with self.lock:
            self.is_closed = True
            self.changed.notify_all()
            listeners = list(self._listeners)
        self.look_now()
        for listener in listeners:
            listener()

    def wait(self, deadline: float) -> bool:
        """Wait for news; the lock is held. False if the deadline has passed."""
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            return False
        self.changed.wait(min(remaining, threading.TIMEOUT_MAX))
        return True

    def add_listener(self, listener: Callable[[], object]) -> None:
        """Call `listener` at news, in a thread of the monitor."""
        with self.lock:
            self._listeners.add(listener)

    def remove_listener(self, listener: Callable[[], object]) -> None:
        """Undo `add_listener`."""
        with self.lock:
            self._listeners.discard(listener)

    def _probe(self, index: int, connection: Connection | None) -> Connection | None:
        """Ask one server; answers the connection to go on with."""
        asked_at = time.monotonic()
        try:
            if connection is None or connection.closed:
                connection = self._connect(index)
                asked_at = time.monotonic()
            row = connection.fetch_one(PROBE, row=tuple, timeout=PROBE_TIMEOUT_SECONDS)
        except Exception as error:  # noqa: BLE001 (whatever it is, the server cannot be used)
            if connection is not None:
                _close(connection)
            said = first_line(error)
            self._note(index, lambda topology: topology.lost(index, said))
            return None
        report = Report(*row) if row is not None else None
        if report is not None:
            self._note(index, lambda topology: topology.heard(index, report, asked_at))
        return connection

    def _note(self, index: int, change: Callable[[Topology], None]) -> None:
        with self.lock:
            primary = self.topology.primary
            was_used = self.topology.servers[index].report is not None
            change(self.topology)
            lost = []
            if primary is not None and self.topology.primary != primary:
                lost.append(primary)
            if was_used and self.topology.servers[index].report is None and index not in lost:
                lost.append(index)
            self.changed.notify_all()
            listeners = list(self._listeners)
        if lost:
            self._on_lost(lost)
        for listener in listeners:
            listener()

    def _pause(self) -> float:
        with self.lock:
            has_primary = self.topology.primary is not None
        return self._interval if has_primary else min(self._interval, _RESTLESS_SECONDS)


def _watch(reference: "weakref.ref[Monitor]", index: int, wake: threading.Event) -> None:
    """The life of a thread. Between its turns it keeps nothing alive that was forgotten."""
    connection: Connection | None = None
    try:
        while True:
            monitor = reference()
            if monitor is None or monitor.is_closed:
                return
            wake.clear()
            connection = monitor._probe(index, connection)
            seconds = monitor._pause()
            del monitor
            wake.wait(seconds)
    finally:
        if connection is not None:
            _close(connection)


def _close(connection: Connection) -> None:
    with contextlib.suppress(Exception):
        connection.close()


def first_line(error: Any) -> str:
    """What an error says, on one line."""
    return str(error).partition("\n")[0] or type(error).__name__
