"""Schemas of the shapes that programs have; `forge` is made here for its hundreds of tables."""

from __future__ import annotations

import random
from pathlib import Path

HERE = Path(__file__).parent
TABLES = 120


def named(name: str) -> str:
    """The SQL of a shape."""
    return forge() if name == "forge" else (HERE / f"{name}.sql").read_text()


def forge() -> str:
    """A code forge: hundreds of tables with checks of lengths, partial indexes, keys everywhere."""
    rng = random.Random("forge")
    out = [
        "create schema partitions;",
        "create function next_traversal_id() returns trigger language plpgsql as"
        " 'begin new.traversal_ids := array[new.id]; return new; end';",
    ]
    names = [f"part_{number}s" for number in range(TABLES)]
    out += [_table(name, rng) for name in names]
    for name in names:
        for other in rng.sample(names, 2):
            column = f"{other.removesuffix('s')}_id"
            action = rng.choice(["cascade", "set null", "restrict"])
            late = rng.choice(["", "", " not valid"])
            key = f"fk_{name}_{other}"
            out.append(f"alter table {name} add column {column} bigint;")
            out.append(f"create index index_{name}_on_{column} on {name} using btree ({column});")
            out.append(
                f"alter table only {name} add constraint {key} foreign key ({column})"
                f" references {other}(id) on delete {action}{late};"
            )
    return "\n".join(out)


def _table(name: str, rng: random.Random) -> str:
    columns = [
        "id bigint not null",
        "created_at timestamp with time zone not null",
        "updated_at timestamp with time zone",
        "project_id bigint default 0 not null",
        "traversal_ids bigint[] default '{}'::bigint[] not null",
    ]
    for number in range(rng.randint(2, 8)):
        kind = rng.choice(["text", "smallint default 0 not null", "jsonb", "boolean default false"])
        columns.append(f"field_{number} {kind}")
        if kind == "text":
            check = f"check_{rng.getrandbits(40):010x}"
            length = rng.choice([64, 255, 1024])
            columns.append(f"constraint {check} check ((char_length(field_{number}) <= {length}))")
        elif kind == "jsonb":
            columns.append(
                f"constraint object_{number} check ((jsonb_typeof(field_{number}) = 'object'))"
            )
    text = f"create table {name} ({', '.join(columns)});"
    text += f"create sequence {name}_id_seq start with 1 owned by {name}.id;"
    text += (
        f"alter table only {name} alter column id set default nextval('{name}_id_seq'::regclass);"
    )
    text += f"alter table only {name} add constraint {name}_pkey primary key (id);"
    text += (
        f"create unique index index_{name} on {name} (project_id, id) where (updated_at is null);"
    )
    if rng.random() < 0.3:
        text += (
            f"create trigger nested before insert on {name}"
            " for each row execute function next_traversal_id();"
        )
    if rng.random() < 0.15:
        parts = (
            f"create table {name}_log (like {name} including defaults,"
            " primary key (created_at, id)) partition by range (created_at);"
        )
        for month in (1, 2):
            parts += (
                f"create table partitions.{name}_20240{month} partition of {name}_log for values"
                f" from ('2024-0{month}-01 00:00:00+00') to ('2024-0{month + 1}-01 00:00:00+00');"
            )
        text += parts
    return text
