"""What can be done with statements and objects: the same words on databases, transactions and
connections.

No IO of its own: each verb makes steps, which the executor takes. `AsyncVerbs` are the same,
awaited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from howdah.orm import loading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from howdah.orm.models import Model
    from howdah.orm.statements.base import Statement, Steps
    from howdah.orm.statements.select import Select

R = TypeVar("R")
T = TypeVar("T")
M = TypeVar("M", bound="Model")


class Verbs:
    """The verbs, for threads."""

    is_async: ClassVar[bool] = False

    def _drive(self, steps: Steps, *, read_only: bool = False) -> Any:
        """Take the steps."""
        raise NotImplementedError

    def fetch(self, statement: Statement[R]) -> R:
        """Run a statement: a `select` gives a list, its `.first()` an object or None, an `insert` what it returns …"""
        result: R = self._drive(statement._steps(self))
        return result

    def fetch_one(self, statement: Select[T]) -> T | None:
        """The first row of a statement, None if there is none."""
        return self.fetch(statement.first())

    def execute(self, statement: Statement[Any]) -> int:
        """Run a statement for its effect: how many rows it touched."""
        result: int = self._drive(_execute_steps(statement))
        return result

    def get(self, model: type[M], *key: Any) -> M | None:
        """The object with this primary key, None if there is none."""
        found: M | None = self._drive(loading.get_steps(self, model, key))
        return found

    def load(self, objects: Iterable[Any], *relations: Any) -> None:
        """Load relations, or columns that were left out, for all of the objects."""
        self._drive(loading.load_steps(self, objects, relations))


class AsyncVerbs:
    """The verbs, for asyncio."""

    is_async: ClassVar[bool] = True

    async def _drive(self, steps: Steps, *, read_only: bool = False) -> Any:
        """Take the steps."""
        raise NotImplementedError

    async def fetch(self, statement: Statement[R]) -> R:
        """`Verbs.fetch`, awaited."""
        result: R = await self._drive(statement._steps(self))
        return result

    async def fetch_one(self, statement: Select[T]) -> T | None:
        """`Verbs.fetch_one`, awaited."""
        return await self.fetch(statement.first())

    async def execute(self, statement: Statement[Any]) -> int:
        """`Verbs.execute`, awaited."""
        result: int = await self._drive(_execute_steps(statement))
        return result

    async def get(self, model: type[M], *key: Any) -> M | None:
        """`Verbs.get`, awaited."""
        found: M | None = await self._drive(loading.get_steps(self, model, key))
        return found

    async def load(self, objects: Iterable[Any], *relations: Any) -> None:
        """`Verbs.load`, awaited."""
        await self._drive(loading.load_steps(self, objects, relations))


def _execute_steps(statement: Statement[Any]) -> Steps:
    compiled, values = statement._compile()
    count = yield lambda conn: conn.execute(compiled.sql, *values)
    return count
