"""Streams of changes, for ordinary code and for asyncio.

A native thread receives and answers the server; what is here takes what has arrived, has it
decoded, and asks for types that nobody knows yet on an ordinary connection. Invariant: changes come
in the order of the stream, each once per stream.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Self

from howdah.connection import Connection
from howdah.replication._commands import learn_types
from howdah.types import Lsn

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from howdah import _native
    from howdah.replication._changes import Change


class _Stream:
    """What both kinds share."""

    def __init__(self, wire: _native.ReplicationConnection, config: _native.Config) -> None:
        self._wire = wire
        self._config = config
        self._decoder = wire.decoder()
        self._pieces: deque[bytes] = deque()
        self._open = True

    @property
    def confirmed(self) -> Lsn:
        """The position that was confirmed last."""
        return Lsn(self._wire.confirmed())

    def confirm(self, lsn: int) -> None:
        """Say that all transactions that end before `lsn` are safe: they never come again.

        Give the `end_lsn` of a `Commit` when what came before it is stored, and nothing later.
        The server is told at once, in the background. What is not confirmed comes again in the
        next stream of the slot.
        """
        self._wire.confirm(lsn)

    def _unknown(self) -> list[int]:
        return self._decoder.unknown_types(self._pieces[0])

    def _learn(self, unknown: list[int]) -> None:
        with Connection(self._config.replace(replication=None)) as connection:
            learn_types(connection, unknown)

    def _pop(self) -> Any:
        change = self._decoder.decode(self._pieces[0])
        self._pieces.popleft()
        return change


class ReplicationStream(_Stream):
    """The changes of a slot's database, as an iterator; see `ReplicationConnection.stream`."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Change:
        change = self.next()
        if change is None:
            raise StopIteration
        return change

    def next(self, timeout: float | None = None) -> Change | None:
        """The next change; None if there is none within `timeout` seconds, or the stream ended."""
        if not self._pieces:
            arrived = self._wire.take(timeout) if self._open else None
            if arrived is None:
                self._open = False
                return None
            self._pieces.extend(arrived)
            if not arrived:
                return None
        if unknown := self._unknown():
            self._learn(unknown)
        change: Change = self._pop()
        return change

    def close(self) -> None:
        """End the stream, after telling the server what was confirmed; twice is no error."""
        if self._open:
            self._open = False
            self._wire.finish()

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

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        change = await self.next()
        if change is None:
            raise StopAsyncIteration
        return change

    async def next(self, timeout: float | None = None) -> Change | None:
        """The next change; None if there is none within `timeout` seconds, or the stream ended."""
        if not self._pieces and self._open and timeout is not None:
            try:
                await asyncio.wait_for(self._fill(), timeout)
            except TimeoutError:
                return None
        elif not self._pieces and self._open:
            await self._fill()
        if not self._pieces:
            return None
        if unknown := self._unknown():
            await asyncio.to_thread(self._learn, unknown)
        change: Change = self._pop()
        return change

    async def _fill(self) -> None:
        """Take what has arrived, waiting for it."""
        while not self._pieces and self._open:
            arrived = self._wire.take(0)
            if arrived is None:
                self._open = False
            elif arrived:
                self._pieces.extend(arrived)
            else:
                await _readable(self._wire.fileno)

    async def close(self) -> None:
        """End the stream, after telling the server what was confirmed; twice is no error."""
        if self._open:
            self._open = False
            await asyncio.to_thread(self._wire.finish)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


async def _readable(fileno: Callable[[], int]) -> None:
    loop = asyncio.get_running_loop()
    event, descriptor = asyncio.Event(), fileno()
    loop.add_reader(descriptor, event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(descriptor)
