"""howdah in a minute: `make demo`, or `python examples/demo.py [FOLDER]`.

Starts a PostgreSQL server of its own, loads the Chinook music shop and the example application
`polls`, asks both some questions, sync and async, and shows what the same answer costs when it is
asked badly, what a loop costs that cannot be written badly, and what a change of the schema would
do to whoever uses the tables meanwhile.
Everything lives in the folder, `.howdah/` if none is given; the second run finds it there.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import howdah
import howdah.server
import music_shop
from howdah.orm import Bound, select
from meter import SERVER_SETTINGS, Cost, Meter
from polls import queries, seed
from polls.models import Question
from terminal import heading, seconds, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

HOME = Path(sys.argv[1] if sys.argv[1:] else Path(__file__).parent.parent / ".howdah")
DATABASE = "howdah_demo"
INSERTED = 20_000
INSERTED_SINGLY = 2_000  # slow enough to show

ARTISTS_BY_REVENUE = """
    select artist.name as artist, sum(line.unit_price * line.quantity) as revenue,
           count(*) as tracks_sold
    from invoice_line line
    join track on track.id = line.track_id
    join album on album.id = track.album_id
    join artist on artist.id = album.artist_id
    group by artist.id
    order by revenue desc, artist
    limit $1
"""
LONGEST_PLAYLISTS = """
    select playlist.id, playlist.name, count(*) as tracks, sum(track.duration) as duration
    from playlist
    join playlist_track entry on entry.playlist_id = playlist.id
    join track on track.id = entry.track_id
    group by playlist.id
    order by duration desc, playlist.id
    limit $1
"""
COUNTRIES = """
    select customer.country, count(distinct customer.id) as customers,
           count(*) as invoices, sum(invoice.total) as revenue
    from customer join invoice on invoice.customer_id = customer.id
    group by customer.country
    order by revenue desc, country
    limit $1
"""
GENRES = """
    select genre.name as genre, sum(line.quantity) as sold
    from invoice_line line
    join track on track.id = line.track_id
    join genre on genre.id = track.genre_id
    group by genre.id
    order by sold desc
    limit $1
"""

CHOICES_OF = "select text from choice where question_id = $1 order by id"
QUESTIONS_WITH_CHOICES = """
    select question.text as question, choice.text
    from (select * from question order by id limit 100) question
    join choice on choice.question_id = question.id
    order by choice.id
"""

NAIVE_LOOP = """
    for question in db.fetch(select(Question).order_by(Question.id).limit(100)):
        for choice in question.choices:
            print(question.text, choice.text)
"""

CHANGE = """\
alter table choice add column token uuid default gen_random_uuid();
create index on choice (text);
"""


@dataclass
class Playlist:
    """A row of `LONGEST_PLAYLISTS`: fields are the query's columns."""

    id: int
    name: str
    tracks: int
    duration: timedelta


def main() -> None:
    """Run all parts."""
    heading("A server")
    started = time.perf_counter()
    with start_server() as server, howdah.connect(server.url) as admin:
        version = admin.fetch_value("show server_version")
        print(f"  PostgreSQL {version} answers after {seconds(time.perf_counter() - started)}")
        make_database(admin)
        run_parts(server.url, Meter(admin, DATABASE))


def start_server() -> howdah.server.Server:
    """The demo's own server, which keeps its data unless root's account for it cannot get there."""
    try:
        return howdah.server.start(HOME / "demo", settings=SERVER_SETTINGS)
    except howdah.server.ServerError as error:
        if error.kind != "account":
            raise
        print(f"  {error.message}: the data will not be kept")
        return howdah.server.start(settings=SERVER_SETTINGS)


def run_parts(url: str, meter: Meter) -> None:
    """Load, ask, and count the costs, on one connection and a pool."""
    with howdah.connect(url, dbname=DATABASE) as conn:
        load(conn)
        ask(conn)
        asyncio.run(ask_at_once(url))
        count(conn, meter)
        one_query_or_many(conn, meter)
        naive_loop(conn, meter)
        insert(conn, meter)
        conn.execute("analyze")
    lint(url)


def make_database(admin: howdah.Connection) -> None:
    """Create the demo's database unless an earlier run did."""
    if admin.fetch_one("select from pg_database where datname = $1", DATABASE) is None:
        admin.execute(f"create database {DATABASE}")


# --- loading -----------------------------------------------------------------------------------


def load(conn: howdah.Connection) -> None:
    """Both data sets, unless an earlier run loaded them."""
    heading("Loading by COPY")
    archive = music_shop.fetch_archive(HOME)
    loaded = [
        loaded_once(conn, "music shop", "artist", lambda: music_shop.create(conn, archive)),
        loaded_once(conn, "polls", "question", lambda: seed.create(conn)),
    ]
    table(["data", "rows", "time", "rows per second"], loaded)


def loaded_once(
    conn: howdah.Connection, what: str, first_table: str, create: Callable[[], int]
) -> list[object]:
    """A line of the table about loading. A load is one transaction: it is there whole or not."""
    if conn.fetch_value("select to_regclass($1::text) is not null", first_table):
        return [what, "-", "already there", "-"]
    started = time.perf_counter()
    rows = create()
    duration = time.perf_counter() - started
    return [what, rows, seconds(duration), round(rows / duration)]


# --- questions ---------------------------------------------------------------------------------


