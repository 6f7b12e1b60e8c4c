"""Rows become objects: what is loaded, in which cohort, and what is left of it."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from howdah import _native
from tests.orm.shop import (
    CHOICE,
    QUESTION,
    QUESTIONS,
    TABLES,
    Choice,
    Question,
    questions,
)


async def test_rows_become_objects_of_one_cohort(conn: Any) -> None:
    await conn.execute(TABLES)
    load = questions().start(conn)
    assert load.cohorts == (None,)
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


async def test_rows_become_tuples_of_objects_and_values(conn: Any) -> None:
    await conn.execute(TABLES)
    entities = [
        _native.Entity(QUESTION, ["id", "text"]),
        None,
        _native.Entity(CHOICE, ["id", "text"]),
        str,
    ]
    load = _native.Hydration(entities, "tuple").start(conn)
    found = await conn.fetch(
        "select q.id, q.text, q.votes, c.id, c.text, c.id from question q "
        "join choice c on c.question_id = q.id order by c.id",
        row=load,
    )
    assert len(found) == 8
    question, votes, choice, label = found[2]
    assert (question.id, question.text, votes) == (2, "question 2", 20)
    assert (type(choice), choice.id, choice.text, label) == (Choice, 3, "choice 3", "3")
    assert [type(cohort) for cohort in load.cohorts] == [
        _native.Cohort,
        type(None),
        _native.Cohort,
        type(None),
    ]
    assert len(load.cohorts[0]) == 8


async def test_a_statement_of_other_columns_is_refused(conn: Any) -> None:
    await conn.execute(TABLES)
    with pytest.raises(Exception, match="the objects take 4 columns, the statement returns 1"):
        await conn.fetch("select id from question", row=questions().start(conn))
    assert await conn.fetch_value("select 1") == 1


async def test_members_are_not_kept_by_their_cohort(conn: Any) -> None:
    await conn.execute(TABLES)
    load = questions().start(conn)
    found = await conn.fetch(QUESTIONS, row=load)
    (cohort,) = load.cohorts
    kept = found[3]
    del found
    gc.collect()
    assert len(cohort) == 1
    assert cohort.members() == [kept]
