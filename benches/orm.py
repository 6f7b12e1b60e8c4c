"""The ORM's price above the bare driver, and its peers', in turn, in one process.

    python -m benches.orm [ROUNDS]

Seven jobs on the talk's tables. "bare" is howdah's driver with rows as tuples, and for nested data
the two statements that somebody would write by hand. Printed are medians of client CPU, wall time
and the share of the bare driver's CPU; the bars are upper bounds of howdah's share.
"""

# ruff: noqa: D102 (the jobs are named in the table)

from __future__ import annotations

import gc
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

from django.db import connections
from sqlalchemy import func
from sqlalchemy import insert as sa_insert
from sqlalchemy import select as sa_select
from sqlalchemy.orm import Session, load_only, selectinload

import howdah
import howdah.server
from benches.polls_models import (
    ROWS,
    TABLES,
    AlchemyAnswer,
    AlchemyQuestion,
    Answer,
    DjangoAnswer,
    DjangoQuestion,
    Question,
    alchemy_engine,
    connect_django,
)
from howdah.orm import Bound, select

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 9
GETS, INSERTED, NESTED = 1_000, 10_000, 100
BARS = {
    "load": 1.2,
    "eager": 1.3,
    "lazy": 1.5 * 1.3,
    "gets": 1.4,
    "partial": 1.2,
    "insert": 1.5,
    "count": 1.3,
}
# short jobs are timed several at once
REPEATS = {"count": 50, "eager": 20, "lazy": 20}
JOBS = {
    "load": "10,000 objects",
    "eager": "100 questions with all choices, planned",
    "lazy": "100 questions with all choices, a naive loop",
    "gets": "1,000 gets by key",
    "partial": "two columns of 10,000 objects",
    "insert": "bulk insert of 10,000",
    "count": "count",
}


class Bare:
    """The driver alone."""

    def __init__(self, url: str) -> None:
        self._conn = howdah.connect(url)

    def load(self) -> object:
        return self._conn.fetch("select id, text, author, published_at from question", row=tuple)

    def eager(self) -> object:
        fetch = self._conn.fetch
        questions = fetch(
            "select id, text, author, published_at from question order by id limit $1",
            NESTED,
            row=tuple,
        )
        keys = [question[0] for question in questions]
        choices: dict[int, list[Any]] = {key: [] for key in keys}
        for choice in fetch(
            "select id, question_id, text, votes from choice where question_id = any ($1) "
            "order by id",
            keys,
            row=tuple,
        ):
            choices[choice[1]].append(choice)
        return [(q[1], c[2], c[3]) for q in questions for c in choices[q[0]]]

    lazy = eager

    def gets(self) -> object:
        get = self._conn.fetch_one
        sql = "select id, text, author, published_at from question where id = $1"
        return [get(sql, key, row=tuple) for key in range(1, GETS + 1)]

    def partial(self) -> object:
        return self._conn.fetch("select id, text from question", row=tuple)

    def insert(self) -> object:
        rows = [(f"answer {number}", number) for number in range(INSERTED)]
        return self._conn.copy_rows("answer", rows, columns=("text", "votes"))

    def count(self) -> object:
        return self._conn.fetch_value("select count(*) from question")

    def close(self) -> None:
        self._conn.close()


class Howdah:
    """howdah's ORM."""

    def __init__(self, url: str) -> None:
        self._conn = howdah.connect(url)
        self._db = Bound(self._conn)

    def load(self) -> object:
        return self._db.fetch(select(Question))

    def eager(self) -> object:
        query = select(Question).order_by(Question.id).limit(NESTED).load(Question.choices)
        return [(q.text, c.text, c.votes) for q in self._db.fetch(query) for c in q.choices]

    def lazy(self) -> object:
        query = select(Question).order_by(Question.id).limit(NESTED)
        return [(q.text, c.text, c.votes) for q in self._db.fetch(query) for c in q.choices]

    def gets(self) -> object:
        return [self._db.get(Question, key) for key in range(1, GETS + 1)]

    def partial(self) -> object:
        return self._db.fetch(select(Question).only(Question.id, Question.text))

    def insert(self) -> None:
        self._db.insert(
            [Answer(text=f"answer {number}", votes=number) for number in range(INSERTED)],
            returning=False,
        )

    def count(self) -> object:
        return self._db.fetch(select(Question).count())

    def close(self) -> None:
        self._conn.close()


