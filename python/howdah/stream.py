"""Rows of a large result, a batch at a time: what `stream()` of a connection returns.

Reads from the server when its batch is used up. Invariant: at most one batch of rows is held, and
whichever way the stream ends (exhausted, closed, error), the connection is free again.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from howdah.errors import InterfaceError

if TYPE_CHECKING:
    from howdah._native import Column, CopySource, Stream, _RowType
    from howdah.async_connection import AsyncConnection
    from howdah.connection import Connection

T = TypeVar("T")


class _Rows(Generic[T]):
    """The part of a stream that does not wait."""

    def __init__(
        self,
        query: str,
        arguments: Sequence[Any],
        row: "_RowType",
        batch: int,
        timeout: float | None = None,
    ) -> None:
        if batch < 1:
            raise ValueError(f"`batch` must be at least 1, found {batch}")
        self._timeout = timeout
        self._request = query, arguments, row, batch
        self._held: Iterator[T] = iter(())
        self._stream: Stream | CopySource | None = None
        self._ended = False

    @property
    def columns(self) -> "tuple[Column, ...]":
        """The columns of the rows, known once the first row was asked for."""
        if self._stream is None:
            raise InterfaceError("the stream has not been opened yet", hint="ask for a row first")
        return self._stream.columns


class RowStream(_Rows[T]):
    """An iterator over rows, closed by `close`, by the end of a `with` block, or at the end."""

    def __init__(
        self,
        connection: "Connection",
        query: str,
        arguments: Sequence[Any],
        row: "_RowType",
        batch: int,
        *,
        timeout: float | None = None,
    ) -> None:
        super().__init__(query, arguments, row, batch, timeout)
        self._connection = connection

    def __iter__(self) -> Iterator[T]:
        # no Python code runs between two rows of a batch
        return chain.from_iterable(self._batches())

    def __next__(self) -> T:
        while True:
            for row in self._held:
                return row
            if not self._refill():
                raise StopIteration

    def batches(self) -> Iterator[list[T]]:
        """The rows in lists of up to `batch`, as they come: for work that is done on many at once.

        >>> with conn.stream("select n from generate_series(1, 5) n", batch=2, row=tuple) as rows:
        ...     list(rows.batches())
        [[(1,), (2,)], [(3,), (4,)], [(5,)]]
        """
        while (batch := list(self._held)) or self._refill():
            if batch:
                yield batch

    def close(self) -> None:
        """End the statement if it has not ended. Rows that were not asked for are discarded."""
        stream, ended = self._stream, self._ended
        self._ended = True
        self._held = iter(())
        if stream is not None and not ended and not self._connection.closed:
            self._close(stream)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _batches(self) -> Iterator[Iterator[T]]:
        yield self._held
        while self._refill():
            yield self._held

    def _refill(self) -> bool:
        if self._ended:
            return False
        try:
            if self._stream is None:
                self._stream = self._open()
            batch = self._next(self._stream)
        except BaseException:
            self._ended = True
            raise
        self._held = iter(batch)
        self._ended = not batch
        return bool(batch)

    def _open(self) -> Any:
        return self._connection.stream_open(*self._request, self._timeout)

    def _next(self, stream: Any) -> list[T]:
        return self._connection.stream_next(stream, self._timeout)

    def _close(self, stream: Any) -> None:
        self._connection.stream_close(stream)


class AsyncRowStream(_Rows[T]):
    """`RowStream` for `async for` and `async with`."""

    def __init__(
        self,
        connection: "AsyncConnection",
        query: str,
        arguments: Sequence[Any],
        row: "_RowType",
        batch: int,
        *,
        timeout: float | None = None,
    ) -> None:
        super().__init__(query, arguments, row, batch, timeout)
        self._connection = connection

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            for row in self._held:
                return row
            if not await self._refill():
                raise StopAsyncIteration

    def batches(self) -> "AsyncBatches[T]":
        """`RowStream.batches` for `async for`. Nothing is awaited between two rows of a list.

        >>> import asyncio
        >>> async def main():
        ...     async with await howdah.connect_async(url) as conn:
        ...         rows = conn.stream("select n from generate_series(1, 5) n", batch=2, row=tuple)
        ...         return [len(batch) async for batch in rows.batches()]
        >>> asyncio.run(main())
        [2, 2, 1]
        """
        return AsyncBatches(self)

    async def close(self) -> None:
        """End the statement if it has not ended. Rows that were not asked for are discarded."""
        stream, ended = self._stream, self._ended
        self._ended = True
        self._held = iter(())
        if stream is not None and not ended and not self._connection.closed:
            await self._close(stream)

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _refill(self) -> bool:
        if self._ended:
            return False
        try:
            if self._stream is None:
                self._stream = await self._open()
            batch = await self._next(self._stream)
        except BaseException:
            self._ended = True
            raise
        self._held = iter(batch)
        self._ended = not batch
        return bool(batch)

    async def _open(self) -> Any:
        return await self._connection.stream_open(*self._request, self._timeout)

    async def _next(self, stream: Any) -> list[T]:
        return await self._connection.stream_next(stream, self._timeout)

    async def _close(self, stream: Any) -> None:
        await self._connection.stream_close(stream)


class AsyncBatches(Generic[T]):
    """The rows of an `AsyncRowStream` in lists, for `async for`."""

    def __init__(self, stream: AsyncRowStream[T]) -> None:
        self._stream = stream

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[T]:
        stream = self._stream
        while not (batch := list(stream._held)):
            if not await stream._refill():
                raise StopAsyncIteration
        return batch
