"""Operators of booleans.

No IO. Part of `Expr`. As in SQL, a condition may be null, which is neither true nor false.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from howdah.orm.expressions import Condition, Expr
    from howdah.orm.operators.holds import Holds

_OR, _AND, _NOT, _COMPARISON = 1, 2, 3, 4


class BooleanOperators:
    """What conditions and boolean columns can do."""

    __slots__ = ()

    def __and__(self: Holds[bool | None], other: Expr[bool | None, Any]) -> Condition:
        """`and`."""
        return _joined(self, " and ", other, _AND)

    def __or__(self: Holds[bool | None], other: Expr[bool | None, Any]) -> Condition:
        """`or`."""
        return _joined(self, " or ", other, _OR)

    def __invert__(self: Holds[bool | None]) -> Condition:
        """`not`."""
        return _made("not ", self, level=_NOT)

    def is_true(self: Holds[bool | None]) -> Condition:
        """True, neither false nor null."""
        return _made(self, " is true", level=_COMPARISON)

    def is_false(self: Holds[bool | None]) -> Condition:
        """False, neither true nor null."""
        return _made(self, " is false", level=_COMPARISON)

    def is_not_true(self: Holds[bool | None]) -> Condition:
        """False or null."""
        return _made(self, " is not true", level=_COMPARISON)

    def is_not_false(self: Holds[bool | None]) -> Condition:
        """True or null."""
        return _made(self, " is not false", level=_COMPARISON)


def _joined(left: Any, word: str, right: Any, level: int) -> Condition:
    from howdah.orm.expressions import condition

    return _made(left, word, condition(right), level=level)


def _made(*parts: Any, level: int) -> Condition:
    from howdah.orm.expressions import Condition

    return Condition(*parts, level=level)
