"""Answers in Redis, for all processes.

Does IO by the client that the program gave, as steps for both worlds. Every table and tag has a
version in Redis, which grows with each commit that changes it, once before and once after. An
answer is kept with the versions that were there before it was asked for, and counts only while they
are the same. So nothing has to be deleted, and a read that overlaps a commit is never believed.

Invariants: an answer never counts whose tables have changed as far as this process knows, even if
the one who changed them died before it could say so in Redis (`_floors`), or Redis was away
(`_owed`); whatever Redis does, no error of it reaches the program.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from howdah.errors import ProgrammingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from howdah.orm.statements.base import Steps

_log = logging.getLogger("howdah.cache")
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 5.0
Versions = dict[str, int]


class Shared:
    """What one database keeps in Redis."""

    def __init__(self, client: Any, prefix: str, *, is_async: bool) -> None:
        client_is_async = inspect.iscoroutinefunction(client.execute_command)
        if client_is_async and not is_async:
            raise ProgrammingError(
                "a `redis.asyncio` client cannot be used by threads",
                hint="give a `Database` a `redis.Redis`",
            )
        pool = getattr(client, "connection_pool", None)
        if getattr(pool, "connection_kwargs", {}).get("decode_responses"):
            raise ProgrammingError(
                "the Redis client has `decode_responses`, and answers are bytes",
                hint="give the cache a client of its own",
            )
        self._client = client
        self._in_thread = is_async and not client_is_async
        self._is_async = is_async
        self._prefix = f"{{howdah:{prefix}}}:"
        self._lock = threading.Lock()
        self._floors: Versions = {}
        self._owed: set[str] = set()
        self._failures = 0
        self._quiet_until = 0.0

    def find(self, key: bytes, names: Iterable[str]) -> Steps:
        """The answer of a key, or None; and the versions of now, None while Redis is away."""
        names = sorted(names)
        keys = [self._key(key), *map(self._version_key, names)]
        for _ in range(2):
            owed = self._owed.intersection(names)
            if owed and (yield from self.bump(owed)) is None:
                return None, None
            found = yield from self._call(lambda client: client.mget(keys))
            if found is None:
                return None, None
            known = {
                name: int(it) for name, it in zip(names, found[1:], strict=True) if it is not None
            }
            behind = self._behind(names, known)
            if not behind:
                return _payload(found[0], known), known
            if (yield from self.bump(behind)) is None:
                return None, None
        return None, None

    def store(self, key: bytes, payload: bytes, versions: Versions, expires: float) -> Steps:
        """Keep an answer that was asked for when these were the versions."""
        head = json.dumps({"versions": versions, "expires": expires}).encode()
        data = len(head).to_bytes(4) + head + payload
        milliseconds = max(int((expires - time.time()) * 1000), 1)
        yield from self._call(lambda client: client.set(self._key(key), data, px=milliseconds))

    def bump(self, names: Iterable[str]) -> Steps:
        """These have changed. Returns their versions, None while Redis is away."""
        names = sorted(names)
        with self._lock:
            self._owed.update(names)

        def count_up(client: Any) -> Any:
            pipeline = client.pipeline(transaction=False)
            for name in names:
                # a version that Redis has lost begins above all that were there
                pipeline.set(self._version_key(name), time.time_ns(), nx=True)
                pipeline.incr(self._version_key(name))
            return pipeline.execute()

        found = yield from self._call(count_up)
        if found is None:
            return None
        versions = dict(zip(names, map(int, found[1::2]), strict=True))
        with self._lock:
            self._owed.difference_update(names)
        self.heard(versions, ahead=0)
        return versions

    def heard(self, versions: Mapping[str, int], *, ahead: int = 1) -> None:
        """What another process said before its commit: afterwards they are one more."""
        with self._lock:
            for name, version in versions.items():
                self._floors[name] = max(self._floors.get(name, 0), version + ahead)

    def owe(self, names: Iterable[str]) -> None:
        """These have changed, and nobody has said so in Redis."""
        with self._lock:
            self._owed.update(names)

    def _behind(self, names: Iterable[str], known: Versions) -> list[str]:
        with self._lock:
            return [name for name in names if known.get(name, -1) < self._floors.get(name, 0)]

    def _call(self, work: Callable[[Any], Any]) -> Steps:
        """What the client answers; None while Redis is away."""
        if time.monotonic() < self._quiet_until:
            return None
        try:
            answer = yield lambda _: self._start(work)
        except Exception as error:  # noqa: BLE001 (whatever a client raises)
            self._failed(error)
            return None
        if self._failures:
            self._failures = 0
            _log.info("Redis is back")
        return answer

    def _start(self, work: Callable[[Any], Any]) -> Any:
        if self._in_thread:
            return asyncio.to_thread(work, self._client)
        return work(self._client)

    def _failed(self, error: Exception) -> None:
        with self._lock:
            self._failures += 1
            first = self._failures == 1
            pause = _FIRST_PAUSE_SECONDS * 2 ** min(self._failures - 1, 10)
            self._quiet_until = time.monotonic() + min(pause, _LONGEST_PAUSE_SECONDS)
        if first:
            _log.warning(
                "Redis is away (%s): answers are cached in the process, or asked for",
                type(error).__name__,
            )

    def _key(self, key: bytes) -> str:
        return f"{self._prefix}a:{key.hex()}"

    def _version_key(self, name: str) -> str:
        return f"{self._prefix}v:{name}"


def _payload(data: Any, known: Versions) -> tuple[bytes, float] | None:
    """An answer's bytes and when it expires, if its versions are these."""
    if not isinstance(data, bytes) or len(data) < 4:
        return None
    end = 4 + int.from_bytes(data[:4])
    try:
        head = json.loads(data[4:end])
        if head["versions"] != known or head["expires"] <= time.time():
            return None
        return data[end:], float(head["expires"])
    except (ValueError, KeyError, TypeError):
        return None
