"""The native half of howdah: what `crates/howdah-python` exports to the package.

Nothing here is public by itself: `howdah/__init__.py` chooses what users see.
"""

from asyncio import AbstractEventLoop
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, Literal, Self, TypeAlias, TypeVar, final, overload

from howdah._native_orm import (
    NOT_LOADED as NOT_LOADED,
)
from howdah._native_orm import (
    Cohort as Cohort,
)
from howdah._native_orm import (
    Compiled as Compiled,
)
from howdah._native_orm import (
    Constructor as Constructor,
)
from howdah._native_orm import (
    Entity as Entity,
)
from howdah._native_orm import (
    Fragment as Fragment,
)
from howdah._native_orm import (
    Hydration as Hydration,
)
from howdah._native_orm import (
    Instance as Instance,
)
from howdah._native_orm import (
    Layout as Layout,
)
from howdah._native_orm import (
    Load as Load,
)
from howdah._native_orm import (
    NotLoadedType as NotLoadedType,
)
from howdah._native_orm import (
    ObjectRows as ObjectRows,
)
from howdah._native_orm import (
    Param as Param,
)
from howdah._native_orm import (
    Recording as Recording,
)
from howdah._native_orm import (
    Shapes as Shapes,
)
from howdah._native_orm import (
    Source as Source,
)
from howdah._native_orm import (
    group_by_filled as group_by_filled,
)
from howdah._native_orm import (
    group_by_model as group_by_model,
)
from howdah._native_orm import (
    instances as instances,
)
from howdah._native_orm import (
    join_cohort as join_cohort,
)
from howdah._native_orm import (
    leave_cohort as leave_cohort,
)
from howdah._native_orm import (
    quote_identifier as quote_identifier,
)
from howdah._native_orm import (
    restore_changes as restore_changes,
)
from howdah._native_orm import (
    schema_complete as schema_complete,
)
from howdah._native_orm import (
    schema_create as schema_create,
)
from howdah._native_orm import (
    schema_diff as schema_diff,
)
from howdah._native_orm import (
    schema_drop as schema_drop,
)
from howdah._native_orm import (
    schema_models as schema_models,
)
from howdah._native_orm import (
    schema_plan as schema_plan,
)
from howdah._native_orm import (
    schema_read as schema_read,
)
from howdah._native_orm import (
    schema_refresh_order as schema_refresh_order,
)
from howdah._native_orm import (
    sources as sources,
)
from howdah._native_orm import (
    write_literally as write_literally,
)
from howdah._native_orm import (
    write_slot as write_slot,
)
from howdah._native_orm import (
    write_slots as write_slots,
)
from howdah.sql import Query

# What rows become: None (Row), tuple, dict, a dataclass, any callable taking keywords, objects.
_RowType: TypeAlias = Callable[..., Any] | Load | None
_TransactionStatus: TypeAlias = Literal["idle", "active", "in_transaction", "failed", "unknown"]

_T = TypeVar("_T")
_C = TypeVar("_C")
_Tuple = TypeVar("_Tuple", bound=tuple[Any, ...])

version: Final[str]

@final
class Config:
    """Validated connection options. Its repr never shows a secret."""

    @staticmethod
    def parse(
        dsn: str | None,
        options: Mapping[str, object],
        default_application_name: str,
    ) -> Config: ...
    def replace(self, **options: object) -> Config: ...
    @property
    def hosts(self) -> list[tuple[str, int]]: ...
    @property
    def user(self) -> str: ...
    @property
    def dbname(self) -> str: ...
    @property
    def password_source(self) -> Callable[[], object] | None:
        """What is called for the password of each new connection, if one was given."""
    def get(self, option: str) -> str | None:
        """The value of a libpq option as text (never `password`), or None if unset."""

@final
class Row(tuple[Any, ...]):
    """A row: by position, by name `row["id"]`, by attribute `row.id`; equal to a tuple."""

    @overload  # type: ignore[override]
    def __getitem__(self, key: int | str, /) -> Any: ...
    @overload
    def __getitem__(self, key: slice, /) -> tuple[Any, ...]: ...  # pyright: ignore[reportIncompatibleMethodOverride]
    def __getattr__(self, name: str, /) -> Any: ...
    def keys(self) -> tuple[str, ...]: ...
    def as_dict(self) -> dict[str, Any]: ...

