"""The columns of a model, as pydantic and msgspec make types of them.

No IO. Called by `pydantic` and `msgspec` of this package. (Shapes need nothing of it: they are
dataclasses.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from howdah.errors import ProgrammingError
from howdah.orm import Model, _annotations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from howdah.orm.columns import ColumnOptions


@dataclass(frozen=True)
class Field:
    """A field of a type that is to be made."""

    name: str
    annotation: Any
    is_left_out: bool
    """Whether new data may lack it, because the model or the database has a default."""


def fields_of(model: type[Model], exclude: Iterable[str], *, for_input: bool) -> list[Field]:
    """The columns of a model; for input those that a client may choose."""
    excluded = set(exclude)
    unknown = sorted(excluded - set(model.__table__.column_names))
    if unknown:
        raise ProgrammingError(f"`{model.__name__}` has no column `{unknown[0]}` to leave out")
    return [
        _field(model, name, for_input=for_input)
        for name in model.__table__.column_names
        if name not in excluded and not (for_input and _is_computed(model.__fields__[name].options))
    ]


def _field(model: type[Model], name: str, *, for_input: bool) -> Field:
    field = model.__fields__[name]
    assert field.owner is not None
    annotation = _annotations.argument(field.annotation, field.owner, f"{model.__name__}.{name}")
    return Field(name, annotation, for_input and not field.options.is_required)


def _is_computed(options: ColumnOptions) -> bool:
    """Whether clients have no say in it: numbered keys, generated columns, versions."""
    return options.identity is not None or options.generated is not None or options.version
