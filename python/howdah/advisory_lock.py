"""Advisory locks as context managers: what `advisory_lock()` of a connection returns.

Asks the server when a lock is taken and given back. Invariant: after the block the session does
not hold the lock, or the connection is closed; a lock that was lost inside the block raises.
"""

import hashlib
from types import TracebackType
from typing import TYPE_CHECKING, Self

from howdah._session import Session, failed_transaction
from howdah.errors import (
    ConnectionLost,
    Error,
    InterfaceError,
    LockNotAvailable,
    ProgrammingError,
    QueryTimeout,
)

if TYPE_CHECKING:
    from howdah.async_connection import AsyncConnection
    from howdah.connection import Connection

Key = int | str | tuple[int, int]

_HELD = """
    select exists (
        select from pg_catalog.pg_locks
        where pid = pg_catalog.pg_backend_pid() and locktype = 'advisory' and granted
          and (classid::bigint, objid::bigint, objsubid) = ($1, $2, $3)
          and mode = case when $4 then 'ShareLock' else 'ExclusiveLock' end)
"""


class Lock:
    """The decisions of an advisory lock."""

    def __init__(
        self,
        session: Session,
        key: Key,
        *,
        shared: bool,
        transaction: bool,
        wait: bool,
        timeout: float | None,
    ) -> None:
        if timeout is not None and not wait:
            raise ProgrammingError("`timeout` is for a lock that waits: `wait` is False")
        self._session = session
        self._key = key
        self._arguments = lock_arguments(key)
        self._shared = shared
        self._transaction = transaction
        self._wait = wait
        self._timeout = timeout
        self._is_held = False

    @property
    def held(self) -> bool:
        """Whether it was taken and not given back, on a connection that is alive."""
        return self._is_held and not self._session.closed

    def __repr__(self) -> str:
        return f"<howdah.{type(self).__name__} {self._key!r}: {'held' if self.held else 'free'}>"

    def _acquiring(self) -> str:
        """The query that takes it."""
        if self._is_held:
            raise ProgrammingError("the lock is held already")
        self._session.check_open()
        in_transaction = self._session.transaction_status != "idle"
        if self._transaction and not in_transaction:
            raise ProgrammingError(
                "a lock of the transaction needs an open one",
                hint="take it inside a `transaction()` block, or without `transaction=True`",
            )
        if in_transaction and not self._transaction:
            raise ProgrammingError(
                "a lock of the session cannot be taken inside a transaction: it would be given "
                "back before the transaction's changes can be seen",
                hint="take it before the transaction begins, or pass `transaction=True`",
            )
        return self._call("" if self._wait else "try_", "lock")

    def _acquired(self, answer: object) -> None:
        # The functions that wait return void; those that do not whether they were successful.
        if answer is False:
            raise self._unavailable("somebody else holds it")
        self._is_held = True

    def _unavailable(self, why: str) -> LockNotAvailable:
        return LockNotAvailable(f"the advisory lock `{self._key}` was not taken: {why}")

    def _releasing(self, error: BaseException | None) -> tuple[list[str], Error | None]:
        """The queries that give it back, and the complaint to raise afterwards."""
        if not self._is_held:
            return [], None
        self._is_held = False
        if self._session.closed:
            return [], ConnectionLost(
                f"the connection was lost while it held the advisory lock `{self._key}`: "
                "others may have taken it since"
            )
        if self._transaction:
            return [], None
        unlock = self._call("", "unlock")
        status = self._session.transaction_status
        if status == "failed":
            # Nothing else can be executed in it, and nothing of it can be kept.
            return ["rollback", unlock], failed_transaction()
        if status == "in_transaction" and error is None:
            return [unlock], ProgrammingError(
                "the advisory lock was given back before the transaction that began under it has "
                "ended",
                hint="commit inside the lock's block",
            )
        return [unlock], None

    def _released(self, answer: object) -> None:
        if answer is False:
            raise ProgrammingError(
                f"the advisory lock `{self._key}` was not held any more",
                hint="`discard all` and `pg_advisory_unlock_all()` give up all locks",
            )

    def _call(self, attempt: str, verb: str) -> str:
        scope = "xact_" if self._transaction else ""
        shared = "_shared" if self._shared else ""
        slots = "$1" if len(self._arguments) == 1 else "$1::int, $2::int"
        return f"select pg_catalog.pg_{attempt}advisory_{scope}{verb}{shared}({slots})"


