"""Answers kept in the process: the least recently used go first.

No IO. Thread-safe. Invariant: never more entries, nor bytes, than was said.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

ENTRY_BYTES = 400
"""What an entry takes beside its answer, about."""


class Entry:
    """An answer, and until when it counts."""

    __slots__ = ("began", "expires", "names", "size", "value")

    def __init__(
        self, value: Any, names: frozenset[str], began: int, expires: float, size: int
    ) -> None:
        self.value = value
        self.names = names
        self.began = began
        self.expires = expires
        """A moment of `time.time`."""
        self.size = size + ENTRY_BYTES


class Memory:
    """Entries by key."""

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self.size = 0
        self.evicted = 0
        self._entries: OrderedDict[bytes, Entry] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: bytes) -> Entry | None:
        """The entry of a key, which is used now."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
            return entry

    def put(self, key: bytes, entry: Entry) -> bool:
        """Keep an entry; False if it is too large."""
        if entry.size > self.max_bytes:
            return False
        with self._lock:
            self._remove(key)
            self._entries[key] = entry
            self.size += entry.size
            while len(self._entries) > self.max_entries or self.size > self.max_bytes:
                oldest = next(iter(self._entries))
                self._remove(oldest)
                self.evicted += 1
        return True

    def drop(self, key: bytes, entry: Entry) -> None:
        """Forget an entry, if it is still the one of its key."""
        with self._lock:
            if self._entries.get(key) is entry:
                self._remove(key)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._entries.clear()
            self.size = 0

    def _remove(self, key: bytes) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size -= entry.size
