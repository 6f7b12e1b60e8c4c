"""What a pool can be told, and what it tells: its options, validated, and its statistics. No IO.

Used by both pools and `_pool_policy`.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from howdah._native import Config, Shelf

ResetPolicy = Literal["none", "if-dirty", "full"]

CLEANING_SECONDS = 5.0
"""How long a returned connection may take to become clean; after that it is dropped."""

RESET_SESSION = """
    close all; set session authorization default; reset all; unlisten *;
    select pg_catalog.pg_advisory_unlock_all(); discard temp; discard sequences
"""
"""DISCARD ALL without what would forget prepared statements (PostgreSQL 18, DISCARD)."""


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

    def undoing(self, *, is_dirty: bool) -> Literal["nothing", "callable", "ahead", "at once"]:
        """How the state of a session is undone that comes back, its transaction being over.

        Commands that travel are sent ahead: whoever is next takes in the answer, before anything of
        its own is sent. But `configure` looks at what the session is, so there they are waited for.
        """
        if callable(self.reset):
            return "callable"
        if self.reset == "full" or (self.reset == "if-dirty" and is_dirty):
            return "ahead" if self.configure is None else "at once"
        return "nothing"

    def call_reset(self, connection: object) -> Any:
        """Call the program's `reset`; what it answers is awaited where it is asynchronous."""
        return self.reset(connection) if callable(self.reset) else None

    def shelf(self) -> "Shelf[Any]":
        """An empty shelf."""
        reset = "callable" if callable(self.reset) else self.reset
        return Shelf(bool(self.check), reset, time.monotonic)

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


def bounded_connecting(config: Config, timeout: float) -> Config:
    """The configuration, with a connect_timeout if it has none: no attempt may last for ever."""
    if config.get("connect_timeout") is not None or timeout == math.inf:
        return config
    return config.replace(connect_timeout=max(math.ceil(timeout), 2))


def _at_least(least: int, **options: float) -> None:
    for name, value in options.items():
        if not value >= least:
            raise ValueError(f"`{name}` must be at least {least}, found {value}")
