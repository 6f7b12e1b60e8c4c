"""What both pools are before they wait for anything: options, roster, names and numbers.

No IO. The base of `Pool` and `AsyncPool`, which lock, wait and connect.
"""

from typing import Generic, Literal, TypeVar

from howdah._codecs import Codecs, codecs
from howdah._connecting import Options, configuration
from howdah._native import Shelf
from howdah._pool_options import PoolOptions, PoolStats, bounded_connecting
from howdah._pool_policy import Roster

C = TypeVar("C")
W = TypeVar("W")


class PoolBase(Generic[C, W]):
    """The state that both kinds of pool share."""

    _phase: Literal["new", "open", "closed"] = "new"
    _roster: Roster[C, W]
    _shelf: Shelf[C]
    """The roster's, for the quick way."""

    def _prepare(
        self, dsn: str | None, connecting: Options, options: PoolOptions, *, autocommit: bool
    ) -> None:
        self._options = options
        self._config = bounded_connecting(configuration(dsn, connecting), options.timeout)
        self._autocommit = bool(autocommit)
        self._codecs = Codecs(codecs)
        self._forget_connections()

    def _forget_connections(self) -> None:
        self._roster = Roster(self._options, self._options.min_size, self._options.max_size)
        self._shelf = self._roster.shelf
        if self._phase == "open":
            self._roster.open()

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

    def stats(self) -> PoolStats:
        """Sizes now and counters since the beginning."""
        return self._roster.stats()

    def __repr__(self) -> str:
        stats = self.stats()
        state = "closed" if self.closed else f"{stats.in_use} of {stats.size} in use"
        return f"<howdah.{type(self).__name__} {self.name}: {state}>"
