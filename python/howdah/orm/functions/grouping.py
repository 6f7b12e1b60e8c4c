"""Several groupings in one statement: `group_by(rollup(Book.author_id, Book.year))`.

No IO.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah.orm.expressions import LIST, Expr, typed
from howdah.orm.functions.windows import listed
from howdah.orm.operators.holds import INTEGER

if TYPE_CHECKING:
    from collections.abc import Sequence


def rollup(*columns: Expr[Any, Any] | Sequence[Expr[Any, Any]]) -> Expr[Any, Any]:
    """Groups by all of these, by all but the last, … and everything together."""
    return _sets("rollup", columns)


def cube(*columns: Expr[Any, Any] | Sequence[Expr[Any, Any]]) -> Expr[Any, Any]:
    """Groups by every choice of these."""
    return _sets("cube", columns)


def grouping_sets(*sets: Expr[Any, Any] | Sequence[Expr[Any, Any]]) -> Expr[Any, Any]:
    """Groups by each of these; `()` is everything together."""
    return _sets("grouping sets", sets)


def grouping(*columns: Expr[Any, Any]) -> Expr[int, int]:
    """Which of the columns a row is not grouped by: a bit for each, the last column's is 1."""
    return typed(INTEGER, "grouping(", *listed(columns), ")")


def _sets(word: str, sets: Sequence[Any]) -> Expr[Any, Any]:
    parts: list[Any] = []
    for one in sets:
        parts += [", ", *([one] if isinstance(one, Expr) else ["(", *listed(one), ")"])]
    return typed(None, f"{word} (", *parts[1:], ")", level=LIST)
