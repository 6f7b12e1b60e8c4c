"""COPY on the asyncio connection: the names of `howdah.copying`, awaited.

Reads and writes files in threads. Sources may be asynchronous: whoever awaits the COPY iterates,
and the connection takes what was gathered, a batch at a time. Invariant: as in `copying`; and the
loop is never held for long, however fast the source or the server.
"""

import asyncio
import inspect
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, TypeAlias, TypeVar, Unpack, overload

from howdah import _arrow as arrow
from howdah import _copy_command as command
from howdah import _identifiers, _native
from howdah._copy_command import (
    CHUNK_BYTES,
    Asked,
    CopyInOptions,
    CopyOutOptions,
    CopyRowsOptions,
    FilePath,
    Progress,
)
from howdah._copy_state import (
    ArrowOut,
    Data,
    DataOut,
    Deadline,
    Source,
    are_wanted,
    chunks_of,
    close_generator,
    wanted_columns,
    writer,
)
from howdah.errors import ProgrammingError
from howdah.stream import AsyncRowStream

if TYPE_CHECKING:
    from pyarrow import RecordBatch, Table

    from howdah._native import AsyncConnection as _Wire
    from howdah._native import CopySource, Row, _RowType
    from howdah.async_connection import AsyncConnection
    from howdah.sql import Query
else:
    _Wire = object

T = TypeVar("T")
Tuple = TypeVar("Tuple", bound=tuple[Any, ...])

AsyncSource: TypeAlias = Source | AsyncIterable[Data | str]
"""As `Source`, or an asynchronous iterable of pieces, or a file whose `read` is awaited."""

_ROWS_PER_BATCH = 512
_ROWS_PER_LOOK = 16
_BATCH_SECONDS = 0.004
"""How long an asynchronous source may go on that never waits."""


