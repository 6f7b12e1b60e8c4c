"""The ORM's price above the bare driver, and its peers', in turn, in one process.

    python -m benches.orm [ROUNDS]

Eight jobs on the talk's tables. "Bare" is howdah's driver with rows as tuples, and for nested data
the two statements that somebody would write by hand. Printed are medians of client CPU, wall time
and the share of the bare driver's CPU; the bars are upper bounds of howdah's share. What is
inserted in bulk, objects or tuples, exists before the clock starts, but for the job that says
otherwise.
"""

# ruff: noqa: D102, ANN401 (the jobs are named in the table; peers have them in common, and no type)

from __future__ import annotations

import gc
import statistics
import sys
import time
from typing import Any

from django.db import connections
from sqlalchemy import func
from sqlalchemy import insert as sa_insert
from sqlalchemy import select as sa_select
from sqlalchemy.orm import Session, load_only, selectinload

import howdah
import howdah.server
from benches.orm_peers import Peewee, Piccolo, Tortoise
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

ROUNDS = 9
GETS, INSERTED, NESTED = 1_000, 10_000, 100
# of the bare driver's CPU; "lazy" of howdah's own "eager"; None: no bar
BARS: dict[str, float | None] = {
    "load": 1.2,
    "eager": 1.3,
    "lazy": 1.5,
    "gets": 1.4,
    "partial": 1.2,
    "insert": 1.5,
    "make": None,
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
    "insert": "bulk insert of 10,000 objects (bare: COPY of tuples)",
    "make": "making 10,000 objects and inserting them in bulk (bare: tuples)",
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

    def prepare(self) -> list[Any]:
        return [(f"answer {number}", number) for number in range(INSERTED)]

    def insert(self, rows: list[Any]) -> object:
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

    def prepare(self) -> list[Any]:
        return [Answer(text=f"answer {number}", votes=number) for number in range(INSERTED)]

    def insert(self, objects: list[Any]) -> None:
        self._db.insert(objects)

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

    def prepare(self) -> list[Any]:
        # rows, not objects: what its manual advises, and the quickest that it has
        return [{"text": f"answer {number}", "votes": number} for number in range(INSERTED)]

    def insert(self, rows: list[Any]) -> None:
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

    def prepare(self) -> list[Any]:
        return [DjangoAnswer(text=f"answer {number}", votes=number) for number in range(INSERTED)]

    def insert(self, objects: list[Any]) -> None:
        DjangoAnswer.objects.bulk_create(objects)

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
        kinds = (Bare, Howdah, Alchemy, Django, Peewee, Tortoise, Piccolo)
        peers = {kind.__name__: kind(server.url) for kind in kinds}
        taken = {job: in_turn(job, peers, rounds) for job in JOBS}
        for peer in peers.values():
            peer.close()
    return report(taken)


Cost = tuple[float, float]
"""Client CPU and wall time of a job, in seconds."""


def in_turn(job: str, peers: dict[str, Any], rounds: int) -> dict[str, Cost]:
    """The medians of what a job costs the peers."""
    costs: dict[str, list[Cost]] = {name: [] for name in peers}
    for _ in range(rounds + 1):  # the first is to warm up
        for name, peer in peers.items():
            gc.collect()
            costs[name].append(cost(peer, job))
    return {name: medians(found[1:]) for name, found in costs.items()}


def cost(peer: Any, job: str) -> Cost:
    """What a job costs a peer, once."""
    repeats = REPEATS.get(job, 1)
    given = (peer.prepare(),) if job == "insert" else ()
    work = (lambda: peer.insert(peer.prepare())) if job == "make" else getattr(peer, job)
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(repeats):
        work(*given)
    return (time.process_time() - cpu) / repeats, (time.perf_counter() - wall) / repeats


def medians(costs: list[Cost]) -> Cost:
    """The medians of both."""
    cpus, walls = zip(*costs, strict=True)
    return statistics.median(cpus), statistics.median(walls)


def report(taken: dict[str, dict[str, Cost]]) -> int:
    """Print all; 1 if a bar was missed."""
    missed = []
    for job, costs in taken.items():
        print(f"\n{JOBS[job]}")
        bare = costs["Bare"][0]
        for name, (cpu, wall) in costs.items():
            print(
                f"  {name:8} client CPU {cpu * 1e3:8.2f} ms  {cpu / bare:6.2f} x"
                f"   wall {wall * 1e3:8.2f} ms"
            )
        bar = BARS[job]
        if bar is None:
            continue
        share = costs["Howdah"][0] / (taken["eager"]["Howdah"][0] if job == "lazy" else bare)
        print(f"  {'held' if share <= bar else 'MISSED'}: {share:.2f} x, bar {bar:.2f}")
        if share > bar:
            missed.append(f"{job} {share:.2f} x, bar {bar:.2f}")
    print(f"\nmissed: {'; '.join(missed) or 'none'}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
