"""Transactions of the ORM: `with db.tx() as tx:`, and functions that are repeated.

Does IO on a connection of their own. Invariants: single writes that wait are sent before anything
else runs and before the commit; after the block it takes no verbs, and its objects load by what it
was begun on; after a rollback, objects are as they were before it.
"""

from __future__ import annotations

import functools
from contextlib import AsyncExitStack, ExitStack
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec, TypeVar

from howdah import retrying
from howdah.errors import ProgrammingError
from howdah.orm._tx_ends import (
    Attempts,
    check_block,
    check_open,
    commit_of,
    known,
    over,
    waiting_of,
    within,
)
from howdah.orm.executors import drive, drive_async
from howdah.orm.models import Model
from howdah.orm.verbs import AsyncVerbs, Verbs
from howdah.orm.writes.journal import Journal
from howdah.orm.writes.waiting import MOST_WAITING, Line, Waiting, caller

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from types import TracebackType

    from howdah.async_connection import AsyncConnection
    from howdah.caching._commits import Commit
    from howdah.caching._in_transaction import InTransaction
    from howdah.connection import Connection
    from howdah.orm._tx_options import Options
    from howdah.orm.statements.base import Step, Steps
    from howdah.orm.statements.cached import Cached
    from howdah.orm.writes.inserting import Progress

P = ParamSpec("P")
R = TypeVar("R")


class Tx(Verbs):
    """The verbs in a transaction, from `db.tx()`.

    **Writes travel together.** `insert`, `update`, `save` and `delete` of a *single* object do not
    wait for the server, if nothing of their answer is needed: they are queued, and sent in order,
    together, before anything else is done in the transaction, and before it commits. Identity
    numbers are taken from the sequence in growing blocks, so that a new object has its key at once;
    what is left of a block is a gap in the numbers. An error is raised by what sent the queue; its
    note names the line of the write that failed. Writes of models that events listen to, and what
    cannot be known beforehand (generated columns of an update), are not queued. `flush()` sends the
    queue.

    >>> with db.tx() as tx:
    ...     for number in range(1000):
    ...         tx.insert(Question(text=f"Question {number}"))
    """

    is_async: ClassVar[bool] = False

    def __init__(self, connection: Connection, origin: Verbs, waiting: Waiting | None) -> None:
        self._connection = connection
        self._origin = origin
        self._waiting = waiting or Waiting(is_async=False)
        self._journal: Journal = Journal()
        self._within: InTransaction | None = None
        """What it knows of the cache, if there is one."""
        self._is_over = False

    @property
    def connection(self) -> Connection:
        """The connection, for its own calls. What waits is sent first.

        Nothing in the transaction comes from the cache any more. Raises `InterfaceError` after it.
        """
        check_open(self)
        self.flush()
        self._lent()
        return self._connection

    def flush(self) -> None:
        """Send what waits. Raises what the server says to it."""
        if not (self._waiting.is_empty or self._is_over):
            drive(self._noted(self._waiting.steps()), self._connection)

    def insert(
        self,
        objects: Model | Iterable[Model],
        *,
        returning: bool = True,
        progress: Progress | None = None,
    ) -> None:
        """`Verbs.insert`; a single object may wait."""
        if isinstance(objects, Model) and self._insert_later(objects, caller(1)):
            return
        super().insert(objects, returning=returning, progress=progress)

    def update(self, objects: Model | Iterable[Model]) -> None:
        """`Verbs.update`; a single object may wait."""
        if isinstance(objects, Model) and self._update_later(objects, caller(1)):
            return
        super().update(objects)

    def save(self, objects: Model | Iterable[Model]) -> None:
        """`Verbs.save`; a single object may wait."""
        if isinstance(objects, Model):
            is_new = objects._cohort is None
            later = self._insert_later if is_new else self._update_later
            if later(objects, caller(1)):
                return
        super().save(objects)

    def delete(self, objects: Model | Iterable[Model]) -> None:
        """`Verbs.delete`; a single object may wait."""
        if isinstance(objects, Model) and not self._is_over:
            line = caller(1)
            if self._waiting.delete(self, objects, line, self._journal):
                self._flush_if_full()
                return
        super().delete(objects)

    def _end(self) -> None:
        """The transaction is over: objects load by what it was begun on."""
        self._waiting.forget()
        self._is_over = True

    def _insert_later(self, one: Any, line: Line) -> bool:
        if self._is_over:
            return False
        answer = self._waiting.insert(self, one, line)
        while not isinstance(answer, bool):
            drive(answer, self._connection)
            answer = self._waiting.insert(self, one, line)
        self._flush_if_full()
        return answer

    def _update_later(self, one: Any, line: Line) -> bool:
        is_waiting = not self._is_over and self._waiting.update(one, line, self._journal)
        self._flush_if_full()
        return is_waiting

    def _flush_if_full(self) -> None:
        if self._waiting.count >= MOST_WAITING:
            self.flush()

    def _drive(self, steps: Steps) -> Any:
        check_open(self)
        self.flush()
        return drive(self._noted(steps), self._connection)

    def _take(self, step: Step) -> Any:
        check_open(self)
        self.flush()
        if self._within is not None:
            self._within.note(step)
        return step(self._connection)

    def _load_lacking(self, steps: Steps) -> Any:
        loads_on = self._origin._load_lacking if self._is_over else self._drive
        return loads_on(steps)

    def _run_cached(self, statement: Cached[Any]) -> Any:
        check_open(self)
        if self._within is None:
            return self._run(statement.inner)
        from howdah.caching._statements import of_transaction

        return drive(of_transaction(self, self._within, statement), None)

    def _lent(self) -> None:
        if self._within is not None:
            self._within.note_raw()

    def _noted(self, steps: Steps) -> Steps:
        """The steps; what they write is told to the cache, if there is one."""
        return steps if self._within is None else self._within.noted(steps)

    def _lease(self, *, read_only: bool) -> AbstractContextManager[Connection]:
        del read_only  # there is one connection
        check_open(self)
        return _Held(self)

    def _source(self) -> Connection:
        check_open(self)
        return self._connection


