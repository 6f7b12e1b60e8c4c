"""Sources beside the first: joins.

No IO. Called by the statements that have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from howdah._native import Source
from howdah.orm.expressions import all_of
from howdah.orm.paths import matching, source_of
from howdah.orm.tables import TableSource

if TYPE_CHECKING:
    from howdah._native import Fragment
    from howdah.orm.models import Model
    from howdah.orm.paths import Related
    from howdah.orm.statements.sources import Rows

    Joinable: TypeAlias = Related[Any] | type[Model] | Rows
    """A relation, a model or alias, a subquery."""

JoinKind = Literal["join", "left join", "right join", "full join", "cross join"]


class Join:
    """A source that is brought in beside the first. Along a relation, it needs no condition."""

    __slots__ = ("condition", "kind", "lateral", "source")

    def __init__(
        self, kind: JoinKind, source: Source, condition: Fragment | None, *, lateral: bool = False
    ) -> None:
        self.kind = kind
        self.source = source
        self.condition = condition
        self.lateral = lateral

    def _shape_fields(self) -> tuple[Any, ...]:
        """What its text depends on."""
        return (self.kind, self.source, self.condition, self.lateral)


def root(source: Source) -> Source:
    """Where the way along relations to this source begins."""
    while isinstance(source, TableSource) and source.parent is not None:
        source = source.parent
    return source


def as_source(way: Any) -> Source:
    """What a model, an alias, a way or a subquery is as a part of `from`."""
    source = source_of(way)
    if source is not None:
        return source
    if isinstance(way, Source):
        return way
    inner = getattr(way, "_source", None)
    if isinstance(inner, Source):
        return inner
    raise TypeError(f"expected a model, an alias or a subquery, found `{way!r}`")


def related_joins(kind: JoinKind, way: Related[Any], on: Any) -> tuple[Join, ...]:
    """The joins along a to-many relation: one, or two by way of the table between."""
    relation = way.relation
    target = relation.target.__table__
    conditions = [*way.conditions, *([on] if on is not None else [])]
    if relation.between is None:
        matched = matching(relation, way.source, target.source)
        return (Join(kind, target.source, all_of(matched, *conditions)),)
    here = relation.model.__table__.expression_of(way.source, relation.local)
    between = relation.between.__table__
    assert relation.onward is not None
    assert relation.target_key is not None
    first = Join(kind, between.source, between.expression(relation.remote) == here)
    matched = target.expression(relation.target_key) == between.expression(relation.onward)
    return first, Join(kind, target.source, all_of(matched, *conditions))
