"""Notifications of a connection as an iterator: what `notifications()` of a connection returns.

Waits without polling: the sync one on the socket, the asyncio one for the event loop's reader.
Invariant: a notification that arrives while iterating is given once, in the order of arrival,
during whichever call the connection received it.
"""

import asyncio
import contextlib
import time
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Self

from howdah._session import Notification, Session
from howdah.errors import Error, InterfaceError, ProgrammingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from howdah.async_connection import AsyncConnection
    from howdah.connection import Connection


class Inbox:
    """What has arrived and waits. Knows nothing of the connection, which holds it."""

    def __init__(self) -> None:
        self.waiting: deque[Notification] = deque()
        self.wake: Callable[[], object] | None = None

    def __call__(self, notification: Notification) -> None:
        """Take one in."""
        self.waiting.append(notification)
        self.rouse()

    def rouse(self) -> None:
        """Let whoever waits look again."""
        if self.wake is not None:
            self.wake()


class _Subscription:
    """The part that does not wait."""

    _session: Session

    def __init__(self, channels: tuple[str, ...], timeout: float | None) -> None:
        self._channels = tuple(dict.fromkeys(channels))
        self._timeout = timeout
        self._inbox = Inbox()
        self._listening: list[str] = []
        self._started = False
        self._closed = False

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels given; empty for all that the connection listens on."""
        return self._channels

    def _starting(self) -> bool:
        """Whether this is the first use."""
        if self._closed:
            raise InterfaceError("the iterator over notifications is closed")
        first, self._started = not self._started, True
        if first and not self._channels:
            self._session._listeners.everyone.append(self._inbox)
        if first:
            self._session._listeners.inboxes.append(self._inbox)
        return first

    def _next_arrived(self) -> Notification | None:
        """The next that has arrived; None if it has to be waited for."""
        if self._inbox.waiting:
            return self._inbox.waiting.popleft()
        self._session.check_open()
        status = self._session.transaction_status
        if status in {"in_transaction", "failed"}:
            raise ProgrammingError(
                "notifications are not delivered inside a transaction",
                hint="commit or roll it back before waiting for them",
            )
        return None

    def _leave(self) -> list[str]:
        """Forget the inbox; the channels that are to be left by command."""
        self._closed = True
        table = self._session._listeners
        table.drop(self._inbox)
        left, self._listening = self._listening, []
        if not self._session.closed and self._session.transaction_status != "failed":
            return left
        for channel in left:
            with contextlib.suppress(ProgrammingError):  # a reset of the session was faster
                table.remove(channel, self._inbox)
        return []

    def __del__(self) -> None:
        # Abandoned: what still arrives must not pile up. LISTEN ends with the session.
        if getattr(self, "_started", False) and not self._closed:
            self._session._listeners.drop(self._inbox)
            for listeners in self._session._listeners.by_channel.values():
                while self._inbox in listeners:
                    listeners.remove(self._inbox)


class Notifications(_Subscription):
    """An iterator over notifications, from `Connection.notifications`.

    Listening begins with the `with` block, or with the first item, and ends with the block or
    `close`. Iteration ends when nothing has come for `timeout` seconds, and can go on after that.
    """

    _session: "Connection"

    def __init__(
        self, session: "Connection", channels: tuple[str, ...], timeout: float | None
    ) -> None:
        super().__init__(channels, timeout)
        self._session = session

    def close(self) -> None:
        """Stop listening, unless somebody else listens on the same channel."""
        for channel in self._leave():
            with contextlib.suppress(ProgrammingError):  # a reset of the session was faster
                self._session.remove_listener(channel, self._inbox)

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Notification:
        self._start()
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        while (arrived := self._next_arrived()) is None:
            left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
            try:
                if not self._session.hear(left) and left is not None:
                    raise StopIteration
            except Error:
                # What came before the end comes first.
                if not self._inbox.waiting:
                    raise
        return arrived

    def _start(self) -> None:
        if self._starting():
            for channel in self._channels:
                self._session.add_listener(channel, self._inbox)
                self._listening.append(channel)


class AsyncNotifications(_Subscription):
    """`Notifications` for `async for` and `async with`, from `AsyncConnection.notifications`.

    Other tasks may use the connection meanwhile.
    """

    _session: "AsyncConnection"

    def __init__(
        self, session: "AsyncConnection", channels: tuple[str, ...], timeout: float | None
    ) -> None:
        super().__init__(channels, timeout)
        self._session = session

    async def close(self) -> None:
        """Stop listening, unless somebody else listens on the same channel."""
        for channel in self._leave():
            with contextlib.suppress(ProgrammingError):  # a reset of the session was faster
                await self._session.remove_listener(channel, self._inbox)
        self._inbox.rouse()

    aclose = close

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Notification:
        await self._start()
        loop = asyncio.get_running_loop()
        deadline = None if self._timeout is None else loop.time() + self._timeout
        while (arrived := self._next_arrived()) is None:
            if not await self._wait(loop, deadline) and not self._inbox.waiting:
                raise StopAsyncIteration
        return arrived

    async def _wait(self, loop: asyncio.AbstractEventLoop, deadline: float | None) -> bool:
        """Wait for something to arrive, or the connection to end; false at the deadline."""
        if self._inbox.wake is not None:
            raise InterfaceError("another task waits for the next notification already")
        turn = loop.create_future()

        def settle() -> None:
            if not turn.done():
                turn.set_result(None)

        timer = None if deadline is None else loop.call_at(deadline, settle)
        self._inbox.wake = settle
        try:
            await turn
        finally:
            self._inbox.wake = None
            if timer is not None:
                timer.cancel()
        in_time = deadline is None or loop.time() < deadline
        return in_time and not self._closed

    async def _start(self) -> None:
        if self._starting():
            for channel in self._channels:
                await self._session.add_listener(channel, self._inbox)
                self._listening.append(channel)
