"""One test body for both worlds: a sync connection that is awaited like the asyncio one.

No IO of its own. `conftest.py` makes one for the fixture `conn`. Invariant: every call goes to the
sync connection as it is; only the waiting is faked, so what a test sees is what sync users see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator

    import howdah
    import howdah.stream

# What an asyncio user awaits. Everything else is the same attribute or call in both worlds.
AWAITED = frozenset(
    {
        "acquire",
        "add_listener",
        "callproc",
        "cancel",
        "close",
        "close_portal",
        "commit",
        "copy_arrow",
        "copy_close",
        "copy_in",
        "copy_next",
        "copy_open",
        "copy_rows",
        "copy_send",
        "copy_send_rows",
        "execute",
        "execute_many",
        "executemany",
        "fetch",
        "fetch_arrow",
        "fetch_one",
        "fetch_value",
        "fetchall",
        "fetchmany",
        "fetchone",
        "nextset",
        "read",
        "release",
        "remove_listener",
        "rollback",
        "run",
        "scroll",
        "seek",
        "stream_close",
        "stream_next",
        "stream_open",
        "tell",
        "tpc_begin",
        "tpc_commit",
        "tpc_prepare",
        "tpc_recover",
        "tpc_rollback",
        "truncate",
        "unknown_codecs",
        "write",
    },
)


class Awaited:
    """A sync connection with the surface of the asyncio one."""

    def __init__(self, connection: howdah.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._connection, name)
        if name in AWAITED:
            return awaited(value)
        if name in WRAPPERS:
            wrap = WRAPPERS[name]
            return lambda *args, **options: wrap(value(*args, **options))
        if name == "prepare":
            return awaited(lambda *args, **options: Awaited(value(*args, **options)))
        if name == "large_objects":
            return AwaitedObjects(value)
        return value

    def __setattr__(self, name: str, value: object) -> None:
        if name == "_connection":
            super().__setattr__(name, value)
        else:
            setattr(self._connection, name, value)

    async def __aenter__(self) -> Self:
        self._connection.__enter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._connection.__exit__(*error)  # type: ignore[arg-type]


class AwaitedPipeline:
    """A sync pipeline with the surface of the asyncio one."""

    def __init__(self, pipeline: howdah.Pipeline) -> None:
        self._pipeline = pipeline

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._pipeline, name)
        if name == "sync":
            return awaited(value)
        return lambda *args, **options: AwaitedPending(value(*args, **options))

    async def __aenter__(self) -> Self:
        self._pipeline.__enter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._pipeline.__exit__(*error)  # type: ignore[arg-type]


class AwaitedPending:
    """A sync pending result that is awaited."""

    def __init__(self, pending: howdah.Pending[Any]) -> None:
        self._pending = pending

    @property
    def done(self) -> bool:
        return self._pending.done

    def __await__(self) -> Generator[Any, Any, Any]:
        async def result() -> Any:
            return self._pending.result()

        return result().__await__()


class AwaitedBlock:
    """A sync context manager used by `async with`."""

    def __init__(self, block: Any) -> None:
        self._block = block

    async def __aenter__(self) -> Any:
        return self._block.__enter__()

    async def __aexit__(self, *error: object) -> bool | None:
        result: bool | None = self._block.__exit__(*error)
        return result


def awaited(call: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `call` in a coroutine function that never waits."""

    async def coroutine(*args: Any, **options: Any) -> Any:
        return call(*args, **options)

    return coroutine


class AwaitedRows:
    """The rows of a sync stream, for `async for` and `async with`."""

    def __init__(self, stream: howdah.stream.RowStream[Any]) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._stream, name)
        if name == "batches":
            return lambda: AwaitedObject(value())
        return awaited(value) if name in {"close", "read", "write_to"} else value

    async def __aenter__(self) -> Self:
        self._stream.__enter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._stream.__exit__(*error)  # type: ignore[arg-type]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        for row in self._stream:
            return row
        raise StopAsyncIteration


class AwaitedObject:
    """A sync block or iterator, for `async with` and `async for`."""

    def __init__(self, wrapped: Any) -> None:
        self._wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._wrapped, name)
        return awaited(value) if name in AWAITED else value

    async def __aenter__(self) -> Self:
        self._wrapped.__enter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._wrapped.__exit__(*error)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        for item in self._wrapped:
            return item
        raise StopAsyncIteration


class AwaitedObjects:
    """Large objects, whose `open` gives a file for `async with`."""

    def __init__(self, objects: Any) -> None:
        self._objects = objects

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._objects, name)
        if name == "open":
            return lambda *args, **options: AwaitedObject(value(*args, **options))
        return awaited(value)


class AwaitedCursor:
    """A sync cursor with the surface of the asyncio one."""

    def __init__(self, cursor: howdah.Cursor) -> None:
        object.__setattr__(self, "_cursor", cursor)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._cursor, name)
        return awaited(value) if name in AWAITED else value

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._cursor, name, value)

    async def __aenter__(self) -> Self:
        self._cursor.__enter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._cursor.__exit__(*error)

    async def __aiter__(self) -> AsyncIterator[tuple[Any, ...]]:
        for row in self._cursor:
            yield row


# What calls that are not awaited give back.
WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "advisory_lock": AwaitedObject,
    "copy_out": AwaitedRows,
    "stream_arrow": AwaitedRows,
    "copy_out_rows": AwaitedRows,
    "cursor": AwaitedCursor,
    "notifications": AwaitedObject,
    "pipeline": AwaitedPipeline,
    "stream": AwaitedRows,
    "transaction": AwaitedBlock,
}
