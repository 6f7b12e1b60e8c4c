"""Listening that survives lost connections: `howdah.listen`, `listen_async`, `Pool.listen`.

Each listener has a connection of its own, made by a factory. Invariant: between two items either
nothing was missed, or the second is a `Missed`: whoever reads again what the channels tell of at
each `Missed` is never out of date.
"""

import asyncio
import contextlib
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from howdah import _identifiers
from howdah._backoff import pause_seconds
from howdah._connecting import configuration
from howdah._pool_options import bounded_connecting
from howdah._pool_policy import may_heal
from howdah._session import Notification
from howdah.errors import Error, InterfaceError, ProgrammingError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from howdah.async_connection import AsyncConnection
    from howdah.async_pool import AsyncPool
    from howdah.connection import Connection
    from howdah.notifications import AsyncNotifications, Notifications
    from howdah.pool import Pool

_CHECK_TIMEOUT_SECONDS = 10.0
_CONNECT_SECONDS = 30.0


class Missed(NamedTuple):
    """The connection was lost and made again: notifications may have been missed in between."""

    error: Error
    """How the loss showed."""


Event = Notification | Missed


class _Listening:
    """The decisions of a listener."""

    def __init__(
        self,
        channels: tuple[str, ...],
        *,
        timeout: float | None,
        check_interval: float,
        max_delay: float,
    ) -> None:
        if not channels:
            raise ProgrammingError("there is no channel to listen on")
        for channel in channels:
            _identifiers.channel(channel)
        if not check_interval > 0:
            raise ValueError(f"`check_interval` must be above 0, found {check_interval}")
        self._channels = channels
        self._timeout = timeout
        self._check_interval = check_interval
        self._max_delay = max_delay
        self._failures = 0
        self._loss: Error | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels listened on."""
        return self._channels

    def _patience(self, deadline: float | None, now: float) -> float:
        """How long to wait before the line is checked or the iteration ends."""
        if deadline is None:
            return self._check_interval
        return max(min(self._check_interval, deadline - now), 0.0)

    def _connected(self) -> Missed | None:
        """What to tell now that the channels are listened on."""
        self._failures = 0
        loss, self._loss = self._loss, None
        return None if loss is None else Missed(loss)

    def _delay(self, error: Exception) -> float:
        """How long to wait before the next attempt to connect; raises `error` if none can help."""
        if self._loss is None or not (may_heal(error) or _is_standby(error)):
            raise error
        self._failures += 1
        return pause_seconds(self._failures, self._max_delay)


def _is_standby(error: Exception) -> bool:
    """Whether a server refuses LISTEN because it replays another one's log, and may be promoted."""
    return isinstance(error, Error) and error.sqlstate == "25006"


class Listening(_Listening):
    """An iterator over notifications that makes lost connections again, from `listen`.

    Listening begins with the `with` block or the first item. `close` may be called from another
    thread, and ends the iteration.
    """

    def __init__(
        self,
        connect: "Callable[[], Connection]",
        channels: tuple[str, ...],
        *,
        timeout: float | None = None,
        check_interval: float = 30.0,
        max_delay: float = 30.0,
    ) -> None:
        super().__init__(
            channels, timeout=timeout, check_interval=check_interval, max_delay=max_delay
        )
        self._connect = connect
        self._connection: Connection | None = None
        self._notifications: Notifications | None = None
        self._closing = threading.Event()

    def close(self) -> None:
        """Close the connection; whoever waits in the iteration sees its end."""
        self._closing.set()
        connection = self._connection
        if connection is not None:
            connection.close()

    def __enter__(self) -> Self:
        self._open()
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

    def __next__(self) -> Event:
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        while not self._closing.is_set():
            try:
                patience = self._patience(deadline, time.monotonic())
                event = self._open() or self._hear(patience)
            except Error as error:
                self._lose(error)
                continue
            if event is not None:
                return event
            if deadline is not None and time.monotonic() >= deadline:
                break
        raise StopIteration

    def _hear(self, patience: float) -> Notification | None:
        """The next notification; after a silence the line is checked."""
        assert self._notifications is not None
        self._notifications._timeout = patience
        heard = next(self._notifications, None)
        if heard is None and patience >= self._check_interval:
            self._notifications._session.execute("select 1", timeout=_CHECK_TIMEOUT_SECONDS)
        return heard

    def _open(self) -> Missed | None:
        """Connect and listen, for as long as it takes, if there is no connection."""
        if self._closing.is_set():
            raise InterfaceError("the listener is closed")
        if self._notifications is not None:
            return None
        while True:
            try:
                self._connection = self._connect()
                notifications = self._connection.notifications(*self._channels)
                self._notifications = notifications.__enter__()
            except Exception as error:  # noqa: BLE001 (`_delay` raises what cannot heal)
                self._drop()
                if self._closing.wait(self._delay(error)):
                    return None
            else:
                return self._connected()

    def _lose(self, error: Error) -> None:
        """Remember the loss of the connection; raises an error that is none."""
        connection = self._connection
        if connection is None or not (connection.closed or isinstance(error, TimeoutError)):
            raise error
        self._loss = error
        self._drop()

    def _drop(self) -> None:
        connection, self._connection, self._notifications = self._connection, None, None
        if connection is not None:
            connection.close()


