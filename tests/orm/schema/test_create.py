"""`create_all`: what models declare is made, named as PostgreSQL names it."""

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, cast

import pytest

import howdah
from howdah.orm import (
    Bound,
    Col,
    Many,
    Model,
    One,
    col,
    create_all,
    ddl,
    drop_all,
    generated,
    identity,
    many,
    one,
    raw,
    references,
    select,
)
from howdah.orm.schema import (
    check,
    domain,
    exclude,
    extension,
    foreign_key,
    function,
    grant,
    index,
    partition,
    partition_by,
    partitions_ahead,
    policy,
    refresh,
    refresh_all,
    sequence,
    trigger,
    unique,
    value_of,
)
from howdah.orm.schema.partitions import statements_ahead
from tests.orm.conftest import ConnectingVerbs

if TYPE_CHECKING:
    from howdah.orm import AsyncBound
    from tests.conftest import Connector


class Mood(enum.Enum):
    happy = "happy"
    unsure = "it's complicated"


Email = Annotated[str, domain("email", "text", "value ~ '@'")]
touch = function(
    "touch",
    returns="trigger",
    language="plpgsql",
    body="begin new.title := initcap(new.title); return new; end",
)


class Writer(
    Model,
    comment="people who write",
    declare=[
        index(lambda writer: raw("lower({})", writer.name), unique=True),
        check(lambda writer: writer.name != "it's", name="named"),
    ],
):
    id: Col[int] = identity()
    name: Col[str]
    email: Col[Email | None] = col(default=None, unique=True)
    mood: Col[Mood] = col(default=Mood.unsure, comment="today")
    novels: Many[Novel] = many()


class Novel(
    Model,
    declare=[
        unique("writer_id", "title"),
        trigger("touch", "before insert or update", touch),
        policy("cheap", "price < 100"),
    ],
):
    id: Col[int] = identity()
    writer_id: Col[int] = references(lambda: Writer.id, on_delete="cascade")
    title: Col[str] = col(check=lambda title: title != "")
    price: Col[Decimal] = col("numeric(8,2)", default=Decimal("1.5"))
    tags: Col[list[str]] = col(default=[])
    written: Col[dt.datetime] = col(default=raw("now()"))
    slug: Col[str] = generated(lambda novel: raw("lower({})", novel.title))
    writer: One[Writer] = one()


class Output(
    Model,
    view=lambda: select(Writer.name.label("name"), Writer.novels.count().label("novels")).where(
        Writer.name != "O'Brien"
    ),
    materialized=True,
    declare=[index("name", unique=True)],
):
    name: Col[str] = col(primary_key=True)
    novels: Col[int]


class Loudest(
    Model, view="select name from output order by novels desc limit 1;", materialized=True
):
    name: Col[str]


class Reading(
    Model,
    primary_key=("id", "taken"),
    declare=[
        partition_by("range", "taken"),
        partition("reading_old", end=dt.date(2026, 1, 1), comment="what was"),
    ],
):
    id: Col[int] = identity()
    taken: Col[dt.date]


class Bare(ConnectingVerbs):
    """In a database without tables."""

    tables = ""


@pytest.fixture
def bare(connector: Connector) -> AsyncBound:
    return cast("AsyncBound", Bare(connector))


async def test_models_become_tables(bare: AsyncBound) -> None:
    await create_all(bare, Output, Novel, Writer)
    writer = Writer(name="Ann", email="ann@example.org")
    await bare.insert(writer)
    assert writer.mood is Mood.unsure
    await bare.insert(Novel(writer_id=writer.id, title="the end"))
    novel = await bare.fetch(select(Novel).first())
    assert novel is not None
    assert (novel.title, novel.slug, novel.price) == ("The End", "the end", Decimal("1.5"))
    with pytest.raises(howdah.errors.CheckViolation, match="email_check"):
        await bare.insert(Writer(name="Bob", email="bob"))
    with pytest.raises(howdah.errors.UniqueViolation, match="writer_lower_idx"):
        await bare.insert(Writer(name="ANN"))
    await drop_all(bare, Output, Novel, Writer)
    await drop_all(bare, Output, Novel, Writer)


async def test_all_or_nothing(bare: AsyncBound) -> None:
    with pytest.raises(howdah.errors.UndefinedTable):
        await create_all(bare, Writer, Loudest)
    await bare.connection.rollback()
    await create_all(bare, Writer)


async def test_views_are_refreshed_in_order(bare: AsyncBound) -> None:
    await create_all(bare, Loudest, Output, Novel, Writer)
    await bare.insert(Writer(name="Ann"))
    await refresh(bare, Output, concurrently=True)
    assert [it.novels for it in await bare.fetch(select(Output))] == [0]
    assert await bare.fetch(select(Loudest)) == []
    await refresh_all(bare, concurrently=True)
    assert [it.name for it in await bare.fetch(select(Loudest))] == ["Ann"]
    with pytest.raises(howdah.ProgrammingError, match="`Writer` is no materialized view"):
        await refresh(bare, Writer)


async def test_partitions_are_made_ahead(bare: AsyncBound) -> None:
    await create_all(bare, Reading)
    for _ in range(2):  # what is there stays
        await partitions_ahead(bare, Reading, "month", ahead=2, start=dt.date(2026, 11, 21))
    await bare.insert(Reading(taken=dt.date(2027, 1, 31)))
    with pytest.raises(howdah.errors.CheckViolation, match="no partition"):
        await bare.insert(Reading(taken=dt.date(2027, 2, 1)))


