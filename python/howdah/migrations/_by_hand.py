"""What migrations made that people wrote: it stays, though no model declares it.

No IO. Called by `make` and `check`. Invariant: nothing that a model declares is changed by this;
columns are left to the planner, which asks.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from howdah.migrations._building import Schema

Fact: TypeAlias = tuple[str, ...]
"""An object, one of its members, or what it has beyond them, named by strings."""

_MEMBERS = ("constraints", "indexes", "triggers", "policies", "rules")
# what an object is, not what was put on it
_OWN = {"name", "columns", "partition_of", "partition_by", "inherits", "query", "was", *_MEMBERS}
_COLUMN = {"name", "type", "not_null", "default", "identity", "generated", "collation", "was"}
_CHECKSUM_CHARS = 12


def mark(statements: Sequence[str]) -> str:
    """What tells that a file is as `make` wrote it."""
    return hashlib.sha256("\0".join(statements).encode()).hexdigest()[:_CHECKSUM_CHARS]


def facts(schema: Schema) -> set[Fact]:
    """All that there is in a schema."""
    return {fact for kind, it in _objects(schema) for fact in _facts(kind, it)}


def kept(
    before: Schema, after: Schema, declared: Schema, by_hand: set[Fact]
) -> tuple[Schema, list[str]]:
    """What is wanted, with what was made by hand and is not declared; and that in words."""
    wanted = copy.deepcopy(after)
    words: list[str] = []
    there = {(kind, _identity(it)): it for kind, it in _objects(wanted)}
    renamed = {it.get("was") for it in declared.get("tables", ())}
    for kind, it in _objects(before):
        found = there.get((kind, _identity(it)))
        if found is not None:
            words += _completed(kind, it, found, _columns_renamed(declared, it), by_hand)
        elif _fact(kind, it) in by_hand and _name(it) not in renamed:
            wanted.setdefault(kind, []).append(it)
            words.append(f"{_singular(kind)} `{_name(it)}`")
    return wanted, words


def _completed(
    kind: str, it: Any, found: Any, renamed: dict[str, str], by_hand: set[Fact]
) -> list[str]:
    """Add members and other properties to an object that is declared without them."""
    words = []
    for members in _MEMBERS:
        known = {_text(member.get("name")) for member in found.get(members, ())}
        for member in it.get(members, ()):
            fact = (*_fact(kind, it), members, _text(member.get("name")))
            if fact in by_hand and _text(member.get("name")) not in known:
                found.setdefault(members, []).append(_with_names(member, renamed))
                words.append(f"{_singular(members)} `{_name(member)}` of `{_name(it)}`")
    for name, value in _properties(it, _OWN):
        if name not in found and (*_fact(kind, it), name, _text(value)) in by_hand:
            found[name] = value
            words.append(f"{name.replace('_', ' ')} of `{_name(it)}`")
    return words + _completed_columns(kind, it, found, renamed, by_hand)


def _completed_columns(
    kind: str, it: Any, found: Any, renamed: dict[str, str], by_hand: set[Fact]
) -> list[str]:
    words = []
    columns = {column["name"]: column for column in found.get("columns", ())}
    for column in it.get("columns", ()):
        same = columns.get(renamed.get(column["name"], column["name"]))
        for name, value in _properties(column, _COLUMN):
            fact = (*_fact(kind, it), "columns", column["name"], name, _text(value))
            if same is not None and name not in same and fact in by_hand:
                same[name] = value
                words.append(f"{name} of `{_name(it)}.{column['name']}`")
    return words


def _facts(kind: str, it: Any) -> Iterator[Fact]:
    yield _fact(kind, it)
    for members in _MEMBERS:
        for member in it.get(members, ()):
            yield (*_fact(kind, it), members, _text(member.get("name")))
    for name, value in _properties(it, _OWN):
        yield (*_fact(kind, it), name, _text(value))
    for column in it.get("columns", ()):
        for name, value in _properties(column, _COLUMN):
            yield (*_fact(kind, it), "columns", column["name"], name, _text(value))


def _objects(schema: Schema) -> Iterator[tuple[str, Any]]:
    for kind, objects in schema.items():
        if isinstance(objects, list):
            yield from ((kind, it) for it in objects if isinstance(it, dict) and "name" in it)


def _fact(kind: str, it: Any) -> Fact:
    return (kind, _identity(it))


def _identity(it: Any) -> str:
    return _text([it["name"], it.get("signature")])


def _properties(it: Any, own: set[str]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in it.items() if name not in own)


def _columns_renamed(declared: Schema, it: Any) -> dict[str, str]:
    """The columns of a table that get another name: from old to new."""
    for table in declared.get("tables", ()):
        if table["name"] == it["name"]:
            found = {column["name"] for column in it.get("columns", ())}
            columns = table.get("columns", ())
            return {c["was"]: c["name"] for c in columns if c.get("was") in found}
    return {}


def _with_names(member: Any, renamed: dict[str, str]) -> Any:
    text = json.dumps(member)
    for old, new in renamed.items():
        text = re.sub(rf"\b{re.escape(old)}\b", new, text)
    return json.loads(text)


def _name(it: Any) -> str:
    name = it.get("name")
    if isinstance(name, dict):
        return ".".join(part for part in (name.get("schema"), name["name"]) if part)
    return str(name)


def _singular(kind: str) -> str:
    words = {"indexes": "index", "policies": "policy", "statistics": "statistics"}
    return words.get(kind, kind.removesuffix("s").replace("_", " "))


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
