"""What a program says of a cache: `howdah.Cache`, and what it is told: `CacheStats`. No IO."""

from __future__ import annotations

from typing import Any, NamedTuple

from howdah.caching._memory import Memory


class CacheStats(NamedTuple):
    """The figures of a database's cache, since it was made."""

    hits: int
    """Answers that came from memory or Redis."""
    misses: int
    """Answers that the database was asked for, to be kept."""
    waited: int
    """Answers that another thread or task was asking for already."""
    bypassed: int
    """Questions that went to the database because the cache could not be trusted at that moment."""
    stored: int
    """Answers that were kept."""
    invalidated: int
    """Commits and notifications that made answers count no more."""
    evicted: int
    """Answers that made room for others."""
    entries: int
    """Answers in memory now, some of which may count no more."""
    size_bytes: int
    """What they take, about."""
    is_listening: bool
    """Whether other processes are heard now."""


class Cache:
    """Answers to questions that are asked again: `Database(…, cache=howdah.Cache())`.

    - `max_entries`, `max_bytes`: of the answers kept in the process; the least recently used go.
    - `redis`: a client of the `redis` package, in which answers are kept for all processes as well.
      `redis.Redis` for a `Database`; `redis.asyncio.Redis` or `redis.Redis` for an `AsyncDatabase`.
    - `namespace`: keeps programs apart that share a Redis and a database and see different rows.
    - `notify`: tell other processes of commits, and hear theirs, by PostgreSQL's NOTIFY. Without,
      only this process' commits are known (with Redis: those of all that use it).

    One cache may serve several databases.

    >>> with howdah.Database(url, cache=howdah.Cache(max_bytes=2**20)) as db:
    ...     db.cache.stats().entries
    0
    """

    def __init__(
        self,
        *,
        max_entries: int = 10_000,
        max_bytes: int = 64 * 2**20,
        redis: Any = None,
        namespace: str = "",
        notify: bool = True,
    ) -> None:
        if max_entries < 1 or max_bytes < 1:
            raise ValueError("`max_entries` and `max_bytes` must be 1 at least")
        self.memory = Memory(max_entries, max_bytes)
        self.redis = redis
        self.namespace = namespace
        self.notify = notify

    def __repr__(self) -> str:
        return f"<howdah.Cache: {len(self.memory)} answers, {self.memory.size} bytes>"
