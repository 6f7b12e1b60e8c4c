"""The verbs of the ORM in both worlds, on a connection that counts its statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from howdah.orm import AsyncBound, Bound
from howdah.orm.executors import each
from tests.both import Awaited, AwaitedBlock, AwaitedObject, awaited
from tests.conftest import Connecting, Connector
from tests.orm.library import TABLES

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable

    from howdah.orm.statements.base import Step, Steps


class Counter:
    """How many statements were sent."""

    def __init__(self) -> None:
        self.statements = 0

    def counted(self, steps: Steps) -> Steps:
        """The same steps, counted."""

        def counted(step: Step) -> Step:
            self.statements += 1
            return step

        return each(steps, counted)


class CountedBound(Bound):
    """Verbs on a sync connection."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.counter = Counter()

    def _drive(self, steps: Steps) -> Any:
        return super()._drive(self.counter.counted(steps))

    def _take(self, step: Step) -> Any:
        self.counter.statements += 1
        return super()._take(step)


class CountedAsyncBound(AsyncBound):
    """Verbs on a connection of asyncio."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.counter = Counter()

    async def _drive(self, steps: Steps) -> Any:
        return await super()._drive(self.counter.counted(steps))

    async def _take(self, step: Step) -> Any:
        self.counter.statements += 1
        return await super()._take(step)


class AwaitedTx(AwaitedBlock):
    """A sync transaction of the ORM, for `async with`, or around a coroutine function."""

    async def __aenter__(self) -> Any:
        return AwaitedVerbs(self._block.__enter__())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def plain(tx: Any, *args: Any) -> Any:
            # in this world nothing waits: the coroutine ends where it is first sent to
            try:
                function(AwaitedVerbs(tx), *args).send(None)
            except StopIteration as done:
                return done.value

        return awaited(self._block(plain))


# What gives a block or an iterator instead of an answer.
BLOCKS = {"tx": AwaitedTx, "stream": AwaitedObject}


class AwaitedVerbs:
    """Sync verbs, to be awaited like those of asyncio."""

    def __init__(self, verbs: Any) -> None:
        self._verbs = verbs

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._verbs, name)
        if name in BLOCKS:
            wrap: Callable[[Any], Any] = BLOCKS[name]
            return lambda *args, **options: wrap(value(*args, **options))
        if name == "connection":
            return Awaited(value)
        return awaited(value) if callable(value) else value


class ConnectingVerbs(Connecting):
    """Verbs on a connection that is opened when the test begins."""

    tables = TABLES

    async def open(self, stack: contextlib.AsyncExitStack) -> Any:
        connection = await super().open(stack)
        await connection.execute(self.tables)
        if isinstance(connection, Awaited):
            return AwaitedVerbs(CountedBound(connection._connection))
        return CountedAsyncBound(connection)


@pytest.fixture
def db(connector: Connector) -> AsyncBound:
    """The verbs on one connection of the test's world, with the tables of `library`."""
    return cast("AsyncBound", ConnectingVerbs(connector))