class Alchemy:
    """SQLAlchemy on psycopg 3."""

    def __init__(self, url: str) -> None:
        self._engine = alchemy_engine(url)
        self._session = Session(self._engine, expire_on_commit=False)

    def _fresh(self) -> Session:
        self._session.expunge_all()
        return self._session

    def load(self) -> object:
        return self._fresh().scalars(sa_select(AlchemyQuestion)).all()

    def eager(self) -> object:
        plan = sa_select(AlchemyQuestion).order_by(AlchemyQuestion.id).limit(NESTED)
        plan = plan.options(selectinload(AlchemyQuestion.choices))
        found = self._fresh().scalars(plan)
        return [(q.text, c.text, c.votes) for q in found for c in q.choices]

    def lazy(self) -> object:
        plan = sa_select(AlchemyQuestion).order_by(AlchemyQuestion.id).limit(NESTED)
        return [(q.text, c.text, c.votes) for q in self._fresh().scalars(plan) for c in q.choices]

    def gets(self) -> object:
        session = self._fresh()
        return [session.get(AlchemyQuestion, key) for key in range(1, GETS + 1)]

    def partial(self) -> object:
        plan = load_only(AlchemyQuestion.id, AlchemyQuestion.text)
        return self._fresh().scalars(sa_select(AlchemyQuestion).options(plan)).all()

    def insert(self) -> None:
        rows = [{"text": f"answer {number}", "votes": number} for number in range(INSERTED)]
        self._session.execute(sa_insert(AlchemyAnswer), rows)
        self._session.commit()

    def count(self) -> object:
        return self._session.scalar(sa_select(func.count()).select_from(AlchemyQuestion))

    def close(self) -> None:
        self._session.close()
        self._engine.dispose()


class Django:
    """Django on psycopg 3."""

    def __init__(self, url: str) -> None:
        connect_django(url)

    def load(self) -> object:
        return list(DjangoQuestion.objects.all())

    def eager(self) -> object:
        found = DjangoQuestion.objects.order_by("id").prefetch_related("choices")[:NESTED]
        return [(q.text, c.text, c.votes) for q in found for c in q.choices.all()]

    def lazy(self) -> object:
        found = DjangoQuestion.objects.order_by("id")[:NESTED]
        return [(q.text, c.text, c.votes) for q in found for c in q.choices.all()]

    def gets(self) -> object:
        return [DjangoQuestion.objects.get(pk=key) for key in range(1, GETS + 1)]

    def partial(self) -> object:
        return list(DjangoQuestion.objects.only("id", "text"))

    def insert(self) -> None:
        DjangoAnswer.objects.bulk_create(
            DjangoAnswer(text=f"answer {number}", votes=number) for number in range(INSERTED)
        )

    def count(self) -> object:
        return DjangoQuestion.objects.count()

    def close(self) -> None:
        connections.close_all()


def main() -> int:
    """Measure and print; 1 if a bar was missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with howdah.server.start() as server:
        with howdah.connect(server.url) as conn:
            conn.execute(TABLES + ROWS)
            conn.execute("vacuum analyze")
        peers = {peer.__name__: peer(server.url) for peer in (Bare, Howdah, Alchemy, Django)}
        missed = sum(
            compare(job, {name: getattr(peer, job) for name, peer in peers.items()}, rounds)
            for job in JOBS
        )
        for peer in peers.values():
            peer.close()
    return 1 if missed else 0


def compare(job: str, asks: dict[str, Callable[[], object]], rounds: int) -> int:
    """Time the peers in turn; 1 if howdah's share is above the bar."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in asks}
    repeats = REPEATS.get(job, 1)
    for _ in range(rounds + 1):  # the first is to warm up
        for name, ask in asks.items():
            gc.collect()
            cpu, wall = time.process_time(), time.perf_counter()
            for _ in range(repeats):
                ask()
            cost = time.process_time() - cpu, time.perf_counter() - wall
            taken[name].append(cost)
    print(f"\n{JOBS[job]}")
    bare = statistics.median(cpu for cpu, _ in taken["Bare"][1:])
    for name, costs in taken.items():
        cpus, walls = zip(*costs[1:], strict=True)
        cpu, wall = statistics.median(cpus) / repeats, statistics.median(walls) / repeats
        share = cpu * repeats / bare
        print(
            f"  {name:8} client CPU {cpu * 1e3:8.2f} ms  {share:5.2f} x   wall {wall * 1e3:8.2f} ms"
        )
    ours = statistics.median(cpu for cpu, _ in taken["Howdah"][1:]) / bare
    print(f"  {'held' if ours <= BARS[job] else 'MISSED'}: {ours:.2f} x, bar {BARS[job]:.2f}")
    return int(ours > BARS[job])


if __name__ == "__main__":
    sys.exit(main())
