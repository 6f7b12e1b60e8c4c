"""Loading what objects lack: for all objects of the same result at once.

Does IO through the executor that the objects came from. Called by `Model.__getattr__` for an empty
slot, by `load(…)` of statements and databases. What runs is written as steps, one generator for
both worlds.

Invariants: a relation of depth d costs d statements, however many objects there are; a load that
fails or is cancelled leaves the objects as they were; what the program has set is never
overwritten.
"""

from __future__ import annotations

import operator
import sys
import threading
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from howdah._native import Cohort, Param
from howdah.errors import NotLoaded, ProgrammingError
from howdah.orm.children import children
from howdah.orm.collections import Collection, Unloaded
from howdah.orm.expressions import Column, Condition
from howdah.orm.paths import Related, relation_of
from howdah.orm.statements.select import Select

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Sequence
    from types import FrameType

    from howdah.orm.models import Model
    from howdah.orm.statements.base import Step, Steps
    from howdah.orm.tables import Relation, Table


def missing(instance: Model, name: str) -> Any:
    """The value of an attribute whose slot is empty.

    It is loaded now, for the whole cohort; under asyncio it is to be awaited. Raises `NotLoaded`
    where it cannot be loaded, and `AttributeError` for what is no field.
    """
    table = type(instance).__table__
    if name not in table.relation_names and name not in table.column_names:
        raise AttributeError(f"`{type(instance).__name__}` has no attribute `{name}`")
    what = f"{type(instance).__name__}.{name}"
    cohort = instance._cohort
    if cohort is None:
        raise NotLoaded(
            f"`{what}` has no value yet",
            hint="the database gives it when the object is inserted",
        )
    if name in table.relation_names:
        cohort.fill_parents(name)
        known = _slot_value(instance, name)
        if known is not _EMPTY:
            return known
    if _is_serializer(sys._getframe(2)):
        # not `NotLoaded`: pydantic takes an `AttributeError` for a field that may be left out
        raise ProgrammingError(
            f"`{what}` is not loaded, and nothing is fetched while an answer is written",
            hint=line_to_add(table, name),
        )
    if cohort.state.get("strict"):
        raise NotLoaded(f"`{what}` is not loaded", hint=line_to_add(table, name))
    if cohort.executor.is_async:
        return _missing_async(instance, cohort, name, what)
    with _lock(cohort):
        value = _slot_value(instance, name)
        if value is _EMPTY:
            cohort.executor._load_lacking(load_attribute(cohort, name))
            value = _slot_value(instance, name)
    if value is _EMPTY:
        raise _vanished(what)
    return value


def _is_serializer(caller: FrameType) -> bool:
    """Whether an attribute is read by a library that turns objects into data."""
    module = caller.f_globals.get("__name__", "")
    return isinstance(module, str) and module.partition(".")[0] == "pydantic"


def _missing_async(instance: Model, cohort: Cohort, name: str, what: str) -> Any:
    async def load() -> Any:
        async with _async_lock(cohort):
            value = _slot_value(instance, name)
            if value is _EMPTY:
                await cohort.executor._load_lacking(load_attribute(cohort, name))
                value = _slot_value(instance, name)
        if value is _EMPTY:
            raise _vanished(what)
        return value

    return Unloaded(what, load)


_EMPTY: Any = object()


def _slot_value(instance: Any, name: str) -> Any:
    """What is in the slot, without loading it."""
    try:
        return vars(type(instance))[name].__get__(instance)
    except AttributeError:
        return _EMPTY


def _vanished(what: str) -> NotLoaded:
    return NotLoaded(
        f"`{what}` cannot be loaded: the row is gone",
        hint="it was deleted, or its key was changed, since the object was loaded",
    )


def line_to_add(table: Table, name: str) -> str:
    """What says to a statement that an attribute is wanted."""
    model = table.model.__name__
    if name in table.relation_names:
        return f"add `.load({model}.{name})` to the statement"
    return f"add `{model}.{name}` to `.only(…)` of the statement"


def _lock(cohort: Cohort) -> threading.RLock:
    lock: threading.RLock = cohort.state.setdefault("lock", threading.RLock())
    return lock


def _async_lock(cohort: Cohort) -> asyncio.Lock:
    import asyncio

    found = cohort.state.get("async lock")
    if found is None:
        found = cohort.state.setdefault("async lock", asyncio.Lock())
    lock: asyncio.Lock = found
    return lock


# --- steps


