"""msgspec Structs of howdah's models, `struct_of`, and hooks for the types that msgspec lacks.

No IO. Programs import it; nothing else in howdah does. Shapes need none of it: they are
dataclasses, which msgspec reads and writes as they are. Only ranges, network addresses and the like
take the hooks.
"""

from __future__ import annotations

import ipaddress
from functools import cache
from typing import TYPE_CHECKING, Any, get_args, get_origin

import msgspec

from howdah.integrations._fields import fields_of
from howdah.types import Multirange, Range
from howdah.types._validation import range_of_dict, range_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from howdah.orm import Model

__all__ = ["dec_hook", "enc_hook", "struct_of"]

_TEXTS = (
    ipaddress.IPv4Address,
    ipaddress.IPv6Address,
    ipaddress.IPv4Network,
    ipaddress.IPv6Network,
    str,
)


def enc_hook(value: Any) -> Any:
    """What stands for a value in JSON: `msgspec.json.encode(card, enc_hook=enc_hook)`.

    A range is an object with its bounds, a multirange a list of them; addresses are texts.

    >>> import msgspec
    >>> msgspec.json.encode(howdah.types.Range(1, 5), enc_hook=enc_hook)
    b'{"lower":1,"upper":5,"bounds":"[)"}'
    """
    if isinstance(value, Range):
        return range_to_dict(value)
    if isinstance(value, Multirange):
        return list(value)
    if isinstance(value, _TEXTS):
        return str(value)
    raise NotImplementedError(f"`{type(value).__name__}` has no form in JSON")


def dec_hook(kind: Any, given: Any) -> Any:
    """The value that `enc_hook` made this of, for `msgspec.json.decode(…, dec_hook=dec_hook)`.

    Raises `msgspec.ValidationError` for what is none.
    """
    origin = get_origin(kind) or kind
    item = (get_args(kind) or (Any,))[0]
    if origin is Range:
        return _range(given, item)
    if origin is Multirange:
        return Multirange([_range(one, item) for one in msgspec.convert(given, list[Any])])
    if isinstance(origin, type) and issubclass(origin, _TEXTS):
        try:
            return origin(msgspec.convert(given, str))
        except ValueError as error:
            raise msgspec.ValidationError(str(error)) from error
    raise NotImplementedError(f"`{kind}` has no form in JSON")


def _range(given: Any, item: Any) -> Range[Any]:
    fields = msgspec.convert(given, dict[str, Any])
    unknown = sorted(fields.keys() - {"lower", "upper", "bounds"})
    if unknown:
        raise msgspec.ValidationError(f"a range has no `{unknown[0]}`")
    for name in ("lower", "upper"):
        value = fields.get(name)
        fields[name] = None if value is None else msgspec.convert(value, item, dec_hook=dec_hook)
    try:
        return range_of_dict(fields)
    except ValueError as error:
        raise msgspec.ValidationError(str(error)) from error


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
