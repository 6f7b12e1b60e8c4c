"""Cohorts: who is in them, and what a load gives to all of them."""

from __future__ import annotations

import gc
import sys
from typing import Any

import pytest

from howdah import _native
from tests.orm.shop import (
    CHOICE,
    CHOICES,
    QUESTION,
    QUESTIONS,
    TABLES,
    Choice,
    Question,
    choices,
    questions,
)


class Answers(list[Any]):
    """What a relation to many holds."""


def made(count: int) -> list[Question]:
    """Questions as a load would have made them."""
    found = []
    for number in range(1, count + 1):
        question = QUESTION.blank()
        question.id = number
        found.append(question)
    QUESTION.adopt(found, "executor")
    return found


def cohort_of(objects: list[Any]) -> _native.Cohort:
    """The cohort that all of them are in."""
    cohorts = {id(one._cohort) for one in objects}
    assert len(cohorts) == 1
    cohort = objects[0]._cohort
    assert isinstance(cohort, _native.Cohort)
    return cohort


# --- membership --------------------------------------------------------------------------------


async def test_members_are_not_kept_by_their_cohort(conn: Any) -> None:
    await conn.execute(TABLES)
    load = questions().start(conn)
    found = await conn.fetch(QUESTIONS, row=load)
    (cohort,) = load.cohorts
    kept = found[3]
    del found
    assert len(cohort) == 1
    assert cohort.members() == [kept]


def test_members_keep_their_order_when_most_are_gone() -> None:
    found = made(500)
    cohort = cohort_of(found)
    large = sys.getsizeof(cohort)
    kept = found[13::100]
    del found
    assert [q.id for q in kept] == [14, 114, 214, 314, 414]
    assert cohort.members() == kept
    assert sys.getsizeof(cohort) < large / 10
    del kept[2]
    assert [q.id for q in cohort.members()] == [14, 114, 314, 414]
    assert cohort_of(kept) is cohort
    kept.clear()
    assert len(cohort) == 0


def test_any_order_of_leaving_keeps_the_rest() -> None:
    found = dict(enumerate(made(200)))
    cohort = found[0]._cohort
    assert cohort is not None
    for step in range(200):
        del found[step * 77 % 200]  # 77 and 200 have no common divisor
        assert cohort.members() == [found[place] for place in sorted(found)]


def test_adopted_objects_are_loaded_ones() -> None:
    new = [QUESTION.blank() for _ in range(3)]
    assert [one._cohort for one in new] == [None] * 3
    cohort = QUESTION.adopt(new, "executor")
    assert cohort.members() == new
    assert (cohort.executor, cohort.layout) == ("executor", QUESTION)
    cohort.executor = "another"
    assert cohort.executor == "another"


def test_an_adopted_object_leaves_its_cohort_and_forgets_its_changes() -> None:
    found = made(3)
    before = cohort_of(found)
    found[1].id = 20
    assert found[1]._changes == {"id": 2}
    after = QUESTION.adopt([found[1]], "another")
    assert not found[1]._changes
    assert (before.members(), after.members()) == ([found[0], found[2]], [found[1]])


def test_adopting_an_object_twice_makes_one_member() -> None:
    (question,) = made(1)
    cohort = QUESTION.adopt([question, question], None)
    assert cohort.members() == [question]


def test_other_objects_are_not_adopted() -> None:
    question = QUESTION.blank()
    with pytest.raises(TypeError, match="expected objects of `Question`, found `Choice`"):
        QUESTION.adopt([question, Choice()], None)
    with pytest.raises(TypeError, match="found `int`"):
        QUESTION.adopt([1], None)  # type: ignore[list-item]
    assert question._cohort is None


def test_the_state_is_one_dict() -> None:
    found = made(2)
    cohort = cohort_of(found)
    cohort.state["loading"] = found
    assert cohort.state == {"loading": found}
    assert cohort.state is cohort.state


# --- values ------------------------------------------------------------------------------------


async def test_values_of_a_column(conn: Any) -> None:
    await conn.execute(TABLES)
    found = await conn.fetch(QUESTIONS, row=questions().start(conn))
    cohort = cohort_of(found)
    assert cohort.values("id") == [1, 2, 3, 4, 5]
    assert cohort.values("text")[2] is None
    assert len(cohort.values("text", nulls=False)) == 4
    assert cohort.values("author_id", distinct=True) == [1, 0]
    del found[1].id
    assert cohort.values("id") == [1, 3, 4, 5]
    found[0].choices = []
    assert cohort.values("id", missing="choices") == [3, 4, 5]