@final
class Column:
    """What the server says of one column of a result."""

    @property
    def name(self) -> str: ...
    @property
    def type_oid(self) -> int: ...
    @property
    def type_name(self) -> str: ...
    @property
    def type_size(self) -> int:
        """In bytes, -1 if variable."""
    @property
    def type_modifier(self) -> int:
        """-1 if there is none."""
    @property
    def table_oid(self) -> int:
        """0 if the column is not one of a table."""
    @property
    def table_column(self) -> int:
        """The attribute number, 0 if the column is not one of a table."""

@final
class Result:
    """One statement's answer."""

    @property
    def rows(self) -> list[Any] | None:
        """None if the statement returns no rows."""
    @property
    def columns(self) -> tuple[Column, ...] | None: ...
    @property
    def tag(self) -> str:
        """The command tag, such as `INSERT 0 3`; empty for an empty query."""
    @property
    def count(self) -> int:
        """Rows affected or returned, from the tag; -1 if the tag has no number."""

_Description: TypeAlias = tuple[list[tuple[int, str]], tuple[Column, ...] | None]

@final
class Codec:
    """How values of a type are read and written, by functions of the program.

    - `decode` gets PostgreSQL's text as `str`, `decode_binary` the binary form as `bytes`. With
      both, results are asked for in binary.
    - `encode` gets the parameter and returns PostgreSQL's text as `str`, or any other value that
      howdah writes for the type. `encode_binary` returns the binary form as `bytes`.

    Whatever is not given stays as howdah has it. Neither is called for NULL. What they raise is
    raised to the caller, with a note that names the column or parameter. `howdah.types.codecs`
    says where to put it.
    """

    def __new__(
        cls,
        *,
        decode: Callable[[str], Any] | None = None,
        encode: Callable[[Any], Any] | None = None,
        decode_binary: Callable[[bytes], Any] | None = None,
        encode_binary: Callable[[Any], bytes] | None = None,
    ) -> Self: ...
    @property
    def decode(self) -> Callable[[str], Any] | None: ...
    @property
    def encode(self) -> Callable[[Any], Any] | None: ...
    @property
    def decode_binary(self) -> Callable[[bytes], Any] | None: ...
    @property
    def encode_binary(self) -> Callable[[Any], bytes] | None: ...

@final
class CodecLayer:
    """The choices of one scope; `howdah.types.Codecs` is its face."""

    def __new__(cls, parent: CodecLayer) -> Self: ...
    @staticmethod
    def everywhere() -> CodecLayer: ...
    @staticmethod
    def key(type: str | int) -> str | int: ...
    def set(self, type: str | int, codec: Codec | str | None) -> None: ...
    def unset(self, type: str | int) -> None: ...

@final
class Stream:
    """A statement whose rows come in batches.

    One that is dropped while open is ended by its connection before the next statement; one
    whose `stream_next` raised, or gave an empty batch, has ended.
    """

    @property
    def columns(self) -> tuple[Column, ...]: ...

@final
class PendingResult:
    """The result of a queued statement."""

    @property
    def done(self) -> bool: ...
    def get(self) -> Any:
        """The result; raises its error. Not before it is done."""

@final
class CopySource:
    """A COPY to the client that is open.

    One that is dropped while open is cancelled by its connection before the next statement.
    """

    @property
    def columns(self) -> tuple[Column, ...]:
        """Empty where data is not read as rows."""
    @property
    def arrow_fields(self) -> list[tuple[str, str]]:
        """Names and types of the columns in Arrow; empty where the data is not read so."""
    @property
    def count(self) -> int:
        """How many rows have come."""

@final
class CopyFeed:
    """Hands the items of an asynchronous iterable to a COPY, a batch at a time."""

    def __new__(cls, on_room: Callable[[], object]) -> Self: ...
    def push(self, batch: list[Any]) -> None:
        """Give the next items; before the next time `on_room` must have been called."""
    def end(self) -> None:
        """There are no more items."""
    def fail(self, error: BaseException) -> None:
        """The COPY must fail with this exception."""

