"""The columns of a statement's rows: their names and types, and what becomes of them.

No IO. Shared by all that has rows: `select`, `returning`, pages. Invariant: the names are unique,
so that each is a column of a source that is made of the statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from howdah._native import Hydration
from howdah.orm.expressions import Column, Labelled
from howdah.orm.statements.items import Item

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from howdah.orm._types import SqlType


class Output(NamedTuple):
    """A column of a statement's rows."""

    expression: Any
    """What was asked for."""
    name: str
    type: SqlType | None


def outputs_of(statement: Any, items: Sequence[Any]) -> list[Output]:
    """The columns that the items of a statement make."""
    found: list[Output] = []
    taken: set[str] = set()
    for item in items:
        for expression in item.output(statement) if isinstance(item, Item) else [item]:
            name = _name(expression, len(found), taken)
            taken.add(name)
            found.append(Output(expression, name, getattr(expression, "_type", None)))
    return found


def hydration_of(statement: Any, items: Sequence[Any], *, more: int = 0) -> Hydration:
    """What becomes of the rows: `more` columns that stand behind make a tuple of a single item."""
    parts: list[Any] = []
    for item in items:
        if isinstance(item, Item):
            parts += item.parts(statement, len(parts))
        else:
            type_ = getattr(item, "_type", None)
            parts.append(None if type_ is None else type_.read)
    is_single = len(items) == 1 and not more
    return Hydration([*parts, *([None] * more)], "one" if is_single else "tuple")


def same_column(one: Any, other: Any) -> bool:
    """Whether two expressions are the same: the same column, or one object."""
    if isinstance(one, Column) and isinstance(other, Column):
        return one.source is other.source and one.name == other.name
    return one is other


def _name(item: Any, place: int, taken: set[str]) -> str:
    return free_name(
        item.name if isinstance(item, Labelled | Column) else f"column{place + 1}", taken
    )


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number where it is taken."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found
