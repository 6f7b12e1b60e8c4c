"""Arrow: results as columns, and columns into tables. Needs the optional package `pyarrow`."""

from __future__ import annotations

import datetime as dt
import sys
import uuid
from decimal import Decimal
from typing import Any

import pytest

import howdah

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

#: For each type: how it is written in SQL, its Arrow type, and the value as pyarrow gives it back.
TYPES: dict[str, tuple[str, Any, Any]] = {
    "true": ("bool", pa.bool_(), True),
    "-7": ("int2", pa.int16(), -7),
    "123456": ("int4", pa.int32(), 123456),
    "-12345678901": ("int8", pa.int64(), -12345678901),
    "4294967295": ("oid", pa.uint32(), 4294967295),
    "1.5": ("float4", pa.float32(), 1.5),
    "-2.25": ("float8", pa.float64(), -2.25),
    "'na\N{LATIN SMALL LETTER I WITH DIAERESIS}ve'": ("text", pa.string(), "na\u00efve"),
    "'\\x00ff'": ("bytea", pa.binary(), b"\x00\xff"),
    "'2024-02-29'": ("date", pa.date32(), dt.date(2024, 2, 29)),
    "'0001-01-01'": ("date", pa.date32(), dt.date(1, 1, 1)),
    "'12:30:00.000001'": ("time", pa.time64("us"), dt.time(12, 30, 0, 1)),
    "'1969-07-20 20:17:40.5'": (
        "timestamp",
        pa.timestamp("us"),
        dt.datetime(1969, 7, 20, 20, 17, 40, 500000),  # noqa: DTZ001 - without a zone
    ),
    "'2024-02-29 12:00+02'": (
        "timestamptz",
        pa.timestamp("us", tz="UTC"),
        dt.datetime(2024, 2, 29, 10, tzinfo=dt.UTC),
    ),
    "'5b30857f-0bfa-48b5-ac0b-5c64e28078d1'": (
        "uuid",
        pa.binary(16),
        uuid.UUID("5b30857f-0bfa-48b5-ac0b-5c64e28078d1").bytes,
    ),
    "-1234.5": ("numeric(10, 2)", pa.decimal128(10, 2), Decimal("-1234.50")),
    "99999999999999999999999999999999999.999": (
        "numeric(38, 3)",
        pa.decimal128(38, 3),
        Decimal("99999999999999999999999999999999999.999"),
    ),
    "1e50": ("numeric", pa.string(), "1" + "0" * 50),
    "'{\"a\": [1]}'": ("jsonb", pa.string(), '{"a": [1]}'),
    "'[1, 2]'": ("json", pa.string(), "[1, 2]"),
    "'{1,null,3}'": ("int4[]", pa.list_(pa.int32()), [1, None, 3]),
    "'{}'": ("text[]", pa.list_(pa.string()), []),
    "'{1.25}'": ("numeric(5,2)[]", pa.list_(pa.decimal128(5, 2)), [Decimal("1.25")]),
    "'10.0.0.1/8'": ("inet", pa.string(), "10.0.0.1/8"),
    "'[1,5)'": ("int4range", pa.string(), "[1,5)"),
}


async def test_types_out(conn: howdah.AsyncConnection) -> None:
    columns = ", ".join(
        f"(case n when 1 then {literal} end)::{kind} as c{index}"
        for index, (literal, (kind, _, _)) in enumerate(TYPES.items())
    )
    table = await conn.fetch_arrow(f"select {columns} from generate_series(1, 20) n")
    table.validate(full=True)
    for index, (literal, (kind, arrow_type, value)) in enumerate(TYPES.items()):
        column = table[f"c{index}"]
        assert column.type == arrow_type, kind
        assert column.to_pylist() == [value] + [None] * 19, literal


async def test_intervals(conn: howdah.AsyncConnection) -> None:
    table = await conn.fetch_arrow("select interval '14 months 3 days 1.5 seconds' as i")
    assert table.schema.field("i").type == pa.month_day_nano_interval()
    (value,) = table["i"].to_pylist()
    assert tuple(value) == (14, 3, 1_500_000_000)


async def test_what_does_not_fit_is_refused(conn: howdah.AsyncConnection) -> None:
    for value, why in {
        "'infinity'::date": "Arrow cannot hold",
        "'-infinity'::timestamptz": "Arrow cannot hold",
        "'24:00'::time": "24:00, which Arrow cannot hold",
        "array['24:00'::time]": "24:00, which Arrow cannot hold",
        "'nan'::numeric(5, 2)": "NaN or an infinity",
        "'{{1,2},{3,4}}'::int[]": "2 dimensions",
        "interval '300000 hours' * 1000": "nanoseconds",
    }.items():
        with pytest.raises(howdah.DataError, match=f"column `odd`: .*{why}"):
            await conn.fetch_arrow(f"select 1, {value} as odd")
    assert await conn.fetch_value("select 1") == 1


async def test_batches_and_parameters(conn: howdah.AsyncConnection) -> None:
    query = "select n, $2::text as t from generate_series(1, $1::int) n"
    batches = conn.stream_arrow(query, 2500, "it's", batch=1000)
    found = [batch async for batch in batches]
    assert [batch.num_rows for batch in found] == [1000, 1000, 500]
    assert found[2].to_pydict() == {"n": list(range(2001, 2501)), "t": ["it's"] * 500}
    empty = await conn.fetch_arrow(query, 0, "")
    assert empty.num_rows == 0
    assert empty.schema.names == ["n", "t"]
    endless = "select repeat('x', 1000), generate_series(1, 100000000)"
    async with conn.stream_arrow(endless) as batches:
        first = await batches.__anext__()
        assert 1000 < first.num_rows < 20_000
    assert await conn.fetch_value("select 1") == 1


async def test_in_and_out_again(conn: howdah.AsyncConnection) -> None:
    await conn.execute(
        "create table item (id int8, name text, price numeric(8, 2), at timestamptz,"
        " tags text[], data bytea, day date)"
    )
    table = pa.table(
        {
            "name": ["a", None, "c\t"],
            "id": pa.array([1, 2, 3], pa.int32()),
            "price": pa.array([Decimal("1.50"), None, Decimal(-2)], pa.decimal128(8, 2)),
            "at": pa.array([0, 1_000, None], pa.timestamp("ns", tz="UTC")),
            "tags": [["x"], [], None],
            "data": [b"\0", b"", None],
            "day": [dt.date(2024, 2, 29), None, dt.date(1, 1, 1)],
        }
    )
    assert await conn.copy_arrow("item", table) == 3
    assert await conn.copy_arrow("item", table.to_batches()[0].slice(1, 1)) == 1
    assert await conn.copy_arrow("item", table.to_reader()) == 3
    back = await conn.fetch_arrow("select * from item limit 3")
    for name in table.column_names:
        assert back[name].to_pylist() == table[name].to_pylist()
    with pytest.raises(howdah.errors.UndefinedColumn):
        await conn.copy_arrow("item", pa.table({"nosuch": [1]}))
    with pytest.raises(pa.ArrowInvalid):
        await conn.copy_arrow("item", pa.table({"at": pa.array([1], pa.timestamp("ns"))}))
    with pytest.raises(TypeError, match="expected a table"):
        await conn.copy_arrow("item", [1])
    assert await conn.fetch_value("select count(*) from item") == 7


def test_without_pyarrow(sync_conn: howdah.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(howdah.NotSupportedError, match="not installed") as raised:
        sync_conn.fetch_arrow("select 1")
    assert raised.value.hint == "install `pyarrow`"
    assert sync_conn.fetch_value("select 1") == 1
