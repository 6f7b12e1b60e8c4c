"""`stream()`: rows in bounded memory, and a connection that is free again afterwards."""

from dataclasses import dataclass

import pytest

import howdah
from howdah import errors

NUMBERS = "select n, 'row ' || n as name from generate_series(1, $1) n"


@dataclass
class Numbered:
    n: int
    name: str


async def test_all_rows_come_in_order(conn: howdah.AsyncConnection) -> None:
    for total in (0, 1, 9, 10, 11, 1000):
        rows = [row.n async for row in conn.stream(NUMBERS, total, batch=10)]
        assert rows == list(range(1, total + 1))
        assert await conn.fetch_value("select 1") == 1


async def test_rows_have_the_shape_asked_for(conn: howdah.AsyncConnection) -> None:
    assert [row async for row in conn.stream(NUMBERS, 1, row=tuple)] == [(1, "row 1")]
    assert [row async for row in conn.stream(NUMBERS, 1, row=dict)] == [{"n": 1, "name": "row 1"}]
    rows = [row async for row in conn.stream(NUMBERS, 1, row=Numbered)]
    assert rows == [Numbered(1, "row 1")]


async def test_rows_in_batches(conn: howdah.AsyncConnection) -> None:
    for stream in (
        conn.stream(NUMBERS, 25, batch=10, row=tuple),
        conn.copy_out_rows(NUMBERS, 25, batch=10, row=tuple),
    ):
        assert (await anext(stream))[0] == 1
        batches = [[n for n, _ in batch] async for batch in stream.batches()]
        assert len(batches[0]) == 9
        assert [n for batch in batches for n in batch] == list(range(2, 26))
        assert [batch async for batch in stream.batches()] == []
    async with conn.stream(NUMBERS, 100_000, batch=10) as left:
        async for _ in left.batches():
            break
    assert await conn.fetch_value("select 'free'") == "free"


async def test_a_stream_may_be_left_early(conn: howdah.AsyncConnection) -> None:
    async with conn.stream(NUMBERS, 100_000, batch=10) as stream:
        async for row in stream:
            if row.n == 15:
                break
    assert await conn.fetch_value("select 'free'") == "free"
    assert [row async for row in stream] == []


async def test_a_stream_that_is_dropped_frees_the_connection(
    conn: howdah.AsyncConnection,
) -> None:
    async for row in conn.stream(NUMBERS, 100_000, batch=10):
        if row.n == 5:
            break
    assert await conn.fetch_value("select 'free'") == "free"


async def test_a_stream_in_a_transaction(conn: howdah.AsyncConnection) -> None:
    async with conn.transaction():
        await conn.execute("create table t as select n from generate_series(1, 100) n")
        rows = [row.n async for row in conn.stream("select n from t order by n", batch=7)]
        assert rows == list(range(1, 101))
    assert await conn.fetch_value("select count(*) from t") == 100


async def test_an_error_at_the_start_and_in_the_middle(conn: howdah.AsyncConnection) -> None:
    with pytest.raises(errors.SyntaxError):
        _ = [row async for row in conn.stream("selekt")]
    seen: list[int] = []
    with pytest.raises(errors.DivisionByZero):
        async for row in conn.stream("select 1 / (50 - n) as x, n from generate_series(1, 100) n",
                                     batch=10):  # fmt: skip
            seen.append(row.n)  # noqa: PERF401 (what came before the error counts)
    assert seen in ([*range(1, 41)], [*range(1, 50)])
    assert await conn.fetch_value("select 'free'") == "free"


async def test_the_columns(conn: howdah.AsyncConnection) -> None:
    stream = conn.stream(NUMBERS, 3)
    with pytest.raises(howdah.InterfaceError, match="not been opened"):
        _ = stream.columns
    async for _ in stream:
        assert [column.name for column in stream.columns] == ["n", "name"]


def test_a_batch_has_at_least_one_row(sync_conn: howdah.Connection) -> None:
    with pytest.raises(ValueError, match="`batch` must be at least 1, found 0"):
        sync_conn.stream("select 1", batch=0)


def test_a_stream_is_an_iterator(sync_conn: howdah.Connection) -> None:
    stream = sync_conn.stream(NUMBERS, 5, batch=2)
    assert next(stream).n == 1
    assert [row.n for row in stream] == [2, 3, 4, 5]
    with pytest.raises(StopIteration):
        next(stream)


async def test_a_timeout_is_for_each_batch(conn: howdah.AsyncConnection) -> None:
    slow = "select pg_sleep(60 * (n - 1)) from generate_series(1, 2) n"
    rows = conn.stream(slow, batch=1, timeout=1.5)
    assert await anext(aiter(rows)) == (None,)
    with pytest.raises(errors.QueryTimeout):
        await anext(aiter(rows))
    assert await conn.fetch_value("select 1") == 1
