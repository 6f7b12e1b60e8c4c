"""Statements as questions to the cache.

No IO of its own. Invariant: two statements have the same key only if they would ask the same of the
same rows: text, values, what is loaded besides, and as whom.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah._native import Fragment, Recording, sources
from howdah.caching._keys import Unkeyed, digest
from howdah.caching._reading import Question, read, read_within
from howdah.caching._tables import names_of, read_names
from howdah.caching._tape import Tape
from howdah.errors import ProgrammingError
from howdah.orm.expressions import LIST
from howdah.orm.paths import Related, relation_of
from howdah.orm.statements.base import Statement
from howdah.orm.statements.page import PageOf
from howdah.orm.statements.select import Select
from howdah.orm.statements.writing import separated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from howdah.caching._database import Caching
    from howdah.caching._in_transaction import InTransaction
    from howdah.orm.statements.base import Steps
    from howdah.orm.statements.cached import Cached

_NONE: Mapping[str, Any] = {}


def of_database(database: Any, cached: Cached[Any], *, read_only: bool) -> Steps:
    """The steps that answer a cached statement outside of a transaction."""
    caching: Caching = database.cache
    question = _question(caching, cached, database, _NONE, read_only=read_only)
    if question is None or _must_ask(database, read_only=read_only):
        caching.count("bypassed")
        plain = cached.inner
        return (yield lambda _: database.fetch(plain, read_only=read_only))
    return (yield from read(caching, question, is_async=database.is_async))


def of_transaction(tx: Any, within: InTransaction, cached: Cached[Any]) -> Steps:
    """The same in a transaction."""
    caching = within.caching
    yield from caching.ready()
    yield lambda _: tx.flush()
    question = _question(caching, cached, tx, within.settings, read_only=False)
    if question is None:
        caching.count("bypassed")
        return (yield lambda _: tx._run(cached.inner))
    return (yield from read_within(within, question))


def _must_ask(database: Any, *, read_only: bool) -> bool:
    """Whether the cache may lack what the program is to see, or could not be filled."""
    session = database._session()
    if session is not None and session.is_continued:
        return True
    return read_only and database._topology.primary is None


def _question(
    caching: Caching,
    cached: Cached[Any],
    executor: Any,
    settings: Mapping[str, Any],
    *,
    read_only: bool,
) -> StatementQuestion | None:
    try:
        return StatementQuestion(caching, cached, executor, settings, read_only=read_only)
    except Unkeyed:
        return None


class StatementQuestion(Question):
    """A statement whose answer is a tape."""

    def __init__(
        self,
        caching: Caching,
        cached: Cached[Any],
        executor: Any,
        settings: Mapping[str, Any],
        *,
        read_only: bool,
    ) -> None:
        statement = cached.inner
        compiled, values = statement._compile()
        _check(statement, compiled.writes)
        described = _Loads(_loads_of(statement))
        self.ttl = cached.ttl
        self.names = read_names(compiled.reads | described.tables, names_of(cached.tags))
        kind = type(statement).__qualname__
        told = (compiled.sql, values, described.texts, described.values)
        asked = (kind, *told, cached.ttl, self.names)
        said = {name: str(value) for name, value in settings.items()}
        self.key = digest(caching.role, "statement", asked, said)
        self._caching = caching
        self._statement = statement
        self._executor = executor
        self._read_only = read_only

    def ask(self) -> tuple[Callable[[], Any], Callable[[], Any]]:
        """Run it on the primary: a replica may not know of a commit that is known here."""
        executor, tape = self._executor, Tape(self._caching.memory.max_bytes // 4)
        steps = tape.recorded(self._statement._steps(executor))

        def kept() -> Tape | None:
            if tape.size is None:
                return None
            self._caching.last_recording = tape.calls[-1].recording
            return tape

        return lambda: executor._drive(steps), kept

    def plain(self) -> Callable[[], Any]:
        """Run it where it would run without a cache."""
        if self._read_only:
            return lambda: self._executor.fetch(self._statement, read_only=True)
        return lambda: self._executor._run(self._statement)

    def make(self, kept: Tape) -> Any:
        """Objects of their own, made of the recorded rows."""
        return kept.play(self._statement._steps(self._executor))

    def size(self, kept: Tape) -> int:
        """In bytes."""
        return kept.size or 0

    def to_bytes(self, kept: Tape) -> bytes:
        """The tape's."""
        return kept.to_bytes()

    def from_bytes(self, data: bytes) -> Tape:
        """A tape, read as this process' connections read rows: once there was one."""
        like: Recording | None = self._caching.last_recording
        if like is None:
            raise LookupError("this process has not read any rows yet")
        return Tape.from_bytes(data, like, self._caching.memory.max_bytes)


def _check(statement: Statement[Any], writes: frozenset[str]) -> None:
    if writes:
        raise ProgrammingError("a statement that writes cannot be cached")
    query = getattr(statement, "query", statement)
    if isinstance(query, Select) and query.locks:
        raise ProgrammingError(
            "a statement that locks rows cannot be cached", hint="what is cached locks nothing"
        )


def _loads_of(statement: Any) -> tuple[Any, ...]:
    """The relations that a statement loads besides."""
    if isinstance(statement, PageOf):
        return _loads_of(statement._query)
    inner = getattr(statement, "query", getattr(statement, "left", None))
    return _loads_of(inner) if inner is not None else getattr(statement, "loads", ())


class _Loads:
    """Relations that are loaded: their tables, and what tells them from others."""

    def __init__(self, ways: Iterable[Any]) -> None:
        self.tables: frozenset[str] = frozenset()
        self.texts: list[str] = []
        self.values: list[Any] = []
        for way in ways:
            self._add(way)

    def _add(self, way: Any) -> None:
        relation = relation_of(way)
        model = relation.model
        self.texts.append(f"{model.__module__}:{model.__qualname__}.{relation.name}")
        models = [relation.model, relation.target, relation.between]
        self.tables |= {it.__table__.sql_name for it in models if it is not None}
        if isinstance(way, Related):
            compiled, values = _Way(way)._compile()
            self.texts.append(compiled.sql)
            self.values.append(values)
            self.tables |= compiled.reads | set(_tables_named(way))
            self.texts.append("(")
            for inner in way.loads:
                self._add(inner)
            self.texts.append(")")


def _tables_named(way: Related[Any]) -> Iterator[str]:
    """The tables that conditions go to along relations."""
    for source in sources((way.conditions, way.order)):
        found: Any = source
        while found is not None:
            if found.table is not None:
                yield found.table
            found = getattr(found, "parent", None)


class _Way(Statement[Any]):
    """What is said of a relation that is loaded, as text."""

    __slots__ = ("_way",)

    def __init__(self, way: Related[Any]) -> None:
        self._way = way

    def _shape_fields(self) -> tuple[Any, ...]:
        way = self._way
        return ("way", way.conditions, way.order, way.limit_)

    def _write(self) -> tuple[Fragment, Any]:
        way = self._way
        parts = [*way.conditions, Fragment("order"), *way.order]
        limit = () if way.limit_ is None else (" limit ", way.limit_)
        return Fragment(*separated(parts), *limit, level=LIST), None
