"""Just enough of SQL's lexical structure: statements, words, and comments with their lines.

No IO. Statements are found natively; words are for the reader of migration files, and for what
needs to know which kind of statement it has. Invariant: nothing inside a string, a quoted name, a
dollar-quoted body or a block comment is taken for SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from howdah import _native

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*)
    | (?P<block>/\*)
    | (?P<string>[eE]'(?:[^'\\]|''|\\.)*'|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')
    | (?P<name>(?:[uU]&)?"(?:[^"]|"")*")
    | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_EDGE = re.compile(r"/\*|\*/")


@dataclass(frozen=True)
class Token:
    """A piece of SQL: `word`, `name` (quoted), `string`, `comment` (of one line) or `symbol`."""

    kind: str
    text: str
    start: int
    end: int

    def means(self, keyword: str) -> bool:
        """Whether it is this keyword or symbol."""
        return self.kind in {"word", "symbol"} and self.key == keyword

    @property
    def key(self) -> str:
        """What PostgreSQL takes it for: folded, or without its quotes."""
        if self.kind == "name":
            return self.text[self.text.index('"') + 1 : -1].replace('""', '"')
        return self.text.lower()


@dataclass(frozen=True)
class Piece:
    """A statement without its semicolon, or a comment of one line between statements."""

    text: str
    line: int
    is_comment: bool = False


def tokens(sql: str) -> Iterator[Token]:
    """All tokens but space and block comments."""
    at = 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        assert match is not None  # the last alternative takes anything
        kind, end = str(match.lastgroup), match.end()
        if kind == "block":
            at = _after_block(sql, at)
            continue
        if kind == "dollar":
            closing = sql.find(match.group(), end)
            kind, end = "string", len(sql) if closing < 0 else closing + len(match.group())
        if kind != "space":
            yield Token(kind, sql[at:end], at, end)
        at = end


def pieces(sql: str) -> Iterator[Piece]:
    """The statements of a script, and the one-line comments between them, in order.

    Commands of psql, and data for its COPY, come as pieces that begin with a backslash.
    """
    at, line = 0, 1
    for start, end, begins, data in _native.sql_split(sql):
        yield from _between(sql[at:start], line)
        yield Piece(sql[start:end], begins)
        if data is not None:
            yield Piece("\\.", begins)
        at, line = end, begins + sql.count("\n", start, end)
    yield from _between(sql[at:], line)


def words(sql: str) -> list[Token]:
    """The tokens of a statement that are not comments."""
    return [it for it in tokens(sql) if it.kind != "comment"]


def _between(text: str, line: int) -> Iterator[Piece]:
    """The comments, and whatever else is no SQL, between two statements."""
    for token in tokens(text):
        if token.kind == "comment" or token.means("\\"):
            rest = text[token.start :].split("\n", 1)[0]
            number = line + text.count("\n", 0, token.start)
            yield Piece(rest, number, is_comment=token.kind == "comment")


def _after_block(sql: str, start: int) -> int:
    """Where a block comment ends; they nest."""
    depth = 0
    for edge in _BLOCK_EDGE.finditer(sql, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(sql)
