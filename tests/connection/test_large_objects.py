"""Large objects as files, in both worlds."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from howdah import errors, large_objects

if TYPE_CHECKING:
    from pathlib import Path

    import howdah


async def test_written_and_read(conn: howdah.AsyncConnection) -> None:
    store = conn.large_objects
    oid = await store.create()
    assert await store.exists(oid)
    async with store.open(oid, "wb") as f:
        assert (f.oid, f.mode) == (oid, "wb")
        assert await f.write(b"hello, ") == 7
        assert await f.write(bytearray(b"elephant")) == 8
        assert await f.tell() == 15
    assert conn.transaction_status == "idle"
    async with store.open(oid) as f:
        assert await f.read(5) == b"hello"
        assert await f.seek(-3, io.SEEK_END) == 12
        assert await f.read() == b"ant"
        assert await f.read(1) == b""
        assert await f.seek(1) == 1
        assert await f.seek(2, io.SEEK_CUR) == 3
        assert await f.read(0) == b""
    async with store.open(oid, "ab") as f:
        await f.write(b"!")
    async with store.open(oid, "r+b") as f:
        await f.write(b"H")
        assert await f.read(4) == b"ello"
        assert await f.truncate() == 5
        assert await f.truncate(7) == 7
        await f.seek(0)
        assert await f.read() == b"Hello\0\0"
    async with store.open(oid, "w+b") as f:
        assert await f.read() == b""
    await store.delete(oid)
    assert not await store.exists(oid)


async def test_more_than_one_piece(
    conn: howdah.AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_objects, "CHUNK_BYTES", 1000)
    data = bytes(range(256)) * 20
    oid = await conn.large_objects.create()
    async with conn.large_objects.open(oid, "r+b") as f:
        assert await f.write(memoryview(data)[::1]) == 5120
        await f.seek(1)
        assert await f.read(2500) == data[1:2501]
        assert await f.read() == data[2501:]
        await f.seek(0)
        assert await f.read(5000) == data[:5000]


async def test_beyond_four_gigabytes(conn: howdah.AsyncConnection) -> None:
    oid = await conn.large_objects.create()
    async with conn.large_objects.open(oid, "r+b") as f:
        assert await f.seek(5 << 30) == 5 << 30
        await f.write(b"far")
        assert await f.tell() == (5 << 30) + 3
        assert await f.seek(-3, io.SEEK_END) == 5 << 30
        assert await f.read() == b"far"
        assert await f.truncate(3 << 30) == 3 << 30


async def test_it_lives_in_a_transaction(conn: howdah.AsyncConnection) -> None:
    oid = await conn.large_objects.create()
    with pytest.raises(KeyError):
        async with conn.large_objects.open(oid, "wb") as f:
            await f.write(b"undone")
            raise KeyError
    async with conn.transaction():
        async with conn.large_objects.open(oid) as f:
            assert await f.read() == b""
        with pytest.raises(ValueError, match="closed"):
            await f.read()
        with pytest.raises(errors.UndefinedObject):
            async with conn.large_objects.open(1):
                pass
        assert await conn.fetch_value("select 1") == 1, "the transaction goes on"
    with pytest.raises(errors.UndefinedObject):
        await conn.large_objects.delete(1)
    with pytest.raises(errors.DivisionByZero):
        async with conn.large_objects.open(oid) as f:
            await conn.execute("select 1/0")


async def test_modes(conn: howdah.AsyncConnection) -> None:
    oid = await conn.large_objects.create()
    async with conn.large_objects.open(oid, "rb") as f:
        with pytest.raises(io.UnsupportedOperation):
            await f.write(b"x")
    async with conn.large_objects.open(oid, "wb") as f:
        with pytest.raises(io.UnsupportedOperation):
            await f.read()
    with pytest.raises(errors.ProgrammingError, match="unknown mode `r`"):
        conn.large_objects.open(oid, "r")  # type: ignore[arg-type]


async def test_from_and_to_files(conn: howdah.AsyncConnection, tmp_path: Path) -> None:
    data = b"story " * 300_000
    (tmp_path / "in").write_bytes(data)
    oid = await conn.large_objects.import_from(tmp_path / "in")
    assert await conn.large_objects.export_to(oid, str(tmp_path / "out")) == len(data)
    assert (tmp_path / "out").read_bytes() == data
    chosen = await conn.large_objects.import_from(io.BytesIO(b"short"), 4_000_000_000)
    assert chosen == 4_000_000_000
    target = io.BytesIO()
    assert await conn.large_objects.export_to(chosen, target) == 5
    assert target.getvalue() == b"short"
    with pytest.raises(errors.UniqueViolation):
        await conn.large_objects.import_from(io.BytesIO(b""), chosen)


def test_it_is_a_file_to_other_code(sync_conn: howdah.Connection, tmp_path: Path) -> None:
    lines = [f"line {n}\n" for n in range(1000)]
    (tmp_path / "lines").write_text("".join(lines))
    store = sync_conn.large_objects
    oid = store.create()
    with store.open(oid, "wb") as f, (tmp_path / "lines").open("rb") as source:
        shutil.copyfileobj(source, f)
    with store.open(oid) as f:
        assert f.seekable()
        assert (f.readable(), f.writable()) == (True, False)
        assert list(io.TextIOWrapper(io.BufferedReader(f))) == lines
    with store.open(oid) as f:
        into: Any = bytearray(6)
        assert f.readinto(into) == 6
        assert into == b"line 0"
