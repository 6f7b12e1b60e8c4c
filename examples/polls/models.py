"""What there is: users ask questions, which have choices and tags; users vote for choices."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from howdah.orm import (
    Col,
    Many,
    Model,
    One,
    TsVector,
    col,
    count,
    generated,
    identity,
    many,
    one,
    references,
    select,
)
from howdah.orm.functions import max_, sum_
from howdah.orm.schema import check, foreign_key, index, sql, unique


@dataclass
class Preferences:
    """What a user has chosen; kept as `jsonb`."""

    theme: str = "light"
    mails: bool = True
    hidden_tags: list[str] = field(default_factory=list)


class User(Model, comment="people who ask and vote"):
    """Somebody who asks and votes."""

    id: Col[int] = identity()
    name: Col[str]
    email: Col[str] = col(unique=True, check="email ~ '@'")
    joined_at: Col[dt.datetime] = col(default=sql("now()"))
    preferences: Col[Preferences] = col(default=Preferences())
    questions: Many[Question] = many()
    votes: Many[Vote] = many()


class Tag(Model):
    """What questions are about."""

    id: Col[int] = identity()
    name: Col[str] = col(unique=True)
    questions: Many[Question] = many(through=lambda: QuestionTag)


class Question(
    Model,
    declare=[
        index("search", using="gin"),
        index("published_at", "id"),
        check("closes_at > published_at", name="question_closes_after_it_opens"),
    ],
):
    """A question with its choices."""

    id: Col[int] = identity()
    author_id: Col[int] = references(lambda: User.id, on_delete="cascade")
    text: Col[str] = col(check="length(text) between 1 and 500")
    published_at: Col[dt.datetime] = col(default=sql("now()"))
    closes_at: Col[dt.datetime | None] = col(default=None)
    search: Col[TsVector] = generated("to_tsvector('english', text)")
    author: One[User] = one()
    choices: Many[Choice] = many(order_by=lambda: Choice.id)
    tags: Many[Tag] = many(through=lambda: QuestionTag, order_by=lambda: Tag.name)


class QuestionTag(Model, primary_key=("question_id", "tag_id")):
    """Which question is about what."""

    question_id: Col[int] = references(lambda: Question.id, on_delete="cascade", index=False)
    tag_id: Col[int] = references(lambda: Tag.id, on_delete="cascade")


class Choice(
    Model,
    # what a vote's foreign key names, so that nobody votes for another question's choice
    declare=[unique("question_id", "id"), unique("question_id", "text")],
):
    """One of the answers that a question offers."""

    id: Col[int] = identity()
    question_id: Col[int] = references(lambda: Question.id, on_delete="cascade", index=False)
    text: Col[str] = col(check="length(text) between 1 and 200")
    votes: Col[int] = col(default=0, check=lambda column: column >= 0)
    question: One[Question] = one()


class Vote(
    Model,
    primary_key=("user_id", "question_id"),  # one vote for each question
    declare=[
        foreign_key(
            ("question_id", "choice_id"),
            lambda: (Choice.question_id, Choice.id),
            on_delete="cascade",
        ),
    ],
):
    """Which choice a user voted for."""

    user_id: Col[int] = references(lambda: User.id, on_delete="cascade", index=False)
    question_id: Col[int]
    choice_id: Col[int] = references(lambda: Choice.id, on_delete="cascade")
    at: Col[dt.datetime] = col(default=sql("now()"))
    user: One[User] = one()
    choice: One[Choice] = one()


class Dashboard(
    Model,
    view=lambda: (
        select(
            Tag.name.label("tag"),
            count(Question.id, distinct=True).label("questions"),
            sum_(Choice.votes).cast(int).label("votes"),
            max_(Question.published_at).label("last_asked_at"),
        )
        .join(Tag.questions)
        .join(Question.choices)
        .group_by(Tag.name)
    ),
    materialized=True,
    declare=[index("tag", unique=True)],
):
    """What each tag amounts to. Materialized: `howdah.orm.schema.refresh` computes it again."""

    tag: Col[str]
    questions: Col[int]
    votes: Col[int]
    last_asked_at: Col[dt.datetime]


TABLES = (User, Tag, Question, QuestionTag, Choice, Vote)
