"""Where things stand in a migration's Python file.

IO: reads the file. Called by the two collectors.
"""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Chunk:
    """The SQL of an operation, and the line on which it begins."""

    line: int
    sql: str
    comments: list[str] = field(default_factory=list)
    # the tool ends its transaction or begins it, which the migration's own lines do not say
    of_tool: bool = False


@dataclass
class Migration:
    """A migration with its SQL."""

    path: str
    atomic: bool
    chunks: list[Chunk]
    # of an application that was not asked for: what it makes is known, what it does is not reported
    quiet: bool = False
    error: str | None = None


class Source:
    """A Python file: comments by line, and the operations of a Django migration."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.text = Path(path).read_text(encoding="utf-8")
        self._comments = _comments(self.text)

    def chunk(self, begin: int, sql: str, end: int | None = None) -> Chunk:
        """The SQL of what stands on these lines, with the comments at it and those of the file."""
        lines = list(range(begin, (end or begin) + 1))
        above = begin - 1
        while above in self._comments and self._is_alone(above):
            lines.append(above)
            above -= 1
        comments = [self._comments[line] for line in lines if line in self._comments]
        comments += [it for it in self._comments.values() if "ignore-file" in it]
        return Chunk(begin, sql, [f"--{it[1:]}" for it in comments])

    def _is_alone(self, line: int) -> bool:
        return self.text.splitlines()[line - 1].lstrip().startswith("#")

    def operations(self) -> list[tuple[int, int]]:
        """First and last line of each of `operations = […]`, where that is a list in the file."""
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.List):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(it, ast.Name) and it.id == "operations" for it in targets):
                    return [(it.lineno, it.end_lineno or it.lineno) for it in node.value.elts]
        return []


def _comments(text: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {it.start[0]: it.string for it in tokens if it.type == tokenize.COMMENT}


def as_json(migration: Migration) -> dict[str, Any]:
    """What `howdah_cli` reads."""
    chunks = [vars(it) for it in migration.chunks]
    return {**vars(migration), "chunks": chunks}
