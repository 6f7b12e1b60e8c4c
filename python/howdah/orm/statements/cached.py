"""Statements whose answer may come from the cache: `select(…).cached(60)`.

No IO. What runs one decides: a database or transaction asks its cache (`howdah.caching`), a
connection of one's own and a batch ask the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from howdah.orm.statements.base import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from howdah._native import Fragment
    from howdah.orm.models import Model
    from howdah.orm.statements.base import Steps

R_co = TypeVar("R_co", covariant=True)


class Cached(Statement[R_co]):
    """A statement, how long its answer may be kept, and what that depends on beside its tables."""

    __slots__ = ("inner", "tags", "ttl")
    is_read_only = True
    inner: Statement[R_co]
    ttl: float
    tags: tuple[str | type[Model], ...]

    def __init__(
        self, inner: Statement[R_co], ttl: float, tags: Iterable[str | type[Model]]
    ) -> None:
        if not isinstance(ttl, int | float) or isinstance(ttl, bool) or not ttl > 0:
            raise ValueError(f"`ttl` is a number of seconds above 0, found {ttl!r}")
        if isinstance(tags, str):
            raise TypeError(f"`tags` is a collection of tags: `tags=[{tags!r}]`")
        self.inner = inner
        self.ttl = ttl
        self.tags = tuple(tags)

    def _shape_fields(self) -> tuple[Any, ...]:
        return self.inner._shape_fields()

    def _write(self) -> tuple[Fragment, Any]:
        return self.inner._write()

    def _steps(self, executor: Any) -> Steps:
        return self.inner._steps(executor)

    def __repr__(self) -> str:
        return f"<{self.inner!r} cached for {self.ttl} s>"
