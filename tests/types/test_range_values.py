"""`Range` and `Multirange` as Python values, without a server."""

from __future__ import annotations

import copy
import pickle
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from howdah.types import Multirange, Range

BOUNDS = ["[)", "[]", "(]", "()"]
numbers = st.integers(-5, 5)


@st.composite
def ranges(draw: st.DrawFn) -> Range[int]:
    """Small ranges, with and without bounds, empty ones too."""
    if draw(st.integers(0, 9)) == 0:
        return Range(empty=True)
    lower = draw(st.none() | numbers)
    upper = draw(st.none() | numbers.filter(lambda upper: lower is None or upper >= lower))
    return Range(lower, upper, draw(st.sampled_from(BOUNDS)))


def inside(value: int, item: Range[int]) -> bool:
    """Whether a value lies in a range, by its definition."""
    if item.empty:
        return False
    above = item.lower is None or value > item.lower or (item.lower_inc and value == item.lower)
    below = item.upper is None or value < item.upper or (item.upper_inc and value == item.upper)
    return above and below


def test_parts() -> None:
    item = Range(1, 10)
    assert (item.lower, item.upper, item.bounds) == (1, 10, "[)")
    assert (item.lower_inc, item.upper_inc) == (True, False)
    assert (item.lower_inf, item.upper_inf, item.empty) == (False, False, False)


def test_a_missing_bound_does_not_belong_to_the_range() -> None:
    assert Range(None, None, "[]") == Range(None, None, "()")
    assert Range(None, 5, "[]").bounds == "(]"
    assert Range(None, 5).lower_inf


def test_the_empty_range() -> None:
    empty: Range[int] = Range(empty=True)
    assert empty.empty
    assert not empty
    assert (empty.lower, empty.upper, empty.bounds) == (None, None, "")
    assert not empty.lower_inf
    assert not empty.upper_inf
    assert empty == Range(empty=True)
    assert empty != Range(None, None)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((1, 2, "[["), {}, "bounds must be one of"),
        ((1, None), {"empty": True}, "an empty range has no bounds"),
    ],
)
def test_what_is_no_range(arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Range(*arguments, **options)


@given(numbers, ranges())
def test_containing_a_value(value: int, item: Range[int]) -> None:
    assert (value in item) == inside(value, item)


@given(ranges(), ranges())
def test_containing_a_range_means_containing_its_values(
    outer: Range[int], inner: Range[int]
) -> None:
    if inner in outer:
        assert all(inside(value, outer) for value in range(-7, 8) if inside(value, inner))


def test_containing_a_range() -> None:
    assert Range(2, 3) in Range(1, 10)
    assert Range(1, 10) in Range(1, 10)
    assert Range(1, 10, "[]") not in Range(1, 10)
    assert Range(None, 3) not in Range(1, 10)
    assert Range(empty=True) in Range(1, 10)
    assert Range(1, 10) not in Range(empty=True)
    assert None not in Range(None, None)


@given(ranges(), ranges(), ranges())
def test_order_is_total(a: Range[int], b: Range[int], c: Range[int]) -> None:
    assert (a < b) + (b < a) + (a == b) == 1
    assert (a <= b) == (not b < a)
    assert (a > b) == (b < a)
    assert (a >= b) == (b <= a)
    if a <= b <= c:
        assert a <= c


def test_order_is_that_of_postgresql() -> None:
    expected = [
        Range(empty=True),
        Range(None, 1),
        Range(None, None),
        Range(1, 2),
        Range(1, 2, "[]"),
        Range(1, None),
        Range(1, 2, "()"),
    ]
    assert sorted([*expected[3:], *expected[:3]]) == expected


@given(ranges())
def test_equal_ranges_hash_equally(item: Range[int]) -> None:
    same = pickle.loads(pickle.dumps(item))
    assert same == item
    assert hash(same) == hash(item)
    assert copy.deepcopy(item) == item
    assert eval(repr(item)) == item


def test_text() -> None:
    assert str(Range(1, 5)) == "[1,5)"
    assert str(Range(None, date(2020, 1, 1), "(]")) == "(,2020-01-01]"
    assert str(Range(empty=True)) == "empty"
    assert repr(Range(1, 5)) == "Range(1, 5)"
    assert repr(Range(1, 5, "[]")) == "Range(1, 5, '[]')"
    assert repr(Range(None, 5)) == "Range(None, 5)"
    assert str(Multirange([Range(1, 2), Range(4, 5)])) == "{[1,2),[4,5)}"
    assert repr(Multirange([Range(1, 2)])) == "Multirange([Range(1, 2)])"


def test_neither_changes() -> None:
    item = Range(1, 5)
    for name in ("lower", "_lower", "other"):
        with pytest.raises(AttributeError, match="does not change"):
            setattr(item, name, 7)
    with pytest.raises(AttributeError, match="does not change"):
        Multirange([item])._ranges = ()
    with pytest.raises(AttributeError, match="does not change"):
        del item._lower


def test_a_multirange_is_a_sequence() -> None:
    items = [Range(1, 3), Range(5, 7)]
    several = Multirange(items)
    assert list(several) == items
    assert len(several) == 2
    assert several[1] == items[1]
    assert several[:1] == Multirange(items[:1])
    assert several == Multirange(items)
    assert several != items
    assert hash(several) == hash(Multirange(items))
    assert several < Multirange([Range(1, 4)])
    assert copy.deepcopy(several) == several


def test_a_multirange_holds_what_its_ranges_hold() -> None:
    several = Multirange([Range(1, 3), Range(5, 7)])
    assert 2 in several
    assert 4 not in several
    assert Range(5, 6) in several
    assert Range(2, 6) not in several


def test_a_multirange_holds_only_ranges() -> None:
    with pytest.raises(TypeError, match="holds Range, not int"):
        Multirange([1])  # type: ignore[arg-type]


def test_ranges_match_patterns() -> None:
    match Range(1, 5):
        case Range(lower, upper, "[)"):
            assert (lower, upper) == (1, 5)
        case _:
            pytest.fail("a range did not match its own parts")
