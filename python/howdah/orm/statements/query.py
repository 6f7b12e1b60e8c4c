"""What can be asked of rows, whichever statement gives them: `Select`, and set operations.

No IO. Terminals, the statement as part of another one, and set operations are here once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from howdah.orm.expressions import Condition, Expr, typed
from howdah.orm.statements.base import Statement
from howdah.orm.statements.cached import Cached
from howdah.orm.statements.terminals import Count, Exists, First, One, OneOrNone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from howdah._native import Hydration, Param
    from howdah.orm.models import Model
    from howdah.orm.statements.base import Steps
    from howdah.orm.statements.combined import Combined
    from howdah.orm.statements.outputs import Output
    from howdah.orm.statements.page import PageOf
    from howdah.orm.statements.select import Select
    from howdah.orm.statements.sources import RecursiveRows, Rows

T = TypeVar("T")


class Query(Statement[list[T]]):
    """A statement of which running gives a list of `T`."""

    __slots__ = ()
    is_read_only = True
    limit_: Param | None
    offset_: Param | None
    order: tuple[Any, ...]
    loads: tuple[Any, ...] = ()
    """What is loaded for its objects afterwards."""
    strict_: bool = False
    """Whether its objects load nothing by themselves."""

    # --- what each kind says itself

    def limit(self, count: int) -> Self:
        """At most so many rows."""
        raise NotImplementedError

    def order_by(self, *columns: Any) -> Self:
        """In the order of these, in the place of an earlier order. None: no order."""
        raise NotImplementedError

    def outputs(self) -> Sequence[Output]:
        """The columns of its rows, each with a name of its own."""
        raise NotImplementedError

    def hydration(self) -> Hydration:
        """What becomes of its rows."""
        raise NotImplementedError

    def shown(self) -> Select[Any]:
        """The statement that says what the rows become: itself, or the first one in it."""
        raise NotImplementedError

    def _loads_more(self) -> bool:
        """Whether its objects are told or given more once they are there."""
        raise NotImplementedError

    def _finish(self, load: Any) -> Steps:
        """What is loaded besides, once its rows are there."""
        raise NotImplementedError

    def _as_counted(self) -> tuple[Query[Any], bool]:
        """The statement whose rows are to be counted, and whether `count(*)` may stand in it."""
        raise NotImplementedError

    # --- terminals: other questions of the same rows

    def first(self) -> First[T]:
        """The first row, None if there is none."""
        return First(self.limit(1))

    def one(self) -> One[T]:
        """The only row. Raises `NoRow` or `SeveralRows`."""
        return One(self)

    def one_or_none(self) -> OneOrNone[T]:
        """The only row, None if there is none. Raises `SeveralRows`."""
        return OneOrNone(self)

    def count(self) -> Count:
        """How many rows there are, counted by the database."""
        return Count(self)

    def exists(self) -> Exists:
        """Whether there is a row."""
        return Exists(self)

    def cached(self, ttl: float, *, tags: Iterable[str | type[Model]] = ()) -> Cached[list[T]]:
        """The same, of which the answer may come from the cache for `ttl` seconds.

        It counts no more when a table that it reads is changed by a commit that the cache knows of:
        see `howdah.Cache`. `tags` are what else it depends on: texts, of which
        `db.cache.invalidate("front page")` tells, and models, where SQL of your own reads tables.
        """
        return Cached(self, ttl, tags)

    # --- as part of another statement

    def scalar(self) -> Expr[T, T]:
        """The one value of its one row, as an expression; null where there is no row."""
        return typed(self.outputs()[0].type, self)

    def any(self) -> Condition:
        """`exists (…)`, as a condition."""
        return Condition("exists ", self)

    def subquery(self, name: str = "subquery") -> Rows:
        """Its rows as a source of another statement.

        >>> from howdah.orm.functions import max_
        >>> latest = select(Choice.question_id, max_(Choice.id).label("id")).group_by(
        ...     Choice.question_id
        ... )
        >>> newest = latest.subquery("newest")
        >>> query = select(Choice).join(newest, newest.c.id == Choice.id)

        `newest.c.id` is a column by its name, `newest[Choice.question_id]` by what it was there,
        with its type.
        """
        from howdah.orm.statements.sources import Rows

        return Rows.of(self, name)

    def cte(self, name: str, *, materialized: bool | None = None) -> Rows:
        """Its rows under a name before the statement that uses them: `with name as (…)`.

        However often it is named, it is computed once, unless PostgreSQL sees that it is named once
        and makes it part of the rest: `materialized` decides that.
        """
        from howdah.orm.statements.sources import Rows

        return Rows.cte(self, name, materialized=materialized)

    def recursive(
        self,
        name: str,
        step: Callable[[RecursiveRows], Query[T]],
        *,
        all: bool = True,  # noqa: A002 (SQL's word)
        depth_first: Expr[Any, Any] | Sequence[Expr[Any, Any]] = (),
        breadth_first: Expr[Any, Any] | Sequence[Expr[Any, Any]] = (),
        cycle: Expr[Any, Any] | Sequence[Expr[Any, Any]] = (),
    ) -> RecursiveRows:
        """Its rows, those that `step` makes of them, those that it makes of these, and so on.

        - `all=False` leaves out rows that were there already, which ends circles.
        - `depth_first`, `breadth_first`: the columns by which `.ordering` orders the rows as a tree
          is gone through (`search … first by`).
        - `cycle`: the columns by which a row is known again; such a row is the last of its way, has
          `.is_cycle`, and `.path` is the way (`cycle … set … using`).

        >>> top = select(Employee.id, Employee.boss_id).where(Employee.boss_id == None)
        >>> tree = top.recursive(
        ...     "tree",
        ...     lambda tree: select(Employee.id, Employee.boss_id).join(
        ...         tree, tree[Employee.id] == Employee.boss_id
        ...     ),
        ...     depth_first=Employee.id,
        ... )
        >>> from_the_top = select(tree[Employee.id]).order_by(tree.ordering)
        """
        from howdah.orm.statements.sources import RecursiveRows, Tracking

        word = " union all " if all else " union "
        tracking = Tracking(depth_first, breadth_first, cycle)
        return RecursiveRows.of_step(self, name, step, word, tracking)

    # --- set operations

    def union(self, other: Query[T], *, all: bool = False) -> Combined[T]:  # noqa: A002
        """Its rows and those of the other, each once; with `all` as often as they are there."""
        return self._combined("union", other, all=all)

    def intersect(self, other: Query[T], *, all: bool = False) -> Combined[T]:  # noqa: A002
        """Its rows that the other has, too."""
        return self._combined("intersect", other, all=all)

    def except_(self, other: Query[T], *, all: bool = False) -> Combined[T]:  # noqa: A002
        """Its rows that the other does not have."""
        return self._combined("except", other, all=all)

    def _combined(self, word: str, other: Query[T], *, all: bool) -> Combined[T]:  # noqa: A002
        from howdah.orm.statements.combined import Combined

        return Combined.of(f" {word} all " if all else f" {word} ", self, other)

    # --- pages

    def page(self, size: int, *, after: str | None = None, before: str | None = None) -> PageOf[T]:
        """So many rows of its order, from where another page ended: `after=page.next`.

        The database does not read the rows before, however far it is: where the last page ended is
        compared with the columns of the order. Rows of models are ordered by their keys after all
        else, and those of `union` and its like (without `all`) by all of their columns; otherwise
        the columns of `order_by` have to tell rows apart.

        A token is text for a URL. Raises `InvalidToken` for one that is of another order, or
        damaged.

        >>> popular = select(Question).order_by(Question.votes.desc())
        >>> page = db.fetch(popular.page(20))
        >>> more = popular.page(20, after=page.next)
        """
        from howdah.orm.statements.page import PageOf

        return PageOf.of(self, size, after, before)
