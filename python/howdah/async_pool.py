"""A pool of connections for the tasks of one event loop: `howdah.AsyncPool`.

What to do is decided by `_pool_policy.Roster`; here are the waiting and the connecting. Everything
between two `await`s is one step, so there is no lock. An idle connection is lent, and a clean one
taken back, by the roster's native shelf.

Invariant: every connection is in one place: idle, in use, aside with a task, or gone. A request
that is cancelled at the moment when it gets a connection passes it on to the next.
"""

import asyncio
import contextlib
import math
import time
import warnings
from asyncio import get_running_loop
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from howdah._native import Entry
from howdah._pool_base import PoolBase
from howdah._pool_options import CLEANING_SECONDS, RESET_SESSION, PoolOptions, ResetPolicy
from howdah._pool_shortcuts import AsyncShortcuts
from howdah.async_connection import AsyncConnection, open_connection
from howdah.errors import InterfaceError, PoolClosed, PoolTimeout

if TYPE_CHECKING:
    from howdah.listening import AsyncListening

Hook = Callable[[AsyncConnection], Awaitable[object]]
Turn = asyncio.Future["Entry[AsyncConnection]"]


class AsyncLease:
    """What `async with pool.connection() as conn:` enters."""

    __slots__ = ("_connection", "_pool", "_timeout")

    def __init__(self, pool: "AsyncPool", timeout: float | None) -> None:
        self._pool = pool
        self._timeout = timeout
        self._connection: AsyncConnection | None = None

    async def __aenter__(self) -> AsyncConnection:
        if self._connection is not None:
            raise InterfaceError("`connection()` can be entered only once")
        self._connection = await self._pool.acquire(self._timeout)
        return self._connection

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        connection = self._connection
        # what can be taken back as it is has nothing to commit
        if connection is None or self._pool._shelf.take_back(connection):
            return
        try:
            if error is None and not connection.closed:
                await connection.commit()
        finally:
            await self._pool.release(connection)


