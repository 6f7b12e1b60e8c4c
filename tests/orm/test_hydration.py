"""Rows become objects: by every call, alone or with others, and what errors leave behind."""

from __future__ import annotations

import enum
import json
import threading
from typing import Any

import pytest

import howdah
from howdah import _native, errors
from howdah.types import Codec
from tests.orm.shop import (
    CHOICE,
    QUESTION,
    QUESTIONS,
    TABLES,
    Choice,
    Question,
    questions,
)

JOINED = """
    select q.id, q.text, c.id, c.text from question q
    left join choice c on c.question_id = q.id order by q.id, c.id
"""


def joined(result: Any = "tuple", **options: Any) -> _native.Hydration:
    """What makes questions, each once, and their choices of the rows of `JOINED`."""
    question = _native.Entity(QUESTION, ["id", "text"], key=["id"])
    choice = _native.Entity(CHOICE, ["id", "text"], key=["id"], optional=True, **options)
    return _native.Hydration([question, choice], result)


# --- calls -------------------------------------------------------------------------------------


async def test_rows_become_objects_of_one_cohort(conn: Any) -> None:
    await conn.execute(TABLES)
    load = questions().start(conn)
    assert list(load.cohorts) == [None]
    found = await conn.fetch(QUESTIONS, row=load)
    assert [type(question) for question in found] == [Question] * 5
    assert [q.id for q in found] == [1, 2, 3, 4, 5]
    assert [q.text for q in found] == ["question 1", "question 2", None, "question 4", "question 5"]
    assert [q.votes for q in found] == [10, 20, 30, 40, 50]
    (cohort,) = load.cohorts
    assert all(question._cohort is cohort for question in found)
    assert cohort.members() == found
    assert cohort.layout is QUESTION
    assert cohort.executor is conn
    assert len(cohort) == 5


async def test_a_relation_is_not_loaded(conn: Any) -> None:
    await conn.execute(TABLES)
    question = await conn.fetch_one(QUESTIONS, row=questions().start(conn))
    assert question.id == 1
    with pytest.raises(AttributeError, match="choices"):
        question.choices  # noqa: B018


async def test_no_row_is_none(conn: Any) -> None:
    await conn.execute(TABLES)
    sql = "select id, text, votes, author_id from question where id = $1"
    load = questions().start(conn)
    assert await conn.fetch_one(sql, 99, row=load) is None
    assert len(load.cohorts[0]) == 0
    assert await conn.fetch(sql, 99, row=questions().start(conn)) == []


async def test_fetch_one_makes_one_object_of_many_rows(conn: Any) -> None:
    await conn.execute(TABLES)
    load = questions().start(conn)
    first = await conn.fetch_one(QUESTIONS, row=load)
    assert load.cohorts[0].members() == [first]


async def test_inserted_rows_become_objects(conn: Any) -> None:
    await conn.execute(TABLES)
    sql = "insert into question values ($1, $2, 0, null) returning id, text, votes, author_id"
    load = questions().start(conn)
    rows = [(n, f"new {n}") for n in range(10, 13)]
    made = await conn.execute_many(sql, rows, returning=True, row=load)
    assert [(q.id, q.text, q.author_id) for q in made] == [(n, t, None) for n, t in rows]
    assert load.cohorts[0].members() == made


async def test_a_pipeline_makes_objects(conn: Any) -> None:
    await conn.execute(TABLES)
    one, all_ = questions().start(conn), questions().start(conn)
    async with conn.pipeline() as pipeline:
        first = pipeline.fetch_one(QUESTIONS, row=one)
        found = pipeline.fetch(QUESTIONS, row=all_)
    assert (await first).id == 1
    assert [q.id for q in await found] == [1, 2, 3, 4, 5]
    assert len(one.cohorts[0]) == 1
    assert len(all_.cohorts[0]) == 5


async def test_each_batch_of_a_stream_is_a_cohort(conn: Any) -> None:
    await conn.execute(TABLES)
    load = questions().start(conn)
    async with conn.stream(QUESTIONS, row=load, batch=2) as stream:
        seen = [(q.id, [m.id for m in q._cohort.members()]) async for q in stream]
    assert seen == [(1, [1, 2]), (2, [1, 2]), (3, [3, 4]), (4, [3, 4]), (5, [5])]


