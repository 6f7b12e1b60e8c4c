"""Two-phase commit: PEP 249's `tpc_…`, ids, recovery."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import howdah
from howdah import errors
from howdah._identifiers import text_literal

if TYPE_CHECKING:
    from tests.conftest import Connector

COUNT = "select count(*)::int from item"


async def make_item(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table item (id int primary key deferrable initially deferred)")


async def mine(conn: howdah.AsyncConnection) -> list[howdah.Xid]:
    """The transactions prepared in this test's database."""
    return [xid for xid in await conn.tpc_recover() if xid.database == conn.config.dbname]


def status(conn: howdah.AsyncConnection) -> str:
    return conn.transaction_status


async def test_prepared_then_committed(conn: howdah.AsyncConnection) -> None:
    await make_item(conn)
    xid = conn.xid(7, "order", "shop")
    await conn.tpc_begin(xid)
    await conn.cursor().execute("insert into item values (1)")
    await conn.execute("insert into item values (2)")
    assert status(conn) == "in_transaction"
    await conn.tpc_prepare()
    assert status(conn) == "idle"
    found = await mine(conn)
    assert found == [xid]
    assert found[0].owner == conn.config.user
    assert found[0].prepared is not None
    assert await conn.fetch_value(COUNT) == 0
    await conn.tpc_commit()
    assert await conn.fetch_value(COUNT) == 2
    assert await mine(conn) == []


async def test_prepared_then_rolled_back(conn: howdah.AsyncConnection) -> None:
    await make_item(conn)
    await conn.tpc_begin(conn.xid(1, "order", "shop"))
    await conn.execute("insert into item values (1)")
    await conn.tpc_prepare()
    await conn.tpc_rollback()
    assert await mine(conn) == []
    await conn.tpc_begin(conn.xid(1, "order", "shop"))
    await conn.tpc_rollback()
    assert await conn.fetch_value(COUNT) == 0


async def test_one_phase(conn: howdah.AsyncConnection) -> None:
    await make_item(conn)
    await conn.tpc_begin(conn.xid(1, "a", "b"))
    await conn.execute("insert into item values (1)")
    await conn.tpc_commit()
    assert await conn.fetch_value(COUNT) == 1
    await conn.tpc_begin(conn.xid(1, "a", "b"))
    await conn.execute("insert into item values (1)")
    with pytest.raises(errors.UniqueViolation):
        await conn.tpc_commit()
    await conn.cursor().execute("insert into item values (2)")
    await conn.commit()
    assert await conn.fetch_value(COUNT) == 2


async def test_another_session_recovers(conn: howdah.AsyncConnection, connector: Connector) -> None:
    await make_item(conn)
    for number in (1, 2):
        async with await connector() as dying:
            await dying.tpc_begin(dying.xid(number, f"order {number}", "shop"))
            await dying.execute("insert into item values ($1)", number)
            await dying.tpc_prepare()
            await dying.close()
    first, second = sorted(await mine(conn), key=str)
    await conn.tpc_commit(first)
    await conn.tpc_rollback(str(second))
    assert await conn.fetch("select id from item") == [(1,)]
    with pytest.raises(errors.UndefinedObject):
        await conn.tpc_commit(first)


async def test_ids_of_another_form(conn: howdah.AsyncConnection) -> None:
    await conn.execute("create table item (id int)")
    text = "it's a \\ text"
    await conn.tpc_begin(text)
    await conn.execute("insert into item values (1)")
    await conn.tpc_prepare()
    found = await mine(conn)
    assert [tuple(xid) for xid in found] == [(None, text, None)]
    await conn.tpc_rollback(found[0])


async def test_a_failed_transaction_is_not_prepared(conn: howdah.AsyncConnection) -> None:
    for end in ("tpc_prepare", "tpc_commit"):
        await conn.tpc_begin(conn.xid(1, "a", "b"))
        with pytest.raises(errors.DivisionByZero):
            await conn.execute("select 1/0")
        with pytest.raises(errors.InFailedSqlTransaction):
            await getattr(conn, end)()
        assert conn.transaction_status == "idle"
        if end == "tpc_prepare":
            await conn.tpc_rollback()
    assert await mine(conn) == []
    with pytest.raises(errors.ProgrammingError, match="no two-phase transaction"):
        await conn.tpc_rollback()