class _Base:
    """State common to both kinds of connection. Attributes are read without waiting."""

    @property
    def closed(self) -> bool: ...
    def check_open(self) -> None:
        """Raise what a statement on the connection would raise if the connection has ended."""
    @property
    def busy(self) -> bool:
        """A statement (or a cancel of one) has not finished."""
    @property
    def transaction_status(self) -> _TransactionStatus: ...
    @property
    def server_version(self) -> int:
        """As `server_version_num`: 180004 for 18.4."""
    @property
    def protocol_version(self) -> tuple[int, int]: ...
    @property
    def backend_pid(self) -> int: ...
    @property
    def parameters(self) -> dict[str, str]:
        """What the server reported by ParameterStatus."""
    @property
    def config(self) -> Config: ...
    @property
    def tls(self) -> bool: ...
    def on_notice(self, handler: Callable[[dict[str, str]], object] | None) -> None:
        """Set the handler of notices; it gets their fields by one-letter code."""
    def on_notification(self, handler: Callable[[str, str, int], object] | None) -> None:
        """Set the handler of notifications: `handler(channel, payload, backend_pid)`."""
    def on_end(self, handler: Callable[[], object] | None) -> None:
        """Set what is called once the connection was closed or lost."""
    def set_json_loads(self, loads: Callable[[bytes], Any] | None) -> None: ...
    @property
    def json_loads(self) -> Callable[[bytes], Any] | None:
        """What `set_json_loads` set."""
    def set_codecs(self, layer: CodecLayer) -> None: ...
    @property
    def session_changes(self) -> int:
        """Grows with everything noticed that outlives a statement and its transaction.

        That is each ParameterStatus after the start, and each command tag of SET, RESET, LISTEN,
        UNLISTEN, LOAD, DISCARD, DECLARE CURSOR, PREPARE and CREATE.
        """
    def note_local_change(self) -> None:
        """Note that something was chosen for the connection which a pool undoes."""
    @property
    def has_queued(self) -> bool:
        """Statements of a pipeline wait to be sent."""
    def enqueue(
        self,
        query: str,
        args: tuple[Any, ...],
        row: _RowType,
        answer: Literal["count", "rows", "first", "value"],
    ) -> PendingResult:
        """Queue a statement of a pipeline."""
    def forget_queued(self) -> None:
        """Forget the statements that wait; their results raise."""
    def defer(self, command: str) -> None:
        """Have a command that opens a transaction or savepoint travel with the next statement."""
    def withdraw(self, command: str) -> Literal["waiting", "refused", "sent"]:
        """Take a deferred command back, with those deferred after it; answers where it was."""
    def forget_deferred(self) -> None: ...
    def fileno(self) -> int: ...
    def cancel_blocking(self, timeout: float) -> None:
        """Send a CancelRequest on its own connection and wait until the server closed that one.

        May be called from another thread than the one whose statement is running.
        """

@final
class Entry(Generic[_C]):
    """A connection and what its pool must know of it."""

    def __new__(cls, connection: _C, expires_at: float) -> Self: ...
    @property
    def connection(self) -> _C: ...
    @property
    def expires_at(self) -> float:
        """When it becomes too old to be used again."""
    idle_since: float
    def is_alive(self) -> bool:
        """As that of the connection; true for what is none."""
    @property
    def is_clean(self) -> bool:
        """Whether it can be lent again as it is: idle, and nothing of its session was changed."""
    @property
    def is_dirty(self) -> bool:
        """Whether the session was changed on the server since it was last clean."""
    def remember(self) -> None:
        """Its session is clean as it is now."""

@final
class Shelf(Generic[_C]):
    """The connections that a pool has in store, and those that it has lent."""

    def __new__(cls, checks: bool, reset: str, clock: Callable[[], float]) -> Self: ...
    quick: bool
    """Whether `lend` and `take_back` work at all."""
    def lend(self) -> _C | None:
        """The connection used last, if it is alive and nothing stands against it."""
    def take_back(self, connection: _C, /) -> bool:
        """Put a connection back if nothing of it must be undone; false if that is not so."""
    @property
    def counts(self) -> tuple[int, int]:
        """How many are idle, and how many are lent."""
    @property
    def acquired(self) -> int:
        """How often one was lent."""
    def pop(self) -> Entry[_C] | None:
        """The idle entry used last, which is in the caller's hands now."""
    def push(self, entry: Entry[_C]) -> None:
        """Put an entry with the idle ones."""
    def drain(self) -> list[Entry[_C]]:
        """Take all idle entries, the one used last at the end."""
    def note_lent(self, entry: Entry[_C]) -> None:
        """Note that somebody got this entry."""
    def surrender(self, connection: _C) -> Entry[_C] | None:
        """The entry of a connection that was lent, which is in the caller's hands now."""
    def pop_dead(self) -> Entry[_C] | None:
        """One of those that were to be lent and found dead; it counts as lent."""
    def all_lent(self) -> list[Entry[_C]]: ...

