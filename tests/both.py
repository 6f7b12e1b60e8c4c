"""One test body for both worlds: a sync connection that is awaited like the asyncio one.

No IO of its own. `conftest.py` makes one for the fixture `conn`. Invariant: every call goes to the
sync connection as it is; only the waiting is faked, so what a test sees is what sync users see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    import howdah

# What an asyncio user awaits. Everything else is the same attribute or call in both worlds.
AWAITED = frozenset(
    [
        "add_listener",
        "cancel",
        "close",
        "commit",
        "copy_in",
        "copy_in_rows",
        "copy_out",
        "copy_rows",
        "execute",
        "execute_many",
        "fetch",
        "fetch_one",
        "fetch_value",
        "remove_listener",
        "rollback",
        "run",
        "stream_close",
        "stream_next",
        "stream_open",
    ],
)


class Awaited:
    """A sync connection with the surface of the asyncio one."""

    def __init__(self, connection: howdah.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._connection, name)
        if name in AWAITED:
            return awaited(value)
        if name == "transaction":
            return lambda **options: AwaitedBlock(value(**options))
        if name == "stream":
            return lambda *args, **options: awaited_rows(value(*args, **options))
        return value

    async def __aenter__(self) -> Self:
        self._connection.__enter__()
        return self

    async def __aexit__(self, *error: object) -> bool | None:
        return self._connection.__exit__(*error)


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


async def awaited_rows(rows: Iterator[Any]) -> AsyncIterator[Any]:
    """The rows of a sync stream, for `async for`."""
    for row in rows:
        yield row