class AsyncCopying(_Wire):
    """The COPY methods of `AsyncConnection`."""

    async def copy_rows(
        self,
        table: _identifiers.Name,
        rows: Iterable[Any] | AsyncIterable[Any],
        columns: Sequence[str] | None = None,
        *,
        where: "Query | None" = None,
        timeout: float | None = None,
        progress: Progress | None = None,
        **options: Unpack[CopyRowsOptions],
    ) -> int:
        """`Connection.copy_rows`, awaited. `rows` may be an asynchronous iterable too.

        An asynchronous generator is closed when the server refuses a row or `timeout` passes, also
        while it waits.

        >>> async def numbers():
        ...     for n in range(1000):
        ...         yield n, str(n)
        >>> async def main():
        ...     async with await howdah.connect_async(url) as conn:
        ...         await conn.execute("create temporary table t (id int, name text)")
        ...         return await conn.copy_rows("t", numbers())
        >>> asyncio.run(main())
        1000
        """
        relation = _identifiers.qualified(table)
        try:
            found = await self._columns_to_copy(relation, columns)
            names = [name for name, _ in found]
            binary, text = command.rows_from_stdin(relation, names, options, where)

            def send(source: Any) -> Coroutine[Any, Any, int]:
                return self.copy_send_rows(binary, text, found, source, timeout, progress)

            if isinstance(rows, AsyncIterable):
                return await self._feed(rows, send, None, _ROWS_PER_BATCH)
            return await send(rows)
        finally:
            await close_source(rows)

    async def copy_in(
        self,
        table: _identifiers.Name,
        source: AsyncSource,
        columns: Sequence[str] | None = None,
        *,
        where: "Query | None" = None,
        timeout: float | None = None,
        progress: Progress | None = None,
        **options: Unpack[CopyInOptions],
    ) -> int:
        """`Connection.copy_in`, awaited.

        `source` may be asynchronous; files are read in threads.
        """
        given = command.options(options, CopyInOptions)
        sql = command.from_stdin(_identifiers.qualified(table), columns, given, where)

        def send(chunks: Any) -> Coroutine[Any, Any, int]:
            return self.copy_send(sql, chunks, timeout, progress)

        if isinstance(source, (str, os.PathLike)):
            with await asyncio.to_thread(Path(source).open, "rb") as file:
                return await self._feed(read_in_threads(file), send, len, CHUNK_BYTES)
        try:
            if isinstance(source, AsyncIterable) and not hasattr(source, "read"):
                return await self._feed(source, send, len, CHUNK_BYTES)
            if hasattr(source, "read"):
                return await self._feed(read_in_threads(source), send, len, CHUNK_BYTES)
            return await send(chunks_of(source))
        finally:
            await close_source(source)

    def copy_out(
        self,
        query: "Query | None" = None,
        /,
        *args: Any,
        table: _identifiers.Name | None = None,
        columns: Sequence[str] | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
        **options: Unpack[CopyOutOptions],
    ) -> "AsyncCopyData":
        """`Connection.copy_out` for `async for` and `async with`."""
        asked = Asked(query, args, table, columns, timeout, progress)
        chosen = command.options(options, CopyOutOptions)
        return AsyncCopyData(self._connection(), asked, chosen)

    @overload
    def copy_out_rows(
        self,
        query: "Query | None" = None,
        /,
        *args: Any,
        table: _identifiers.Name | None = None,
        columns: Sequence[str] | None = None,
        row: None = None,
        batch: int = 1000,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> "AsyncCopyRows[Row]": ...
    @overload
    def copy_out_rows(
        self,
        query: "Query | None" = None,
        /,
        *args: Any,
        table: _identifiers.Name | None = None,
        columns: Sequence[str] | None = None,
        row: type[dict[str, Any]],
        batch: int = 1000,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> "AsyncCopyRows[dict[str, Any]]": ...
    @overload
    def copy_out_rows(
        self,
        query: "Query | None" = None,
        /,
        *args: Any,
        table: _identifiers.Name | None = None,
        columns: Sequence[str] | None = None,
        row: type[Tuple],
        batch: int = 1000,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> "AsyncCopyRows[Tuple]": ...
    @overload
    def copy_out_rows(
        self,
        query: "Query | None" = None,
        /,
        *args: Any,
        table: _identifiers.Name | None = None,
        columns: Sequence[str] | None = None,
        row: Callable[..., T],
        batch: int = 1000,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> "AsyncCopyRows[T]": ...
    def copy_out_rows(
        self,
        query: "Query | None" = None,
        /,
        *args: Any,
        table: _identifiers.Name | None = None,
        columns: Sequence[str] | None = None,
        row: Callable[..., Any] | None = None,
        batch: int = 1000,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> "AsyncCopyRows[Any]":
        """`Connection.copy_out_rows` for `async for` and `async with`."""
        asked = Asked(query, args, table, columns, timeout, progress)
        return AsyncCopyRows(self._connection(), asked, row, batch)

    async def fetch_arrow(self, query: str, /, *args: Any, timeout: float | None = None) -> "Table":
        """`Connection.fetch_arrow`, awaited."""
        batches = self.stream_arrow(query, *args, timeout=timeout)
        found = [batch async for batch in batches]
        return arrow.module().Table.from_batches(found, schema=batches.schema)

    def stream_arrow(
        self,
        query: str,
        /,
        *args: Any,
        batch: int = arrow.ROWS_PER_BATCH,
        timeout: float | None = None,
    ) -> "AsyncArrowBatches":
        """`Connection.stream_arrow` for `async for` and `async with`."""
        asked = Asked(query, args, None, None, timeout, None)
        return AsyncArrowBatches(self._connection(), asked, batch)

    async def copy_arrow(
        self,
        table: _identifiers.Name,
        data: Any,
        columns: Sequence[str] | None = None,
        *,
        where: "Query | None" = None,
        timeout: float | None = None,
        progress: Progress | None = None,
        **options: Unpack[CopyRowsOptions],
    ) -> int:
        """`Connection.copy_arrow`, awaited."""
        batches = arrow.reader(data)
        names = batches.schema.names if columns is None else columns
        return await self.copy_rows(
            table,
            arrow.rows(batches),
            names,
            where=where,
            timeout=timeout,
            progress=progress,
            **options,
        )

    async def _columns_to_copy(
        self, relation: str, columns: Sequence[str] | None
    ) -> list[tuple[str, int]]:
        wanted = wanted_columns(columns)
        found = await self.fetch(command.COLUMNS, relation, wanted, row=tuple)
        if not are_wanted(found, wanted):
            # the server says best what is wrong with them
            refused = command.from_stdin(relation, wanted, "format text", None)
            await self.copy_send(refused, (), None, None)
            raise ProgrammingError(f"the columns of {relation} changed meanwhile")
        return [(name, oid) for name, oid in found]

    async def _query_to_copy(self, asked: Asked) -> str:
        query = asked.statement()
        if query is not None:
            return query
        found = await self._columns_to_copy(asked.relation(), None)
        return asked.select([name for name, _ in found])

    async def _feed(
        self,
        source: AsyncIterable[Any],
        send: Callable[[_native.CopyFeed], Coroutine[Any, Any, int]],
        weight: Callable[[Any], int] | None,
        enough: int,
    ) -> int:
        feeding = _Feeding(send, self.copy_resume)
        try:
            await feeding.take_all(source, weight, enough)
        except feeding.Stopped:
            pass
        finally:
            feeding.leave()
        return await feeding.sending

    def _connection(self) -> "AsyncConnection":
        return self  # type: ignore[return-value]


class _Feeding:
    """An asynchronous source on its way into a COPY.

    The task that awaits the COPY iterates over the source; the COPY itself runs beside it. Should
    it end first, refused or out of time, the iteration is interrupted wherever it waits.
    """

    class Stopped(Exception):
        """The COPY has ended before its source."""

    def __init__(
        self,
        send: Callable[[_native.CopyFeed], Coroutine[Any, Any, int]],
        resume: Callable[[], None],
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + _BATCH_SECONDS
        self._room = asyncio.Event()
        self._room.set()
        self._feed = _native.CopyFeed(self._room.set)
        self._resume = resume
        self._iterating = False
        self._interrupted = False
        self._cancels = task.cancelling()
        self.sending = asyncio.ensure_future(send(self._feed))
        self.sending.add_done_callback(self._ended)

    async def take_all(
        self, source: AsyncIterable[Any], weight: Callable[[Any], int] | None, enough: int
    ) -> None:
        """Hand over all items, in batches of this weight; None for rows, which weigh 1 each."""
        batch: list[Any] = []
        gathered = 0
        try:
            self._iterating = True
            async for item in source:
                batch.append(item)
                gathered += 1 if weight is None else weight(item)
                if weight is None and gathered % _ROWS_PER_LOOK:
                    continue
                if gathered >= enough or self._is_late():
                    self._iterating = False
                    await self._push(batch)
                    batch, gathered = [], 0
                    self._iterating = True
            self._iterating = False
            await self._push(batch)
            self._feed.end()
        except self.Stopped:
            raise
        except asyncio.CancelledError:
            if self._interrupted and self._task.uncancel() <= self._cancels:
                raise self.Stopped from None
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the COPY fails with it
            self._iterating = False
            await self._push(batch)
            self._feed.fail(error)
        self._resume()

    def _is_late(self) -> bool:
        """Whether others should have their turn, though the source does not wait."""
        return self._loop.time() >= self._until

    def leave(self) -> None:
        """Whatever happened: a COPY that has not its data whole goes no further."""
        self._iterating = False
        if self._task.cancelling() > self._cancels:
            self.sending.cancel()

    async def _push(self, batch: list[Any]) -> None:
        if self._is_late() or not self._room.is_set():
            await asyncio.sleep(0)
            await self._room.wait()
            self._until = self._loop.time() + _BATCH_SECONDS
        if self.sending.done():
            raise self.Stopped
        self._room.clear()
        self._feed.push(batch)
        self._resume()

    def _ended(self, _: "asyncio.Future[int]") -> None:
        self._room.set()
        if self._iterating:
            self._interrupted = True
            self._task.cancel()


class AsyncCopyRows(AsyncRowStream[T]):
    """`CopyRows` for `async for` and `async with`."""

    def __init__(
        self,
        connection: "AsyncConnection",
        asked: Asked,
        row: "_RowType",
        batch: int,
    ) -> None:
        super().__init__(connection, "", asked.args, row, batch)
        self._asked = asked.checked()
        self._deadline = Deadline(asked.timeout)

    async def _open(self) -> "CopySource":
        _, args, row, batch = self._request
        left = self._deadline.left()
        query = await self._connection._query_to_copy(self._asked)
        return await self._connection.copy_open(
            query, args, None, row, batch, left, self._asked.progress
        )

    async def _next(self, stream: "CopySource") -> list[T]:
        batch: list[T] = await self._connection.copy_next(stream, self._deadline.left())
        return batch

    async def _close(self, stream: "CopySource") -> None:
        await self._connection.copy_close(stream)


class AsyncArrowBatches(ArrowOut, AsyncCopyRows["RecordBatch"]):
    """`ArrowBatches` for `async for` and `async with`."""

    def __init__(self, connection: "AsyncConnection", asked: Asked, batch: int) -> None:
        super().__init__(connection, asked, None, batch)
        arrow.module()

    async def _open(self) -> "CopySource":
        _, args, _, batch = self._request
        left = self._deadline.left()
        query = await self._connection._query_to_copy(self._asked)
        opened = await self._connection.copy_open(query, args, None, "arrow", batch, left, None)
        return self._begun(opened)

    async def _next(self, stream: "CopySource") -> "list[RecordBatch]":
        return self._batches_of(await self._connection.copy_next(stream, self._deadline.left()))


class AsyncCopyData(DataOut["AsyncConnection"]):
    """`CopyData` for `async for` and `async with`, from `AsyncConnection.copy_out`."""

    async def read(self) -> bytes:
        """All data, or what is left of it."""
        return b"".join([chunk async for chunk in self])

    async def write_to(self, target: FilePath | IO[bytes] | IO[str]) -> int:
        """`CopyData.write_to`, in threads."""
        if not isinstance(target, (str, os.PathLike)):
            write = writer(target)
            async for chunk in self:
                await asyncio.to_thread(write, chunk)
            return self.rows
        try:
            with await asyncio.to_thread(Path(target).open, "wb") as file:
                return await self.write_to(file)
        except BaseException:
            with suppress(OSError):
                await asyncio.to_thread(Path(target).unlink)
            raise

    async def close(self) -> None:
        """End the COPY if it has not ended."""
        source = self._to_close()
        if source is not None:
            await self._connection.copy_close(source)

    aclose = close

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._ended:
            raise StopAsyncIteration
        try:
            if self._source is None:
                self._source = await self._open()
            chunk: bytes = await self._connection.copy_next(self._source, self._deadline.left())
        except BaseException:
            self._ended = True
            raise
        if not chunk:
            self._ended = True
            raise StopAsyncIteration
        return chunk

    async def _open(self) -> "CopySource":
        left = self._deadline.left()
        query = await self._connection._query_to_copy(self._asked)
        return await self._connection.copy_open(
            query, self._asked.args, self._options, None, CHUNK_BYTES, left, self._asked.progress
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


async def read_in_threads(file: Any) -> AsyncIterator[bytes | str]:
    """What is left of an open file, in pieces; a `read` that is awaited needs no thread."""
    if inspect.iscoroutinefunction(file.read):
        while chunk := await file.read(CHUNK_BYTES):
            yield chunk
        return
    while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
        yield chunk


async def close_source(source: object) -> None:
    """Close a generator of either kind that was not used up."""
    if inspect.isasyncgen(source):
        await source.aclose()
    else:
        close_generator(source)
