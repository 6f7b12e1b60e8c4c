"""Operators of texts.

No IO. Part of `Expr`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from howdah._native import Param
from howdah._native import quote_identifier as quoted
from howdah.orm._types import sql_type
from howdah.orm.operators.holds import INTEGER, TEXT, Holds, bound

if TYPE_CHECKING:
    from howdah.orm.expressions import Condition, Expr

# A text that cannot, or can, be null; what becomes of it is the same.
S = TypeVar("S", str, "str | None")

_TEXTS = sql_type(list[str])


class TextOperators:
    """What texts can do."""

    __slots__ = ()

    # --- conditions

    def like(self: Holds[str | None], pattern: str | Expr[str | None, Any]) -> Condition:
        """`like`: `%` is any text, `_` any character."""
        return self._compared(" like ", pattern)

    def ilike(self: Holds[str | None], pattern: str | Expr[str | None, Any]) -> Condition:
        """`ilike`: `like` without case."""
        return self._compared(" ilike ", pattern)

    def startswith(self: Holds[str | None], prefix: str | Expr[str | None, Any]) -> Condition:
        """Begins with this text. An index that serves `like 'text%'` serves it."""
        return self._compared(" ^@ ", prefix)

    def endswith(self: Holds[str | None], suffix: str) -> Condition:
        """Ends with this text."""
        return self._compared(" like ", "%" + escaped(suffix))

    def icontains(self: Holds[str | None], text: str) -> Condition:
        """Has this text in it, in capitals or not."""
        return self._compared(" ilike ", f"%{escaped(text)}%")

    def regex(
        self: Holds[str | None],
        pattern: str | Expr[str | None, Any],
        *,
        ignore_case: bool = False,
    ) -> Condition:
        """Somewhere in it, one of PostgreSQL's regular expressions matches: `~`."""
        return self._compared(" ~* " if ignore_case else " ~ ", pattern)

    # --- texts of texts

    def replace(self: Holds[S], old: str, new: str) -> Expr[S, str]:
        """With every `old` replaced by `new`."""
        return cast("Expr[S, str]", self._called(TEXT, "replace", old, new))

    def regexp_replace(self: Holds[S], pattern: str, new: str, flags: str = "g") -> Expr[S, str]:
        """With what matches the regular expression replaced.

        `flags` without `g`: the first alone.
        """
        return cast("Expr[S, str]", self._called(TEXT, "regexp_replace", pattern, new, flags))

    def substring(
        self: Holds[S], start: int | Expr[int, Any], length: int | Expr[int, Any] | None = None
    ) -> Expr[S, str]:
        """So many characters from the place `start`; the first is 1, as PostgreSQL counts."""
        rest = () if length is None else (length,)
        return cast("Expr[S, str]", self._called(TEXT, "substr", start, *rest))

    def left(self: Holds[S], count: int | Expr[int, Any]) -> Expr[S, str]:
        """The first so many characters; all but the last ones where `count` is negative."""
        return cast("Expr[S, str]", self._called(TEXT, "left", count))

    def right(self: Holds[S], count: int | Expr[int, Any]) -> Expr[S, str]:
        """The last so many characters; all but the first ones where `count` is negative."""
        return cast("Expr[S, str]", self._called(TEXT, "right", count))

    def strip(self: Holds[S], characters: str = " ") -> Expr[S, str]:
        """Without these characters at both ends: `btrim`."""
        return cast("Expr[S, str]", self._called(TEXT, "btrim", characters))

    def lstrip(self: Holds[S], characters: str = " ") -> Expr[S, str]:
        """Without these characters at the beginning: `ltrim`."""
        return cast("Expr[S, str]", self._called(TEXT, "ltrim", characters))

    def rstrip(self: Holds[S], characters: str = " ") -> Expr[S, str]:
        """Without these characters at the end: `rtrim`."""
        return cast("Expr[S, str]", self._called(TEXT, "rtrim", characters))

    def lpad(self: Holds[S], length: int, fill: str = " ") -> Expr[S, str]:
        """Made `length` characters long at the beginning."""
        return cast("Expr[S, str]", self._called(TEXT, "lpad", length, fill))

    def rpad(self: Holds[S], length: int, fill: str = " ") -> Expr[S, str]:
        """Made `length` characters long at the end."""
        return cast("Expr[S, str]", self._called(TEXT, "rpad", length, fill))

    def initcap(self: Holds[S]) -> Expr[S, str]:
        """Each word with a capital."""
        return cast("Expr[S, str]", self._called(TEXT, "initcap"))

    def reverse(self: Holds[S]) -> Expr[S, str]:
        """Backwards."""
        return cast("Expr[S, str]", self._called(TEXT, "reverse"))

    def collate(self: Holds[S], collation: str) -> Expr[S, str]:
        """Compared and ordered by another collation."""
        return cast(
            "Expr[S, str]", self._within(self._type, self, f" collate {quoted(collation)}", level=5)
        )

    # --- other things of texts

    @overload
    def split(self: Holds[str], separator: str) -> Expr[list[str], list[str]]: ...
    @overload
    def split(self: Holds[str | None], separator: str) -> Expr[list[str] | None, list[str]]: ...
    def split(self: Any, separator: str) -> Any:
        """An array of what stands between the separators."""
        return self._called(_TEXTS, "string_to_array", separator)

    @overload
    def split_part(self: Holds[str], separator: str, place: int) -> Expr[str, str]: ...
    @overload
    def split_part(
        self: Holds[str | None], separator: str, place: int
    ) -> Expr[str | None, str]: ...
    def split_part(self: Any, separator: str, place: int) -> Any:
        """The part at a place, of which 1 is the first and -1 the last.

        Empty where there is none.
        """
        return self._called(TEXT, "split_part", separator, place)

    @overload
    def position(self: Holds[str], text: str | Expr[str, Any]) -> Expr[int, int]: ...
    @overload
    def position(self: Holds[str | None], text: str | Expr[Any, Any]) -> Expr[int | None, int]: ...
    def position(self: Any, text: Any) -> Any:
        """Where the text begins in this one; the first place is 1, 0 is nowhere: `strpos`."""
        return self._called(INTEGER, "strpos", text)

    def regexp_match(
        self: Holds[str | None], pattern: str, flags: str = ""
    ) -> Expr[list[str | None] | None, list[str]]:
        """The groups of the first match of a regular expression, null where there is none."""
        found: Expr[list[str | None] | None, list[str]] = self._called(
            _TEXTS, "regexp_match", pattern, flags
        )
        return found

    def concat(self: Holds[str | None], *others: str | Expr[Any, Any]) -> Expr[str, str]:
        """This text and the others in a row; null is an empty text here, unlike with `+`."""
        return cast(
            "Expr[str, str]", self._called(TEXT, "concat", *(bound(it, TEXT) for it in others))
        )


def escaped(text: str) -> Any:
    r"""A text as `like` takes it by its letters.

    >>> escaped("100%_")
    '100\\%\\_'
    """
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def pattern_of(value: Any) -> Any:
    """What `like` looks for to find a text anywhere."""
    if isinstance(value, str):
        return Param(f"%{escaped(value)}%", "text")
    return value
