"""The 35 subjects of the classic DB-API 2.0 compliance suite, each as its own test."""

import datetime as dt
import time
from collections.abc import Iterator

import pytest

import howdah

PEP_249_ERRORS = [
    "Warning", "Error", "InterfaceError", "DatabaseError", "DataError", "OperationalError",
    "IntegrityError", "InternalError", "ProgrammingError", "NotSupportedError",
]  # fmt: skip
BEERS = ["Guinness", "Heady Topper", "Orval", "Pilsner Urquell", "Schlenkerla", "Westmalle"]


@pytest.fixture
def con(database: str) -> Iterator[howdah.Connection]:
    connection = howdah.connect(database)
    yield connection
    connection.close()


@pytest.fixture
def cur(con: howdah.Connection) -> howdah.Cursor:
    cursor = con.cursor()
    cursor.execute("create table booze (name varchar(20))")
    return cursor


@pytest.fixture
def full(cur: howdah.Cursor) -> howdah.Cursor:
    cur.executemany("insert into booze values (%s)", [(name,) for name in BEERS])
    return cur


def test_connect(database: str) -> None:
    howdah.connect(database).close()


def test_apilevel() -> None:
    assert howdah.apilevel == "2.0"


def test_threadsafety() -> None:
    assert howdah.threadsafety == 2


def test_paramstyle() -> None:
    assert howdah.paramstyle == "pyformat"


def test_exceptions() -> None:
    assert issubclass(howdah.Warning, Exception)
    assert issubclass(howdah.Error, Exception)
    for name in PEP_249_ERRORS[2:]:
        assert issubclass(getattr(howdah, name), howdah.Error), name


def test_exceptions_as_connection_attributes(con: howdah.Connection) -> None:
    for name in PEP_249_ERRORS:
        assert getattr(con, name) is getattr(howdah, name), name


def test_commit(con: howdah.Connection) -> None:
    con.commit()


def test_rollback(con: howdah.Connection) -> None:
    con.rollback()


def test_cursor(con: howdah.Connection) -> None:
    assert con.cursor().connection is con


def test_cursor_isolation(con: howdah.Connection) -> None:
    first, second = con.cursor(), con.cursor()
    first.execute("create table booze (name varchar(20))")
    first.execute("insert into booze values ('Orval')")
    second.execute("select name from booze")
    assert second.fetchall() == [("Orval",)]
    assert first.description is None


def test_description(con: howdah.Connection, cur: howdah.Cursor) -> None:
    assert con.cursor().description is None
    cur.execute("select name from booze")
    assert cur.description is not None
    assert len(cur.description) == 1
    assert len(cur.description[0]) == 7
    assert cur.description[0][0] == "name"
    assert cur.description[0][1] == howdah.STRING
    again = cur.execute("insert into booze values ('Orval')")
    assert again.description is None


def test_rowcount(con: howdah.Connection) -> None:
    cur = con.cursor()
    assert cur.rowcount == -1
    cur.execute("create table booze (name varchar(20))")
    assert cur.rowcount == -1
    cur.execute("insert into booze values ('Orval')")
    assert cur.rowcount == 1
    cur.execute("select name from booze")
    assert cur.rowcount == 1


def test_callproc(con: howdah.Connection) -> None:
    cur = con.cursor()
    assert list(cur.callproc("lower", ("FOO",))) == ["FOO"]
    assert cur.fetchall() == [("foo",)]


def test_close(con: howdah.Connection) -> None:
    cur = con.cursor()
    con.close()
    with pytest.raises(howdah.Error):
        cur.execute("select 1")
    with pytest.raises(howdah.Error):
        con.commit()
    with pytest.raises(howdah.Error):
        con.rollback()
    with pytest.raises(howdah.Error):
        con.cursor()
    con.close()


def test_execute(cur: howdah.Cursor) -> None:
    cur.execute("insert into booze values ('Victoria Bitter')")
    assert cur.rowcount == 1
    cur.execute("insert into booze values (%(beer)s)", {"beer": "Cooper's"})
    assert cur.rowcount == 1
    cur.execute("select name from booze order by name")
    assert cur.fetchall() == [("Cooper's",), ("Victoria Bitter",)]


def test_executemany(cur: howdah.Cursor) -> None:
    cur.executemany("insert into booze values (%(beer)s)", [{"beer": "a"}, {"beer": "b"}])
    assert cur.rowcount == 2
    cur.executemany("insert into booze values (%s)", [("c",)])
    assert cur.rowcount == 1
    cur.execute("select name from booze order by name")
    assert cur.fetchall() == [("a",), ("b",), ("c",)]


def test_fetchone(con: howdah.Connection) -> None:
    cur = con.cursor()
    with pytest.raises(howdah.Error):
        cur.fetchone()
    cur.execute("create table booze (name varchar(20))")
    with pytest.raises(howdah.Error):
        cur.fetchone()
    cur.execute("select name from booze")
    assert cur.fetchone() is None
    assert cur.rowcount == 0
    cur.execute("insert into booze values ('Orval')")
    with pytest.raises(howdah.Error):
        cur.fetchone()
    cur.execute("select name from booze")
    assert cur.fetchone() == ("Orval",)
    assert cur.fetchone() is None


