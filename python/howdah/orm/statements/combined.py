"""`union`, `intersect`, `except`.

No IO. What the rows become is what the first statement says; its `load` is done for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from howdah._native import Fragment, Param
from howdah.errors import ProgrammingError
from howdah.orm.expressions import LIST, Expr, Order
from howdah.orm.statements.outputs import same_column
from howdah.orm.statements.query import Query
from howdah.orm.statements.select import row_count
from howdah.orm.statements.writing import separated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from howdah._native import Hydration
    from howdah.orm.statements.base import Steps
    from howdah.orm.statements.outputs import Output
    from howdah.orm.statements.select import Select

T = TypeVar("T")


class Combined(Query[T]):
    """The rows of two statements as one."""

    __slots__ = _slots = ("left", "limit_", "offset_", "order", "right", "word")
    word: str
    left: Query[T]
    right: Query[T]
    order: tuple[Order, ...]
    limit_: Param | None
    offset_: Param | None

    @staticmethod
    def of(word: str, left: Query[Any], right: Query[Any]) -> Combined[Any]:
        """Two statements with a word between."""
        if not isinstance(right, Query):
            raise TypeError(f"`{word.strip()}` takes a statement, found `{type(right).__name__}`")
        widths = len(left.outputs()), len(right.outputs())
        if widths[0] != widths[1]:
            raise ProgrammingError(
                f"`{word.strip()}` of rows with {widths[0]} and {widths[1]} columns"
            )
        made: Combined[Any] = object.__new__(Combined)
        made.word, made.left, made.right = word, left, right
        made.order, made.limit_, made.offset_ = (), None, None
        return made

    def order_by(self, *columns: Expr[Any, Any] | Order) -> Self:
        """In the order of these columns of the first statement."""
        return self._with(order=tuple(self._ordered(column) for column in columns))

    def limit(self, count: int) -> Self:
        """At most so many rows."""
        return self._with(limit_=row_count(count, "limit"))

    def offset(self, count: int) -> Self:
        """Without the first so many rows."""
        return self._with(offset_=row_count(count, "offset"))

    @property
    def has_each_row_once(self) -> bool:
        """Whether no two of its rows are equal."""
        return not self.word.endswith(" all ")

    def outputs(self) -> Sequence[Output]:
        """The columns of the first statement."""
        return self.left.outputs()

    def hydration(self) -> Hydration:
        """What the first statement says."""
        return self.left.hydration()

    def _ordered(self, column: Any) -> Order:
        order: Order = column if isinstance(column, Order) else column.asc()
        self.place_of(order)
        return order

    def place_of(self, order: Order) -> int:
        """Which column of the rows, from 0, an order is by."""
        for place, output in enumerate(self.outputs()):
            if same_column(output.expression, order.column):
                return place
        raise ProgrammingError(
            "set operations are ordered by columns of their rows",
            hint="order a subquery: `first.union(second).subquery(…)`",
        )

    def _written_order(self, order: Order) -> Fragment:
        direction = "desc" if order.descending else "asc"
        place = self.place_of(order) + 1
        return Fragment(f"{place} {direction} nulls {order.nulls}", level=LIST)

    def shown(self) -> Select[Any]:
        """The first statement: it says what the rows become."""
        return self.left.shown()

    def _loads_more(self) -> bool:
        return self.left._loads_more()

    def _as_counted(self) -> tuple[Query[Any], bool]:
        return (self if self.limit_ or self.offset_ else self.order_by()), False

    def _shape_fields(self) -> tuple[Any, ...]:
        return (self.word, self.left, self.right, self.order, self.limit_, self.offset_)

    def _write(self) -> tuple[Fragment, Any]:
        parts: list[Any] = [self.left, self.word, self.right]
        if self.order:
            parts += [" order by ", *separated(map(self._written_order, self.order))]
        if self.limit_ is not None:
            parts += [" limit ", self.limit_]
        if self.offset_ is not None:
            parts += [" offset ", self.offset_]
        return Fragment(*parts, level=LIST), self.hydration()

    def _steps(self, executor: Any) -> Steps:
        load, step = self._fetching(executor)
        rows = yield step
        yield from self._finish(load)
        return rows

    def _finish(self, load: Any) -> Steps:
        """What the first statement says of its objects."""
        yield from self.left._finish(load)
