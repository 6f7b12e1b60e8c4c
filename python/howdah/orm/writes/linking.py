"""Relations through a table between: adding, removing and setting links, in one statement each.

Runs as steps. Invariants: a link that is there is not made twice; where the relation is loaded, it
is as the database afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from howdah._native import Fragment, Param, quote_identifier
from howdah.errors import ProgrammingError
from howdah.orm.expressions import LIST
from howdah.orm.paths import Related
from howdah.orm.statements.base import Statement, Steps
from howdah.orm.writes.objects import as_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from howdah.orm.tables import Relation


def add_steps(owner: Any, relation: Any, objects: Any) -> Steps:
    """Link objects. Returns how many links were new."""
    way = _way(owner, relation)
    members = _members(way, objects)
    count = yield from _Links(way, owner, members, removes=False, adds=True)._count_steps()
    loaded = _loaded(owner, way)
    if loaded is not None:
        loaded.extend(_not_in(way, loaded, members))
    return count


def remove_steps(owner: Any, relation: Any, objects: Any) -> Steps:
    """Unlink objects. Returns how many links there were."""
    way = _way(owner, relation)
    members = _members(way, objects)
    count = yield from _Links(way, owner, members, removes=True, adds=False)._count_steps()
    loaded = _loaded(owner, way)
    if loaded is not None:
        keys = {_key(way, one) for one in members}
        loaded[:] = [one for one in loaded if _key(way, one) not in keys]
    return count


def set_steps(owner: Any, relation: Any, objects: Any) -> Steps:
    """Link these objects and no others."""
    way = _way(owner, relation)
    members = _members(way, objects)
    yield from _Links(way, owner, members, removes=True, adds=True)._count_steps()
    loaded = _loaded(owner, way)
    if loaded is not None:
        loaded[:] = members


class _Links(Statement[int]):
    """The statement that makes or unmakes links."""

    __slots__ = ("_adds", "_keys", "_owner", "_removes", "_way")

    def __init__(
        self, way: Relation, owner: Any, members: Sequence[Any], *, removes: bool, adds: bool
    ) -> None:
        assert way.between is not None
        columns = way.between.__table__.columns
        here, there = columns[way.remote], columns[cast("str", way.onward)]
        self._way = way
        self._removes = removes
        self._adds = adds
        self._owner = Param(getattr(owner, way.local), here.type.name)
        self._keys = Param([_key(way, one) for one in members], f"{there.type.name}[]")

    def _shape_fields(self) -> tuple[Any, ...]:
        between = self._way.between
        assert between is not None
        fields = (
            "links",
            between.__table__.source,
            self._way.remote,
            cast("str", self._way.onward),
        )
        return (*fields, self._removes, self._adds, self._owner, self._keys)

    def _write(self) -> tuple[Fragment, Any]:
        if not self._adds:
            return Fragment(*self._delete(" = any ("), level=LIST), None
        if not self._removes:
            return Fragment(*self._insert(), level=LIST), None
        gone = self._delete(" <> all (")
        return Fragment("with gone as (", *gone, ") ", *self._insert(), level=LIST), None

    def _delete(self, compare: str) -> list[Any]:
        table, here, there = self._parts()
        mine = [(table, here), " = ", self._owner, " and ", (table, there)]
        return ["delete from ", table, " where ", *mine, compare, self._keys, ")"]

    def _insert(self) -> list[Any]:
        table, here, there = self._parts()
        mine = [(table, here), " = ", self._owner, " and ", (table, there), " = it.key"]
        return [
            *("insert into ", table, f" ({here}, {there}) select ", self._owner, ", it.key"),
            *(" from (select distinct unnest(", self._keys, ") as key) as it"),
            *(" where not exists (select from ", table, " where ", *mine, ")"),
            " on conflict do nothing",
        ]

    def _parts(self) -> tuple[Any, str, str]:
        assert self._way.between is not None
        table = self._way.between.__table__
        here = table.columns[self._way.remote].name
        there = table.columns[cast("str", self._way.onward)].name
        return table.source, quote_identifier(here), quote_identifier(there)


def _way(owner: Any, relation: Any) -> Relation:
    if not isinstance(relation, Related) or relation.relation.between is None:
        raise ProgrammingError(
            f"`{relation!r}` is no relation through a table between",
            hint="of others, set the foreign key of the objects and save them",
        )
    way = relation.relation
    if not isinstance(owner, way.model):
        expected, found = way.model.__name__, type(owner).__name__
        raise TypeError(f"`{relation!r}` is of `{expected}`, found `{found}`")
    return way


def _members(way: Relation, objects: Any) -> list[Any]:
    members = as_list(objects)
    for one in members:
        if not isinstance(one, way.target):
            expected, found = way.target.__name__, type(one).__name__
            raise TypeError(f"`{way.name}` holds objects of `{expected}`, found `{found}`")
    return members


def _key(way: Relation, one: Any) -> Any:
    return getattr(one, cast("str", way.target_key))


def _loaded(owner: Any, way: Relation) -> list[Any] | None:
    """What the relation holds, if it is loaded."""
    try:
        found: list[Any] = vars(way.model)[way.name].__get__(owner)
    except AttributeError:
        return None
    return found


def _not_in(way: Relation, loaded: Iterable[Any], members: Iterable[Any]) -> list[Any]:
    known = {_key(way, one) for one in loaded}
    return [one for one in members if _key(way, one) not in known]