def test_periods() -> None:
    def bounds(every: Any, start: dt.date) -> list[str]:
        statements = statements_ahead(Reading, every, 1, start=start)
        return [it.partition("exists ")[2].partition(" partition")[0] for it in statements]

    day = dt.date(2026, 12, 31)
    assert bounds("day", day) == ["reading_2026_12_31", "reading_2027_01_01"]
    assert bounds("week", day) == ["reading_2026_w53", "reading_2027_w01"]
    assert bounds("month", day) == ["reading_2026_12", "reading_2027_01"]
    assert bounds("quarter", dt.date(2026, 11, 2)) == ["reading_2026_10", "reading_2027_01"]
    assert bounds("year", day) == ["reading_2026", "reading_2027"]
    assert bounds("hour", day) == ["reading_2026_12_31_00", "reading_2026_12_31_01"]


def test_names_are_postgresqls() -> None:
    tables = {it["name"]["name"]: it for it in value_of(Novel, Writer, Reading)["tables"]}
    names = [it["name"] for it in tables["novel"]["constraints"]]
    assert names == [
        "novel_pkey",
        "novel_writer_id_fkey",
        "novel_title_check",
        "novel_writer_id_title_key",
    ]
    assert [it["name"] for it in tables["writer"]["indexes"]] == ["writer_lower_idx"]
    assert [it["name"] for it in tables["novel"]["indexes"]] == ["novel_writer_id_idx"]


async def test_names_are_those_that_the_server_gives(bare: AsyncBound) -> None:
    class Thing(
        Model,
        table="thing_with_a_name_that_is_rather_long_for_a_table",
        declare=[
            check("a > 0"),
            check("a < 100"),
            check("a < b"),
            unique("a", "a_column_with_a_long_name_too"),
            index("a"),
            index("lower(t)"),
            index("(a + b)"),
            exclude(("a", "="), using="btree"),
        ],
    ):
        id: Col[int] = identity()
        a: Col[int]
        b: Col[int]
        t: Col[str]
        a_column_with_a_long_name_too: Col[int] = references(lambda: Thing.id)

    (table,) = value_of(Thing)["tables"]
    ours = {it["name"] for it in [*table["constraints"], *table["indexes"]]}
    unnamed = """
        create table {0} (
            id bigint generated by default as identity primary key,
            a bigint check (a > 0), check (a < 100), b bigint, t text, check (a < b),
            a_column_with_a_long_name_too bigint references {0},
            unique (a, a_column_with_a_long_name_too), exclude using btree (a with =)
        );
        create index on {0} (a_column_with_a_long_name_too); create index on {0} (a);
        create index on {0} (lower(t)); create index on {0} ((a + b))
    """.format(table["name"]["name"])
    connection = bare.connection
    await connection.execute(unnamed)
    theirs = await connection.fetch(
        "select conname::text from pg_constraint where conrelid <> 0 and contype <> 'n'"
        " and connamespace = 'public'::regnamespace"
        " union select relname::text from pg_class where relkind = 'i'"
        " and relnamespace = 'public'::regnamespace",
        row=tuple,
    )
    assert ours == {name for (name,) in theirs}


def test_objects_are_collected_once() -> None:
    counter = sequence("ticket_number", start=100)

    class Ticket(Model, schema="desk", declare=[trigger("touch", "before update", touch)]):
        number: Col[int] = col(default=counter.next, primary_key=True)
        title: Col[str]

    text = ddl(counter, Ticket, Novel, Writer, touch, extension("pg_trgm"))
    assert text.count("create function touch") == 1
    assert text.count("create schema if not exists desk") == 1
    assert text.index("create sequence ticket_number start with 100") < text.index("desk.ticket (")
    assert "default nextval('ticket_number'::regclass)" in text


def test_keys_of_several_columns() -> None:
    class Shelf(Model, primary_key=("room", "number")):
        room: Col[int]
        number: Col[int]

    class Box(
        Model,
        declare=[
            foreign_key(["room", "shelf"], lambda: (Shelf.room, Shelf.number), on_delete="set null")
        ],
    ):
        id: Col[int] = identity()
        room: Col[int | None] = col(default=None)
        shelf: Col[int | None] = col(default=None)

    assert (
        "alter table box add constraint box_room_shelf_fkey foreign key (room, shelf) "
        "references shelf (room, number) on delete set null;" in ddl(Box, Shelf)
    )


def test_grants_and_unknown_columns() -> None:
    class Secret(
        Model, declare=[grant("select", to="public"), grant("update", to="clerk", columns=["note"])]
    ):
        id: Col[int] = identity()
        note: Col[str] = col(name="remark")

    text = ddl(Secret)
    assert "grant select on table secret to public;" in text
    assert "grant update (remark) on table secret to clerk;" in text

    class Wrong(Model, declare=[unique("nowhere")]):
        id: Col[int] = identity()

    with pytest.raises(howdah.ProgrammingError, match="`Wrong` has no column `nowhere`"):
        ddl(Wrong)


def test_an_unknown_keyword_is_refused() -> None:
    class Odd(Model, tabel="odd"):
        id: Col[int] = identity()

    with pytest.raises(howdah.ProgrammingError, match="unknown keyword `tabel`"):
        ddl(Odd)
    with pytest.raises(howdah.ProgrammingError, match="nothing that a database can have"):
        ddl(3)


def test_an_expression_is_no_text() -> None:
    class Visit(Model):
        id: Col[int] = identity()
        at: Col[dt.datetime] = col(default="now()")

    with pytest.raises(howdah.ProgrammingError, match="the column holds `datetime`") as refused:
        ddl(Visit)
    assert 'sql("now()")' in str(refused.value.hint)


def test_on_a_plain_connection(sync_conn: howdah.Connection) -> None:
    create_all(sync_conn, Writer)
    assert Bound(sync_conn).fetch(select(Writer)) == []
