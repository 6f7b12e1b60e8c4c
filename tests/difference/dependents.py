"""Two tables of which much changes at once, and what rests on several of their columns.

A schema is drawn from one number for what the tables are and one for what rests on them: the same
dependents stand over other columns, or others over the same.
"""

from __future__ import annotations

import random

COLUMNS = ("a", "b", "c", "d")
TYPES = {"integer": "1", "bigint": "2", "text": "'x'", "varchar(9)": "'y'", "kind": "'p'"}


def sql(tables: int, dependents: int) -> list[str]:
    """The statements that make the schema."""
    rng = random.Random(f"tables {tables}")
    labels = rng.choice(["'p', 'q'", "'p', 'r'", "'p', 'q', 'r'"])
    out = [
        f"create type kind as enum ({labels})",
        "create function touch() returns trigger language plpgsql as 'begin return new; end'",
    ]
    key = rng.choice(["integer", "bigint"])
    out.append(_table("one", key, rng))
    out.append(_table("two", rng.choice([key, key, "integer"]), rng, f", up {key}"))
    secured = rng.sample(["one", "two"], rng.randrange(3))
    out += [f"alter table {it} enable row level security" for it in secured]
    out += _dependents(random.Random(f"dependents {dependents}"), rng)
    return out


def _table(name: str, key: str, rng: random.Random, more: str = "") -> str:
    columns = [f"id {key} primary key" + more]
    for column in COLUMNS:
        kind = rng.choice(list(TYPES))
        default = f" default {TYPES[kind]}" if rng.random() < 0.5 else ""
        columns.append(f"{column} {kind}{default}{rng.choice(['', ' not null'])}")
    return f"create table {name} ({', '.join(columns)})"


def _dependents(rng: random.Random, way: random.Random) -> list[str]:
    """What rests on the columns; `way` decides what may differ while it is called the same."""
    action = way.choice(["cascade", "set null"])
    out = [f"alter table two add foreign key (up) references one on delete {action}"]
    out += _views(rng)
    for name in ("one", "two"):
        out += _parts(name, rng, way)
    return out


def _views(rng: random.Random) -> list[str]:
    """Views over both tables and over each other."""
    out = []
    over: list[tuple[str, list[str]]] = [("one", ["id", *COLUMNS]), ("two", ["id", "up", *COLUMNS])]
    for number in range(rng.randint(1, 5)):
        source, columns = rng.choice(over)
        chosen = rng.sample(columns, min(len(columns), rng.randint(2, 3)))
        kind = rng.choice(["", "", "materialized "])
        out.append(f"create {kind}view v{number} as select {', '.join(chosen)} from {source}")
        over.append((f"v{number}", chosen))
    if rng.random() < 0.5:
        out.append(
            "create view joined as select one.id, one.a, two.b, two.id as other "
            "from one join two on two.up = one.id"
        )
    return out


def _parts(name: str, rng: random.Random, way: random.Random) -> list[str]:
    """What belongs to a table and rests on two of its columns."""
    out = []
    for number in range(rng.randrange(3)):
        first, second = rng.sample(COLUMNS, 2)
        test = way.choice([f"{first} is not null and {second} is not null", "true"])
        out.append(f"create policy p{number} on {name} using ({test})")
    forms = {
        "create trigger t before update of {0}, {1} on {name} for each row"
        " when (new.{0} is distinct from old.{0}) execute function touch()": 0.3,
        "create trigger s before update of {0}, {1} on {name} for each row"
        " execute function touch()": 0.3,
        "create rule r as on delete to {name} where old.{0} is null and old.{1} is null"
        " do instead nothing": 0.4,
        "create index {name}_i on {name} ({0}, {1})": 0.5,
        "alter table {name} add constraint {name}_c check ({0} is not null or {1} is null)": 0.4,
        "create statistics {name}_s on {0}, {1} from {name}": 0.4,
        "create function of_{name}(it {name}) returns boolean language sql"
        " return it.{0} is null and it.{1} is null": 0.4,
    }
    for form, share in forms.items():
        first, second = rng.sample(COLUMNS, 2)
        if rng.random() < share:
            out.append(form.format(first, second, name=name))
    return out