class _Held:
    """The connection of a transaction, for one inside of it."""

    def __init__(self, outer: Any) -> None:
        self.outer = outer

    def __enter__(self) -> Connection:
        self.outer.flush()
        connection: Connection = self.outer._connection
        return connection

    def __exit__(self, *_: object) -> None:
        return None

    async def __aenter__(self) -> AsyncConnection:
        await self.outer.flush()
        connection: AsyncConnection = self.outer._connection
        return connection

    async def __aexit__(self, *_: object) -> None:
        return None


class TxBlock:
    """`db.tx(…)`: a block, or a decorator of functions."""

    def __init__(self, origin: Verbs, options: Options) -> None:
        self._origin = origin
        self._options = options
        self._stack: ExitStack | None = None
        self._tx: Tx | None = None

    def __call__(self, function: Callable[Concatenate[Tx, P], R], /) -> Callable[P, R]:
        """A function that runs in a transaction of its own, which is its first parameter."""

        @functools.wraps(function)
        def whole(*args: P.args, **kwargs: P.kwargs) -> R:
            if self._options.retry is None:
                with TxBlock(self._origin, self._options) as tx:
                    return function(tx, *args, **kwargs)
            attempts = Attempts()
            source = self._origin._source()
            try:
                with attempts, known(source):
                    return retrying.run(
                        self._options.policy(),
                        source,
                        lambda conn: self._attempt(
                            conn, attempts, lambda tx: function(tx, *args, **kwargs)
                        ),
                    )
            finally:
                drive(attempts.settle(), None)

        return whole

    def __enter__(self) -> Tx:
        check_block(self._options, is_entered=self._stack is not None)
        self._stack = ExitStack()
        with ExitStack() as stack:
            lease = self._origin._lease(read_only=bool(self._options.read_only))
            connection = stack.enter_context(lease)
            stack.enter_context(connection.transaction(**self._options.modes()))
            self._tx = self._begun(connection)
            self._stack = stack.pop_all()
        return self._tx

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._tx is not None
        assert self._stack is not None
        tx, failure = self._tx, error
        commit: Commit | None = None
        try:
            try:
                _end(tx, error)
                if error is None:
                    commit = commit_of(tx, self._origin)
                if commit is not None:
                    drive(commit.before(tx._connection), None)
            except BaseException as flushing:
                failure = flushing
                self._stack.__exit__(type(flushing), flushing, flushing.__traceback__)
                raise
            try:
                self._stack.__exit__(kind, error, traceback)
            finally:
                if commit is not None:
                    drive(commit.after(), None)
        except BaseException as ending:
            failure = ending
            raise
        finally:
            over(tx, self._origin, failure)

    def _begun(self, connection: Connection) -> Tx:
        command = self._options.settings_command()
        if command is not None:
            connection.defer(command)
        tx = Tx(connection, self._origin, waiting_of(self._origin))
        tx._within = within(self._origin, self._options)
        return tx

    def _attempt(
        self, connection: Connection, attempts: Attempts, function: Callable[[Tx], R]
    ) -> R:
        """One run of the function, in a transaction that is open."""
        drive(attempts.settle(), None)
        tx = attempts.begin(self._begun(connection))
        try:
            result = function(tx)
            tx.flush()
            drive(attempts.commits(commit_of(tx, self._origin), connection), None)
        finally:
            tx._end()
        return result


