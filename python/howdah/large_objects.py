"""Large objects: files of up to 4 TB inside the database, from `large_objects` of a connection.

Each read and write is a call of the server's `lo…` functions, in pieces of at most `CHUNK_BYTES`.
Invariant: an open object lives in one transaction, and is closed with it; nothing of it is held
here but its descriptor, so what was written is in the transaction at once.
"""

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Literal, Self

from howdah._session import Session
from howdah.errors import ProgrammingError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from howdah.async_connection import AsyncConnection
    from howdah.connection import Connection
    from howdah.transaction import AsyncTransaction, Transaction

Mode = Literal["rb", "wb", "ab", "r+b", "w+b"]

CHUNK_BYTES = 1 << 20
"""How much one call of the server carries."""

_INV_WRITE, _INV_READ = 0x20000, 0x40000
_FLAGS = {
    "rb": _INV_READ,
    "wb": _INV_WRITE | _INV_READ,
    "ab": _INV_WRITE | _INV_READ,
    "r+b": _INV_WRITE | _INV_READ,
    "w+b": _INV_WRITE | _INV_READ,
}

_OPEN = "select pg_catalog.lo_open($1, $2)"
_CLOSE = "select pg_catalog.lo_close($1)"
_READ = "select pg_catalog.loread($1, $2)"
_WRITE = "select pg_catalog.lowrite($1, $2)"
_SEEK = "select pg_catalog.lo_lseek64($1, $2, $3)"
_TELL = "select pg_catalog.lo_tell64($1)"
_TRUNCATE = "select pg_catalog.lo_truncate64($1, $2)"
_CREATE = "select pg_catalog.lo_create($1)"
_DELETE = "select pg_catalog.lo_unlink($1)"
_EXISTS = "select exists (select from pg_catalog.pg_largeobject_metadata where oid = $1)"


class _Opening:
    """What an open object knows, and the rules of its modes."""

    def __init__(self, session: Session, oid: int, mode: str) -> None:
        if mode not in _FLAGS:
            expected = ", ".join(f"`{known}`" for known in _FLAGS)
            raise ProgrammingError(f"unknown mode `{mode}`: expected one of {expected}")
        self.session = session
        self.oid = oid
        self.mode = mode
        self.descriptor: int | None = None
        self.may_read = mode in {"rb", "r+b", "w+b"}
        self.may_write = mode != "rb"

    def check_transaction(self) -> None:
        """An object is open in a transaction, and only there."""
        if self.session.transaction_status == "idle":
            raise ProgrammingError(
                "a large object can only be open inside a transaction",
                hint="open it by `with`, or inside a `transaction()` block",
            )

    def must_close(self) -> int | None:
        """The descriptor to close; None where the server has none any more."""
        descriptor, self.descriptor = self.descriptor, None
        return descriptor if self.session.transaction_status == "in_transaction" else None

    def reading(self) -> int:
        """The descriptor to read from."""
        if not self.may_read:
            raise io.UnsupportedOperation("the large object was opened for writing")
        return self.open_descriptor()

    def writing(self) -> int:
        """The descriptor to write to."""
        if not self.may_write:
            raise io.UnsupportedOperation("the large object was opened for reading")
        return self.open_descriptor()

    def open_descriptor(self) -> int:
        """The descriptor; `ValueError` as for a closed file."""
        if self.descriptor is None:
            raise ValueError("the large object is closed")
        return self.descriptor


