"""Small types: a position in the log, the place of a row version, a JSON value.

No IO. `Lsn` and `Tid` are made by the native decoders; `Json` is only a parameter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Self, final


@final
class Lsn(int):
    """A position in the write-ahead log, in bytes from its start: PostgreSQL's `pg_lsn`.

    An `int` of 64 bits that prints as PostgreSQL does; the difference of two is an `int` of bytes.
    Takes an `int` or PostgreSQL's text; raises ValueError for other text, OverflowError for what 64
    bits cannot hold.

    >>> Lsn("16/B374D848") - Lsn("16/B374D800")
    72
    >>> str(Lsn(97500059720))
    '16/B374D848'
    """

    __slots__ = ()

    def __new__(cls, position: int | str = 0) -> Self:
        """Read PostgreSQL's text, or take the number of bytes."""
        if isinstance(position, str):
            high, slash, low = position.partition("/")
            if not slash or not 1 <= len(high) <= 8 or not 1 <= len(low) <= 8:
                raise ValueError(f"`{position}` is not two hexadecimal numbers with a `/` between")
            position = int(high, 16) << 32 | int(low, 16)
        if not 0 <= position < 2**64:
            raise OverflowError("a position in the log has 64 bits")
        return super().__new__(cls, position)

    def __str__(self) -> str:
        return f"{self >> 32:X}/{self & 0xFFFFFFFF:X}"

    def __repr__(self) -> str:
        return f"Lsn('{self}')"


class Tid(NamedTuple):
    """The place of a row version in its table: PostgreSQL's `tid`, as in the column `ctid`.

    >>> str(Tid(0, 1))
    '(0,1)'
    """

    block: int
    """The number of the page, from 0; 32 bits."""
    offset: int
    """The number of the line pointer in the page, from 1; 16 bits."""

    def __str__(self) -> str:
        return f"({self.block},{self.offset})"


@final
@dataclass(frozen=True, slots=True)
class Json:
    """A parameter that is sent as the JSON of `value`, whatever `value` is.

    Needed where a bare value means something else: a `str` is JSON text already, and None is SQL's
    NULL. `Json("a")` is the JSON string `"a"`, `Json(None)` is the JSON null.
    """

    value: Any
