"""Listening for what other processes change.

Does IO: a thread with a connection of its own to the primary, which serves both worlds. Invariant:
whenever the connection is lost, `is_up` is false from the moment that this shows, and everything
has changed once it is there again.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from howdah.caching._flights import Flight
from howdah.errors import Error
from howdah.listening import Listening, Missed

if TYPE_CHECKING:
    from collections.abc import Callable

    from howdah.connection import Connection

CHANNEL = "howdah_cache"
_CHECK_SECONDS = 5.0
"""After so long a silence the line is checked: so long a dead one may go unnoticed."""
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 2.0


class Hearing:
    """A listener that is up, or will be again."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        heard: Callable[[str], None],
        missed: Callable[[], None],
    ) -> None:
        self._connect = connect
        self._heard = heard
        self._missed = missed
        self.is_up = False
        self.began = Flight(0)
        """Lands when the first attempt to connect has come to an end."""
        self._closing = threading.Event()
        self._listening: Listening | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen, if nobody has."""
        with self._lock:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(
                    target=self._run, name="howdah cache listener", daemon=True
                )
                self._thread.start()

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self._closing.set()
        self.is_up = False
        listening = self._listening
        if listening is not None:
            listening.close()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._closing.is_set():
            with contextlib.suppress(Error):
                self._listen()
                pause = _FIRST_PAUSE_SECONDS
            self._down()
            self.began.land(None)
            self._closing.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _listen(self) -> None:
        listening = _Noticed(self._connect, self._down)
        with self._lock:
            self._listening = listening
            if self._closing.is_set():
                return
        with listening as events:
            self._up()
            for event in events:
                if isinstance(event, Missed):
                    self._up()
                else:
                    self._heard(event.payload)

    def _up(self) -> None:
        self._missed()
        self.is_up = not self._closing.is_set()
        self.began.land(None)

    def _down(self) -> None:
        self.is_up = False


class _Noticed(Listening):
    """A listener whose losses are noticed at once, not when they are made good."""

    def __init__(self, connect: Callable[[], Connection], lost: Callable[[], None]) -> None:
        super().__init__(connect, (CHANNEL,), check_interval=_CHECK_SECONDS, max_delay=2.0)
        self._lost = lost

    def _lose(self, error: Error) -> None:
        self._lost()
        super()._lose(error)
