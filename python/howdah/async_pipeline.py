"""Pipelines: statements queued without waiting, and executed together.

Waits for the server in `sync`, at the end of the block, and where a result is awaited. Made by
`AsyncConnection.pipeline`. Invariant: statements are executed in the order in which they were
queued, also with regard to other calls on the connection, and each result is told, or its error,
or that it was given up.

The same as `howdah.pipeline` for `AsyncConnection`; see there.
"""

import asyncio
from collections.abc import Callable, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, overload

from howdah.errors import InterfaceError

if TYPE_CHECKING:
    from howdah._native import PendingResult, Row
    from howdah.async_connection import AsyncConnection
    from howdah.sql import Query

T = TypeVar("T")
Tuple = TypeVar("Tuple", bound=tuple[Any, ...])


class AsyncPending(Generic[T]):
    """The result of a statement in a pipeline: `await` it, more than once if need be."""

    __slots__ = ("_pipeline", "_result")

    def __init__(self, pipeline: "AsyncPipeline", result: "PendingResult") -> None:
        self._pipeline = pipeline
        self._result = result

    @property
    def done(self) -> bool:
        """Whether the result, or its error, is here and awaiting it does not wait."""
        return self._result.done

    def __await__(self) -> Generator[Any, Any, T]:
        if not self._result.done:
            yield from self._pipeline._run(raises=False).__await__()
        value: T = self._result.get()
        return value


class AsyncPipeline:
    """`Pipeline` for `async with`: results are awaited."""

    def __init__(self, session: "AsyncConnection", timeout: float | None = None) -> None:
        self._session = session
        self._timeout = timeout
        self._entered = False
        self._turn = asyncio.Lock()

    def execute(self, query: "Query", /, *args: Any) -> "AsyncPending[int]":
        """Queue a statement; the result is how many rows it touched."""
        return AsyncPending(self, self._enqueue(query, args, None, "count"))

    @overload
    def fetch(
        self, query: "Query", /, *args: Any, row: None = None
    ) -> "AsyncPending[list[Row]]": ...
    @overload
    def fetch(
        self, query: "Query", /, *args: Any, row: type[dict[str, Any]]
    ) -> "AsyncPending[list[dict[str, Any]]]": ...
    @overload
    def fetch(
        self, query: "Query", /, *args: Any, row: type[Tuple]
    ) -> "AsyncPending[list[Tuple]]": ...
    @overload
    def fetch(
        self, query: "Query", /, *args: Any, row: Callable[..., T]
    ) -> "AsyncPending[list[T]]": ...
    def fetch(
        self, query: "Query", /, *args: Any, row: Callable[..., Any] | None = None
    ) -> "AsyncPending[Any]":
        """Queue a statement; the result is all its rows, of the kind that `row` asks for."""
        return AsyncPending(self, self._enqueue(query, args, row, "rows"))

    @overload
    def fetch_one(
        self, query: "Query", /, *args: Any, row: None = None
    ) -> "AsyncPending[Row | None]": ...
    @overload
    def fetch_one(
        self, query: "Query", /, *args: Any, row: type[dict[str, Any]]
    ) -> "AsyncPending[dict[str, Any] | None]": ...
    @overload
    def fetch_one(
        self, query: "Query", /, *args: Any, row: type[Tuple]
    ) -> "AsyncPending[Tuple | None]": ...
    @overload
    def fetch_one(
        self, query: "Query", /, *args: Any, row: Callable[..., T]
    ) -> "AsyncPending[T | None]": ...
    def fetch_one(
        self, query: "Query", /, *args: Any, row: Callable[..., Any] | None = None
    ) -> "AsyncPending[Any]":
        """Queue a statement; the result is its first row, or None."""
        return AsyncPending(self, self._enqueue(query, args, row, "first"))

    def fetch_value(self, query: "Query", /, *args: Any) -> "AsyncPending[Any]":
        """Queue a statement; the result is the first value of its first row, or None."""
        return AsyncPending(self, self._enqueue(query, args, None, "value"))

    async def sync(self, timeout: float | None = None) -> None:
        """Execute what is queued, `timeout` seconds at most; what follows is another batch.

        Raises the error of the statement that failed, and says by a note which one it was.
        """
        await self._run(raises=True, timeout=timeout)

    async def __aenter__(self) -> Self:
        self._session.check_open()
        self._entered = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._entered = False
        if error is None:
            await self.sync()
        else:
            self._session.forget_queued()

    def _enqueue(
        self,
        query: "Query",
        args: tuple[Any, ...],
        row: Callable[..., Any] | None,
        answer: Literal["count", "rows", "first", "value"],
    ) -> "PendingResult":
        if not self._entered:
            raise InterfaceError(
                "the statement is outside of the pipeline's block",
                hint="queue it within `async with`, whose end executes what was queued",
            )
        return self._session.enqueue(query, args, row, answer)

    async def _run(self, *, raises: bool, timeout: float | None = None) -> None:
        # In turn: whoever comes second finds the batch executed.
        async with self._turn:
            await self._session.run_queued(
                raises=raises, timeout=self._timeout if timeout is None else timeout
            )
