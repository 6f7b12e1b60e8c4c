"""The text of `select`, as fragments.

No IO. Called once for each shape. Sources that conditions name by way of a relation are joined
here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah._native import Fragment, Source, sources
from howdah.errors import ProgrammingError
from howdah.orm.expressions import LIST, all_of
from howdah.orm.functions.windows import NamedWindow
from howdah.orm.paths import join_condition
from howdah.orm.statements.items import Item
from howdah.orm.statements.joins import Join
from howdah.orm.statements.select import Select, labelled
from howdah.orm.tables import TableSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def separated(fragments: Iterable[Any], separator: str = ", ") -> list[Any]:
    """The fragments with the text between them."""
    parts: list[Any] = []
    for fragment in fragments:
        parts += [separator, fragment]
    return parts[1:]


def write_select(statement: Select[Any]) -> Fragment:
    """The whole statement."""
    brought: set[Source] = set()
    parts: list[Any] = [*written_with(statement.with_), "select "]
    parts += _distinct(statement)
    parts += separated(output(statement))
    first = statement._first_source()
    if first is not None:
        parts += [" from ", first]
        joins = all_joins(statement, first)
        brought = {first, *(join.source for join in joins)}
        parts += [part for join in joins for part in written_join(join)]
    parts += _clause(" where ", statement.where_)
    if statement.group:
        parts += [" group by ", *separated(statement.group)]
    parts += _clause(" having ", statement.having_)
    parts += _windows(statement)
    if statement.order:
        parts += [" order by ", *separated(statement.order)]
    if statement.limit_ is not None:
        parts += [" limit ", statement.limit_]
    if statement.offset_ is not None:
        parts += [" offset ", statement.offset_]
    for lock in statement.locks:
        parts += _lock(lock, brought)
    return Fragment(*parts, level=LIST)


def written_with(ctes: Sequence[Source]) -> list[Any]:
    """What is declared before the statement, whether it is named in it or not."""
    return [(cte,) for cte in ctes]


def written_join(join: Join) -> list[Any]:
    """One join, with its condition."""
    lateral = "lateral " if join.lateral else ""
    on = [] if join.condition is None else [" on ", join.condition]
    return [f" {join.kind} {lateral}", join.source, *on]


def all_joins(statement: Select[Any], first: Source) -> list[Join]:
    """The joins that were written, and those of ways along relations that were not."""
    named = statement.named_sources()
    of_models = _of_models(statement, named, first)
    written = [it for join in statement.joins for it in _along(join, named, of_models)]
    known = {id(first), *(id(join.source) for join in written)}
    outer: set[int] = set()
    before = [id(first)]
    joins: list[Join] = []
    for join in written:
        ways = _ways_to(sources((join.condition,)), known, outer)
        joins += [*ways, join]
        before += (id(way.source) for way in ways)
        if join.kind in {"right join", "full join"}:
            outer.update(before)
        if join.kind in {"left join", "full join"}:
            outer.add(id(join.source))
        before.append(id(join.source))
    return joins + _ways_to(named, known, outer)


def _windows(statement: Select[Any]) -> list[Any]:
    """The `window` clause: the windows that have a name, each after those that it is made of."""
    windows = [
        Fragment((source, None), " as (", source.content, ")", level=LIST)
        for source in statement.named_sources()
        if isinstance(source, NamedWindow)
    ]
    return [" window ", *separated(windows)] if windows else []


def _of_models(statement: Select[Any], named: list[Source], first: Source) -> dict[Source, Join]:
    """The models' own tables that joins along relations bring in, each with the join that does.

    `select(Book, Author).join(Book.author)` names the author's own table: then that is joined. Of
    several relations that lead to it, it is the one of which nothing else is said.
    """
    brought = {first, *(join.source for join in statement.joins)}
    found: dict[Source, Join] = {}
    for join in sorted(statement.joins, key=lambda join: join.source in named):
        source = join.source
        if join.condition is None and isinstance(source, TableSource) and source.relation:
            own = source.model.__table__.source
            if own in named and own not in brought:
                found.setdefault(own, join)
    return found


def _along(join: Join, named: list[Source], of_models: dict[Source, Join]) -> list[Join]:
    """A join along a relation with its condition.

    Where both `Author.name` and `Book.author.name` are named, both are joined: they are the same
    row, which the second join neither repeats nor takes away.
    """
    source = join.source
    if join.condition is not None or not isinstance(source, TableSource) or not source.relation:
        return [join]
    own = source.model.__table__.source
    if of_models.get(own) is not join:
        return [Join(join.kind, source, join_condition(source))]
    joins = [Join(join.kind, own, join_condition(source, own))]
    if source in named:
        joins.append(Join("left join", source, join_condition(source)))
    return joins


def _ways_to(found: Iterable[Source], known: set[int], outer: set[int]) -> list[Join]:
    joins: list[Join] = []
    for source in found:
        joins += _way_to(source, known, outer)
    return joins


def _way_to(source: Source, known: set[int], outer: set[int]) -> list[Join]:
    """The joins that bring in a source, after those that it begins at.

    From an `outer` source, which has null where an outer join found no row, the way is outer too.
    """
    if id(source) in known or not isinstance(source, TableSource) or source.relation is None:
        return []
    assert source.parent is not None
    before = _way_to(source.parent, known, outer)
    known.add(id(source))
    is_outer = source.relation.nullable or id(source.parent) in outer
    if is_outer:
        outer.add(id(source))
    kind: Any = "left join" if is_outer else "join"
    return [*before, Join(kind, source, join_condition(source))]


def output(statement: Any) -> list[Any]:
    """What the statement gives, column by column."""
    written: list[Any] = []
    for item in statement.items:
        if isinstance(item, Item):
            written += item.output(statement)
        else:
            written.append(labelled(item))
    return written


def _distinct(statement: Select[Any]) -> list[Any]:
    if statement.distinct_ is True:
        return ["distinct "]
    if statement.distinct_ is False:
        return []
    return ["distinct on (", *separated(statement.distinct_), ") "]


def _clause(word: str, conditions: Sequence[Any]) -> list[Any]:
    return [word, *together(conditions)] if conditions else []


def together(conditions: Sequence[Any]) -> list[Any]:
    """All of the conditions; one alone without parentheses."""
    return list(conditions) if len(conditions) == 1 else [all_of(*conditions)]


def _lock(lock: tuple[Any, ...], brought: set[Source]) -> list[Any]:
    strength, of, how = lock
    names = [Fragment((source, None)) for source in of]
    for source in of:
        if source not in brought:
            raise ProgrammingError(
                f"`lock(of=…)` names `{source.label}`, which the statement does not read from"
            )
    return [f" for {strength}", *([" of ", *separated(names)] if names else []), how]
