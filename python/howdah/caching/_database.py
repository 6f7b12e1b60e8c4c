"""What a database knows of its cache: `db.cache`.

Does IO through the database, Redis and a listener. Invariant: nothing counts while other processes
cannot be heard, unless the program said that there are none.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

from howdah._connecting import configuration
from howdah.caching._commits import Commit
from howdah.caching._flights import Flights
from howdah.caching._hearing import Hearing
from howdah.caching._keys import digest
from howdah.caching._ledger import EVERYTHING, Ledger
from howdah.caching._shared import Shared
from howdah.caching._tables import names_of, written_names
from howdah.caching.options import CacheStats
from howdah.connection import Connection
from howdah.errors import OperationalError
from howdah.orm.executors import drive, drive_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from howdah._native import Recording
    from howdah._routing import Routing
    from howdah.caching.options import Cache
    from howdah.orm.models import Model
    from howdah.orm.statements.base import Steps

F = TypeVar("F", bound="Callable[..., Any]")

_LONGEST_PAYLOAD_BYTES = 7_900
"""PostgreSQL 18, `NOTIFY`: a payload is shorter than 8,000 bytes."""
_FIRST_LOOK_SECONDS = 3.0
# What may change the rows that a statement gives, of the options of a connection.
_TELLING_OPTIONS = ("options", "client_encoding", "replication", "requiressl")


class Caching:
    """The cache of one database, for either world."""

    _database: Any

    def __init__(self, database: Routing[Any], cache: Cache, *, is_async: bool) -> None:
        self._database = database
        self.cache = cache
        self.memory = cache.memory
        self.flights = Flights()
        self.identity, self.role = _identity(database)
        self.ledger = Ledger.shared(self.identity)
        self.notifies = cache.notify
        self._hearing: Hearing | None = None
        if cache.notify:
            self._hearing = Hearing(self._connect, self._heard, self._missed)
        self.shared: Shared | None = None
        if cache.redis is not None:
            prefix = digest(cache.namespace, self.identity).hex()
            self.shared = Shared(cache.redis, prefix, is_async=is_async)
        self._is_async = is_async
        self.last_recording: Recording | None = None
        """How rows of this database are read."""
        self._counts: Counter[str] = Counter()
        self._counts_lock = threading.Lock()

    def stats(self) -> CacheStats:
        """How often the cache helped, and what it holds."""
        counts, memory = self._counts, self.memory
        return CacheStats(
            hits=counts["hits"],
            misses=counts["misses"],
            waited=counts["waited"],
            bypassed=counts["bypassed"],
            stored=counts["stored"],
            invalidated=counts["invalidated"],
            evicted=memory.evicted,
            entries=len(memory),
            size_bytes=memory.size,
            is_listening=self._hearing is not None and self._hearing.is_up,
        )

    def count(self, event: str) -> None:
        """Something happened, which the figures tell of."""
        with self._counts_lock:
            self._counts[event] += 1

    def may_answer(self, names: frozenset[str]) -> bool:
        """Whether the cache may be asked about these now."""
        hears = self._hearing is None or self._hearing.is_up
        return hears and not self.ledger.is_doubtful(names)

    @property
    def memory_counts(self) -> bool:
        """Whether what is in memory is known to be as new as what others have committed."""
        return self.shared is None or self._hearing is not None

    def listen(self) -> None:
        """Begin to listen, if that is wanted."""
        if self._hearing is not None:
            self._hearing.start()

    def ready(self) -> Steps:
        """Wait for the first attempt to listen."""
        hearing = self._hearing
        if hearing is not None and not hearing.is_up:
            hearing.start()
            yield lambda _: hearing.began.wait(is_async=self._is_async)

    def message(self, names: Iterable[str], versions: dict[str, int] | None) -> str:
        """What other processes are told of changes."""
        told: dict[str, Any] = {"from": self.ledger.origin, "names": sorted(names)}
        if versions is not None:
            told["versions"] = versions
        text = json.dumps(told, separators=(",", ":"))
        if len(text.encode()) <= _LONGEST_PAYLOAD_BYTES:
            return text
        return json.dumps({"from": self.ledger.origin, "names": [EVERYTHING]})

    def invalidation(self, tags: Iterable[Any]) -> Steps:
        """Steps that make answers of these tags count no more, everywhere; of none: all."""
        names = names_of(tags) or {EVERYTHING}
        commit = Commit(self, names)
        yield from commit.before(None)
        try:
            command = commit.notification()
            if command is not None:
                yield lambda connection: connection.execute(command)
        finally:
            yield from commit.after()

    def close(self) -> None:
        """Stop listening."""
        if self._hearing is not None:
            self._hearing.close()

    def _heard(self, payload: str) -> None:
        """In the listener's thread: another process has committed."""
        names, versions, origin = _read(payload)
        if origin == self.ledger.origin:
            return
        known = written_names(names)
        self.ledger.change(known)
        self.count("invalidated")
        if self.shared is not None:
            self.shared.heard(versions)
            self.shared.owe(known.difference(versions))

    def _missed(self) -> None:
        """In the listener's thread: whatever may have changed."""
        self.ledger.change([EVERYTHING])

    def _connect(self) -> Connection:
        database = self._database
        deadline = database._deadline(_FIRST_LOOK_SECONDS)
        with database._monitor.lock:
            while (index := database._topology.primary) is None:
                if database.closed or not database._monitor.wait(deadline):
                    raise OperationalError("no server is known to be the primary")
        options = {"connect_timeout": 3, **database._connection_options}
        return Connection(configuration(database._dsns[index], options))


