"""`cursor.copy(…)` as psycopg's cursors have it, for the programs that use it through Django.

Waits for the server. Made by `Cursor.copy`. Programs that are free to choose use howdah's own
`copy_in`, `copy_out`, `copy_rows` and others on `connection.connection`, which are quicker.

Data that is written is kept, on disk from a few megabytes on, and sent when the block ends, so an
exception inside of it sends nothing.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from howdah.django import literals
from howdah.errors import ProgrammingError

if TYPE_CHECKING:
    from howdah._native import CopySource
    from howdah.django.connection import Connection

_IN_MEMORY_BYTES: Final = 1 << 22
_CHUNK_BYTES: Final = 1 << 16
_TO_STDOUT: Final = re.compile(
    r"""\s*copy\s+(?P<copied>.+?)\s+to\s+stdout
        (?:\s+(?:with\s*)?\((?P<options>.*)\))?[\s;]*""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_ESCAPES: Final = str.maketrans(
    {"\\": r"\\", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
)
_UNESCAPED: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class Copy:
    """A COPY in one direction, which its statement or its first use tells; a context manager."""

    def __init__(self, session: "Connection", query: str) -> None:
        self._session = session
        self._query = query
        self._written: tempfile.SpooledTemporaryFile[bytes] | None = None
        self._source: CopySource | None = None
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._finish()
        finally:
            if self._written is not None:
                self._written.close()
            if self._source is not None:
                self._session.copy_close(self._source)

    def write(self, data: str | bytes | bytearray | memoryview) -> None:
        """Add data to `COPY … FROM STDIN`, in the format that the statement names."""
        if self._source is not None:
            raise ProgrammingError("a COPY that is being read cannot be written")
        if self._written is None:
            self._written = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115
        self._written.write(data.encode() if isinstance(data, str) else bytes(data))

    def write_row(self, row: Sequence[Any]) -> None:
        """Add a row, for the text format."""
        fields = [r"\N" if value is None else _field(value) for value in row]
        self.write("\t".join(fields) + "\n")

    def read(self) -> bytes:
        """The next piece of `COPY … TO STDOUT`; empty at the end."""
        return next(self, b"")

    def read_row(self) -> tuple[str | None, ...] | None:
        """The fields of the next row, of the text format; None at the end."""
        while b"\n" not in self._rest:
            piece = self.read()
            if not piece:
                return None
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return tuple(map(_unescaped, str(line, "utf-8").split("\t")))

    def rows(self) -> Iterator[tuple[str | None, ...]]:
        """The remaining rows, of the text format."""
        while (row := self.read_row()) is not None:
            yield row

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._source is None:
            if self._written is not None:
                raise ProgrammingError("a COPY that is being written cannot be read")
            inner, options = _parts(self._query)
            self._session.begin_if_needed()
            self._source = self._session.copy_open(
                inner, (), options, None, _CHUNK_BYTES, None, None
            )
        piece: bytes = self._session.copy_next(self._source, None)
        if not piece:
            raise StopIteration
        return piece

    def _finish(self) -> None:
        if self._source is not None or _TO_STDOUT.fullmatch(self._query):
            return
        self._session.begin_if_needed()
        self._session.copy_send(self._query, self._pieces(), None, None)

    def _pieces(self) -> Iterator[bytes]:
        if self._written is not None:
            self._written.seek(0)
            while piece := self._written.read(_CHUNK_BYTES):
                yield piece


def _parts(query: str) -> tuple[str, str]:
    """The query that is copied and the options, from the text of `COPY … TO STDOUT`."""
    found = _TO_STDOUT.fullmatch(query)
    if found is None:
        raise ProgrammingError(
            "only `copy … to stdout`, with options in parentheses if any, can be read",
            hint="`copy_out` of the howdah connection takes the query and the options apart",
        )
    copied, options = found["copied"].strip(), found["options"] or "format text"
    if copied.startswith("("):
        return copied[1:-1], options
    table, _, columns = copied.partition("(")
    return f"select {columns.rstrip(') ') or '*'} from {table}", options


def _field(value: Any) -> str:
    return literals.text_of(value).translate(_ESCAPES)


def _unescaped(field: str) -> str | None:
    if field == r"\N":
        return None
    return re.sub(r"\\(.)", lambda match: _UNESCAPED.get(match[1], match[1]), field)
