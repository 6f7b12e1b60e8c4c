"""The blocking connection: `howdah.connect` and `Connection`.

Waits on the socket with the GIL released. `fetch`, `fetch_one`, `fetch_value`, `execute` and
`execute_many` are the native ones, inherited as they are. Invariant: a connection has one
transaction state, which native calls, cursors and `transaction()` blocks share; see `Connection`.
"""

from collections.abc import Callable, Iterable, Sequence
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from howdah import _identifiers, _native, errors
from howdah._connecting import configuration
from howdah._modes import Isolation
from howdah._session import Listener, Session, refuse_unknown_commit
from howdah.copying import Copying
from howdah.cursor import Cursor
from howdah.pipeline import Pipeline
from howdah.stream import RowStream
from howdah.transaction import Transaction

if TYPE_CHECKING:
    from howdah._native import Result, Row
    from howdah.advisory_lock import AdvisoryLock
    from howdah.large_objects import LargeObjects
    from howdah.notifications import Notifications
    from howdah.server_cursor import ServerCursor
    from howdah.sql import Query
    from howdah.statement import Statement
    from howdah.two_phase import Xid

T = TypeVar("T")
Tuple = TypeVar("Tuple", bound=tuple[Any, ...])

CANCEL_TIMEOUT_SECONDS = 5.0


def connect(
    dsn: str | None = None, /, *, autocommit: bool = False, **options: object
) -> "Connection":
    """Connect to a server and wait until it is ready.

    `dsn` is a URI (`postgresql://…`) or libpq's `key=value` text; `options` are libpq's keywords
    and win over it; what neither says comes from the `PG*` environment variables, the service
    file and the password file. An option that nobody knows is an error.
    `application_name` is the running script's name unless given. `password` may be a callable
    without arguments, called for each new connection (tokens that expire); what it raises is
    raised here. Only `connect_async` takes one that is asynchronous.

    Raises `ConnectionFailed` (each address tried is told), `ProgrammingError` for a malformed
    `dsn`, and the server's own refusals such as `errors.InvalidPassword`.

    >>> with howdah.connect(url) as conn:
    ...     conn.fetch_value("select 6 * $1", 7)
    42
    """
    connection = Connection(configuration(dsn, options))
    connection._autocommit = autocommit
    return connection


