"""What has changed, and when: the numbers by which an answer is known to be out of date.

No IO. One ledger for each database that the process knows, shared by all its `Database` objects.
Each change of a table has a number, which grows; an answer remembers the number at which it was
asked for. Invariant: from before a commit can be seen until it is noted, its tables are *in doubt*,
and no answer about them counts as fresh; afterwards none does that was asked for before.
"""

from __future__ import annotations

import threading
import uuid
import weakref
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

EVERYTHING = "*"
"""As a name that changed: all of them. As one that an answer depends on: any."""
_MOST_NAMES = 50_000


class Ledger:
    """The changes of one database."""

    _shared: ClassVar[weakref.WeakValueDictionary[str, Ledger]] = weakref.WeakValueDictionary()
    _shared_lock: ClassVar = threading.Lock()

    def __init__(self) -> None:
        self.origin = uuid.uuid4().hex
        """Who this is, for notifications."""
        self._lock = threading.Lock()
        self._number = 0
        self._moved: dict[str, int] = {}
        self._all_moved = 0
        self._doubted: dict[str, int] = {}

    @classmethod
    def shared(cls, identity: str) -> Ledger:
        """The process' ledger of a database."""
        with cls._shared_lock:
            found = cls._shared.get(identity)
            if found is None:
                found = cls._shared[identity] = cls()
            return found

    @property
    def now(self) -> int:
        """The number of the last change: to be taken before an answer is asked for."""
        return self._number

    def is_doubtful(self, names: frozenset[str]) -> bool:
        """Whether a change of one of these is under way."""
        return bool(self._doubted) and self._meets(names)

    def is_fresh(self, names: frozenset[str], began: int) -> bool:
        """Whether nothing of these has changed since, or is about to."""
        with self._lock:
            if (self._doubted and self._meets(names)) or self._all_moved > began:
                return False
            if EVERYTHING in names:
                return self._number <= began
            moved = self._moved
            return all(moved.get(name, 0) <= began for name in names)

    def doubt(self, names: Iterable[str]) -> None:
        """These are about to change, as others may see before it is noted."""
        with self._lock:
            for name in names:
                self._doubted[name] = self._doubted.get(name, 0) + 1

    def settle(self, names: Iterable[str]) -> None:
        """What was in doubt has changed, or may have."""
        with self._lock:
            names = tuple(names)
            self._change(names)
            for name in names:
                left = self._doubted.get(name, 0) - 1
                if left > 0:
                    self._doubted[name] = left
                else:
                    self._doubted.pop(name, None)

    def change(self, names: Iterable[str]) -> None:
        """These have changed."""
        with self._lock:
            self._change(names)

    def _change(self, names: Iterable[str]) -> None:
        self._number += 1
        for name in names:
            if name == EVERYTHING:
                self._all_moved = self._number
            else:
                self._moved[name] = self._number
        if self._all_moved == self._number or len(self._moved) > _MOST_NAMES:
            self._all_moved = self._number
            self._moved.clear()

    def _meets(self, names: frozenset[str]) -> bool:
        doubted = self._doubted
        return (
            EVERYTHING in doubted or EVERYTHING in names or any(name in doubted for name in names)
        )
