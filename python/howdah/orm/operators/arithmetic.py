"""`+`, `-`, `*`, `/` ….

No IO. Part of `Expr`. What comes out has the type that Python would give: a number times a
`Decimal` is a `Decimal`, a datetime less another is a `timedelta`, a date and a `timedelta` make a
date.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from howdah.orm._types import SqlType, sql_type
from howdah.orm.operators.holds import FLOAT, INTEGER, NUMERIC, Holds, argument
from howdah.orm.operators.shared import is_text

if TYPE_CHECKING:
    from howdah.orm.expressions import Expr

T_co = TypeVar("T_co", covariant=True)
V_contra = TypeVar("V_contra", contravariant=True)

_DATE, _INTERVAL = sql_type(dt.date), sql_type(dt.timedelta)


class Arithmetic(Generic[T_co, V_contra]):
    """What numbers, dates, texts and arrays can do by signs."""

    __slots__ = ()

    @overload
    def __add__(
        self: Holds[dt.date | None], other: dt.timedelta | Expr[dt.timedelta | None, Any]
    ) -> Expr[T_co, V_contra]: ...
    @overload
    def __add__(self, other: V_contra | Expr[V_contra, Any]) -> Expr[T_co, V_contra]: ...
    @overload
    def __add__(self, other: Expr[V_contra | None, Any]) -> Expr[T_co | None, V_contra]: ...
    @overload
    def __add__(
        self: Holds[int], other: Decimal | Expr[Decimal, Any]
    ) -> Expr[Decimal, Decimal | int]: ...
    @overload
    def __add__(self: Holds[int], other: float | Expr[float, Any]) -> Expr[float, float]: ...
    def __add__(self: Any, other: Any) -> Any:
        """The sum; of texts and arrays one after the other, as `||`."""
        type_ = self._type
        if is_text(type_) or (type_ is not None and type_.item is not None):
            return self._operated(type_, " || ", other)
        moved = _moved(self, " + ", other)
        return _computed(self, " + ", other) if moved is None else moved

    def __radd__(self, other: V_contra) -> Expr[T_co, V_contra]:
        sign = " || " if is_text(_type(self)) or _is_array(self) else " + "
        return cast("Expr[T_co, V_contra]", _reversed(self, sign, other))

    @overload
    def __sub__(
        self: Holds[dt.date], other: dt.date | Expr[dt.date, Any]
    ) -> Expr[dt.timedelta, dt.timedelta]: ...
    @overload
    def __sub__(
        self: Holds[dt.date | None], other: dt.date | Expr[dt.date | None, Any]
    ) -> Expr[dt.timedelta | None, dt.timedelta]: ...
    @overload
    def __sub__(
        self: Holds[dt.date | None], other: dt.timedelta | Expr[dt.timedelta | None, Any]
    ) -> Expr[T_co, V_contra]: ...
    @overload
    def __sub__(self, other: V_contra | Expr[V_contra, Any]) -> Expr[T_co, V_contra]: ...
    @overload
    def __sub__(self, other: Expr[V_contra | None, Any]) -> Expr[T_co | None, V_contra]: ...
    @overload
    def __sub__(
        self: Holds[int], other: Decimal | Expr[Decimal, Any]
    ) -> Expr[Decimal, Decimal | int]: ...
    @overload
    def __sub__(self: Holds[int], other: float | Expr[float, Any]) -> Expr[float, float]: ...
    def __sub__(self: Any, other: Any) -> Any:
        """The difference; between two moments a `timedelta`. From jsonb it takes a key."""
        moved = _moved(self, " - ", other)
        return _computed(self, " - ", other) if moved is None else moved

    def __rsub__(self, other: V_contra) -> Expr[T_co, V_contra]:
        return cast("Expr[T_co, V_contra]", _reversed(self, " - ", other))

    @overload
    def __mul__(self, other: V_contra | Expr[V_contra, Any]) -> Expr[T_co, V_contra]: ...
    @overload
    def __mul__(self, other: Expr[V_contra | None, Any]) -> Expr[T_co | None, V_contra]: ...
    @overload
    def __mul__(
        self: Holds[dt.timedelta | None], other: float | Expr[float, Any]
    ) -> Expr[T_co, V_contra]: ...
    @overload
    def __mul__(
        self: Holds[int], other: Decimal | Expr[Decimal, Any]
    ) -> Expr[Decimal, Decimal | int]: ...
    @overload
    def __mul__(self: Holds[int], other: float | Expr[float, Any]) -> Expr[float, float]: ...
    def __mul__(self: Any, other: Any) -> Any:
        return _computed(self, " * ", other)

    def __rmul__(self, other: V_contra) -> Expr[T_co, V_contra]:
        return cast("Expr[T_co, V_contra]", _reversed(self, " * ", other))

    @overload
    def __truediv__(self, other: V_contra | Expr[V_contra, Any]) -> Expr[T_co, V_contra]: ...
    @overload
    def __truediv__(self, other: Expr[V_contra | None, Any]) -> Expr[T_co | None, V_contra]: ...
    @overload
    def __truediv__(
        self: Holds[dt.timedelta | None], other: float | Expr[float, Any]
    ) -> Expr[T_co, V_contra]: ...
    @overload
    def __truediv__(
        self: Holds[int], other: Decimal | Expr[Decimal, Any]
    ) -> Expr[Decimal, Decimal | int]: ...
    @overload
    def __truediv__(self: Holds[int], other: float | Expr[float, Any]) -> Expr[float, float]: ...
    def __truediv__(self: Any, other: Any) -> Any:
        """PostgreSQL's `/`: of two integers, it is the integer without the fraction."""
        return _computed(self, " / ", other)

    def __rtruediv__(self, other: V_contra) -> Expr[T_co, V_contra]:
        return cast("Expr[T_co, V_contra]", _reversed(self, " / ", other))

    def __mod__(self, other: V_contra | Expr[V_contra | None, Any]) -> Expr[T_co, V_contra]:
        """What is left of a division, with the sign of the number divided: `%`."""
        return cast("Expr[T_co, V_contra]", _computed(self, " % ", other))

    def __neg__(self) -> Expr[T_co, V_contra]:
        one = cast("Any", self)
        return cast("Expr[T_co, V_contra]", one._within(one._type, "-", one, level=5))

    def abs(self) -> Expr[T_co, V_contra]:
        """Without its sign."""
        return cast("Expr[T_co, V_contra]", _called(self, _type(self), "abs"))

    @overload
    def round(self: Holds[Decimal], digits: int = 0) -> Expr[Decimal, Decimal | int]: ...
    @overload
    def round(  # type: ignore[overload-overlap]  # of None alone
        self: Holds[Decimal | None], digits: int = 0
    ) -> Expr[Decimal | None, Decimal | int]: ...
    @overload
    def round(self: Holds[float], digits: int = 0) -> Expr[float, float]: ...
    @overload
    def round(self: Holds[float | None], digits: int = 0) -> Expr[float | None, float]: ...
    def round(self: Any, digits: int = 0) -> Any:
        """To so many digits after the point.

        Half is rounded away from zero, of a `float` to even.
        """
        if digits == 0:
            return self._called(self._type, "round")
        if self._type is not None and self._type.python is Decimal:
            return self._called(self._type, "round", digits)
        rounded = self._within(
            NUMERIC, "round(cast(", self, " as numeric), ", argument(digits), ")"
        )
        return self._within(FLOAT, "cast(", rounded, " as double precision)")

    def floor(self) -> Expr[T_co, V_contra]:
        """The greatest whole number that is not greater."""
        return cast("Expr[T_co, V_contra]", _called(self, _type(self), "floor"))

    def ceil(self) -> Expr[T_co, V_contra]:
        """The least whole number that is not less."""
        return cast("Expr[T_co, V_contra]", _called(self, _type(self), "ceil"))


