"""Values that the server wrote: text and binary read alike, and both write back what was read."""

from __future__ import annotations

import gc
import sys
from datetime import date
from decimal import Decimal
from functools import partial
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface
from typing import TYPE_CHECKING, Any

import pytest

from howdah import types
from howdah.types import (
    Array,
    Box,
    Circle,
    Line,
    LineSegment,
    Multirange,
    Path,
    Point,
    Polygon,
    Range,
)
from tests.types import values

if TYPE_CHECKING:
    from collections.abc import Callable

    import howdah

CORNERS = (Point(1.0, 2.0), Point(3.0, 4.0), Point(5.0, 6.0))

READ: list[tuple[str, Any]] = [
    # arrays
    ("'{1,2,NULL}'::int4[]", [1, 2, None]),
    ("'{-32768,32767}'::int2[]", [-32768, 32767]),
    (
        "'{255,256,16383,16384,-1,9223372036854775807}'::int8[]",
        [255, 256, 16383, 16384, -1, 2**63 - 1],
    ),
    ("'{}'::int4[]", []),
    ("'{{{1,2},{3,4}},{{5,6},{7,8}}}'::int2[]", [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]),
    ("'[0:1]={1,2}'::int4[]", Array([1, 2], (0,))),
    ("'[0:1][-1:1]={{1,2,3},{4,NULL,6}}'::int8[]", Array([[1, 2, 3], [4, None, 6]], (0, -1))),
    ("'{1.5,Infinity,-0}'::float8[]", [1.5, float("inf"), -0.0]),
    ("'{1.10,2}'::numeric[]", [Decimal("1.10"), Decimal(2)]),
    (
        """'{a,"b c",NULL,"NULL","","x\\"\\\\y","{}"," "}'::text[]""",
        ["a", "b c", None, "NULL", "", 'x"\\y', "{}", " "],
    ),
    ("array['é','日本',E'\\n']::varchar[]", ["é", "日本", "\n"]),
    ("array['\\x00ff','\\x']::bytea[]", [b"\0\xff", b""]),
    ("array[true,null,false]", [True, None, False]),
    ("array['2020-01-01']::date[]", [date(2020, 1, 1)]),
    ("array['{\"a\": 1}','[1, 2]']::jsonb[]", [{"a": 1}, [1, 2]]),
    ("array[array['[1]'],array['2']]::jsonb[]", Array([[[1]], [2]], (1, 1))),
    ("array['(1,2)','(3,4)']::point[]", [Point(1.0, 2.0), Point(3.0, 4.0)]),
    ("array[array['(1,2)']]::point[]", Array([[Point(1.0, 2.0)]], (1, 1))),
    (
        "'{(2,2),(1,1);(4,4),(3,3)}'::box[]",
        [Box(Point(2, 2), Point(1, 1)), Box(Point(4, 4), Point(3, 3))],
    ),
    ("array['pg_class']::regclass[]", ["pg_class"]),
    ("array['10.0.0.1/24']::inet[]", [IPv4Interface("10.0.0.1/24")]),
    ("array['[1,2)','empty']::int4range[]", [Range(1, 2), Range(empty=True)]),
    ("array['{[1,2)}','{}']::int4multirange[]", [Multirange([Range(1, 2)]), Multirange()]),
    ("'1 2 3'::int2vector", [1, 2, 3]),
    ("'1 4294967295'::oidvector", [1, 2**32 - 1]),
    ("array['1 2']::int2vector[]", [[1, 2]]),
    # ranges
    ("'[1,5]'::int4range", Range(1, 6)),
    ("'(,5)'::int8range", Range(None, 5)),
    ("'[5,)'::int4range", Range(5, None)),
    ("'(,)'::int4range", Range(None, None)),
    ("'empty'::int4range", Range(empty=True)),
    ("'(1.5,2.50]'::numrange", Range(Decimal("1.5"), Decimal("2.50"), "(]")),
    ("'[2020-01-01,2021-01-01)'::daterange", Range(date(2020, 1, 1), date(2021, 1, 1))),
    ("'{}'::int4multirange", Multirange()),
    ("'{[1,3),[5,7)}'::int4multirange", Multirange([Range(1, 3), Range(5, 7)])),
    (
        "'{(,3),[5,)}'::nummultirange",
        Multirange([Range(None, Decimal(3)), Range(Decimal(5), None)]),
    ),
    # networks
    ("'1.2.3.4'::inet", IPv4Address("1.2.3.4")),
    ("'1.2.3.4/24'::inet", IPv4Interface("1.2.3.4/24")),
    ("'1.2.3.4/0'::inet", IPv4Interface("1.2.3.4/0")),
    ("'1.2.3.4/31'::inet", IPv4Interface("1.2.3.4/31")),
    ("'::1'::inet", IPv6Address("::1")),
    ("'fe80::1/64'::inet", IPv6Interface("fe80::1/64")),
    ("'::ffff:1.2.3.4/97'::inet", IPv6Interface("::ffff:1.2.3.4/97")),
    ("'1.2.3.0/24'::cidr", IPv4Network("1.2.3.0/24")),
    ("'1.2.3.4/32'::cidr", IPv4Network("1.2.3.4/32")),
    ("'08:00:2b:01:02:03'::macaddr", "08:00:2b:01:02:03"),
    ("'08:00:2b:01:02:03:04:05'::macaddr8", "08:00:2b:01:02:03:04:05"),
    # bits
    ("B'0010110'::varbit", "0010110"),
    ("B''::varbit", ""),
    ("B'10000000001'::varbit", "10000000001"),
    # geometry
    ("'(1,2.5)'::point", Point(1.0, 2.5)),
    ("'(1e+300,-Infinity)'::point", Point(1e300, float("-inf"))),
    ("'{1,2,3}'::line", Line(1.0, 2.0, 3.0)),
    ("'[(1,2),(3,4)]'::lseg", LineSegment(*CORNERS[:2])),
    ("'(3,4),(1,2)'::box", Box(Point(3.0, 4.0), Point(1.0, 2.0))),
    ("'[(1,2),(3,4)]'::path", Path(CORNERS[:2], closed=False)),
    ("'((1,2),(3,4),(5,6))'::path", Path(CORNERS, closed=True)),
    ("'((1,2),(3,4),(5,6))'::polygon", Polygon(CORNERS)),
    ("'<(1,2),3>'::circle", Circle(Point(1.0, 2.0), 3.0)),
    # text alone
    ("""'''a'':1A ''b c'':2'::tsvector""", "'a':1A 'b c':2"),
    ("'a & b'::tsquery", "'a' & 'b'"),
    ("'$.a'::jsonpath", '$."a"'),
    ("'pg_class'::regclass", "pg_class"),
    ("'int4'::regtype", "integer"),
]


