"""Objects on their way to rows: which columns they have, and what comes back into them.

No IO. Called by the writing steps. Invariant: an object's slots change only after the statement
that wrote it has succeeded; nothing that is written here is recorded as a change of the program.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from howdah._native import group_by_model, instances, write_slots
from howdah.errors import ProgrammingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from howdah.orm.columns import ColumnDefinition
    from howdah.orm.tables import Table


def as_list(objects: Any) -> list[Any]:
    """One object or many, as a list. Raises `TypeError` for what is no object of a model."""
    if isinstance(objects, type):
        raise TypeError(f"expected objects, found the class `{objects.__name__}`")
    return instances(objects)


def by_model(objects: list[Any]) -> list[tuple[Table, list[Any]]]:
    """The objects of each model, which is written, in the order in which the models come first."""
    groups = [(model.__table__, members) for model, members in group_by_model(objects)]
    for table, _ in groups:
        table.refuse_writing()
    return groups


def values_of(objects: Sequence[Any], name: str) -> list[Any]:
    """The value of a column in each object."""
    read = attrgetter(name)
    return [read(one) for one in objects]


def _each(converts: Sequence[Callable[[Any], Any] | None], row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        value if value is None or convert is None else convert(value)
        for convert, value in zip(converts, row, strict=True)
    )


def take_in(
    table: Table,
    objects: Sequence[Any],
    names: Sequence[str],
    rows: Iterable[tuple[Any, ...]],
) -> None:
    """Put what the database gave into the objects' slots."""
    reads = [table.columns[name].type.read for name in names]
    if any(reads):
        rows = [_each(reads, row) for row in rows]
    write_slots(table.layout, objects, names, rows)


def taken(column: ColumnDefinition, value: Any) -> Any:
    """A value that the driver gave, as the objects have it."""
    read = column.type.read
    return value if value is None or read is None else read(value)


def key_of(table: Table, one: Any) -> tuple[Any, ...]:
    """The primary key that the object's row has in the database: as it was loaded."""
    if not table.key:
        raise ProgrammingError(
            f"`{table.model.__name__}` has no primary key: its objects cannot be told apart",
            hint="write the rows by a statement: `update(…).where(…)`",
        )
    changes = one._changes or {}
    return tuple(changes[name] if name in changes else getattr(one, name) for name in table.key)


def value_or_missing(one: Any, name: str) -> Any:
    """What is in a slot, `NOT_LOADED` if that is nothing."""
    ((value,),) = type(one).__table__.layout.rows([one], [name])
    return value