class SyncConnection(_Base):
    def __new__(cls, config: Config) -> Self:
        """Connect."""
    def is_alive(self) -> bool:
        """Whether the connection is open, idle on the wire and its peer has not hung up.

        Peeks at the socket without waiting and without a round trip; takes in what has arrived
        (notices, notifications, parameter changes).
        """
    def hear(self, timeout: float | None) -> bool:
        """Wait until the server says something unasked, and hand it to the handlers.

        False where `timeout` seconds pass first.
        """
    def execute(self, query: Query, /, *args: Any, timeout: float | None = None) -> int:
        """Run a statement; answers how many rows it touched, 0 where that means nothing.

        `$1`, `$2` … in the text are `args`, each encoded as the type that the server names for it.
        Without `args` the text may be a script of several statements. Outside of a transaction it
        is committed when the call returns. `timeout` is in seconds: afterwards the server is told
        to stop and `errors.QueryTimeout` is raised.

        Raises the server's error as the class of its SQLSTATE, `DataError` for a value that the
        parameter's type cannot hold, and `OperationalError` if the connection is lost.
        """
    @overload
    def execute_many(
        self,
        query: Query,
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[False] = False,
        timeout: float | None = None,
    ) -> int:
        """Run a statement once for each of `rows`: all of them take effect, or none.

        `rows` is any iterable of sequences of parameters. Nothing is waited for between them.
        Answers how many rows were touched; with `returning=True` the rows that the statement
        returns, of all executions in order, made as `row` says (see `fetch`).

        Raises as `execute`; a note of the error says which of `rows` it was.
        """
    @overload
    def execute_many(
        self,
        query: Query,
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: None = None,
        timeout: float | None = None,
    ) -> list[Row]: ...
    @overload
    def execute_many(
        self,
        query: Query,
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: type[dict[str, Any]],
        timeout: float | None = None,
    ) -> list[dict[str, Any]]: ...
    @overload
    def execute_many(
        self,
        query: Query,
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: type[_Tuple],
        timeout: float | None = None,
    ) -> list[_Tuple]: ...
    @overload
    def execute_many(
        self,
        query: Query,
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: Callable[..., _T],
        timeout: float | None = None,
    ) -> list[_T]: ...
    def run_many(
        self, query: str, rows: Iterable[Sequence[Any]], row: _RowType, timeout: float | None
    ) -> list[Result]:
        """As `run` for each row of parameters: one Result with the rows of all."""
    @overload
    def fetch(
        self, query: Query, /, *args: Any, row: None = None, timeout: float | None = None
    ) -> list[Row]:
        """Run a statement; answers the list of its rows.

        `args` and `timeout` are as for `execute`. A row is a `Row`, or what `row` says: `tuple`,
        `dict`, a dataclass, or another callable, which gets the columns as keywords.

        Raises as `execute`, and `ProgrammingError` for a statement that returns no rows.
        """
    @overload
    def fetch(
        self, query: Query, /, *args: Any, row: type[dict[str, Any]], timeout: float | None = None
    ) -> list[dict[str, Any]]: ...
    @overload
    def fetch(
        self, query: Query, /, *args: Any, row: type[_Tuple], timeout: float | None = None
    ) -> list[_Tuple]: ...
    @overload
    def fetch(
        self, query: Query, /, *args: Any, row: Callable[..., _T], timeout: float | None = None
    ) -> list[_T]: ...
    @overload
    def fetch_one(
        self, query: Query, /, *args: Any, row: None = None, timeout: float | None = None
    ) -> Row | None:
        """Run a statement; answers its first row, None if it has none. See `fetch`.

        All rows travel: `limit 1` says that one is enough.
        """
    @overload
    def fetch_one(
        self, query: Query, /, *args: Any, row: type[dict[str, Any]], timeout: float | None = None
    ) -> dict[str, Any] | None: ...
    @overload
    def fetch_one(
        self, query: Query, /, *args: Any, row: type[_Tuple], timeout: float | None = None
    ) -> _Tuple | None: ...
    @overload
    def fetch_one(
        self, query: Query, /, *args: Any, row: Callable[..., _T], timeout: float | None = None
    ) -> _T | None: ...
    def fetch_value(self, query: Query, /, *args: Any, timeout: float | None = None) -> Any:
        """Run a statement; answers the first column of its first row, None if it has none.

        See `fetch`. NULL is None too.
        """
    def run(
        self, query: str, args: Sequence[Any] | None, row: _RowType, timeout: float | None
    ) -> list[Result]:
        """Every result of `query`.

        With `args=None` by the simple protocol, which allows several statements; else by the
        extended one. An empty query gives one Result without rows and with an empty tag.
        """
    def fetch_like(self, query: str, like: Result, timeout: float | None) -> list[tuple[Any, ...]]:
        """The tuples of a FETCH from a cursor, whose columns `like` has told."""
    def send_ahead(self, query: str) -> None:
        """Send commands without waiting; the next call takes in the answer before its own.

        Where they fail, the connection is lost. They count as no change of the session.
        """
    def run_queued(self, *, raises: bool, timeout: float | None = None) -> None:
        """Execute what is queued; with `raises` its error is raised here as well."""
    def describe(self, query: str, timeout: float | None) -> _Description:
        """Prepare a statement: its parameters' types by OID and name, its columns if any."""
    def described(self, query: str) -> _Description | None:
        """As `describe` told last, without waiting; None if not prepared, or at work."""
    def stream_open(
        self,
        query: str,
        args: Sequence[Any],
        row: _RowType,
        batch: int,
        timeout: float | None,
    ) -> Stream: ...
    def stream_next(self, stream: Stream, timeout: float | None) -> list[Any]:
        """The next batch; empty at the end."""
    def stream_close(self, stream: Stream) -> None: ...
    def close_portal(self, portal: str) -> None:
        """Close a portal or SQL cursor; no error where it is gone, also in a failed transaction."""
    def copy_send(
        self,
        query: str,
        chunks: Iterable[Any],
        timeout: float | None,
        progress: Callable[[int, int], object] | None,
    ) -> int:
        """COPY … FROM STDIN with chunks of data in the format that the statement names."""
    def copy_send_rows(
        self,
        binary: str | None,
        text: str | None,
        columns: Sequence[tuple[str, int]],
        rows: Iterable[Any],
        timeout: float | None,
        progress: Callable[[int, int], object] | None,
    ) -> int:
        """COPY … FROM STDIN with rows for columns of these names and type OIDs.

        By the statement `binary` if all types have a binary form, else by `text`; either may be
        None.
        """
    def copy_open(
        self,
        query: str,
        args: Sequence[Any],
        options: str | None,
        row: _RowType | Literal["arrow"],
        batch: int,
        timeout: float | None,
        progress: Callable[[int, int], object] | None,
    ) -> CopySource:
        """Begin COPY (query) TO STDOUT, with these options or, without, for rows."""
    def copy_next(self, source: CopySource, timeout: float | None) -> Any:
        """The next batch: `bytes`, a list of rows, or the length and buffers of columns.

        Empty at the end.
        """
    def copy_close(self, source: CopySource) -> None: ...
    def close(self) -> None:
        """Close the connection; twice is no error. The server rolls back what is open."""