CASES = [
    pytest.param(*row, id=row[0], marks=pytest.mark.since(14 if "multirange" in row[0] else 0))
    for row in READ
]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_reads_alike_and_writes_back(
    server: howdah.Connection, expression: str, expected: Any
) -> None:
    oid = values.type_oid(server, expression)
    kind = server.fetch_value(f"select pg_typeof({expression})::text")
    written = values.text(server, expression)
    read = types.decode(oid, written, 0)
    assert read == expected
    assert type(read) is type(expected)
    if isinstance(expected, Array):
        assert read.lower_bounds == expected.lower_bounds

    assert values.read_back(server, kind, types.encode(oid, read, 0), 0) == written
    if has_binary(oid):
        assert repr(types.decode(oid, values.binary(server, expression), 1)) == repr(read)
    if writes_binary(oid, read):
        assert values.read_back(server, kind, types.encode(oid, read, 1), 1) == written


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_travels_as_result_and_parameter(
    server: howdah.Connection, expression: str, expected: Any
) -> None:
    read = server.fetch_value(f"select {expression}")
    assert read == expected
    kind = server.fetch_value(f"select pg_typeof({expression})::text")
    back = values.round_trip(server, kind, read)
    assert repr(back) == repr(read)


@pytest.mark.since(14)
def test_nothing_is_left_behind(server: howdah.Connection) -> None:
    rounds = 150
    written = [
        (values.type_oid(server, expression), values.text(server, expression))
        for expression, _ in READ
    ]

    def decode_and_encode() -> None:
        for oid, text in written:
            value = types.decode(oid, text, 0)
            types.encode(oid, value, 0)
            if writes_binary(oid, value) and has_binary(oid):
                types.decode(oid, types.encode(oid, value, 1), 1)
            refusal(partial(types.decode, oid, text[:-1], 0))
            refusal(partial(types.encode, oid, [1, object()], 0))

    def growth() -> int:
        gc.collect()
        before = sys.getallocatedblocks()
        for _ in range(rounds):
            decode_and_encode()
        gc.collect()
        return sys.getallocatedblocks() - before

    # What the interpreter keeps for itself grows now and then; a lost object is lost every time.
    assert min(growth() for _ in range(4)) < rounds


def has_binary(oid: int) -> bool:
    """Whether the binary format of a type is read here."""
    return "no binary format" not in refusal(partial(types.decode, oid, b"", 1))


def writes_binary(oid: int, value: Any) -> bool:
    """Whether a value is written in binary; names and empty vectors go as text."""
    said = refusal(partial(types.encode, oid, value, 1))
    assert not said or "no binary format" in said or " takes " in said, said
    return not said


def refusal(attempt: Callable[[], object]) -> str:
    """What a codec says when it refuses; empty if it does not."""
    try:
        attempt()
    except (TypeError, ValueError) as error:
        return str(error)
    return ""
