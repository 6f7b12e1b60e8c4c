"""One schema becomes several: the coordinator's, and one for each shard. No IO.

The coordinator has the table without rows: divided by hash, with foreign tables for partitions.
Each shard has a table of the same name, divided the same way, with its own partitions: keys,
indexes and foreign keys are there, where the rows are. What asks for the whole database (identity,
defaults, triggers, policies, grants, views) stays with the coordinator.
"""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

from howdah import _native
from howdah._native import quote_identifier as quoted
from howdah.orm.schema.base import Collector, said
from howdah.orm.schema.sharding.rules import Distributed, Key, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from howdah.orm.schema.base import Value
    from howdah.orm.schema.sharding.servers import Shards

_LONGEST = 63  # bytes of a name
# Of a table on the coordinator: what belongs to the rows is where they are.
_OF_ROWS = ("indexes", "options", "tablespace", "unlogged", "replica_identity")
# Of a table on a shard: what belongs to the whole.
_OF_THE_WHOLE = ("triggers", "policies", "row_security", "force_row_security", "grants", "was")
_OF_PARTITIONS = ("options", "tablespace", "unlogged")
_TYPES = ("domains", "composites", "ranges", "enums")


def coordinator(
    whole: Value,
    distributed: Mapping[Key, Distributed],
    shards: Shards,
    *,
    major: int,
    secret: Any,
) -> Value:
    """The coordinator's schema."""
    value = copy.deepcopy(whole)
    extensions = value.setdefault("extensions", [])
    shipped = sorted(it["name"] for it in extensions if it["name"] != "postgres_fdw")
    if not any(it["name"] == "postgres_fdw" for it in extensions):
        extensions.append({"name": "postgres_fdw"})
    servers = Collector(secret)
    for shard in shards.shards:
        shard.server(shards.roles, shipped, major).add_to(servers)
    value.setdefault("servers", []).extend(servers.value.get("servers", ()))
    for table in list(value.get("tables", ())):
        of = distributed.get(key_of(table["name"]))
        if of is None:
            continue
        kept = [it for it in table.get("constraints", ()) if it["kind"] == "check"]
        table["constraints"] = kept
        for name in _OF_ROWS:
            table.pop(name, None)
        table["partition_by"] = _divided(of)
        for number, place in enumerate(shards.placement):
            part = partition(table, shards, number)
            part["foreign"] = {"server": shards.shards[place].name}
            value["tables"].append(part)
    return value


def on_shard(
    whole: Value, distributed: Mapping[Key, Distributed], shards: Shards, place: int
) -> Value:
    """The schema of one shard."""
    mine = [it for it in whole.get("tables", ()) if key_of(it["name"]) in distributed]
    value: Value = {
        "schemas": [said(name=it["name"]) for it in whole.get("schemas", ())],
        "extensions": [it for it in whole.get("extensions", ()) if it["name"] != "postgres_fdw"],
        "routines": _needed_routines(whole, mine),
        "tables": [],
    }
    value.update({kind: copy.deepcopy(whole.get(kind, [])) for kind in _TYPES})
    for table in copy.deepcopy(mine):
        parts = [
            {**partition(table, shards, number), **_kept(table, _OF_PARTITIONS)}
            for number, it in enumerate(shards.placement)
            if it == place
        ]
        for name in (*_OF_THE_WHOLE, *_OF_PARTITIONS):
            table.pop(name, None)
        for column in table["columns"]:
            for name in ("identity", "default", "grants", "was"):
                column.pop(name, None)
        table["partition_by"] = _divided(distributed[key_of(table["name"])])
        value["tables"] += [table, *parts]
    for kind in (*_TYPES, "routines"):
        for it in value[kind]:
            it.pop("grants", None)  # roles are the coordinator's
    return {kind: it for kind, it in value.items() if it}


def partition(table: Value, shards: Shards, number: int) -> Value:
    """A partition as both sides have it."""
    name = table["name"]
    suffix = f"_{number}"
    own = name["name"].encode()[: _LONGEST - len(suffix)].decode(errors="ignore") + suffix
    bounds = f"for values with (modulus {shards.partitions}, remainder {number})"
    return {"name": {**name, "name": own}, "partition_of": {"parent": name, "bounds": bounds}}


def completed(value: Value) -> Value:
    """The schema with a name for everything, so that all servers use the same."""
    found: Value = json.loads(_native.schema_complete(json.dumps(value)))
    return found


def _divided(of: Distributed) -> Value:
    return {"method": "hash", "keys": quoted(of.column)}


def _kept(table: Value, names: tuple[str, ...]) -> Value:
    return {name: table[name] for name in names if name in table}


def _needed_routines(whole: Value, tables: list[Value]) -> list[Value]:
    """The functions that the definitions of tables and types name, and those that they name."""
    routines: dict[str, list[Value]] = {}
    for it in whole.get("routines", ()):
        routines.setdefault(it["name"]["name"], []).append(it)
    kinds = [whole.get(kind, []) for kind in _TYPES]
    texts = [
        {name: table.get(name) for name in ("columns", "constraints", "indexes")}
        for table in tables
    ]
    unread = list(_words([texts, kinds]))
    found: dict[str, list[Value]] = {}
    while unread:
        word = unread.pop()
        if word in routines and word not in found:
            found[word] = routines[word]
            unread += _words(routines[word])
    return [copy.deepcopy(it) for several in found.values() for it in several]


def _words(value: Any) -> Iterator[str]:
    yield from set(re.findall(r"\w+", json.dumps(value, ensure_ascii=False)))
