"""Values of howdah's types under pydantic and msgspec: written, read, refused."""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import Any

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from howdah.integrations.msgspec import dec_hook, enc_hook
from howdah.orm import TsVector
from howdah.types import Multirange, Range

DAY = dt.date(2026, 1, 31)
WRITTEN = [
    (Range[int], Range(1, 5), b'{"lower":1,"upper":5,"bounds":"[)"}'),
    (Range[int], Range(empty=True), b'{"lower":null,"upper":null,"bounds":"empty"}'),
    (
        Range[dt.date],
        Range(DAY, None, "(]"),
        b'{"lower":"2026-01-31","upper":null,"bounds":"()"}',
    ),
    (Multirange[int], Multirange([Range(1, 2)]), b'[{"lower":1,"upper":2,"bounds":"[)"}]'),
    (ipaddress.IPv4Address, ipaddress.IPv4Address("10.0.0.1"), b'"10.0.0.1"'),
    (ipaddress.IPv4Interface, ipaddress.IPv4Interface("10.0.0.1/8"), b'"10.0.0.1/8"'),
    (ipaddress.IPv6Network, ipaddress.IPv6Network("::/8"), b'"::/8"'),
    (TsVector, TsVector("'a':1"), b"\"'a':1\""),
]
REFUSED = [
    (Range[int], b"5"),
    (Range[int], b'{"lower": "x"}'),
    (Range[int], b'{"lower": 1, "bounds": "<>"}'),
    (Range[int], b'{"lower": 1, "bounds": "empty"}'),
    (Range[int], b'{"lwer": 1}'),
    (Multirange[int], b"[5]"),
    (ipaddress.IPv4Address, b'"10.0.0"'),
]


@pytest.mark.parametrize(("kind", "value", "text"), WRITTEN)
def test_pydantic(kind: Any, value: Any, text: bytes) -> None:
    adapter = pydantic.TypeAdapter(kind)
    assert adapter.dump_json(value) == text
    read = adapter.validate_json(text)
    assert (read, type(read)) == (value, type(value))
    assert adapter.validate_python(value) == value
    assert adapter.json_schema(mode="serialization")


@pytest.mark.parametrize(("kind", "value", "text"), WRITTEN)
def test_msgspec(kind: Any, value: Any, text: bytes) -> None:
    assert msgspec.json.encode(value, enc_hook=enc_hook) == text
    read = msgspec.json.decode(text, type=kind, dec_hook=dec_hook)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(("kind", "text"), REFUSED)
def test_what_is_none_is_refused(kind: Any, text: bytes) -> None:
    with pytest.raises(pydantic.ValidationError):
        pydantic.TypeAdapter(kind).validate_json(text)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=kind, dec_hook=dec_hook)


def test_other_types_have_no_form() -> None:
    with pytest.raises(NotImplementedError, match="`object`"):
        enc_hook(object())
    with pytest.raises(NotImplementedError, match="object"):
        dec_hook(object, 1)


BOUNDS = st.none() | st.integers()
RANGES = st.builds(Range, BOUNDS, BOUNDS, st.sampled_from(["[)", "[]", "(]", "()"]))


@given(RANGES)
def test_every_range_comes_back(value: Range[int]) -> None:
    adapter = pydantic.TypeAdapter(Range[int])
    assert adapter.validate_json(adapter.dump_json(value)) == value
    assert adapter.validate_python(adapter.dump_python(value)) == value
    text = msgspec.json.encode(value, enc_hook=enc_hook)
    assert msgspec.json.decode(text, type=Range[int], dec_hook=dec_hook) == value
