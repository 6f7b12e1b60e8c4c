"""`copy_in`: bytes, files and pieces, in the formats of COPY with their options."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = [(1, "one"), (2, None), (3, "a;b")]
DATA = b"1\tone\n2\t\\N\n3\ta;b\n"

SOURCES: dict[str, Callable[[], Any]] = {
    "bytes": lambda: DATA,
    "bytearray": lambda: bytearray(DATA),
    "memoryview": lambda: memoryview(DATA),
    "pieces": lambda: [DATA[:5], b"", DATA[5:].decode(), bytearray()],
    "generator": lambda: (bytes([byte]) for byte in DATA),
    "file": lambda: io.BytesIO(DATA),
    "text file": lambda: io.StringIO(DATA.decode()),
}


async def make_table(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table item (id int, name text)")


async def contents(conn: howdah.AsyncConnection) -> list[tuple[object, ...]]:
    return await conn.fetch("select * from item order by id", row=tuple)


async def test_sources(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    for kind, source in SOURCES.items():
        assert await conn.copy_in("item", source()) == 3, kind
        assert await contents(conn) == ROWS, kind
        await conn.execute("truncate item")


async def test_files_by_path(conn: howdah.AsyncConnection, tmp_path: Path) -> None:
    await make_table(conn)
    file = tmp_path / "items.txt"
    file.write_bytes(DATA)
    assert await conn.copy_in("item", file) == 3
    assert await conn.copy_in(("public", "item"), str(file)) == 3
    with pytest.raises(FileNotFoundError):
        await conn.copy_in("item", tmp_path / "nosuch")
    assert await conn.fetch_value("select count(*) from item") == 6


async def test_csv_with_options(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    data = "name|id\r\n'it''s'|1\r\nn/a|2\r\n'n/a'|3\r\n".encode("utf-16-le").decode("utf-16-le")
    copied = await conn.copy_in(
        "item",
        data.encode("latin-1"),
        ["name", "id"],
        format="csv",
        header=True,
        delimiter="|",
        quote="'",
        null="n/a",
        force_null=["name"],
        encoding="latin1",
    )
    assert copied == 3
    assert await contents(conn) == [(1, "it's"), (2, None), (3, None)]


@pytest.mark.since(15)
async def test_header_is_matched(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    with pytest.raises(errors.BadCopyFileFormat):
        await conn.copy_in("item", b"id,nmae\n1,a\n", format="csv", header="match")
    assert await conn.copy_in("item", b"id,name\n1,a\n", format="csv", header="match") == 1


@pytest.mark.since(18)  # all of the three together
async def test_where_on_error_and_defaults(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table item (id int, name text default 'none')")
    data = b"1\ta\nx\tb\n3\t\\D\n4\td\n"
    copied = await conn.copy_in(
        "item", data, where="id < 4", on_error="ignore", default="\\D", log_verbosity="verbose"
    )
    assert copied == 2
    assert await contents(conn) == [(1, "a"), (3, "none")]


async def test_options_cannot_inject(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    with pytest.raises(howdah.ProgrammingError, match="no value of COPY's option"):
        await conn.copy_in("item", b"", format="csv) where (true")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no option `program`"):
        await conn.copy_in("item", b"", program="true")  # type: ignore[call-arg]
    with pytest.raises(errors.InvalidParameterValue):
        await conn.copy_in("item", b"", encoding="a'); drop table item; --")
    assert await contents(conn) == []


async def test_what_is_no_data(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    with pytest.raises(TypeError, match="must be bytes or str, not int"):
        await conn.copy_in("item", [1])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="contiguous"):
        await conn.copy_in("item", [memoryview(DATA)[::2]])
    assert await contents(conn) == []


async def test_one_piece_larger_than_every_buffer(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    data = b"".join(b"%d\trow\n" % number for number in range(200_000))
    assert await conn.copy_in("item", data) == 200_000
    assert await conn.copy_in("item", bytearray(data)) == 200_000


async def test_progress_of_data(conn: howdah.AsyncConnection) -> None:
    await make_table(conn)
    told: list[tuple[int, int]] = []
    await conn.copy_in("item", DATA, progress=lambda *it: told.append(it))
    assert told[-1] == (3, len(DATA))
