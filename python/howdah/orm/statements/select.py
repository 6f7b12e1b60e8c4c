"""`select`: asking.

No IO. A `Select` is a value: every method answers another one. What is named in it decides what it
reads from: a model's own table, an alias, or what a relation leads to, which is joined by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, cast

from howdah._native import Fragment, Hydration, Param, Source, sources
from howdah._native import quote_identifier as quoted
from howdah.errors import ProgrammingError
from howdah.orm.expressions import (
    LIST,
    Column,
    Condition,
    Expr,
    Labelled,
    Order,
    condition,
)
from howdah.orm.functions.windows import NamedWindow, with_windows
from howdah.orm.paths import Related, relation_of, source_of
from howdah.orm.statements.items import Item, ModelItem
from howdah.orm.statements.joins import Join, JoinKind, as_source, related_joins, root
from howdah.orm.statements.outputs import Output, hydration_of, outputs_of
from howdah.orm.statements.query import Query
from howdah.orm.statements.terminals import First
from howdah.orm.tables import TableSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from howdah.orm.models import Model
    from howdah.orm.statements.base import Step, Steps
    from howdah.orm.statements.joins import Joinable

T = TypeVar("T")

_ONE = Param(1, "bigint")
LockStrength = Literal["update", "no key update", "share", "key share"]


class _Clause:
    """A clause of a statement; its default where it was not said."""

    __slots__ = ("_default", "_name")

    def __init__(self, default: Any) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, statement: Any, owner: type) -> Any:
        return self if statement is None else statement._said.get(self._name, self._default)


def clause(default: Any) -> Any:
    """A clause, for type checkers: of whatever type it is annotated with."""
    return _Clause(default)


class Select(Query[T]):
    """A question to the database, of which running gives a list of `T`."""

    __slots__ = ("_said", "items")
    is_read_only = True

    items: tuple[Any, ...]
    """What it asks for."""
    _said: dict[str, Any]
    """The clauses that were said, in order: what was not said is not there."""

    from_: Source | None = clause(None)
    joins: tuple[Join, ...] = clause(())
    where_: tuple[Fragment, ...] = clause(())
    group: tuple[Fragment, ...] = clause(())
    having_: tuple[Fragment, ...] = clause(())
    order: tuple[Fragment, ...] = clause(())
    limit_: Param | None = clause(None)
    offset_: Param | None = clause(None)
    distinct_: Literal[False, True] | tuple[Fragment, ...] = clause(False)  # noqa: FBT003
    locks: tuple[tuple[Any, ...], ...] = clause(())
    only_: tuple[Column[Any, Any], ...] = clause(())
    loads: tuple[Any, ...] = clause(())
    strict_: bool = clause(False)  # noqa: FBT003
    with_: tuple[Source, ...] = clause(())

    # --- making

    @classmethod
    def of(cls, items: tuple[Any, ...]) -> Select[Any]:
        """A statement that asks for models, aliases, shapes and expressions."""
        found = tuple(map(as_item, items))
        said = {} if isinstance(found[0], Item) and len(found) == 1 else _reads(found)
        return cls._made(found, said)

    @classmethod
    def of_fragment(cls, what: Fragment, source: Source) -> Select[Any]:
        """A statement that asks for one expression of one source."""
        return cls._made((what,), {**_reads((what,)), "from_": source})

    @classmethod
    def _empty(cls) -> Select[Any]:
        """A statement that asks for nothing yet."""
        return cls._made((), {})

    @classmethod
    def _made(cls, items: tuple[Any, ...], said: dict[str, Any]) -> Select[Any]:
        made: Select[Any] = object.__new__(cls)
        made.items = items
        made._said = said
        return made

    def _with(self, **changed: Any) -> Self:
        other = self._saying({**self._said, **changed})
        if "items" in changed:
            other.items = other._said.pop("items")
            other._said |= _reads(other.items)
        return other

    def _saying(self, said: dict[str, Any]) -> Self:
        other = object.__new__(type(self))
        other.items = self.items
        other._said = said
        return other

    # --- clauses

    def where(self, *conditions: Expr[bool | None, Any]) -> Self:
        """Only rows for which all of the conditions are true, beside those that were there."""
        for one in conditions:
            condition(one)
        said = self._said
        return self._saying({**said, "where_": said.get("where_", ()) + conditions})

    def order_by(self, *columns: Expr[Any, Any] | Order) -> Self:
        """In the order of these, in the place of an earlier order. None: no order."""
        for column in columns:
            if not isinstance(column, Fragment):
                raise TypeError(f"`order_by` takes columns, found `{type(column).__name__}`")
        return self._with(order=columns)

    def limit(self, count: int) -> Self:
        """At most so many rows."""
        return self._with(limit_=row_count(count, "limit"))

    def offset(self, count: int) -> Self:
        """Without the first so many rows, which the server reads all the same: see `page`."""
        return self._with(offset_=row_count(count, "offset"))

    def distinct(self) -> Self:
        """Each row once."""
        return self._with(distinct_=True)

    def distinct_on(self, *columns: Expr[Any, Any]) -> Self:
        """The first row, in the order, for each value of these."""
        return self._with(distinct_=columns)

    def group_by(self, *columns: Expr[Any, Any]) -> Self:
        """A row for each value of these."""
        return self._with(group=self.group + columns)

    def having(self, *conditions: Expr[bool | None, Any]) -> Self:
        """Only groups for which all of the conditions are true."""
        return self._with(having_=self.having_ + tuple(map(condition, conditions)))

    def join(self, way: Joinable, on: Expr[bool | None, Any] | None = None) -> Self:
        """Rows together with those of a relation.

        Or of any model, alias or subquery with a condition.

        A to-many relation gives its parent's row for each of its own.
        """
        return self._join("join", way, on)

    def left_join(self, way: Joinable, on: Expr[bool | None, Any] | None = None) -> Self:
        """`join`, and rows that have no partner stay, with null in its place."""
        return self._join("left join", way, on)

    def right_join(self, way: Joinable, on: Expr[bool | None, Any] | None = None) -> Self:
        """`join`, and partners without a row stay."""
        return self._join("right join", way, on)

    def full_join(self, way: Joinable, on: Expr[bool | None, Any] | None = None) -> Self:
        """`join`, and whatever has no partner stays."""
        return self._join("full join", way, on)

    def cross_join(self, way: Joinable) -> Self:
        """Each row with each row of the other."""
        return self._with(joins=(*self.joins, Join("cross join", as_source(way), None)))

    def lateral(
        self, way: Joinable, on: Expr[bool | None, Any] | None = None, *, left: bool = False
    ) -> Self:
        """Rows together with those of a subquery that may name columns of what stands before."""
        kind: JoinKind = "left join" if left else "join"
        join = Join(kind, as_source(way), on if on is not None else Condition("true"), lateral=True)
        return self._with(joins=(*self.joins, join))

    def select_from(self, way: Joinable) -> Self:
        """What it reads from first, where that is not what it asks for."""
        return self._with(from_=as_source(way))

    def with_ctes(self, *ctes: Joinable) -> Self:
        """Also run these common table expressions, named in the statement or not.

        Those that write.
        """
        return self._with(with_=self.with_ + tuple(as_source(cte) for cte in ctes))

    def lock(
        self,
        strength: LockStrength = "update",
        *,
        of: Sequence[Joinable] = (),
        nowait: bool = False,
        skip_locked: bool = False,
    ) -> Self:
        """Lock the rows until the transaction ends: `for update`.

        `skip_locked` leaves out rows that are locked by others, `nowait` raises `LockNotAvailable`
        for them; `of` names the models whose rows are meant.
        """
        if strength not in {"update", "no key update", "share", "key share"}:
            raise ValueError(f"`{strength}` is no strength of a lock")
        if nowait and skip_locked:
            raise ValueError("`nowait` and `skip_locked` exclude each other")
        how = " nowait" if nowait else " skip locked" if skip_locked else ""
        lock = (strength, tuple(as_source(one) for one in of), how)
        return self._with(locks=(*self.locks, lock))

    # --- what becomes of rows

    def only(self, *columns: Expr[Any, Any]) -> Self:
        """Load these columns of the model, and its key.

        The others are loaded, for all objects, when one is touched.
        """
        own = tuple(_own_column(column) for column in columns)
        known = {
            id(item.source): item.source.model for item in self.items if isinstance(item, Item)
        }
        for column in own:
            if id(column.source) not in known:
                asked = ", ".join(model.__name__ for model in known.values()) or "no model"
                raise ProgrammingError(
                    f"`only` takes columns of what the statement gives, {asked}, found `{column!r}`"
                )
        return self._with(only_=own)

    def load(self, *relations: Related[Any] | type[Model]) -> Self:
        """Load these relations as well: `load(Question.choices, Choice.author)`.

        A relation may be cut: `load(Question.choices.order_by(Choice.votes.desc()).limit(3))` loads
        three of each question.
        """
        for relation in relations:
            relation_of(relation)
        return self._with(loads=self.loads + relations)

    def strict(self) -> Self:
        """Objects that raise `NotLoaded` for whatever was not asked for, instead of loading it."""
        return self._with(strict_=True)

    def first(self) -> First[T]:
        """The first row, None if there is none."""
        return First(self._saying({**self._said, "limit_": _ONE}))

    # --- as part of another statement

    def any(self) -> Condition:
        """`exists (…)`, as a condition."""
        bare = self._with(
            items=(Fragment("1"),), order=(), from_=self.from_ or self._first_source()
        )
        return Condition("exists ", bare)

    # --- text

    def _shape_fields(self) -> tuple[Any, ...]:
        said = self._said
        if "loads" not in said and "strict_" not in said:
            return ("select", self.items, *said.items())
        written = [one for one in said.items() if one[0] not in {"loads", "strict_"}]
        return ("select", self.items, self.keys_of_loads() if self.only_ else (), *written)

    def keys_of_loads(self) -> tuple[str, ...]:
        """The attributes that loads begin at, which must not be left out."""
        return tuple(name for way in self.loads for name in relation_of(way).here)

    def items_without_models(self) -> tuple[Any, ...]:
        """The expressions that it asks for."""
        return tuple(item for item in self.items if not isinstance(item, Item))

    def _write(self) -> tuple[Fragment, Any]:
        from howdah.orm.statements.writing import write_select

        return write_select(self), self.hydration()

    def outputs(self) -> Sequence[Output]:
        """The columns of its rows, each with a name of its own."""
        return outputs_of(self, self.items)

    def _as_counted(self) -> tuple[Query[Any], bool]:
        # the order of what is counted is the same work for nothing, unless it decides what that is
        is_cut = self.limit_ is not None or self.offset_ is not None
        decides = is_cut or isinstance(self.distinct_, tuple)
        query = self if decides else self.order_by()
        has_rows_of_its_sources = all(isinstance(item, Item | Column) for item in self.items)
        if is_cut or self.group or self.having_ or self.distinct_ or not has_rows_of_its_sources:
            return query, False
        counted = (Fragment("count(*)"),)
        return query._with(items=counted, from_=self._first_source(), only_=(), locks=()), True

    def _first_source(self) -> Source | None:
        """What it reads from: what was said, or the first thing named."""
        if self.from_ is not None:
            return self.from_
        for item in self.items:
            if isinstance(item, Item):
                return root(item.source)
        named = with_windows(sources((self.items, self.where_, self.group, self.order)))
        found = [root(one) for one in named if not isinstance(one, NamedWindow)]
        joined = {id(join.source) for join in self.joins}
        return next((one for one in found if id(one) not in joined), None)

    def hydration(self) -> Hydration:
        """What becomes of its rows."""
        return hydration_of(self, self.items)

    def named_sources(self) -> list[Source]:
        """The sources whose columns it uses, but for its joins."""
        of_items = [one for item in self.items if isinstance(item, Item) for one in item.sources()]
        rest = (
            self.items_without_models(),
            self.where_,
            self.group,
            self.having_,
            self.order,
            self.distinct_,
            [of for _, of, _ in self.locks],
        )
        return with_windows([*of_items, *sources(rest)])

    def shown(self) -> Select[Any]:
        """Itself."""
        return self

    # --- running

    def _loads_more(self) -> bool:
        return "loads" in self._said or "strict_" in self._said

    def _only_step(self, executor: Any) -> Step | None:
        if self._loads_more():
            return None
        return self._fetching(executor)[1]

    def _steps(self, executor: Any) -> Steps:
        from howdah.orm.plans import planned

        query = planned(self)
        load, step = query._fetching(executor)
        rows = yield step
        if query._loads_more():
            yield from query._finish(load)
        return rows

    def _finish(self, load: Any) -> Steps:
        """The relations that were asked for as well."""
        from howdah.orm.loading import load_relations

        cohorts = [cohort for cohort in load.cohorts if cohort is not None]
        if self.strict_:
            for cohort in cohorts:
                cohort.state["strict"] = True
        yield from load_relations(cohorts, self.loads)

    def _join(self, kind: JoinKind, way: Any, on: Any) -> Self:
        if isinstance(way, Related):
            return self._with(joins=self.joins + related_joins(kind, way, on))
        source = as_source(way)
        if on is not None:
            return self._with(joins=(*self.joins, Join(kind, source, condition(on))))
        if not isinstance(source, TableSource) or source.relation is None:
            raise ProgrammingError(
                f"`join({way!r})` needs a condition",
                hint="`join(Model, Model.id == Other.model_id)`, or join along a relation",
            )
        return self._with(joins=(*self.joins, Join(kind, source, None)))

    def __repr__(self) -> str:
        from howdah.orm.statements.base import text_of

        return f"<{text_of(self)}>"


def as_item(item: Any) -> Any:
    """What a statement is asked for, as it keeps it."""
    source = source_of(item)
    if source is not None:
        return ModelItem(source)
    if isinstance(item, Fragment):
        return item
    if hasattr(item, "__shape_item__"):
        return item.__shape_item__()
    if hasattr(item, "_shape_fields"):
        return item.scalar()
    raise TypeError(
        f"`select` takes models, columns and expressions, found `{type(item).__name__}`"
    )


def _reads(items: tuple[Any, ...]) -> dict[str, Any]:
    """Statements of the same text whose values are read differently are different ones."""
    types = [item._type for item in items if isinstance(item, Fragment)]
    serials = tuple(it.serial for it in types if it is not None and it.read is not None)
    return {"reads": serials} if serials else {}


def row_count(count: int, clause: str) -> Param:
    """A number of rows, for `limit` and `offset`."""
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ValueError(f"`{clause}` is a number of rows, found {count!r}")
    return Param(count, "bigint")


def _own_column(column: Any) -> Column[Any, Any]:
    if not isinstance(column, Column) or column.definition is None:
        raise ProgrammingError(f"`only` takes columns of the model, found `{column!r}`")
    return column


def labelled(item: Any) -> Fragment:
    """An item as the list after `select` has it."""
    if isinstance(item, Labelled):
        return Fragment(item, f" as {quoted(item.name)}", level=LIST)
    return cast("Fragment", item)
