"""The SQL of an Alembic project's migrations, statement by statement.

A program of its own: `python -m howdah._rendered.of_alembic ANSWER INI`. IO: runs the project's
`env.py` in offline mode, as `alembic upgrade heads --sql` does. Invariant: no database is connected
to.
"""

from __future__ import annotations

import functools
import json
import re
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from howdah._rendered.sources import Migration, Source, as_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_RUNNING = re.compile(r"-- Running upgrade .*-> (\w+)")


class Recorder:
    """Takes what Alembic would print, with the line of the migration that it comes from."""

    def __init__(self, revisions: dict[str, str]) -> None:
        self.paths = revisions
        self.source: Source | None = None
        self.migrations: list[Migration] = []
        self.in_transaction = False
        self.of_tool = False

    def record(self, text: str) -> None:
        """The next statement or comment."""
        running = _RUNNING.match(text.strip())
        if running:
            self._begin(running.group(1))
            return
        word = text.strip().rstrip(";").upper()
        if word in {"BEGIN", "COMMIT"}:
            self.in_transaction = word == "BEGIN"
        # what does not come from the migration's own lines is the tool's: transactions, its table
        if self.source is not None and (line := _line(self.source.path)) is not None:
            sql = text.strip().rstrip(";") + ";"
            chunk = self.source.chunk(line, sql)
            chunk.of_tool = self.of_tool
            self.migrations[-1].chunks.append(chunk)

    def _begin(self, revision: str) -> None:
        path = self.paths[revision]
        self.source = Source(path)
        absolute = str(Path(path).resolve())
        self.migrations.append(Migration(absolute, self.in_transaction, []))

    def as_tool(self, emit: Callable[..., None]) -> Callable[..., None]:
        """What Alembic itself writes to begin its transaction and to end it."""

        @functools.wraps(emit)
        def run(*arguments: Any) -> None:
            self.of_tool = True
            try:
                emit(*arguments)
            finally:
                self.of_tool = False

        return run

    def guarded(self, path: str, upgrade: Callable[..., None]) -> Callable[..., None]:
        """The function of a revision, whose failure is told and is no end of the others."""

        @functools.wraps(upgrade)
        def run(*arguments: Any, **named: Any) -> None:
            try:
                upgrade(*arguments, **named)
            except Exception as error:  # noqa: BLE001 (whatever a migration does)
                lines = [
                    it.lineno
                    for it in traceback.extract_tb(error.__traceback__)
                    if it.filename == path
                ]
                at = f" in line {lines[-1]}" if lines else ""
                name = type(error).__name__
                self.migrations[-1].error = (
                    f"its SQL is not whole, {name}{at}: {error}; what asks the database, or is no "
                    "SQL, cannot be read: `exclude` of the configuration leaves the file out"
                )

        return run


def _line(path: str) -> int | None:
    """The line of the migration that is being run."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename == path:
            return frame.f_lineno
        frame = frame.f_back
    return None


def main() -> None:
    """Write the answer."""
    from alembic import command
    from alembic.config import Config
    from alembic.ddl.impl import DefaultImpl
    from alembic.runtime.migration import RevisionStep
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    answer, ini = sys.argv[1:]
    config = Config(ini)
    try:
        scripts = ScriptDirectory.from_config(config)
        revisions = list(scripts.walk_revisions())
    except CommandError as error:
        sys.exit(f"error: {error}")
    recorder = Recorder({it.revision: it.path for it in revisions})
    begin = RevisionStep.__init__

    def guarded(self: RevisionStep, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        self.migration_fn = recorder.guarded(self.revision.path, self.migration_fn)

    RevisionStep.__init__ = guarded  # type: ignore[method-assign]

    DefaultImpl.emit_begin = recorder.as_tool(DefaultImpl.emit_begin)  # type: ignore[method-assign]
    DefaultImpl.emit_commit = recorder.as_tool(DefaultImpl.emit_commit)  # type: ignore[method-assign]

    def static_output(impl: Any, text: str) -> None:
        if impl.dialect.name != "postgresql":
            sys.exit(f"error: the project's database is `{impl.dialect.name}`, expected PostgreSQL")
        recorder.record(text)

    DefaultImpl.static_output = static_output  # type: ignore[method-assign,assignment]
    command.upgrade(config, "heads", sql=True)
    found = [as_json(it) for it in recorder.migrations]
    Path(answer).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
