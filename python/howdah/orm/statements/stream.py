"""Large results, a part at a time: `db.stream(select(Book), batch=500)`.

Does IO through the connection that the verbs lend. A cursor of the server holds the rows, in a
transaction of its own or within the one that is open, and between two parts the connection is free
for other statements: what objects lack is loaded as always, for the part they came with.

Invariants: no more than one part is held here; leaving the loop, however it happens, closes the
cursor and commits what was written on the same connection meanwhile.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from howdah.errors import ProgrammingError
from howdah.orm.statements.base import running
from howdah.orm.statements.query import Query

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from types import TracebackType

    from howdah.orm.statements.select import Select

T = TypeVar("T")

_NUMBERS = itertools.count(1)


class Stream(Generic[T]):
    """An iterator over objects or rows. `close` it, or use it in `with`, to end it early."""

    def __init__(self, parts: Generator[T, None, None]) -> None:
        self._parts = parts

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        return next(self._parts)

    def close(self) -> None:
        """End it. May be called again."""
        self._parts.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncStream(Generic[T]):
    """`Stream`, for `async for` and `async with`."""

    def __init__(self, parts: AsyncGenerator[T, None]) -> None:
        self._parts = parts

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        return await self._parts.__anext__()

    async def close(self) -> None:
        """End it. May be called again."""
        await self._parts.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


class _Cursor:
    """The cursor of one stream: its commands."""

    def __init__(self, query: Select[Any], batch: int) -> None:
        if batch < 1:
            raise ProgrammingError(f"`batch` must be at least 1, found {batch}")
        if not isinstance(query, Query):
            raise ProgrammingError(
                f"a stream is of a `select`, found `{type(query).__name__}`",
                hint="a page or `first()` is small: `db.fetch(…)`",
            )
        self.query = query
        self.compiled, values = query._compile()
        compiled = self.compiled
        self.has_more_to_load = query._loads_more()
        name = f"howdah_stream_{next(_NUMBERS)}"
        opening = f"declare {name} no scroll cursor for {compiled.sql}"
        self.open = running(compiled, lambda conn: conn.execute(opening, *values))
        self.fetching = f"fetch forward {batch} from {name}"
        self.closing = f"close {name}"

    def note(self, verbs: Any) -> None:
        """Have a transaction know what is run in it, for its cache."""
        within = getattr(verbs, "_within", None)
        if within is not None:
            within.note(self.open)


def stream(verbs: Any, query: Select[Any], batch: int) -> Generator[Any, None, None]:
    """The rows of a statement, on a connection that the verbs lend."""
    cursor = _Cursor(query, batch)
    with verbs._lease(read_only=False) as conn, conn.transaction():
        cursor.note(verbs)
        cursor.open(conn)
        count = batch
        try:
            while count == batch:
                load = cursor.compiled.extra.start(verbs)
                rows = conn.fetch(cursor.fetching, row=load)
                count = len(rows)
                if cursor.has_more_to_load:
                    verbs._drive(query._finish(load))
                yield from rows
                del rows
        except GeneratorExit:
            # left early, which is no error: what was written meanwhile stays
            pass
        if conn.transaction_status == "in_transaction":
            conn.execute(cursor.closing)


async def stream_async(verbs: Any, query: Select[Any], batch: int) -> AsyncGenerator[Any, None]:
    """`stream`, for asyncio."""
    cursor = _Cursor(query, batch)
    async with verbs._lease(read_only=False) as conn, conn.transaction():
        cursor.note(verbs)
        await cursor.open(conn)
        count = batch
        try:
            while count == batch:
                load = cursor.compiled.extra.start(verbs)
                rows = await conn.fetch(cursor.fetching, row=load)
                count = len(rows)
                if cursor.has_more_to_load:
                    await verbs._drive(query._finish(load))
                for row in rows:
                    yield row
                del rows
        except GeneratorExit:
            pass
        if conn.transaction_status == "in_transaction":
            await conn.execute(cursor.closing)
