"""Applies and undoes migrations, step by step.

Runs statements on the connection that it is given, which holds the lock of deploys. Called by
`api`. Invariants: killed anywhere and run again, it ends in the same state; a statement that waits
for a lock makes way for others after `lock_timeout`.
"""

from __future__ import annotations

import contextlib
import time
import traceback
from typing import TYPE_CHECKING, Literal

from howdah.errors import (
    ActiveSqlTransaction,
    DatabaseError,
    Error,
    InvalidTransactionTermination,
)
from howdah.migrations import history
from howdah.migrations._alone import Alone as AloneRunner
from howdah.migrations._attempts import Attempts
from howdah.migrations._batches import Batches, Done, source_of
from howdah.migrations._statements import index_build
from howdah.migrations.errors import Busy, MigrationError
from howdah.migrations.model import Alone, Backfill, Function, RowBatches, Statements
from howdah.migrations.reporting import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from howdah.migrations._session import Session
    from howdah.migrations.history import Direction, Record, StepRecord
    from howdah.migrations.model import Migration, Phase, Step


class Runner:
    """Runs the steps of migrations on one connection."""

    def __init__(
        self, session: Session, interrupted: Literal["done", "again"] | None = None
    ) -> None:
        self._session = session
        self._conn = session.conn
        self._lock_timeout = session.settings.lock_timeout
        self._report = session.report
        self._attempts = Attempts(session)
        self._alone = AloneRunner(session, interrupted)
        self._batches = Batches(session, self._attempts)

    def apply(self, migration: Migration, record: Record | None, phase: Phase | None) -> bool:
        """Run what is left of its steps, up to a phase; whether anything was.

        Raises:
            MigrationError: a step that had run was changed since.
            Busy: a step did not get its locks.
        """
        steps = left(migration, record, "up", migration.steps_until(phase))
        is_last = len(migration.steps_until(phase)) == len(migration.up)
        if not steps and not is_last:
            return False
        self._report.line(_heading("applying", migration, steps, migration.up))
        begun = time.monotonic()
        self._conn.execute(history.began(migration))
        try:
            self._run(migration, record, "up", steps)
        finally:
            self._spent(migration, begun)
        if is_last:
            self._conn.execute(history.applied(migration))
        return True

    def undo(self, migration: Migration, record: Record) -> None:
        """Run what is left of its steps down.

        Raises:
            MigrationError: it cannot be undone.
            Busy: a step did not get its locks.
        """
        steps = undoing(migration, record)
        self._report.line(_heading("undoing", migration, steps, migration.down or ()))
        begun = time.monotonic()
        self._conn.execute(history.reverting(migration))
        try:
            self._run(migration, record, "down", steps)
        finally:
            self._spent(migration, begun)
        self._conn.execute(history.reverted(migration))

    def _spent(self, migration: Migration, begun: float) -> None:
        # whatever went wrong before is what counts
        with contextlib.suppress(Error):
            if not self._conn.closed:
                self._conn.execute(history.spent(migration, time.monotonic() - begun))

    def _run(
        self,
        migration: Migration,
        record: Record | None,
        direction: Direction,
        steps: Sequence[Step],
    ) -> None:
        for step in steps:
            what = f"`{migration.name}`, step {step.number}"
            begun = time.monotonic()
            self._report.line(f"  {step.number}. {step.title}")
            try:
                self._session.settle()
                self._step(migration, record, direction, step)
            except KeyboardInterrupt:
                self._report.line(f"stopped in step {step.number}: {self._state(step)}")
                raise
            except MigrationError:
                raise
            except Error as error:
                line = migration.lines.get(step.number) if direction == "up" else None
                place = f"\nin `{migration.path.name}`, step from line {line}" if line else ""
                raise self._failed(f"{what} failed", place, step, error) from error
            except Exception as error:
                raise _broken(what, migration, error) from error
            self._report.progress(f"  done in {duration(time.monotonic() - begun)}")

    def _step(
        self, migration: Migration, record: Record | None, direction: Direction, step: Step
    ) -> None:
        work, what = step.work, f"`{migration.name}`, step {step.number}"
        self._batches.rows = 0
        done = history.step_done(migration, direction, step)
        if isinstance(work, Statements) or (isinstance(work, Function) and work.transaction):
            self._attempts.until_done(
                what, lambda: self._transaction(work, done), self._lock_timeout
            )
            return
        before = record.steps.get((direction, step.number)) if record is not None else None
        if before is not None and before.checksum != step.checksum:
            before = None
        self._conn.execute(history.step_began(migration, direction, step))
        if isinstance(work, Alone):
            try:
                self._alone.run(work.sql, what, was_begun=before is not None)
            except (DatabaseError, Busy):
                self._forget(migration, direction, step)
                raise
        elif isinstance(work, Function):
            self._session.set_lock_timeout(self._lock_timeout, local=False)
            work.call(self._conn)
        else:
            self._in_batches(migration, direction, step, before)
            return
        self._conn.execute(f"reset role;\n{done}")

    def _in_batches(
        self,
        migration: Migration,
        direction: Direction,
        step: Step,
        before: StepRecord | None,
    ) -> None:
        work = step.work
        assert isinstance(work, Backfill | RowBatches)

        def record(batch: Done) -> str:
            if batch.position is None:
                return history.step_done(migration, direction, step)
            return history.moved(migration, direction, step, batch.position, batch.rows)

        what = f"`{migration.name}`, step {step.number}"
        self._batches.run(source_of(self._conn, work), what, before, record)

    def _transaction(self, work: Statements | Function, done: str) -> None:
        with self._conn.transaction():
            self._session.set_lock_timeout(self._lock_timeout, local=True)
            if isinstance(work, Function):
                work.call(self._conn)
            else:
                for statement in work.sql:
                    self._conn.execute(statement)
            # one that a step has taken may not know of the history
            self._conn.execute(f"reset role;\n{done}")

    def _failed(self, what: str, place: str, step: Step, error: Error) -> MigrationError:
        goes_on = f"{self._state(step)}; %s: it goes on with this step"
        if self._conn.closed:
            hint = goes_on % "run it again when the server can be reached"
        elif isinstance(error, ActiveSqlTransaction | InvalidTransactionTermination):
            hint = "`-- howdah: step no transaction` above it runs it outside of one"
        else:
            hint = error.hint or goes_on % "mend it and run it again"
        lines = str(error).splitlines()
        text = "\n".join(line for line in lines if not line.startswith("hint: "))
        return MigrationError(f"{what}: {text}{place}", hint=hint)

    def _state(self, step: Step) -> str:
        """What stays of a migration that stops in this step."""
        before = {1: "no step is done", 2: "step 1 is done"}
        done = before.get(step.number, f"the steps before {step.number} are done")
        if isinstance(step.work, Backfill | RowBatches) and self._batches.rows:
            rows = f"{self._batches.rows:,} rows of step {step.number}"
            return f"{rows} are done" if step.number == 1 else f"{done}, and {rows}"
        if isinstance(step.work, Alone) and (build := index_build(step.work.sql)):
            return f"{done}; if `{build.name}` is left invalid, the next run drops it"
        return done

    def _forget(self, migration: Migration, direction: Direction, step: Step) -> None:
        """The server refused the statement: it has not been begun after all."""
        if not self._conn.closed:
            self._conn.execute(history.step_failed(migration, direction, step))