class LargeObject(io.RawIOBase):
    """An open large object, from `Connection.large_objects.open`: a raw binary file.

    What `io` makes of files works with it: `io.BufferedReader(f)`, `io.TextIOWrapper`,
    `shutil.copyfileobj`. Sizes and positions are in bytes. Every call is one to the server.
    """

    def __init__(self, connection: "Connection", oid: int, mode: Mode) -> None:
        super().__init__()
        self._connection = connection
        self._opening = _Opening(connection, oid, mode)
        self._block: Transaction | None = None

    @property
    def oid(self) -> int:
        """The object's number in the database."""
        return self._opening.oid

    @property
    def mode(self) -> str:
        """The mode that it was opened in."""
        return self._opening.mode

    def readable(self) -> bool:
        """Whether the mode allows reading."""
        return self._opening.may_read

    def writable(self) -> bool:
        """Whether the mode allows writing."""
        return self._opening.may_write

    def seekable(self) -> bool:
        """Always true."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes, all that is left if negative; fewer only at the end."""
        descriptor = self._opening.reading()
        left = None if size is None or size < 0 else size
        pieces = []
        while left is None or left > 0:
            wanted = CHUNK_BYTES if left is None else min(left, CHUNK_BYTES)
            piece: bytes = self._call(_READ, descriptor, wanted)
            pieces.append(piece)
            if len(piece) < wanted:
                break
            left = None if left is None else left - len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def readall(self) -> bytes:
        """All that is left."""
        return self.read(-1)

    def readinto(self, buffer: "Buffer", /) -> int:
        """Fill `buffer` from the object; the number of bytes, fewer only at the end."""
        with memoryview(buffer) as view, view.cast("B") as target:
            piece = self.read(len(target))
            target[: len(piece)] = piece
            return len(piece)

    def write(self, data: "Buffer", /) -> int:
        """Write all of `data`; the number of bytes."""
        descriptor = self._opening.writing()
        with memoryview(data) as view, view.cast("B") as source:
            for start in range(0, len(source), CHUNK_BYTES):
                self._call(_WRITE, descriptor, bytes(source[start : start + CHUNK_BYTES]))
            return len(source)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to a position, from the start, the present position or the end; the new one."""
        return int(self._call(_SEEK, self._opening.open_descriptor(), offset, whence))

    def tell(self) -> int:
        """The position."""
        return int(self._call(_TELL, self._opening.open_descriptor()))

    def truncate(self, size: int | None = None, /) -> int:
        """Cut or extend with zeros to `size` bytes, by default the position; the new size."""
        size = self.tell() if size is None else size
        self._call(_TRUNCATE, self._opening.writing(), size)
        return size

    def close(self) -> None:
        """Close it. What was written is part of the transaction."""
        opening = getattr(self, "_opening", None)
        descriptor = None if opening is None else opening.must_close()
        super().close()
        if descriptor is not None:
            self._call(_CLOSE, descriptor)

    def __del__(self) -> None:
        # The server closes it with the transaction. A collector must not talk to it.
        pass

    def __enter__(self) -> Self:
        if self._opening.descriptor is None and not self.closed:
            self._block = self._connection.transaction()
            self._block.__enter__()
            try:
                self._open()
            except BaseException as error:
                self._block.__exit__(type(error), error, error.__traceback__)
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        block, self._block = self._block, None
        try:
            self.close()
        finally:
            if block is not None:
                block.__exit__(kind, error, traceback)

    def _open(self) -> None:
        opening = self._opening
        opening.check_transaction()
        opening.descriptor = self._call(_OPEN, opening.oid, _FLAGS[opening.mode])
        if opening.mode in {"wb", "w+b"}:
            self.truncate(0)
        elif opening.mode == "ab":
            self.seek(0, io.SEEK_END)

    def _call(self, query: str, *arguments: object) -> Any:
        return self._connection.fetch_value(query, *arguments)


class AsyncLargeObject:
    """An open large object, from `AsyncConnection.large_objects.open`: a file's names, awaited."""

    def __init__(self, connection: "AsyncConnection", oid: int, mode: Mode) -> None:
        self._connection = connection
        self._opening = _Opening(connection, oid, mode)
        self._block: AsyncTransaction | None = None

    @property
    def oid(self) -> int:
        """The object's number in the database."""
        return self._opening.oid

    @property
    def mode(self) -> str:
        """The mode that it was opened in."""
        return self._opening.mode

    @property
    def closed(self) -> bool:
        """Whether it is not open (any more)."""
        return self._opening.descriptor is None

    async def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes, all that is left if negative; fewer only at the end."""
        descriptor = self._opening.reading()
        left = None if size is None or size < 0 else size
        pieces = []
        while left is None or left > 0:
            wanted = CHUNK_BYTES if left is None else min(left, CHUNK_BYTES)
            piece: bytes = await self._call(_READ, descriptor, wanted)
            pieces.append(piece)
            if len(piece) < wanted:
                break
            left = None if left is None else left - len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def write(self, data: "Buffer", /) -> int:
        """Write all of `data`; the number of bytes."""
        descriptor = self._opening.writing()
        with memoryview(data) as view, view.cast("B") as source:
            for start in range(0, len(source), CHUNK_BYTES):
                piece = bytes(source[start : start + CHUNK_BYTES])
                await self._call(_WRITE, descriptor, piece)
            return len(source)

    async def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to a position, from the start, the present position or the end; the new one."""
        return int(await self._call(_SEEK, self._opening.open_descriptor(), offset, whence))

    async def tell(self) -> int:
        """The position."""
        return int(await self._call(_TELL, self._opening.open_descriptor()))

    async def truncate(self, size: int | None = None, /) -> int:
        """Cut or extend with zeros to `size` bytes, by default the position; the new size."""
        size = await self.tell() if size is None else size
        await self._call(_TRUNCATE, self._opening.writing(), size)
        return size

    async def close(self) -> None:
        """Close it. What was written is part of the transaction."""
        descriptor = self._opening.must_close()
        if descriptor is not None:
            await self._call(_CLOSE, descriptor)

    async def __aenter__(self) -> Self:
        if self._opening.descriptor is None:
            self._block = self._connection.transaction()
            await self._block.__aenter__()
            try:
                await self._open()
            except BaseException as error:
                await self._block.__aexit__(type(error), error, error.__traceback__)
                raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        block, self._block = self._block, None
        try:
            await self.close()
        finally:
            if block is not None:
                await block.__aexit__(kind, error, traceback)

    async def _open(self) -> None:
        opening = self._opening
        opening.check_transaction()
        opening.descriptor = await self._call(_OPEN, opening.oid, _FLAGS[opening.mode])
        if opening.mode in {"wb", "w+b"}:
            await self.truncate(0)
        elif opening.mode == "ab":
            await self.seek(0, io.SEEK_END)

    async def _call(self, query: str, *arguments: object) -> Any:
        return await self._connection.fetch_value(query, *arguments)