async def test_one_load_may_serve_again(conn: Any) -> None:
    await conn.execute(TABLES)
    load = questions().start(conn)
    first = await conn.fetch(QUESTIONS, row=load)
    again = await conn.fetch(QUESTIONS, row=load)
    assert first[0]._cohort is not again[0]._cohort
    assert load.cohorts[0].members() == again


async def test_the_simple_protocol_makes_objects(conn: Any) -> None:
    await conn.execute(TABLES)
    (result,) = await conn.run(QUESTIONS, None, questions().start(conn), None)
    assert [q.votes for q in result.rows] == [10, 20, 30, 40, 50]


async def test_copied_rows_become_objects(conn: Any) -> None:
    await conn.execute(TABLES)
    load = questions().start(conn)
    async with conn.copy_out_rows(QUESTIONS, row=load) as rows:
        assert [question.id async for question in rows] == [1, 2, 3, 4, 5]


# --- parts of a row ----------------------------------------------------------------------------


async def test_rows_become_tuples_of_objects_and_values(conn: Any) -> None:
    await conn.execute(TABLES)
    entities = [
        _native.Entity(QUESTION, ["id", "text"]),
        None,
        _native.Entity(CHOICE, ["text", "id"]),
        str,
    ]
    load = _native.Hydration(entities, "tuple").start(conn)
    found = await conn.fetch(
        "select q.id, q.text, q.votes, c.text, c.id, c.id from question q "
        "join choice c on c.question_id = q.id order by c.id",
        row=load,
    )
    assert len(found) == 8
    question, votes, choice, label = found[2]
    assert (question.id, question.text, votes) == (2, "question 2", 20)
    assert (type(choice), choice.id, choice.text, label) == (Choice, 3, "choice 3", "3")
    kinds = [type(cohort).__name__ for cohort in load.cohorts]
    assert kinds == ["Cohort", "NoneType", "Cohort", "NoneType"]
    assert len(load.cohorts[0]) == 8  # without a key every row makes an object


async def test_the_same_key_is_the_same_object(conn: Any) -> None:
    await conn.execute(TABLES)
    load = joined().start(conn)
    found = await conn.fetch(JOINED, row=load)
    assert [(q.id, c and c.id) for q, c in found] == [
        (1, 1),
        (1, 2),
        (2, 3),
        (2, 4),
        (3, 5),
        (3, 6),
        (4, 7),
        (4, 8),
        (5, None),
    ]
    assert found[0][0] is found[1][0]
    assert found[1][0] is not found[2][0]
    assert [len(cohort) for cohort in load.cohorts] == [5, 8]


async def test_rows_of_a_key_need_not_follow_each_other(conn: Any) -> None:
    await conn.execute(TABLES)
    found = await conn.fetch(JOINED.replace("q.id, c.id", "c.text desc"), row=joined().start(conn))
    by_id: dict[int, Any] = {}
    assert all(by_id.setdefault(q.id, q) is q for q, _ in found)
    assert len(by_id) == 5


async def test_keys_of_several_columns_and_of_null(conn: Any) -> None:
    entity = _native.Entity(QUESTION, ["id", "text", "votes"], key=["text", "id"])
    sql = """
        select id, text, id from (values (1, 'a'), (1, 'a'), (1, 'b'), (1, null), (1, null),
        (null, 'a'), (null, null), (null, null), (11, ''), (1, '1'), (1, E'\\u00e9')) t (id, text)
    """
    found = await conn.fetch(sql, row=_native.Hydration([entity], "one").start(conn))
    firsts = [next(n for n, one in enumerate(found) if one is other) for other in found]
    assert firsts == [0, 0, 2, 3, 3, 5, 6, 6, 8, 9, 10]


async def test_without_a_key_an_optional_object_of_nulls_is_none(conn: Any) -> None:
    entity = _native.Entity(QUESTION, ["id", "text"], optional=True)
    sql = "select * from (values (1, null), (null, null), (null, 'a')) t (id, text)"
    found = await conn.fetch(sql, row=_native.Hydration([entity], "one").start(conn))
    assert [q and (q.id, q.text) for q in found] == [(1, None), None, (None, "a")]