class AdvisoryLock(Lock):
    """An advisory lock of a `Connection`, for `with`."""

    _session: "Connection"

    def acquire(self) -> None:
        """Take it. Raises `errors.LockNotAvailable` if it is not to be had, or not in time."""
        query = self._acquiring()
        try:
            if self._transaction and self._timeout is not None:
                with self._session.transaction():  # a savepoint: a timeout ends no more than it
                    answer = self._fetch_value(query, timeout=self._timeout)
            else:
                answer = self._fetch_value(query, timeout=self._timeout)
        except QueryTimeout as error:
            self._give_back_stray()
            raise self._unavailable(f"it was not free within {self._timeout} s") from error
        except BaseException:
            self._give_back_stray()
            raise
        self._acquired(answer)

    def release(self) -> None:
        """Give it back. A lock of the transaction ends with that."""
        self._release(None)

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._release(error)

    def _release(self, error: BaseException | None) -> None:
        commands, complaint = self._releasing(error)
        for command in commands:
            if command == "rollback":
                self._session.execute(command)
            else:
                self._released(self._fetch_value(command))
        if complaint is not None and error is None:
            raise complaint

    def _give_back_stray(self) -> None:
        """Give back a lock that the server granted when nobody waited for it any more."""
        session = self._session
        if self._transaction or session.closed:
            return
        if session.fetch_value(_HELD, *lock_tag(self._arguments), self._shared):
            self._fetch_value(self._call("", "unlock"))

    def _fetch_value(self, query: str, timeout: float | None = None) -> object:
        return self._session.fetch_value(query, *self._arguments, timeout=timeout)


class AsyncAdvisoryLock(Lock):
    """An advisory lock of an `AsyncConnection`, for `async with`."""

    _session: "AsyncConnection"

    async def acquire(self) -> None:
        """Take it. Raises `errors.LockNotAvailable` if it is not to be had, or not in time."""
        query = self._acquiring()
        try:
            if self._transaction and self._timeout is not None:
                async with self._session.transaction():  # a savepoint: it ends no more than that
                    answer = await self._fetch_value(query, timeout=self._timeout)
            else:
                answer = await self._fetch_value(query, timeout=self._timeout)
        except QueryTimeout as error:
            await self._give_back_stray()
            raise self._unavailable(f"it was not free within {self._timeout} s") from error
        except BaseException:
            await self._give_back_stray()
            raise
        self._acquired(answer)

    async def release(self) -> None:
        """Give it back. A lock of the transaction ends with that."""
        await self._release(None)

    async def __aenter__(self) -> Self:
        await self.acquire()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._release(error)

    async def _release(self, error: BaseException | None) -> None:
        commands, complaint = self._releasing(error)
        for command in commands:
            if command == "rollback":
                await self._session.execute(command)
            else:
                self._released(await self._fetch_value(command))
        if complaint is not None and error is None:
            raise complaint

    async def _give_back_stray(self) -> None:
        """Give back a lock that the server granted when nobody waited for it any more."""
        session = self._session
        if self._transaction or session.closed:
            return
        if await session.fetch_value(_HELD, *lock_tag(self._arguments), self._shared):
            await self._fetch_value(self._call("", "unlock"))

    async def _fetch_value(self, query: str, timeout: float | None = None) -> object:
        return await self._session.fetch_value(query, *self._arguments, timeout=timeout)


def text_key(text: str) -> int:
    """The key for a text: the first 64 bits of its SHA-256 as UTF-8, big-endian and signed.

    In SQL: `('x' || left(encode(sha256('nightly report'), 'hex'), 16))::bit(64)::bigint`.

    >>> text_key("nightly report")
    1451769646762480301
    """
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)


def lock_arguments(key: Key) -> tuple[int, ...]:
    """The arguments of the server's functions for a key."""
    match key:
        case bool():
            pass
        case str():
            return (text_key(key),)
        case int() if -(2**63) <= key < 2**63:
            return (key,)
        case (int(first), int(second)) if all(-(2**31) <= part < 2**31 for part in (first, second)):
            return (first, second)
    raise InterfaceError(
        "the key of an advisory lock must be a `str`, an `int` of 64 bits or a pair of 32 bits each"
    )


def lock_tag(arguments: tuple[int, ...]) -> tuple[int, int, int]:
    """What `pg_locks` shows for such a lock: `classid`, `objid` and `objsubid`."""
    if len(arguments) == 1:
        (key,) = arguments
        return key >> 32 & 0xFFFF_FFFF, key & 0xFFFF_FFFF, 1
    first, second = arguments
    return first & 0xFFFF_FFFF, second & 0xFFFF_FFFF, 2
