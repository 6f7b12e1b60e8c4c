"""`howdah.sql`: composed text means what its parts mean, and nothing else."""

from __future__ import annotations

import copy
import datetime as dt
import decimal
import ipaddress
import pickle
import uuid
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import howdah
from howdah import errors, sql

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = ['"; drop table item; --', "'; drop table item; --", "\\'; --", "a.b", "%s", "$1", "{}"]


@pytest.mark.parametrize("name", [*HOSTILE, "plain", "ÄÖ", " "])
async def test_names_are_names(conn: howdah.AsyncConnection, name: str) -> None:
    table = sql.Identifier("pg_temp", name)
    await conn.execute(sql.SQL("create table {} ({} int)").format(table, sql.Identifier(name)))
    await conn.execute(sql.SQL("insert into {} values ($1)").format(table), 7)
    row = await conn.fetch_one(sql.SQL("select * from {}").format(table), row=dict)
    assert row == {name: 7}


VALUES: list[Any] = [
    None, True, False, 0, -1, 2**40, -(2**63), 10**30, 1.5, -0.25, 1e300, 5e-324,
    float("inf"), float("-inf"), decimal.Decimal("-1.50"), decimal.Decimal("1E+5"),
    decimal.Decimal("NaN"), "", "x", "it's", "back\\slash", "new\nline", *HOSTILE,
    b"", b"\x00'\\\xff", dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 1, 2, 3, 4),  # noqa: DTZ001 (that is the type)

    dt.datetime(2024, 2, 29, tzinfo=dt.UTC), dt.time(1, 2, 3), dt.timedelta(days=-1, seconds=5),
    uuid.UUID(int=7), ipaddress.ip_address("::1"), ipaddress.ip_network("10.0.0.0/8"),
    [1, -2], ["a", "it's", None], [[1, 2], [3, 4]], [b"\\"],
]  # fmt: skip


@pytest.mark.parametrize("conforming", ["on", "off"])
async def test_constants_are_their_values(conn: howdah.AsyncConnection, conforming: str) -> None:
    await conn.execute(sql.SQL("set standard_conforming_strings to {}").format(conforming))
    for value in VALUES:
        found = await conn.fetch_value(sql.SQL("select {}").format(sql.Literal(value)))
        if isinstance(value, float):
            found = float(found)  # a constant with a point is a numeric
        assert found == value or str(found) == str(value) == "NaN"
    assert await conn.fetch_value(sql.SQL("select 1 -{}").format(-1)) == 2


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_text_survives(text: str) -> None:
    literal = str(sql.Literal(text))
    inside = literal.removeprefix(" E")[1:-1]
    if literal.startswith(" E"):
        inside = inside.replace("\\\\", "\\")
    assert inside.replace("''", "'") == text
    assert inside.replace("''", "").count("'") == 0


async def test_every_call_takes_it(conn: howdah.AsyncConnection) -> None:
    create = sql.SQL("create temporary table {} (id int)").format(sql.Identifier("my item"))
    await conn.execute(create)
    insert = sql.SQL("insert into {} values ($1)").format(sql.Identifier("my item"))
    assert await conn.execute_many(insert, [(1,), (2,)]) == 2
    select = sql.SQL("select id from {} where id >= $1").format(sql.Identifier("my item"))
    for _ in range(2):
        assert await conn.fetch(select, 1) == [(1,), (2,)]
        assert await conn.fetch_one(select, 2) == (2,)
        assert await conn.fetch_value(select, 2) == 2
        assert [row async for row in conn.stream(select, 2)] == [(2,)]
    assert await (await conn.prepare(select)).fetch(2) == [(2,)]
    with_placeholder = sql.SQL("select id from {} where id = {}").format(
        sql.Identifier("my item"), sql.Placeholder("id")
    )
    cur = conn.cursor()
    await cur.execute(with_placeholder, {"id": 2})
    assert await cur.fetchall() == [(2,)]
    await cur.executemany(
        sql.SQL("insert into {} values ({})").format(sql.Identifier("my item"), sql.Placeholder()),
        [(3,)],
    )
    async with conn.cursor("named") as named:
        await named.execute(sql.SQL("table {}").format(sql.Identifier("my item")))
        assert len(await named.fetchall()) == 3
    await conn.rollback()


def test_places() -> None:
    both = sql.SQL("{1} {0} {{}} {name}").format(sql.SQL("a"), sql.SQL("b"), name=sql.SQL("c"))
    assert both == "b a {} c"
    assert sql.SQL("{} {}").format(1, "x") == "1 'x'"
    assert sql.SQL("no place").format() == "no place"
    assert sql.SQL("select '{}'") == "select '{}'"
    assert sql.SQL(", ").join([]) == ""
    joined = sql.SQL(", ").join([sql.SQL("a"), sql.Identifier("b"), 1])
    assert joined == 'a, "b", 1'
    assert sql.SQL("select ") + joined == 'select a, "b", 1'


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: sql.SQL("{}").format(), "no part for the place `{}`"),
        (lambda: sql.SQL("{a}").format(b=1), "no part for the place `{a}`"),
        (lambda: sql.SQL("{}").format(1, 2), "no place takes the part `1`"),
        (lambda: sql.SQL("{}").format(1, a=2), "no place takes the part `a`"),
        (lambda: sql.SQL("{a!r}").format(a=1), "has no format"),
        (lambda: sql.SQL("{a:>3}").format(a=1), "has no format"),
        (lambda: sql.SQL("{a.b}").format(a=1), "no part for the place"),
        (sql.Identifier, "needs a name"),
        (lambda: sql.Identifier(""), "cannot be a name"),
        (lambda: sql.Identifier("a\0b"), "cannot be a name"),
        (lambda: sql.Literal("a\0b"), "cannot hold"),
        (lambda: sql.Literal(object()), "no constant for a `object`"),
        (lambda: sql.Literal({"a": 1}), "no constant for a `dict`"),
        (lambda: sql.Placeholder("a)s; --"), "cannot be a parameter"),
        (lambda: sql.Placeholder(0), "cannot be a parameter"),
    ],
)
def test_mistakes(make: Callable[[], object], complaint: str) -> None:
    with pytest.raises(errors.ProgrammingError, match=complaint.replace("{", r"\{")):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: sql.SQL("a") + "b",
        lambda: "a" + sql.SQL("b"),
        lambda: sql.Composed("text"),
        lambda: sql.SQL(1),  # type: ignore[arg-type]
        lambda: sql.raw(b"a"),  # type: ignore[arg-type]
        lambda: sql.Identifier(1),  # type: ignore[arg-type]
    ],
)
def test_other_text_does_not_become_sql(make: Callable[[], object]) -> None:
    with pytest.raises(TypeError):
        make()