@final
class Connecting:
    """An attempt to connect, in a thread of its own that knows nothing of Python."""

    def __new__(cls, config: Config, password: str | None = None) -> Self: ...
    def fileno(self) -> int:
        """Readable when the attempt has ended."""
    def abort(self) -> None:
        """Give the attempt up."""

class AsyncConnection(_Base):
    """The same names; what waits returns a coroutine."""

    def __new__(cls, attempt: Connecting, event_loop: AbstractEventLoop) -> Self:
        """From an attempt that has ended, under the loop that is running."""
    def execute(
        self, query: Query, /, *args: Any, timeout: float | None = None
    ) -> Coroutine[Any, Any, int]:
        """Run a statement; answers how many rows it touched, 0 where that means nothing.

        `$1`, `$2` … in the text are `args`, each encoded as the type that the server names for it.
        Without `args` the text may be a script of several statements. Outside of a transaction it
        is committed when the call returns. `timeout` is in seconds: afterwards the server is told
        to stop and `errors.QueryTimeout` is raised.

        Raises the server's error as the class of its SQLSTATE, `DataError` for a value that the
        parameter's type cannot hold, and `OperationalError` if the connection is lost.
        """
    @overload
    def execute_many(
        self,
        query: Query,
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[False] = False,
        timeout: float | None = None,
    ) -> Coroutine[Any, Any, int]:
        """Run a statement once for each of `rows`: all of them take effect, or none.

        `rows` is any iterable of sequences of parameters. Nothing is waited for between them.
        Answers how many rows were touched; with `returning=True` the rows that the statement
        returns, of all executions in order, made as `row` says (see `fetch`).

        Raises as `execute`; a note of the error says which of `rows` it was.
        """
    @overload
    def execute_many(
        self,
        query: Query,
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: None = None,
        timeout: float | None = None,
    ) -> Coroutine[Any, Any, list[Row]]: ...
    @overload
    def execute_many(
        self,
        query: Query,
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: type[dict[str, Any]],
        timeout: float | None = None,
    ) -> Coroutine[Any, Any, list[dict[str, Any]]]: ...
    @overload
    def execute_many(
        self,
        query: Query,
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: type[_Tuple],
        timeout: float | None = None,
    ) -> Coroutine[Any, Any, list[_Tuple]]: ...
    @overload
    def execute_many(
        self,
        query: Query,
        rows: Iterable[Sequence[Any]],
        /,
        *,
        returning: Literal[True],
        row: Callable[..., _T],
        timeout: float | None = None,
    ) -> Coroutine[Any, Any, list[_T]]: ...
    def run_many(
        self, query: str, rows: Iterable[Sequence[Any]], row: _RowType, timeout: float | None
    ) -> Coroutine[Any, Any, list[Result]]: ...
    @overload
    def fetch(
        self, query: Query, /, *args: Any, row: None = None, timeout: float | None = None
    ) -> Coroutine[Any, Any, list[Row]]:
        """Run a statement; answers the list of its rows.

        `args` and `timeout` are as for `execute`. A row is a `Row`, or what `row` says: `tuple`,
        `dict`, a dataclass, or another callable, which gets the columns as keywords.

        Raises as `execute`, and `ProgrammingError` for a statement that returns no rows.
        """
    @overload
    def fetch(
        self, query: Query, /, *args: Any, row: type[dict[str, Any]], timeout: float | None = None
    ) -> Coroutine[Any, Any, list[dict[str, Any]]]: ...
    @overload
    def fetch(
        self, query: Query, /, *args: Any, row: type[_Tuple], timeout: float | None = None
    ) -> Coroutine[Any, Any, list[_Tuple]]: ...
    @overload
    def fetch(
        self, query: Query, /, *args: Any, row: Callable[..., _T], timeout: float | None = None
    ) -> Coroutine[Any, Any, list[_T]]: ...
    @overload
    def fetch_one(
        self, query: Query, /, *args: Any, row: None = None, timeout: float | None = None
    ) -> Coroutine[Any, Any, Row | None]:
        """Run a statement; answers its first row, None if it has none. See `fetch`.

        All rows travel: `limit 1` says that one is enough.
        """
    @overload
    def fetch_one(
        self, query: Query, /, *args: Any, row: type[dict[str, Any]], timeout: float | None = None
    ) -> Coroutine[Any, Any, dict[str, Any] | None]: ...
    @overload
    def fetch_one(
        self, query: Query, /, *args: Any, row: type[_Tuple], timeout: float | None = None
    ) -> Coroutine[Any, Any, _Tuple | None]: ...
    @overload
    def fetch_one(
        self, query: Query, /, *args: Any, row: Callable[..., _T], timeout: float | None = None
    ) -> Coroutine[Any, Any, _T | None]: ...
    def fetch_value(
        self, query: Query, /, *args: Any, timeout: float | None = None
    ) -> Coroutine[Any, Any, Any]:
        """Run a statement; answers the first column of its first row, None if it has none.

        See `fetch`. NULL is None too.
        """
    def run(
        self, query: str, args: Sequence[Any] | None, row: _RowType, timeout: float | None
    ) -> Coroutine[Any, Any, list[Result]]: ...
    def fetch_like(
        self, query: str, like: Result, timeout: float | None
    ) -> Coroutine[Any, Any, list[tuple[Any, ...]]]: ...
    def send_ahead(self, query: str) -> bool:
        """As for the sync one; false, and nothing sent, where something is under way."""
    def run_queued(
        self, *, raises: bool, timeout: float | None = None
    ) -> Coroutine[Any, Any, None]: ...
    def describe(self, query: str, timeout: float | None) -> Coroutine[Any, Any, _Description]: ...
    def described(self, query: str) -> _Description | None: ...
    def stream_open(
        self,
        query: str,
        args: Sequence[Any],
        row: _RowType,
        batch: int,
        timeout: float | None,
    ) -> Coroutine[Any, Any, Stream]: ...
    def stream_next(
        self, stream: Stream, timeout: float | None
    ) -> Coroutine[Any, Any, list[Any]]: ...
    def stream_close(self, stream: Stream) -> Coroutine[Any, Any, None]: ...
    def close_portal(self, portal: str) -> Coroutine[Any, Any, None]: ...
    def copy_send(
        self,
        query: str,
        chunks: Iterable[Any] | CopyFeed,
        timeout: float | None,
        progress: Callable[[int, int], object] | None,
    ) -> Coroutine[Any, Any, int]: ...
    def copy_send_rows(
        self,
        binary: str | None,
        text: str | None,
        columns: Sequence[tuple[str, int]],
        rows: Iterable[Any] | CopyFeed,
        timeout: float | None,
        progress: Callable[[int, int], object] | None,
    ) -> Coroutine[Any, Any, int]: ...
    def copy_resume(self) -> None:
        """Go on with a COPY whose feed was given more."""
    def copy_open(
        self,
        query: str,
        args: Sequence[Any],
        options: str | None,
        row: _RowType | Literal["arrow"],
        batch: int,
        timeout: float | None,
        progress: Callable[[int, int], object] | None,
    ) -> Coroutine[Any, Any, CopySource]: ...
    def copy_next(self, source: CopySource, timeout: float | None) -> Coroutine[Any, Any, Any]: ...
    def copy_close(self, source: CopySource) -> Coroutine[Any, Any, None]: ...
    def is_alive(self) -> bool:
        """Whether the connection is open, idle on the wire and its peer has not hung up.

        Peeks at the socket without waiting and without a round trip; takes in what has arrived
        (notices, notifications, parameter changes).
        """
    def abort(self) -> None:
        """Close the socket now, without a word to the server."""
    def close(self) -> Coroutine[Any, Any, None]:
        """Close the connection; twice is no error. The server rolls back what is open."""

