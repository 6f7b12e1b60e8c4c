"""Transactions that are repeated when PostgreSQL asks for it: `howdah.retry` and `run`.

Does IO on the connections that it is given, and sleeps. What may be repeated is decided in
`_retry_policy`. Invariant: a run repeats its whole transaction or nothing, and a transaction whose
COMMIT may have taken effect is never repeated.
"""

import asyncio
import contextlib
import functools
import inspect
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeAlias, TypeVar, overload

from howdah._modes import Isolation
from howdah._retry_policy import (
    FATE,
    MARK,
    Course,
    Mark,
    Policy,
    refuse_nested,
    refuse_open_transaction,
)
from howdah.async_connection import AsyncConnection
from howdah.async_pool import AsyncPool
from howdah.connection import Connection
from howdah.errors import CommitUnknown, ConnectionLost, OperationalError
from howdah.pool import Pool

if TYPE_CHECKING:
    from howdah.async_database import AsyncDatabase
    from howdah.database import Database

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", Connection, AsyncConnection)

Source: TypeAlias = "Connection | Pool | Database"
AsyncSource: TypeAlias = "AsyncConnection | AsyncPool | AsyncDatabase"

_running: ContextVar[tuple[object, ...]] = ContextVar("howdah_running", default=())
"""The pools and databases on which the current task or thread runs a transaction."""
_FATE_PAUSE_SECONDS = 0.05
_CONNECTIONS = (Connection, AsyncConnection)