class AsyncPool(PoolBase[AsyncConnection, Turn], AsyncShortcuts):
    """Connections that the tasks of one event loop share.

    Arguments and rules are those of `Pool`; `check`, `reset` and `configure` are asynchronous
    callables. The pool belongs to the loop in which it is used first.

    >>> async def main():
    ...     async with howdah.AsyncPool(url, max_size=2) as pool:
    ...         async with pool.connection() as conn:
    ...             return await conn.fetch_value("select 1"), await pool.fetch_value("select 2")
    >>> asyncio.run(main())
    (1, 2)
    """

    def __init__(  # noqa: PLR0913 (its options are its subject)
        self,
        dsn: str | None = None,
        /,
        *,
        min_size: int = 1,
        max_size: int = 10,
        max_overflow: int = 0,
        timeout: float = 30.0,
        max_lifetime: float = 3600.0,
        max_idle: float = 600.0,
        max_waiting: int = 0,
        check: Hook | bool | None = None,
        reset: ResetPolicy | Hook = "if-dirty",
        configure: Hook | None = None,
        name: str | None = None,
        autocommit: bool = False,
        **options: object,
    ) -> None:
        pool_options = PoolOptions(
            min_size=min_size,
            max_size=max_size,
            max_overflow=max_overflow,
            timeout=timeout,
            max_lifetime=max_lifetime,
            max_idle=max_idle,
            max_waiting=max_waiting,
            check=check,
            reset=reset,
            configure=configure,
            name=name,
        )
        self._prepare(dsn, options, pool_options, autocommit=autocommit)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._refilling: asyncio.Task[None] | None = None
        self._tick: asyncio.TimerHandle | None = None
        self._moved = asyncio.Event()

    async def open(self, timeout: float | None = None) -> None:
        """Open `min_size` connections and wait for them, which the first request does not need.

        Raises what the first attempt to connect raises, what cannot pass by waiting, and
        `PoolTimeout`.
        """
        self._require_open()
        if self._roster.min_size == 0:
            return
        timeout = self._options.timeout if timeout is None else timeout
        try:
            async with asyncio.timeout(None if timeout == math.inf else timeout):
                await self.release(await self.acquire(timeout))
                self._refill_if_missing()
                while self._roster.established < self._roster.min_size:
                    if (refusal := self._roster.refusal()) is not None:
                        raise refusal
                    self._moved.clear()
                    await self._moved.wait()
                    self._require_open()
        except TimeoutError as error:
            if isinstance(error, PoolTimeout):
                raise
            raise self._roster.timed_out(timeout) from error

    async def acquire(self, timeout: float | None = None) -> AsyncConnection:
        """Take a connection, which must be returned by `release`; `connection()` does both.

        `timeout` in seconds replaces the pool's. Raises `PoolTimeout`, `TooManyRequests`,
        `PoolClosed`, and what connecting raises if waiting cannot help: all that wait then get
        it. Cancelled, it takes nothing.
        """
        if self._loop is get_running_loop():
            connection = self._shelf.lend()
            if connection is not None:
                return connection
        return await self._acquire(timeout)

    async def release(self, connection: AsyncConnection, /) -> None:
        """Return a connection. An open transaction is rolled back.

        One whose cancelled statement has not ended yet is cleaned in the background: this never
        waits longer than a few seconds for the server.
        """
        if not self._shelf.take_back(connection):
            await self._release(connection)

    def connection(self, timeout: float | None = None) -> AsyncLease:
        """A block with a connection of its own.

        A clean end commits the transaction that a cursor opened, an exception rolls it back.
        """
        return AsyncLease(self, timeout)

    def listen(
        self,
        *channels: str,
        timeout: float | None = None,
        check_interval: float = 30.0,
        max_delay: float = 30.0,
    ) -> "AsyncListening":
        """`howdah.listen_async` with the pool's options and `configure`; it is not awaited.

        The listener has a connection of its own, beside those that the pool counts.
        """
        from howdah.listening import listen_async

        return listen_async(
            self, *channels, timeout=timeout, check_interval=check_interval, max_delay=max_delay
        )

    def resize(self, min_size: int, max_size: int) -> None:
        """Change the sizes. Idle connections above are closed soon, those in use when returned."""
        self._roster.resize(min_size, max_size)
        if self._phase == "open":
            self._prune()
            self._refill_if_missing()

    async def close(self, timeout: float = 5.0) -> None:
        """Close the pool: waiting requests get `PoolClosed`, idle connections are closed.

        Waits up to `timeout` seconds for connections in use to come back, then cuts them. Never
        waits longer. May be called twice.
        """
        if self._phase == "closed":
            return
        self._phase = "closed"
        if self._tick is not None:
            self._tick.cancel()
        if self._refilling is not None:
            self._refilling.cancel()
        idle, turns = self._roster.close()
        for turn in turns:
            if not turn.done():
                turn.set_exception(PoolClosed("the pool was closed"))
        self._moved.set()
        for entry in idle:
            self._background(entry.connection.close())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if timeout == math.inf else timeout):
                while self._roster.in_use or self._roster.aside or self._tasks:
                    self._moved.clear()
                    await self._moved.wait()
        for entry in self._shelf.all_lent():
            entry.connection.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        try:
            await self.open()
        except BaseException:
            await self.close(timeout=0)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __del__(self) -> None:
        # Also after a failed __init__, where nothing is there yet.
        if getattr(self, "_phase", "new") == "open":
            warnings.warn(f"the pool `{self.name}` was not closed", ResourceWarning, stacklevel=2)

    def _require_open(self) -> asyncio.AbstractEventLoop:
        loop = get_running_loop()
        if self._phase == "closed":
            raise PoolClosed("the pool is closed")
        if self._loop is not loop:
            if self._loop is not None:
                raise InterfaceError(
                    "the pool belongs to another event loop",
                    hint="make one pool for each loop, inside of it",
                )
            self._loop = loop
            self._phase = "open"
            self._roster.open()
        return loop

    # Taking

    async def _acquire(self, timeout: float | None) -> AsyncConnection:
        """A connection where the quick way had none."""
        loop = self._require_open()
        timeout = self._options.timeout if timeout is None else timeout
        deadline = loop.time() + timeout
        while (dead := self._shelf.pop_dead()) is not None:
            self._drop(dead)
        first = False
        while True:
            entry = self._roster.take_idle(first=first)
            if entry is None:
                entry = await self._open_or_wait(loop, timeout, deadline, first=first)
            if not entry.is_alive():
                self._drop(entry)
            elif not self._options.check or await self._passes_check(entry):
                return entry.connection
            first = True

    async def _open_or_wait(
        self, loop: asyncio.AbstractEventLoop, timeout: float, deadline: float, *, first: bool
    ) -> Entry[AsyncConnection]:
        """A new connection if there may be one more, or the next that is handed over."""
        if self._roster.may_open_for_request(first=first):
            entry = await self._open_for_request()
            if entry is not None:
                return entry
            first = True
        return await self._wait(loop, timeout, deadline, first=first)

    async def _open_for_request(self) -> Entry[AsyncConnection] | None:
        """A new connection, as in use; None if that failed and the request waits for another."""
        self._roster.begin_opening()
        try:
            connection = await self._connect()
        except BaseException as error:
            if self._attempt_failed(error, by_request=True):
                return None
            raise
        entry = self._admit(connection)
        self._roster.use(entry)
        self._refill_if_missing()
        return entry

    def _attempt_failed(self, error: BaseException, *, by_request: bool) -> bool:
        """Tell those who wait in vain; true if the request that tried shall wait itself."""
        roster, waits = self._roster, False
        if isinstance(error, Exception):
            waits = roster.attempt_failed(error, time.monotonic(), by_request=by_request)
        else:
            roster.give_up_opening()
        for turn in roster.refused_waiters():
            refusal = roster.refusal()
            if refusal is not None and not turn.done():
                turn.set_exception(refusal)
        self._notice_departure()
        return waits

    def _admit(self, connection: AsyncConnection) -> Entry[AsyncConnection]:
        """Count a new connection among those aside."""
        self._start_ticking()
        return self._roster.admit(connection, time.monotonic())

    async def _connect(self) -> AsyncConnection:
        if self._phase == "closed":
            raise PoolClosed("the pool is closed")
        connection = await open_connection(self._config)
        connection._join_pool(self._codecs, autocommit=self._autocommit)
        try:
            await self._configure(connection)
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _configure(self, connection: AsyncConnection) -> None:
        if self._options.configure is not None:
            connection._choose(connection._bare_choices)
            await self._options.configure(connection)
            await connection.commit()
            connection._kept_choices = connection._choices()

    async def _wait(
        self, loop: asyncio.AbstractEventLoop, timeout: float, deadline: float, *, first: bool
    ) -> Entry[AsyncConnection]:
        """Stand in the queue until a connection is handed over."""
        started = loop.time()
        self._require_open()
        # one may have come back while this request tried to connect
        if (entry := self._roster.take_idle(first=first)) is not None:
            return entry
        if deadline <= started:
            raise self._roster.timed_out(timeout)
        turn: Turn = loop.create_future()
        self._roster.enqueue(turn, first=first)
        self._refill_if_missing()
        alarm = (
            None if deadline == math.inf else loop.call_at(deadline, self._expire, turn, timeout)
        )
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                # It was handed over, but this task does not live to use it.
                self._offer(self._roster.surrender(turn.result().connection))
            raise
        finally:
            if alarm is not None:
                alarm.cancel()
            self._roster.leave_queue(turn)
            self._roster.counters.wait_seconds += loop.time() - started

    def _expire(self, turn: Turn, timeout: float) -> None:
        if not turn.done():
            self._roster.leave_queue(turn)
            turn.set_exception(self._roster.timed_out(timeout))

    async def _passes_check(self, entry: Entry[AsyncConnection]) -> bool:
        """The program's check; a connection that fails it is dropped."""
        check = self._options.check
        try:
            if callable(check):
                await check(entry.connection)
            else:
                await entry.connection.execute("")
        except Exception:  # noqa: BLE001 (whatever it is, the connection failed the check)
            self._drop(entry)
            return False
        except BaseException:
            self._drop(entry)
            raise
        if entry.connection.closed:
            self._drop(entry)
            return False
        return True

    # Returning

    async def _release(self, connection: AsyncConnection) -> None:
        """Take back a connection that is to be cleaned, waited for or closed."""
        entry = self._roster.surrender(connection)
        if self._phase != "open":
            self._retire(entry, lost=False)
        elif connection.busy and not connection.closed:
            self._background(self._clean_and_offer(entry))
        else:
            await self._clean_and_offer(entry)

    async def _clean_and_offer(self, entry: Entry[AsyncConnection]) -> None:
        """Make an entry that is aside clean, and pass it on or keep it, or drop it."""
        try:
            clean = await self._clean(entry)
        except BaseException:
            self._retire(entry, lost=True)
            raise
        if clean:
            self._offer(entry)
        else:
            self._retire(entry, lost=True)

    async def _clean(self, entry: Entry[AsyncConnection]) -> bool:
        """Roll back and reset the session; false if the connection is of no more use."""
        connection = entry.connection
        if self._roster.is_clean(entry):
            return True
        if connection.closed:
            return False
        try:
            connection._leave_all_blocks()
            if connection.transaction_status != "idle":
                await connection.run("rollback", None, tuple, CLEANING_SECONDS)
            if self._options.reset != "none":
                connection._choose(connection._kept_choices)
            await self._undo(entry)
            entry.remember()
        except Exception:  # noqa: BLE001 (whatever it is, the connection is not clean)
            return False
        return connection.transaction_status == "idle"

    async def _undo(self, entry: Entry[AsyncConnection]) -> None:
        connection, way = entry.connection, self._options.undoing(is_dirty=entry.is_dirty)
        if way == "nothing":
            return
        if way == "callable":
            await self._options.call_reset(connection)
            return
        if way == "at once" or not connection.send_ahead(RESET_SESSION):
            await connection.run(RESET_SESSION, None, tuple, CLEANING_SECONDS)
        connection._listeners.by_channel.clear()
        await self._configure(connection)

    def _offer(self, entry: Entry[AsyncConnection]) -> None:
        """Pass a clean entry that is aside on to who waits longest, or keep it, or close it."""
        roster, now = self._roster, time.monotonic()
        if roster.is_usable(entry, now):
            while (turn := roster.next_waiter()) is not None:
                if not turn.done():
                    roster.use(entry)
                    turn.set_result(entry)
                    return
        if roster.keep_idle(entry, now):
            self._moved.set()
            return
        self._retire(entry, lost=False)

    def _retire(self, entry: Entry[AsyncConnection], *, lost: bool) -> None:
        """Give up a connection that is aside."""
        self._roster.depart(lost=lost)
        if lost:
            entry.connection.abort()
            self._look_at_idle()
        else:
            self._background(entry.connection.close())
        self._notice_departure()

    def _drop(self, entry: Entry[AsyncConnection]) -> None:
        """Cut a connection that was to be handed out."""
        self._roster.surrender(entry.connection)
        self._retire(entry, lost=True)

    def _look_at_idle(self) -> None:
        """One connection was lost: give up all that are."""
        for entry in self._roster.take_suspects():
            if entry.is_alive():
                self._offer(entry)
            else:
                self._roster.depart(lost=True)
                entry.connection.abort()

    def _notice_departure(self) -> None:
        """There is room for a new connection, or one less to wait for at `close`."""
        self._moved.set()
        if self._phase == "open":
            self._refill_if_missing()

    # In the background

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._background_done)

    def _background_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._moved.set()

    def _start_ticking(self) -> None:
        if self._tick is None and self._loop is not None:
            self._tick = self._loop.call_later(self._options.tick, self._on_tick)

    def _on_tick(self) -> None:
        self._tick = None
        if self._phase == "open":
            self._prune()
            self._refill_if_missing()
            if self._roster.size > 0:
                self._start_ticking()

    def _prune(self) -> None:
        for entry in self._roster.prune(time.monotonic()):
            self._background(entry.connection.close())

    def _refill_if_missing(self) -> None:
        if self._refilling is None and self._roster.missing() and self._loop is not None:
            self._refilling = self._loop.create_task(self._refill())

    async def _refill(self) -> None:
        """Open one connection after the other, as long as some are missing."""
        roster = self._roster
        try:
            while self._phase == "open" and roster.missing():
                if (delay := roster.retry_in(time.monotonic())) > 0:
                    await asyncio.sleep(delay)
                    continue
                roster.begin_opening()
                try:
                    connection = await self._connect()
                except BaseException as error:
                    self._attempt_failed(error, by_request=False)
                    if not isinstance(error, Exception):
                        raise
                else:
                    self._offer(self._admit(connection))
        finally:
            self._refilling = None


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """Cleaning up may fail: then the connection is gone, which its pool has counted."""
    with contextlib.suppress(Exception):
        await work