async def test_steps_out_of_order(conn: howdah.AsyncConnection) -> None:
    xid = conn.xid(1, "a", "b")
    for step in (conn.tpc_prepare, conn.tpc_commit, conn.tpc_rollback):
        with pytest.raises(errors.ProgrammingError, match="no two-phase transaction"):
            await step()
    await conn.cursor().execute("select 1")
    with pytest.raises(errors.ProgrammingError, match="inside a transaction"):
        await conn.tpc_begin(xid)
    await conn.rollback()
    await conn.tpc_begin(xid)
    for step in (conn.commit, conn.rollback):
        with pytest.raises(errors.ProgrammingError, match="in a two-phase transaction"):
            await step()
    with pytest.raises(errors.ProgrammingError, match="inside a transaction"):
        await conn.tpc_commit(xid)
    async with conn.transaction():
        with pytest.raises(errors.ProgrammingError, match=r"inside a `transaction\(\)` block"):
            await conn.tpc_prepare()
    await conn.tpc_prepare()
    with pytest.raises(errors.ProgrammingError, match="prepared already"):
        await conn.tpc_prepare()
    with pytest.raises(errors.ProgrammingError, match="no statement is possible"):
        await conn.cursor().execute("select 1")
    await conn.tpc_rollback()


def test_the_text_is_psycopgs() -> None:
    xid = howdah.Xid(42, "gtrid", "bqual")
    parts = [base64.b64encode(part).decode() for part in (b"gtrid", b"bqual")]
    assert str(xid) == "42_" + "_".join(parts)
    assert (len(xid), xid[0], xid[1], xid[2]) == (3, 42, "gtrid", "bqual")


PART = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=64)


@given(st.integers(0, 2**31 - 1), PART, PART)
def test_ids_round_trip(format_id: int, gtrid: str, bqual: str) -> None:
    xid = howdah.Xid(format_id, gtrid, bqual)
    assert howdah.Xid.from_string(str(xid)) == xid
    assert len(str(xid)) < 200, "the server's limit"


@given(st.text() | st.from_regex(r"\d+_[A-Za-z0-9+/=]*_[A-Za-z0-9+/=]*", fullmatch=True))
def test_any_text_is_an_id_of_that_text(text: str) -> None:
    assert str(howdah.Xid.from_string(text)) == text


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ((-1, "a", "b"), "`format_id`"),
        ((2**31, "a", "b"), "`format_id`"),
        ((1, "x" * 65, "b"), "may have 64"),
        ((1, "a", "é"), "`bqual` must be printable"),
        ((1, "a\n", "b"), "`gtrid` must be printable"),
    ],
)
def test_ids_that_are_none(parts: tuple[int, str, str], complaint: str) -> None:
    with pytest.raises(errors.ProgrammingError, match=complaint):
        howdah.Xid(*parts)


@pytest.mark.parametrize("conforming", ["on", "off"])
@pytest.mark.parametrize("text", ["", "it's", "\\", "\\'", "a\\\\'b", "é\n\t", "E'", "\\x41"])
async def test_literals_mean_their_text(
    conn: howdah.AsyncConnection, conforming: str, text: str
) -> None:
    await conn.execute(f"set standard_conforming_strings to {conforming}")
    assert await conn.fetch_value(f"select{text_literal(text)}::text") == text


def test_no_literal_holds_a_zero() -> None:
    with pytest.raises(errors.ProgrammingError, match="U\\+0000"):
        text_literal("a\0b")


async def test_a_pool_forgets_what_was_not_ended(database: str) -> None:
    async with howdah.AsyncPool(database, max_size=1) as pool:
        conn = await pool.acquire()
        await conn.tpc_begin(conn.xid(1, "a", "b"))
        await pool.release(conn)
        async with pool.connection() as again:
            assert again is conn
            await again.cursor().execute("select 1")
