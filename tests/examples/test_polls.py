"""The example application `polls`: its data fits together, its statements answer what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import howdah
from howdah import errors
from howdah.orm import AsyncBound, Bound, select
from polls import queries, seed
from polls.models import Choice, Dashboard, Question, Tag, User, Vote

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTIONS, USERS = 120, 60


@pytest.fixture
def filled(database: str) -> Iterator[Bound]:
    """A small poll."""
    with howdah.connect(database) as conn:
        seed.create(conn, QUESTIONS, USERS)
        yield Bound(conn)


def test_the_data_fits_together(filled: Bound) -> None:
    assert filled.fetch(select(Question).count()) == QUESTIONS
    assert filled.fetch(select(User).count()) == USERS
    assert filled.fetch(select(Vote).count()) > QUESTIONS
    conn = filled.connection
    wrong = "select from choice where votes <> (select count(*) from vote where choice_id = id)"
    assert conn.fetch(wrong) == []
    # the keys were not looked up while the rows were copied
    for table, name in conn.fetch("select conrelid::regclass::text, conname from pg_constraint"):
        if not table.startswith("pg_") and name.endswith("_fkey"):
            conn.execute(f"alter table {table} alter constraint {name} not enforced")
            conn.execute(f"alter table {table} alter constraint {name} enforced")
    new = User(name="Zoe", email="zoe@example.org")
    filled.insert(new)
    assert new.id == USERS + 1
    assert new.preferences.theme == "light"


def test_lists_pages_and_search(filled: Bound) -> None:
    first = filled.fetch(queries.latest().page(10))
    assert [line.id for line in first] == list(range(QUESTIONS, QUESTIONS - 10, -1))
    assert first.rows[0].choices == seed.choices_of(QUESTIONS)
    second = filled.fetch(queries.latest().page(10, after=first.next))
    assert second.rows[0].id == QUESTIONS - 10
    about = filled.fetch(queries.latest("sleep"))
    assert about
    assert all("sleep" in [tag.name for tag in line.tags] for line in about)
    found = filled.fetch(queries.found("habits -coffee"))
    assert found
    assert all("habit" in line.text and "coffee" not in line.text for line in found)


def test_the_dashboard(filled: Bound) -> None:
    lines = filled.fetch(queries.busiest_tags())
    assert len(lines) == filled.fetch(select(Dashboard).count()) == len(seed.TAGS)
    assert [line.votes for line in lines] == sorted((line.votes for line in lines), reverse=True)


@pytest.mark.usefixtures("filled")
async def test_asking_and_voting(database: str) -> None:
    async with await howdah.connect_async(database) as conn:
        db = AsyncBound(conn)
        ann, bob = await db.fetch(select(User).order_by(User.id).limit(2))
        async with db.tx() as tx:
            question = await queries.ask(tx, ann, "Tea or coffee?", ["Tea", "Coffee"], ["tea", "x"])
        card = await db.fetch(queries.card(question.id).one())
        assert [(choice.text, choice.votes) for choice in card.choices] == [
            ("Tea", 0),
            ("Coffee", 0),
        ]
        assert [tag.name for tag in card.tags] == ["tea", "x"]
        assert await db.fetch(select(Tag).count()) == len(seed.TAGS) + 1
        await vote_twice(db, bob, question)


async def vote_twice(db: AsyncBound, user: User, question: Question) -> None:
    """The second vote is refused, and not counted."""
    tea, coffee = await db.fetch(select(Choice).where(Choice.question_id == question.id))
    async with db.tx() as tx:
        await queries.vote(tx, user, tea)
    with pytest.raises(errors.UniqueViolation):
        async with db.tx() as tx:
            await queries.vote(tx, user, coffee)
    votes: Any = select(Choice.votes).where(Choice.question_id == question.id)
    assert await db.fetch(votes.order_by(Choice.id)) == [1, 0]


def test_a_vote_is_for_a_choice_of_the_question(filled: Bound) -> None:
    choice = filled.fetch(select(Choice).where(Choice.question_id == 1).first())
    assert choice is not None
    with pytest.raises(errors.ForeignKeyViolation):
        filled.insert(Vote(user_id=1, question_id=2, choice_id=choice.id))
