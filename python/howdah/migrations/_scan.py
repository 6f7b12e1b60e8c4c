"""Just enough of SQL's lexical structure: statements, words, and comments with their lines.

No IO. Called by the reader of migration files and by what needs to know which kind of statement it
has. Invariant: nothing inside a string, a quoted name, a dollar-quoted body or a block comment is
taken for SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """The statements of a script, and the one-line comments between them, in order."""
    statement: list[Token] = []
    depth = 0
    line, counted = 1, 0
    for token in tokens(sql):
        if not statement:
            line, counted = line + sql.count("\n", counted, token.start), token.start
        if token.means(";") and depth == 0:
            if statement:
                yield Piece(sql[statement[0].start : statement[-1].end], line)
            statement = []
        elif token.kind == "comment":
            if not statement:
                yield Piece(token.text, line, is_comment=True)
        else:
            depth += _nesting(statement, token, depth)
            statement.append(token)
    if statement:
        yield Piece(sql[statement[0].start : statement[-1].end], line)


def words(sql: str) -> list[Token]:
    """The tokens of a statement that are not comments."""
    return [it for it in tokens(sql) if it.kind != "comment"]


def _nesting(before: list[Token], token: Token, depth: int) -> int:
    """How the depth changes: a body `begin atomic … end` holds semicolons of its own."""
    if token.means("atomic") and before and before[-1].means("begin"):
        return 1
    if depth and token.means("case"):
        return 1
    return -1 if depth and token.means("end") else 0


def _after_block(sql: str, start: int) -> int:
    """Where a block comment ends; they nest."""
    depth = 0
    for edge in _BLOCK_EDGE.finditer(sql, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(sql)
