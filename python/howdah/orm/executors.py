"""Running statements: on a connection, in a transaction, on a database; sync and asyncio.

Does IO through the public calls of connections. What a statement does is written once, as steps
(`statements.base`); an *executor* of either world takes the steps one by one. Objects remember the
executor that they came from, and load what they lack by it.

Invariant: a transaction's objects outlive it: once it is over, they load by what it was begun on.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, ClassVar

from howdah.orm.verbs import AsyncVerbs, Verbs

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager, AbstractContextManager

    from howdah.async_connection import AsyncConnection
    from howdah.connection import Connection
    from howdah.orm.statements.base import Statement, Step, Steps


def alone(step: Step) -> Steps:
    """The steps that are one step."""
    answer = yield step
    return answer


def each(steps: Steps, change: Callable[[Step], Step]) -> Steps:
    """The steps, each changed, or looked at, before it is taken."""
    try:
        step = next(steps)
        while True:
            changed = change(step)
            try:
                answer = yield changed
            except BaseException as error:  # noqa: BLE001 (the steps decide)
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as done:
        return done.value


def drive(steps: Steps, connection: Any) -> Any:
    """Take the steps on a connection."""
    try:
        step = next(steps)
        while True:
            try:
                answer = step(connection)
            except BaseException as error:  # noqa: BLE001 (the steps decide)
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as done:
        return done.value


async def drive_async(steps: Steps, connection: Any) -> Any:
    """Take the steps on a connection of asyncio."""
    try:
        step = next(steps)
        while True:
            try:
                answer = await step(connection)
            except BaseException as error:  # noqa: BLE001 (the steps decide)
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as done:
        return done.value


def run_on(statement: Statement[Any], executor: Any, connection: Any) -> Any:
    """What a statement gives on a connection; `executor` is for what its objects load later."""
    step = statement._only_step(executor)
    return drive(statement._steps(executor), connection) if step is None else step(connection)


async def run_on_async(statement: Statement[Any], executor: Any, connection: Any) -> Any:
    """`run_on` for asyncio."""
    step = statement._only_step(executor)
    if step is None:
        return await drive_async(statement._steps(executor), connection)
    return await step(connection)


class Bound(Verbs):
    """The verbs of the ORM on a connection of your own: `Bound(conn).fetch(select(Book))`."""

    is_async: ClassVar[bool] = False

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def _drive(self, steps: Steps) -> Any:
        return drive(steps, self.connection)

    def _take(self, step: Step) -> Any:
        return step(self.connection)

    def _lease(self, *, read_only: bool) -> AbstractContextManager[Connection]:
        del read_only  # there is one connection
        return contextlib.nullcontext(self.connection)

    def _source(self) -> Connection:
        return self.connection


class AsyncBound(AsyncVerbs):
    """`Bound`, awaited: the verbs of the ORM on a connection of asyncio."""

    is_async: ClassVar[bool] = True

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    async def _drive(self, steps: Steps) -> Any:
        return await drive_async(steps, self.connection)

    async def _take(self, step: Step) -> Any:
        return await step(self.connection)

    def _lease(self, *, read_only: bool) -> AbstractAsyncContextManager[AsyncConnection]:
        del read_only  # there is one connection
        return contextlib.nullcontext(self.connection)

    def _source(self) -> AsyncConnection:
        return self.connection
