"""`howdah migrate trace` of a migration in Python: each of its statements is looked at.

Runs the steps of a file on a database, and commits. Called natively, with the recorder that looks
on. Invariant: functions see an ordinary connection; what is asked in between runs in its session.
"""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from howdah._connecting import configuration
from howdah.connection import Connection
from howdah.errors import DatabaseError, Error
from howdah.migrations._batches import Rows
from howdah.migrations._scan import words
from howdah.migrations.model import Function, RowBatches
from howdah.migrations.python_files import read_python

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from howdah._native import TraceRecorder
    from howdah.migrations.model import Step

_NOT_IN_TRANSACTION = ("25001", "2D000")
# they touch no relation
_UNSEEN = {
    "begin",
    "start",
    "commit",
    "end",
    "rollback",
    "abort",
    "savepoint",
    "release",
    "prepare",
    "set",
    "reset",
}


def run(file: str, url: str, recorder: TraceRecorder) -> None:
    """Run what the file does on the way up; what fails is the last thing that is recorded.

    Raises:
        MigrationError: the file is none.
    """
    path = Path(file).resolve()
    migration = read_python(path, path.read_text(encoding="utf-8"), unsaid=())
    with Observed(configuration(url, {"application_name": "howdah trace"})) as conn:
        for step in migration.up:
            work = step.work
            assert isinstance(work, Function | RowBatches)  # a file in Python has no others
            conn.observe(recorder, path, work.call.__code__.co_firstlineno)
            try:
                _step(conn, step)
            except Exception as error:  # noqa: BLE001 (whatever a program may raise)
                # of a statement, unless the function took its error, and ended by another one
                own = Ran(f"{work.name}()", _line(path, error))
                ran, of = conn.failed or (own, error)
                _failed(recorder, ran if of is error else own, error)
                return
            finally:
                conn.observe(None, path, 0)


def _step(conn: Observed, step: Step) -> None:
    work = step.work
    if isinstance(work, RowBatches):
        _in_batches(conn, Rows(work))
    elif isinstance(work, Function):
        with conn.transaction() if work.transaction else contextlib.nullcontext():
            work.call(conn)


def _in_batches(conn: Observed, source: Rows) -> None:
    """All batches, one behind the other: a copy has nobody to make pauses for."""
    position, number = None, 1
    while True:
        with conn.transaction():
            done = source.batch(conn, position, source.size, number)
        if done.position is None:
            return
        position, number = done.position, number + 1


def _failed(recorder: TraceRecorder, ran: Ran, error: Exception) -> None:
    if isinstance(error, Error):
        state = error.sqlstate if isinstance(error, DatabaseError) else None
        recorder.failed(*ran, error.message, state or "", error.hint)
    else:
        recorder.failed(*ran, f"{type(error).__name__}: {error}", "", None)


def _line(path: Path, error: Exception) -> int:
    """The line of the file that raised it, or called what did."""
    line, traceback = 1, error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == str(path):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


class Ran(NamedTuple):
    """A statement, or a function of the file."""

    sql: str
    line: int


class Observed(Connection):
    """A connection that has each statement looked at, while it is told to."""

    _recorder: TraceRecorder | None = None
    failed: tuple[Ran, Exception] | None = None
    """The statement that failed last."""

    def observe(self, recorder: TraceRecorder | None, path: Path, line: int) -> None:
        """Have a recorder look on, for statements of the function that begins in that line."""
        self._recorder = recorder
        self._path = path
        self._line = line

    def _ask(self, sql: str) -> list[list[str | None]]:
        rows = Connection.fetch(self, sql, row=tuple)
        return [[_text(value) for value in row] for row in rows]

    def _looking(self, sql: Any, call: Callable[[], Any]) -> Any:
        recorder = self._recorder
        if recorder is None or self.has_queued:
            return call()
        text = str(sql)
        self._recorder = None  # what the call itself calls is part of it
        try:
            if next((it.key for it in words(text)), "") in _UNSEEN:
                return call()
            if self.transaction_status == "idle":
                return self._on_its_own(recorder, text, call)
            return self._within(recorder, text, call, shared=True)
        finally:
            self._recorder = recorder
            if not self.closed and self.transaction_status == "idle":
                recorder.ended()

    def _on_its_own(self, recorder: TraceRecorder, sql: str, call: Callable[[], Any]) -> Any:
        """Run a statement in a transaction of its own, if it can be."""
        try:
            with self.transaction():
                return self._within(recorder, sql, call, shared=False)
        except DatabaseError as error:
            if error.sqlstate not in _NOT_IN_TRANSACTION:
                raise
        begun = time.monotonic()
        answer = call()
        recorder.unseen(sql, self._place(), time.monotonic() - begun)
        return answer

    def _within(
        self, recorder: TraceRecorder, sql: str, call: Callable[[], Any], *, shared: bool
    ) -> Any:
        if self.transaction_status != "failed":
            recorder.begins(self._ask)
        ran = Ran(sql, self._place())
        try:
            answer = call()
        except Exception as error:
            self.failed = (ran, error)
            raise
        recorder.succeeded(self._ask, *ran, shared)
        return answer

    def _place(self) -> int:
        """The line of the file that is running; that of the function, while it is not yet."""
        for frame in _frames():
            if frame.f_code.co_filename == str(self._path):
                return frame.f_lineno
        return self._line

    def execute(self, query: Any, /, *args: Any, **options: Any) -> int:
        """As the connection does; so do the others."""
        call = super().execute
        return int(self._looking(query, lambda: call(query, *args, **options)))

    def execute_many(self, query: Any, rows: Any, /, **options: Any) -> Any:
        call = super().execute_many
        return self._looking(query, lambda: call(query, rows, **options))

    def fetch(self, query: Any, /, *args: Any, **options: Any) -> Any:
        call = super().fetch
        return self._looking(query, lambda: call(query, *args, **options))

    def fetch_one(self, query: Any, /, *args: Any, **options: Any) -> Any:
        call = super().fetch_one
        return self._looking(query, lambda: call(query, *args, **options))

    def fetch_value(self, query: Any, /, *args: Any, **options: Any) -> Any:
        call = super().fetch_value
        return self._looking(query, lambda: call(query, *args, **options))

    # cursors and prepared statements

    def run(self, query: str, args: Any, row: Any, timeout: float | None) -> Any:
        call = super().run
        return self._looking(query, lambda: call(query, args, row, timeout))

    def run_many(self, query: str, rows: Any, row: Any, timeout: float | None) -> Any:
        call = super().run_many
        return self._looking(query, lambda: call(query, rows, row, timeout))

    # `copy_in` and `copy_rows`

    def copy_send(self, query: str, *args: Any) -> Any:
        call = super().copy_send
        return self._looking(query, lambda: call(query, *args))

    def copy_send_rows(self, binary: str | None, text: str | None, *args: Any) -> Any:
        call = super().copy_send_rows
        return self._looking(binary or text, lambda: call(binary, text, *args))


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _text(value: Any) -> str | None:
    """A value as the server writes it, for what is asked of the catalog."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)