def _type(expression: object) -> SqlType | None:
    return cast("SqlType | None", cast("Any", expression)._type)


def _is_array(expression: object) -> bool:
    type_ = _type(expression)
    return type_ is not None and type_.item is not None


def _called(expression: object, type_: SqlType | None, function: str) -> Any:
    return cast("Any", expression)._called(type_, function)


def _reversed(right: Any, operator: str, left: Any) -> Any:
    from howdah.orm.expressions import OPERATOR, operand

    return right._within(right._type, operand(right, left), operator, right, level=OPERATOR)


def _computed(left: Any, operator: str, right: Any) -> Any:
    return left._operated(_result(left._type, _python_of(right)), operator, right)


def _python_of(value: Any) -> object:
    """The class of a value's, or an expression's, values."""
    type_ = getattr(value, "_type", None)
    return type_.python if type_ is not None else type(value)


def _result(type_: SqlType | None, other: object) -> SqlType | None:
    """Of whole numbers and others, the others' type."""
    if type_ is not None and type_.python is int:
        if other is Decimal:
            return NUMERIC
        if other is float:
            return FLOAT
    return type_


def _moved(left: Any, sign: str, right: Any) -> Any:
    """Sums and differences with dates; None for all others."""
    type_ = left._type
    if type_ is None or type_.python not in {dt.date, dt.datetime}:
        return None
    other = _python_of(right)
    if other is dt.timedelta:
        moved = left._within(type_, left, sign, _interval(right), level=5)
        if type_.python is dt.datetime:
            return moved
        return left._within(type_, "cast(", moved, " as date)")
    if sign == " + ":
        return None
    between = left._operated(_INTERVAL, sign, right)
    if type_.python is dt.datetime or other is dt.datetime:
        return between
    # PostgreSQL counts the days between two dates by a number
    days = left._operated(INTEGER, sign, right)
    return left._within(_INTERVAL, "make_interval(days => ", days, ")")


def _interval(value: Any) -> Any:
    from howdah.orm.operators.holds import bound

    return bound(value, _INTERVAL)