class Connection(Copying, Session, _native.SyncConnection):
    """A session with a server, from `howdah.connect`.

    **One transaction state.** A native call (`fetch`, `execute`, `execute_many`, `copy_rows` …)
    joins the transaction that is open and commits by itself if there is none. A cursor opens one
    when there is none, as PEP 249 asks, unless `autocommit` is set; it stays open until
    `commit` or `rollback`. `transaction()` opens one, or a savepoint when one is open, also
    when a cursor opened it; `commit` and `rollback` inside of it are errors.

    Threads may share a connection: their statements take turns, in one common transaction.

    As a context manager it commits an open transaction at a clean exit, rolls it back after an
    exception, and closes itself in both cases.

    >>> with howdah.connect(url) as conn:
    ...     conn.execute("create temporary table t (id int primary key, name text)")
    ...     with conn.transaction():
    ...         conn.execute_many("insert into t values ($1, $2)", [(1, "a"), (2, "b")])
    ...     for row in conn.fetch("select * from t where id > $1", 1):
    ...         print(row.id, row["name"], row[1])
    0
    2
    2 b b
    """

    Warning = errors.Warning
    Error = errors.Error
    InterfaceError = errors.InterfaceError
    DatabaseError = errors.DatabaseError
    DataError = errors.DataError
    OperationalError = errors.OperationalError
    IntegrityError = errors.IntegrityError
    InternalError = errors.InternalError
    ProgrammingError = errors.ProgrammingError
    NotSupportedError = errors.NotSupportedError

    def __init__(self, _config: _native.Config, /) -> None:
        # The configuration went to the native constructor, which has connected.
        self._turn = RLock()
        self._start_session()

    def transaction(
        self,
        *,
        isolation: Isolation | None = None,
        read_only: bool | None = None,
        deferrable: bool | None = None,
        force_rollback: bool = False,
    ) -> Transaction:
        """A block that commits at its clean end and rolls back after an exception.

        Inside an open transaction it is a savepoint. What is not given is the session's default.
        `force_rollback` undoes the changes always, for tests and dry runs.

        A clean end after a failed statement raises `errors.InFailedSqlTransaction`: nothing was
        committed. Leaving blocks in another order than they nest, or ending the transaction
        inside, raises `ProgrammingError`.

        >>> with conn.transaction(isolation="serializable", read_only=True):
        ...     conn.fetch_value("show transaction_isolation")
        'serializable'
        """
        return Transaction(
            self,
            isolation=isolation,
            read_only=read_only,
            deferrable=deferrable,
            force_rollback=force_rollback,
        )

    def pipeline(self, *, timeout: float | None = None) -> Pipeline:
        """A block whose statements are sent together and answered together.

        See `Pipeline`: its methods answer at once, and the results come when they are asked for.
        `timeout`, in seconds, is for each batch.

        >>> with conn.pipeline() as p:
        ...     one, two = p.fetch_value("select 1"), p.fetch_value("select $1::int", 2)
        >>> one.result(), two.result()
        (1, 2)
        """
        return Pipeline(self, timeout)

    def commit(self) -> None:
        """Commit the open transaction, if there is one.

        Raises `errors.InFailedSqlTransaction`, after rolling back, if a statement had failed.
        """
        self._end("commit")

    def rollback(self) -> None:
        """Roll back the open transaction, if there is one."""
        self._end("rollback")

    def tpc_begin(self, xid: "Xid | str") -> None:
        """Begin a two-phase transaction, as PEP 249 says. `xid` is from `xid(…)`.

        Raises `ProgrammingError` if a transaction is open.
        """
        from howdah.two_phase import TwoPhase

        with self._turn:
            begun = TwoPhase(self, xid)
            self.execute(self._modes.begin())
            self._two_phase = begun
            self.note_local_change()

    def tpc_prepare(self) -> None:
        """Make the transaction ready to be committed, by whichever session, even after a crash.

        Raises `errors.InFailedSqlTransaction`, after rolling back, if a statement had failed, and
        `errors.ObjectNotInPrerequisiteState` where the server's `max_prepared_transactions` is 0.
        """
        from howdah.two_phase import open_transaction

        with self._turn:
            transaction = open_transaction(self)
            command, complaint = transaction.preparing()
            self.execute(command)
            transaction.is_prepared = complaint is None
        if complaint is not None:
            raise complaint

    def tpc_commit(self, xid: "Xid | str | None" = None) -> None:
        """Commit the two-phase transaction, prepared or not.

        With `xid` it is a prepared one, of this or another session, from `tpc_recover`; the
        connection must be outside of a transaction.
        """
        self._tpc_end("commit", xid)

    def tpc_rollback(self, xid: "Xid | str | None" = None) -> None:
        """Roll the two-phase transaction back, prepared or not; `xid` is as for `tpc_commit`."""
        self._tpc_end("rollback", xid)

    def tpc_recover(self) -> "list[Xid]":
        """The prepared transactions of all databases of the server."""
        from howdah.two_phase import RECOVER, Xid

        return [Xid.from_string(*row) for row in self.fetch(RECOVER, row=tuple)]

    @overload
    def cursor(self, name: None = None) -> Cursor: ...
    @overload
    def cursor(
        self, name: str, *, scrollable: bool | None = None, withhold: bool = False
    ) -> "ServerCursor": ...
    def cursor(
        self, name: str | None = None, *, scrollable: bool | None = None, withhold: bool = False
    ) -> "Cursor | ServerCursor":
        """A PEP 249 cursor; with a name, one on the server: see `ServerCursor`.

        `scrollable` and `withhold` are for named ones.

        >>> cur = conn.cursor()
        >>> cur.execute("select %s::int + 1", (41,)).fetchone()
        (42,)
        >>> conn.rollback()
        """
        self.check_open()
        if name is not None:
            from howdah.server_cursor import ServerCursor

            return ServerCursor(self, name, scrollable=scrollable, withhold=withhold)
        if scrollable is not None or withhold:
            raise errors.ProgrammingError(
                "`scrollable` and `withhold` are for cursors on the server", hint="give it a name"
            )
        return Cursor(self)

    @overload
    def stream(
        self,
        query: "Query",
        /,
        *args: Any,
        row: None = None,
        batch: int = 1000,
        timeout: float | None = None,
    ) -> "RowStream[Row]": ...
    @overload
    def stream(
        self,
        query: "Query",
        /,
        *args: Any,
        row: type[dict[str, Any]],
        batch: int = 1000,
        timeout: float | None = None,
    ) -> RowStream[dict[str, Any]]: ...
    @overload
    def stream(
        self,
        query: "Query",
        /,
        *args: Any,
        row: type[Tuple],
        batch: int = 1000,
        timeout: float | None = None,
    ) -> RowStream[Tuple]: ...
    @overload
    def stream(
        self,
        query: "Query",
        /,
        *args: Any,
        row: Callable[..., T],
        batch: int = 1000,
        timeout: float | None = None,
    ) -> RowStream[T]: ...
    def stream(
        self,
        query: "Query",
        /,
        *args: Any,
        row: Callable[..., Any] | None = None,
        batch: int = 1000,
        timeout: float | None = None,
    ) -> RowStream[Any]:
        """Iterate over the rows of a query in bounded memory, `batch` rows at a time.

        The statement runs when the first row is asked for, and the connection is its own until
        the end, `close()` or the end of a `with` block. `row` is as for `fetch`. `timeout`, in
        seconds, is for each batch.

        >>> sum(row.n for row in conn.stream("select n from generate_series(1, 100000) n"))
        5000050000
        """
        return RowStream(self, query, args, row, batch, timeout=timeout)

    def cancel(self, timeout: float = CANCEL_TIMEOUT_SECONDS) -> None:
        """Ask the server to cancel what runs on this connection. Call it from another thread.

        Returns once the server took the request; the statement raises `errors.QueryCanceled`.
        `timeout` is in seconds; afterwards `OperationalError` is raised.
        """
        self.cancel_blocking(timeout)

    @property
    def large_objects(self) -> "LargeObjects":
        """The large objects of the database: `create`, `open`, `delete`, import and export."""
        from howdah.large_objects import LargeObjects

        return LargeObjects(self)

    def prepare(self, query: "Query", /, *, timeout: float | None = None) -> "Statement":
        """Prepare a statement now, and learn what the server says of it.

        Statements are prepared at their first use anyway, and remembered; this is for those
        whose parameters and columns are to be known, or are not to be paid for later.

        >>> statement = conn.prepare("select $1::int * 2 as double")
        >>> statement.parameters[0].type_name, statement.columns[0].name
        ('int4', 'double')
        >>> statement.fetch_value(21)
        42
        """
        from howdah.statement import Statement

        return Statement(self, query, self.describe(query, timeout))

    def advisory_lock(
        self,
        key: int | str | tuple[int, int],
        *,
        shared: bool = False,
        transaction: bool = False,
        wait: bool = True,
        timeout: float | None = None,
    ) -> "AdvisoryLock":
        """A lock on a number, a pair of numbers or a text, which only means what programs agree on.

        A lock of the session is held until the end of the `with` block, and must be taken
        outside of a transaction; with `transaction=True` it is held until the end of the open
        transaction. `shared` locks exclude only those that are not. With `wait=False`, or after
        `timeout` seconds, `errors.LockNotAvailable` is raised if somebody else holds it.

        A text becomes a number by `howdah.advisory_lock.text_key`. If the connection was lost
        inside the block, and the lock with it, the block's end raises `ConnectionLost`.

        >>> with conn.advisory_lock("nightly report", wait=False) as lock:
        ...     lock.held
        True
        """
        from howdah.advisory_lock import AdvisoryLock

        return AdvisoryLock(
            self, key, shared=shared, transaction=transaction, wait=wait, timeout=timeout
        )

    def notifications(self, *channels: str, timeout: float | None = None) -> "Notifications":
        """Iterate over what is notified on some channels; without channels, on all that are heard.

        Other sessions, and this one, send by `notify`. Nothing is delivered while a transaction
        is open. Iteration ends after `timeout` seconds without a notification (None: never), and
        can go on after that. While a thread waits, the connection is its own.

        See `howdah.listen` for one that outlives a lost connection.

        >>> with conn.notifications("prices", timeout=5) as heard:
        ...     conn.execute("notify prices, 'up'")
        ...     next(heard).payload
        0
        'up'
        """
        from howdah.notifications import Notifications

        return Notifications(self, channels, timeout)

    def unknown_codecs(self) -> list[str]:
        """The names in `codecs`, the pool's and the process's too, that no type has.

        Choosing a codec asks the server nothing, and a type may be made later, so that a misspelled
        name is no error. This is for a look when a program starts, or for its tests.

        >>> from howdah.types import Codec
        >>> conn.codecs["numreic"] = "float"
        >>> conn.unknown_codecs()
        ['numreic']
        >>> conn.codecs.clear()
        """
        from howdah._codecs import UNKNOWN, chosen_names

        names = chosen_names(self._codecs, *self._wider_scopes())
        found = self.fetch(UNKNOWN, names, row=tuple) if names else []
        return [name for (name,) in found]

    def add_listener(self, channel: str, listener: Listener) -> None:
        """Call `listener(notification)` for what other sessions NOTIFY on `channel`.

        It is called while the connection reads from the server, that is during any call on it.
        """
        if channel not in self._listeners.by_channel:
            self.execute(f"listen {_identifiers.channel(channel)}")
        self._listeners.add(channel, listener)

    def remove_listener(self, channel: str, listener: Listener) -> None:
        """Undo `add_listener`. `ProgrammingError` if it was not there."""
        if self._listeners.remove(channel, listener):
            self.execute(f"unlisten {_identifiers.quoted(channel)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if not self.closed and error is None:
                self.commit()
        finally:
            # The server rolls back what is open.
            self.close()

    def _run_for_cursor(
        self, query: str, args: Sequence[Any] | None, timeout: float | None = None
    ) -> "list[Result]":
        with self._turn:
            if self.has_queued:
                self.run_queued(raises=True)
            self._begin_for_cursor()
            return self.run(query, args, tuple, timeout)

    def _run_many_for_cursor(
        self, query: str, rows: Iterable[Sequence[Any]], timeout: float | None
    ) -> "list[Result]":
        with self._turn:
            if self.has_queued:
                self.run_queued(raises=True)
            self._begin_for_cursor()
            return self.run_many(query, rows, tuple, timeout)

    def _execute_many_for_cursor(
        self, query: str, rows: Iterable[Sequence[Any]], timeout: float | None
    ) -> int:
        with self._turn:
            if self.has_queued:
                self.run_queued(raises=True)
            self._begin_for_cursor()
            return self.execute_many(query, rows, timeout=timeout)

    def _tpc_end(self, verb: str, xid: "Xid | str | None") -> None:
        from howdah.two_phase import ending_recovered, is_another, open_transaction

        with self._turn:
            if xid is not None and is_another(self, xid):
                self.execute(ending_recovered(self, verb, xid))
                return
            transaction = open_transaction(self)
            command, complaint = transaction.ending(verb)
            if not transaction.is_prepared:
                self._two_phase = None
            if command is not None:
                self.execute(command)
            self._two_phase = None
        if complaint is not None:
            raise complaint

    def _end(self, command: str) -> None:
        with self._turn:
            sent, complaint = self._ending(command)
            if sent is not None:
                try:
                    self.execute(sent)
                except errors.Error as failure:
                    refuse_unknown_commit(sent, failure)
                    raise
        if complaint is not None:
            raise complaint
