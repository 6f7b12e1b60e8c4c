"""A primary with its replicas behind one name, for threads: `howdah.Database`.

Does IO through a pool per server and purpose. Which server gets what, is decided in `_routing`.
Invariant: a connection for writing was lent by the server that was the primary at that moment, and
one for reading cannot write.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar, overload

from howdah import errors
from howdah._modes import Isolation
from howdah._native import Row
from howdah._routing import (
    POSITION,
    POSITION_TIMEOUT_SECONDS,
    REPLAYED,
    DatabaseSession,
    Purpose,
    Routing,
    deadline_after,
    known_run,
    may_read_elsewhere,
)
from howdah.connection import Connection
from howdah.errors import InterfaceError, OperationalError, PoolClosed
from howdah.orm.executors import alone, drive, run_on
from howdah.orm.statements.base import Statement, Step, Steps, no_statement
from howdah.orm.statements.cached import Cached
from howdah.orm.statements.select import Select
from howdah.orm.verbs import Verbs
from howdah.pool import Pool
from howdah.retrying import run

if TYPE_CHECKING:
    from howdah.caching._commits import Commit
    from howdah.caching._database import DatabaseCache
    from howdah.caching.options import Cache

T = TypeVar("T")
Tuple = TypeVar("Tuple", bound=tuple[Any, ...])
P = ParamSpec("P")
R = TypeVar("R")


class DatabaseLease:
    """What `with db.read() as conn:` and `with db.write() as conn:` enter."""

    def __init__(
        self,
        database: "Database",
        purpose: Purpose,
        timeout: float | None,
        commit: "Commit | None" = None,
    ) -> None:
        self._commit = commit
        """What the cache must know of what is done meanwhile."""
        self._database = database
        self._purpose = purpose
        self._timeout = timeout
        self._held: tuple[Pool, Connection, DatabaseSession | None] | None = None

    def __enter__(self) -> Connection:
        if self._held is not None:
            raise InterfaceError("`read()` and `write()` can be entered only once")
        session = self._database._session()
        pool, connection = self._database._acquire(self._purpose, self._timeout)
        if self._commit is not None:
            drive(self._commit.before(None), None)
        self._held = (pool, connection, session)
        return connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._held is None:
            return
        pool, connection, session = self._held
        try:
            if error is None and not connection.closed:
                connection.commit()
        except BaseException as failure:
            error = failure
            raise
        finally:
            self._database._met(error)
            try:
                if session is not None and self._purpose == "write":
                    _note_position(session, connection)
                if self._commit is not None:
                    drive(self._commit.afterwards(connection), connection)
            finally:
                pool.release(connection)


class Database(Routing[Pool], Verbs):
    """A primary and its replicas, for the threads of a program.

    `primary` and each of `replicas` name one server as `connect` does. Which of them is the primary
    is found out and followed: after a promotion, writes go to the new one. A primary that comes
    back with an older timeline than is known is not written to.

    **Writes and reads.** `write()` lends a connection to the primary, `read()` one to the replica
    with the least to do; what only reads says so, nothing is guessed. A read goes to the primary
    if no replica is fit, and cannot write there either. The calls of `Connection` are here, too,
    on a connection of their own: on the primary, unless `read_only=True` is said.

    **Read your writes.** Inside of `with db.session():` a read goes to a replica that has
    replayed the session's last commit, or to the primary. Outside, a read may be a moment behind.

    Options beside those of `Pool` (for each server's pools) and `connect`:

    - `max_lag`: seconds that a replica may be behind the primary; None for any. `max_lag_bytes`:
      the same in bytes of the write-ahead log.
    - `check_interval`: seconds between two looks at each server.
    - `timeout`: how long a request waits for a server or a connection.
    - `retry`: what `run` repeats, as `howdah.retry(…)` makes it.

    >>> with howdah.Database(url) as db, db.session():
    ...     db.execute("create table if not exists seat (id int)")
    ...     db.fetch_value("select count(*) from seat", read_only=True)
    0
    0
    """

    def _prepare(self) -> None:
        self._pools_lock = threading.Lock()

    def open(self, timeout: float | None = None) -> None:
        """Wait until every server has answered or failed to, and there is one to read from.

        Raises `NoServer` after `timeout` seconds, the database's own by default.
        """
        self._require_open()
        if self._caching is not None:
            self._caching.listen()
        deadline = self._deadline(timeout)
        with self._monitor.lock:
            while not self._topology.is_complete or self._choose_reader(set()) is None:
                if not self._monitor.wait(deadline):
                    raise self._nobody("requests")

    def close(self, timeout: float = 5.0) -> None:
        """Stop watching and close the pools, each as `Pool.close` does. May be called twice."""
        deadline = deadline_after(timeout)
        if self._caching is not None:
            self._caching.close()
        self._monitor.close()
        with self._pools_lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close(max(deadline - time.monotonic(), 0.0))

    def read(self, timeout: float | None = None) -> DatabaseLease:
        """A block with a connection that only reads, to a replica if one is fit.

        Raises `NoServer` or `PoolTimeout` after `timeout` seconds.
        """
        return DatabaseLease(self, "read", timeout)

    def write(self, timeout: float | None = None) -> DatabaseLease:
        """A block with a connection to the primary.

        Raises `NoServer` or `PoolTimeout` after `timeout` seconds.
        """
        return DatabaseLease(self, "write", timeout, self._unknown_commit(None))

    @contextlib.contextmanager
    def transaction(
        self,
        *,
        read_only: bool = False,
        isolation: Isolation | None = None,
        deferrable: bool | None = None,
        timeout: float | None = None,
    ) -> Iterator[Connection]:
        """A block with a connection of its own in a transaction, as `Connection.transaction`."""
        lease = self.read(timeout) if read_only else self.write(timeout)
        with (
            lease as connection,
            connection.transaction(
                isolation=isolation, read_only=read_only or None, deferrable=deferrable
            ),
        ):
            yield connection

    def run(
        self,
        function: Callable[Concatenate[Connection, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Call `function(connection, …)` in a transaction, and repeat that as `retry` says.

        Also repeated is what met a server that went away or was no primary any more.

        >>> with howdah.Database(url) as db:
        ...     db.run(lambda conn: conn.fetch_value("select 1"))
        1
        """
        return run(self._retry, self, lambda connection: function(connection, *args, **kwargs))

    def execute(
        self, query: str | Statement[Any], /, *args: Any, timeout: float | None = None
    ) -> int:
        """`Connection.execute` on the primary; of a statement of the ORM, its effect."""
        if isinstance(query, Statement):
            return super().execute(query)
        with self._lease_for(query) as connection:
            return connection.execute(query, *args, timeout=timeout)

    def execute_many(
        self, query: str, rows: Iterable[Sequence[Any]], /, *, timeout: float | None = None
    ) -> int:
        """`Connection.execute_many` on the primary."""
        with self._lease_for(query) as connection:
            return connection.execute_many(query, rows, timeout=timeout)

    @overload
    def fetch(self, query: Statement[R], /, *, read_only: bool = False) -> R: ...
    @overload
    def fetch(
        self,
        query: str,
        /,
        *args: Any,
        row: None = None,
        timeout: float | None = None,
        read_only: bool = False,
    ) -> list[Row]: ...
    @overload
    def fetch(
        self,
        query: str,
        /,
        *args: Any,
        row: type[dict[str, Any]],
        timeout: float | None = None,
        read_only: bool = False,
    ) -> list[dict[str, Any]]: ...
    @overload
    def fetch(
        self,
        query: str,
        /,
        *args: Any,
        row: type[Tuple],
        timeout: float | None = None,
        read_only: bool = False,
    ) -> list[Tuple]: ...
    @overload
    def fetch(
        self,
        query: str,
        /,
        *args: Any,
        row: Callable[..., T],
        timeout: float | None = None,
        read_only: bool = False,
    ) -> list[T]: ...
    def fetch(
        self,
        query: Any,
        /,
        *args: Any,
        row: Callable[..., Any] | None = None,
        timeout: float | None = None,
        read_only: bool = False,
    ) -> Any:
        """`Connection.fetch` on the primary, or with `read_only` where `read()` would go."""
        if isinstance(query, Statement):
            return self._fetch_statement(query, read_only=read_only)
        if isinstance(query, type):
            raise no_statement(query)
        return self._ask(
            lambda c: c.fetch(query, *args, row=row, timeout=timeout),
            query=query,
            read_only=read_only,
        )

    @overload
    def fetch_one(self, query: Select[T], /, *, read_only: bool = False) -> T | None: ...
    @overload
    def fetch_one(
        self,
        query: str,
        /,
        *args: Any,
        row: None = None,
        timeout: float | None = None,
        read_only: bool = False,
    ) -> Row | None: ...
    @overload
    def fetch_one(
        self,
        query: str,
        /,
        *args: Any,
        row: type[dict[str, Any]],
        timeout: float | None = None,
        read_only: bool = False,
    ) -> dict[str, Any] | None: ...
    @overload
    def fetch_one(
        self,
        query: str,
        /,
        *args: Any,
        row: type[Tuple],
        timeout: float | None = None,
        read_only: bool = False,
    ) -> Tuple | None: ...
    @overload
    def fetch_one(
        self,
        query: str,
        /,
        *args: Any,
        row: Callable[..., T],
        timeout: float | None = None,
        read_only: bool = False,
    ) -> T | None: ...
    def fetch_one(
        self,
        query: Any,
        /,
        *args: Any,
        row: Callable[..., Any] | None = None,
        timeout: float | None = None,
        read_only: bool = False,
    ) -> Any:
        """`Connection.fetch_one` on the primary, or with `read_only` where `read()` would go."""
        if isinstance(query, Select):
            return self._fetch_statement(query.first(), read_only=read_only)
        return self._ask(
            lambda c: c.fetch_one(query, *args, row=row, timeout=timeout),
            query=query,
            read_only=read_only,
        )

    def fetch_value(
        self, query: str, /, *args: Any, timeout: float | None = None, read_only: bool = False
    ) -> Any:
        """`Connection.fetch_value` on the primary, or with `read_only` where `read()` would go."""
        return self._ask(
            lambda c: c.fetch_value(query, *args, timeout=timeout),
            query=query,
            read_only=read_only,
        )

    def __enter__(self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close(timeout=0)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _fetch_statement(self, statement: Statement[Any], *, read_only: bool) -> Any:
        if isinstance(statement, Cached):
            return self._run_cached(statement, read_only=read_only)
        if not read_only:
            return self._run(statement)
        return self._ask(lambda c: run_on(statement, self, c), query="select", read_only=True)

    def _drive(self, steps: Steps) -> Any:
        """The steps of a statement of the ORM, all on one connection."""
        known = self._caching
        try:
            with self._lease(read_only=False) as connection:
                return drive(self._watched(steps), connection)
        finally:
            self._watched_late(known)

    def _take(self, step: Step) -> Any:
        """One call of the ORM."""
        if hasattr(step, "writes"):
            return self._drive(alone(step))
        with self._lease(read_only=False) as connection:
            return step(connection)

    def _ask(self, call: Callable[[Connection], R], *, query: str, read_only: bool) -> R:
        """One statement, with what the ORM loads for it.

        One that only reads is asked again elsewhere if its server goes away.
        """
        if not read_only:
            with self._lease_for(query) as connection:
                return call(connection)
        failures = 0
        deadline = self._deadline(None)
        while True:
            try:
                with self.read() as connection:
                    return call(connection)
            except errors.Error as error:
                failures += 1
                if not self._may_ask_again(error, failures, deadline):
                    raise
            time.sleep(self._retry.delay(failures))

    def _acquire(self, purpose: Purpose, timeout: float | None) -> tuple[Pool, Connection]:
        self._require_open()
        deadline = self._deadline(timeout)
        if purpose == "write":
            return self._acquire_writer(deadline)
        return self._acquire_reader(deadline)

    def _acquire_writer(self, deadline: float) -> tuple[Pool, Connection]:
        while True:
            with self._monitor.lock:
                while not self._is_ready() or (primary := self._topology.primary) is None:
                    self._require_running()
                    if not self._monitor.wait(deadline):
                        raise self._nobody("writes")
            lent = self._lend("write", primary, deadline)
            if lent is not None:
                return lent
            self._pause(deadline)

    def _acquire_reader(self, deadline: float) -> tuple[Pool, Connection]:
        excluded: set[int] = set()
        while True:
            with self._monitor.lock:
                while not self._is_ready() or (chosen := self._choose_reader(excluded)) is None:
                    self._require_running()
                    excluded.clear()
                    if not self._monitor.wait(deadline):
                        raise self._nobody("reads")
            index, position = chosen
            lent = self._lend("read", index, deadline)
            if lent is not None and self._has_replayed(lent, index, position):
                return lent
            excluded.add(index)

    def _lend(
        self, purpose: Purpose, index: int, deadline: float
    ) -> tuple[Pool, Connection] | None:
        """A connection of one server; None if that cannot be reached."""
        pool = self._pool(purpose, index)
        try:
            connection = pool.acquire(max(deadline - time.monotonic(), 0.0))
        except PoolClosed:
            return None  # the server was lost meanwhile
        except OperationalError as error:
            if time.monotonic() >= deadline or not may_read_elsewhere(error):
                raise
            self._monitor.look_now()
            return None
        return pool, connection

    def _has_replayed(self, lent: tuple[Pool, Connection], index: int, position: int) -> bool:
        """Whether the server has come so far; if not, its connection is given back."""
        if position == 0:
            return True
        pool, connection = lent
        try:
            replayed = connection.fetch_value(REPLAYED)
        except OperationalError as error:
            self._met(error)
            replayed = None
        if self._has_come(index, replayed, position):
            return True
        pool.release(connection)
        return False

    def _pool(self, purpose: Purpose, index: int) -> Pool:
        with self._pools_lock:
            self._require_running()
            pool = self._pools.get((purpose, index))
            if pool is None:
                pool = Pool(self._dsns[index], **self._pool_settings(purpose, index))
                self._pools[purpose, index] = pool
            return pool

    def _drop(self, indices: Sequence[int]) -> None:
        """Those that wait in a pool that is closed choose again."""
        with self._pools_lock:
            lost = self._take_pools(indices)
        for pool in lost:
            pool.close(timeout=0)

    def _pause(self, deadline: float) -> None:
        """Wait for news after a failure, but not for long: it may have been a single one."""
        with self._monitor.lock:
            self._monitor.wait(min(deadline, time.monotonic() + 0.1))

    @property
    def cache(self) -> "DatabaseCache":
        """The answers that are kept: its figures, `invalidate`, and a decorator of functions.

        One of the default size is made where `cache` was not given.
        """
        found: DatabaseCache = self._caching or self._cache()
        return found

    def _make_cache(self, cache: "Cache") -> "DatabaseCache":
        from howdah.caching._database import DatabaseCache

        return DatabaseCache(self, cache, is_async=False)

    def _run_cached(self, statement: Cached[Any], *, read_only: bool = False) -> Any:
        from howdah.caching._statements import of_database

        return drive(of_database(self, statement, read_only=read_only), None)

    def _lease(self, *, read_only: bool) -> DatabaseLease:
        return DatabaseLease(self, "read" if read_only else "write", None)

    def _lease_for(self, query: str) -> DatabaseLease:
        """A connection to the primary for SQL of the program's own."""
        return DatabaseLease(self, "write", None, self._unknown_commit(query))

    def _source(self) -> Self:
        return self

    def _lease_for_run(self, timeout: float, *, read_only: bool | None) -> DatabaseLease:
        timeout = min(self._timeout, timeout)
        if read_only:
            return self.read(timeout)
        is_known = known_run.get() is self
        return DatabaseLease(
            self, "write", timeout, None if is_known else self._unknown_commit(None)
        )


def _note_position(session: DatabaseSession, connection: Connection) -> None:
    """Let the session remember what the connection may have committed."""
    position = None
    try:
        if not connection.closed and connection.transaction_status == "idle":
            position = connection.fetch_value(POSITION, timeout=POSITION_TIMEOUT_SECONDS)
    except errors.Error:
        pass  # it is asked for later, in another way
    finally:
        session._wrote(position)