async def test_an_object_is_written_into_its_parent(conn: Any) -> None:
    await conn.execute(TABLES)
    choice = _native.Entity(CHOICE, ["id"])
    question = _native.Entity(
        QUESTION, ["id"], key=["id"], optional=True, parent=(0, "question"), shown=False
    )
    hydration = _native.Hydration([choice, question], "tuple")
    await conn.execute("insert into choice values (9, 77, 'of nobody')")
    found = await conn.fetch(
        "select c.id, q.id from choice c left join question q on q.id = c.question_id order by 1",
        row=hydration.start(conn),
    )
    assert [len(row) for row in found] == [1] * 9
    assert [c.question and c.question.id for (c,) in found] == [1, 1, 2, 2, 3, 3, 4, 4, None]
    assert found[0][0].question is found[1][0].question
    assert found[0][0]._changes is None


async def test_parents_of_parents_and_absent_parents(conn: Any) -> None:
    hydration = _native.Hydration(
        [
            _native.Entity(CHOICE, ["id"]),
            _native.Entity(CHOICE, ["id"], optional=True, parent=(0, "question")),
            _native.Entity(QUESTION, ["id"], parent=(1, "question")),
        ],
        "one",
    )
    sql = "select * from (values (1, 2, 3), (4, null, 5)) t (a, b, c)"
    one, other = await conn.fetch(sql, row=hydration.start(conn))
    assert (one.id, one.question.id, one.question.question.id) == (1, 2, 3)
    assert (other.id, other.question) == (4, None)


async def test_many_columns_and_many_parts(conn: Any) -> None:
    names = [f"c{n}" for n in range(60)]
    wide = type("Wide", (_native.Instance,), {"__slots__": names})
    layout = _native.Layout(wide, names, [])
    entities: list[Any] = [_native.Entity(layout, names, key=["c7"])] + [None] * 20
    sql = "select " + ", ".join(str(n) for n in range(80))
    row = await conn.fetch_one(sql, row=_native.Hydration(entities, "tuple").start(conn))
    assert [getattr(row[0], name) for name in names] == list(range(60))
    assert row[1:] == tuple(range(60, 80))


# --- converters --------------------------------------------------------------------------------


class Mood(enum.Enum):
    """Labels as members."""

    sad = "sad"
    ok = "ok"


async def test_converters_are_called_with_values_that_are_not_null(conn: Any) -> None:
    await conn.execute("create type mood as enum ('sad', 'ok')")
    entity = _native.Entity(QUESTION, ["id", "text"], converters={"text": Mood, "id": str})
    hydration = _native.Hydration([entity, Mood, None], "tuple")
    sql = """select id, m::mood, m::mood, m::mood
             from (values (1, 'sad'), (2, 'ok'), (3, null)) t (id, m)"""
    found = await conn.fetch(sql, row=hydration.start(conn))
    assert [(q.id, q.text, m, label) for q, m, label in found] == [
        ("1", Mood.sad, Mood.sad, "sad"),
        ("2", Mood.ok, Mood.ok, "ok"),
        ("3", None, None, None),
    ]


async def test_what_a_converter_raises_is_raised(conn: Any) -> None:
    await conn.execute(TABLES)

    def convert(votes: int) -> int:
        if votes == 30:
            raise LookupError("no such votes")
        return votes

    entity = _native.Entity(QUESTION, ["id", "votes"], converters={"votes": convert})
    load = _native.Hydration([entity], "one").start(conn)
    with pytest.raises(LookupError, match="no such votes"):
        await conn.fetch("select id, votes from question order by id", row=load)
    assert load.cohorts[0].members() == []
    assert await conn.fetch_value("select 1") == 1


# --- errors ------------------------------------------------------------------------------------


async def test_a_statement_of_other_columns_is_refused(conn: Any) -> None:
    await conn.execute(TABLES)
    message = "the objects take 4 columns, the statement returns 1"
    with pytest.raises(errors.ProgrammingError, match=message):
        await conn.fetch("select id from question", row=questions().start(conn))
    assert await conn.fetch_value("select 1") == 1


async def test_an_error_in_the_middle_leaves_nothing(conn: Any) -> None:
    load = questions().start(conn)
    sql = "select n, repeat('x', 9000), 1 / (5 - n), 0 from generate_series(1, 9) n"
    with pytest.raises(errors.DivisionByZero):
        await conn.fetch(sql, row=load)
    assert load.cohorts[0].members() == []
    found = await conn.fetch(sql.replace("(5 - n)", "n"), row=load)
    assert len(found) == len(load.cohorts[0]) == 9


