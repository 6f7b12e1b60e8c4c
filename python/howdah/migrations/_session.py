"""A connection that migrates: with what is configured, who is told, and a way to stop it.

Sleeps. Made by `api`, handed to everything that runs. Invariant: whoever sleeps or begins something
new hears that the program wants to stop.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from howdah.migrations.errors import MigrationError

if TYPE_CHECKING:
    from howdah.connection import Connection
    from howdah.migrations.config import Settings
    from howdah.migrations.reporting import Report


class Stopped(MigrationError):
    """The program asked to stop; what was done is recorded."""


@dataclass(frozen=True)
class Session:
    """What a run works with."""

    conn: Connection
    settings: Settings
    report: Report
    stop: threading.Event = field(default_factory=threading.Event)

    def sleep(self, seconds: float) -> None:
        """Sleep, unless the program wants to stop.

        Raises:
            Stopped: it does.
        """
        if self.stop.wait(seconds):
            raise Stopped("stopped before the end", hint="run it again to go on")

    def set_lock_timeout(self, seconds: float, *, local: bool) -> None:
        """How long statements may wait for locks, from now on or in this transaction."""
        scope = "local" if local else "session"
        # 0 would be without end
        self.conn.execute(f"set {scope} lock_timeout = '{max(1, round(seconds * 1000))}ms'")
