"""What a statement is, as far as the runner must know. No IO.

Invariant: a statement that is not recognised is run as it is, inside a transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from howdah.migrations._scan import Token, words

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONTROL = {"begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release"}
_DATABASES = {"database", "tablespace", "system"}


@dataclass(frozen=True)
class IndexBuild:
    """`create index concurrently`."""

    name: str | None
    table: str
    """As the statement writes it."""
    if_not_exists: bool


@dataclass(frozen=True)
class Detach:
    """`alter table … detach partition … concurrently`."""

    parent: str
    partition: str


def controls_transactions(sql: str) -> bool:
    """Whether it begins or ends a transaction."""
    found = words(sql)
    return bool(found) and found[0].kind == "word" and found[0].key in _CONTROL


def forbids_transaction(sql: str) -> bool:
    """Whether PostgreSQL refuses it inside a transaction."""
    found = words(sql)
    first, second, third = (*(it.key for it in found[:3]), "", "", "")[:3]
    match first, second:
        case ("vacuum", _) | ("create", "subscription") | ("alter", "system"):
            return True
        case ("create" | "drop", "database" | "tablespace"):
            return True
        case ("reindex", _):
            whole = {"database", "system", "schema"}
            return second in whole or _has(found, "concurrently")
        case ("cluster", _):
            return len(found) == 1
        case ("create" | "drop", _) if "index" in {second, third}:
            return _has(found[:4], "concurrently")
    return detach(sql) is not None


def index_build(sql: str) -> IndexBuild | None:
    """The index that is built concurrently, or None."""
    found = words(sql)
    at = 1 + (len(found) > 1 and found[1].means("unique"))
    if not (_starts(found, "create") and _starts(found[at:], "index", "concurrently")):
        return None
    rest = found[at + 2 :]
    if_not_exists = _starts(rest, "if", "not", "exists")
    rest = rest[3:] if if_not_exists else rest
    name = None if _starts(rest, "on") else rest[0].key if rest else None
    on = next((n for n, it in enumerate(rest) if it.means("on")), len(rest))
    after = rest[on + 1 :]
    return IndexBuild(name, _name(after[1:] if _starts(after, "only") else after), if_not_exists)


def dropped_index(sql: str) -> str | None:
    """The index that is dropped concurrently, as the statement writes it, or None."""
    found = words(sql)
    if not _starts(found, "drop", "index", "concurrently"):
        return None
    rest = found[3:]
    return _name(rest[2:] if _starts(rest, "if", "exists") else rest)


def detach(sql: str) -> Detach | None:
    """The partition that is detached concurrently, or None."""
    found = words(sql)
    if not _starts(found, "alter", "table") or not found[-1].means("concurrently"):
        return None
    at = next((n for n, it in enumerate(found) if it.means("detach")), None)
    if at is None or not _starts(found[at:], "detach", "partition"):
        return None
    parent = found[2:at]
    parent = parent[2:] if _starts(parent, "if", "exists") else parent
    return Detach(_name(parent), _name(found[at + 2 : -1]))


def is_repeatable(sql: str) -> bool:
    """Whether running it again after an interruption is harmless."""
    found = words(sql)
    return bool(found) and found[0].key in {
        "vacuum", "analyze", "reindex", "refresh", "cluster", "set", "checkpoint",
    }  # fmt: skip


def is_data(sql: str) -> bool:
    """Whether it changes rows, or runs code that may."""
    found = words(sql)
    return bool(found) and found[0].key in {
        "insert", "update", "delete", "merge", "copy", "do", "call", "select", "with", "truncate",
    }  # fmt: skip


def dropped(sql: str) -> list[tuple[str, str | None]]:
    """The tables that it drops, or the columns of a table, as the statement writes them."""
    found = words(sql)
    if _starts(found, "drop", "table"):
        parts = _parts(found[2:])
        return [(_name(_without(part, "if", "exists")), None) for part in parts]
    if not _starts(found, "alter", "table"):
        return []
    rest = _without(_without(found[2:], "if", "exists"), "only")
    table = _name(rest)
    columns: list[tuple[str, str | None]] = []
    for part in _parts(rest[_name_length(rest) :]):
        action = _without(part, "*")
        if _starts(action, "drop") and not any(
            _starts(action[1:], it) for it in ("constraint", "default", "not", "identity")
        ):
            column = _without(_without(action[1:], "column"), "if", "exists")
            columns += [(table, column[0].text)] if column else []
    return columns


@dataclass(frozen=True)
class Target:
    """What an `update` or `delete` changes, and where a condition is put into it."""

    table: str
    """As the statement writes it."""
    alias: str
    """What its columns are qualified by."""
    head: str
    """The statement up to its condition."""
    condition: str
    """Its condition, or nothing."""
    sets: tuple[str, ...]
    """The columns that it gives values."""

    def limited(self, condition: str) -> str:
        """The statement for the rows that satisfy this, too."""
        both = f"({self.condition}\n) and {condition}" if self.condition else condition
        # on a line of its own: the head may end with a comment
        return f"{self.head.rstrip()}\nwhere {both}"

    @property
    def places(self) -> str:
        """The table and the place of a row, as texts: a place is unique within a table."""
        return f"{self.alias}.tableoid::text, {self.alias}.ctid::text"

    def again(self, tables: str, places: str) -> str:
        """The statement for rows at such places, given as arrays of texts."""
        among = f"({self.places}) in (select * from unnest({tables}, {places}))"
        return self.limited(f"{self.alias}.ctid = any ({places}::tid[]) and {among}")


def target(sql: str) -> Target | None:
    """The target of an `update` or `delete` without `with` and `returning`, or None."""
    found = words(sql)
    if _starts(found, "update"):
        rest = found[1:]
    elif _starts(found, "delete", "from"):
        rest = found[2:]
    else:
        return None
    rest = rest[1:] if _starts(rest, "only") else rest
    table, alias, after = _table(rest)
    where = _top_level(after, "where")
    if _top_level(after, "returning") is not None or not table:
        return None
    sets = _sets(after)
    if where is None:
        return Target(table, alias, sql, "", sets)
    return Target(table, alias, sql[: where.start], sql[where.end :].strip(), sets)


def _sets(found: Sequence[Token]) -> tuple[str, ...]:
    """The columns that are set: `set a = 1, (b, c) = (2, 3), d[1] = 4, e.f = 5` sets a to e."""
    if not _starts(found, "set"):
        return ()
    names, depth, is_target, begins = [], 0, True, True
    for token in found[1:]:
        depth += token.means("(") + token.means("[") - token.means(")") - token.means("]")
        if depth == 0 and (token.means("from") or token.means("where")):
            break
        if is_target and begins and token.kind in {"word", "name"}:
            names.append(token.key)
        is_target = not token.means("=") and (is_target or (depth == 0 and token.means(",")))
        begins = token.means(",") or token.means("(")
    return tuple(names)


def _table(found: Sequence[Token]) -> tuple[str, str, Sequence[Token]]:
    """The table's name, its alias or else its name, and what follows."""
    length = _name_length(found)
    if not length:
        return "", "", found
    table = _name(found)
    alias = found[length - 1].text
    after = found[length:]
    after = after[1:] if _starts(after, "*") else after
    if _starts(after, "as"):
        return table, after[1].text, after[2:]
    if (
        after
        and after[0].kind in {"word", "name"}
        and after[0].key not in {"set", "using", "where"}
    ):
        return table, after[0].text, after[1:]
    return table, alias, after


