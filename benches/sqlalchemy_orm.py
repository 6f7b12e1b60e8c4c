"""SQLAlchemy's ORM on howdah, psycopg 3 and asyncpg, in turn, in one process.

    python -m benches.sqlalchemy_orm [ROUNDS]

Each job runs on an engine of each driver, first the blocking ones, then those of asyncio, on one
embedded server's database. Printed are the medians of wall time and client CPU; the bar is howdah
before psycopg 3 in both worlds.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import statistics
import sys
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, select
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import howdah.server

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    Job = Callable[[Session], object]

ROUNDS = 9
OBJECTS, GETS, INSERTED = 10_000, 1_000, 10_000
SYNC_PEERS = ("howdah", "psycopg")
ASYNC_PEERS = ("howdah_async", "psycopg_async", "asyncpg")
BEST_KNOWN = {"howdah": "psycopg", "howdah_async": "psycopg_async"}


class Base(DeclarativeBase):
    """The models' base."""


class Track(Base):
    """A row of ordinary types."""

    __tablename__ = "track"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    seconds: Mapped[int]
    rating: Mapped[float]
    price: Mapped[Decimal]
    released: Mapped[dt.date]
    live: Mapped[bool]
    tags: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Copy(Base):
    """What bulk inserts fill."""

    __tablename__ = "copy"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    seconds: Mapped[int]
    price: Mapped[Decimal]


def load(session: Session) -> object:
    """Read all objects."""
    return session.scalars(select(Track).where(Track.id <= OBJECTS)).all()


def gets(session: Session) -> object:
    """Read objects one by one, by primary key."""
    return [session.get(Track, number) for number in range(1, GETS + 1)]


def insert(session: Session) -> None:
    """Insert objects; their keys come back."""
    price = Decimal("9.99")
    session.add_all(
        Copy(title=f"track {number}", seconds=number, price=price) for number in range(INSERTED)
    )
    session.flush()


JOBS: dict[str, Job] = {
    f"load {OBJECTS:,} objects": load,
    f"{GETS:,} gets": gets,
    f"bulk insert of {INSERTED:,}": insert,
}


def main() -> int:
    """Measure and print; 1 if a bar was missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    for name in ("howdah", "howdah_async"):
        dialect = "HowdahAsyncDialect" if name.endswith("async") else "HowdahDialect"
        registry.register(f"postgresql.{name}", "howdah.integrations.sqlalchemy", dialect)
    with howdah.server.start() as server:
        prepare(server.url)
        missed = measure_sync(server.url, rounds)
        missed += asyncio.run(measure_async(server.url, rounds))
    return 1 if missed else 0


def address(url: str, driver: str) -> str:
    """The engine's URL."""
    return url.replace("postgresql:", f"postgresql+{driver}:", 1)


def prepare(url: str) -> None:
    """Make the tables and the rows to read."""
    engine = create_engine(address(url, "howdah"))
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add_all(
            Track(
                title=f"Track number {number}",
                seconds=number % 600,
                rating=number / 7,
                price=Decimal("1.99"),
                released=dt.date(2024, 5, 1),
                live=number % 2 == 0,
                tags={"mood": "calm", "plays": number},
            )
            for number in range(OBJECTS)
        )
    with engine.connect() as conn:
        conn.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("vacuum analyze")
    engine.dispose()


def measure_sync(url: str, rounds: int) -> int:
    """Run the jobs on blocking engines; answers the number of bars missed."""
    engines = {driver: create_engine(address(url, driver)) for driver in SYNC_PEERS}
    missed = 0
    for name, job in JOBS.items():
        samples: dict[str, list[tuple[float, float]]] = {driver: [] for driver in engines}
        for _ in range(rounds + 1):
            for driver, engine in engines.items():
                with Session(engine) as session:
                    samples[driver].append(timed(job, session))
        missed += report(name, samples)
    for engine in engines.values():
        engine.dispose()
    return missed


async def measure_async(url: str, rounds: int) -> int:
    """Run the jobs on asyncio engines; answers the number of bars missed."""
    engines = {driver: create_async_engine(address(url, driver)) for driver in ASYNC_PEERS}
    missed = 0
    for name, job in JOBS.items():
        samples: dict[str, list[tuple[float, float]]] = {driver: [] for driver in engines}
        for _ in range(rounds + 1):
            for driver, engine in engines.items():
                async with engine.connect() as connection:
                    samples[driver].append(await connection.run_sync(in_session, job))
                    await connection.rollback()
        missed += report(name, samples)
    for engine in engines.values():
        await engine.dispose()
    return missed


def in_session(connection: Connection, job: Job) -> tuple[float, float]:
    """Time a job in a session of its own, in the greenlet of an asyncio connection."""
    with Session(connection) as session:
        return timed(job, session)


def timed(job: Job, session: Session) -> tuple[float, float]:
    """Seconds of wall time and of client CPU."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    job(session)
    return time.perf_counter() - wall, time.process_time() - cpu


def report(name: str, samples: dict[str, list[tuple[float, float]]]) -> int:
    """Print the medians without the first round; answers 1 if howdah is not before psycopg."""
    print(f"\nSQLAlchemy ORM: {name}")
    medians = {}
    for driver, taken in samples.items():
        walls, cpus = zip(*taken[1:], strict=True)
        medians[driver] = wall, cpu = statistics.median(walls), statistics.median(cpus)
        print(f"  {driver:14} wall {wall * 1e3:8.1f} ms   client CPU {cpu * 1e3:8.1f} ms")
    ours = next(driver for driver in medians if driver in BEST_KNOWN)
    rival = medians[BEST_KNOWN[ours]]
    held = all(mine < other for mine, other in zip(medians[ours], rival, strict=True))
    shares = " and ".join(f"{m / o:.2f}" for m, o in zip(medians[ours], rival, strict=True))
    print(f"  {'held' if held else 'MISSED'}: {shares} of {BEST_KNOWN[ours]}")
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