def test_values_of_several_columns() -> None:
    found = made(3)
    for question in found:
        question.votes = question.id % 2
    found[0].votes = None
    cohort = cohort_of(found)
    assert cohort.values(["id", "votes"]) == [(1, None), (2, 0), (3, 1)]
    assert cohort.values(["id", "votes"], nulls=False) == [(2, 0), (3, 1)]
    with pytest.raises(ValueError, match="`Question` has no column `choices`"):
        cohort.values("choices")


# --- fill --------------------------------------------------------------------------------------


def test_fill_gives_each_member_what_was_found() -> None:
    found = made(4)
    found[2].text = "set"
    found[3].id = None
    cohort_of(found).fill("text", "id", {1: "one", 3: "three"})
    assert [q.text for q in found] == ["one", None, "set", None]
    assert found[0]._changes is None
    cohort_of(found).fill("text", "id", {3: "three"}, overwrite=True)
    assert [q.text for q in found] == [None, None, "three", None]


def test_fill_may_leave_what_was_not_found() -> None:
    found = made(3)
    found[1].id = None
    cohort_of(found).fill("text", "id", {1: "one"}, missing=False)
    assert [hasattr(q, "text") for q in found] == [True, False, False]


def test_fill_by_several_columns() -> None:
    found = made(2)
    for question in found:
        question.votes = 7
    cohort_of(found).fill("text", ("id", "votes"), {(1, 7): "one", (2, 8): "two"})
    assert [q.text for q in found] == ["one", None]


def test_members_without_the_key_are_left_alone() -> None:
    found = made(2)
    del found[0].id
    cohort_of(found).fill("text", "id", {1: "one", 2: "two"})
    assert not hasattr(found[0], "text")
    assert found[1].text == "two"


