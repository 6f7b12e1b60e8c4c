"""Functions of full-text search.

No IO. `Book.title.matches(…)` is the short form of what is here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah.orm.expressions import Expr, typed
from howdah.orm.operators.holds import TEXT, bound
from howdah.orm.operators.search import QUERY, VECTOR, config_part

if TYPE_CHECKING:
    from howdah.orm._types import TsQuery, TsVector


def to_tsvector(
    text: Expr[str | None, Any], *, config: str | None = None
) -> Expr[TsVector, TsVector]:
    """The words of a text."""
    return typed(VECTOR, "to_tsvector(", *config_part(config), text, ")")


def websearch_to_tsquery(
    text: str | Expr[str, Any], *, config: str | None = None
) -> Expr[TsQuery, TsQuery]:
    """What people type into a search field. Never a syntax error."""
    return _query("websearch_to_tsquery", text, config)


def plainto_tsquery(
    text: str | Expr[str, Any], *, config: str | None = None
) -> Expr[TsQuery, TsQuery]:
    """All of the words."""
    return _query("plainto_tsquery", text, config)


def phraseto_tsquery(
    text: str | Expr[str, Any], *, config: str | None = None
) -> Expr[TsQuery, TsQuery]:
    """The words in this order."""
    return _query("phraseto_tsquery", text, config)


def to_tsquery(text: str | Expr[str, Any], *, config: str | None = None) -> Expr[TsQuery, TsQuery]:
    """A query in PostgreSQL's language, `rust & (sql | orm:*)`, which the server may refuse."""
    return _query("to_tsquery", text, config)


def _query(name: str, text: Any, config: str | None) -> Expr[TsQuery, TsQuery]:
    return typed(QUERY, f"{name}(", *config_part(config), bound(text, TEXT), ")")


def ts_rank(
    vector: Expr[str | None, Any], query: str | Expr[TsQuery, Any], *, config: str | None = None
) -> Expr[float, float]:
    """How well a text matches; more is better."""
    return vector.rank(query, config=config)


def ts_headline(
    text: Expr[str | None, Any],
    query: str | Expr[TsQuery, Any],
    *,
    config: str | None = None,
    options: str = "",
) -> Expr[str, str]:
    """The parts of a text that match."""
    return text.headline(query, config=config, options=options)
