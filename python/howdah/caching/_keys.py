"""Keys of answers: bytes of what was asked, the same in every process.

No IO. A key is a digest of texts and values, each with its type and length, so that different
questions have different keys. Nothing is ever read back from a key.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Any

_DEEPEST = 100


class Unkeyed(TypeError):
    """A value of which nobody knows what tells it from others."""


def digest(*values: Any) -> bytes:
    """The key of these values. Raises `Unkeyed` for values that cannot be part of one."""
    whole = hashlib.blake2b(digest_size=20)
    _add(whole, values, 0)
    return whole.digest()


def _add(whole: Any, value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise Unkeyed("the value is nested too deeply, or contains itself")
    kind = type(value)
    if kind in _PLAIN:
        data = _PLAIN[kind](value)
        whole.update(b"%s %d:" % (kind.__name__.encode(), len(data)))
        whole.update(data)
        return
    if kind in (tuple, list):
        whole.update(b"%s %d(" % (kind.__name__.encode(), len(value)))
        for item in value:
            _add(whole, item, depth + 1)
    elif kind in (dict, set, frozenset):
        items = value.items() if kind is dict else value
        parts = sorted(digest(item) for item in items)
        _add(whole, (kind.__name__, b"".join(parts)), depth + 1)
    else:
        _add_object(whole, value, depth)


def _add_object(whole: Any, value: Any, depth: int) -> None:
    """Dates, decimals, enums, ranges …: their class, and what `copy` would make another one of."""
    kind: Any = type(value)
    says_nothing = all(
        getattr(kind, name) is getattr(object, name)
        for name in ("__eq__", "__reduce__", "__reduce_ex__")
    )
    if says_nothing or callable(value):
        raise _unkeyed(kind)  # one of them is not another one
    try:
        state = value.__reduce_ex__(4)[1:]
    except Exception as error:
        raise _unkeyed(kind) from error
    if isinstance(state, str):
        raise _unkeyed(kind)
    _add(whole, (kind.__module__, kind.__qualname__, *_listed(state)), depth + 1)


def _listed(state: Any) -> tuple[Any, ...]:
    """What `__reduce_ex__` says of a value, without the classes in it."""
    return tuple(
        tuple(part for part in it if not isinstance(part, type)) if isinstance(it, tuple) else it
        for it in state
        if it is not None
    )


def _unkeyed(kind: type) -> Unkeyed:
    return Unkeyed(f"a `{kind.__qualname__}` cannot be part of a key")


_PLAIN: dict[type, Any] = {
    type(None): lambda _: b"",
    bool: lambda value: b"1" if value else b"0",
    int: lambda value: b"%d" % value,
    str: lambda value: value.encode("utf-8", "surrogatepass"),
    bytes: lambda value: value,
    bytearray: bytes,
    memoryview: bytes,
    float: lambda value: struct.pack(">d", value),
}
