"""Migrations under load: how long a program's statements wait, with howdah's plan and without.

Starts a server of its own, and for each scenario a writer and a reader whose statements take about
a millisecond, and a transaction that holds its locks for a while, as programs do. The change is
made once as `howdah migrate make` plans it, once as the plain statements. Fails where a statement
of the program waits longer than 100 ms beyond the lock timeout. With `--repeat` all of it is done
so often, and the median of the longest waits is told beside the longest of all.

    python -m benches.migrations [--rows N] [--only WORD] [--repeat N] [--json]
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import howdah
import howdah.server
from howdah import migrations
from howdah._connecting import with_database
from howdah.migrations import Settings, _building, _making

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK_TIMEOUT_SECONDS = 0.1
ALLOWED_SECONDS = LOCK_TIMEOUT_SECONDS + 0.1
HELD_SECONDS = 1.5
NUMBERS = itertools.count(1)

SETUP = """
    create type mood as enum ('sad', 'happy');
    create table shop (id int primary key);
    insert into shop select generate_series(1, 100);
    create table book (
        id bigint generated always as identity primary key,
        shop_id int not null default 1,
        title varchar(40) not null,
        isbn text,
        price numeric not null default 1,
        stock int not null default 0,
        old text,
        mood mood,
        constraint price_is_positive check (price > 0)
    );
    create index book_stock on book (stock);
    insert into book (title, isbn, shop_id)
        select 'book ' || n, 'isbn ' || n, n % 100 + 1 from generate_series(1, {rows}) n;
    create function touched() returns trigger language plpgsql as $$ begin return new; end $$;
    create view cheap as select id, price from book where price < 5;
    create table event (id bigint generated always as identity, day int not null, note text,
        primary key (id, day)) partition by range (day);
    create table event_first partition of event for values from (0) to (1000);
    insert into event (day, note) select n % 1000, 'x' from generate_series(1, 50000) n;
    vacuum analyze book;
    vacuum analyze event;
"""

# fmt: off
SCENARIOS: dict[str, str] = {
    "a column that may be null": "alter table book add column note text",
    "a column with a constant default": "alter table book add column n int not null default 7",
    "a column with a volatile default":
        "alter table book add column token uuid not null default gen_random_uuid()",
    "not null": "alter table book alter column isbn set not null",
    "no longer not null": "alter table book alter column price drop not null",
    "a check": "alter table book add constraint stock_is_there check (stock >= 0)",
    "no check": "alter table book drop constraint price_is_positive",
    "a foreign key":
        "alter table book add constraint book_shop_fkey foreign key (shop_id) references shop",
    "an index": "create index book_isbn on book (isbn)",
    "a unique index": "create unique index book_isbn on book (isbn)",
    "a unique constraint": "alter table book add constraint book_isbn_key unique (isbn)",
    "no index": "drop index book_stock",
    "no column": "alter table book drop column old",
    "a default": "alter table book alter column stock set default 5",
    "another type": "alter table book alter column stock type bigint",
    "a longer text": "alter table book alter column title type varchar(80)",
    "a text without a limit": "alter table book alter column title type text",
    "a trigger":
        "create trigger touch before update on book for each row execute function touched()",
    "a label of an enum": "alter type mood add value 'calm'",
    "a view": "create or replace view cheap as select id, price, stock from book where price < 5",
    "a table that refers": "create table sale (book_id bigint references book (id), at date)",
    "a partial index": "create index book_cheap on book (price) where price < 5",
    "a partition": "create table event_next partition of event for values from (1000) to (2000)",
    "statistics": "alter table book alter column isbn set statistics 500",
}
# fmt: on

# what a program runs meanwhile
PROGRAM = (
    "update book set price = price + 1 where id = $1 returning id",
    "select title, price from book where id = $1",
    "update event set note = 'y' where id = $1 and day < 1000 returning id",
    "select count(note) from event where id = $1",
)
HELD = "select (select count(*) from book where id < 100), (select count(*) from event)"


@dataclass
class Waits:
    """How long statements of a program took."""

    longest: float = 0.0
    count: int = 0
    errors: list[str] = field(default_factory=list)


def main() -> int:
    """Run the scenarios; 1 if one of them misses the bar."""
    arguments = parsed()
    missed = 0
    results = []
    with howdah.server.start() as server:
        for name, naive in SCENARIOS.items():
            if arguments.only and arguments.only not in name:
                continue
            runs = [scenario(server.url, naive, arguments.rows) for _ in range(arguments.repeat)]
            result = summary(name, runs)
            missed += result["planned"]["longest"] > ALLOWED_SECONDS
            results.append(result)
            print(line(result), file=sys.stderr, flush=True)
    if arguments.json:
        print(json.dumps(results, indent=2))
    print(f"{len(results) - missed} of {len(results)} below {ALLOWED_SECONDS * 1000:.0f} ms")
    return 1 if missed else 0


def summary(name: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The longest waits of all runs, in seconds: the median, and the longest."""
    waits = {
        way: {
            "median": statistics.median(it[way] for it in runs),
            "longest": max(it[way] for it in runs),
        }
        for way in ("planned", "plain")
    }
    return {"scenario": name, "steps": runs[0]["steps"], **waits}


