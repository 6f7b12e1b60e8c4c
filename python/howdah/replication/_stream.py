"""Streams of changes, for ordinary code and for asyncio.

A native thread receives and answers the server; what is here takes what has arrived, has it
decoded, and asks for types that nobody knows yet on an ordinary connection. Invariant: changes come
in the order of the stream, each once between two `Reconnected`; behind one of these, everything
comes again that ends after what was confirmed.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from howdah import _native
from howdah._backoff import pause_seconds
from howdah._pool_options import bounded_connecting
from howdah._pool_policy import may_heal
from howdah.async_connection import fresh_password, open_connection
from howdah.connection import Connection
from howdah.errors import ConnectionLost, Error
from howdah.replication._changes import Reconnected
from howdah.replication._commands import NAMES_OF_TYPES, values_of
from howdah.types import Lsn

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from howdah.replication._changes import Change

_CONNECT_SECONDS = 30.0
# What a server says that may be otherwise soon: lost lines, no room, going down or coming up, and a
# slot that still belongs to the connection that was lost.
_PASSING = ("08", "53", "57P", "55006")


class Line:
    """What a connection and its stream have in common; the stream may replace the wire."""

    def __init__(self, wire: _native.ReplicationConnection, config: _native.Config) -> None:
        self.wire = wire
        self.config = config
        self.ended: Callable[[], None] | None = None
        """What ends the stream, if there is one."""

    def end_stream(self) -> None:
        """Keep the stream, if there is one, from connecting again."""
        if self.ended is not None:
            self.ended()


@dataclass(frozen=True, slots=True)
class Opening:
    """How a stream is started, again if need be."""

    command: Callable[[int], str]
    """START_REPLICATION from a position."""
    start: int
    status_interval: float
    reconnect: bool
    max_delay: float


class _Stream:
    """What both kinds share: all that waits for nothing."""

    def __init__(self, line: Line, opening: Opening) -> None:
        self._line = line
        self._opening = opening
        self._decoder = line.wire.decoder()
        self._pieces: deque[bytes] = deque()
        self._open = True
        self._confirmed = opening.start
        self._loss: Error | None = None
        self._failures = 0

    @property
    def confirmed(self) -> Lsn:
        """The position that was confirmed last."""
        if self._open and self._loss is None and not self._line.wire.closed:
            return Lsn(self._line.wire.confirmed())
        return Lsn(self._confirmed)

    def confirm(self, lsn: int) -> None:
        """Say that all transactions that end before `lsn` are safe: they never come again.

        Give the `end_lsn` of a `Commit` when what came before it is stored, and nothing later.
        The server is told at once, in the background. What is not confirmed comes again in the
        next stream of the slot.
        """
        if self._loss is None:
            self._line.wire.confirm(lsn)
        self._confirmed = max(self._confirmed, lsn)

    def _unknown(self) -> list[int]:
        return self._decoder.unknown_types(self._pieces[0])

    def _pop(self) -> Any:
        change = self._decoder.decode(self._pieces[0])
        self._pieces.popleft()
        return change

    def _take(self, arrived: list[bytes] | None) -> None:
        """Keep what has arrived; None says that the stream has ended."""
        if arrived is not None:
            self._pieces.extend(arrived)
        elif self._opening.reconnect and self._open:
            raise ConnectionLost("the server ended the replication stream")
        else:
            self._open = False

    def _lose(self, error: Error) -> None:
        """Remember the loss of the connection; raises what is none, or is not to be mended."""
        if not self._open:
            return  # closed by another thread or task
        if not (self._opening.reconnect and _may_pass(error)):
            raise error
        self._loss = error
        self._pieces.clear()

    def _reconnect_config(self) -> _native.Config:
        return bounded_connecting(self._line.config, _CONNECT_SECONDS)

    def _start(self, wire: _native.ReplicationConnection) -> None:
        opening = self._opening
        wire.start(opening.command(self._confirmed), self._confirmed, opening.status_interval)

    def _adopt(self, wire: _native.ReplicationConnection) -> Reconnected:
        """Go on with another connection, on which nothing has been heard yet."""
        assert self._loss is not None
        told = Reconnected(self._loss, Lsn(self._confirmed))
        self._line.wire = wire
        self._decoder = wire.decoder()
        self._loss, self._failures = None, 0
        return told

    def _pause(self, error: Error) -> float:
        """How long to wait before the next attempt to connect; raises `error` if none can help."""
        if not _may_pass(error):
            raise error
        self._failures += 1
        return pause_seconds(self._failures, self._opening.max_delay)


def _may_pass(error: Error) -> bool:
    if error.sqlstate is None:
        return may_heal(error)
    return error.sqlstate.startswith(_PASSING)


class ReplicationStream(_Stream):
    """The changes of a slot's database, as an iterator; see `ReplicationConnection.stream`."""

    def __init__(self, line: Line, opening: Opening) -> None:
        super().__init__(line, opening)
        self._closing = threading.Event()
        line.ended = self._end

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Change:
        change = self.next()
        if change is None:
            raise StopIteration
        return change

    def next(self, timeout: float | None = None) -> Change | None:
        """The next change; None if there is none within `timeout` seconds, or the stream ended."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._open and self._loss is None:
            try:
                return self._next(timeout)
            except Error as error:
                self._lose(error)
        return self._reconnect(deadline)

    def _next(self, timeout: float | None) -> Change | None:
        if not self._pieces:
            self._take(self._line.wire.take(timeout))
            if not self._pieces:
                return None
        if unknown := self._unknown():
            self._learn(unknown)
        change: Change = self._pop()
        return change

    def _learn(self, unknown: list[int]) -> None:
        with Connection(self._line.config.replace(replication=None)) as connection:
            if types := connection.fetch(NAMES_OF_TYPES, unknown, row=tuple):
                connection.fetch(values_of(types))

    def _reconnect(self, deadline: float | None) -> Reconnected | None:
        """Connect and stream again, for as long as it takes or until the deadline."""
        while self._open:
            wire = None
            try:
                wire = _native.ReplicationConnection(self._reconnect_config())
                self._start(wire)
            except Error as error:
                if wire is not None:
                    wire.close()
                pause = self._pause(error)
            else:
                if not self._closing.is_set():
                    return self._adopt(wire)
                wire.close()
                break
            if deadline is not None:
                pause = min(pause, deadline - time.monotonic())
            if pause <= 0 or self._closing.wait(pause):
                break
        return None

    def close(self) -> None:
        """End the stream, after telling the server what was confirmed; twice is no error."""
        was_open = self._open
        self._end()
        if was_open:
            self._line.wire.finish()

    def _end(self) -> None:
        self._open = False
        self._closing.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncReplicationStream(_Stream):
    """`ReplicationStream` for `async for`. A wait that is cancelled loses no change."""

    def __init__(self, line: Line, opening: Opening) -> None:
        super().__init__(line, opening)
        self._closing = asyncio.Event()
        line.ended = self._end

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        change = await self.next()
        if change is None:
            raise StopAsyncIteration
        return change

    async def next(self, timeout: float | None = None) -> Change | None:
        """The next change; None if there is none within `timeout` seconds, or the stream ended."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._open and self._loss is None:
            try:
                return await self._next(timeout)
            except Error as error:
                self._lose(error)
        return await self._reconnect(deadline)

    async def _next(self, timeout: float | None) -> Change | None:
        if not self._pieces:
            limit = asyncio.timeout(timeout)
            try:
                async with limit:
                    await self._fill()
            except TimeoutError:
                if not limit.expired():
                    raise
            if not self._pieces:
                return None
        if unknown := self._unknown():
            await self._learn(unknown)
        change: Change = self._pop()
        return change

    async def _fill(self) -> None:
        """Take what has arrived, waiting for it."""
        while not self._pieces and self._open:
            arrived = self._line.wire.take(0)
            self._take(arrived)
            if arrived == []:
                await _readable(self._line.wire.fileno)

    async def _learn(self, unknown: list[int]) -> None:
        config = self._line.config.replace(replication=None)
        async with await open_connection(config) as connection:
            if types := await connection.fetch(NAMES_OF_TYPES, unknown, row=tuple):
                await connection.fetch(values_of(types))

    async def _reconnect(self, deadline: float | None) -> Reconnected | None:
        """Connect and stream again, for as long as it takes or until the deadline."""
        while self._open:
            wire = None
            try:
                wire = await open_wire(self._reconnect_config())
                await asyncio.to_thread(self._start, wire)
            except Error as error:
                if wire is not None:
                    await asyncio.to_thread(wire.close)
                pause = self._pause(error)
            else:
                if not self._closing.is_set():
                    return self._adopt(wire)
                await asyncio.to_thread(wire.close)
                break
            if deadline is not None:
                pause = min(pause, deadline - time.monotonic())
            if pause <= 0:
                break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._closing.wait()
        return None

    async def close(self) -> None:
        """End the stream, after telling the server what was confirmed; twice is no error."""
        was_open = self._open
        self._end()
        if was_open:
            await asyncio.to_thread(self._line.wire.finish)

    def _end(self) -> None:
        self._open = False
        self._closing.set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


async def open_wire(config: _native.Config) -> _native.ReplicationConnection:
    """Connect in a thread; a password that is called for is awaited before."""
    password = await fresh_password(config)
    return await asyncio.to_thread(_native.ReplicationConnection, config, password)


async def _readable(fileno: Callable[[], int]) -> None:
    loop = asyncio.get_running_loop()
    event, descriptor = asyncio.Event(), fileno()
    loop.add_reader(descriptor, event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(descriptor)