def _end(tx: Tx, error: BaseException | None) -> None:
    if error is None:
        tx.flush()
    else:
        tx._waiting.forget()


class AsyncTx(AsyncVerbs):
    """`Tx` for asyncio.

    An `insert` of which the database gives more than the key is not queued: what it gave could not
    be read without `await`.
    """

    is_async: ClassVar[bool] = True

    def __init__(
        self, connection: AsyncConnection, origin: AsyncVerbs, waiting: Waiting | None
    ) -> None:
        self._connection = connection
        self._origin = origin
        self._waiting = waiting or Waiting(is_async=True)
        self._journal: Journal = Journal()
        self._within: InTransaction | None = None
        """What it knows of the cache, if there is one."""
        self._is_over = False

    @property
    def connection(self) -> AsyncConnection:
        """The connection, for its own calls.

        Raises `ProgrammingError` while writes wait: `await tx.flush()` sends them. Nothing in the
        transaction comes from the cache any more. Raises `InterfaceError` after it.
        """
        check_open(self)
        if self._waiting.count:
            raise ProgrammingError(
                "writes are waiting, which are to be sent before other statements",
                hint="`await tx.flush()` first",
            )
        self._lent()
        return self._connection

    async def flush(self) -> None:
        """Send what waits. Raises what the server says to it."""
        if not (self._waiting.is_empty or self._is_over):
            await drive_async(self._noted(self._waiting.steps()), self._connection)

    async def insert(
        self,
        objects: Model | Iterable[Model],
        *,
        returning: bool = True,
        progress: Progress | None = None,
    ) -> None:
        """`Verbs.insert`; a single object may wait."""
        if isinstance(objects, Model) and await self._insert_later(objects, caller(1)):
            return
        await super().insert(objects, returning=returning, progress=progress)

    async def update(self, objects: Model | Iterable[Model]) -> None:
        """`Verbs.update`; a single object may wait."""
        if isinstance(objects, Model) and await self._update_later(objects, caller(1)):
            return
        await super().update(objects)

    async def save(self, objects: Model | Iterable[Model]) -> None:
        """`Verbs.save`; a single object may wait."""
        if isinstance(objects, Model):
            is_new = objects._cohort is None
            later = self._insert_later if is_new else self._update_later
            if await later(objects, caller(1)):
                return
        await super().save(objects)

    async def delete(self, objects: Model | Iterable[Model]) -> None:
        """`Verbs.delete`; a single object may wait."""
        if isinstance(objects, Model) and not self._is_over:
            line = caller(1)
            if self._waiting.delete(self, objects, line, self._journal):
                await self._flush_if_full()
                return
        await super().delete(objects)

    def _end(self) -> None:
        """The transaction is over: objects load by what it was begun on."""
        self._waiting.forget()
        self._is_over = True

    async def _insert_later(self, one: Any, line: Line) -> bool:
        if self._is_over:
            return False
        answer = self._waiting.insert(self, one, line)
        while not isinstance(answer, bool):
            await drive_async(answer, self._connection)
            answer = self._waiting.insert(self, one, line)
        await self._flush_if_full()
        return answer

    async def _update_later(self, one: Any, line: Line) -> bool:
        is_waiting = not self._is_over and self._waiting.update(one, line, self._journal)
        await self._flush_if_full()
        return is_waiting

    async def _flush_if_full(self) -> None:
        if self._waiting.count >= MOST_WAITING:
            await self.flush()

    async def _drive(self, steps: Steps) -> Any:
        check_open(self)
        await self.flush()
        return await drive_async(self._noted(steps), self._connection)

    async def _take(self, step: Step) -> Any:
        check_open(self)
        await self.flush()
        if self._within is not None:
            self._within.note(step)
        return await step(self._connection)

    async def _load_lacking(self, steps: Steps) -> Any:
        loads_on = self._origin._load_lacking if self._is_over else self._drive
        return await loads_on(steps)

    async def _run_cached(self, statement: Cached[Any]) -> Any:
        check_open(self)
        if self._within is None:
            return await self._run(statement.inner)
        from howdah.caching._statements import of_transaction

        return await drive_async(of_transaction(self, self._within, statement), None)

    def _lent(self) -> None:
        if self._within is not None:
            self._within.note_raw()

    def _noted(self, steps: Steps) -> Steps:
        """The steps; what they write is told to the cache, if there is one."""
        return steps if self._within is None else self._within.noted(steps)

    def _lease(self, *, read_only: bool) -> AbstractAsyncContextManager[AsyncConnection]:
        del read_only  # there is one connection
        check_open(self)
        return _Held(self)

    def _source(self) -> AsyncConnection:
        check_open(self)
        return self._connection


