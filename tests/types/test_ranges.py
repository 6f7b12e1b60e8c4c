"""Ranges and multiranges through a server."""

from __future__ import annotations

import contextlib
import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from howdah import types
from howdah.types import Multirange, Range
from tests.types.values import round_trip

if TYPE_CHECKING:
    import howdah

INT4_RANGE, NUM_RANGE, INT4_MULTIRANGE = 3904, 3906, 4451

on_one_server = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

SUBTYPES: dict[str, st.SearchStrategy[Any]] = {
    "numrange": st.decimals(allow_nan=False, allow_infinity=False, places=2),
    "tsrange": st.datetimes(),
    "tstzrange": st.datetimes(timezones=st.just(dt.UTC)),
}


@st.composite
def ranges(draw: st.DrawFn, bounds: st.SearchStrategy[Any]) -> Range[Any]:
    """Ranges that PostgreSQL writes as they are: one value alone has both its bounds."""
    if draw(st.integers(0, 9)) == 0:
        return Range(empty=True)
    found = draw(st.tuples(st.none() | bounds, st.none() | bounds))
    lower, upper = found if None in found else sorted(found)
    alone = lower is not None and lower == upper
    return Range(lower, upper, "[]" if alone else draw(st.sampled_from(["[)", "[]", "(]", "()"])))


@pytest.mark.parametrize("kind", SUBTYPES)
def test_any_range_comes_back(server: howdah.Connection, kind: str) -> None:
    @on_one_server
    @given(ranges(SUBTYPES[kind]))
    def check(value: Range[Any]) -> None:
        assert round_trip(server, kind, value) == value

    check()


@on_one_server
@given(ranges(st.integers(-(2**31), 2**31 - 2)))
def test_whole_numbers_come_back_in_one_form(server: howdah.Connection, value: Range[int]) -> None:
    back = round_trip(server, "int4range", value)
    assert back.bounds in {"[)", "()", "(", ""} or back.lower is None or back.upper is None
    for number in (-7, 0, 7, *filter(None, (value.lower, value.upper))):
        for near in (number - 1, number, number + 1):
            assert (near in back) == (near in value)


@pytest.mark.since(14)
@on_one_server
@given(st.lists(ranges(st.integers(-20, 20)), max_size=5))
def test_multiranges_hold_what_their_ranges_hold(
    server: howdah.Connection, items: list[Range[int]]
) -> None:
    value = Multirange(items)
    back = round_trip(server, "int4multirange", value)
    assert isinstance(back, Multirange)
    assert [number in back for number in range(-22, 23)] == [
        number in value for number in range(-22, 23)
    ]
    assert round_trip(server, "int4multirange", back) == back
    assert round_trip(server, "int4multirange", items) == back


def test_the_server_and_python_agree_on_order(server: howdah.Connection) -> None:
    items = [
        Range(lower, upper, bounds)
        for lower in (None, Decimal(1), Decimal(2))
        for upper in (None, Decimal(3), Decimal(4))
        for bounds in ("[)", "[]", "(]", "()")
    ]
    unique = list(dict.fromkeys([*items, Range(empty=True)]))
    query = "select r from unnest($1::numrange[]) r order by r"
    assert [row[0] for row in server.fetch(query, unique)] == sorted(unique)


@pytest.mark.since(14)
def test_a_subtype_with_quotes_and_commas(sync_conn: howdah.Connection) -> None:
    sync_conn.execute('create type spell as range (subtype = text, collation = "C")')
    for lower, upper in [("a", "b c"), ("", '"'), ("(,)", "[]"), ("\\", "\\\\"), ("NULL", "null")]:
        value = Range(lower, upper, "[]")
        assert round_trip(sync_conn, "spell", value) == value
        assert round_trip(sync_conn, "spell[]", [value, None]) == [value, None]
        several = Multirange([value])
        assert round_trip(sync_conn, "spell_multirange", several) == several
        assert round_trip(sync_conn, "spell", str(Range("x", "y"))) == Range("x", "y")


@pytest.mark.parametrize("value", [(1, 2), [1, 2], 1, slice(1, 2), range(1, 2)])
def test_only_a_range_is_a_range(value: Any) -> None:
    for format_code in (0, 1):
        with pytest.raises(TypeError, match="takes Range or str"):
            types.encode(INT4_RANGE, value, format_code)


def test_a_bound_that_does_not_fit_is_refused() -> None:
    for format_code in (0, 1):
        with pytest.raises(ValueError, match="int out of range"):
            types.encode(INT4_RANGE, Range(1, 2**31), format_code)
    with pytest.raises(ValueError, match="expected Range or str, found `int`"):
        types.encode(INT4_MULTIRANGE, [1], 0)


@pytest.mark.parametrize("oid", [INT4_RANGE, NUM_RANGE, INT4_MULTIRANGE])
@given(data=st.binary(max_size=40))
def test_no_bytes_do_harm(oid: int, data: bytes) -> None:
    for format_code in (0, 1):
        with contextlib.suppress(ValueError):
            assert isinstance(types.decode(oid, data, format_code), Range | Multirange)