def left(
    migration: Migration, record: Record | None, direction: Direction, steps: Sequence[Step]
) -> list[Step]:
    """The steps that are not done.

    Raises:
        MigrationError: one that is done was changed since.
    """
    if record is None:
        return list(steps)
    for step in steps:
        before = record.steps.get((direction, step.number))
        if before and before.state == "done" and before.checksum != step.checksum:
            raise MigrationError(
                f"`{migration.name}` was changed after its step {step.number} had run",
                hint="restore the file as it was; steps that have not run may be changed",
            )
    return [it for it in steps if not record.is_done(direction, it.number)]


def undoing(migration: Migration, record: Record) -> list[Step]:
    """The steps that are left to undo a migration, which may have been applied only in part.

    Raises:
        MigrationError: it has no `down`, or none that undoes a part.
    """
    if migration.down is None:
        way, or_ = ("`-- down`", "")
        if migration.is_python:
            way, or_ = "`@migration.down`", " (`undo_nothing=True` says that rows may stay)"
        raise MigrationError(
            f"`{migration.name}` cannot be undone: it has no {way}",
            hint=f"write one{or_}; or restore what was before from a backup",
        )
    steps = list(migration.down)
    done = {number for (direction, number), it in record.steps.items() if direction == "up"}
    for number in migration.final:
        if number in done or record.state == "applied":
            raise MigrationError(
                f"`{migration.name}` cannot be undone: there is no way back from its step {number}",
                hint="write a migration that goes on from here; or restore a backup",
            )
    # one that was only recorded as applied, or squashed, has no steps
    if record.state == "begun" and not done:
        return []
    if done and len(done) < len(migration.up):
        if any(it.undoes is None for it in steps):
            raise MigrationError(
                f"`{migration.name}` is applied in part, and its `-- down` does not say which step "
                "undoes which",
                hint="`-- howdah: undo N` above each says it; or `up` first",
            )
        steps = [it for it in steps if it.undoes in done]
    return left(migration, record, "down", steps)


def _heading(verb: str, migration: Migration, steps: Sequence[Step], all_: Sequence[Step]) -> str:
    part = "" if len(steps) == len(all_) else f" ({len(steps)} of {len(all_)} steps are left)"
    return f"{verb} {migration.name}{part}"


def _broken(what: str, migration: Migration, error: Exception) -> MigrationError:
    """A function of a Python file raised something: where, and what."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(migration.path)
    ]
    place = f" (line {lines[-1]} of `{migration.path.name}`)" if lines else ""
    return MigrationError(f"{what} failed: {type(error).__name__}: {error}{place}")
