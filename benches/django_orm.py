"""Django's ORM on howdah and on psycopg 3, in turn, in one process.

    python -m benches.django_orm [ROUNDS]

Each job runs on four aliases of one embedded server's database: both drivers, each with parameters
as literals (Django's default) and bound by the server (`server_side_binding`). Printed are the
medians of wall time and client CPU; the bar is howdah before psycopg 3 in both ways of binding.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings

import howdah.server

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 9
OBJECTS, GETS, INSERTED = 10_000, 1_000, 10_000
PEERS = {
    "howdah": ("howdah.django", False),
    "psycopg3": ("django.db.backends.postgresql", False),
    "howdah, bound": ("howdah.django", True),
    "psycopg3, bound": ("django.db.backends.postgresql", True),
}
RIVALS = (("howdah", "psycopg3"), ("howdah, bound", "psycopg3, bound"))


def main() -> int:
    """Measure and print; 1 if a bar was missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with howdah.server.start() as server:
        configure(server.url)
        jobs = prepare()
        missed = sum(report(name, measure(job, rounds)) for name, job in jobs.items())
        from django.db import connections

        connections.close_all()
    return 1 if missed else 0


def configure(url: str) -> None:
    """Set Django up with an alias for each peer."""
    parts = urllib.parse.urlsplit(url)
    common = {
        "NAME": parts.path.removeprefix("/"),
        "USER": urllib.parse.unquote(parts.username or ""),
        "PASSWORD": urllib.parse.unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": parts.port,
    }
    aliases = {
        alias: {"ENGINE": engine, **common, "OPTIONS": {"server_side_binding": bound}}
        for alias, (engine, bound) in PEERS.items()
    }
    settings.configure(DATABASES={"default": aliases["howdah"], **aliases}, USE_TZ=True)
    django.setup()


def prepare() -> dict[str, Callable[[str], object]]:
    """Make the tables and their rows; answers the jobs, each taking an alias."""
    from django.db import connections, models
    from django.utils import timezone

    class Track(models.Model):
        class Meta:
            app_label = "benches"

        id: Any = models.BigAutoField(primary_key=True)
        title: Any = models.CharField(max_length=200)
        seconds: Any = models.IntegerField()
        rating: Any = models.FloatField()
        price: Any = models.DecimalField(max_digits=8, decimal_places=2)
        released: Any = models.DateField()
        added: Any = models.DateTimeField()
        live: Any = models.BooleanField()
        tags: Any = models.JSONField()

    now = timezone.now()

    def tracks(count: int) -> list[Any]:
        return [
            Track(
                title=f"Track number {number}",
                seconds=number % 600,
                rating=number / 7,
                price="1.99",
                released=now.date(),
                added=now,
                live=number % 2 == 0,
                tags={"mood": "calm", "plays": number},
            )
            for number in range(count)
        ]

    with connections["howdah"].schema_editor() as editor:
        editor.create_model(Track)
    Track.objects.using("howdah").bulk_create(tracks(OBJECTS))
    keys = list(Track.objects.using("howdah").values_list("id", flat=True)[:GETS])

    def load(alias: str) -> object:
        return list(Track.objects.using(alias).filter(id__lte=OBJECTS))

    def gets(alias: str) -> object:
        return [Track.objects.using(alias).get(pk=key) for key in keys]

    def insert(alias: str) -> object:
        return Track.objects.using(alias).bulk_create(tracks(INSERTED))

    return {
        f"load {OBJECTS:,} objects": load,
        f"{GETS:,} gets": gets,
        f"bulk insert of {INSERTED:,}": insert,
    }


def measure(job: Callable[[str], object], rounds: int) -> dict[str, tuple[float, float]]:
    """Median seconds of wall time and client CPU by peer, after a round that does not count."""
    samples: dict[str, list[tuple[float, float]]] = {alias: [] for alias in PEERS}
    for round_number in range(rounds + 1):
        for alias in PEERS:
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            job(alias)
            taken = time.perf_counter() - wall, time.process_time() - cpu
            if round_number:
                samples[alias].append(taken)
    return {
        alias: (statistics.median(walls), statistics.median(cpus))
        for alias, (walls, cpus) in (
            (alias, zip(*taken, strict=True)) for alias, taken in samples.items()
        )
    }


def report(name: str, measured: dict[str, tuple[float, float]]) -> int:
    """Print one job; answers the number of bars missed."""
    print(f"\nDjango ORM: {name}")
    for alias, (wall, cpu) in measured.items():
        print(f"  {alias:18} wall {wall * 1e3:8.1f} ms   client CPU {cpu * 1e3:8.1f} ms")
    missed = 0
    for mine, theirs in RIVALS:
        for column, what in enumerate(("wall", "client CPU")):
            ratio = measured[mine][column] / measured[theirs][column]
            missed += ratio >= 1
            print(f"  {mine} / {theirs}, {what}: {ratio:.2f}   bar < 1")
    return missed


if __name__ == "__main__":
    sys.exit(main())
