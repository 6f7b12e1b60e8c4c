"""Other questions of the rows of a `select`: the first, the only one, how many.

No IO. Each is a statement of its own, so that it can be run, batched and cached like another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from howdah._native import Fragment
from howdah.errors import NoRow, SeveralRows
from howdah.orm.statements.base import Statement, Step, Steps, running
from howdah.orm.statements.cached import Cached

if TYPE_CHECKING:
    from collections.abc import Iterable

    from howdah.orm.models import Model
    from howdah.orm.statements.query import Query

T = TypeVar("T")
R_co = TypeVar("R_co", covariant=True)


class _OfQuery(Statement[R_co]):
    """A statement about the rows of another: by itself of the same text."""

    __slots__ = _slots = ("query",)
    is_read_only = True
    query: Query[Any]

    def __init__(self, query: Query[Any]) -> None:
        self.query = query

    def cached(self, ttl: float, *, tags: Iterable[str | type[Model]] = ()) -> Cached[R_co]:
        """`Query.cached`, of this question."""
        return Cached(self, ttl, tags)

    def _shape_fields(self) -> tuple[Any, ...]:
        return self.query._shape_fields()

    def _write(self) -> tuple[Fragment, Any]:
        return self.query._write()

    def _at_most_one(self, executor: Any) -> Steps:
        """The rows, which are one or none. Raises `SeveralRows`."""
        # two rows are enough to see that there are several
        query = self.query if self.query.limit_ is not None else self.query.limit(2)
        rows = yield from query._steps(executor)
        if len(rows) > 1:
            raise SeveralRows("expected one row, found several", hint="use `first()`, or narrow it")
        return rows


class First(_OfQuery[T | None], Generic[T]):
    """The first row, None if there is none."""

    __slots__ = ()

    def _only_step(self, executor: Any) -> Step | None:
        if self.query._loads_more():
            return None
        compiled, values = self._compile()
        load = compiled.extra.start(executor)
        return running(compiled, lambda conn: conn.fetch_one(compiled.sql, *values, row=load))

    def _steps(self, executor: Any) -> Steps:
        rows = yield from self.query._steps(executor)
        return rows[0] if rows else None


class OneOrNone(_OfQuery[T | None], Generic[T]):
    """The only row, None if there is none."""

    __slots__ = ()

    def _steps(self, executor: Any) -> Steps:
        rows = yield from self._at_most_one(executor)
        return rows[0] if rows else None


class One(_OfQuery[T]):
    """The only row."""

    __slots__ = ()

    def _steps(self, executor: Any) -> Steps:
        rows = yield from self._at_most_one(executor)
        if not rows:
            raise NoRow("expected one row, found none", hint="`one_or_none()` gives None then")
        return rows[0]


class _Value(_OfQuery[T]):
    """One value of one row."""

    __slots__ = ()

    def _only_step(self, executor: Any) -> Step:  # noqa: ARG002 (a value loads nothing)
        compiled, values = self._compile()
        return running(compiled, lambda conn: conn.fetch_value(compiled.sql, *values))

    def _steps(self, executor: Any) -> Steps:
        value = yield self._only_step(executor)
        return value


class Count(_Value[int]):
    """How many rows there are."""

    __slots__ = ()

    def _shape_fields(self) -> tuple[Any, ...]:
        return ("count", self.query._as_counted()[0]._shape_fields())

    def _write(self) -> tuple[Fragment, Any]:
        query, is_plain = self.query._as_counted()
        if is_plain:
            return query._write()[0], None
        return Fragment("select count(*) from ", query, " as counted", level=0), None


class Exists(_Value[bool]):
    """Whether there is a row."""

    __slots__ = ()

    def _shape_fields(self) -> tuple[Any, ...]:
        return ("exists", self.query._shape_fields())

    def _write(self) -> tuple[Fragment, Any]:
        return Fragment("select ", self.query.any(), level=0), None
