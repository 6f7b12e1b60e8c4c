"""Which server a statement of a `Database` goes to, and what its session must see.

No IO but that of the monitor's threads, which it starts. The base of `Database` and
`AsyncDatabase`. Invariant: what was written in a session is seen by every later read in it, on
whichever server that runs.
"""

import math
import re
import threading
import time
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar

from howdah import _native, errors
from howdah._connecting import configuration
from howdah._monitor import Monitor
from howdah._topology import ServerInfo, Topology
from howdah.connection import Connection
from howdah.errors import InterfaceError, NoServer, OperationalError, ProgrammingError
from howdah.retrying import Retry

if TYPE_CHECKING:
    from howdah.async_pool import AsyncPool
    from howdah.caching.options import Cache
    from howdah.orm.statements.base import Steps
    from howdah.pool import Pool

PoolT = TypeVar("PoolT", "Pool", "AsyncPool")

known_run: "ContextVar[object]" = ContextVar("howdah_known_run", default=None)
"""The database on which the ORM runs a transaction that is repeated, and knows what that writes."""

Purpose = Literal["read", "write"]
PURPOSES: tuple[Purpose, ...] = ("read", "write")

POSITION = "select (pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_catalog.pg_lsn)::int8"
"""On a primary, after a commit: at least the position of the commit."""
POSITION_TIMEOUT_SECONDS = 5.0
REPLAYED = "select (pg_catalog.pg_last_wal_replay_lsn() - '0/0'::pg_catalog.pg_lsn)::int8"
"""On a replica; NULL on a server that is none."""

_FIRST_LOOK_SECONDS = 2.0
"""How long the first request waits for servers that do not answer, before it does without them."""
_READ_ONLY_OPTION = "-c default_transaction_read_only=on"
_sessions: "ContextVar[tuple[DatabaseSession, ...]]" = ContextVar("howdah_sessions", default=())


