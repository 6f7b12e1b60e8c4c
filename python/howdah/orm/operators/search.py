"""Full-text search.

No IO. Part of `Expr`. A configuration is a name of the program and part of the text, so that an
index on `to_tsvector('english', title)` serves; what is searched for is a parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah.errors import ProgrammingError
from howdah.orm._types import TsQuery, TsVector, sql_type
from howdah.orm.operators.holds import TEXT, Holds, bound

if TYPE_CHECKING:
    from howdah.orm.expressions import Condition, Expr

VECTOR = sql_type(TsVector)
QUERY = sql_type(TsQuery)
_REAL = sql_type(float).named("real")


class SearchOperators:
    """What texts and `tsvector` columns can do to be found."""

    __slots__ = ()

    def matches(
        self: Holds[str | None],
        query: str | Expr[TsQuery | None, Any],
        *,
        config: str | None = None,
    ) -> Condition:
        """The words of a search are in it: `@@`.

        A `str` is what people type into a search field (`websearch_to_tsquery`: `"two words"`,
        `or`, `-without`), which is never a syntax error; `to_tsquery(…)` and its kin make others.
        """
        vector = as_vector(self, config)
        made: Condition = self._condition(vector, " @@ ", as_query(query, config), level=4)
        return made

    def rank(
        self: Holds[str | None],
        query: str | Expr[TsQuery | None, Any],
        *,
        config: str | None = None,
    ) -> Expr[float, float]:
        """How well it matches a search; more is better: `ts_rank`."""
        made: Expr[float, float] = self._within(
            _REAL, "ts_rank(", as_vector(self, config), ", ", as_query(query, config), ")"
        )
        return made

    def headline(
        self: Holds[str | None],
        query: str | Expr[TsQuery | None, Any],
        *,
        config: str | None = None,
        options: str = "",
    ) -> Expr[str, str]:
        """The parts of a text that match a search, with `<b>` around the words: `ts_headline`.

        `options` are PostgreSQL's: `"MaxFragments=2, StartSel=<i>, StopSel=</i>"`. The text is not
        escaped for HTML.
        """
        parts = ["ts_headline(", *config_part(config), self, ", ", as_query(query, config)]
        made: Expr[str, str] = self._within(TEXT, *parts, ", ", bound(options, TEXT), ")")
        return made


def as_vector(text: Any, config: str | None) -> Any:
    """A `tsvector` column, or a text as one."""
    if text._type is not None and text._type.name == "tsvector":
        return text
    return text._within(VECTOR, "to_tsvector(", *config_part(config), text, ")")


def as_query(query: Any, config: str | None) -> Any:
    """A query, or what somebody typed as one."""
    if not isinstance(query, str):
        return query
    from howdah.orm.expressions import typed

    return typed(QUERY, "websearch_to_tsquery(", *config_part(config), bound(query, TEXT), ")")


def config_part(config: str | None) -> list[str]:
    """The configuration as the first argument, if there is one."""
    if config is None:
        return []
    if not config.replace(".", "_").isidentifier() or not config.isascii():
        raise ProgrammingError(f"`{config!r}` is no name of a text search configuration")
    return [f"'{config}', "]