def test_fetchmany(full: howdah.Cursor) -> None:
    with pytest.raises(howdah.Error):
        full.fetchmany(4)
    full.execute("select name from booze order by name")
    assert len(full.fetchmany()) == 1  # the default of arraysize
    assert [name for (name,) in full.fetchmany(3)] == BEERS[1:4]
    assert len(full.fetchmany(4)) == 2
    assert full.fetchmany(4) == []
    full.arraysize = 4
    full.execute("select name from booze order by name")
    assert [name for (name,) in full.fetchmany()] == BEERS[:4]
    assert [name for (name,) in full.fetchmany()] == BEERS[4:]
    assert full.fetchmany() == []


def test_fetchall(full: howdah.Cursor) -> None:
    with pytest.raises(howdah.Error):
        full.fetchall()
    full.execute("select name from booze order by name")
    assert [name for (name,) in full.fetchall()] == BEERS
    assert full.fetchall() == []
    full.execute("select name from booze where false")
    assert full.fetchall() == []


def test_mixedfetch(full: howdah.Cursor) -> None:
    full.execute("select name from booze order by name")
    one, many, next_one = full.fetchone(), full.fetchmany(2), full.fetchone()
    rest = full.fetchall()
    assert one is not None
    assert next_one is not None
    assert [name for (name,) in [one, *many, next_one, *rest]] == BEERS


def test_nextset(full: howdah.Cursor) -> None:
    full.execute("select count(*) from booze; select name from booze order by name")
    assert full.fetchall() == [(6,)]
    assert full.nextset()
    assert [name for (name,) in full.fetchall()] == BEERS
    assert full.nextset() is None


def test_arraysize(con: howdah.Connection) -> None:
    assert con.cursor().arraysize == 1


def test_setinputsizes(full: howdah.Cursor) -> None:
    full.setinputsizes((25,))
    full.execute("select name from booze where name = %s", ("Orval",))
    assert full.fetchall() == [("Orval",)]


def test_setoutputsize_basic(con: howdah.Connection) -> None:
    con.cursor().setoutputsize(1000)
    con.cursor().setoutputsize(2000, 0)


def test_setoutputsize(full: howdah.Cursor) -> None:
    full.setoutputsize(2, 0)
    full.execute("select name from booze where name = 'Heady Topper'")
    assert full.fetchone() == ("Heady Topper",)


def test_none(cur: howdah.Cursor) -> None:
    cur.execute("insert into booze values (%s)", (None,))
    cur.execute("select name from booze")
    assert cur.fetchone() == (None,)


def test_date(cur: howdah.Cursor) -> None:
    ticks = time.mktime((2002, 12, 25, 0, 0, 0, 0, 0, 0))
    assert howdah.Date(2002, 12, 25) == howdah.DateFromTicks(ticks)
    cur.execute("select %s::date", (howdah.Date(2002, 12, 25),))
    assert cur.fetchone() == (dt.date(2002, 12, 25),)


def test_time(cur: howdah.Cursor) -> None:
    ticks = time.mktime((2001, 1, 1, 13, 45, 30, 0, 0, 0))
    assert howdah.Time(13, 45, 30) == howdah.TimeFromTicks(ticks)
    cur.execute("select %s::time", (howdah.Time(13, 45, 30),))
    assert cur.fetchone() == (dt.time(13, 45, 30),)


def test_timestamp(cur: howdah.Cursor) -> None:
    ticks = time.mktime((2002, 12, 25, 13, 45, 30, 0, 0, 0))
    moment = howdah.Timestamp(2002, 12, 25, 13, 45, 30)
    assert moment == howdah.TimestampFromTicks(ticks)
    cur.execute("select %s::timestamp", (moment,))
    assert cur.fetchone() == (moment,)


def test_binary(cur: howdah.Cursor) -> None:
    assert howdah.Binary(b"") == b""
    cur.execute("select %s::bytea", (howdah.Binary(b"\x00\xff"),))
    assert cur.fetchone() == (b"\x00\xff",)


def type_code(cur: howdah.Cursor, expression: str) -> int:
    cur.execute(f"select {expression}")
    assert cur.description is not None
    return cur.description[0].type_code


def test_string(cur: howdah.Cursor) -> None:
    for expression in ("'a'::text", "'a'::varchar", "'a'::char(3)", "'a'::name", "'a'::\"char\""):
        assert type_code(cur, expression) == howdah.STRING


def test_binary_type(cur: howdah.Cursor) -> None:
    assert type_code(cur, "''::bytea") == howdah.BINARY
    assert type_code(cur, "''::text") != howdah.BINARY


def test_number(cur: howdah.Cursor) -> None:
    for type_name in ("int2", "int4", "int8", "float4", "float8", "numeric"):
        assert type_code(cur, f"1::{type_name}") == howdah.NUMBER


def test_datetime(cur: howdah.Cursor) -> None:
    for expression in ("current_date", "now()", "localtime", "current_time", "interval '1 day'"):
        assert type_code(cur, expression) == howdah.DATETIME


def test_rowid(cur: howdah.Cursor) -> None:
    assert type_code(cur, "1::oid") == howdah.ROWID
    assert type_code(cur, "1::int") != howdah.ROWID
