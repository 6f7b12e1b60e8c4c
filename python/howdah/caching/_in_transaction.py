"""What a transaction of the ORM knows of the cache.

No IO of its own. Invariants: once a transaction has written a table, nothing about it is taken from
the cache or put there; what may be another row for another tenant has another key: settings of the
transaction are part of it, and after SQL or functions of the program's own nothing is cached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah.caching._commits import Commit
from howdah.caching._ledger import EVERYTHING
from howdah.caching._tables import written_names
from howdah.orm.executors import each
from howdah.orm.statements.base import is_unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from howdah.caching._database import Caching
    from howdah.orm._tx_options import Options
    from howdah.orm.statements.base import Step, Steps

_STRICT = {"repeatable read", "serializable"}


class InTransaction:
    """The cache as one transaction, or savepoint, may use it."""

    def __init__(self, caching: Caching, options: Options, outer: InTransaction | None) -> None:
        self.caching = caching
        self.outer = outer
        self.began: int = caching.ledger.now if outer is None else outer.began
        """Taken before its first statement: its snapshot is not older."""
        self.written: set[str] = set()
        """Tables that it has written so far."""
        self.is_raw = False
        """It has run SQL, or called a function, that nobody here knows."""
        settings = dict(outer.settings) if outer is not None else {}
        self.settings: dict[str, Any] = settings | dict(options.settings or {})
        is_strict = options.isolation in _STRICT or options.isolation == "read uncommitted"
        self.is_strict: bool = is_strict or (outer is not None and outer.is_strict)
        is_reading = bool(options.read_only) or (outer is not None and not outer.may_keep)
        self.may_keep: bool = not is_reading
        """A transaction that only reads may be on a replica, which is behind."""

    def may_use(self, names: frozenset[str]) -> bool:
        """Whether the cache may be asked about these."""
        level: InTransaction | None = self
        while level is not None:
            if level.is_raw or level.is_strict:
                return False
            changed = written_names(level.written)
            if changed & names or (changed and EVERYTHING in names) or EVERYTHING in changed:
                return False
            level = level.outer
        return self.caching.may_answer(names)

    def noted(self, steps: Steps) -> Steps:
        """The steps; what they write is remembered."""

        def noted(step: Step) -> Step:
            self.note(step)
            return step

        return each(steps, noted)

    def note(self, step: Step) -> None:
        """A step is about to be taken."""
        writes: Iterable[str] | None = getattr(step, "writes", None)
        if writes:
            self.written.update(writes)
        if is_unknown(step):  # it may set what tells one tenant from another
            self.is_raw = True

    def note_raw(self) -> None:
        """The program has the connection: whatever it does."""
        self.is_raw = True
        self.written.add(EVERYTHING)

    def commit(self) -> Commit | None:
        """What its commit changes, None for nothing. A savepoint's goes to the one around it."""
        if self.outer is not None:
            self.outer.written |= self.written
            self.outer.is_raw |= self.is_raw
            return None
        return Commit(self.caching, self.written) if self.written else None
