"""pydantic models of howdah's models: `FromObject` to write them, `model_of` to have them made.

No IO. Programs import it; nothing else in howdah does. Shapes need none of it: they are
dataclasses, which pydantic validates and writes as they are. Invariant: making a pydantic model of
an object never loads anything.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pydantic

from howdah.errors import NotLoaded
from howdah.integrations._fields import fields_of
from howdah.orm import Model
from howdah.orm.conversion import slot_values
from howdah.orm.loading import line_to_add

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FromObject", "model_of"]


class FromObject(pydantic.BaseModel):
    """The base of pydantic models that are made of objects.

    >>> class QuestionOut(FromObject):
    ...     id: int
    ...     text: str
    >>> QuestionOut.model_validate(db.get(Question, 1))
    QuestionOut(id=1, text='Why?')

    A field that is not loaded in the object raises `NotLoaded`, with the line to add to the
    statement: nothing is fetched while an answer is written.
    """

    @pydantic.model_validator(mode="before")
    @classmethod
    def _of_object(cls, data: Any) -> Any:
        if not isinstance(data, Model):
            return data
        table = data.__table__
        names = [
            name
            for name in cls.model_fields
            if name in table.column_names or name in table.relation_names
        ]
        found = slot_values(data, names)
        for name in names:
            if name not in found:
                what = f"{table.model.__name__}.{name}"
                raise NotLoaded(
                    f"`{what}` is not loaded, and `{cls.__name__}` needs it",
                    hint=line_to_add(table, name),
                )
        return found


def model_of(
    model: type[Model],
    *,
    name: str | None = None,
    exclude: Iterable[str] = (),
    for_input: bool = False,
) -> type[FromObject]:
    """A pydantic model with the columns of a model.

    For input it lacks what a client does not choose (numbered keys, generated columns, versions),
    and whatever has a default may be left out: `from_data` leaves it to the default then. The same
    arguments give the same class. Relations and constraints are yours to add, in a subclass.

    >>> QuestionIn = model_of(Question, for_input=True)
    >>> from_data(Question, QuestionIn(text="Why?"))
    Question(text='Why?', votes=0)
    """
    name = name or model.__name__ + ("In" if for_input else "Out")
    return _made(model, name, frozenset(exclude), for_input)


@cache
def _made(
    model: type[Model],
    name: str,
    exclude: frozenset[str],
    for_input: bool,
) -> type[FromObject]:
    fields = fields_of(model, exclude, for_input=for_input)
    definitions: dict[str, Any] = {
        field.name: (field.annotation, None) if field.is_left_out else field.annotation
        for field in fields
    }
    made: type[FromObject] = pydantic.create_model(
        name, __base__=FromObject, __module__=model.__module__, __doc__=model.__doc__, **definitions
    )
    made.__left_to_the_database__ = {field.name for field in fields if field.is_left_out}  # type: ignore[attr-defined]
    return made
