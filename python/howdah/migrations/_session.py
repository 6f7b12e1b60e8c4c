"""A connection that migrates: with what is configured, who is told, and a way to stop it.

Sleeps. Made by `api`, handed to everything that runs. Invariant: whoever sleeps or begins something
new hears that the program wants to stop.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from howdah.errors import DatabaseError
from howdah.migrations.errors import MigrationError

if TYPE_CHECKING:
    from howdah.connection import Connection
    from howdah.migrations.config import Settings
    from howdah.migrations.reporting import Report


class Stopped(MigrationError):
    """The program asked to stop; what was done is recorded."""


# a role's own settings are for programs: an index of a large table takes its time
SETTINGS = (
    "set statement_timeout = 0",
    "set idle_in_transaction_session_timeout = 0",
)
FORGET = ("reset role", "reset all")
"""What a step has set is not for the next one, which may run in another session."""


@dataclass(frozen=True)
class Session:
    """What a run works with."""

    conn: Connection
    settings: Settings
    report: Report
    stop: threading.Event = field(default_factory=threading.Event)
    url: str | None = None
    """Where it is connected to; not given for scratch databases."""
    _own: list[str] = field(default_factory=lambda: list(SETTINGS))

    def prepare(self, *settings: str) -> None:
        """Set what sessions that migrate need, with more for this one."""
        self._own.extend(settings)
        self.settle()
        if self.conn.server_version >= 140000:
            # a killed program's last statement ends with it, not when it is done
            heed = "set client_connection_check_interval = '1s'"
            with contextlib.suppress(DatabaseError):  # not on every system
                self.conn.execute(heed)
                self._own.append(heed)

    def settle(self) -> None:
        """Forget what steps have set; they begin with the same settings in every session."""
        self.conn.execute(";\n".join([*FORGET, *self._own]))

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
