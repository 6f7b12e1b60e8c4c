"""json and jsonb: our parser and writer against Python's own, and against the server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from howdah.types import Json, decode, encode

if TYPE_CHECKING:
    import howdah

JSON, JSONB = 114, 3802
EXAMPLES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ATOMS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
KEYS = st.sampled_from(["id", "name", "tags"]) | TEXT
VALUES = st.recursive(
    ATOMS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)

# What jsonb keeps: no NUL in strings; numbers as numeric, where 1e300 has 301 digits and is an int.
PLAIN_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
PLAIN_FLOATS = st.floats(-1e15, 1e15).map(lambda number: round(number, 6))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | PLAIN_FLOATS | PLAIN_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(PLAIN_TEXT, inner),
    max_leaves=20,
)


@given(value=VALUES, options=st.sampled_from([0, 1, 2]))
@EXAMPLES
def test_text_is_read_as_python_reads_it(value: Any, options: int) -> None:
    layout: dict[str, Any] = ({}, {"indent": 1, "ensure_ascii": False}, {"separators": (",", ":")})[
        options
    ]
    text = json.dumps(value, **layout).replace("Infinity", "1e999")
    ours = decode(JSON, text.encode())
    assert repr(ours) == repr(json.loads(text))
    assert repr(decode(JSONB, b"\1" + text.encode(), 1)) == repr(ours)


@given(value=VALUES)
@EXAMPLES
def test_a_value_is_written_as_python_would(value: Any) -> None:
    try:
        expected = json.dumps(value, allow_nan=False)
    except ValueError:
        with pytest.raises(ValueError, match="JSON compliant"):
            encode(JSON, Json(value))
        return
    ours = encode(JSON, Json(value))
    assert repr(json.loads(ours)) == repr(json.loads(expected))
    assert encode(JSONB, Json(value), 1) == b"\1" + ours


@given(value=PLAIN)
@EXAMPLES
def test_values_come_back_from_the_server(server: howdah.Connection, value: Any) -> None:
    for name in ("json", "jsonb"):
        assert server.fetch_value(f"select $1::{name}", Json(value)) == value
    assert server.fetch_value("select to_jsonb($1::jsonb)", Json({"a": [value]})) == {"a": [value]}


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "b": 2, "a": 3}',
        '"\\ud83d\\ude00 \\ud83d \\u0000"',
        "-0",
        "-0.0",
        "1e5",
        "1E-400",
        "123456789012345678901234567890",
        " [ ] ",
        '{"": {}}',
        "[" * 500 + "]" * 500,
    ],
)
def test_corners_are_read_as_python_reads_them(text: str) -> None:
    assert repr(decode(JSON, text.encode())) == repr(json.loads(text))


def test_integers_have_no_limit_of_digits() -> None:
    assert decode(JSON, b"-1" + b"0" * 20_000) == -(10**20_000)


def test_no_depth_is_too_deep_to_read() -> None:
    deep = decode(JSON, b"[" * 300_000 + b"]" * 300_000)
    for _ in range(1000):
        (deep,) = deep


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "{", "[1,]", "[1 2]", "[1}", '{"a"}', '{"a":1,}', "{1:2}", "nul", "NaN"),
        *("'a'", "01", "1.", '"', '"\\x"', '"\\u12"', '"a\nb"', "1 2", "\x00"),
    ],
)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="JSON"):
        decode(JSON, text.encode())


def test_a_str_is_json_text_and_the_wrapper_makes_a_string_of_it(
    server: howdah.Connection,
) -> None:
    assert server.fetch_value("select $1::jsonb", '{"a": 1}') == {"a": 1}
    assert server.fetch_value("select $1::jsonb", b"[1]") == [1]
    assert server.fetch_value("select $1::jsonb", Json("a")) == "a"
    assert server.fetch_value("select $1::jsonb::text", Json(None)) == "null"
    assert server.fetch_value("select $1::jsonb::text", None) is None


def test_a_reader_of_one_s_own(server: howdah.Connection) -> None:
    server.set_json_loads(lambda text: ("read", text))
    try:
        assert server.fetch_value("select '[1]'::json") == ("read", b"[1]")
        assert server.fetch_value("select '[1]'::jsonb") == ("read", b"[1]")
        assert server.fetch_value("select array['1', null]::jsonb[]") == [("read", b"1"), None]
    finally:
        server.set_json_loads(None)
    assert server.fetch_value("select '[1]'::json") == [1]


def test_values_that_are_left_to_python() -> None:
    class Custom(dict[str, int]):
        pass

    looped: list[Any] = []
    looped.append(looped)
    assert encode(JSON, Custom(a=1)) == b'{"a":1}'
    assert encode(JSON, {1: "a", None: 2, 1.5: 3}) == b'{"1":"a","null":2,"1.5":3}'
    assert encode(JSON, {"a": "\ud800"}) == b'{"a":"\\ud800"}'
    assert json.loads(encode(JSON, [[[10**30]]])) == [[[10**30]]]
    with pytest.raises(TypeError, match="not JSON serializable"):
        encode(JSON, {"a": object()})
    with pytest.raises(ValueError, match="Circular"):
        encode(JSON, looped)