class LargeObjects:
    """The large objects of a database, by their OIDs; `large_objects` of a `Connection`.

    >>> with conn.transaction():
    ...     oid = conn.large_objects.create()
    ...     with conn.large_objects.open(oid, "wb") as f:
    ...         f.write(b"a long story")
    ...     with conn.large_objects.open(oid) as f:
    ...         f.seek(-5, 2)
    ...         f.read()
    ...     conn.large_objects.delete(oid)
    12
    7
    b'story'
    """

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection

    def create(self, oid: int = 0) -> int:
        """Make an empty object; its OID, which the server chooses for 0."""
        return int(self._connection.fetch_value(_CREATE, oid))

    def open(self, oid: int, mode: Mode = "rb") -> LargeObject:
        """An object as a file, in one of the binary modes of files, for `with`.

        The block is a `transaction()` block too: an exception undoes what it wrote. `wb` and
        `w+b` empty the object. Raises `errors.UndefinedObject` if there is none of this OID.
        """
        return LargeObject(self._connection, oid, mode)

    def delete(self, oid: int) -> None:
        """Delete an object. Raises `errors.UndefinedObject` if there is none."""
        self._connection.fetch_value(_DELETE, oid)

    def exists(self, oid: int) -> bool:
        """Whether there is an object of this OID."""
        return bool(self._connection.fetch_value(_EXISTS, oid))

    def import_from(self, source: "str | os.PathLike[str] | IO[bytes]", oid: int = 0) -> int:
        """Make an object of a file of the program's own, or an open binary one; its OID."""
        with _open_file(source, "rb") as file, self._connection.transaction():
            oid = self.create(oid)
            with self.open(oid, "r+b") as target:
                for piece in _pieces(file):
                    target.write(piece)
        return oid

    def export_to(self, oid: int, target: "str | os.PathLike[str] | IO[bytes]") -> int:
        """Write an object to a file of the program's own, or an open binary one; its size."""
        size = 0
        with self.open(oid) as source, _open_file(target, "wb") as file:
            while piece := source.read(CHUNK_BYTES):
                size += file.write(piece)
        return size


class AsyncLargeObjects:
    """The large objects of a database, by their OIDs; `large_objects` of an `AsyncConnection`."""

    def __init__(self, connection: "AsyncConnection") -> None:
        self._connection = connection

    async def create(self, oid: int = 0) -> int:
        """Make an empty object; its OID, which the server chooses for 0."""
        return int(await self._connection.fetch_value(_CREATE, oid))

    def open(self, oid: int, mode: Mode = "rb") -> AsyncLargeObject:
        """`LargeObjects.open` for `async with`. It is not awaited itself."""
        return AsyncLargeObject(self._connection, oid, mode)

    async def delete(self, oid: int) -> None:
        """Delete an object. Raises `errors.UndefinedObject` if there is none."""
        await self._connection.fetch_value(_DELETE, oid)

    async def exists(self, oid: int) -> bool:
        """Whether there is an object of this OID."""
        return bool(await self._connection.fetch_value(_EXISTS, oid))

    async def import_from(self, source: "str | os.PathLike[str] | IO[bytes]", oid: int = 0) -> int:
        """`LargeObjects.import_from`, awaited. The file is read on the event loop."""
        with _open_file(source, "rb") as file:
            async with self._connection.transaction():
                oid = await self.create(oid)
                async with self.open(oid, "r+b") as target:
                    for piece in _pieces(file):
                        await target.write(piece)
        return oid

    async def export_to(self, oid: int, target: "str | os.PathLike[str] | IO[bytes]") -> int:
        """`LargeObjects.export_to`, awaited. The file is written on the event loop."""
        size = 0
        async with self.open(oid) as source:
            with _open_file(target, "wb") as file:
                while piece := await source.read(CHUNK_BYTES):
                    size += file.write(piece)
        return size


def _open_file(
    file: "str | os.PathLike[str] | IO[bytes]", mode: Literal["rb", "wb"]
) -> "contextlib.AbstractContextManager[IO[bytes]]":
    """A file by its path, or one that is open and stays so."""
    if isinstance(file, (str, os.PathLike)):
        return Path(file).open(mode)
    return contextlib.nullcontext(file)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(CHUNK_BYTES):
        yield piece
