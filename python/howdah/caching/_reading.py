"""Reading through the cache: from memory, from Redis, or from the database for all who wait.

Runs as steps of no connection, for both worlds. Called by the verbs for `statement.cached(…)`, and
by cached functions. Invariant: what is given was true at the moment of the call or later, as far as
this process can know.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from howdah.caching._flights import world
from howdah.caching._memory import Entry
from howdah.errors import NoRow, SeveralRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from howdah.caching._database import Caching
    from howdah.caching._flights import Flight
    from howdah.caching._in_transaction import InTransaction
    from howdah.orm.statements.base import Steps

_MISSING: Any = object()


class Question:
    """What is asked: how it is known again, found out, and made of what was kept."""

    key: bytes
    names: frozenset[str]
    ttl: float

    def ask(self) -> tuple[Callable[[], Any], Callable[[], Any]]:
        """What asks for the answer, and what gives the form of it that is kept, None for none."""
        raise NotImplementedError

    def plain(self) -> Callable[[], Any]:
        """What asks for the answer, and keeps nothing."""
        raise NotImplementedError

    def make(self, kept: Any) -> Any:
        """The answer, made of what was kept. What it raises says that it cannot be."""
        raise NotImplementedError

    def size(self, kept: Any) -> int:
        """In bytes."""
        raise NotImplementedError

    def to_bytes(self, kept: Any) -> bytes:
        """For Redis."""
        raise NotImplementedError

    def from_bytes(self, data: bytes) -> Any:
        """From Redis. Raises `ValueError` or `LookupError` where it cannot be read here."""
        raise NotImplementedError


def read(caching: Caching, question: Question, *, is_async: bool) -> Steps:
    """The answer to a question."""
    yield from caching.ready()
    while True:
        if not caching.may_answer(question.names):
            caching.count("bypassed")
            return (yield _now(question.plain()))
        found = _look_up(caching, question, caching.memory_counts)
        if found is not _MISSING:
            return found
        here = world(is_async=is_async)
        flight, leads = caching.flights.join(here, question.key, question.names, caching.ledger)
        if leads:
            return (yield from _lead(caching, question, flight, here))
        yield _waiting(flight, is_async=is_async)
        if not flight.is_abandoned:
            return (yield from _follow(caching, question, flight))


def read_within(within: InTransaction, question: Question) -> Steps:
    """The answer in a transaction, on whose connection everything is asked.

    Nobody is waited for: who is asked for may need what this transaction holds.
    """
    caching = within.caching
    if not within.may_use(question.names):
        caching.count("bypassed")
        return (yield _now(question.plain()))
    found = _look_up(caching, question, caching.memory_counts)
    if found is not _MISSING:
        return found
    result, kept = yield from _asked(caching, question)
    if kept is not None and within.may_keep and within.may_use(question.names):
        _keep(caching, question, kept, within.began)
    return result


def _look_up(caching: Caching, question: Question, may: bool) -> Any:  # noqa: FBT001
    """The answer from memory, `_MISSING` if there is none that counts."""
    if not may:
        return _MISSING
    entry = caching.memory.find(question.key)
    if entry is None:
        return _MISSING
    if entry.expires <= time.time() or not caching.ledger.is_fresh(entry.names, entry.began):
        caching.memory.drop(question.key, entry)
        return _MISSING
    answer = _made(question, entry.value)
    if answer is _MISSING:
        caching.memory.drop(question.key, entry)
    else:
        caching.count("hits")
    return answer


def _keep(caching: Caching, question: Question, kept: Any, began: int) -> Entry | None:
    """Keep an answer in memory, if it may be kept."""
    expires = time.time() + question.ttl
    entry = Entry(kept, question.names, began, expires, question.size(kept))
    if not caching.ledger.is_fresh(question.names, began) or not caching.memory.put(
        question.key, entry
    ):
        return None
    caching.count("stored")
    return entry


def _lead(caching: Caching, question: Question, flight: Flight, here: Any) -> Steps:
    """Ask, for all who wait."""
    kept: Any = None
    try:
        result, kept = yield from _found_out(caching, question, flight.began)
    except BaseException as error:
        flight.fail(error)
        raise
    finally:
        caching.flights.leave(here, question.key, flight)
        flight.land(kept)
    return result


def _found_out(caching: Caching, question: Question, began: int) -> Steps:
    """The answer, and the form of it that is kept: from Redis, or from the database."""
    shared, versions = caching.shared, None
    if shared is not None:
        found, versions = yield from shared.find(question.key, question.names)
        answer = _from_shared(caching, question, found, began)
        if answer is not _MISSING:
            return answer
    result, kept = yield from _asked(caching, question)
    entry = None if kept is None else _keep(caching, question, kept, began)
    if shared is not None and versions is not None and entry is not None:
        payload = question.to_bytes(kept)
        yield from shared.store(question.key, payload, versions, entry.expires)
    return result, kept


def _asked(caching: Caching, question: Question) -> Steps:
    """The answer from the database, and the form of it that is kept, None for none."""
    caching.count("misses")
    ask, kept_form = question.ask()
    result = yield _now(ask)
    return result, kept_form()


def _from_shared(caching: Caching, question: Question, found: Any, began: int) -> Any:
    """An answer from Redis, with the form that was kept."""
    if found is None:
        return _MISSING
    data, expires = found
    try:
        kept = question.from_bytes(data)
    except (ValueError, LookupError):
        return _MISSING
    answer = _made(question, kept)
    if answer is _MISSING:
        return _MISSING
    entry = Entry(kept, question.names, began, expires, question.size(kept))
    caching.memory.put(question.key, entry)
    caching.count("hits")
    return answer, kept


def _follow(caching: Caching, question: Question, flight: Flight) -> Steps:
    """Take what another one asked for."""
    flight.raise_error()
    answer = _MISSING if flight.answer is None else _made(question, flight.answer)
    if answer is not _MISSING:
        caching.count("waited")
        return answer
    caching.count("bypassed")
    return (yield _now(question.plain()))


def _made(question: Question, kept: Any) -> Any:
    try:
        return question.make(kept)
    except (NoRow, SeveralRows):
        raise
    except Exception:  # noqa: BLE001 (whatever it is, the database is asked again)
        return _MISSING


def _waiting(flight: Flight, *, is_async: bool) -> Any:
    return lambda _: flight.wait(is_async=is_async)


def _now(work: Callable[[], Any]) -> Any:
    return lambda _: work()
