"""Places in an order as text: the tokens of pages.

No IO. A token is JSON in base64, of values with their types, and a checksum that also knows the
order. It is no secret and gives no rights: whoever changes one gets an error or another place of a
list that the statement lets them see anyway; values go into it as parameters.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import json
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from howdah.errors import InvalidToken, ProgrammingError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from howdah.orm._types import SqlType

_DIGEST_BYTES = 6
_LONGEST = 4_096


def _days(value: dt.timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


# letter, class, to JSON, from JSON; a subclass stands before its base
_KINDS: list[tuple[str, type, Callable[[Any], Any], Callable[[Any], Any]]] = [
    ("n", type(None), lambda _: None, lambda _: None),
    ("b", bool, bool, bool),
    ("i", int, str, int),
    ("f", float, float.hex, float.fromhex),
    ("s", str, str, str),
    ("d", Decimal, str, Decimal),
    ("m", dt.datetime, dt.datetime.isoformat, dt.datetime.fromisoformat),
    ("t", dt.date, dt.date.isoformat, dt.date.fromisoformat),
    ("c", dt.time, dt.time.isoformat, dt.time.fromisoformat),
    ("l", dt.timedelta, _days, lambda it: dt.timedelta(*it)),
    ("u", uuid.UUID, str, uuid.UUID),
    ("y", bytes, bytes.hex, bytes.fromhex),
]  # fmt: skip
_BY_LETTER = {letter: (python, load) for letter, python, _, load in _KINDS}


def token_of(place: Sequence[Any], signature: str) -> str:
    """The text of a place in the order that has this signature."""
    body = json.dumps([_dumped(value) for value in place], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_digest(body, signature) + body).decode().rstrip("=")


def place_of(token: str, types: Sequence[SqlType | None], signature: str) -> tuple[Any, ...]:
    """The place that a text is of. Raises `InvalidToken`."""
    if not isinstance(token, str) or len(token) > _LONGEST:
        raise _invalid()
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        digest, body = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:]
        if digest != _digest(body, signature):
            raise _invalid()
        place = tuple(_loaded(*pair) for pair in json.loads(body))
    except (ValueError, TypeError, LookupError, ArithmeticError, binascii.Error) as error:
        raise _invalid() from error
    if len(place) != len(types) or not all(map(_fits, place, types)):
        raise _invalid()
    return place


def has_token(type_: SqlType | None) -> bool:
    """Whether values of the type can be part of a place."""
    python = None if type_ is None else str if type_.enum is not None else type_.python
    kinds = tuple(kind for _, kind, _, _ in _KINDS)
    return isinstance(python, type) and issubclass(python, kinds)


def _digest(body: bytes, signature: str) -> bytes:
    return hashlib.blake2b(
        body, digest_size=_DIGEST_BYTES, key=signature.encode()[:64], person=b"howdah page"
    ).digest()


def _dumped(value: Any) -> list[Any]:
    for letter, python, dump, _ in _KINDS:
        if isinstance(value, python):
            return [letter, dump(value)]
    raise ProgrammingError(
        f"pages cannot be in an order of `{type(value).__name__}` values",
        hint="order by numbers, texts, dates, booleans or UUIDs",
    )


def _loaded(letter: str, stored: Any) -> Any:
    python, load = _BY_LETTER[letter]
    if letter not in {"n", "b", "l"} and not isinstance(stored, str):
        raise TypeError(f"expected a text for `{python.__name__}`")
    return load(stored)


def _fits(value: Any, type_: SqlType | None) -> bool:
    """Whether a value can be in a column of the type; enums are their labels."""
    if value is None or type_ is None:
        return True
    python = str if type_.enum is not None else type_.python
    # a sum of whole numbers is one in Python, and `numeric` for the driver
    if python in {Decimal, float} or type_.name == "numeric":
        return isinstance(value, Decimal | float | int)
    return isinstance(value, python) if isinstance(python, type) else True


def _invalid() -> InvalidToken:
    return InvalidToken(
        "this is no token of a page of this statement",
        hint="tokens are `next` and `previous` of a page with the same order",
    )
