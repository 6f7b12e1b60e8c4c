"""msgspec Structs of howdah's models: `struct_of`.

No IO. Programs import it; nothing else in howdah does. Shapes need none of it: they are
dataclasses, which msgspec reads and writes as they are.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec

from howdah.integrations._fields import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from howdah.orm import Model

__all__ = ["struct_of"]


def struct_of(
    model: type[Model],
    *,
    name: str | None = None,
    exclude: Iterable[str] = (),
    for_input: bool = False,
) -> type[msgspec.Struct]:
    """A Struct with the columns of a model.

    `msgspec.convert(to_dict(question), struct)` makes one of an object. For input it lacks what a
    client does not choose (numbered keys, generated columns, versions), and whatever has a default
    may be left out: it is `UNSET` then, which `from_data` and `update_from` pass over. The same
    arguments give the same class.

    >>> import msgspec
    >>> QuestionIn = struct_of(Question, for_input=True)
    >>> from_data(Question, msgspec.json.decode('{"text": "Why?"}', type=QuestionIn))
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
) -> type[msgspec.Struct]:
    fields = fields_of(model, exclude, for_input=for_input)
    required = [(field.name, field.annotation) for field in fields if not field.is_left_out]
    optional = [
        (field.name, field.annotation | msgspec.UnsetType, msgspec.UNSET)
        for field in fields
        if field.is_left_out
    ]
    return msgspec.defstruct(name, [*required, *optional], kw_only=True, module=model.__module__)