class AsyncTxBlock:
    """`db.tx(…)` under asyncio: a block, or a decorator of coroutine functions."""

    def __init__(self, origin: AsyncVerbs, options: Options) -> None:
        self._origin = origin
        self._options = options
        self._stack: AsyncExitStack | None = None
        self._tx: AsyncTx | None = None

    def __call__(
        self, function: Callable[Concatenate[AsyncTx, P], Coroutine[Any, Any, R]], /
    ) -> Callable[P, Coroutine[Any, Any, R]]:
        """A function that runs in a transaction of its own, which is its first parameter."""

        @functools.wraps(function)
        async def whole(*args: P.args, **kwargs: P.kwargs) -> R:
            if self._options.retry is None:
                async with AsyncTxBlock(self._origin, self._options) as tx:
                    return await function(tx, *args, **kwargs)
            attempts = Attempts()
            source = self._origin._source()
            try:
                with attempts, known(source):
                    return await retrying.run_async(
                        self._options.policy(),
                        source,
                        lambda conn: self._attempt(
                            conn, attempts, lambda tx: function(tx, *args, **kwargs)
                        ),
                    )
            finally:
                await drive_async(attempts.settle(), None)

        return whole

    async def __aenter__(self) -> AsyncTx:
        check_block(self._options, is_entered=self._stack is not None)
        self._stack = AsyncExitStack()
        async with AsyncExitStack() as stack:
            lease = self._origin._lease(read_only=bool(self._options.read_only))
            connection = await stack.enter_async_context(lease)
            await stack.enter_async_context(connection.transaction(**self._options.modes()))
            self._tx = self._begun(connection)
            self._stack = stack.pop_all()
        return self._tx

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._tx is not None
        assert self._stack is not None
        tx, failure = self._tx, error
        commit: Commit | None = None
        try:
            try:
                await _end_async(tx, error)
                if error is None:
                    commit = commit_of(tx, self._origin)
                if commit is not None:
                    await drive_async(commit.before(tx._connection), None)
            except BaseException as flushing:
                failure = flushing
                await self._stack.__aexit__(type(flushing), flushing, flushing.__traceback__)
                raise
            try:
                await self._stack.__aexit__(kind, error, traceback)
            finally:
                if commit is not None:
                    await drive_async(commit.after(), None)
        except BaseException as ending:
            failure = ending
            raise
        finally:
            over(tx, self._origin, failure)

    def _begun(self, connection: AsyncConnection) -> AsyncTx:
        command = self._options.settings_command()
        if command is not None:
            connection.defer(command)
        tx = AsyncTx(connection, self._origin, waiting_of(self._origin))
        tx._within = within(self._origin, self._options)
        return tx

    async def _attempt(
        self,
        connection: AsyncConnection,
        attempts: Attempts,
        function: Callable[[AsyncTx], Coroutine[Any, Any, R]],
    ) -> R:
        """One run of the function, in a transaction that is open."""
        await drive_async(attempts.settle(), None)
        tx = attempts.begin(self._begun(connection))
        try:
            result = await function(tx)
            await tx.flush()
            await drive_async(attempts.commits(commit_of(tx, self._origin), connection), None)
        finally:
            tx._end()
        return result


async def _end_async(tx: AsyncTx, error: BaseException | None) -> None:
    if error is None:
        await tx.flush()
    else:
        tx._waiting.forget()
