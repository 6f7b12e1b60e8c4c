"""The beginner's program on howdah against the expert's on SQLAlchemy and Django.

    python -m benches.naive_vs_expert [ROUNDS]

Five tasks on the same tables, in turn, in one process. howdah's are written as somebody would on
the first day: loops, no plan for loading, whole objects. The peers' use what their manuals advise:
`selectinload`, `prefetch_related`, bulk inserts, partial loading. The bar is howdah first in every
task, by client CPU and by wall time.
"""

# ruff: noqa: D102 (the jobs are named in the table)

from __future__ import annotations

import gc
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

from django.db import connections, transaction
from sqlalchemy import func, insert
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

ROUNDS = 7
INSERTED = 10_000
GETS = 1_000


class Beginner:
    """howdah, as on the first day."""

    def __init__(self, url: str) -> None:
        self._connection = howdah.connect(url)
        self._db = Bound(self._connection)

    def count(self) -> object:
        return self._db.fetch(select(Question).count())

    def questions_with_choices(self) -> object:
        found = []
        for question in self._db.fetch(select(Question).limit(100)):
            for choice in question.choices:
                found.append((question.text, choice.text, choice.votes))  # noqa: PERF401
        return found

    def gets(self) -> object:
        return [self._db.get(Question, number).text for number in range(1, GETS + 1)]  # type: ignore[union-attr]

    def inserts(self) -> None:
        with self._db.tx() as tx:
            for number in range(INSERTED):
                tx.insert(Answer(text=f"answer {number}", votes=number))

    def two_columns(self) -> object:
        return {question.id: question.text for question in self._db.fetch(select(Question))}

    def close(self) -> None:
        self._connection.close()


class AlchemyExpert:
    """SQLAlchemy, as its manual advises."""

    def __init__(self, url: str) -> None:
        self._engine = alchemy_engine(url)
        self._session = Session(self._engine, expire_on_commit=False)

    def count(self) -> object:
        return self._session.scalar(sa_select(func.count()).select_from(AlchemyQuestion))

    def questions_with_choices(self) -> object:
        self._session.expunge_all()
        plan = sa_select(AlchemyQuestion).options(selectinload(AlchemyQuestion.choices)).limit(100)
        return [
            (question.text, choice.text, choice.votes)
            for question in self._session.scalars(plan)
            for choice in question.choices
        ]

    def gets(self) -> object:
        self._session.expunge_all()
        session = self._session
        return [session.get_one(AlchemyQuestion, number).text for number in range(1, GETS + 1)]

    def inserts(self) -> None:
        rows = [{"text": f"answer {number}", "votes": number} for number in range(INSERTED)]
        self._session.execute(insert(AlchemyAnswer), rows)
        self._session.commit()

    def two_columns(self) -> object:
        self._session.expunge_all()
        plan = sa_select(AlchemyQuestion).options(
            load_only(AlchemyQuestion.id, AlchemyQuestion.text)
        )
        return {question.id: question.text for question in self._session.scalars(plan)}

    def close(self) -> None:
        self._session.close()
        self._engine.dispose()


class DjangoExpert:
    """Django, as its manual advises."""

    def __init__(self, url: str) -> None:
        connect_django(url)

    def count(self) -> object:
        return DjangoQuestion.objects.count()

    def questions_with_choices(self) -> object:
        return [
            (question.text, choice.text, choice.votes)
            for question in DjangoQuestion.objects.prefetch_related("choices")[:100]
            for choice in question.choices.all()
        ]

    def gets(self) -> object:
        return [DjangoQuestion.objects.get(pk=number).text for number in range(1, GETS + 1)]

    def inserts(self) -> None:
        with transaction.atomic():
            DjangoAnswer.objects.bulk_create(
                DjangoAnswer(text=f"answer {number}", votes=number) for number in range(INSERTED)
            )

    def two_columns(self) -> object:
        return {
            question.id: question.text for question in DjangoQuestion.objects.only("id", "text")
        }

    def close(self) -> None:
        connections.close_all()


TASKS = ("count", "questions_with_choices", "gets", "inserts", "two_columns")


def main() -> int:
    """Measure and print; 1 if howdah was not first somewhere."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    missed = 0
    with howdah.server.start() as server:
        with howdah.connect(server.url) as conn:
            conn.execute(TABLES + ROWS)
            conn.execute("vacuum analyze")
        programs: dict[str, Any] = {
            "howdah, naive": Beginner(server.url),
            "SQLAlchemy, expert": AlchemyExpert(server.url),
            "Django, expert": DjangoExpert(server.url),
        }
        for task in TASKS:
            missed += compare(task, {n: getattr(it, task) for n, it in programs.items()}, rounds)
        for program in programs.values():
            program.close()
    return 1 if missed else 0


def compare(task: str, jobs: dict[str, Callable[[], object]], rounds: int) -> int:
    """Time the programs in turn; 1 if howdah was not first."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in jobs}
    for _ in range(rounds + 1):  # the first is to warm up
        for name, job in jobs.items():
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            job()
            cost = time.perf_counter() - wall, time.process_time() - cpu
            taken[name].append(cost)
    print(f"\n{task.replace('_', ' ')}")
    medians = {}
    for name, costs in taken.items():
        walls, cpus = zip(*costs[1:], strict=True)
        medians[name] = wall, cpu = statistics.median(walls), statistics.median(cpus)
        print(f"  {name:20} wall {wall * 1e3:8.2f} ms   client CPU {cpu * 1e3:8.2f} ms")
    (ours_wall, ours_cpu), *peers = medians.values()
    held = all(ours_wall < wall and ours_cpu < cpu for wall, cpu in peers)
    print("  held" if held else "  MISSED")
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