def line(result: dict[str, Any]) -> str:
    """One line of the table."""
    told = [
        f"{way} {result[way]['median'] * 1000:6.0f} {result[way]['longest'] * 1000:6.0f} ms"
        for way in ("planned", "plain")
    ]
    return f"{result['scenario']:36} {'   '.join(told)}   {result['steps']} steps"


def parsed() -> argparse.Namespace:
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def scenario(server: str, naive: str, rows: int) -> dict[str, Any]:
    """The longest wait of a statement: with the plan, and with the plain statement."""
    with database(server, rows) as url, tempfile.TemporaryDirectory() as folder:
        settings = Settings(root=Path(folder), url=url, lock_timeout=LOCK_TIMEOUT_SECONDS)
        steps = write_plan(server, url, naive, settings.path)
        with load(url) as planned:
            migrations.up(settings=settings)
    with database(server, rows) as url, load(url) as plain, howdah.connect(url) as conn:
        conn.execute(naive)
    problems = planned.errors + plain.errors
    if problems:
        raise SystemExit(f"the program broke: {problems[0]}")
    return {"planned": planned.longest, "plain": plain.longest, "steps": steps}


def write_plan(server: str, url: str, naive: str, folder: Path) -> int:
    """The migration that makes what the plain statement makes; the number of its steps."""
    with database(server, 1) as after:
        with howdah.connect(after) as conn:
            conn.execute(naive)
            version = conn.server_version
        choices = _making.Choices(allow_drop=True, ask=safest)
        plan = _making.planned(
            _building.read(url), _building.read(after), {"server_version": version}, choices
        )
    if not plan["steps"]:
        raise SystemExit(f"no plan for `{naive}`: {plan['refused']}")
    text = _making.written(plan["steps"], [], major=version // 10_000)
    _making.Made("0001_change.sql", text).write(folder)
    return len(plan["steps"])


def safest(question: dict[str, Any]) -> str:
    """The answer that takes several deploys, or needs no value; the first where there is none."""
    answers = [str(it["answer"]) for it in question["answers"]]
    return next((it for it in ("expand", "filled") if it in answers), answers[0])


@contextlib.contextmanager
def database(server: str, rows: int) -> Iterator[str]:
    """A database with the tables of the scenarios."""
    with howdah.connect(server) as admin:
        name = f"bench_{next(NUMBERS)}"
        admin.execute(f"create database {name}")
        url = with_database(server, name)
        try:
            with howdah.connect(url) as conn:
                for statement in SETUP.format(rows=rows).split(";\n"):
                    if statement.strip():
                        conn.execute(statement)
            yield url
        finally:
            admin.execute(f"drop database {name} with (force)")


@contextlib.contextmanager
def load(url: str) -> Iterator[Waits]:
    """A writer and a reader, and a transaction that holds its locks for a while."""
    waits, stop = Waits(), threading.Event()
    threads = [threading.Thread(target=hammer, args=(url, query, waits, stop)) for query in PROGRAM]
    for thread in threads:
        thread.start()
    holder = howdah.connect(url)
    holder.execute("begin")
    holder.execute(HELD)
    threads.append(threading.Thread(target=let_go, args=(holder,)))
    threads[-1].start()
    try:
        yield waits
    finally:
        time.sleep(0.2)
        stop.set()
        for thread in threads:
            thread.join()


def let_go(holder: howdah.Connection) -> None:
    """End the transaction after a while."""
    time.sleep(HELD_SECONDS)
    holder.execute("commit")
    holder.close()


def hammer(url: str, query: str, waits: Waits, stop: threading.Event) -> None:
    """Run a statement again and again."""
    number = 0
    with howdah.connect(url) as conn:
        while not stop.is_set():
            number += 1
            begun = time.perf_counter()
            try:
                conn.fetch(query, number % 1000 + 1)
            except howdah.Error as error:
                waits.errors.append(f"{query}: {error}")
                return
            spent = time.perf_counter() - begun
            waits.longest = max(waits.longest, spent)
            waits.count += 1
            stop.wait(0.001)


if __name__ == "__main__":
    sys.exit(main())