async def test_a_value_that_cannot_be_read(conn: Any) -> None:
    def refuse(_: bytes) -> Any:
        raise ValueError("not this one")

    conn.codecs["jsonb"] = Codec(decode_binary=refuse)
    sql = "select n, 'a', n, '{}'::jsonb from generate_series(1, 2) n"
    with pytest.raises(ValueError, match="not this one"):
        await conn.fetch(sql, row=questions().start(conn))
    assert await conn.fetch_value("select 1") == 1


async def test_types_that_only_values_name(conn: Any) -> None:
    await conn.execute("create type pair as (a int, b text)")
    entity = _native.Entity(QUESTION, ["id", "text"], key=["id"])
    sql = "select n % 2, row(n, row(1, 'x')::pair) from generate_series(1, 4) n"
    found = await conn.fetch(sql, row=_native.Hydration([entity], "one").start(conn))
    assert [(q.id, q.text) for q in found] == [
        (1, (1, (1, "x"))),
        (0, (2, (1, "x"))),
        (1, (1, (1, "x"))),
        (0, (2, (1, "x"))),
    ]


async def test_a_timeout_in_the_middle_leaves_the_connection_usable(conn: Any) -> None:
    load = questions().start(conn)
    sql = """select n, repeat('x', 9000), case n when 20 then length(pg_sleep(60)::text) end, 0
             from generate_series(1, 30) n"""
    with pytest.raises((errors.Error, TimeoutError)):
        await conn.fetch(sql, row=load, timeout=0.2)
    assert load.cohorts[0] is None or load.cohorts[0].members() == []
    assert await conn.fetch_value("select 1") == 1


def test_wrong_entities_are_refused() -> None:
    entity, hydration = _native.Entity, _native.Hydration
    with pytest.raises(ValueError, match="`Question` has no column `choices`"):
        entity(QUESTION, ["choices"])
    with pytest.raises(ValueError, match="named twice"):
        entity(QUESTION, ["id", "id"])
    with pytest.raises(TypeError, match="found a string"):
        entity(QUESTION, "id")
    with pytest.raises(ValueError, match="key `text` is none of the columns"):
        entity(QUESTION, ["id"], key=["text"])
    with pytest.raises(ValueError, match="converter of `text`"):
        entity(QUESTION, ["id"], converters={"text": str})
    with pytest.raises(TypeError, match="cannot be called"):
        entity(QUESTION, ["id"], converters={"id": 1})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="found `int`"):
        hydration([1], "tuple")  # type: ignore[list-item]
    with pytest.raises(ValueError, match="`one` needs an entity"):
        hydration([], "one")
    with pytest.raises(ValueError, match="`one` or `tuple`"):
        hydration([None], "many")  # type: ignore[arg-type]


@pytest.mark.parametrize("parent", [(0, "question"), (1, "question"), (9, "question")])
def test_a_parent_must_be_an_entity_before(parent: tuple[int, str]) -> None:
    entity = _native.Entity(QUESTION, ["id"], parent=parent)
    with pytest.raises(ValueError, match="no entity before it"):
        _native.Hydration([None, entity], "tuple")


def test_the_slot_of_a_parent_must_exist() -> None:
    entity = _native.Entity(QUESTION, ["id"], parent=(0, "author"))
    with pytest.raises(ValueError, match="`Choice` has no column or relation `author`"):
        _native.Hydration([_native.Entity(CHOICE, ["id"]), entity], "tuple")


# --- threads -----------------------------------------------------------------------------------


def test_threads_share_a_hydration(database: str) -> None:
    entity = _native.Entity(QUESTION, ["id", "text"], converters={"text": json.loads})
    hydration = _native.Hydration([entity], "one")
    sql = "select n, '[' || n || ']' from generate_series(1, 500) n"
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with howdah.connect(database) as conn:
                for _ in range(5):
                    found: Any = conn.fetch(sql, row=hydration.start(conn))  # type: ignore[call-overload]
                    assert [q.text for q in found] == [[n] for n in range(1, 501)]
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
