"""Pages by the place where the last one ended: keyset pagination.

No IO. A page is one statement: rows after a *place*, which is the values of the order's columns in
one row. The token of a place is text: `tokens`.

Invariant: whatever is inserted or deleted meanwhile, going through the pages gives each row that
stays once: the order is made unique by the model's key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from howdah._native import Fragment, Param
from howdah.errors import ProgrammingError
from howdah.orm.expressions import Condition, all_of, any_of
from howdah.orm.operators.holds import bound
from howdah.orm.plans import planned
from howdah.orm.statements.base import Statement, Steps
from howdah.orm.statements.cached import Cached
from howdah.orm.statements.outputs import hydration_of
from howdah.orm.statements.page_order import Key, ordered
from howdah.orm.statements.tokens import place_of, token_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from howdah.orm.models import Model
    from howdah.orm.statements.query import Query
    from howdah.orm.statements.select import Select

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a longer list. Iterating gives the rows."""

    rows: list[T]
    """Its rows, in order."""
    next: str | None
    """What `after` takes for the next page; None if this is the last one."""
    previous: str | None
    """What `before` takes for the page before; None if this is the first one."""
    has_more: bool
    """Whether rows follow in the direction in which the page was asked for."""

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class PageOf(Statement[Page[T]]):
    """A page of a statement's rows."""

    __slots__ = _slots = ("_back", "_inner", "_keys", "_place", "_query", "_size")
    is_read_only = True
    _query: Query[T]
    _inner: Select[Any]
    _keys: tuple[Key, ...]
    _size: int
    _place: tuple[Any, ...] | None
    _back: bool

    @staticmethod
    def of(query: Query[T], size: int, after: str | None, before: str | None) -> PageOf[T]:
        """A page of so many rows."""
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise ValueError(f"a page has one row at least, found {size!r}")
        if after is not None and before is not None:
            raise ValueError("a page is `after` or `before` a place, not both")
        if query.limit_ is not None or query.offset_ is not None:
            raise ProgrammingError("`page` stands in the place of `limit` and `offset`")
        page: PageOf[T] = object.__new__(PageOf)
        page._query, page._size = query, size
        cut, page._keys = ordered(query)
        if cut is query:
            page._query = cut = planned(cut, size + 1)
        page._back = before is not None
        token = before if page._back else after
        types = [key.column._type for key in page._keys]
        page._place = None if token is None else place_of(token, types, page._signature())
        page._inner = page._asked(cut)
        return page

    def cached(self, ttl: float, *, tags: Iterable[str | type[Model]] = ()) -> Cached[Page[T]]:
        """`Query.cached`, of this question."""
        return Cached(self, ttl, tags)

    def _signature(self) -> str:
        """What an order is told apart by."""
        return ",".join(
            f"{getattr(key.column, 'name', '?')}{'-' if key.descending else '+'}{key.nulls_first:d}"
            for key in self._keys
        )

    def _asked(self, query: Select[Any]) -> Select[Any]:
        """The rows, one more, and their places."""
        keys = [key.turned() for key in self._keys] if self._back else self._keys
        inner = query._with(
            items=(*query.items, *(key.column for key in self._keys)),
            from_=query.from_ or query._first_source(),
            order=tuple(key.order() for key in keys),
        ).limit(self._size + 1)
        return inner if self._place is None else inner.where(_beyond(keys, self._place))

    def _shape_fields(self) -> tuple[Any, ...]:
        return ("page", len(self._keys), self._inner._shape_fields())

    def _write(self) -> tuple[Fragment, Any]:
        text, _ = self._inner._write()
        shown = self._query.shown()
        return text, hydration_of(shown, shown.items, more=len(self._keys))

    def _steps(self, executor: Any) -> Steps:
        load, step = self._fetching(executor)
        found = yield step
        yield from self._query._finish(load)
        return self._page(found)

    def _page(self, found: list[tuple[Any, ...]]) -> Page[T]:
        has_more = len(found) > self._size
        del found[self._size :]
        if self._back:
            found.reverse()
        width = len(self._keys)
        is_single = len(self._query.shown().items) == 1
        rows: list[Any] = [row[0] if is_single else row[:-width] for row in found]
        came_from_somewhere = self._place is not None
        has_next = came_from_somewhere if self._back else has_more
        has_previous = has_more if self._back else came_from_somewhere
        places = [self._token(found[at][-width:]) for at in (0, -1)] if found else [None, None]
        return Page(
            rows,
            next=places[1] if has_next else None,
            previous=places[0] if has_previous else None,
            has_more=has_more,
        )

    def _token(self, place: tuple[Any, ...]) -> str:
        return token_of(place, self._signature())


def _beyond(keys: Any, place: tuple[Any, ...]) -> Condition:
    """The rows that come after a place."""
    if len({key.descending for key in keys}) == 1 and not any(key.nullable for key in keys):
        return _row_beyond(keys, place)
    choices: list[Condition] = []
    for length, (key, value) in enumerate(zip(keys, place, strict=True)):
        further = _further(key, value)
        if further is None:
            continue
        same = [_same(*pair) for pair in zip(keys[:length], place[:length], strict=True)]
        choices.append(all_of(*same, further))
    return any_of(*choices)


def _row_beyond(keys: Any, place: tuple[Any, ...]) -> Condition:
    """`(a, b) > ($1, $2)`: what an index of both finds at once."""
    values = [_value(key, value) for key, value in zip(keys, place, strict=True)]
    sign = " < " if keys[0].descending else " > "
    if len(keys) == 1:
        return Condition(keys[0].column, sign, values[0], level=4)
    columns = [part for key in keys for part in (", ", key.column)][1:]
    listed = [part for value in values for part in (", ", value)][1:]
    return Condition("(", *columns, ")", sign, "(", *listed, ")", level=4)


def _further(key: Key, value: Any) -> Condition | None:
    """That a column is beyond a value; None where nothing is."""
    if value is None:
        return key.column.is_not_null() if key.nulls_first else None
    sign = " < " if key.descending else " > "
    beyond = Condition(key.column, sign, _value(key, value), level=4)
    if key.nullable and not key.nulls_first:
        return any_of(beyond, key.column.is_null())
    return beyond


def _same(key: Key, value: Any) -> Condition:
    if value is None:
        return key.column.is_null()
    return Condition(key.column, " = ", _value(key, value), level=4)


def _value(key: Key, value: Any) -> Any:
    # it is as the driver gave it: nothing is to be converted
    type_ = key.column._type
    return Param(value, type_.name) if type_ is not None else bound(value, None)
