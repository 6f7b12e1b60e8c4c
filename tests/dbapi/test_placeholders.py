"""`%s` and `%(name)s` become `$1…`."""

from collections import ChainMap, UserDict, UserList
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import howdah
from howdah._native import convert_placeholders


@pytest.mark.parametrize(
    ("query", "params", "converted"),
    [
        ("select %s, %s", (1, "a"), ("select $1, $2", [1, "a"])),
        ("select %s", [None], ("select $1", [None])),
        ("select %s", UserList([5]), ("select $1", [5])),
        ("select %s", range(1), ("select $1", [0])),
        ("select '%%', %s%%", (1,), ("select '%', $1%", [1])),
        ("select 1", (), ("select 1", [])),
        ("select 1", {}, ("select 1", [])),
        ("%(b)s %(a)s %(b)s", {"a": 1, "b": 2}, ("$1 $2 $1", [2, 1])),
        ("%(a)s", {"a": 1, "unused": 2}, ("$1", [1])),
        ("%(a b)s", ChainMap({}, {"a b": 1}), ("$1", [1])),
        ("%(a)s", UserDict(a=1), ("$1", [1])),
        ("%(ü)s", {"ü": 1}, ("$1", [1])),
        ("-- %s\nselect '%s'", (1, 2), ("-- $1\nselect '$2'", [1, 2])),
    ],
)
def test_conversion(
    query: str,
    params: Sequence[Any] | Mapping[str, Any],
    converted: tuple[str, list[Any]],
) -> None:
    assert convert_placeholders(query, params) == converted
    assert convert_placeholders(query, params) == converted  # from the cache


@pytest.mark.parametrize(
    ("query", "params", "message"),
    [
        ("select %s", (), "1 `%s` placeholder, but 0 parameters were given"),
        ("select %s, %s", (1,), "2 `%s` placeholders, but 1 parameter was given"),
        ("select 1", (1,), "0 `%s` placeholders, but 1 parameter was given"),
        ("select %s", "abc", "a sequence of parameters .* but a `str`"),
        ("select %s", b"abc", "but a `bytes`"),
        ("select %s", {"a": 1}, "but a `dict`"),
        ("select %s", 5, "but a `int`"),
        ("select %(a)s", (1,), "a mapping of parameters .* but a `tuple`"),
        ("select %(a)s", {"b": 1}, "parameter `a` is missing"),
        ("select %(a)s, %s", {"a": 1}, "mixes `%s` and `%.name.s`"),
        ("select %d", (1,), "unknown placeholder `%d` at character 8"),
        ("select 'ü%'", (), "unknown placeholder `%'` at character 10"),
        ("select 5 %", (), "unknown placeholder `%` at character 10"),
        ("select %(a)d", {"a": 1}, "malformed placeholder"),
        ("select %(a", {"a": 1}, "malformed placeholder"),
    ],
)
def test_what_does_not_fit(query: str, params: Any, message: str) -> None:
    with pytest.raises(howdah.ProgrammingError, match=message):
        convert_placeholders(query, params)


def test_an_error_of_the_mapping_is_not_hidden() -> None:
    class Broken(dict[str, int]):
        def __missing__(self, key: str) -> int:
            raise ZeroDivisionError(key)

    with pytest.raises(ZeroDivisionError):
        convert_placeholders("%(a)s", Broken())


@given(st.lists(st.one_of(st.just("%s"), st.just("%%"), st.text().filter(lambda t: "%" not in t))))
def test_any_text_around_placeholders_is_kept(parts: list[str]) -> None:
    count = parts.count("%s")
    numbers = iter(range(1, count + 1))
    shown = {"%%": "%"}
    expected = "".join(f"${next(numbers)}" if p == "%s" else shown.get(p, p) for p in parts)
    assert convert_placeholders("".join(parts), [0] * count) == (expected, [0] * count)


def test_more_queries_than_the_cache_holds() -> None:
    for number in range(3000):
        assert convert_placeholders(f"select {number}, %s", (1,))[0] == f"select {number}, $1"
