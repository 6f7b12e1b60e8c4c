"""What can be done with statements and objects: the same words on databases, transactions and
connections.

No IO of its own: each verb makes steps, which the executor takes. `AsyncVerbs` are the same,
awaited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from howdah.orm import loading
from howdah.orm.writes.deleting import delete_steps
from howdah.orm.writes.inserting import Progress, insert_steps
from howdah.orm.writes.updating import save_steps, update_steps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from howdah.orm.models import Model
    from howdah.orm.statements.base import Statement, Step, Steps
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

    def _take(self, step: Step, *, read_only: bool = False) -> Any:
        """Take a single step."""
        raise NotImplementedError

    def fetch(self, statement: Statement[R]) -> R:
        """Run a statement: a `select` gives a list, its `.first()` an object or None, an `insert`
        what it returns …
        """
        step = statement._only_step(self)
        if step is not None:
            result: R = self._take(step)
        else:
            result = self._drive(statement._steps(self))
        return result

    def fetch_one(self, statement: Select[T]) -> T | None:
        """The first row of a statement, None if there is none."""
        return self.fetch(statement.first())

    def execute(self, statement: Statement[Any]) -> int:
        """Run a statement for its effect: how many rows it touched."""
        result: int = self._drive(statement._count_steps())
        return result

    def get(self, model: type[M], *key: Any) -> M | None:
        """The object with this primary key, None if there is none."""
        found: M | None = self._take(loading.get_step(self, model, key))
        return found

    def load(self, objects: Iterable[Any], *relations: Any) -> None:
        """Load relations, or columns that were left out, for all of the objects."""
        self._drive(loading.load_steps(self, objects, relations))

    def insert(
        self,
        objects: Model | Iterable[Model],
        *,
        returning: bool = True,
        progress: Progress | None = None,
    ) -> None:
        """Insert one object or many; afterwards they have their keys, and what else the database
        gave.

        All of them are inserted or none. Many are sent by COPY or as arrays, whichever can do it.
        With `returning=False` only the keys come back; other values that the database gave are
        loaded when one is touched. `progress(done, total)` is called while large data is sent.

        >>> db.insert([Question(text="Why?"), Question(text="How?")])
        """
        self._drive(insert_steps(self, objects, returning=returning, progress=progress))

    def update(self, objects: Model | Iterable[Model]) -> None:
        """Write what was changed in loaded objects: the changed columns only, many rows by one
        statement.

        Raises `StaleObject` where the row is gone or, if the model has a `version()`, was updated
        since.
        """
        self._drive(update_steps(self, objects))

    def save(self, objects: Model | Iterable[Model]) -> None:
        """`insert` objects that are new, `update` the others."""
        self._drive(save_steps(self, objects))

    def delete(self, objects: Model | Iterable[Model]) -> int:
        """Delete the rows of loaded objects; answers how many were there.

        Raises `StaleObject` if the model has a `version()` and a row was updated since.
        """
        count: int = self._drive(delete_steps(self, objects))
        return count


class AsyncVerbs:
    """The verbs, for asyncio."""

    is_async: ClassVar[bool] = True

    async def _drive(self, steps: Steps, *, read_only: bool = False) -> Any:
        """Take the steps."""
        raise NotImplementedError

    async def _take(self, step: Step, *, read_only: bool = False) -> Any:
        """Take a single step."""
        raise NotImplementedError

    async def fetch(self, statement: Statement[R]) -> R:
        """`Verbs.fetch`, awaited."""
        step = statement._only_step(self)
        if step is not None:
            result: R = await self._take(step)
        else:
            result = await self._drive(statement._steps(self))
        return result

    async def fetch_one(self, statement: Select[T]) -> T | None:
        """`Verbs.fetch_one`, awaited."""
        return await self.fetch(statement.first())

    async def execute(self, statement: Statement[Any]) -> int:
        """`Verbs.execute`, awaited."""
        result: int = await self._drive(statement._count_steps())
        return result

    async def get(self, model: type[M], *key: Any) -> M | None:
        """`Verbs.get`, awaited."""
        found: M | None = await self._take(loading.get_step(self, model, key))
        return found

    async def load(self, objects: Iterable[Any], *relations: Any) -> None:
        """`Verbs.load`, awaited."""
        await self._drive(loading.load_steps(self, objects, relations))

    async def insert(
        self,
        objects: Model | Iterable[Model],
        *,
        returning: bool = True,
        progress: Progress | None = None,
    ) -> None:
        """`Verbs.insert`, awaited."""
        await self._drive(insert_steps(self, objects, returning=returning, progress=progress))

    async def update(self, objects: Model | Iterable[Model]) -> None:
        """`Verbs.update`, awaited."""
        await self._drive(update_steps(self, objects))

    async def save(self, objects: Model | Iterable[Model]) -> None:
        """`Verbs.save`, awaited."""
        await self._drive(save_steps(self, objects))

    async def delete(self, objects: Model | Iterable[Model]) -> int:
        """`Verbs.delete`, awaited."""
        count: int = await self._drive(delete_steps(self, objects))
        return count