@overload
def retry(
    function: Callable[Concatenate[AsyncConnection, P], Coroutine[Any, Any, R]], /
) -> Callable[Concatenate[AsyncSource, P], Coroutine[Any, Any, R]]: ...
@overload
def retry(
    function: Callable[Concatenate[Connection, P], R], /
) -> Callable[Concatenate[Source, P], R]: ...
@overload
def retry(
    *,
    attempts: int = 10,
    deadline: float = 30.0,
    first_delay: float = 0.01,
    longest_delay: float = 1.0,
    isolation: Isolation | None = None,
    read_only: bool | None = None,
    deferrable: bool | None = None,
    resolve: bool = True,
) -> "Retry": ...
def retry(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a function a whole transaction that is repeated when PostgreSQL asks for it.

    The function's first parameter is a connection inside of a transaction, which commits when it
    returns and is rolled back when it raises. Its caller passes a pool, a database or a
    connection instead. Coroutine functions take the asyncio ones.

    Repeated is what PostgreSQL defines as repeatable: serialization failures (40001), deadlocks
    (40P01), locks that were not available (55P03); and, where there are other connections to go
    on with, a connection that was lost before COMMIT was sent. The function must not do what
    cannot be done twice, apart from what it does on its connection.

    When the connection is lost after COMMIT was sent, the server is asked on another connection
    what became of the transaction. If that cannot be known, `CommitUnknown` is raised.

    - `attempts`: how often to try at most. `deadline`: seconds after which no attempt begins.
    - `first_delay`, `longest_delay`: seconds; the wait after failure n is random, up to
      `first_delay * 2 ** (n - 1)` and never longer than `longest_delay`.
    - `isolation`, `read_only`, `deferrable`: of the transaction, as for `Connection.transaction`.
    - `resolve`: ask for the transaction's id when it begins, so that its fate can be known.

    Raises `ProgrammingError` inside of an open transaction, or of another run on the same pool;
    `CommitUnknown`; and what the function raised, after the last attempt.

    >>> @howdah.retry(isolation="serializable")
    ... def withdraw(conn, amount):
    ...     balance = conn.fetch_value("select 100")
    ...     return balance - amount
    >>> with howdah.Pool(url) as pool:
    ...     withdraw(pool, 30)
    70
    """
    if function is not None:
        return Retry()(function)
    return Retry(**options)


class Retry(Policy):
    """What `retry` makes of its options: decorates functions."""

    __slots__ = ()

    @overload
    def __call__(
        self, function: Callable[Concatenate[AsyncConnection, P], Coroutine[Any, Any, R]], /
    ) -> Callable[Concatenate[AsyncSource, P], Coroutine[Any, Any, R]]: ...
    @overload
    def __call__(
        self, function: Callable[Concatenate[Connection, P], R], /
    ) -> Callable[Concatenate[Source, P], R]: ...
    def __call__(self, function: Callable[..., Any], /) -> Any:
        """The function as a transaction that is repeated."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def repeat_async(source: AsyncSource, *args: Any, **kwargs: Any) -> Any:
                return await run_async(self, source, lambda c: function(c, *args, **kwargs))

            return repeat_async

        @functools.wraps(function)
        def repeat(source: Source, *args: Any, **kwargs: Any) -> Any:
            return run(self, source, lambda c: function(c, *args, **kwargs))

        return repeat


def run(policy: Policy, source: Source, function: Callable[[Connection], R]) -> R:
    """Run the transaction on the source, and repeat it as the policy allows."""
    _check_source(source, (Connection, Pool), is_async=False)
    if isinstance(source, Connection):
        refuse_open_transaction(source.transaction_status, in_block=bool(source._blocks))
    with _noted(source):
        course = _course(policy, source)
        while True:
            attempt = _Attempt[Connection, R]()
            try:
                return _attempt(policy, source, function, course, attempt)
            except CommitUnknown as error:
                error.xid = int(attempt.mark.xid) if attempt.mark else None
                fate = _fate(source, attempt.mark, course)
                if fate == "committed":
                    return attempt.result
                delay = course.after(_known(error, fate), time.monotonic(), is_closed=True)
            except Exception as error:  # noqa: BLE001 (what must not be repeated is raised again)
                delay = course.after(error, time.monotonic(), is_closed=attempt.is_closed())
            time.sleep(delay)


async def run_async(
    policy: Policy,
    source: AsyncSource,
    function: Callable[[AsyncConnection], Coroutine[Any, Any, R]],
) -> R:
    """`run` for asyncio."""
    _check_source(source, (AsyncConnection, AsyncPool), is_async=True)
    if isinstance(source, AsyncConnection):
        refuse_open_transaction(source.transaction_status, in_block=bool(source._blocks))
    with _noted(source):
        course = _course(policy, source)
        while True:
            attempt = _Attempt[AsyncConnection, R]()
            try:
                return await _attempt_async(policy, source, function, course, attempt)
            except CommitUnknown as error:
                error.xid = int(attempt.mark.xid) if attempt.mark else None
                fate = await _fate_async(source, attempt.mark, course)
                if fate == "committed":
                    return attempt.result
                delay = course.after(_known(error, fate), time.monotonic(), is_closed=True)
            except Exception as error:  # noqa: BLE001 (what must not be repeated is raised again)
                delay = course.after(error, time.monotonic(), is_closed=attempt.is_closed())
            await asyncio.sleep(delay)


class _Attempt(Generic[C, R]):
    """What is known of one attempt, also after it has failed."""

    connection: C | None = None
    mark: Mark | None = None
    result: R

    def is_closed(self) -> bool:
        """Whether its connection is of no more use."""
        return self.connection is not None and self.connection.closed


def _attempt(
    policy: Policy,
    source: Source,
    function: Callable[[Connection], R],
    course: Course,
    attempt: _Attempt[Connection, R],
) -> R:
    with _lease(source, course) as connection:
        attempt.connection = connection
        with connection.transaction(
            isolation=policy.isolation, read_only=policy.read_only, deferrable=policy.deferrable
        ):
            if _asks_for_mark(policy, source):
                found = connection.fetch_one(MARK, row=tuple)
                attempt.mark = Mark(*found) if found else None
            attempt.result = function(connection)
        return attempt.result


async def _attempt_async(
    policy: Policy,
    source: AsyncSource,
    function: Callable[[AsyncConnection], Coroutine[Any, Any, R]],
    course: Course,
    attempt: _Attempt[AsyncConnection, R],
) -> R:
    async with _lease_async(source, course) as connection:
        attempt.connection = connection
        async with connection.transaction(
            isolation=policy.isolation, read_only=policy.read_only, deferrable=policy.deferrable
        ):
            if _asks_for_mark(policy, source):
                found = await connection.fetch_one(MARK, row=tuple)
                attempt.mark = Mark(*found) if found else None
            attempt.result = await function(connection)
        return attempt.result


def _fate(source: Source, mark: Mark | None, course: Course) -> str | None:
    """What became of a transaction: `committed`, `aborted`, None if that cannot be known."""
    while mark is not None:
        try:
            with _lease(source, course) as connection:
                fate: str | None = connection.fetch_value(FATE, mark.xid, mark.life)
        except OperationalError:
            fate = "in progress"  # as far as anybody knows
        if fate != "in progress":
            return fate
        if course.remaining(time.monotonic()) <= 0:
            break
        time.sleep(_FATE_PAUSE_SECONDS)
    return None


async def _fate_async(source: AsyncSource, mark: Mark | None, course: Course) -> str | None:
    while mark is not None:
        try:
            async with _lease_async(source, course) as connection:
                fate: str | None = await connection.fetch_value(FATE, mark.xid, mark.life)
        except OperationalError:
            fate = "in progress"  # as far as anybody knows
        if fate != "in progress":
            return fate
        if course.remaining(time.monotonic()) <= 0:
            break
        await asyncio.sleep(_FATE_PAUSE_SECONDS)
    return None


def _known(error: CommitUnknown, fate: str | None) -> Exception:
    """The error to go on with: if the transaction was rolled back, that is known now."""
    if fate != "aborted":
        return error
    known = ConnectionLost("the connection was lost at COMMIT, and the transaction rolled back")
    known.__cause__ = error
    return known


def _asks_for_mark(policy: Policy, source: object) -> bool:
    return policy.resolve and not policy.read_only and not isinstance(source, _CONNECTIONS)


def _check_source(source: Any, known: tuple[type, ...], *, is_async: bool) -> None:
    """Refuse what transactions cannot run on, such as the first argument of another function."""
    is_database = hasattr(source, "_lease_for_run")
    if isinstance(source, known) or (is_database and source.is_async is is_async):
        return
    world = "Async" if is_async else ""
    kinds = f"`{world}Connection`, `{world}Pool` or `{world}Database`"
    found = type(source).__name__
    raise TypeError(f"expected a {kinds} as the first argument, found `{found}`")


def _course(policy: Policy, source: object) -> Course:
    return Course(
        policy,
        time.monotonic(),
        has_other_connections=not isinstance(source, _CONNECTIONS),
        finds_primary=not isinstance(source, (*_CONNECTIONS, Pool, AsyncPool)),
    )


@contextlib.contextmanager
def _noted(source: object) -> Iterator[None]:
    """Refuse a run inside of another on the same pool."""
    running = _running.get()
    if any(other is source for other in running):
        raise refuse_nested()
    token = _running.set((*running, source))
    try:
        yield
    finally:
        _running.reset(token)


def _lease(source: Source, course: Course) -> AbstractContextManager[Connection]:
    if isinstance(source, Connection):
        return contextlib.nullcontext(source)
    remaining = course.remaining(time.monotonic())
    if isinstance(source, Pool):
        return source.connection(min(source._options.timeout, remaining))
    return source._lease_for_run(remaining, read_only=course.read_only)


def _lease_async(
    source: AsyncSource, course: Course
) -> AbstractAsyncContextManager[AsyncConnection]:
    if isinstance(source, AsyncConnection):
        return contextlib.nullcontext(source)
    remaining = course.remaining(time.monotonic())
    if isinstance(source, AsyncPool):
        return source.connection(min(source._options.timeout, remaining))
    return source._lease_for_run(remaining, read_only=course.read_only)
