"""Statements that are run once and played again: what the server answered, call by call.

No IO of its own. A statement's steps run on a connection that records the rows as they came; later
they run again on a player, which answers from the tape. So whatever a statement makes of its rows,
objects, pages, relations that it loads besides, is made anew each time. Invariant: a player answers
only the calls that were recorded, in order, with the same text.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from howdah._native import Recording
from howdah.orm.executors import drive, each
from howdah.orm.statements.base import Unknown, is_unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from howdah.orm.statements.base import Steps

_CALL_BYTES = 200
_KINDS = ("rows", "first", "value")
_HEAD = struct.Struct(">BII")


class Unplayable(Exception):
    """The tape does not fit what is asked."""


class Call(NamedTuple):
    """One call and its answer."""

    kind: str
    sql: str
    recording: Recording


class Tape:
    """The calls that a statement made."""

    __slots__ = ("calls", "is_broken", "limit")

    def __init__(self, limit: int, calls: Iterable[Call] = ()) -> None:
        self.limit = limit
        self.calls = list(calls)
        self.is_broken = False
        """Something was done that cannot be played again."""

    @property
    def size(self) -> int | None:
        """In bytes; None where it cannot be played."""
        sizes = [call.recording.size for call in self.calls]
        if self.is_broken or not sizes or None in sizes:
            return None
        known = sum(size for size in sizes if size is not None)
        texts = sum(len(call.sql) + _CALL_BYTES for call in self.calls)
        return known + texts if known <= self.limit else None

    def recorded(self, steps: Steps) -> Steps:
        """The steps, on connections that record."""
        return each(steps, lambda step: _on(self, step))

    def play(self, steps: Steps) -> Any:
        """What the steps make of the recorded answers."""
        return drive(steps, _Player(self.calls))

    def to_bytes(self) -> bytes:
        """The tape for another process."""
        pieces = []
        for call in self.calls:
            sql, rows = call.sql.encode(), call.recording.to_bytes()
            pieces += [_HEAD.pack(_KINDS.index(call.kind), len(sql), len(rows)), sql, rows]
        return b"".join(pieces)

    @classmethod
    def from_bytes(cls, data: bytes, like: Recording, limit: int) -> Tape:
        """A tape from another process.

        Raises `ValueError` or `LookupError` where it cannot be read here.
        """
        calls, at = [], 0
        try:
            while at < len(data):
                kind, sql_bytes, row_bytes = _HEAD.unpack_from(data, at)
                middle = at + _HEAD.size + sql_bytes
                sql = data[at + _HEAD.size : middle].decode()
                at = middle + row_bytes
                rows = data[middle:at]
                calls.append(Call(_KINDS[kind], sql, Recording.from_bytes(rows, like)))
        except struct.error as error:
            raise ValueError("these bytes are no tape") from error
        return cls(limit, calls)


def _on(tape: Tape, step: Any) -> Any:
    def recording(connection: Any) -> Any:
        return step(_Recorder(connection, tape))

    return Unknown(recording) if is_unknown(step) else recording


class _Recorder:
    """A connection of either world, whose answers go onto a tape."""

    __slots__ = ("_connection", "_tape")

    def __init__(self, connection: Any, tape: Tape) -> None:
        self._connection = connection
        self._tape = tape

    def fetch(self, sql: str, *values: Any, row: Any = None) -> Any:
        recording = self._begin("rows", sql, Recording(row, self._tape.limit))
        return self._connection.fetch(sql, *values, row=recording)

    def fetch_one(self, sql: str, *values: Any, row: Any = None) -> Any:
        recording = self._begin("first", sql, Recording(row, self._tape.limit))
        return self._connection.fetch_one(sql, *values, row=recording)

    def fetch_value(self, sql: str, *values: Any) -> Any:
        recording = self._begin("value", sql, Recording(None, self._tape.limit, value=True))
        return self._connection.fetch_one(sql, *values, row=recording)

    def __getattr__(self, name: str) -> Any:
        self._tape.is_broken = True
        return getattr(self._connection, name)

    def _begin(self, kind: str, sql: str, recording: Recording) -> Recording:
        self._tape.calls.append(Call(kind, sql, recording))
        return recording


class _Player:
    """What answers like a connection, from a tape."""

    __slots__ = ("_calls",)

    def __init__(self, calls: Iterable[Call]) -> None:
        self._calls = iter(calls)

    def fetch(self, sql: str, *_: Any, row: Any = None) -> Any:
        return self._next("rows", sql).replay(row)

    def fetch_one(self, sql: str, *_: Any, row: Any = None) -> Any:
        return self._next("first", sql).replay(row, first=True)

    def fetch_value(self, sql: str, *_: Any) -> Any:
        return self._next("value", sql).replay(None, value=True, first=True)

    def __getattr__(self, name: str) -> Any:
        raise Unplayable(f"`{name}` was never recorded")

    def _next(self, kind: str, sql: str) -> Recording:
        call = next(self._calls, None)
        if call is None or call.kind != kind or call.sql != sql:
            raise Unplayable("other statements were recorded")
        return call.recording
