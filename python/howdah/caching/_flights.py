"""Single flight: of those who want the same answer at the same time, one asks.

Thread-safe; waits in threads and in tasks. Each world has its own flights, for a thread that blocks
a loop must never wait for a task of that loop. Invariant: an answer is shared only with those who
came when nothing that it depends on had changed since it was asked for; when the one who asks is
cancelled, another one of those who wait asks.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable

    from howdah.caching._ledger import Ledger


class Flight:
    """An answer that is being asked for."""

    def __init__(self, began: int) -> None:
        self.began = began
        self.pilot = who()
        self.answer: Any = None
        """None where it cannot be shared."""
        self.error: Exception | None = None
        self.is_abandoned = False
        self._landed = threading.Event()
        self._lock = threading.Lock()
        self._tasks: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    def wait(self, *, is_async: bool) -> Any:
        """Wait for the answer: now, or under asyncio what is to be awaited."""
        return self._wait_async() if is_async else self._landed.wait()

    def land(self, answer: Any) -> None:
        """The answer is here."""
        self.answer = answer
        self._wake()

    def fail(self, error: BaseException) -> None:
        """The answer is an error. One that concerns only the one who asked is none."""
        if isinstance(error, Exception):
            self.error = error
        else:
            self.is_abandoned = True
        self._wake()

    def raise_error(self) -> None:
        """Raise the error for one more of those who waited, each with its own traceback."""
        if self.error is None:
            return
        try:
            twin = copy.copy(self.error)
        except Exception:  # noqa: BLE001 (a class of the program's, which needs not be copyable)
            raise self.error from None
        if type(twin) is not type(self.error):
            raise self.error
        raise twin from self.error

    async def _wait_async(self) -> None:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            if self._landed.is_set():
                return
            self._tasks.append((loop, future))
        await future

    def _wake(self) -> None:
        with self._lock:
            self._landed.set()
            tasks, self._tasks = self._tasks, []
        for loop, future in tasks:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(_finish, future)


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Flights:
    """The flights of one cache."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[tuple[Hashable, bytes], Flight] = {}

    def join(
        self, world: Hashable, key: bytes, names: frozenset[str], ledger: Ledger
    ) -> tuple[Flight, bool]:
        """The flight to wait for, or with True one of one's own."""
        with self._lock:
            flight = self._flights.get((world, key))
            if (
                flight is not None
                and flight.pilot != who()
                and ledger.is_fresh(names, flight.began)
            ):
                return flight, False
            flight = self._flights[world, key] = Flight(ledger.now)
            return flight, True

    def leave(self, world: Hashable, key: bytes, flight: Flight) -> None:
        """The flight takes no more passengers."""
        with self._lock:
            if self._flights.get((world, key)) is flight:
                del self._flights[world, key]


def who() -> Hashable:
    """The task or thread that is running."""
    with contextlib.suppress(RuntimeError):
        task = asyncio.current_task()
        if task is not None:
            return task
    return threading.get_ident()


def world(*, is_async: bool) -> Hashable:
    """Whose flights count: those of all threads, or of one loop's tasks."""
    return id(asyncio.get_running_loop()) if is_async else None
