"""Commits as the cache sees them: what they change, from before they can be seen until it is noted.

Runs as steps. Called by databases for single statements, and by transactions. Invariants: tables
are in doubt from before COMMIT is sent until its answer was taken note of; the notification for
other processes is part of the transaction.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from howdah._identifiers import text_literal
from howdah.caching._hearing import CHANNEL
from howdah.caching._ledger import EVERYTHING
from howdah.caching._tables import written_names
from howdah.errors import Error
from howdah.orm.writes.blocks import call_block

if TYPE_CHECKING:
    from collections.abc import Iterable

    from howdah.caching._database import Caching
    from howdah.orm.statements.base import Steps

_UNKNOWN = frozenset({EVERYTHING})


class Commit:
    """One commit that changes tables."""

    def __init__(self, caching: Caching, tables: Iterable[str]) -> None:
        self._caching = caching
        self._names = written_names(tables)
        self._versions: dict[str, int] | None = None

    def before(self, connection: Any) -> Steps:
        """Just before COMMIT, or before a statement that commits by itself (`connection` None)."""
        self._caching.ledger.doubt(self._names)
        try:
            if self._caching.shared is not None:
                self._versions = yield from self._caching.shared.bump(self._names)
            if connection is not None:
                self.tell(connection)
        except BaseException:
            self._caching.ledger.settle(self._names)
            raise

    def tell(self, connection: Any) -> None:
        """Have the transaction notify other processes, with its next statement."""
        command = self.notification()
        if command is not None:
            connection.defer(command)

    def notification(self) -> str | None:
        """What notifies other processes, if they are to be told."""
        if not self._caching.notifies:
            return None
        payload = self._caching.message(self._names, self._versions)
        return f"notify {CHANNEL}, {text_literal(payload)}"

    def afterwards(self, connection: Any) -> Steps:
        """What was done on the connection may have committed: others are told, if it can tell."""
        try:
            command = self.notification()
            if command and not connection.closed and connection.transaction_status == "idle":
                with contextlib.suppress(Error):
                    yield lambda _: connection.execute(command)
        finally:
            yield from self.after()

    def after(self) -> Steps:
        """The commit has taken effect, or may have."""
        try:
            if self._caching.shared is not None:
                yield from self._caching.shared.bump(self._names)
        finally:
            self._caching.ledger.settle(self._names)
            self._caching.count("invalidated")


def watched(caching: Caching, steps: Steps) -> Steps:
    """The steps of one call outside of a transaction, and what their commit changes.

    Where other processes are to be told, writes get a transaction, which travels with the first
    of them; else each is in doubt while it runs.
    """
    course = _Course(caching)
    answer: Any = None
    error: BaseException | None = None
    try:
        while True:
            try:
                step = steps.send(answer) if error is None else steps.throw(error)
            except StopIteration as done:
                answer = done.value
                break
            answer = error = None
            try:
                writes = getattr(step, "writes", None)
                if writes is not None:
                    yield from course.prepare(writes)
                answer = yield step
            except BaseException as failure:  # noqa: BLE001 (the steps decide)
                error = failure
    except BaseException:
        yield from course.fail()
        raise
    yield from course.finish()
    return answer


class _Course:
    """The transaction around the writes of one call, once there is one."""

    def __init__(self, caching: Caching) -> None:
        self._caching = caching
        self._tables: set[str] = set()
        self._commits: list[Commit] = []
        """Of writes that commit by themselves."""
        self._connection: Any = None
        self._block: Any = None

    def prepare(self, writes: frozenset[str]) -> Steps:
        """A step comes that writes these tables, or begins a block in which others do."""
        if writes == _UNKNOWN or not self._caching.notifies:
            # a script may begin transactions itself
            if not writes:
                return
            commit = Commit(self._caching, writes)
            yield from commit.before(None)
            self._commits.append(commit)
            return
        self._tables |= writes
        if self._block is None:
            yield self._begin

    def finish(self) -> Steps:
        """All went well: commit."""
        if self._block is not None:
            commit = Commit(self._caching, self._tables)
            yield from commit.before(self._connection)
            try:
                yield lambda _: call_block(self._block, "exit", None, None, None)
            finally:
                yield from commit.after()
        yield from self._settle()

    def fail(self) -> Steps:
        """Something was raised: roll back. What committed by itself may have taken effect."""
        failure = sys.exc_info()
        try:
            if self._block is not None:
                yield lambda _: call_block(self._block, "exit", *failure)
        finally:
            yield from self._settle()

    def _begin(self, connection: Any) -> Any:
        self._connection = connection
        self._block = connection.transaction()
        return call_block(self._block, "enter")

    def _settle(self) -> Steps:
        commits, self._commits = self._commits, []
        for commit in commits:
            try:
                command = commit.notification()
                if command is not None:
                    yield _telling(command)
            finally:
                yield from commit.after()


def _telling(command: str) -> Any:
    return lambda connection: connection.execute(command)