class DatabaseSession:
    """A span in which reads see the writes made before them; from `Database.session`.

    It belongs to the task or thread that entered it, and to the tasks started there.
    """

    def __init__(self, routing: "Routing[Any]", after: str | None) -> None:
        self._routing = routing
        self._position = 0 if after is None else position_of(after)
        self._unknown_since: float | None = None
        self.is_continued = after is not None
        """Whether it must see what was written elsewhere."""
        self._tokens: list[Any] = []

    @property
    def token(self) -> str | None:
        """The position of the last commit, for a session elsewhere; None before the first.

        It is the text of a `pg_lsn`. Raises `OperationalError` if the last write's connection was
        lost and the primary has not been heard of since.
        """
        with self._routing._monitor.lock:
            position = self._settle()
        if position is None:
            raise OperationalError("the position of the last write is not known yet")
        return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}" if position else None

    def __enter__(self) -> Self:
        self._tokens.append(_sessions.set((*_sessions.get(), self)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _sessions.reset(self._tokens.pop())

    def _wrote(self, position: int | None) -> None:
        """Note a write, at a position that is None if the connection was lost."""
        if position is None:
            self._unknown_since = time.monotonic()
        else:
            self._position = max(self._position, position)

    def _settle(self) -> int | None:
        """What a replica must have replayed; None if only the primary will do.

        Whatever became of a write whose connection was lost, it is not behind what the primary
        had written when it was asked later. The monitor's lock is held.
        """
        if self._unknown_since is not None:
            position = self._routing._topology.written_after(self._unknown_since)
            if position is None:
                return None
            self._position, self._unknown_since = max(self._position, position), None
        return self._position


class Routing(Generic[PoolT]):
    """The servers, their pools, and the choice among them."""

    def __init__(  # noqa: PLR0913 (its options are its subject)
        self,
        primary: str | None = None,
        /,
        *,
        replicas: Iterable[str] = (),
        max_lag: float | None = 10.0,
        max_lag_bytes: int | None = None,
        check_interval: float = 0.5,
        timeout: float = 30.0,
        min_size: int = 0,
        max_size: int = 10,
        retry: Retry | None = None,
        pool_options: dict[str, Any] | None = None,
        cache: "Cache | None" = None,
        **options: object,
    ) -> None:
        self._timeout = timeout
        self._retry = retry or Retry()
        sizes = {"min_size": min_size, "max_size": max_size, "timeout": timeout}
        self._pool_options = {**sizes, **(pool_options or {})}
        self._pools: dict[tuple[Purpose, int], PoolT] = {}
        self._dsns = [primary, *replicas]
        self._connection_options = options
        configs = [configuration(dsn, options) for dsn in self._dsns]
        names = [_name(config) for config in configs]
        if len(set(names)) < len(names):
            raise ProgrammingError(f"a server is named twice: {', '.join(names)}")
        self._reading = [_with_read_only(config) for config in configs]
        if not check_interval > 0:
            raise ValueError(f"`check_interval` must be above 0, found {check_interval}")
        self._topology = Topology(names, max_lag, max_lag_bytes)
        self._monitor = Monitor(self._topology, self._watch, check_interval, self._drop)
        self._made_at = time.monotonic()
        self._caching_lock = threading.Lock()
        self._prepare()
        if cache is not None:
            self._caching = self._make_cache(cache)

    _caching: Any = None
    """What `cache` is, once there is one."""

    def _make_cache(self, cache: "Cache") -> Any:
        """What `cache` is."""
        raise NotImplementedError

    def _cache(self) -> Any:
        """What `cache` is, made when it is first wanted."""
        from howdah.caching.options import Cache

        with self._caching_lock:
            if self._caching is None:
                self._caching = self._make_cache(Cache())
            return self._caching

    def _watched(self, steps: "Steps") -> "Steps":
        """The steps; what they write is told to the cache, if there is one."""
        if self._caching is None:
            return steps
        from howdah.caching._commits import watched

        return watched(self._caching, steps)

    def _watched_late(self, known: Any) -> None:
        """Something ran of which a cache that was made meanwhile could know nothing."""
        if known is None and self._caching is not None:
            self._caching.ledger.change(["*"])

    def _unknown_commit(self, query: str | None) -> Any:
        """What the cache must know of SQL that only the program knows; None for what only reads."""
        if self._caching is None or (query is not None and _only_reads(str(query))):
            return None
        from howdah.caching._commits import Commit

        return Commit(self._caching, {"*"})

    def _prepare(self) -> None:
        """Make what only one of the two kinds needs."""
        raise NotImplementedError

    def session(self, after: str | None = None) -> DatabaseSession:
        """A span, entered by `with`, in which reads see the writes made before them.

        `after` is the `token` of another session, perhaps in another process: reads see its
        writes, too. Sessions may be nested; the innermost counts.
        """
        return DatabaseSession(self, after)

    def servers(self) -> list[ServerInfo]:
        """What is known of each server, in the order in which they were given."""
        with self._monitor.lock:
            return self._topology.describe(time.monotonic())

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._monitor.is_closed

    def __repr__(self) -> str:
        known = ", ".join(f"{info.name} {info.role}" for info in self.servers())
        return f"<howdah.{type(self).__name__}: {'closed' if self.closed else known}>"

    def _session(self) -> DatabaseSession | None:
        """The innermost session on this database."""
        for session in reversed(_sessions.get()):
            if session._routing is self:
                return session
        return None

    def _load(self, index: int) -> int:
        """How many requests use or want a server's connections for reading."""
        pool = self._pools.get(("read", index))
        return 0 if pool is None else pool._roster.load

    def _pool_settings(self, purpose: Purpose, index: int) -> dict[str, Any]:
        """What the pool of a server for a purpose is made with."""
        options = dict(self._connection_options)
        if purpose == "read":
            options["options"] = self._reading[index]
        name = f"{purpose} {self._topology.names[index]}"
        return {"name": name, **self._pool_options, **options}

    def _take_pools(self, indices: Sequence[int]) -> list[PoolT]:
        """The pools of servers that were lost, which are not lent from any more."""
        keys = [(purpose, index) for purpose in PURPOSES for index in indices]
        found = [self._pools.pop(key, None) for key in keys]
        return [pool for pool in found if pool is not None]

    def _has_come(self, index: int, replayed: int | None, position: int) -> bool:
        """Take note of how far a server has come; whether that is far enough."""
        if replayed is None:
            return False
        with self._monitor.lock:
            self._topology.replayed(index, replayed)
        return replayed >= position

    def _may_ask_again(self, error: errors.Error, failures: int, deadline: float) -> bool:
        """Whether a single statement that only reads is asked once more, elsewhere."""
        is_late = failures > 2 * len(self._dsns) or time.monotonic() >= deadline
        return not is_late and may_read_elsewhere(error)

    def _deadline(self, timeout: float | None) -> float:
        """The moment after so many seconds, the database's own by default."""
        return deadline_after(self._timeout if timeout is None else timeout)

    def _drop(self, indices: Sequence[int]) -> None:
        """Close the pools of servers that were lost or have another role now."""
        raise NotImplementedError

    def _choose_reader(self, excluded: set[int]) -> tuple[int, int] | None:
        """A server for a read, and what it must be asked to have replayed (0 for nothing).

        None if there is none now. The monitor's lock is held.
        """
        session = self._session()
        after = 0 if session is None else session._settle()
        primary = self._topology.primary
        if after is not None:
            fresh, unsure = self._topology.readable(time.monotonic(), after)
            for candidates, position in ((fresh, 0), (unsure, after)):
                left = [index for index in candidates if index not in excluded]
                if left:
                    return min(left, key=self._load), position
        if primary is not None and primary not in excluded:
            return primary, 0
        return None

    def _is_ready(self) -> bool:
        """Whether enough is known to choose; the monitor's lock is held."""
        return self._topology.is_complete or (
            time.monotonic() > self._made_at + _FIRST_LOOK_SECONDS
        )

    def _require_open(self) -> None:
        self._require_running()
        self._monitor.start()

    def _require_running(self) -> None:
        if self._monitor.is_closed:
            raise InterfaceError("the database is closed")

    def _nobody(self, wanted: str) -> NoServer:
        """The error when a request waited in vain; the monitor's lock is held."""
        return NoServer(
            f"no server takes {wanted}: {self._topology.explain(time.monotonic())}",
            hint="wait for a promotion or for the servers to come back; `timeout` bounds the wait",
        )

    def _met(self, error: BaseException | None) -> None:
        """Look at the servers at once if a failure may mean that one is gone or has a new role."""
        if isinstance(error, errors.Error) and (
            isinstance(error, errors.ConnectionLost | errors.ConnectionFailed)
            or error.sqlstate in {"25006", "57P01", "57P02", "57P03"}
        ):
            self._monitor.look_now()

    def _watch(self, index: int) -> Connection:
        options = {"connect_timeout": 3, **self._connection_options}
        return Connection(configuration(self._dsns[index], options))


_READING = re.compile(r"\s*(select|values|table|show)\b", re.IGNORECASE)


def _only_reads(query: str) -> bool:
    """Whether SQL of the program's own is a question, as far as its first word tells."""
    return _READING.match(query) is not None and ";" not in query


def may_read_elsewhere(error: errors.Error) -> bool:
    """Whether a single statement that only reads may fare better on another server.

    The server went away, or cancelled it because what it reads is being replayed away (40001,
    PostgreSQL 18, 26.4.2).
    """
    lost = isinstance(error, errors.ConnectionLost | errors.ConnectionFailed)
    return lost or error.sqlstate in {"40001", "57P01", "57P02", "57P03"}


def position_of(token: str) -> int:
    """Bytes, from the text of a `pg_lsn`."""
    high, slash, low = token.partition("/")
    try:
        if slash:
            return int(high, 16) << 32 | int(low, 16)
    except ValueError:
        pass
    raise ProgrammingError(f"`{token}` is not the token of a session, such as `16/B374D848`")


def _name(config: _native.Config) -> str:
    hosts = config.hosts
    if len(hosts) != 1:
        raise ProgrammingError(
            f"expected one host for each server of a database, found {len(hosts)}",
            hint="give the further servers as `replicas`: which one is the primary is found out",
        )
    host, port = hosts[0]
    return f"{host}:{port}"


def _with_read_only(config: _native.Config) -> str:
    """The `options` under which what was said to read cannot write, on a primary neither."""
    given = config.get("options")
    return f"{given} {_READ_ONLY_OPTION}" if given else _READ_ONLY_OPTION


def deadline_after(timeout: float) -> float:
    """The moment after so many seconds."""
    return math.inf if timeout == math.inf else time.monotonic() + timeout