@final
class ReplicationConnection:
    """A connection that speaks the replication protocol; `howdah.replication` is its face."""

    def __new__(cls, config: Config, password: str | None = None) -> Self: ...
    def command(self, sql: str) -> list[dict[str, str | None]]: ...
    def start(self, sql: str, position: int, interval: float) -> None:
        """Start a stream; a thread that knows nothing of Python receives it."""
    def take(self, timeout: float | None) -> list[bytes] | None:
        """What has arrived; empty after `timeout` seconds, None at the stream's end."""
    def fileno(self) -> int:
        """Readable when `take` has something to answer."""
    def confirm(self, position: int) -> None: ...
    def confirmed(self) -> int: ...
    def finish(self) -> None:
        """End the stream; the connection runs commands again."""
    def close(self) -> None: ...
    @property
    def closed(self) -> bool: ...
    def decoder(self) -> ChangeDecoder: ...

@final
class ChangeDecoder:
    """Turns the pieces of a stream into changes."""

    def unknown_types(self, data: bytes) -> list[int]: ...
    def decode(self, data: bytes) -> Any: ...

@final
class EmbeddedServer:
    """A running server and its cluster; `howdah.server.Server` is its face."""

    @property
    def url(self) -> str: ...
    @property
    def socket_url(self) -> str: ...
    @property
    def display_url(self) -> str:
        """The URL with `***` for the password."""
    @property
    def user(self) -> str: ...
    @property
    def password(self) -> str: ...
    @property
    def database(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def socket_directory(self) -> str: ...
    @property
    def data(self) -> str: ...
    @property
    def pgdata(self) -> str: ...
    @property
    def log_file(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def pid(self) -> int: ...
    @property
    def launched(self) -> bool:
        """This start launched it, rather than attaching to one that ran."""
    @property
    def made(self) -> bool:
        """This start made the cluster."""
    @property
    def temporary(self) -> bool:
        """It ends with this object."""
    @property
    def number(self) -> int:
        """Among the members of its cluster: 0 is the one that was named at the start."""
    @property
    def home(self) -> str:
        """The directory of member 0."""
    def state(self) -> Literal["running", "starting", "stopping", "stopped", "destroyed"]: ...
    def logs(self, lines: int | None) -> str: ...
    def stop(self, mode: str, timeout: float) -> bool: ...
    def destroy(self, timeout: float) -> None: ...
    def close(self) -> None:
        """End a temporary server; no more than that in a forked child."""

def server_start(
    *,
    data: str | None,
    temporary: bool,
    keep: bool,
    port: int | None,
    bindir: str | None,
    packages: list[str],
    account: str | None,
    settings: list[tuple[str, str]],
    user: str | None,
    password: str | None,
    database: str | None,
    authentication: str | None,
    hba: str,
    files: list[tuple[str, bytes]],
    replicas: int | None,
    shards: int | None,
    synchronous: bool,
    timeout: float,
    on_event: Callable[[str], object] | None,
) -> tuple[EmbeddedServer, list[EmbeddedServer], list[EmbeddedServer]]:
    """The primary, its replicas and its shards."""

def server_promote(
    data: str, number: int | None, timeout: float, on_event: Callable[[str], object] | None
) -> int:
    """Make a replica of the cluster in `data` its primary; answers the replica's number."""

def cli_main(arguments: list[str], package_bindirs: list[str]) -> int: ...
def convert_placeholders(
    query: str, params: Sequence[Any] | Mapping[str, Any]
) -> tuple[str, list[Any]]:
    """`%s` and `%(name)s` to `$1…`; `%%` to `%`. Cached by query text."""

def sql_split(text: str) -> list[tuple[int, int, int, str | None]]:
    """The statements of a script: from and up to which character, on which line, COPY data.

    A statement has no `;`, and no comments before or behind it. Commands of psql are in none.
    """

def sql_effects(steps: str, schema: str | None, version: int | None) -> str:
    """What the statements of a migration's steps do to other sessions, as JSON.

    `steps` is a list of `{"sql": [...], "transaction": bool}` as JSON, `schema` that of
    `schema_read`, `version` the server's major one. For each step a list, with an object for each
    statement: the keys of `howdah locks --format json`, and `told`, the same in lines.
    """

@final
class TraceRecorder:
    """Records statements that are run in a session of the caller's, who says when.

    `ask` gives the rows of a query of that session, their values as texts.
    """

    def begins(self, ask: Callable[[str], list[list[str | None]]]) -> None: ...
    def succeeded(
        self, ask: Callable[[str], list[list[str | None]]], sql: str, line: int, shared: bool
    ) -> None: ...
    def failed(
        self, sql: str, line: int, message: str, sqlstate: str, hint: str | None
    ) -> None: ...
    def unseen(self, sql: str, line: int, seconds: float) -> None: ...
    def ended(self) -> None: ...

def sql_workload(text: str) -> str:
    """The statements of a workload's file, in order, as JSON.

    Each is `{"line": 1, "site": "shop.py:12", "sql": …, "ways": […]}`. The ways in which it may be meant
    are as it is written, and with `$1` for other drivers' parameters: `{"sql": …, "values": […]}`,
    constants without a type, `None` where not known. Raises `ValueError` for a line that is none.
    """

def decode_value(oid: int, data: bytes, format: int = 0) -> Any: ...
def encode_value(oid: int, value: object, format: int = 0) -> bytes: ...