class DatabaseCache(Caching):
    """`db.cache` of a `Database`.

    Called, it decorates functions as `howdah.cache` does: `@db.cache(60, tags=[Book])`.
    """

    def invalidate(self, *tags: str | type[Model]) -> None:
        """Have answers with these tags, or about these models, count no more, in all processes.

        Of none given, all answers. For what the cache cannot know by itself: triggers, functions
        that write, other programs. `db.cache.invalidate(Question, "front page")`.
        """
        with self._database._lease(read_only=False) as connection:
            drive(self.invalidation(tags), connection)

    def __call__(
        self, ttl: float, *, tags: Iterable[str | type[Model]] = (), name: str | None = None
    ) -> Callable[[F], F]:
        """A decorator of functions: `howdah.cache`, for this database."""
        from howdah.caching.functions import cache

        return cache(ttl, tags=tags, on=self._database, name=name)


class AsyncDatabaseCache(Caching):
    """`db.cache` of an `AsyncDatabase`."""

    async def invalidate(self, *tags: str | type[Model]) -> None:
        """`DatabaseCache.invalidate`, awaited."""
        async with self._database._lease(read_only=False) as connection:
            await drive_async(self.invalidation(tags), connection)

    def __call__(
        self, ttl: float, *, tags: Iterable[str | type[Model]] = (), name: str | None = None
    ) -> Callable[[F], F]:
        """A decorator of coroutine functions: `howdah.cache`, for this database."""
        from howdah.caching.functions import cache

        return cache(ttl, tags=tags, on=self._database, name=name)


def _identity(database: Any) -> tuple[str, bytes]:
    """Which database it is, and as whom and how it is read."""
    config = configuration(database._dsns[0], database._connection_options)
    identity = f"{','.join(sorted(database._topology.names))}/{config.dbname}"
    told = {name: config.get(name) for name in _TELLING_OPTIONS}
    configure = database._pool_options.get("configure")
    made_by = getattr(configure, "__qualname__", None)
    return identity, digest(identity, config.user, told, made_by)


def _read(payload: str) -> tuple[list[str], dict[str, int], str | None]:
    """A message: what we send, or names of tables with commas between."""
    try:
        told: Any = {"names": payload.split(",")}
        if payload.startswith("{"):
            told = json.loads(payload)
        names = [str(name).strip() for name in told["names"]]
        versions = {str(name): int(it) for name, it in told.get("versions", {}).items()}
        return names, versions, told.get("from")
    except (ValueError, KeyError, TypeError, AttributeError):
        return [EVERYTHING], {}, None
