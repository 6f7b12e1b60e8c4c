"""What a COPY of either kind of connection holds and decides by itself; the base of their classes.

No IO of its own: what reads and writes open files is handed out to the caller, who has the thread.
Called by `copying` and `async_copying`.
"""

import codecs
import inspect
import io
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from howdah import _arrow as arrow
from howdah import _copy_command as command
from howdah import _identifiers
from howdah._copy_command import CHUNK_BYTES, Asked, FilePath
from howdah.errors import InterfaceError

if TYPE_CHECKING:
    from pyarrow import RecordBatch, Schema

    from howdah._native import CopySource
    from howdah.async_connection import AsyncConnection
    from howdah.connection import Connection

ConnectionT = TypeVar("ConnectionT", "Connection", "AsyncConnection")

Data: TypeAlias = bytes | bytearray | memoryview
Source: TypeAlias = Data | FilePath | IO[bytes] | IO[str] | Iterable[Data | str]
"""Bytes, the path of a file, an open file, or an iterable of pieces."""


class Deadline:
    """How long a COPY of several calls may still take."""

    def __init__(self, timeout: float | None) -> None:
        self._timeout = timeout
        self._ends: float | None = None

    def left(self) -> float | None:
        """Seconds, from the first call on."""
        if self._timeout is None:
            return None
        now = time.monotonic()
        if self._ends is None:
            self._ends = now + self._timeout
        return max(0.0, self._ends - now)


class DataOut(Generic[ConnectionT]):
    """The state of an iterator over the pieces of a COPY to the client."""

    def __init__(self, connection: ConnectionT, asked: Asked, options: str) -> None:
        self._connection: ConnectionT = connection
        self._asked = asked.checked()
        self._options = options
        self._deadline = Deadline(asked.timeout)
        self._source: CopySource | None = None
        self._ended = False

    @property
    def rows(self) -> int:
        """How many rows have come so far."""
        return 0 if self._source is None else self._source.count

    def _to_close(self) -> "CopySource | None":
        """The COPY that is to be ended now, if it has begun and not ended."""
        source = None if self._ended or self._connection.closed else self._source
        self._ended = True
        return source


class ArrowOut:
    """The state of an iterator over batches of columns."""

    _schema: "Schema | None" = None

    @property
    def schema(self) -> "Schema":
        """Names and types of the columns, known once the first batch was asked for."""
        if self._schema is None:
            raise InterfaceError("the COPY has not begun yet", hint="ask for a batch first")
        return self._schema

    def _begun(self, source: "CopySource") -> "CopySource":
        self._schema = arrow.schema(source.arrow_fields)
        return source

    def _batches_of(self, found: Any) -> "list[RecordBatch]":
        return [arrow.record_batch(self.schema, found)] if found else []


def wanted_columns(columns: Sequence[str] | None) -> list[str] | None:
    """The columns that were asked for, which are names; None for all."""
    if columns is None:
        return None
    command.column_list(columns)
    return [_identifiers.column(name) for name in columns]


def are_wanted(found: Sequence[tuple[str, int]], wanted: list[str] | None) -> bool:
    """Whether the columns that the server has are those."""
    return wanted is None or [name for name, _ in found] == wanted


def chunks_of(source: Any) -> Iterable[Any]:
    """The pieces of data that is given as a whole, by a file, or in pieces."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return (source,)
    return file_chunks(source) if hasattr(source, "read") else source


def file_chunks(file: Any) -> Iterator[bytes | str]:
    """What is left of an open file, in pieces."""
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def writer(file: Any) -> Callable[[bytes], object]:
    """What writes to an open file, of bytes or of text."""
    if not isinstance(file, io.TextIOBase):
        write: Callable[[bytes], object] = file.write
        return write
    decode = codecs.getincrementaldecoder("utf-8")().decode
    return lambda chunk: file.write(decode(chunk))


def close_generator(source: object) -> None:
    """Close a generator that was not used up."""
    if inspect.isgenerator(source):
        # one that is running, because its task is being cancelled, is closed by its last reference
        with suppress(ValueError):
            source.close()