async def test_fill_many_gives_each_member_its_children(conn: Any) -> None:
    await conn.execute(TABLES)
    found = await conn.fetch(QUESTIONS, row=questions().start(conn))
    children = await conn.fetch(CHOICES, row=choices().start(conn))
    own = Answers()
    found[3].choices = own
    cohort_of(found).fill_many(
        "choices", "id", children[0]._cohort, "question_id", Answers, "question"
    )
    assert [[c.id for c in q.choices] for q in found] == [[1, 2], [3, 4], [5, 6], [], []]
    assert {type(q.choices) for q in found} == {Answers}
    assert found[3].choices is own
    assert not hasattr(children[0], "question")
    children[0]._cohort.fill_parents("question")
    assert [c.question for c in children] == [found[n // 2] for n in range(8)]
    assert children[0]._changes is None


def test_parents_that_are_gone_are_not_given() -> None:
    found, children = made(2), [CHOICE.blank() for _ in range(4)]
    for number, child in enumerate(children):
        child.question_id = number % 2 + 1
    cohort = CHOICE.adopt(children, None)
    cohort_of(found).fill_many("choices", "id", cohort, "question_id", Answers, "question")
    kept = children[3].question = Question()
    del found[0]
    cohort.fill_parents("question")
    assert [hasattr(child, "question") for child in children] == [False, True, False, True]
    assert (children[1].question, children[3].question) == (found[0], kept)
    cohort.fill_parents("text")
    del children[1].question
    found.clear()
    cohort.fill_parents("question")
    assert not hasattr(children[1], "question")


def test_fill_many_keeps_the_order_of_the_children() -> None:
    found = made(2)
    children = [CHOICE.blank() for _ in range(4)]
    for number, child in enumerate(children):
        child.question_id = number % 2 + 1
    children[2].question_id = None
    cohort = CHOICE.adopt(children[::-1], None)
    cohort_of(found).fill_many("choices", "id", cohort, "question_id", list)
    assert found[0].choices == [children[0]]
    assert found[1].choices == [children[3], children[1]]
    assert not hasattr(children[0], "question")


def test_fill_many_of_nothing() -> None:
    found = made(2)
    cohort_of(found).fill_many("choices", "id", None, "question_id", Answers, "question")
    assert [q.choices for q in found] == [[], []]
    assert found[0].choices is not found[1].choices


def test_members_of_one_key_have_lists_of_their_own() -> None:
    found = made(2)
    found[1].id = 1
    child = CHOICE.blank()
    child.question_id = 1
    cohort = CHOICE.adopt([child], None)
    cohort_of(found).fill_many("choices", "id", cohort, "question_id", Answers)
    assert found[0].choices == found[1].choices == [child]
    assert found[0].choices is not found[1].choices
    assert {type(q.choices) for q in found} == {Answers}


def test_fill_many_refuses_what_it_cannot_group() -> None:
    cohort = cohort_of(kept := made(2))
    child = CHOICE.blank()
    children = CHOICE.adopt([child], None)
    with pytest.raises(ValueError, match="foreign key of a child is not loaded"):
        cohort.fill_many("choices", "id", children, "question_id", list, None)
    with pytest.raises(ValueError, match="`Choice` has no column `id_question`"):
        cohort.fill_many("choices", "id", children, "id_question", list, None)
    child.question_id = 1
    with pytest.raises(TypeError, match="is not an instance of 'list'"):
        cohort.fill_many("choices", "id", children, "question_id", dict)  # type: ignore[arg-type]
    assert not hasattr(kept[0], "choices")


def test_fill_many_by_several_columns() -> None:
    found = made(2)
    for question in found:
        question.votes = question.id * 10
    children = [CHOICE.blank() for _ in range(2)]
    for child in children:
        child.id, child.question_id = 20, 2
    cohort = CHOICE.adopt(children, None)
    key, foreign_key = ["id", "votes"], ["question_id", "id"]
    cohort_of(found).fill_many("choices", key, cohort, foreign_key, list)
    assert [q.choices for q in found] == [[], children]


def test_fill_pairs_gives_one_object_to_many() -> None:
    found = made(3)
    one, other = Choice(), Choice()
    pairs = [(1, one), (1, other), (3, one), (9, one)]
    cohort_of(found).fill_pairs("choices", "id", pairs, Answers)
    assert [q.choices for q in found] == [[one, other], [], [one]]


def test_what_a_wrap_raises_leaves_the_rest_usable() -> None:
    found = made(3)
    wrapped: list[int] = []

    def wrap() -> list[Any]:
        wrapped.append(1)
        if len(wrapped) == 2:
            raise RuntimeError("no more")
        return []

    cohort = cohort_of(found)
    with pytest.raises(RuntimeError, match="no more"):
        cohort.fill_pairs("choices", "id", [], wrap)
    assert [hasattr(q, "choices") for q in found] == [True, False, False]
    cohort.fill_pairs("choices", "id", [], list)
    assert [q.choices for q in found] == [[], [], []]


# --- the collector -----------------------------------------------------------------------------


async def test_parents_and_children_are_collected(conn: Any) -> None:
    await conn.execute(TABLES)
    loads = questions().start(conn), choices().start(conn)
    found = await conn.fetch(QUESTIONS, row=loads[0])
    children = await conn.fetch(CHOICES, row=loads[1])
    assert not any(gc.is_tracked(one) for one in found + children)
    (parents,), (offspring,) = loads[0].cohorts, loads[1].cohorts
    parents.fill_many("choices", "id", offspring, "question_id", Answers, "question")
    assert [gc.is_tracked(one) for one in (found[0], children[0])] == [True, False]
    offspring.fill_parents("question")
    assert all(gc.is_tracked(one) for one in found + children)
    del found, children
    assert (len(parents), len(offspring)) == (4, 8), "the fifth has no children"
    gc.collect()
    assert (len(parents), len(offspring)) == (0, 0)


async def test_members_are_known_to_the_collector_once_the_state_was_used(conn: Any) -> None:
    await conn.execute(TABLES)
    found = await conn.fetch(QUESTIONS, row=questions().start(conn))
    assert not any(gc.is_tracked(one) for one in found)
    cohort_of(found).state["used"] = True
    assert all(gc.is_tracked(one) for one in found)


def test_a_cycle_through_the_state_is_collected() -> None:
    found = made(2)
    cohort = cohort_of(found)
    cohort.state["members"] = found
    token = Answers()
    cohort.state["token"] = token
    before = len(gc.get_referrers(token))
    del found, cohort
    gc.collect()
    assert len(gc.get_referrers(token)) < before
