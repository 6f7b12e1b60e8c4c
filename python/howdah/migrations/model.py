"""A migration as a value: what it depends on, and its steps up and down.

No IO. Made by `_files` from `.sql` files and by `python_files` from Python ones; run by `_runner`.
Invariant: phases only go forward within a migration, so that a deploy that stops between two phases
has done the first steps and none of the others.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from howdah.migrations.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Phase: TypeAlias = Literal["expand", "migrate", "contract"]
PHASES: tuple[Phase, ...] = ("expand", "migrate", "contract")


@dataclass(frozen=True)
class Statements:
    """Statements that take effect together, in one transaction."""

    sql: tuple[str, ...]


@dataclass(frozen=True)
class Alone:
    """A statement outside of transactions, as `create index concurrently`."""

    sql: str


@dataclass(frozen=True)
class Backfill:
    """An `update` or `delete` that is run for one range of keys after the other."""

    sql: str
    size: int
    key: tuple[str, ...] = ()
    """The columns that order the rows; the primary key where empty."""


@dataclass(frozen=True)
class Function:
    """A function of a Python file, in one transaction or in none."""

    name: str
    call: Callable[..., Any]
    transaction: bool = True


@dataclass(frozen=True)
class RowBatches:
    """A function of a Python file that is called for one batch of rows after the other."""

    name: str
    call: Callable[..., Any]
    query: str
    key: tuple[str, ...]
    size: int


Work: TypeAlias = Statements | Alone | Backfill | Function | RowBatches


@dataclass(frozen=True)
class Step:
    """What is done, or interrupted, as one."""

    number: int
    """Counted from 1 within `up`, or within `down`."""
    phase: Phase
    work: Work
    undoes: int | None = None
    """The step of `up` that this one of `down` undoes, where the file says so."""

    @property
    def sql(self) -> tuple[str, ...]:
        """Its statements; none for functions."""
        if isinstance(self.work, Statements):
            return self.work.sql
        return (self.work.sql,) if isinstance(self.work, Alone | Backfill) else ()

    @property
    def title(self) -> str:
        """One line that says what it does."""
        if isinstance(self.work, Function | RowBatches):
            return f"{self.work.name}()"
        first = " ".join(self.sql[0].split())
        first = first if len(first) <= 72 else first[:71] + "…"
        more = len(self.sql) - 1
        return f"{first} (and {more} more)" if more else first

    @property
    def checksum(self) -> str:
        """What tells whether it was changed after it had run."""
        kind = type(self.work).__name__
        text = self.sql or (self.title,)
        return _digest("\0".join([kind, *(it.strip() for it in text)]))


@dataclass(frozen=True)
class Migration:
    """One file."""

    name: str
    """The name of the file without its ending."""
    path: Path
    checksum: str
    depends: tuple[str, ...]
    up: tuple[Step, ...]
    down: tuple[Step, ...] | None
    """None if it cannot be undone."""
    replaces: tuple[str, ...] = ()
    """The migrations that a squashed one stands for."""
    is_python: bool = False
    lines: dict[int, int] = field(default_factory=dict, compare=False)
    """The line of the file on which each step of `up` begins."""
    is_made: bool = False
    """Whether it is as `make` wrote it."""
    final: tuple[int, ...] = ()
    """Steps of `up` after which it cannot be undone any more."""

    def steps_until(self, phase: Phase | None) -> list[Step]:
        """The steps of `up` that belong to this phase of a deploy, or to one before it."""
        if phase is None:
            return list(self.up)
        return [it for it in self.up if PHASES.index(it.phase) <= PHASES.index(phase)]


def checksum(text: str) -> str:
    """Of a file; how its lines end does not count."""
    return _digest("\n".join(text.splitlines()))


def check_phases(where: str, steps: tuple[Step, ...]) -> None:
    """Refuse steps whose phases go back.

    Raises:
        MigrationError: they do.
    """
    for before, after in itertools.pairwise(steps):
        if PHASES.index(after.phase) < PHASES.index(before.phase):
            raise MigrationError(
                f"{where}: step {after.number} belongs to `{after.phase}`, "
                f"and follows a step of `{before.phase}`",
                hint="order the steps: expand, migrate, contract",
            )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
