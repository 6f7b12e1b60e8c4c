"""What can be done with statements and objects, on databases, transactions and connections.

No IO of its own: each verb makes steps, which the executor takes. `AsyncVerbs` are the same,
awaited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from howdah.orm import loading
from howdah.orm._tx_options import Options
from howdah.orm.statements.base import Statement, no_statement
from howdah.orm.statements.batch import batch_steps
from howdah.orm.statements.cached import Cached
from howdah.orm.statements.stream import AsyncStream, Stream, stream, stream_async
from howdah.orm.writes.changing import change_steps
from howdah.orm.writes.deleting import delete_steps
from howdah.orm.writes.inserting import Progress, insert_steps
from howdah.orm.writes.linking import add_steps, remove_steps, set_steps
from howdah.orm.writes.updating import save_steps, update_steps
from howdah.orm.writes.upserting import Upserted, upsert_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager, AbstractContextManager

    from howdah._modes import Isolation
    from howdah.async_connection import AsyncConnection
    from howdah.connection import Connection
    from howdah.orm.expressions import Column, Expr
    from howdah.orm.models import Model
    from howdah.orm.paths import Related
    from howdah.orm.statements.assignments import Assignment
    from howdah.orm.statements.base import Step, Steps
    from howdah.orm.statements.select import Select
    from howdah.orm.transactions import AsyncTxBlock, TxBlock
    from howdah.orm.writes.journal import Journal
    from howdah.retrying import Retry

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
R = TypeVar("R")
T = TypeVar("T")
M = TypeVar("M", bound="Model")


class Verbs:
    """The verbs, for threads."""

    is_async: ClassVar[bool] = False
    _journal: Journal | None = None
    """What a transaction has done to objects."""

    def _drive(self, steps: Steps) -> Any:
        """Take the steps."""
        raise NotImplementedError

    def _take(self, step: Step) -> Any:
        """Take a single step."""
        raise NotImplementedError

    def _load_lacking(self, steps: Steps) -> Any:
        """Take the steps that load what objects lack, which is done after a transaction, too."""
        return self._drive(steps)

    def _lease(self, *, read_only: bool) -> AbstractContextManager[Connection]:
        """A connection for a transaction, or a stream."""
        raise NotImplementedError

    def _source(self) -> Any:
        """What a transaction that is repeated takes its connections from."""
        raise NotImplementedError

    def tx(
        self,
        *,
        isolation: Isolation | None = None,
        read_only: bool | None = None,
        deferrable: bool | None = None,
        settings: Mapping[str, object] | None = None,
        retry: int | Retry | None = None,
    ) -> TxBlock:
        """A transaction: `with db.tx() as tx:` has the verbs again, in the transaction.

        It commits at the block's clean end and rolls back after an exception; then the objects that
        it wrote are as they were before, too. Inside of another, it is a savepoint.

        - `isolation`, `read_only`, `deferrable`: as for `Connection.transaction`.
        - `settings`: of PostgreSQL, until the transaction ends: `{"app.tenant": 7}`. They travel
          with the first statement, and are safe behind a pooler.
        - `retry`: how often to try at most, or what `howdah.retry(…)` makes, for a function: a
          block cannot be repeated. `@db.tx(retry=5)` makes a function's first parameter the
          transaction.

        In it, single writes of objects wait for each other and travel together; see `Tx`.

        >>> @db.tx(retry=5)
        ... def answer(tx: howdah.orm.Tx, question: Question) -> None:
        ...     tx.insert(Choice(question_id=question.id, text="Because."))
        """
        from howdah.orm.transactions import TxBlock

        return TxBlock(self, Options(isolation, read_only, deferrable, settings, retry).checked())

    def _run_cached(self, statement: Cached[Any]) -> Any:
        """What a cached statement gives; where there is no cache, the server is asked."""
        return self._run(statement.inner)

    def _run(self, statement: Statement[Any]) -> Any:
        """What a statement gives: by a single step where that is enough."""
        if type(statement) is Cached:
            return self._run_cached(statement)
        if not isinstance(statement, Statement):
            raise no_statement(statement)
        step = statement._only_step(self)
        if step is not None:
            return self._take(step)
        return self._drive(statement._steps(self))

    def fetch(self, statement: Statement[R]) -> R:
        """Run a statement: a `select` gives a list, its `.first()` an object or None."""
        result: R = self._run(statement)
        return result

    def fetch_one(self, statement: Select[T]) -> T | None:
        """The first row of a statement, None if there is none."""
        return self.fetch(statement.first())

    @overload
    def batch(self, a: Statement[A], /) -> tuple[A]: ...
    @overload
    def batch(self, a: Statement[A], b: Statement[B], /) -> tuple[A, B]: ...
    @overload
    def batch(self, a: Statement[A], b: Statement[B], c: Statement[C], /) -> tuple[A, B, C]: ...
    @overload
    def batch(
        self, a: Statement[A], b: Statement[B], c: Statement[C], d: Statement[D], /
    ) -> tuple[A, B, C, D]: ...
    @overload
    def batch(
        self, a: Statement[A], b: Statement[B], c: Statement[C], d: Statement[D], e: Statement[E], /
    ) -> tuple[A, B, C, D, E]: ...
    @overload
    def batch(self, *statements: Statement[Any]) -> tuple[Any, ...]: ...
    def batch(self, *statements: Statement[Any]) -> tuple[Any, ...]:
        """Run several statements in one round trip; answers what each gives.

        They are executed in order, as one transaction: when one fails, none has taken effect.
        Objects that some of them load besides take further round trips, together.

        >>> first, total = db.batch(select(Question).first(), select(Question).count())
        """
        result: tuple[Any, ...] = self._drive(batch_steps(self, statements))
        return result

    def stream(self, query: Select[T], *, batch: int = 500) -> Stream[T]:
        """The rows of a statement, so many at a time: for results that are too large for a list.

        What objects lack is loaded for those of one part together. The rows are those that were
        there when the loop began: they are read in one transaction. `Stream.close` or `with` ends
        it early.

        >>> for question in db.stream(select(Question).order_by(Question.id)):
        ...     question.text = question.text.strip()
        """
        return Stream(stream(self, query, batch))

    def execute(self, statement: Statement[Any]) -> int:
        """Run a statement for its effect: how many rows it touched."""
        result: int = self._drive(statement._count_steps())
        return result

    def get(self, model: type[M], *key: Any) -> M | None:
        """The object with this primary key, None if there is none."""
        found: M | None = self._take(loading.get_step(self, model, key))
        return found

    def load(
        self, objects: Iterable[Any], *relations: Related[Any] | type[Model] | Column[Any, Any]
    ) -> None:
        """Load relations, or columns that were left out, for all of the objects."""
        self._drive(loading.load_steps(objects, relations))

    def insert(
        self,
        objects: Model | Iterable[Model],
        *,
        returning: bool = True,
        progress: Progress | None = None,
    ) -> None:
        """Insert one object or many; then they have their keys and whatever the database gave.

        All of them are inserted or none. Many are sent by COPY or as arrays, whichever can do it.
        With `returning=False` only the keys come back; other values that the database gave are
        loaded when one is touched. `progress(done, total)` is called while large data is sent.

        >>> db.insert([Question(text="Why?"), Question(text="How?")])
        """
        self._drive(insert_steps(self, objects, returning=returning, progress=progress))

    def update(self, objects: Model | Iterable[Model]) -> None:
        """Write the columns that were changed in loaded objects, many rows by one statement.

        Raises `StaleObject` where the row is gone or, if the model has a `version()`, was updated
        since.
        """
        self._drive(update_steps(self, objects))

    def save(self, objects: Model | Iterable[Model]) -> None:
        """`insert` objects that are new, `update` the others."""
        self._drive(save_steps(self, objects))

    def delete(self, objects: Model | Iterable[Model]) -> None:
        """Delete the rows of loaded objects, which are new ones afterwards.

        A row that is gone already is no error. Raises `StaleObject` if the model has a `version()`
        and a row was updated since.
        """
        self._drive(delete_steps(self, objects))

    def upsert(
        self,
        objects: M | Iterable[M],
        *,
        on: Column[Any, Any] | Sequence[Column[Any, Any]] | None = None,
        update: Iterable[Column[Any, Any] | Assignment] | None = None,
        where: Expr[bool | None, Any] | None = None,
    ) -> Upserted[M]:
        """Insert objects of one model, or update the rows that are there already.

        - `on`: the columns of the unique index that tells; the primary key by default.
        - `update`: what is updated, columns or assignments (see `OnConflict.update`); all that the
          objects have by default. None of them, `[]`, leaves the rows as they are.
        - `where`: only rows that meet it are updated.

        Answers which objects were inserted, updated, or left alone.
        """
        found: Upserted[M] = self._drive(upsert_steps(self, objects, on, update, where))
        return found

    def change(self, one: Model, *assignments: Assignment) -> None:
        """Change the row of an object where it is, in one atomic statement; the object follows.

        `db.change(user, User.prefs["theme"].set("dark"), User.visits.to(User.visits + 1))`.
        Two programs that do so never lose each other's change. Raises `NoRow` if the row is gone.
        """
        self._drive(change_steps(self, one, assignments))

    def add(self, owner: Model, relation: Related[M], objects: M | Iterable[M]) -> int:
        """Link objects by the table between: `db.add(question, Question.tags, [tag])`.

        Links that are there already are left alone; answers how many are new. A relation that is
        loaded follows, as it does for `remove` and `set`. The links are no objects: no events.
        """
        count: int = self._drive(add_steps(owner, relation, objects))
        return count

    def remove(self, owner: Model, relation: Related[M], objects: M | Iterable[M]) -> int:
        """Unlink objects; answers how many links there were."""
        count: int = self._drive(remove_steps(owner, relation, objects))
        return count

    def set(self, owner: Model, relation: Related[M], objects: M | Iterable[M]) -> None:
        """Link these objects and no others, in one statement."""
        self._drive(set_steps(owner, relation, objects))


class AsyncVerbs:
    """The verbs, for asyncio."""

    is_async: ClassVar[bool] = True
    _journal: Journal | None = None

    async def _drive(self, steps: Steps) -> Any:
        """Take the steps."""
        raise NotImplementedError

    async def _take(self, step: Step) -> Any:
        """Take a single step."""
        raise NotImplementedError

    async def _load_lacking(self, steps: Steps) -> Any:
        """`Verbs._load_lacking`, awaited."""
        return await self._drive(steps)

    def _lease(self, *, read_only: bool) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection for a transaction, or a stream."""
        raise NotImplementedError

    def _source(self) -> Any:
        """What a transaction that is repeated takes its connections from."""
        raise NotImplementedError

    def tx(
        self,
        *,
        isolation: Isolation | None = None,
        read_only: bool | None = None,
        deferrable: bool | None = None,
        settings: Mapping[str, object] | None = None,
        retry: int | Retry | None = None,
    ) -> AsyncTxBlock:
        """`Verbs.tx`, for `async with` and coroutine functions."""
        from howdah.orm.transactions import AsyncTxBlock

        options = Options(isolation, read_only, deferrable, settings, retry).checked()
        return AsyncTxBlock(self, options)

    async def _run_cached(self, statement: Cached[Any]) -> Any:
        """`Verbs._run_cached`, awaited."""
        return await self._run(statement.inner)

    async def _run(self, statement: Statement[Any]) -> Any:
        """What a statement gives: by a single step where that is enough."""
        if type(statement) is Cached:
            return await self._run_cached(statement)
        if not isinstance(statement, Statement):
            raise no_statement(statement)
        step = statement._only_step(self)
        if step is not None:
            return await self._take(step)
        return await self._drive(statement._steps(self))

    async def fetch(self, statement: Statement[R]) -> R:
        """`Verbs.fetch`, awaited."""
        result: R = await self._run(statement)
        return result

    async def fetch_one(self, statement: Select[T]) -> T | None:
        """`Verbs.fetch_one`, awaited."""
        return await self.fetch(statement.first())

    @overload
    async def batch(self, a: Statement[A], /) -> tuple[A]: ...
    @overload
    async def batch(self, a: Statement[A], b: Statement[B], /) -> tuple[A, B]: ...
    @overload
    async def batch(
        self, a: Statement[A], b: Statement[B], c: Statement[C], /
    ) -> tuple[A, B, C]: ...
    @overload
    async def batch(
        self, a: Statement[A], b: Statement[B], c: Statement[C], d: Statement[D], /
    ) -> tuple[A, B, C, D]: ...
    @overload
    async def batch(
        self, a: Statement[A], b: Statement[B], c: Statement[C], d: Statement[D], e: Statement[E], /
    ) -> tuple[A, B, C, D, E]: ...
    @overload
    async def batch(self, *statements: Statement[Any]) -> tuple[Any, ...]: ...
    async def batch(self, *statements: Statement[Any]) -> tuple[Any, ...]:
        """`Verbs.batch`, awaited."""
        result: tuple[Any, ...] = await self._drive(batch_steps(self, statements))
        return result

    def stream(self, query: Select[T], *, batch: int = 500) -> AsyncStream[T]:
        """`Verbs.stream`, for `async for`."""
        return AsyncStream(stream_async(self, query, batch))

    async def execute(self, statement: Statement[Any]) -> int:
        """`Verbs.execute`, awaited."""
        result: int = await self._drive(statement._count_steps())
        return result

    async def get(self, model: type[M], *key: Any) -> M | None:
        """`Verbs.get`, awaited."""
        found: M | None = await self._take(loading.get_step(self, model, key))
        return found

    async def load(
        self, objects: Iterable[Any], *relations: Related[Any] | type[Model] | Column[Any, Any]
    ) -> None:
        """`Verbs.load`, awaited."""
        await self._drive(loading.load_steps(objects, relations))

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

    async def delete(self, objects: Model | Iterable[Model]) -> None:
        """`Verbs.delete`, awaited."""
        await self._drive(delete_steps(self, objects))

    async def upsert(
        self,
        objects: M | Iterable[M],
        *,
        on: Column[Any, Any] | Sequence[Column[Any, Any]] | None = None,
        update: Iterable[Column[Any, Any] | Assignment] | None = None,
        where: Expr[bool | None, Any] | None = None,
    ) -> Upserted[M]:
        """`Verbs.upsert`, awaited."""
        found: Upserted[M] = await self._drive(upsert_steps(self, objects, on, update, where))
        return found

    async def change(self, one: Model, *assignments: Assignment) -> None:
        """`Verbs.change`, awaited."""
        await self._drive(change_steps(self, one, assignments))

    async def add(self, owner: Model, relation: Related[M], objects: M | Iterable[M]) -> int:
        """`Verbs.add`, awaited."""
        count: int = await self._drive(add_steps(owner, relation, objects))
        return count

    async def remove(self, owner: Model, relation: Related[M], objects: M | Iterable[M]) -> int:
        """`Verbs.remove`, awaited."""
        count: int = await self._drive(remove_steps(owner, relation, objects))
        return count

    async def set(self, owner: Model, relation: Related[M], objects: M | Iterable[M]) -> None:
        """`Verbs.set`, awaited."""
        await self._drive(set_steps(owner, relation, objects))
