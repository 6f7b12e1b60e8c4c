"""The benchmark tables: 100,000 questions with 5 to 10 choices each, the same in every run.

The rows are made on the way into COPY, never held in memory.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from terminal import progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    import howdah

QUESTIONS = 100_000
FEWEST_CHOICES, MOST_CHOICES = 5, 10
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)

TABLES = """
create table question (
    id            int primary key,
    text          text not null,
    published_at  timestamptz not null
);

create table choice (
    id           int primary key,
    question_id  int not null,
    text         text not null,
    votes        int not null default 0 check (votes >= 0)
);
"""

# One check and one index for all rows together cost far less than for each row on its way in.
KEYS = """
create index on choice (question_id);
alter table choice add foreign key (question_id) references question on delete cascade;
"""


def create(conn: howdah.Connection, questions: int = QUESTIONS) -> int:
    """Make both tables and fill them, all in one transaction; answers the number of rows."""
    choices = sum(choices_of(number) for number in range(1, questions + 1))
    with conn.transaction():
        conn.cursor().execute(TABLES)
        loaded = conn.copy_rows(
            "question", progress(question_rows(questions), "question", questions)
        )
        loaded += conn.copy_rows("choice", progress(choice_rows(questions), "choice", choices))
        conn.cursor().execute(KEYS)
    conn.execute("vacuum analyze question, choice")
    return loaded


def question_rows(questions: int) -> Iterator[tuple[int, str, datetime]]:
    """Question by question."""
    for number in range(1, questions + 1):
        yield number, f"Question number {number}?", FIRST_DAY + timedelta(minutes=number)


def choice_rows(questions: int) -> Iterator[tuple[int, int, str, int]]:
    """Choice by choice, those of the first question first."""
    votes = random.Random(1)
    key = 0
    for question in range(1, questions + 1):
        for place in range(1, choices_of(question) + 1):
            key += 1
            yield key, question, f"Choice {place}", votes.randrange(1000)


def choices_of(question: int) -> int:
    """How many choices a question has: all numbers from 5 to 10 are equally common."""
    return FEWEST_CHOICES + question % (MOST_CHOICES - FEWEST_CHOICES + 1)
