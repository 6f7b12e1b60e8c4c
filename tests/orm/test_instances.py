"""Objects of models: what is recorded of changes, what they cost, and that nothing breaks them."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import tracemalloc
import weakref
from typing import Any

import pytest

import howdah
from howdah import _native
from tests.orm.shop import CHOICE, CHOICES, QUESTION, QUESTIONS, TABLES, Choice, Question, questions

NOT_LOADED = _native.NOT_LOADED


def loaded(**values: Any) -> Question:
    """A question as a load would have made it."""
    question: Any = QUESTION.blank()
    for name, value in values.items():
        setattr(question, name, value)
    QUESTION.adopt([question], None)
    return question  # type: ignore[no-any-return]


# --- changes -----------------------------------------------------------------------------------


async def test_the_first_change_of_a_column_is_recorded(conn: Any) -> None:
    await conn.execute(TABLES)
    question = await conn.fetch_one(QUESTIONS, row=questions().start(conn))
    assert not question._changes
    question.votes = 11
    question.votes = 12
    question.text = None
    assert question._changes == {"votes": 10, "text": "question 1"}
    assert (question.votes, question.text) == (12, None)
    question._forget_changes()
    assert question._changes is None
    assert question._cohort.members() == [question]
    question.votes = 13
    assert question._changes == {"votes": 12}


def test_a_new_object_records_nothing() -> None:
    question = Question()
    question.id = 1
    question.id = 2
    assert (question._changes, question._cohort) == (None, None)
    question._forget_changes()


def test_a_relation_is_no_change() -> None:
    question = loaded(id=1)
    question.choices = [1]
    assert question._changes is None


def test_a_column_that_was_not_loaded() -> None:
    question = loaded(id=1)
    question.text = "new"
    assert question._changes == {"text": NOT_LOADED}


def test_a_deleted_attribute_is_recorded() -> None:
    question = loaded(id=1)
    del question.id
    assert question._changes == {"id": 1}
    assert not hasattr(question, "id")
    with pytest.raises(AttributeError):
        del question.id
    question.id = 5
    assert question._changes == {"id": 1}


def test_what_cannot_be_set_is_not_recorded() -> None:
    question = loaded(id=1)
    with pytest.raises(AttributeError):
        question.unknown = 1  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        question._cohort = None  # type: ignore[misc]
    with pytest.raises(TypeError):
        object.__getattribute__(question, "__setattr__")(1, 2)
    assert question._changes is None


def test_changes_are_a_copy() -> None:
    question = loaded(id=1)
    question.id = 2
    assert question._changes is not None
    question._changes["id"] = 9
    assert question._changes == {"id": 1}


def test_names_that_are_not_interned() -> None:
    question = loaded(id=1)
    question.__setattr__(str(b"id", "ascii"), 2)
    assert question._changes == {"id": 1}


def test_not_loaded_is_one_object() -> None:
    assert repr(NOT_LOADED) == "NOT_LOADED"
    assert not NOT_LOADED
    assert pickle.loads(pickle.dumps(NOT_LOADED)) is NOT_LOADED
    assert copy.deepcopy(NOT_LOADED) is NOT_LOADED


def test_rows_of_objects() -> None:
    one, other = loaded(id=1, text="a"), Question()
    assert QUESTION.rows([one, other], ["text", "id"]) == [("a", 1), (NOT_LOADED, NOT_LOADED)]
    with pytest.raises(TypeError, match="expected objects of `Question`"):
        QUESTION.rows([Choice()], ["id"])
    with pytest.raises(ValueError, match="`Question` has no column `choices`"):
        QUESTION.rows([one], ["choices"])


# --- classes -----------------------------------------------------------------------------------


class Poll(Question):
    """A model that inherits columns and adds one."""

    __slots__ = ("closes",)

    closes: Any


POLL = _native.Layout(Poll, ["closes", "id", "text", "votes", "author_id"], ["choices"])


async def test_a_model_with_inherited_columns(conn: Any) -> None:
    entity = _native.Entity(POLL, ["id", "closes", "text"])
    sql = "select 1, 'tomorrow', 'why'"
    poll = await conn.fetch_one(sql, row=_native.Hydration([entity], "one").start(conn))
    assert type(poll) is Poll
    assert (poll.id, poll.closes, poll.text) == (1, "tomorrow", "why")
    poll.closes = "today"
    assert poll._changes == {"closes": "tomorrow"}
    assert QUESTION.adopt([poll], None).values("text") == ["why"]


def test_a_layout_takes_slots_alone() -> None:
    class Other:
        __slots__ = ("id",)

    class WithProperty(Question):
        __slots__ = ()

        @property
        def id(self) -> int:
            return 1

        text = Choice.text

    for name in ("id", "text", "unknown", "__dict__", "_cohort"):
        with pytest.raises(TypeError, match=f"`{name}` is no slot of `WithProperty`"):
            _native.Layout(WithProperty, [name], [])
    with pytest.raises(TypeError, match="`Other` does not derive from `Instance`"):
        _native.Layout(Other, ["id"], [])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`id` is named twice"):
        _native.Layout(Question, ["id"], ["id"])


def test_what_classes_say_of_themselves_is_not_believed() -> None:
    class Liar:
        __slots__ = ()
        __class__ = Question  # type: ignore[assignment]

    class Meta(type):
        def __instancecheck__(cls, _: object) -> bool:
            return True

        def __subclasscheck__(cls, _: object) -> bool:
            return True

    class Credulous(_native.Instance, metaclass=Meta):
        __slots__ = ("id",)

    liar: Any = Liar()
    assert isinstance(liar, Question)
    assert isinstance(1, Credulous)
    layout = _native.Layout(Credulous, ["id"], [])
    lies: list[Any] = [[liar], [1], [Choice()]]
    for objects in lies:
        with pytest.raises(TypeError, match="expected objects of `Credulous`"):
            layout.adopt(objects, None)
        with pytest.raises(TypeError, match="expected objects of `Credulous`"):
            _native.write_slot(layout, objects, "id", [1])


def test_descriptors_of_the_metaclass_do_not_hide_slots() -> None:
    class Column:
        def __get__(self, *_: object) -> str:
            return "a column"

        def __set__(self, *_: object) -> None:
            raise AttributeError

    class Meta(type):
        id = Column()

    class Model(_native.Instance, metaclass=Meta):
        __slots__ = ("id",)

    layout = _native.Layout(Model, ["id"], [])
    assert Model.id == "a column"
    model = layout.blank()
    model.id = 5
    assert model.id == 5
    assert layout.rows([model], ["id"]) == [(5,)]


class Loose(Question):
    """A class whose objects have a dictionary."""


LOOSE = _native.Layout(Loose, ["id", "text"], [])


async def test_objects_with_a_dictionary(conn: Any) -> None:
    load = _native.Hydration([_native.Entity(LOOSE, ["id", "text"])], "one").start(conn)
    found = await conn.fetch("select n, 'a' from generate_series(1, 100) n", row=load)
    found[7].note = found
    assert found[7].__dict__ == {"note": found}
    assert [one.id for one in found] == list(range(1, 101))
    (cohort,) = load.cohorts
    del found
    gc.collect()
    assert len(cohort) == 0


def test_objects_with_weak_references() -> None:
    class Referable(Question):
        __slots__ = ("__weakref__",)

    one = _native.Layout(Referable, ["id"], []).blank()
    gone: list[int] = []
    reference = weakref.ref(one, lambda _: gone.append(1))
    assert reference() is one
    del one
    assert gone == [1]


def test_a_class_goes_with_its_layout() -> None:
    class Short(_native.Instance):
        __slots__ = ("id",)

    layout = _native.Layout(Short, ["id"], [])
    Short.layout = layout  # type: ignore[attr-defined]
    layout.adopt([layout.blank()], None)
    gone = weakref.ref(Short)
    del Short, layout
    gc.collect()
    assert gone() is None


def test_another_class_of_the_same_slots() -> None:
    class Twin(_native.Instance):
        __slots__ = ("author_id", "choices", "id", "text", "votes")

    question = loaded(id=1)
    cohort = question._cohort
    assert cohort is not None
    question.__class__ = Twin  # type: ignore[assignment]
    assert cohort.values("id") == [1]
    cohort.fill("text", "id", {1: "one"})
    assert question.text == "one"


def test_instances_without_a_model() -> None:
    plain = _native.Instance()
    assert plain._cohort is None
    with pytest.raises(AttributeError):
        plain.id = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        _native.Instance(1)  # type: ignore[call-arg]


def test_a_slot_whose_descriptor_is_gone() -> None:
    class Bare(_native.Instance):
        __slots__ = ("id",)

    layout = _native.Layout(Bare, ["id"], [])
    one = layout.blank()
    one.id = ["value"]
    del Bare.id  # type: ignore[attr-defined]
    assert layout.rows([one], ["id"]) == [(["value"],)]
    with pytest.raises(AttributeError):
        one.id = 1
    del one
    gc.collect()


# --- ends --------------------------------------------------------------------------------------


def test_a_resurrected_object_stays_a_member() -> None:
    saved: list[Any] = []

    class Phoenix(Question):
        __slots__ = ()

        def __del__(self) -> None:
            saved.append(self)

    layout = _native.Layout(Phoenix, ["id"], ["choices"])
    one = layout.blank()
    one.id = 7
    cohort = layout.adopt([one], None)
    del one
    assert [phoenix.id for phoenix in saved] == [7]
    assert cohort.members() == saved
    saved.clear()
    assert len(cohort) == 0


def test_what_dies_with_an_object_does_not_find_it() -> None:
    seen: list[Any] = []

    class Watcher:
        def __init__(self, cohort: Any) -> None:
            self.cohort = cohort

        def __del__(self) -> None:
            seen.append([member.id for member in self.cohort.members()])
            seen.append(len(self.cohort))

    one, other = loaded(id=1), loaded(id=2)
    cohort = QUESTION.adopt([one, other], None)
    one.choices = Watcher(cohort)
    del one
    assert seen == [[2], 1]
    assert cohort.members() == [other]


def test_the_collector_ends_objects_with_finalizers() -> None:
    ended: list[int] = []

    class Finalized(Question):
        __slots__ = ()

        def __del__(self) -> None:
            ended.append(self.id)

    layout = _native.Layout(Finalized, ["id"], ["choices"])
    objects = [layout.blank() for _ in range(3)]
    for number, one in enumerate(objects):
        one.id = number
        one.choices = objects
    cohort = layout.adopt(objects, None)
    del objects, one
    gc.collect()
    assert sorted(ended) == [0, 1, 2]
    assert len(cohort) == 0


def test_a_long_chain_of_objects_ends() -> None:
    chain: Any = None
    cohort = CHOICE.adopt([], None)
    for _ in range(200_000):
        link, before = CHOICE.blank(), chain
        link.question = before
        chain = link
        cohort = CHOICE.adopt([link], None)
        del link, before
    assert len(cohort) == 1
    del chain
    assert len(cohort) == 0


def test_old_values_are_part_of_cycles() -> None:
    class Token(list[Any]):
        pass

    token = Token()
    gone = weakref.ref(token)
    question = loaded(id=1)
    question.text = token
    question._forget_changes()
    token.append(question)
    question.text = None
    assert question._changes == {"text": token}
    del question, token
    gc.collect()
    assert gone() is None


# --- costs -------------------------------------------------------------------------------------


async def test_the_collector_is_spared_objects_of_atomic_values(conn: Any) -> None:
    await conn.execute(TABLES)
    question = await conn.fetch_one(QUESTIONS, row=questions().start(conn))
    assert not gc.is_tracked(question)
    question.votes = 5
    assert not gc.is_tracked(question)
    question.text = ["a list"]
    assert gc.is_tracked(question)


async def test_objects_of_containers_are_tracked(conn: Any) -> None:
    sql = "select 1, '[1, 2]'::jsonb, 3, 4"
    question = await conn.fetch_one(sql, row=questions().start(conn))
    assert gc.is_tracked(question)
    token: Any = question.text
    token.append(question)
    cohort = question._cohort
    del question, token
    gc.collect()
    assert len(cohort) == 0


async def test_converted_values_are_known_to_the_collector(conn: Any) -> None:
    entity = _native.Entity(QUESTION, ["id"], converters={"id": lambda value: [value]})
    load = _native.Hydration([entity], "one").start(conn)
    assert gc.is_tracked(await conn.fetch_one("select 1", row=load))


@pytest.mark.parametrize(("layout", "sql"), [(QUESTION, QUESTIONS), (CHOICE, CHOICES)])
def test_an_object_takes_little_more_than_the_tuple_of_its_values(
    sync_conn: howdah.Connection, layout: _native.Layout, sql: str
) -> None:
    sync_conn.execute(TABLES)
    sync_conn.execute("insert into question select n, 'q', n, n from generate_series(6, 3000) n")
    sync_conn.execute("insert into choice select n, n, 'c' from generate_series(9, 3000) n")
    hydration = _native.Hydration([_native.Entity(layout, layout.columns)], "one")

    def fetched(row: Any) -> tuple[list[Any], int]:
        tracemalloc.start()
        try:
            found = sync_conn.fetch(sql, row=row)
            return found, tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

    # CPython keeps the memory of up to 2000 tuples for others: they are in use while we count
    kept, _ = fetched(tuple)
    tuples, tuple_bytes = fetched(tuple)
    assert len(kept) == len(tuples) > 2000
    objects, object_bytes = fetched(hydration.start(sync_conn))
    cohort = sys.getsizeof(objects[0]._cohort)
    size = sys.getsizeof(objects[0]) + cohort / len(objects)
    assert size <= 1.5 * sys.getsizeof(tuples[0])
    assert object_bytes + cohort <= 1.5 * tuple_bytes


def test_loading_leaves_nothing(sync_conn: howdah.Connection) -> None:
    sync_conn.execute(TABLES)
    question = _native.Entity(QUESTION, ["id", "text"], key=["id"])
    choice = _native.Entity(
        CHOICE, ["id", "question_id"], optional=True, key=["id"], parent=(0, "choices")
    )
    hydration: Any = _native.Hydration([question, choice, str], "tuple")
    sql = """select q.id, q.text, c.id, c.question_id, 300000 + c.id from question q
             left join choice c on c.question_id = q.id"""

    def work() -> None:
        load = hydration.start(sync_conn)
        found: Any = sync_conn.fetch(sql, row=load)
        for question, child, _ in found:
            question.text = "changed"
            if child is not None:
                child.question = question
        load.cohorts[0].state["found"] = found
        one: Any = sync_conn.fetch_one(QUESTIONS, row=questions().start(sync_conn))  # type: ignore[call-overload]
        one.text = one.text
        QUESTION.adopt([one], load).fill_pairs("choices", "id", [(1, one)], list)

    def left_by_rounds() -> int:
        gc.collect()
        before = sys.getallocatedblocks()
        for _ in range(200):
            work()
        gc.collect()
        return sys.getallocatedblocks() - before

    left_by_rounds()
    assert min(left_by_rounds() for _ in range(3)) < 100
