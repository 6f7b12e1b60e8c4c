"""COPY on the blocking connection: rows and data in, rows and data out.

Reads and writes files where it is given paths. Invariants: memory stays bounded whatever the size
of the data; whichever way a COPY ends, the connection is usable afterwards, a generator that was
not used up is closed, and what came in is there as a whole or not at all.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from howdah import _arrow as arrow
from howdah import _copy_command as command
from howdah import _identifiers
from howdah._copy_command import (
    CHUNK_BYTES,
    Asked,
    CopyInOptions,
    CopyOutOptions,
    CopyRowsOptions,
    FilePath,
    Progress,
)
from howdah._copy_state import (
    ArrowOut,
    DataOut,
    Deadline,
    Source,
    are_wanted,
    chunks_of,
    close_generator,
    file_chunks,
    wanted_columns,
    writer,
)
from howdah.errors import ProgrammingError
from howdah.stream import RowStream

if TYPE_CHECKING:
    from pyarrow import RecordBatch, Table

    from howdah._native import CopySource, Row, _RowType
    from howdah._native import SyncConnection as _Wire
    from howdah.connection import Connection
    from howdah.sql import Query
else:
    _Wire = object

T = TypeVar("T")
Tuple = TypeVar("Tuple", bound=tuple[Any, ...])


class Copying(_Wire):
    """The COPY methods of `Connection`."""

    def copy_rows(
        self,
        table: _identifiers.Name,
        rows: Iterable[Any],
        columns: Sequence[str] | None = None,
        *,
        where: "Query | None" = None,
        timeout: float | None = None,
        progress: Progress | None = None,
        **options: Unpack[CopyRowsOptions],
    ) -> int:
        """Insert rows by COPY, the fastest way in; answers how many were inserted.

        `table` is a name as the catalogue spells it, `"name"`, `"schema.name"` or
        `("schema", "name")`, or a `howdah.sql.Identifier`. `rows` is any iterable, such as a
        generator: of sequences in the order of `columns`, or of mappings by column name. Without
        `columns` they hold all columns that are not generated, in the table's order.

        Values are encoded for the types of the table: in COPY's binary format where every type has
        a binary form, else in its text format. `format` chooses; in `"text"` a `str` is taken for
        a value of any type, as the server reads it.

        `where` is an SQL condition that rows must meet. `on_error="ignore"` (PostgreSQL 17) skips
        rows with values that their columns cannot hold, `reject_limit` (18) at most so many.
        `freeze` is for a table made in the same transaction. `timeout` is in seconds;
        `progress(rows, bytes)` is called ten times a second at most and once at the end; what it
        raises ends the COPY, but for the last call, when the rows are inserted.

        All rows are inserted or none. An error of a value names its row and column, also as
        `error.copy_row` (counted from 1) and `error.copy_column`. What the iterable raises ends the
        COPY and is raised as it is, with the row's number in a note. When the server refuses a row,
        no more rows are taken, and a generator is closed.

        >>> conn.execute("create temporary table album (id int, title text)")
        0
        >>> conn.copy_rows("album", [(1, "Kind of Blue"), {"title": "Blue Train", "id": 2}])
        2
        """
        relation = _identifiers.qualified(table)
        found = self._columns_to_copy(relation, columns)
        names = [name for name, _ in found]
        binary, text = command.rows_from_stdin(relation, names, options, where)
        try:
            return self.copy_send_rows(binary, text, found, rows, timeout, progress)
        finally:
            close_generator(rows)

    def copy_in(
        self,
        table: _identifiers.Name,
        source: Source,
        columns: Sequence[str] | None = None,
        *,
        where: "Query | None" = None,
        timeout: float | None = None,
        progress: Progress | None = None,
        **options: Unpack[CopyInOptions],
    ) -> int:
        r"""Insert data in one of COPY's formats; answers how many rows were inserted.

        `source` is the data as bytes, the path of a file (a `str` is a path), an open file, or an
        iterable of pieces of any size, `bytes` or `str`. `options` are COPY's own: `format`
        (`"text"`, `"csv"` or `"binary"`), `header`, `delimiter`, `null`, `quote`, `escape`,
        `encoding`, `default`, `force_null`, `force_not_null`, `freeze`, `on_error`, `reject_limit`,
        `log_verbosity`. The rest is as for `copy_rows`; `progress` learns of rows at the end only.

        An error that the server finds has the line as `error.copy_row`, and `error.copy_column`.

        >>> conn.execute("create temporary table track (id int, title text)")
        0
        >>> data = b"id;title\n1;So What\n"
        >>> conn.copy_in("track", data, format="csv", header=True, delimiter=";")
        1
        """
        given = command.options(options, CopyInOptions)
        sql = command.from_stdin(_identifiers.qualified(table), columns, given, where)
        if isinstance(source, (str, os.PathLike)):
            with Path(source).open("rb") as file:
                return self.copy_send(sql, file_chunks(file), timeout, progress)
        try:
            return self.copy_send(sql, chunks_of(source), timeout, progress)
        finally:
            close_generator(source)

    def copy_out(
        self,
        query: "Query | None" = None,
        /,
        *args: Any,
        table: _identifiers.Name | None = None,
        columns: Sequence[str] | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
        **options: Unpack[CopyOutOptions],
    ) -> "CopyData":
        r"""The rows of a query or of a `table` as data in one of COPY's formats.

        An iterator over pieces, `read()` for all at once, or `write_to(path)`. `args` are the
        query's parameters `$1` …; they become literals, for COPY itself takes none. `table` is
        named as for `copy_rows`, and gives `columns`, or all that are not generated. `options` are
        `format`, `header`, `delimiter`, `null`, `quote`, `escape`, `encoding` and `force_quote`.

        The COPY begins with the first piece. Until its end, `close()` or the end of a `with` block
        the connection is its own; ended early, the server is told to cancel it. `timeout` is for
        all of it, in seconds.

        >>> conn.copy_out("select n, n * $1 from generate_series(1, 2) n", 10, format="csv").read()
        b'1,10\n2,20\n'
        """
        asked = Asked(query, args, table, columns, timeout, progress)
        chosen = command.options(options, CopyOutOptions)
        return CopyData(self._connection(), asked, chosen)

    @overload
    def copy_out_rows(
        self,
        query: "Query | None" = None,
        /,
        *args: Any,
        table: _identifiers.Name | None = None,
        columns: Sequence[str] | None = None,
        row: None = None,
        batch: int = 1000,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> "CopyRows[Row]": ...
    @overload
    def copy_out_rows(
        self,
        query: "Query | None" = None,
        /,
        *args: Any,
        table: _identifiers.Name | None = None,
        columns: Sequence[str] | None = None,
        row: type[dict[str, Any]],
        batch: int = 1000,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> "CopyRows[dict[str, Any]]": ...
    @overload
    def copy_out_rows(
        self,
        query: "Query | None" = None,
        /,
        *args: Any,
        table: _identifiers.Name | None = None,
        columns: Sequence[str] | None = None,
        row: type[Tuple],
        batch: int = 1000,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> "CopyRows[Tuple]": ...
    @overload
    def copy_out_rows(
        self,
        query: "Query | None" = None,
        /,
        *args: Any,
        table: _identifiers.Name | None = None,
        columns: Sequence[str] | None = None,
        row: Callable[..., T],
        batch: int = 1000,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> "CopyRows[T]": ...
    def copy_out_rows(
        self,
        query: "Query | None" = None,
        /,
        *args: Any,
        table: _identifiers.Name | None = None,
        columns: Sequence[str] | None = None,
        row: Callable[..., Any] | None = None,
        batch: int = 1000,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> "CopyRows[Any]":
        """The rows of a query or of a `table`, by COPY in the binary format, in bounded memory.

        As `copy_out`, with rows as `fetch` makes them (`row` too), `batch` at a time. Columns of
        types without a binary form come as their text, read as `fetch` reads it.

        >>> [row.n for row in conn.copy_out_rows("select n from generate_series(1, 3) n")]
        [1, 2, 3]
        """
        asked = Asked(query, args, table, columns, timeout, progress)
        return CopyRows(self._connection(), asked, row, batch)

    def fetch_arrow(self, query: str, /, *args: Any, timeout: float | None = None) -> "Table":
        """All rows of a query as a `pyarrow.Table`, without a Python object for any value.

        Needs the optional package `pyarrow`. The types are listed in the documentation of COPY,
        which carries the rows: the query must be one that COPY takes, and `args` become literals. A
        value that its Arrow type cannot hold, such as the date `infinity`, is a `DataError` that
        names its column.

        >>> conn.fetch_arrow("select n, n::text as t from generate_series(1, 3) n").to_pydict()
        {'n': [1, 2, 3], 't': ['1', '2', '3']}
        """
        batches = self.stream_arrow(query, *args, timeout=timeout)
        found = list(batches)
        return arrow.module().Table.from_batches(found, schema=batches.schema)

    def stream_arrow(
        self,
        query: str,
        /,
        *args: Any,
        batch: int = arrow.ROWS_PER_BATCH,
        timeout: float | None = None,
    ) -> "ArrowBatches":
        """The rows of a query as `pyarrow.RecordBatch`es of at most `batch` rows.

        In bounded memory: a batch ends early at 16 MiB. Otherwise as `fetch_arrow` and, in what
        leaving early does, as `copy_out`.

        >>> query = "select n from generate_series(1, 5) n"
        >>> [each.num_rows for each in conn.stream_arrow(query, batch=2)]
        [2, 2, 1]
        """
        asked = Asked(query, args, None, None, timeout, None)
        return ArrowBatches(self._connection(), asked, batch)

    def copy_arrow(
        self,
        table: _identifiers.Name,
        data: Any,
        columns: Sequence[str] | None = None,
        *,
        where: "Query | None" = None,
        timeout: float | None = None,
        progress: Progress | None = None,
        **options: Unpack[CopyRowsOptions],
    ) -> int:
        """Insert a `pyarrow` table, batch or reader, or what offers Arrow's C stream, by COPY.

        The columns are those of the table with the same names, unless `columns` names others in
        their order. Otherwise as `copy_rows`.

        >>> import pyarrow
        >>> conn.execute("create temporary table pairs (n int, t text)")
        0
        >>> conn.copy_arrow("pairs", pyarrow.table({"t": ["a", None], "n": [1, 2]}))
        2
        """
        batches = arrow.reader(data)
        names = batches.schema.names if columns is None else columns
        return self.copy_rows(
            table,
            arrow.rows(batches),
            names,
            where=where,
            timeout=timeout,
            progress=progress,
            **options,
        )

    def _columns_to_copy(
        self, relation: str, columns: Sequence[str] | None
    ) -> list[tuple[str, int]]:
        wanted = wanted_columns(columns)
        found = self.fetch(command.COLUMNS, relation, wanted, row=tuple)
        if not are_wanted(found, wanted):
            # the server says best what is wrong with them
            refused = command.from_stdin(relation, wanted, "format text", None)
            self.copy_send(refused, (), None, None)
            raise ProgrammingError(f"the columns of {relation} changed meanwhile")
        return [(name, oid) for name, oid in found]

    def _query_to_copy(self, asked: Asked) -> str:
        query = asked.statement()
        if query is not None:
            return query
        found = self._columns_to_copy(asked.relation(), None)
        return asked.select([name for name, _ in found])

    def _connection(self) -> "Connection":
        return self  # type: ignore[return-value]


class CopyRows(RowStream[T]):
    """An iterator over the rows of a COPY: a `RowStream`."""

    def __init__(
        self,
        connection: "Connection",
        asked: Asked,
        row: "_RowType",
        batch: int,
    ) -> None:
        super().__init__(connection, "", asked.args, row, batch)
        self._asked = asked.checked()
        self._deadline = Deadline(asked.timeout)

    def _open(self) -> "CopySource":
        _, args, row, batch = self._request
        left = self._deadline.left()
        query = self._connection._query_to_copy(self._asked)
        return self._connection.copy_open(query, args, None, row, batch, left, self._asked.progress)

    def _next(self, stream: "CopySource") -> list[T]:
        batch: list[T] = self._connection.copy_next(stream, self._deadline.left())
        return batch

    def _close(self, stream: "CopySource") -> None:
        self._connection.copy_close(stream)


class ArrowBatches(ArrowOut, CopyRows["RecordBatch"]):
    """An iterator over batches of columns, from `Connection.stream_arrow`."""

    def __init__(self, connection: "Connection", asked: Asked, batch: int) -> None:
        super().__init__(connection, asked, None, batch)
        arrow.module()

    def _open(self) -> "CopySource":
        _, args, _, batch = self._request
        left = self._deadline.left()
        query = self._connection._query_to_copy(self._asked)
        opened = self._connection.copy_open(query, args, None, "arrow", batch, left, None)
        return self._begun(opened)

    def _next(self, stream: "CopySource") -> "list[RecordBatch]":
        return self._batches_of(self._connection.copy_next(stream, self._deadline.left()))


class CopyData(DataOut["Connection"]):
    """An iterator over the pieces of a COPY to the client, from `Connection.copy_out`.

    Ended by `close`, by the end of a `with` block, or at the end.
    """

    def read(self) -> bytes:
        """All data, or what is left of it."""
        return b"".join(self)

    def write_to(self, target: FilePath | IO[bytes] | IO[str]) -> int:
        """Write all data to a path or an open file; answers how many rows it holds.

        A file that was begun by its path and could not be finished is removed.
        """
        if not isinstance(target, (str, os.PathLike)):
            write = writer(target)
            for chunk in self:
                write(chunk)
            return self.rows
        try:
            with Path(target).open("wb") as file:
                return self.write_to(file)
        except BaseException:
            with suppress(OSError):
                Path(target).unlink()
            raise

    def close(self) -> None:
        """End the COPY if it has not ended."""
        source = self._to_close()
        if source is not None:
            self._connection.copy_close(source)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if self._ended:
            raise StopIteration
        try:
            if self._source is None:
                self._source = self._open()
            chunk: bytes = self._connection.copy_next(self._source, self._deadline.left())
        except BaseException:
            self._ended = True
            raise
        if not chunk:
            self._ended = True
            raise StopIteration
        return chunk

    def _open(self) -> "CopySource":
        left = self._deadline.left()
        query = self._connection._query_to_copy(self._asked)
        return self._connection.copy_open(
            query, self._asked.args, self._options, None, CHUNK_BYTES, left, self._asked.progress
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
