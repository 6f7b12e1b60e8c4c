"""What is said to the extension Citus, where a database has it, instead of making partitions.

No IO. Citus has nodes of its own (`citus_add_node`), and divides tables by itself; keys and foreign
keys stay on the tables.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

from howdah import _native
from howdah._native import quote_identifier as quoted
from howdah.orm.schema.sharding.rules import Distributed, Key, key_of
from howdah.sql import Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from howdah.orm.schema.base import Value


def statements(whole: Value, distributed: Mapping[Key, Distributed]) -> list[str]:
    """The statements that make a schema and distribute its tables.

    Foreign keys come last: Citus refuses them between a table that is distributed and one that is
    not yet.
    """
    without = copy.deepcopy(whole)
    for table in without.get("tables", ()):
        kept = [it for it in table.get("constraints", ()) if it["kind"] != "foreign_key"]
        table["constraints"] = kept
    first = _native.schema_create(json.dumps(without))
    known = set(first)
    rest = [it for it in _native.schema_create(json.dumps(whole)) if it not in known]
    return [*first, *_calls(whole, distributed), *rest]


def _calls(whole: Value, distributed: Mapping[Key, Distributed]) -> list[str]:
    """One call for each table; tables whose columns have one type lie together."""
    calls = []
    leaders: dict[str, str] = {}
    for table in whole.get("tables", ()):
        of = distributed.get(key_of(table["name"]))
        if of is None:
            continue
        type_ = next(it["type"] for it in table["columns"] if it["name"] == of.column)
        name = ".".join(quoted(part) for part in of.key if part)
        leader = leaders.setdefault(type_, name)
        beside = "" if leader == name else f", colocate_with => {Literal(leader)}"
        calls.append(
            f"select create_distributed_table({Literal(name)}, {Literal(of.column)}{beside})"
        )
    return calls