class AsyncListening(_Listening):
    """`Listening` for `async for` and `async with`, from `listen_async`."""

    def __init__(
        self,
        connect: "Callable[[], Awaitable[AsyncConnection]]",
        channels: tuple[str, ...],
        *,
        timeout: float | None = None,
        check_interval: float = 30.0,
        max_delay: float = 30.0,
    ) -> None:
        super().__init__(
            channels, timeout=timeout, check_interval=check_interval, max_delay=max_delay
        )
        self._connect = connect
        self._connection: AsyncConnection | None = None
        self._notifications: AsyncNotifications | None = None
        self._closing = asyncio.Event()

    async def close(self) -> None:
        """Close the connection; whoever waits in the iteration sees its end."""
        self._closing.set()
        connection = self._connection
        if connection is not None:
            await connection.close()

    aclose = close

    async def __aenter__(self) -> Self:
        await self._open()
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

    async def __anext__(self) -> Event:
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        while not self._closing.is_set():
            try:
                patience = self._patience(deadline, time.monotonic())
                event = await self._open() or await self._hear(patience)
            except Error as error:
                await self._lose(error)
                continue
            if event is not None:
                return event
            if deadline is not None and time.monotonic() >= deadline:
                break
        raise StopAsyncIteration

    async def _hear(self, patience: float) -> Notification | None:
        """The next notification; after a silence the line is checked."""
        assert self._notifications is not None
        self._notifications._timeout = patience
        heard = await anext(self._notifications, None)
        if heard is None and patience >= self._check_interval:
            await self._notifications._session.execute("select 1", timeout=_CHECK_TIMEOUT_SECONDS)
        return heard

    async def _open(self) -> Missed | None:
        """Connect and listen, for as long as it takes, if there is no connection."""
        if self._closing.is_set():
            raise InterfaceError("the listener is closed")
        if self._notifications is not None:
            return None
        while True:
            try:
                self._connection = await self._connect()
                notifications = self._connection.notifications(*self._channels)
                self._notifications = await notifications.__aenter__()
            except Exception as error:  # noqa: BLE001 (`_delay` raises what cannot heal)
                await self._drop()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._delay(error)):
                        await self._closing.wait()
                        return None
            else:
                return self._connected()

    async def _lose(self, error: Error) -> None:
        """Remember the loss of the connection; raises an error that is none."""
        connection = self._connection
        if connection is None or not (connection.closed or isinstance(error, TimeoutError)):
            raise error
        self._loss = error
        await self._drop()

    async def _drop(self) -> None:
        connection, self._connection, self._notifications = self._connection, None, None
        if connection is not None:
            await connection.close()


def listen(
    source: "str | Pool | None",
    /,
    *channels: str,
    timeout: float | None = None,
    check_interval: float = 30.0,
    max_delay: float = 30.0,
    **options: object,
) -> Listening:
    """Iterate over the notifications of some channels, on a connection of its own.

    `source` is what `connect` takes, with its `options`, or a pool, whose options are used; the
    connection is beside those that the pool counts. If it is lost, it is made again, with growing
    pauses of up to `max_delay` seconds, and a `Missed` is the next item. After `check_interval`
    seconds of silence the server is asked whether it is still there.

    Iteration ends after `timeout` seconds without an item (None: never), and can go on after that.
    Errors of the first attempt to connect are raised, later ones if a repetition cannot help.

    >>> with howdah.listen(url, "prices", timeout=5) as events:
    ...     conn.execute("notify prices, 'up'")
    ...     for event in events:
    ...         match event:
    ...             case howdah.Notification(payload=payload):
    ...                 print(payload)
    ...                 break
    ...             case howdah.Missed():
    ...                 print("read all prices again")
    0
    up
    """
    from howdah.connection import Connection
    from howdah.pool import Pool

    if isinstance(source, Pool):
        _refuse_options(options)
        connect = source._connect
    else:
        config = bounded_connecting(configuration(source, options), _CONNECT_SECONDS)

        def connect() -> Connection:
            return Connection(config)

    return Listening(
        connect, channels, timeout=timeout, check_interval=check_interval, max_delay=max_delay
    )


def listen_async(
    source: "str | AsyncPool | None",
    /,
    *channels: str,
    timeout: float | None = None,
    check_interval: float = 30.0,
    max_delay: float = 30.0,
    **options: object,
) -> AsyncListening:
    """`listen` for `async for` and `async with`. It is not awaited itself.

    >>> async def main():
    ...     async with howdah.listen_async(url, "prices") as events:
    ...         await asyncio.to_thread(conn.execute, "notify prices, 'down'")
    ...         return await anext(events)
    >>> asyncio.run(main()).payload
    'down'
    """
    from howdah.async_connection import open_connection
    from howdah.async_pool import AsyncPool

    if isinstance(source, AsyncPool):
        _refuse_options(options)
        connect = source._connect
    else:
        config = bounded_connecting(configuration(source, options), _CONNECT_SECONDS)

        async def connect() -> "AsyncConnection":
            return await open_connection(config)

    return AsyncListening(
        connect, channels, timeout=timeout, check_interval=check_interval, max_delay=max_delay
    )


def _refuse_options(options: dict[str, object]) -> None:
    if options:
        raise TypeError(f"a pool has its own options: `{next(iter(options))}` cannot be given")
