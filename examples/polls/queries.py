"""What is asked and changed. Statements are values: the app, the demo and the tests run them.

A shape is what one answer holds: the plan of the query, the type of its result, and what the app
answers with.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from howdah.orm import Select, Shape, of, select
from polls.models import Choice, Dashboard, Question, QuestionTag, Tag, User, Vote

if TYPE_CHECKING:
    from howdah.orm import AsyncTx


class TagCard(Shape[Tag]):
    """A tag by its name."""

    name: str


class ChoiceCard(Shape[Choice]):
    """A choice, with its votes."""

    id: int
    text: str
    votes: int


class QuestionLine(Shape[Question]):
    """A question in a list: without its choices, which are only counted."""

    id: int
    text: str
    published_at: dt.datetime
    asked_by: str = of(lambda: Question.author.name)
    choices: int = of(lambda: Question.choices.count())  # noqa: PLW0108 (the model comes later)
    tags: list[TagCard]


class QuestionCard(Shape[Question]):
    """A question with everything that is shown of it."""

    id: int
    text: str
    published_at: dt.datetime
    closes_at: dt.datetime | None
    asked_by: str = of(lambda: Question.author.name)
    choices: list[ChoiceCard]
    tags: list[TagCard]


class TagLine(Shape[Dashboard]):
    """A line of the dashboard."""

    tag: str
    questions: int
    votes: int
    last_asked_at: dt.datetime


def latest(tag: str | None = None) -> Select[QuestionLine]:
    """Questions, the newest first; of one tag, if it is named."""
    query = select(QuestionLine).order_by(Question.published_at.desc(), Question.id.desc())
    return query if tag is None else query.where(Question.tags.any(Tag.name == tag))


def found(words: str) -> Select[QuestionLine]:
    """Questions with these words, as people type them: `coffee -tea "best habit"`."""
    return (
        select(QuestionLine)
        .where(Question.search.matches(words, config="english"))
        .order_by(Question.search.rank(words, config="english").desc(), Question.id)
    )


def card(question_id: int) -> Select[QuestionCard]:
    """One question."""
    return select(QuestionCard).where(Question.id == question_id)


def busiest_tags() -> Select[TagLine]:
    """The dashboard, as it was when it was refreshed last."""
    return select(TagLine).order_by(Dashboard.votes.desc())


async def ask(
    tx: AsyncTx, author: User, text: str, choices: list[str], tags: list[str]
) -> Question:
    """Ask a question; tags that nobody used before are made."""
    question = Question(author_id=author.id, text=text)
    await tx.insert(question)
    await tx.insert([Choice(question_id=question.id, text=choice) for choice in choices])
    about = [Tag(name=name) for name in tags]
    await tx.upsert(about, on=Tag.name, update=[Tag.name])  # whose keys come back either way
    await tx.insert([QuestionTag(question_id=question.id, tag_id=tag.id) for tag in about])
    return question


async def vote(tx: AsyncTx, user: User, choice: Choice) -> Choice:
    """Vote. Raises `UniqueViolation` if the user has voted on this question before."""
    await tx.insert(Vote(user_id=user.id, question_id=choice.question_id, choice_id=choice.id))
    await tx.change(choice, Choice.votes.to(Choice.votes + 1))
    return choice
