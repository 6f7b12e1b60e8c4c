"""Hand-made models for the tests of the native half: classes with slots, and their layouts.

No IO. `howdah.orm` makes such classes from annotations; here the slots are written by hand.
"""

from __future__ import annotations

from typing import Any

from howdah import _native

TABLES = """
    create table question (id bigint primary key, text text, votes int not null, author_id int);
    create table choice (id bigint primary key, question_id bigint, text text not null);
    insert into question
    select n, nullif('question ' || n, 'question 3'), n * 10, n % 2 from generate_series(1, 5) n;
    insert into choice select n, (n + 1) / 2, 'choice ' || n from generate_series(1, 8) n
"""


class Question(_native.Instance):
    """A model with four columns and a relation."""

    __slots__ = ("author_id", "choices", "id", "text", "votes")

    id: Any
    text: Any
    votes: Any
    author_id: Any
    choices: Any


class Choice(_native.Instance):
    """A model with three columns and a relation back."""

    __slots__ = ("id", "question", "question_id", "text")

    id: Any
    question_id: Any
    text: Any
    question: Any


QUESTION = _native.Layout(Question, ["id", "text", "votes", "author_id"], ["choices"])
CHOICE = _native.Layout(Choice, ["id", "question_id", "text"], ["question"])

QUESTIONS = "select id, text, votes, author_id from question order by id"
CHOICES = "select id, question_id, text from choice order by id"


def questions() -> _native.Hydration:
    """What makes a `Question` of each row of `QUESTIONS`."""
    return _native.Hydration([_native.Entity(QUESTION, QUESTION.columns)], "one")


def choices() -> _native.Hydration:
    """What makes a `Choice` of each row of `CHOICES`."""
    return _native.Hydration([_native.Entity(CHOICE, CHOICE.columns)], "one")
