"""Every scalar type to the server and back: each format in each direction, and all agree."""

from __future__ import annotations

import datetime as dt
import math
import zoneinfo
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import howdah
from howdah.types import Interval, Lsn, decode, encode
from tests.types.scalars import SCALARS, identity, known_to

# The connection is the same for all examples: they only evaluate expressions.
EXAMPLES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
TYPES = pytest.mark.parametrize("name", SCALARS)


def draw(server: howdah.Connection, name: str, data: st.DataObject) -> Any:
    """A value of the type, of those that the server knows."""
    version = server.server_version
    if name == "xid8" and version < 13_00_00:
        pytest.skip("PostgreSQL 12 has no xid8")
    _, values = SCALARS[name]
    return data.draw(values.filter(lambda value: known_to(version, name, value)))


@TYPES
@given(data=st.data())
@EXAMPLES
def test_a_value_comes_back_as_it_was_sent(
    server: howdah.Connection, name: str, data: st.DataObject
) -> None:
    value = draw(server, name, data)
    assert identity(server.fetch_value(f"select $1::{name}", value)) == identity(value)


@TYPES
@given(data=st.data())
@EXAMPLES
def test_the_server_reads_our_text_as_the_same_value(
    server: howdah.Connection, name: str, data: st.DataObject
) -> None:
    oid, value = SCALARS[name][0], draw(server, name, data)
    # a `str` parameter is PostgreSQL's text for the type, sent as it is
    text = encode(oid, value, 0).decode()
    assert identity(server.fetch_value(f"select $1::{name}", text)) == identity(value)


@TYPES
@given(data=st.data())
@EXAMPLES
def test_the_server_s_text_is_read_as_the_same_value(
    server: howdah.Connection, name: str, data: st.DataObject
) -> None:
    oid, value = SCALARS[name][0], draw(server, name, data)
    text = server.fetch_value(f"select format('%s', $1::{name})", value)
    assert identity(decode(oid, text.encode(), 0)) == identity(value)


@TYPES
@given(data=st.data())
@EXAMPLES
def test_our_binary_is_the_server_s(
    server: howdah.Connection, name: str, data: st.DataObject
) -> None:
    oid, value = SCALARS[name][0], draw(server, name, data)
    send = server.fetch_value("select typsend::text from pg_type where oid = $1", oid)
    sent = server.fetch_value(f"select {send}($1::{name})", value)
    assert identity(decode(oid, sent, 1)) == identity(value)
    if not isinstance(value, float | Decimal) or math.isfinite(value):
        # what is no number has several forms, all read alike
        assert encode(oid, value, 1) == sent


@pytest.mark.since(15)
def test_the_shortest_time_of_an_interval(server: howdah.Connection) -> None:
    shortest = Interval(months=1, microseconds=-(2**63))
    for value in (shortest, encode(1186, shortest, 0).decode()):
        assert identity(server.fetch_value("select $1::interval", value)) == identity(shortest)


@given(number=st.integers(-(10**5000), 10**5000))
@EXAMPLES
def test_numeric_takes_an_int_of_any_length(server: howdah.Connection, number: int) -> None:
    assert server.fetch_value("select $1::numeric", number) == Decimal(number)


@pytest.mark.since(14)  # infinities
@given(number=st.floats())
@EXAMPLES
def test_numeric_takes_a_float_as_its_shortest_decimal(
    server: howdah.Connection, number: float
) -> None:
    back = server.fetch_value("select $1::numeric", number)
    assert repr(float(back)) == repr(number) or back == number == 0


def test_numeric_has_room_for_all_of_its_digits(server: howdah.Connection) -> None:
    longest = Decimal("9" * 131_072 + "." + "9" * 16_383)
    assert server.fetch_value("select $1::numeric", longest) == longest
    with pytest.raises(Exception, match="131072 before or 16383 after"):
        server.fetch_value("select $1::numeric", Decimal("1E+131072"))


@pytest.mark.parametrize("number", [1.5, 3, Decimal("0.1"), True])
def test_float8_takes_numbers(server: howdah.Connection, number: Any) -> None:
    if number is True:
        with pytest.raises(Exception, match="takes float, int"):
            encode(701, number)
    else:
        assert server.fetch_value("select $1::float8", number) == float(number)


def test_a_timestamptz_is_told_in_utc_whatever_the_session_s_zone(
    server: howdah.Connection,
) -> None:
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    summer = dt.datetime(2024, 7, 1, 12, tzinfo=berlin)
    winter = dt.datetime(2024, 10, 27, 2, 30, tzinfo=berlin, fold=1)
    server.execute("set timezone to 'America/St_Johns'")
    try:
        for moment in (summer, winter):
            back = server.fetch_value("select $1::timestamptz", moment)
            assert (back, back.tzinfo) == (moment.astimezone(dt.UTC), dt.UTC)
            text = server.fetch_value("select format('%s', $1::timestamptz)", moment)
            assert decode(1184, text.encode(), 0) == moment.astimezone(dt.UTC)
    finally:
        server.execute("reset timezone")


@pytest.mark.parametrize("style", ["hex", "escape"])
@given(plain=st.binary())
@EXAMPLES
def test_bytea_is_read_in_both_of_its_texts(
    server: howdah.Connection, style: str, plain: bytes
) -> None:
    server.execute(f"set bytea_output to {style}")
    text = server.fetch_value("select format('%s', $1::bytea)", memoryview(plain))
    server.execute("reset bytea_output")
    assert decode(17, text.encode(), 0) == plain


@pytest.mark.since(13)
def test_types_read_as_text(server: howdah.Connection) -> None:
    assert server.fetch_value("select '12.34'::money") == "$12.34"
    assert server.fetch_value("select $1::money", "$12.34") == "$12.34"
    assert server.fetch_value("select '10:20:10,14,15'::pg_snapshot") == "10:20:10,14,15"
    assert server.fetch_value("select '10:20:10,14,15'::txid_snapshot") == "10:20:10,14,15"
    assert server.fetch_value("select 'unknown'") == "unknown"
    assert server.fetch_value("select pg_sleep(0)") is None
    assert isinstance(server.fetch_value("select pg_current_wal_lsn()"), Lsn)


def test_xml_is_text_whatever_encoding_it_declares(system_server_url: str) -> None:
    document = '<?xml version="1.0" encoding="latin1"?><a>é</a>'
    with howdah.connect(system_server_url) as connection:
        back = connection.fetch_value("select $1::xml", document)
        assert back == "<a>é</a>"  # the server drops what it does not keep
        assert connection.fetch_value("select array[$1::xml]", document) == [back]