async def test_a_percent_sign_that_was_quoted_is_no_placeholder(
    conn: howdah.AsyncConnection,
) -> None:
    name, value = "50%s %(a)s %%", "100%s, %(b)s, %%, %"
    parts = {"name": sql.Identifier(name), "value": value}
    create = sql.SQL("create table rate (id int, {} text)")
    await conn.execute(create.format(sql.Identifier(name)))
    asked = sql.SQL("select {value}, {place}, '%%' as {name}").format(
        place=sql.Placeholder(), **parts
    )
    cur = conn.cursor()
    for query in (asked, sql.SQL("{}").format(asked), pickle.loads(pickle.dumps(asked))):
        await cur.execute(query, ("x",))
        assert await cur.fetchall() == [(value, "x", "%")]
        assert cur.description is not None
        assert cur.description[2].name == name
    joined = sql.SQL(", ").join([sql.SQL("select %(a)s"), value]) + sql.SQL(" where '%%' = '%'")
    with pytest.raises(howdah.ProgrammingError, match="unknown placeholder"):
        await cur.execute(joined, {"a": 1})
    bound = sql.SQL("select {} where %(a)s = 1").bind(sql.Literal(value))
    await cur.execute(bound.text, {"a": 1})
    assert await cur.fetchall() == [(value,)]
    nothings: list[Any] = [None, (), {}]
    for nothing in nothings:
        await cur.execute(sql.SQL("select {}").format(value), nothing)
        assert await cur.fetchall() == [(value,)]
    insert = sql.SQL("insert into rate (id, {name}) values ({place}, {value})")
    await cur.executemany(insert.format(place=sql.Placeholder(), **parts), [(1,), (2,)])
    await conn.execute_many(insert.format(place=sql.Placeholder(1), **parts), [(3,), (4,)])
    found = sql.SQL("select id from rate where {name} = {value} and id > {place}")
    assert await conn.fetch(found.format(place=sql.Placeholder(1), **parts), 3) == [(4,)]
    out = conn.copy_out(found.format(place=sql.Placeholder(1), **parts), 3)
    assert await out.read() == b"4\n"
    async with conn.cursor(name) as named:
        await named.execute(found.format(place=sql.Placeholder("id"), **parts), {"id": 2})
        assert await named.fetchall() == [(3,), (4,)]
    await conn.rollback()


def test_copies_are_equal() -> None:
    for part in (sql.SQL("a {}"), sql.Identifier("b"), sql.SQL("{}").format(1)):
        assert pickle.loads(pickle.dumps(part)) == part == copy.deepcopy(part)
        assert isinstance(copy.copy(part), sql.Composed)


async def test_bound_queries(conn: howdah.AsyncConnection) -> None:
    conditions = [
        sql.SQL("{} > {}").bind(sql.Identifier("n"), 3),
        sql.SQL("n <= {most} and n < {most}").bind(most=7),
        sql.SQL("n <> 5"),
        sql.SQL("n = any({})").bind([4, 5, 6, 7]),
    ]
    query = sql.SQL("select n from generate_series(1, {}) n where {}").bind(
        9, sql.SQL(" and ").bind_join(conditions)
    )
    assert query.args == (9, 3, 7, 7, [4, 5, 6, 7])
    assert str(query.text).count("$") == 5
    assert await conn.fetch(*query) == [(4,), (6,)]
    assert await conn.fetch_value(*sql.SQL("select {}::text").bind("'; --")) == "'; --"


def t_string(*parts: object) -> Any:
    """What Python 3.14 makes of a template string: texts and, as tuples, places by turns."""
    given: Any = parts[1::2]
    places = [
        SimpleNamespace(value=value, expression="x", conversion=conversion, format_spec=spec)
        for value, spec, conversion in given
    ]
    return SimpleNamespace(strings=parts[::2], interpolations=tuple(places))


async def test_template_strings(conn: howdah.AsyncConnection) -> None:
    inner = sql.template(t_string("n > ", (2, "", None), ""))
    template = t_string(
        "select ", ("n", "i", None), ", ", ("it's", "l", None),
        " from generate_series(1, ", (3, "", None), ") n where ", (inner, "", None), "",
    )  # fmt: skip
    query = sql.template(template)
    assert await conn.fetch(*query) == [(3, "it's")]
    qualified = sql.template(t_string("table ", (("public", "item"), "i", None), ""))
    assert qualified.text == 'table "public"."item"'
    for spec, conversion in (("x", None), ("", "r")):
        with pytest.raises(errors.ProgrammingError):
            sql.template(t_string("", (1, spec, conversion), ""))