def _top_level(found: Sequence[Token], word: str) -> Token | None:
    depth = 0
    for token in found:
        depth += token.means("(") - token.means(")")
        if depth == 0 and token.means(word):
            return token
    return None


def _name(found: Sequence[Token]) -> str:
    """The possibly qualified name at the beginning, as it is written."""
    return "".join(it.text for it in found[: _name_length(found)])


def _name_length(found: Sequence[Token]) -> int:
    if not found or found[0].kind not in {"word", "name"}:
        return 0
    length = 1
    while _starts(found[length:], ".") and len(found) > length + 1:
        length += 2
    return length


def _parts(found: Sequence[Token]) -> list[Sequence[Token]]:
    """What commas separate, outside of parentheses."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in found:
        depth += token.means("(") - token.means(")")
        if depth == 0 and token.means(","):
            parts.append([])
        else:
            parts[-1].append(token)
    return list(parts)


def _without(found: Sequence[Token], *expected: str) -> Sequence[Token]:
    """What follows these words, which may be there."""
    return found[len(expected) :] if _starts(found, *expected) else found


def _starts(found: Sequence[Token], *expected: str) -> bool:
    return len(found) >= len(expected) and all(
        token.means(word) for token, word in zip(found, expected, strict=False)
    )


def _has(found: Sequence[Token], word: str) -> bool:
    return any(token.means(word) for token in found)
