"""Operators of ranges and multiranges.

No IO. Part of `Expr`; what ranges share with arrays is in `shared`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from howdah.orm.operators.holds import BOOLEAN, Holds
from howdah.orm.operators.shared import beside
from howdah.types import Multirange, Range

if TYPE_CHECKING:
    from howdah.orm.expressions import Condition, Expr

R = TypeVar("R", Range[Any], Multirange[Any], "Range[Any] | None", "Multirange[Any] | None")


class RangeOperators:
    """What ranges can do, beside `contains`, `overlaps`, `lower` and `upper`."""

    __slots__ = ()

    def adjacent(self: Holds[R], other: R | Expr[R, Any]) -> Condition:
        """They touch, with nothing between and nothing in common: `-|-`."""
        return self._compared(" -|- ", beside(self._type, other))

    def before(self: Holds[R], other: R | Expr[R, Any]) -> Condition:
        """All of it is before the other: `<<`."""
        return self._compared(" << ", beside(self._type, other))

    def after(self: Holds[R], other: R | Expr[R, Any]) -> Condition:
        """All of it is after the other: `>>`."""
        return self._compared(" >> ", beside(self._type, other))

    def intersection(self: Holds[R], other: R | Expr[R, Any]) -> Expr[R, R]:
        """What they have in common: `*`."""
        made: Expr[R, R] = self._operated(self._type, " * ", beside(self._type, other))
        return made

    def union_range(self: Holds[R], other: R | Expr[R, Any]) -> Expr[R, R]:
        """Both together: `+`. The server refuses ranges with something between."""
        made: Expr[R, R] = self._operated(self._type, " + ", beside(self._type, other))
        return made

    def difference(self: Holds[R], other: R | Expr[R, Any]) -> Expr[R, R]:
        """What is not in the other: `-`."""
        made: Expr[R, R] = self._operated(self._type, " - ", beside(self._type, other))
        return made

    def is_empty(self: Holds[R]) -> Expr[bool, bool]:
        """Nothing is in it: `isempty`."""
        made: Expr[bool, bool] = self._called(BOOLEAN, "isempty")
        return made

    def lower_inc(self: Holds[R]) -> Expr[bool, bool]:
        """The lower bound is in it."""
        made: Expr[bool, bool] = self._called(BOOLEAN, "lower_inc")
        return made

    def upper_inc(self: Holds[R]) -> Expr[bool, bool]:
        """The upper bound is in it."""
        made: Expr[bool, bool] = self._called(BOOLEAN, "upper_inc")
        return made

    def lower_inf(self: Holds[R]) -> Expr[bool, bool]:
        """It has no lower bound."""
        made: Expr[bool, bool] = self._called(BOOLEAN, "lower_inf")
        return made

    def upper_inf(self: Holds[R]) -> Expr[bool, bool]:
        """It has no upper bound."""
        made: Expr[bool, bool] = self._called(BOOLEAN, "upper_inf")
        return made
