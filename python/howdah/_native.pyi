"""The native half of howdah: what `crates/howdah-python` exports to the package.

Nothing here is public by itself: `howdah/__init__.py` chooses what users see.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, Self, overload

type RowType = Any  # None (Row) | tuple | dict | a dataclass or any callable taking keywords

version: Final[str]

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
    def get(self, option: str) -> str | None:
        """The value of a libpq option as text (never `password`), or None if unset."""

class Row(tuple[Any, ...]):
    """A row: by position, by name `row["id"]`, by attribute `row.id`; equal to a tuple."""
    def keys(self) -> tuple[str, ...]: ...
    def as_dict(self) -> dict[str, Any]: ...

class Column:
    """What the server says of one column of a result."""
    name: str
    type_oid: int
    type_name: str
    type_size: int      # bytes, -1 variable
    type_modifier: int  # -1 none
    table_oid: int      # 0 if not a plain column
    table_column: int   # attnum, 0 if not a plain column

class Result:
    """One statement's answer."""
    rows: list[Any] | None   # None if the statement returns no rows
    columns: tuple[Column, ...] | None
    tag: str                 # command tag such as "INSERT 0 3"
    count: int               # rows affected or returned, from the tag; -1 if the tag has none

class _Base:
    """State common to both kinds of connection. Attributes read without waiting for anyone."""
    @property
    def closed(self) -> bool: ...
    @property
    def busy(self) -> bool:
        """A statement (or a cancel of one) has not finished."""
    @property
    def transaction_status(self) -> Literal["idle", "active", "in_transaction", "failed", "unknown"]: ...
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
    def on_notice(self, handler: Callable[[dict[str, str]], None] | None) -> None: ...
    def on_notification(self, handler: Callable[[str, str, int], None] | None) -> None:
        """`handler(channel, payload, backend_pid)`."""
    def set_json_loads(self, loads: Callable[[bytes], Any] | None) -> None: ...
    def fileno(self) -> int: ...
    def cancel_blocking(self, timeout: float) -> None:
        """Send a CancelRequest on its own connection and wait until the server closed that one."""

class SyncConnection(_Base):
    def __new__(cls, config: Config) -> Self: ...
    def execute(self, query: str, /, *args: Any, timeout: float | None = None) -> int: ...
    def execute_many(self, query: str, rows: Iterable[Sequence[Any]], /, *, timeout: float | None = None) -> int: ...
    def fetch(self, query: str, /, *args: Any, row: RowType = None, timeout: float | None = None) -> list[Any]: ...
    def fetch_one(self, query: str, /, *args: Any, row: RowType = None, timeout: float | None = None) -> Any | None: ...
    def fetch_value(self, query: str, /, *args: Any, timeout: float | None = None) -> Any: ...
    def run(self, query: str, args: Sequence[Any] | None, row: RowType, timeout: float | None) -> list[Result]:
        """Every result of `query`: with `args=None` by the simple protocol (several statements allowed)."""
    def stream_open(self, query: str, args: Sequence[Any], row: RowType, batch: int) -> Stream: ...
    def stream_next(self, stream: Stream) -> list[Any]:
        """The next batch; empty at the end."""
    def stream_close(self, stream: Stream) -> None: ...
    def copy_in(self, query: str, chunks: Iterable[bytes]) -> int: ...
    def copy_rows(self, query: str, types: Sequence[int], rows: Iterable[Sequence[Any]]) -> int:
        """COPY … FROM STDIN (FORMAT binary) with rows encoded by the type OIDs given."""
    def copy_out(self, query: str) -> list[bytes]: ...
    def close(self) -> None: ...

class AsyncConnection(_Base):
    """The same names; what waits returns a coroutine-like awaitable."""
    # execute, execute_many, fetch, fetch_one, fetch_value, run, stream_*, copy_* as above, awaited
    def abort(self) -> None:
        """Close the socket now, without a word to the server."""
    def close(self) -> Awaitable[None]: ...

class Stream:
    columns: tuple[Column, ...]

def cli_main(arguments: list[str]) -> int: ...
def convert_placeholders(query: str, params: Sequence[Any] | Mapping[str, Any]) -> tuple[str, list[Any]]:
    """`%s` and `%(name)s` to `$1…`; `%%` to `%`. Cached by query text."""

def decode_value(oid: int, data: bytes, format: int = 0) -> Any: ...
def encode_value(oid: int, value: object, format: int = 0) -> bytes: ...