def load_relations(cohorts: Iterable[Cohort], ways: Sequence[Any]) -> Steps:
    """Load the relations for the cohorts whose model has them, and then those of what was found.

    Returns all cohorts, those that it leads to as well.
    """
    known = list(cohorts)
    models = {cohort.layout.model for cohort in known}
    for way in ways:
        relation = relation_of(way)
        if known and relation.model not in models:
            raise ProgrammingError(
                f"`load({relation.model.__name__}.{relation.name})`: the statement gives no "
                f"`{relation.model.__name__}`",
                hint="relations are loaded in the order in which they are named, parents first",
            )
        mine = [cohort for cohort in known if cohort.layout.model is relation.model]
        reached = yield from load_relation(mine, way)
        known += [cohort for cohort in reached if not any(it is cohort for it in known)]
        models.add(relation.target)
    return known


def get_step(executor: Any, model: type[Model], key: tuple[Any, ...]) -> Step:
    """The call that fetches the object with a primary key."""
    table = model.__table__
    plan = table.by_key
    if plan is None:
        columns = [table.expression(name) for name in table.key]
        if not columns:
            raise ProgrammingError(f"`{model.__name__}` has no primary key")
        query = Select.of((model,)).where(*(column == Param(None) for column in columns))
        plan = table.by_key = query._compile()[0]
    if len(key) != len(table.key):
        expected, found = len(table.key), len(key)
        raise ProgrammingError(
            f"the primary key of `{model.__name__}` has {expected} columns, found {found} values"
        )
    if table.binds_key:
        pairs = zip(table.key, key, strict=True)
        key = tuple(table.columns[name].type.bound(value) for name, value in pairs)
    return methodcaller("fetch_one", plan.sql, *key, row=plan.extra.start(executor, alone=True))


def load_steps(objects: Iterable[Any], ways: Sequence[Any]) -> Steps:
    """Load relations and columns of objects, whichever results they came from."""
    cohorts: dict[int, Cohort] = {}
    for one in objects:
        if one._cohort is None:
            raise NotLoaded(f"`{one!r}` was never in the database: it has nothing to load")
        cohorts[id(one._cohort)] = one._cohort
    known = list(cohorts.values())
    for way in ways:
        if isinstance(way, Column) and way.definition is not None:
            for cohort in known:
                if cohort.layout.model is way.source.model:  # type: ignore[attr-defined]
                    yield from load_columns(cohort, (way.definition.attribute,))
        else:
            known = yield from load_relations(known, (way,))


def load_attribute(cohort: Cohort, name: str) -> Steps:
    """Load one slot of all members: a column or a relation."""
    table: Table = cohort.layout.model.__table__  # type: ignore[attr-defined]
    if name in table.column_names:
        yield from load_columns(cohort, (name,))
    else:
        way = table.expression(name)
        yield from load_relation([cohort], way)


def load_columns(cohort: Cohort, names: Sequence[str]) -> Steps:
    """Load deferred columns of all members."""
    table: Table = cohort.layout.model.__table__  # type: ignore[attr-defined]
    if not table.key:
        raise NotLoaded(f"`{table.model.__name__}` has no primary key to load columns by")
    key = [table.expression(name) for name in table.key]
    wanted = [table.expression(name) for name in names]
    query = Select.of((*key, *wanted)).where(_among(cohort, key, table.key))
    rows = yield from query._steps(cohort.executor)
    width = len(key)
    for place, name in enumerate(names, width):
        found = {row[0] if width == 1 else row[:width]: row[place] for row in rows}
        # the slot of an object whose row is gone stays empty
        cohort.fill(name, table.key[0] if width == 1 else table.key, found, missing=False)


def _among(cohort: Cohort, columns: Sequence[Column[Any, Any]], names: Sequence[str]) -> Condition:
    """True for the rows of the cohort's members."""
    if len(columns) == 1:
        return columns[0].in_(cohort.values(names[0], distinct=True, nulls=False))
    listed: list[Any] = []
    for column, name in zip(columns, names, strict=True):
        assert column._type is not None
        values = [column._type.bound(value) for value in cohort.values(name)]
        listed += [", ", Param(values, f"{column._type.name}[]")]
    row: list[Any] = []
    for column in columns:
        row += [", ", column]
    return Condition("(", *row[1:], ") in (select * from unnest(", *listed[1:], "))", level=4)


