"""Types of PostgreSQL's own, there and back through columns and through bare parameters."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
import json
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import (
    ARRAY,
    JSON,
    Column,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Uuid,
    func,
    insert,
    literal,
    null,
    select,
    text,
)
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.types import TypeEngine

    from tests.integrations.sqlalchemy.engines import Worlds


class Mood(enum.Enum):
    LOW = "low"
    HIGH = "high"


NOON = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)
KEY = uuid.UUID("6a9fa3f2-7b0e-4b3c-8f52-3d6c0b8a1b11")
DAY = dt.date(2024, 5, 1)

VALUES: list[tuple[str, TypeEngine[Any], list[Any]]] = [
    ("array", ARRAY(Integer), [[], [1, None, 3]]),
    ("array of two dimensions", ARRAY(String, dimensions=2), [[["a", "b"], ["c", None]]]),
    ("array of enum", ARRAY(Enum(Mood, name="mood")), [[Mood.LOW, Mood.HIGH], []]),
    ("array of jsonb", ARRAY(pg.JSONB), [[{"a": 1}, [1, 2], "text"]]),
    ("array of uuid", pg.ARRAY(Uuid), [[KEY]]),
    ("array of numeric", ARRAY(Numeric), [[Decimal("1.50"), None]]),
    ("bit", pg.BIT(4), [pg.BitString("0101")]),
    ("varbit", pg.BIT(varying=True), [pg.BitString("01"), pg.BitString("")]),
    ("bytea", LargeBinary(), [b"", b"\x00\xff"]),
    ("enum", Enum(Mood, name="mood"), [Mood.LOW]),
    ("float", Float(), [1.5, float("inf")]),
    ("numeric", Numeric(10, 2), [Decimal("12345678.90")]),
    ("hstore", pg.HSTORE(), [{}, {"a": "1", "b": None, 'q"': "x=>y"}]),
    ("inet", pg.INET(), [ipaddress.ip_address("10.0.0.1"), ipaddress.ip_interface("10.1.0.1/8")]),
    ("cidr", pg.CIDR(), [ipaddress.ip_network("10.0.0.0/8")]),
    ("macaddr", pg.MACADDR(), ["08:00:2b:01:02:03"]),
    ("interval", Interval(), [dt.timedelta(days=2, hours=1), dt.timedelta(seconds=-1)]),
    ("json", JSON(), [{"a": [1, 2.5, None]}, [], "text", 5, True]),
    ("jsonb", pg.JSONB(), [{"ключ": "…"}, "123", ["a"]]),
    ("timestamptz", DateTime(timezone=True), [NOON]),
    ("timestamp", DateTime(), [NOON.replace(tzinfo=None)]),
    ("date", Date(), [DAY]),
    ("uuid", Uuid(), [KEY]),
    ("uuid as str", Uuid(as_uuid=False), [str(KEY)]),
    ("tsvector", pg.TSVECTOR(), ["'cat':1 'sat':2"]),
    ("regclass", pg.REGCLASS(), ["pg_class"]),
    ("citext", pg.CITEXT(), ["Text"]),
    ("int4range", pg.INT4RANGE(), [pg.Range(1, 10), pg.Range(None, 5, bounds="()")]),
    ("empty range", pg.INT4RANGE(), [pg.Range(empty=True)]),
    ("numrange", pg.NUMRANGE(), [pg.Range(Decimal("1.5"), None, bounds="[)")]),
    ("daterange", pg.DATERANGE(), [pg.Range(DAY, DAY + dt.timedelta(days=3))]),
    ("tstzrange", pg.TSTZRANGE(), [pg.Range(NOON, NOON + dt.timedelta(1), bounds="(]")]),
    ("multirange", pg.INT8MULTIRANGE(), [[pg.Range(1, 3), pg.Range(7, 9)], []]),
    ("array of ranges", ARRAY(pg.INT4RANGE), [[pg.Range(1, 3), None]]),
]


def test_values_come_back(engines: Worlds) -> None:
    def body(conn: Connection) -> None:
        conn.execute(text("create extension hstore; create extension citext"))
        conn.commit()
        for what, kind, values in VALUES:
            assert (what, *came_back(conn, kind, values)) == (what, *([values] * 3), [None])
            conn.rollback()

    engines.run(body)


def came_back(conn: Connection, kind: TypeEngine[Any], values: list[Any]) -> list[list[Any]]:
    """What became of values: in a table, as bare parameters, returned by many inserts; and NULL."""
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("v", kind))
    table.metadata.create_all(conn)
    conn.execute(insert(table), [{"v": value} for value in values])
    stored = conn.scalars(select(table.c.v).order_by(table.c.id)).all()
    bare = [conn.scalar(select(literal(value, kind))) for value in values]
    many = insert(table).returning(table.c.v, sort_by_parameter_order=True)
    returned = conn.execute(many, [{"v": value} for value in values]).scalars().all()
    missing = conn.scalars(insert(table).values(v=null()).returning(table.c.v)).all()
    return [list(stored), bare, list(returned), list(missing)]


def test_a_parameter_is_not_rounded_to_its_columns_scale(engines: Worlds) -> None:
    table = Table("price", MetaData(), Column("amount", Numeric(10, 2)))

    def body(conn: Connection) -> None:
        table.metadata.create_all(conn)
        conn.execute(insert(table), {"amount": Decimal("1.23")})
        found = select(table).where(table.c.amount == Decimal("1.234"))
        assert conn.execute(found).all() == []

    engines.run(body)


def test_expressions_of_parameters_alone(engines: Worlds) -> None:
    def body(conn: Connection) -> None:
        assert conn.scalar(select(literal(2) + literal(3))) == 5
        shifted = literal(NOON, DateTime(timezone=True)) - literal(dt.timedelta(hours=1))
        assert conn.scalar(select(shifted)) == NOON - dt.timedelta(hours=1)
        assert conn.scalar(select(func.coalesce(None, literal("x")))) == "x"
        assert conn.scalar(select(literal({"a": [5]}, JSON)["a"][0].as_integer())) == 5

    engines.run(body)


def test_json_by_other_functions(engines: Worlds) -> None:
    def dumps(value: object) -> str:
        return json.dumps({"wrapped": value})

    def body(conn: Connection) -> None:
        assert conn.scalar(select(literal([1], JSON))) == {"wrapped": [Decimal(1)]}
        assert conn.scalar(text("""select '{"a": 1}'::jsonb""")) == {"a": Decimal(1)}

    def loads(value: str) -> Any:
        return json.loads(value, parse_int=Decimal)

    engines.run(body, json_serializer=dumps, json_deserializer=loads)


def test_json_null_and_sql_null(engines: Worlds) -> None:
    table = Table("doc", MetaData(), Column("a", JSON), Column("b", JSON(none_as_null=True)))

    def body(conn: Connection) -> None:
        table.metadata.create_all(conn)
        conn.execute(insert(table), {"a": None, "b": None})
        raw = text("select a::text, b::text from doc")
        assert conn.execute(raw).one() == ("null", None)

    engines.run(body)


def test_addresses_as_text(engines: Worlds) -> None:
    def body(conn: Connection) -> None:
        assert conn.scalar(select(literal("10.0.0.1", pg.INET))) == "10.0.0.1"
        assert conn.scalar(select(literal("10.0.0.0/8", pg.CIDR))) == "10.0.0.0/8"

    engines.run(body, native_inet_types=False)


def test_a_date_column_takes_a_datetimes_day(engines: Worlds) -> None:
    def body(conn: Connection) -> None:
        assert conn.scalar(select(literal(dt.datetime(2024, 5, 1, 23, 59), Date))) == DAY  # noqa: DTZ001
        with pytest.raises(DBAPIError, match="whose time of day would be lost"):
            conn.scalar(select(literal(NOON, Date)))

    engines.run(body)
