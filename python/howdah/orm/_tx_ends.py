"""The beginning and the end of a transaction of the ORM, and its repetitions.

Runs as steps where it does IO. Called by `transactions`. Invariant: whatever way a transaction
ends, its objects are as the database, and the cache knows what may have been committed.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from howdah._routing import known_run
from howdah.errors import InterfaceError, ProgrammingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from howdah.caching._commits import Commit
    from howdah.caching._in_transaction import InTransaction
    from howdah.orm._tx_options import Options
    from howdah.orm.statements.base import Steps
    from howdah.orm.writes.journal import Journal
    from howdah.orm.writes.waiting import Waiting


class Attempts:
    """The runs of a function: what one that was rolled back did to objects is undone."""

    def __init__(self) -> None:
        self._journal: Journal | None = None
        self._commit: Commit | None = None

    def commits(self, commit: Commit | None, connection: Any) -> Steps:
        """The run is about to commit."""
        if commit is not None:
            yield from commit.before(connection)
            self._commit = commit

    def settle(self) -> Steps:
        """The last run's commit has taken effect, or may have."""
        commit, self._commit = self._commit, None
        if commit is not None:
            yield from commit.after()

    def begin(self, tx: Any) -> Any:
        """A new run begins: the one before came to nothing."""
        if self._journal is not None:
            self._journal.undo()
        self._journal = tx._journal
        return tx

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if error is not None and self._journal is not None:
            self._journal.undo()


@contextlib.contextmanager
def known(source: Any) -> Iterator[None]:
    """What runs on `source` now tells the cache itself what it writes."""
    token = known_run.set(source)
    try:
        yield
    finally:
        known_run.reset(token)


def check_block(options: Options, *, is_entered: bool) -> None:
    if options.retry is not None:
        raise ProgrammingError(
            "a `with` block cannot be repeated: `retry` is for functions",
            hint="decorate a function with it: `@db.tx(retry=5)`, and call that",
        )
    if is_entered:
        raise ProgrammingError("a transaction can be entered only once", hint="call `tx()` again")


def check_open(tx: Any) -> None:
    """Raise `InterfaceError` after the transaction: what is written now would commit by itself."""
    if tx._is_over:
        raise InterfaceError(
            "the transaction is over",
            hint="use what it was begun on, or begin another by `tx()`; its objects load as before",
        )


def waiting_of(origin: Any) -> Waiting | None:
    """What waits in the transaction around: one order of writes for both."""
    return origin._waiting if not getattr(origin, "_is_over", True) else None


def within(origin: Any, options: Options) -> InTransaction | None:
    """What a transaction on `origin` is to know of the cache."""
    if not getattr(origin, "_is_over", True):
        outer = origin._within
        caching = None if outer is None else outer.caching
    else:
        outer, caching = None, getattr(origin, "_caching", None)
    if caching is None:
        return None
    from howdah.caching._in_transaction import InTransaction

    return InTransaction(caching, options, outer)


def commit_of(tx: Any, origin: Any) -> Commit | None:
    """What the transaction's commit changes, as the cache must know."""
    if tx._within is not None:
        commit: Commit | None = tx._within.commit()
        return commit
    caching = getattr(origin, "_caching", None)
    if caching is None:
        return None
    from howdah.caching._commits import Commit

    # a cache that was made meanwhile, and knows nothing of what was written
    return Commit(caching, {"*"})


def over(tx: Any, origin: Any, failure: BaseException | None) -> None:
    """The transaction is over: its objects are as the database."""
    tx._end()
    if failure is not None:
        tx._journal.undo()
    elif origin._journal is not None:
        origin._journal.join(tx._journal)