def load_relation(cohorts: Sequence[Cohort], way: Any) -> Steps:
    """Load one relation of all members at once. Returns the cohorts of what it leads to."""
    reached: list[Cohort] = []
    for group in _alike(cohorts):
        reached += yield from _load_for(group, way)
    return reached


def _alike(cohorts: Iterable[Cohort]) -> Iterable[list[Cohort]]:
    """The cohorts that one statement can load for: of one executor, all strict or none."""
    groups: dict[tuple[int, bool], list[Cohort]] = {}
    for cohort in cohorts:
        is_strict = bool(cohort.state.get("strict"))
        groups.setdefault((id(cohort.executor), is_strict), []).append(cohort)
    return groups.values()


def _load_for(cohorts: list[Cohort], way: Any) -> Steps:
    relation = relation_of(way)
    related = (
        way if isinstance(way, Related) else Related(relation.model.__table__.source, relation)
    )
    for name in relation.here:
        if name not in relation.model.__table__.key:
            for cohort in cohorts:
                yield from _ensure(cohort, name)
    for cohort in cohorts:
        cohort.fill_parents(relation.name)
    lacking = sum(len(it.values(relation.local, missing=relation.name)) for it in cohorts)
    was_there = lacking < sum(map(len, cohorts))
    rows, found = yield from _related_rows(cohorts, relation, related)
    for cohort in cohorts:
        _give(cohort, relation, rows, found)
    reached = _reached(cohorts, relation) if was_there else found
    yield from load_relations(reached, related.loads)
    return reached


def _related_rows(cohorts: list[Cohort], relation: Relation, related: Related[Any]) -> Steps:
    """What the members that lack the relation lead to: the rows, and the cohorts they came in."""
    keys: dict[Any, None] = {}
    for cohort in cohorts:
        here = _named(relation.here)
        lacking = cohort.values(here, distinct=True, nulls=False, missing=relation.name)
        keys |= dict.fromkeys(lacking)
    known = _among_themselves(cohorts, relation, related)
    wanted = [key for key in keys if key not in known]
    if not wanted:
        return list(known.values()), []
    load, step = children(related, wanted)._fetching(cohorts[0].executor)
    rows = yield step
    found = [one for one in load.cohorts if one is not None]
    _share_state(cohorts[0], found)
    return [*known.values(), *rows], found


def _reached(cohorts: list[Cohort], relation: Relation) -> list[Cohort]:
    """The cohorts of the objects that a relation leads to, whenever it was loaded."""
    found: dict[int, Cohort] = {}
    for member in (one for cohort in cohorts for one in cohort.members()):
        value = _slot_value(member, relation.name)
        for one in value if isinstance(value, list) else [value]:
            cohort = getattr(one, "_cohort", None)
            if cohort is not None:
                found[id(cohort)] = cohort
    return list(found.values())


def _among_themselves(
    cohorts: list[Cohort], relation: Relation, related: Related[Any]
) -> dict[Any, Any]:
    """Members to which a relation to one of the same model leads: the same row is one object."""
    if relation.many or relation.target is not relation.model or not related.is_whole:
        return {}
    found = {}
    for one in (one for cohort in cohorts for one in cohort.members()):
        values = tuple(_slot_value(one, name) for name in relation.there)
        if not any(value is _EMPTY for value in values):
            found[values if relation.beside else values[0]] = one
    return found


def _give(cohort: Cohort, relation: Relation, rows: list[Any], found: list[Cohort]) -> None:
    """Write what was found into the parents' slots."""
    name, local, remote = relation.name, _named(relation.here), _named(relation.there)
    if relation.between is not None:
        cohort.fill_pairs(name, local, rows, Collection)
    elif relation.many:
        children_found: Any = found[0] if found else None
        cohort.fill_many(name, local, children_found, remote, Collection, relation.back)
    else:
        read = operator.attrgetter(*relation.there)
        by_key = {read(row): row for row in rows}
        cohort.fill(name, local, by_key)


def _named(names: tuple[str, ...]) -> str | tuple[str, ...]:
    """One name, or several of which the values are tuples."""
    return names[0] if len(names) == 1 else names


def _ensure(cohort: Cohort, name: str) -> Steps:
    """Load the column that a relation begins at, where it was left out."""
    if any(_slot_value(member, name) is _EMPTY for member in cohort.members()):
        yield from load_columns(cohort, (name,))


def _share_state(cohort: Cohort, found: Iterable[Cohort]) -> None:
    if cohort.state.get("strict"):
        for one in found:
            one.state["strict"] = True