def ask(conn: howdah.Connection) -> None:
    """Rows by attribute, as your own class, and as a stream."""
    heading("Whose music sells best?  (sync)")
    artists = conn.fetch(ARTISTS_BY_REVENUE, 5)
    table(["artist", "revenue", "tracks sold"], artists)
    print(f"\n  {artists[0].artist} earned {artists[0].revenue} of it.")

    heading("The longest playlists  (rows as a dataclass)")
    playlists = conn.fetch(LONGEST_PLAYLISTS, 3, row=Playlist)
    table(
        ["playlist", "tracks", "hours"], ([p.name, p.tracks, hours(p.duration)] for p in playlists)
    )

    heading("How many minutes of music are there?  (streamed, in bounded memory)")
    minutes = sum(row.duration.total_seconds() for row in conn.stream("select duration from track"))
    print(f"  {minutes / 60:,.0f}")


def hours(duration: timedelta) -> int:
    """In whole hours."""
    return round(duration.total_seconds() / 3600)


async def ask_at_once(url: str) -> None:
    """The same calls, awaited; two questions at a time from a pool."""
    heading("Where do they live, and what do they like?  (async, at once from a pool)")
    async with howdah.AsyncPool(url, dbname=DATABASE, min_size=2, max_size=4) as pool:
        countries, genres = await asyncio.gather(pool.fetch(COUNTRIES, 5), pool.fetch(GENRES, 5))
    table(["country", "customers", "invoices", "revenue"], countries)
    print()
    table(["genre", "tracks sold"], genres)


# --- the price of ... --------------------------------------------------------------------------


def count(conn: howdah.Connection, meter: Meter) -> None:
    """Counting rows in Python makes, sends and reads every one of them."""
    heading("The price of counting")
    with meter.measure("len(fetch(select * from choice))") as in_python:
        found = len(conn.fetch("select * from choice"))
    with meter.measure("select count(*) from choice") as in_database:
        counted = conn.fetch_value("select count(*) from choice")
    show_costs([in_python, in_database])
    print(f"\n  {found:,} choices by the one, {counted:,} by the other.")


def one_query_or_many(conn: howdah.Connection, meter: Meter) -> None:
    """A query per row of another query: the classic that grows with the data."""
    heading("The price of a query per row: 100 questions with their choices")
    with meter.measure("a query for each question") as many:
        questions = conn.fetch("select * from question order by id limit 100")
        asked = {
            question.text: [choice.text for choice in conn.fetch(CHOICES_OF, question.id)]
            for question in questions
        }
    with meter.measure("one query for all") as one:
        joined: dict[str, list[str]] = {}
        for row in conn.fetch(QUESTIONS_WITH_CHOICES):
            joined.setdefault(row.question, []).append(row.text)
    show_costs([many, one])
    same = "the same" if asked == joined else "DIFFERENT"
    print(
        f"\n  Both find {same} {sum(map(len, joined.values()))} choices. This server is next door:"
    )
    print("  a network adds its round trip to each of the 101.")


def naive_loop(conn: howdah.Connection, meter: Meter) -> None:
    """The same loop over models: what is touched is loaded for all questions at once."""
    heading("The same loop, written naively over howdah's models")
    print(NAIVE_LOOP)
    db = Bound(conn)
    hundred = select(Question).order_by(Question.id).limit(100)
    with meter.measure("the loop above") as loop:
        found = {
            question.text: [choice.text for choice in question.choices]
            for question in db.fetch(hundred)
        }
    with meter.measure("a shape: select(QuestionCard)") as shape:
        cards = db.fetch(select(queries.QuestionCard).order_by(Question.id).limit(100))
    show_costs([loop, shape])
    print(
        f"\n  {sum(map(len, found.values()))} choices by the loop, in {loop.statements} statements,"
    )
    print(f"  {sum(len(card.choices) for card in cards)} by the shape, with authors and tags.")


def insert(conn: howdah.Connection, meter: Meter) -> None:
    """Row by row, in a batch, by COPY."""
    heading("The price of inserting row by row")
    conn.execute("create temporary table vote (id int primary key, choice text, at timestamptz)")
    sql = "insert into vote values ($1, $2, $3)"
    rows = [(number, f"Choice {number % 10}", seed.FIRST_DAY) for number in range(INSERTED)]

    def singly() -> None:
        for row in rows[:INSERTED_SINGLY]:
            conn.execute(sql, *row)

    def in_one_transaction() -> None:
        with conn.transaction():
            singly()

    costs = []
    for approach, run in (
        ("an insert for each row", singly),
        ("the same in one transaction", in_one_transaction),
        ("execute_many", lambda: conn.execute_many(sql, rows)),
        ("copy_rows", lambda: conn.copy_rows("vote", rows)),
    ):
        conn.execute("truncate vote")
        with meter.measure(approach) as cost:
            run()
        costs.append(cost)
    show_costs(costs, per_row=True)


def lint(url: str) -> None:
    """What a careless change would do, by a linter that knows the tables and how large they are."""
    heading("The price of a change:  howdah lint --db URL")
    address = urlsplit(url)._replace(path=f"/{DATABASE}").geturl()
    command = [sys.executable, "-m", "howdah", "lint", "-", "--db", address]
    told = subprocess.run(command, input=CHANGE, capture_output=True, text=True, check=False)
    print(textwrap.indent(told.stdout or told.stderr, "  "))


def show_costs(costs: list[Cost], *, per_row: bool = False) -> None:
    """A table of approaches; statements and rows are the server's count."""
    titles = ["approach", "time", "statements", "rows"]
    lines: list[list[object]] = [
        [cost.approach, seconds(cost.seconds), cost.statements, cost.rows] for cost in costs
    ]
    if per_row:
        titles.append("time per row")
        for line, cost in zip(lines, costs, strict=True):
            line.append(seconds(cost.seconds / max(cost.rows, 1)))
    table(titles, lines)


if __name__ == "__main__":
    main()
