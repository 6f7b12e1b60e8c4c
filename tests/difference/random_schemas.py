"""Random schemas as SQL.

Every object is drawn from a number of its own: change some numbers, and another schema of the same
names comes out.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

TABLES = ("t0", "t1", "t2", "t3")
OBJECTS = ("e0", "e1", "d0", "k0", "s0", "f0", "f1", "f2", *TABLES, "p0", "v0", "v1", "v2", "m0")

# Types with a default each. Values of a key must be comparable.
KEYS = {
    "integer": "7",
    "bigint": "8",
    "text": "'x'",
    "varchar(20)": "'y'",
    "varchar(40)": "'y'",
    "numeric(8,2)": "1.5",
    "date": "'2024-01-01'",
    "timestamptz": "now()",
    "timestamp": "'2024-01-01 10:00'",
    "uuid": "gen_random_uuid()",
    "boolean": "true",
}
OTHERS = {
    "jsonb": "'{}'",
    "json": "'{}'",
    "text[]": "'{a}'",
    "integer[]": "'{1}'",
    "real": "0.5",
    "interval": "'1 day'",
    "inet": "'10.0.0.1'",
}


@dataclass
class Table:
    """What later objects need to know of a table."""

    name: str
    columns: dict[str, str] = field(default_factory=dict)
    key: str | None = None


@dataclass
class Drawn:
    """SQL in an order that runs."""

    statements: list[str] = field(default_factory=list)
    tables: dict[str, Table] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    views: dict[str, list[str]] = field(default_factory=dict)

    def add(self, statement: str) -> None:
        self.statements.append(statement)


def numbers(rng: random.Random) -> dict[str, int]:
    """A number for each object."""
    return {name: rng.randrange(1_000_000) for name in OBJECTS}


def varied(rng: random.Random, of: dict[str, int]) -> dict[str, int]:
    """The same numbers but for some."""
    changed = rng.sample(OBJECTS, rng.choice([1, 2, 4, 8, len(OBJECTS)]))
    return {name: rng.randrange(1_000_000) if name in changed else of[name] for name in OBJECTS}


def sql(seeds: dict[str, int]) -> list[str]:
    """The statements that make the schema."""
    return drawn(seeds).statements


def drawn(seeds: dict[str, int]) -> Drawn:
    """The schema."""
    out = Drawn()
    rngs = {name: random.Random(f"{name} {seed}") for name, seed in seeds.items()}
    for name in ("e0", "e1"):
        _enum(out, name, rngs[name])
    _domain(out, rngs["d0"])
    _composite(out, rngs["k0"])
    _sequence(out, rngs["s0"])
    _functions(out, rngs)
    for name in TABLES:
        _table(out, name, rngs[name])
    _foreign_keys(out, rngs)
    _partitioned(out, rngs["p0"])
    for name in ("v0", "v1", "v2", "m0"):
        _view(out, name, rngs[name])
    _namesakes(out, rngs["m0"])
    return out


def _enum(out: Drawn, name: str, rng: random.Random) -> None:
    if rng.random() < 0.2:
        return
    labels = ["a", "b", "c", "d"]
    if rng.random() < 0.3:
        rng.shuffle(labels)
    labels = labels[: rng.randint(2, 4)]
    if rng.random() < 0.4:
        labels.insert(rng.randrange(len(labels) + 1), "it's")
    listed = ", ".join("'" + it.replace("'", "''") + "'" for it in labels)
    out.add(f"create type {name} as enum ({listed})")
    out.types[name] = "'" + labels[0].replace("'", "''") + "'"
    if rng.random() < 0.3:
        out.add(f"comment on type {name} is 'kinds {rng.randrange(3)}'")
    if rng.random() < 0.2:
        out.add(f"revoke usage on type {name} from public; grant usage on type {name} to clerk")


def _domain(out: Drawn, rng: random.Random) -> None:
    if rng.random() < 0.3:
        return
    base = rng.choice(["integer", "integer", "bigint"])
    text = f"create domain d0 as {base}"
    if rng.random() < 0.4:
        text += f" default {rng.randrange(1, 4)}"
    if rng.random() < 0.5:
        text += f" constraint positive check (value > {rng.randrange(-3, 0)})"
    if rng.random() < 0.3:
        text += " constraint small check (value < 1000)"
    out.add(text)
    out.types["d0"] = "5"


def _composite(out: Drawn, rng: random.Random) -> None:
    if rng.random() < 0.3:
        return
    attributes = [
        "x integer",
        f"y {rng.choice(['text', 'date', 'e0' if 'e0' in out.types else 'real'])}",
    ]
    if rng.random() < 0.4:
        attributes.append("z real")
    out.add(f"create type k0 as ({', '.join(attributes)})")
    out.types["k0"] = "null"


def _sequence(out: Drawn, rng: random.Random) -> None:
    if rng.random() < 0.4:
        return
    text = f"create sequence s0 as {rng.choice(['bigint', 'integer'])}"
    text += rng.choice(
        ["", " increment by 5", " increment by -1", " start with 100", " cache 10 cycle"]
    )
    out.add(text)
    if rng.random() < 0.3:
        out.add("grant usage on sequence s0 to clerk")


def _functions(out: Drawn, rngs: dict[str, random.Random]) -> None:
    rng = rngs["f0"]
    if rng.random() < 0.8:
        kind = rng.choice(["immutable", "immutable strict", "immutable parallel safe"])
        body = rng.choice(["return a + 1", "return a * 2", "return a"])
        argument = rng.choice(["a", "a", "b"])
        body = body.replace("a", argument)
        out.add(
            f"create function f0({argument} integer) returns integer language sql {kind} {body}"
        )
        out.functions.append("f0")
        if rng.random() < 0.3:
            out.add(f"comment on function f0 is 'adds {rng.randrange(3)}'")
        if rng.random() < 0.3:
            out.add(
                "revoke execute on function f0 from public; grant execute on function f0 to clerk"
            )
    rng = rngs["f1"]
    if rng.random() < 0.8:
        body = f"begin new := new; return new; -- {rng.randrange(3)}\nend"
        out.add(f"create function f1() returns trigger language plpgsql as $${body}$$")
        out.functions.append("f1")
    rng = rngs["f2"]
    if rng.random() < 0.5 and "e0" in out.types:
        out.add(
            "create function f2(e e0, n integer default 1) returns text "
            f"language sql stable as 'select e::text || n || {rng.randrange(3)}'"
        )
        out.functions.append("f2")


def _type(out: Drawn, rng: random.Random, key: bool = False) -> tuple[str, str]:
    pool = dict(KEYS)
    if not key:
        pool |= OTHERS
        pool |= {name: default for name, default in out.types.items() for _ in range(3)}
        weights = [4 if name in out.types or name in ("integer", "text") else 1 for name in pool]
    else:
        weights = [1] * len(pool)
    return rng.choices(list(pool.items()), weights)[0]


def _table(out: Drawn, name: str, rng: random.Random) -> None:
    if rng.random() < 0.15:
        return
    table = Table(name)
    lines = []
    if rng.random() < 0.8:
        kind = rng.choice(["integer", "bigint"])
        form = rng.choice(
            [
                f"{kind} primary key",
                f"{kind} generated always as identity primary key",
                f"{kind} generated by default as identity (increment by 2) primary key",
                "serial primary key" if kind == "integer" else "bigserial primary key",
                f"{kind} constraint {name}_the_key primary key",
            ]
        )
        lines.append(f"id {form}")
        table.columns["id"] = kind
        table.key = "id"
    columns = [f"c{number}" for number in range(6) if rng.random() < 0.7] or ["c0"]
    for column in columns:
        kind, default = _type(out, rng)
        text = f"{column} {kind}"
        if kind.startswith(("text", "varchar")) and "[" not in kind and rng.random() < 0.2:
            text += ' collate "C"'
        if rng.random() < 0.4:
            text += f" default {default}"
        elif (
            kind in ("integer", "bigint") and "s0" in "".join(out.statements) and rng.random() < 0.3
        ):
            text += " default nextval('s0')"
        if rng.random() < 0.4:
            text += " not null"
        lines.append(text)
        table.columns[column] = kind
    whole = [it for it, kind in table.columns.items() if kind == "integer"]
    if whole and rng.random() < 0.4:
        source = rng.choice(whole)
        call = (
            f"f0({source})"
            if "f0" in out.functions and rng.random() < 0.5
            else f"{source} * {rng.randrange(2, 4)}"
        )
        lines.append(f"g0 integer generated always as ({call}) stored")
        table.columns["g0"] = "integer"
    lines += _constraints(out, table, rng)
    unlogged = "unlogged " if name == "t3" and rng.random() < 0.2 else ""
    options = f" with (fillfactor = {rng.choice([70, 80])})" if rng.random() < 0.3 else ""
    out.add(f"create {unlogged}table {name} ({', '.join(lines)}){options}")
    out.tables[name] = table
    _extras(out, table, rng)


def _constraints(out: Drawn, table: Table, rng: random.Random) -> list[str]:
    lines = []
    for column, kind in table.columns.items():
        if kind == "integer" and rng.random() < 0.3:
            lines.append(
                f"constraint {table.name}_{column}_range check ({column} > {rng.randrange(-5, 0)})"
            )
        if kind in KEYS and kind != "boolean" and rng.random() < 0.15:
            lines.append(
                f"constraint {rng.choice(['', 'u'])}{table.name}{column} unique ({column})"
            )
        if kind == "e0" and rng.random() < 0.5:
            lines.append(f"check ({column} <> {out.types['e0']})")
    comparable = [it for it, kind in table.columns.items() if kind in KEYS]
    if len(comparable) > 2 and rng.random() < 0.3:
        pair = rng.sample(comparable, 2)
        lines.append(
            f"unique ({', '.join(pair)}) "
            + rng.choice(["", "deferrable", "deferrable initially deferred"])
        )
    return lines


def _extras(out: Drawn, table: Table, rng: random.Random) -> None:
    _indexes(out, table, rng)
    _triggers(out, table, rng)
    _policies(out, table, rng)
    _remarks(out, table, rng)


def _indexes(out: Drawn, table: Table, rng: random.Random) -> None:
    name = table.name
    fits = [it for it, kind in table.columns.items() if kind in KEYS or kind in ("e0", "e1")]
    for number in range(rng.randrange(3) if fits else 0):
        chosen = rng.sample(fits, min(len(fits), rng.randint(1, 2)))
        form = ", ".join(f"{it}{rng.choice(['', ' desc', ' nulls first'])}" for it in chosen)
        texts = [it for it, kind in table.columns.items() if is_text(kind)]
        if texts and rng.random() < 0.3:
            form = f"lower({rng.choice(texts)})"
        where = f" where {chosen[0]} is not null" if rng.random() < 0.3 else ""
        out.add(f"create index {name}_i{number} on {name} ({form}){where}")
        if rng.random() < 0.3:
            out.add(f"comment on index {name}_i{number} is 'index {rng.randrange(2)}'")


def is_text(kind: str) -> bool:
    """Whether values of the type are texts."""
    return kind.startswith(("text", "varchar")) and "[" not in kind


def _triggers(out: Drawn, table: Table, rng: random.Random) -> None:
    name = table.name
    if "f1" not in out.functions or rng.random() > 0.4:
        return
    column = rng.choice(list(table.columns))
    event = rng.choice(["insert", f"update of {column}", "insert or delete"])
    when = rng.choice([("before", "row"), ("before", "row"), ("after", "statement")])
    start = f"create trigger {name}_t {when[0]} {event} on {name}"
    out.add(f"{start} for each {when[1]} execute function f1()")
    if rng.random() < 0.3:
        out.add(f"alter table {name} disable trigger {name}_t")


def _policies(out: Drawn, table: Table, rng: random.Random) -> None:
    name = table.name
    if rng.random() < 0.3:
        out.add(f"alter table {name} enable row level security")
    if rng.random() < 0.4:
        column = rng.choice(list(table.columns))
        role = rng.choice(["public", "clerk", "clerk, auditor"])
        command = rng.choice(["all", "select"])
        start = f"create policy {name}_p on {name} for {command} to {role}"
        out.add(f"{start} using ({column} is not null)")


def _remarks(out: Drawn, table: Table, rng: random.Random) -> None:
    name = table.name
    for column in table.columns:
        if rng.random() < 0.1:
            out.add(f"comment on column {name}.{column} is 'it''s {rng.randrange(3)}'")
        if rng.random() < 0.1:
            out.add(f"grant select ({column}) on {name} to clerk")
        if rng.random() < 0.1:
            target = rng.choice([50, 500])
            out.add(f"alter table {name} alter column {column} set statistics {target}")
    if rng.random() < 0.3:
        out.add(f"comment on table {name} is 'table {rng.randrange(3)}'")
    if rng.random() < 0.3:
        rights = rng.choice(["select", "select, insert", "all"])
        out.add(f"grant {rights} on {name} to {rng.choice(['clerk', 'auditor', 'public'])}")
    if rng.random() < 0.15:
        out.add(f"alter table {name} replica identity {rng.choice(['full', 'nothing'])}")


def _foreign_keys(out: Drawn, rngs: dict[str, random.Random]) -> None:
    for name, table in out.tables.items():
        if name == "t3":  # it may be unlogged
            continue
        rng = random.Random(f"fk {rngs[name].random()}")
        for column, kind in table.columns.items():
            fits = [
                it.name
                for it in out.tables.values()
                if it.key and it.name != "t3" and kind in ("integer", "bigint")
            ]
            if not fits or column in ("id", "g0") or rng.random() < 0.6:
                continue
            other = rng.choice(fits)
            tail = rng.choice(
                ["", " on delete cascade", " on delete set null", " deferrable", " not valid"]
            )
            out.add(f"alter table {name} add foreign key ({column}) references {other} (id){tail}")


def _partitioned(out: Drawn, rng: random.Random) -> None:
    if rng.random() < 0.3:
        return
    kind = rng.choice(["range", "list"])
    note, default = rng.choice([("text", "'n'"), ("varchar(9)", "'n'"), ("integer", "1")])
    key = ", primary key (part, id)" if rng.random() < 0.5 else ""
    check = ", constraint p0_id check (id > 0)" if rng.random() < 0.5 else ""
    nulls = " not null" if rng.random() < 0.5 else ""
    out.add(
        f"create table p0 (id bigint not null, part integer not null, "
        f"note {note} default {default}{nulls}{key}{check}) "
        f"partition by {kind} (part)"
    )
    for number in range(rng.randint(1, 3)):
        step = rng.choice([10, 10, 20])
        low = number * 100
        bounds = f"from ({low}) to ({low + step})" if kind == "range" else f"in ({low}, {low + 1})"
        out.add(f"create table p0_{number} partition of p0 for values {bounds}")
        if rng.random() < 0.3:
            out.add(f"create index p0_{number}_own on p0_{number} (id)")
    if rng.random() < 0.4:
        out.add("create index p0_note on p0 (note)")
    out.tables["p0"] = Table("p0", {"id": "bigint", "part": "integer", "note": note})


def _view(out: Drawn, name: str, rng: random.Random) -> None:
    sources = list(out.tables.values())
    if rng.random() < 0.2 or not sources:
        return
    earlier = [it for it in out.views if it != "m0"]
    if earlier and rng.random() < 0.4:
        source = rng.choice(earlier)
        columns = out.views[source]
    else:
        table = rng.choice(sources)
        source, columns = table.name, list(table.columns)
    chosen = rng.sample(columns, rng.randint(1, len(columns)))
    where = f" where {chosen[0]} is not null" if rng.random() < 0.5 else ""
    kind = "materialized view" if name == "m0" else "view"
    option = " with (security_barrier)" if kind == "view" and rng.random() < 0.2 else ""
    out.add(f"create {kind} {name}{option} as select {', '.join(chosen)} from {source}{where}")
    out.views[name] = chosen
    if rng.random() < 0.4:
        out.add(f"grant select on {name} to clerk")
    if rng.random() < 0.4:
        out.add(f"comment on {kind} {name} is 'view {rng.randrange(2)}'")
    if kind == "materialized view" and chosen[0] in ("id", "part"):
        out.add(f"create index m0_first on m0 ({chosen[0]})")


def _namesakes(out: Drawn, rng: random.Random) -> None:
    """Views with the names of others' columns, and functions of one name: each needs the last."""
    if rng.random() < 0.3:
        return
    names = ["w0", "w1", "w2"]
    source = "(values (1, 2, 3)) it (w0, w1, w2)"
    for name in rng.sample(names, rng.randint(2, 3)):
        columns = rng.sample(names, 3)
        named = ", ".join(f"{it} as {new}" for it, new in zip(columns, names, strict=True))
        out.add(f"create view {name} as select {named} from {source}")
        source = name
    body = f"select w0 from {source}"
    calls = {"": "", "integer": "1", "integer, integer": "1, 2", "text": "'x'"}
    for signature in rng.sample(list(calls), 3):
        out.add(f"create function w0({signature}) returns integer return ({body})")
        body = f"select w0({calls[signature]})"
