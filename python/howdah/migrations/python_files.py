"""Migrations of data, written in Python.

No IO but importing the files. A file has one `DataMigration`, called `migration`:

```python
from howdah.migrations import Batch, DataMigration

migration = DataMigration(depends=["0003_add_slug"])


@migration.up_batches("select id, title from book where slug is null", key="id", size=1000)
def slugs(batch: Batch) -> None:
    batch.conn.execute_many(
        "update book set slug = $1 where id = $2",
        [(book.title.lower().replace(" ", "-"), book.id) for book in batch.rows],
    )
```

Invariant: a step is done exactly once: its progress is recorded in its own transaction.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, overload

from howdah.migrations.errors import MigrationError
from howdah.migrations.model import (
    Function,
    Migration,
    Phase,
    RowBatches,
    Step,
    check_phases,
    checksum,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from howdah.connection import Connection

_F = TypeVar("_F", bound="Callable[..., object]")


@dataclass(frozen=True)
class Batch:
    """What a function of `up_batches` is called with."""

    conn: Connection
    """The connection, in the transaction of this batch."""
    rows: Sequence[Any]
    """The rows that the query gave for this range of keys."""
    number: int
    """Counted from 1; after an interruption, from the batch that comes next."""


class DataMigration:
    """The steps of a Python migration. The file's variable `migration` holds it.

    Args:
        depends: names of the migrations that must be applied before this one; by default the one
            whose file comes before this, by name.
        undo_nothing: `down` is possible and has nothing to do, as for rows that may stay.
    """

    def __init__(self, *, depends: Iterable[str] | None = None, undo_nothing: bool = False) -> None:
        self.depends = None if depends is None else tuple(depends)
        self._up: list[Step] = []
        self._down: list[Step] | None = [] if undo_nothing else None

    @overload
    def up(self, call: _F, /) -> _F: ...
    @overload
    def up(self, *, phase: Phase = ..., transaction: bool = ...) -> Callable[[_F], _F]: ...
    def up(self, call: Any = None, *, phase: Phase = "migrate", transaction: bool = True) -> Any:
        """Add a function that gets the connection: `@migration.up`.

        It runs in one transaction with the record that it ran. With `transaction=False` in none,
        and again from its beginning after an interruption: it must bear that.
        """

        def add(function: _F) -> _F:
            name = function.__name__
            self._add(self._up, phase, Function(name, function, transaction))
            return function

        return add if call is None else add(call)

    def up_batches(
        self, query: str, *, key: str | Sequence[str], size: int = 1000, phase: Phase = "migrate"
    ) -> Callable[[_F], _F]:
        """Add a function that gets one `Batch` of the query's rows after the other.

        Each batch is a transaction, which records how far it came; an interrupted migration goes
        on after the last. Between batches it makes pauses as configured, also while replicas
        lag behind.

        Args:
            query: a `select` without `order by`; it must give the key's columns.
            key: the column, or columns, that order the rows and are unique.
            size: how many rows a batch has at most.
            phase: the phase of a deploy.
        """
        columns = (key,) if isinstance(key, str) else tuple(key)
        if size < 1 or not columns:
            raise MigrationError("batches need a `size` of 1 or more, and a `key`")

        def add(function: _F) -> _F:
            name = function.__name__
            self._add(self._up, phase, RowBatches(name, function, query, columns, size))
            return function

        return add

    @overload
    def down(self, call: _F, /) -> _F: ...
    @overload
    def down(self, *, phase: Phase = ..., transaction: bool = ...) -> Callable[[_F], _F]: ...
    def down(self, call: Any = None, *, phase: Phase = "migrate", transaction: bool = True) -> Any:
        """Add a function that undoes: like `up`. They run in the order of the file."""

        def add(function: _F) -> _F:
            self._down = [] if self._down is None else self._down
            name = function.__name__
            self._add(self._down, phase, Function(name, function, transaction))
            return function

        return add if call is None else add(call)

    def _add(self, steps: list[Step], phase: Phase, work: Function | RowBatches) -> None:
        if inspect.iscoroutinefunction(work.call) or inspect.isasyncgenfunction(work.call):
            raise MigrationError(
                f"`{work.name}` is `async`, and would never be awaited", hint="`def` without it"
            )
        steps.append(Step(len(steps) + 1, phase, work))


def read_python(path: Path, text: str, *, unsaid: tuple[str, ...]) -> Migration:
    """The migration of a Python file; `unsaid` stands for what it does not say it depends on.

    Raises:
        MigrationError: the file cannot be imported, or has no `migration`.
    """
    found = _imported(path)
    up = tuple(found._up)
    check_phases(f"`{path.name}`", up)
    return Migration(
        name=path.stem,
        path=path,
        checksum=checksum(text),
        depends=unsaid if found.depends is None else found.depends,
        up=up,
        down=None if found._down is None else tuple(found._down),
        is_python=True,
    )


def _imported(path: Path) -> DataMigration:
    name = f"_howdah_migration_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses of the file look for their module there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise MigrationError(
            f"`{path}` cannot be imported: {type(error).__name__}: {error}"
        ) from error
    migration = getattr(module, "migration", None)
    if not isinstance(migration, DataMigration):
        raise MigrationError(
            f"`{path}` has no `migration`", hint="`migration = DataMigration(depends=[…])`"
        )
    return migration
