"""Data of realistic size, the same in every run: users, tags, questions, choices, votes.

The rows are made on the way into COPY, never held in memory. A choice's `votes` says how many rows
of `vote` name it.
"""

# ruff: noqa: SIM905 (words read better as words)

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from howdah.orm import create_all
from howdah.orm.schema import refresh
from polls import models
from terminal import progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    import howdah

QUESTIONS = 25_000
USERS = 10_000
FEWEST_CHOICES, MOST_CHOICES = 5, 10
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
BETWEEN_QUESTIONS = timedelta(minutes=20)

FIRST_NAMES = (
    "Ada Bo Cleo Dan Eve Finn Gus Hana Ida Jo Kai Lea Mo Nia Oz Pia Quinn Rui Sol Uma"
).split()
LAST_NAMES = (
    "Abel Berg Cruz Diaz Eriksen Fox Gray Haas Ito Jansen Kim Lang Moss Nagy Okoye Park"
).split()
TAGS = (
    "animals art books cities coffee cooking databases elephants films football gardens history "
    "languages mountains music networks physics programming rivers sailing sleep space tea trains"
).split()
ADJECTIVES = (
    "best oldest strangest quietest fastest smallest loudest finest slowest bravest"
).split()
NOUNS = "story habit place tool lesson surprise beginning mistake idea song animal recipe".split()
VERBS = "remember recommend avoid keep teach repeat measure forget draw explain".split()

NUMBERED = ("user", "tag", "question", "choice")


class Ballot(NamedTuple):
    """A question, as its number decides it."""

    question: int
    first_choice: int
    tags: tuple[int, ...]
    votes: list[int]
    """How many, choice by choice."""
    first_voter: int


def create(conn: howdah.Connection, questions: int = QUESTIONS, users: int = USERS) -> int:
    """Make everything in `models` and fill it, in one transaction; answers the number of rows.

    Takes a superuser, as whom an embedded server's URL connects.
    """
    with conn.transaction():
        create_all(conn, models)
        # the rows are known to fit each other: looking up every foreign key doubles the time
        conn.execute("set local session_replication_role = replica")
        loaded = fill(conn, questions, users)
        for table in NUMBERED:
            conn.fetch(
                f"select setval(pg_get_serial_sequence('\"{table}\"', 'id'), max(id)) "
                f'from "{table}"'
            )
        refresh(conn, models.Dashboard)
    conn.execute("vacuum analyze")
    return loaded


def fill(conn: howdah.Connection, questions: int, users: int) -> int:
    """Copy the rows of every table; answers how many there are."""
    tables = {
        "user": (user_rows(users), users),
        "tag": (enumerate(TAGS, 1), len(TAGS)),
        "question": (question_rows(questions, users), questions),
        "question_tag": (question_tag_rows(questions, users), questions * 2),
        "choice": (choice_rows(questions, users), questions * 8),
        "vote": (vote_rows(questions, users), questions * 8),
    }
    return sum(
        conn.copy_rows(table, progress(rows, table, expected))
        for table, (rows, expected) in tables.items()
    )


def user_rows(users: int) -> Iterator[tuple[Any, ...]]:
    """User by user."""
    for number in range(1, users + 1):
        first = FIRST_NAMES[number % len(FIRST_NAMES)]
        last = LAST_NAMES[number // len(FIRST_NAMES) % len(LAST_NAMES)]
        theme = "dark" if number % 3 == 0 else "light"
        preferences = {"theme": theme, "mails": number % 5 > 0, "hidden_tags": []}
        email = f"{first}.{last}.{number}@example.org".lower()
        yield number, f"{first} {last}", email, FIRST_DAY, preferences


def question_rows(questions: int, users: int) -> Iterator[tuple[Any, ...]]:
    """Question by question."""
    for number in range(1, questions + 1):
        published = FIRST_DAY + number * BETWEEN_QUESTIONS
        closes = published + timedelta(days=30) if number % 4 == 0 else None
        yield number, 1 + number * 7 % users, text_of(number), published, closes


def text_of(number: int) -> str:
    """What a question asks; the number makes it different from the others."""
    adjective = ADJECTIVES[number % len(ADJECTIVES)]
    noun = NOUNS[number // 3 % len(NOUNS)]
    verb = VERBS[number // 7 % len(VERBS)]
    topic = TAGS[number % len(TAGS)]
    return f"Question {number}: which {adjective} {noun} about {topic} would you {verb}?"


def question_tag_rows(questions: int, users: int) -> Iterator[tuple[int, int]]:
    """Tag by tag, question by question."""
    for ballot in ballots(questions, users):
        for tag in ballot.tags:
            yield ballot.question, tag


def choice_rows(questions: int, users: int) -> Iterator[tuple[int, int, str, int]]:
    """Choice by choice, those of the first question first."""
    for ballot in ballots(questions, users):
        for place, votes in enumerate(ballot.votes):
            yield ballot.first_choice + place, ballot.question, f"Choice {place + 1}", votes


def vote_rows(questions: int, users: int) -> Iterator[tuple[int, int, int, datetime]]:
    """Vote by vote; each of a question's voters is another user."""
    for ballot in ballots(questions, users):
        published = FIRST_DAY + ballot.question * BETWEEN_QUESTIONS
        voter = ballot.first_voter
        for place, votes in enumerate(ballot.votes):
            for _ in range(votes):
                voter = voter % users + 1
                at = published + timedelta(minutes=voter)
                yield voter, ballot.question, ballot.first_choice + place, at


def ballots(questions: int, users: int) -> Iterator[Ballot]:
    """What the questions are about, and how their votes fell: few questions have many votes."""
    chance = random.Random(1)
    first_choice = 1
    most = users // (2 * MOST_CHOICES)
    for question in range(1, questions + 1):
        choices = choices_of(question)
        scale = chance.paretovariate(1.5)
        votes = [min(int(chance.random() * scale), most) for _ in range(choices)]
        tags = {1 + question % len(TAGS), 1 + chance.randrange(len(TAGS))}
        yield Ballot(question, first_choice, tuple(tags), votes, chance.randrange(users))
        first_choice += choices


def choices_of(question: int) -> int:
    """How many choices a question has: all numbers from 5 to 10 are equally common."""
    return FEWEST_CHOICES + question % (MOST_CHOICES - FEWEST_CHOICES + 1)
