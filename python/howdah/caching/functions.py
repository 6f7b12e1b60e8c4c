"""Functions whose results are cached: `@howdah.cache`.

Does IO through the function and the database's cache. Invariant: a result is kept under the
function, its arguments and the database; what cannot be part of a key, or be kept, is an error.
"""

from __future__ import annotations

import functools
import inspect
import uuid
from typing import TYPE_CHECKING, Any, TypeVar

from howdah.caching._keys import Unkeyed, digest
from howdah.caching._ledger import EVERYTHING
from howdah.caching._reading import Question, read, read_within
from howdah.caching._tables import names_of, read_names
from howdah.caching._values import dump, load
from howdah.errors import ProgrammingError
from howdah.orm.executors import drive, drive_async
from howdah.orm.verbs import AsyncVerbs, Verbs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from howdah.async_database import AsyncDatabase
    from howdah.caching._database import Caching
    from howdah.caching._in_transaction import InTransaction
    from howdah.database import Database
    from howdah.orm.models import Model
    from howdah.orm.statements.base import Steps

F = TypeVar("F", bound="Callable[..., Any]")


def cache(
    ttl: float,
    *,
    tags: Iterable[str | type[Model]] = (),
    on: Database | AsyncDatabase | None = None,
    name: str | None = None,
) -> Callable[[F], F]:
    """Keep what a function returns, for `ttl` seconds, for each of its arguments.

    `tags` say what it depends on: models, whose tables' changes make the result count no more, and
    texts, which `db.cache.invalidate` names. Without any, each commit does that the cache knows of.

    The cache is that of the database, or transaction, among the arguments, or of `on`. Arguments
    and results are plain values: numbers, texts, dates, collections of them, dataclasses; results
    may be models and shapes, too. Others raise `TypeError`. Coroutine functions are awaited; many
    who ask at once call the function once.

    A function of a module or class is known by its name, and shares answers with other processes by
    Redis. One that is made in a function, or a `lambda`, has answers of its own each time it is
    decorated: nothing tells what it was made with. `name` says which are one and the same function.

    >>> @howdah.cache(60, tags=[Question])
    ... def popular(db: howdah.Database, least: int) -> list[str]:
    ...     return db.fetch(select(Question.text).where(Question.votes >= least))
    """
    if not isinstance(ttl, int | float) or isinstance(ttl, bool) or not ttl > 0:
        raise ValueError(f"`ttl` is a number of seconds above 0, found {ttl!r}")
    if name is not None and not (isinstance(name, str) and name):
        raise ValueError(f"`name` is a text, found {name!r}")
    names = read_names((), names_of(tags)) or frozenset({EVERYTHING})

    def decorate(function: F) -> F:
        course = _Function(function, ttl, names, on, name)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def ask_async(*args: Any, **kwargs: Any) -> Any:
                return await drive_async(course.steps(args, kwargs), None)

            return ask_async  # type: ignore[return-value]

        @functools.wraps(function)
        def ask(*args: Any, **kwargs: Any) -> Any:
            return drive(course.steps(args, kwargs), None)

        return ask  # type: ignore[return-value]

    return decorate


class _Function:
    """A function with what is said of it."""

    def __init__(
        self,
        function: Callable[..., Any],
        ttl: float,
        names: frozenset[str],
        on: Any,
        name: str | None,
    ) -> None:
        self.function = function
        self.ttl = ttl
        self.names = names
        self.is_async = inspect.iscoroutinefunction(function)
        self._on = on
        self._signature = inspect.signature(function)
        self._name = _name(function) if name is None else f"#{name}"

    def steps(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Steps:
        """The steps that answer a call."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        executor = self._executor([*bound.args, *bound.kwargs.values()])
        told = [it for it in bound.args if not isinstance(it, Verbs | AsyncVerbs)]
        named = [it for it in bound.kwargs.items() if not isinstance(it[1], Verbs | AsyncVerbs)]
        plain = (told, sorted(named))
        call = functools.partial(self.function, *args, **kwargs)
        within: InTransaction | None = getattr(executor, "_within", None)
        if within is not None:
            return (yield from self._in_transaction(executor, within, plain, call))
        caching = getattr(executor, "cache", None)
        if caching is None:  # a connection of the program's own, or a transaction on one
            return (yield lambda _: call())
        question = self._question(caching, executor, plain, call, {})
        return (yield from read(caching, question, is_async=self.is_async))

    def _in_transaction(
        self, executor: Any, within: InTransaction, plain: Any, call: Callable[[], Any]
    ) -> Steps:
        caching = within.caching
        yield from caching.ready()
        yield lambda _: executor.flush()
        question = self._question(caching, executor, plain, call, within.settings)
        return (yield from read_within(within, question))

    def _executor(self, arguments: Iterable[Any]) -> Any:
        found: Any = self._on
        for argument in arguments:
            if isinstance(argument, Verbs | AsyncVerbs):
                found = argument
                break
        while getattr(found, "_is_over", False):  # a transaction of which nothing holds any more
            found = found._origin
        if found is None:
            raise ProgrammingError(
                f"`{self.function.__name__}` was called without a database: whose cache is meant?",
                hint="give it one as an argument, or say `@howdah.cache(…, on=db)`",
            )
        if found.is_async != self.is_async:
            raise ProgrammingError(
                f"`{self.function.__name__}` and its database are not of one world",
                hint="a coroutine function takes an `AsyncDatabase`, another one a `Database`",
            )
        return found

    def _question(
        self, caching: Caching, executor: Any, plain: Any, call: Any, settings: Any
    ) -> _Call:
        said = {name: str(value) for name, value in settings.items()}
        try:
            key = digest(caching.role, "function", self._name, plain, self.ttl, self.names, said)
        except Unkeyed as error:
            raise TypeError(f"an argument of `{self.function.__name__}`: {error}") from None
        return _Call(self, key, executor, call)


def _name(function: Callable[..., Any]) -> str:
    """What tells a function from all others, in all processes where that can be known."""
    name = f"{function.__module__}:{function.__qualname__}"
    # `<locals>`, `<lambda>`: others with this name were made with other values
    return f"{name} {uuid.uuid4().hex}" if "<" in name else name


class _Call(Question):
    """A call of a function, whose answer is bytes."""

    def __init__(
        self, function: _Function, key: bytes, executor: Any, call: Callable[[], Any]
    ) -> None:
        self.key, self.names, self.ttl = key, function.names, function.ttl
        self._is_async = function.is_async
        self._executor = executor
        self._call = call
        self._kept: bytes | None = None

    def ask(self) -> tuple[Callable[[], Any], Callable[[], Any]]:
        """Call it. What the caller is given is made of what is kept, as later ones are."""
        return (self._asked_async if self._is_async else self._asked), lambda: self._kept

    def plain(self) -> Callable[[], Any]:
        """Call it."""
        return self._call

    def make(self, kept: bytes) -> Any:
        """The value of the bytes."""
        return load(kept, self._executor)

    def size(self, kept: bytes) -> int:
        """In bytes."""
        return len(kept)

    def to_bytes(self, kept: bytes) -> bytes:
        """Themselves."""
        return kept

    def from_bytes(self, data: bytes) -> bytes:
        """Themselves."""
        return data

    def _asked(self) -> Any:
        result = self._call()
        self._kept = dump(result)
        return result

    async def _asked_async(self) -> Any:
        result = await self._call()
        self._kept = dump(result)
        return result
