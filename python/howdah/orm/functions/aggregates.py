"""Aggregates: one value of many rows.

No IO. Each takes `.filter(…)`, and `.over(…)` to be a window function. Of no rows they are null,
but for `count`: `coalesce(sum_(x), 0)`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from howdah.errors import ProgrammingError
from howdah.orm._types import SqlType, sql_type
from howdah.orm.expressions import ATOM, Expr, Order, condition
from howdah.orm.functions.windows import WindowCall, listed
from howdah.orm.operators.holds import BOOLEAN, FLOAT, INTEGER, NUMERIC, TEXT, argument, bound

if TYPE_CHECKING:
    from decimal import Decimal

    from howdah.orm.expressions import Expr as AnyExpr

X = TypeVar("X")
T_co = TypeVar("T_co", covariant=True)
V_contra = TypeVar("V_contra", contravariant=True)
Ordering = Expr[Any, Any] | Order | Sequence[Expr[Any, Any] | Order]

_JSON = sql_type(dict)
_WHOLE = SqlType("numeric", int, read=int)
_INTERVAL = sql_type(dt.timedelta)


class Aggregate(WindowCall[T_co, V_contra]):
    """A call of an aggregate."""

    __slots__ = ()

    def filter(self, *conditions: Expr[bool | None, Any]) -> Aggregate[T_co, V_contra]:
        """Of those rows alone that meet the conditions."""
        from howdah.orm.expressions import all_of

        if not conditions:
            raise ProgrammingError("`filter` takes conditions, found none")
        found = all_of(*(condition(one) for one in conditions))  # type: ignore[arg-type]
        return Aggregate(self, " filter (where ", found, ")", level=ATOM, kind=self._type)


def aggregate(
    type_: SqlType | None,
    name: str,
    *values: Any,
    distinct: bool = False,
    order_by: Ordering = (),
) -> Any:
    """`name(distinct values order by …)`: for aggregates that extensions bring, too."""
    parts = [part for value in values for part in (", ", argument(value))][1:]
    if ordered := listed(order_by):
        parts += [" order by ", *ordered]
    return Aggregate(
        f"{name}(", "distinct " if distinct else "", *parts, ")", level=ATOM, kind=type_
    )


def count(value: AnyExpr[Any, Any] | None = None, *, distinct: bool = False) -> Aggregate[int, int]:
    """How many rows.

    With a value, how many in which it is not null, or how many values with `distinct`.
    """
    if value is None:
        return Aggregate("count(*)", level=ATOM, kind=INTEGER)
    made: Aggregate[int, int] = aggregate(INTEGER, "count", value, distinct=distinct)
    return made


@overload
def sum_(value: Expr[int | None, Any], *, distinct: bool = False) -> Aggregate[int | None, int]: ...
@overload
def sum_(
    value: Expr[Decimal | None, Any], *, distinct: bool = False
) -> Aggregate[Decimal | None, Decimal | int]: ...
@overload
def sum_(
    value: Expr[float | None, Any], *, distinct: bool = False
) -> Aggregate[float | None, float]: ...
@overload
def sum_(
    value: Expr[dt.timedelta | None, Any], *, distinct: bool = False
) -> Aggregate[dt.timedelta | None, dt.timedelta]: ...
def sum_(value: Any, *, distinct: bool = False) -> Any:
    """The sum. Of whole numbers it is an `int` of any size."""
    type_ = value._type
    if type_ is not None and type_.python is int:
        type_ = _WHOLE
    return aggregate(type_, "sum", value, distinct=distinct)


@overload
def avg(
    value: Expr[int | None, Any] | Expr[Decimal | None, Any], *, distinct: bool = False
) -> Aggregate[Decimal | None, Decimal | int]: ...
@overload
def avg(
    value: Expr[float | None, Any], *, distinct: bool = False
) -> Aggregate[float | None, float]: ...
@overload
def avg(
    value: Expr[dt.timedelta | None, Any], *, distinct: bool = False
) -> Aggregate[dt.timedelta | None, dt.timedelta]: ...
def avg(value: Any, *, distinct: bool = False) -> Any:
    """The mean; of whole numbers a `Decimal`."""
    type_ = value._type
    if type_ is not None and type_.python is int:
        type_ = NUMERIC
    return aggregate(type_, "avg", value, distinct=distinct)


def min_(value: Expr[X | None, Any]) -> Aggregate[X | None, X]:
    """The least value."""
    made: Aggregate[X | None, X] = aggregate(value._type, "min", value)
    return made


def max_(value: Expr[X | None, Any]) -> Aggregate[X | None, X]:
    """The greatest value."""
    made: Aggregate[X | None, X] = aggregate(value._type, "max", value)
    return made


def array_agg(
    value: Expr[X, Any], *, distinct: bool = False, order_by: Ordering = ()
) -> Aggregate[list[X] | None, list[X]]:
    """All values as an array.

    PostgreSQL makes arrays of arrays only where they are equally long.
    """
    type_ = None if value._type is None else value._type.array()
    made: Aggregate[list[X] | None, list[X]] = aggregate(
        type_, "array_agg", value, distinct=distinct, order_by=order_by
    )
    return made


def string_agg(
    value: Expr[str | None, Any],
    separator: str,
    *,
    distinct: bool = False,
    order_by: Ordering = (),
) -> Aggregate[str | None, str]:
    """All texts as one, with the separator between."""
    made: Aggregate[str | None, str] = aggregate(
        TEXT, "string_agg", value, bound(separator, TEXT), distinct=distinct, order_by=order_by
    )
    return made


def json_agg(
    value: Expr[X, Any], *, distinct: bool = False, order_by: Ordering = ()
) -> Aggregate[list[Any] | None, list[Any]]:
    """All values as an array in jsonb: `jsonb_agg`."""
    made: Aggregate[list[Any] | None, list[Any]] = aggregate(
        _JSON, "jsonb_agg", value, distinct=distinct, order_by=order_by
    )
    return made


def json_object_agg(
    key: Expr[Any, Any], value: Expr[Any, Any], *, order_by: Ordering = ()
) -> Aggregate[dict[str, Any] | None, dict[str, Any]]:
    """An object in jsonb, of a key and a value from each row: `jsonb_object_agg`."""
    made: Aggregate[dict[str, Any] | None, dict[str, Any]] = aggregate(
        _JSON, "jsonb_object_agg", key, value, order_by=order_by
    )
    return made


def bool_and(value: Expr[bool | None, Any]) -> Aggregate[bool | None, bool]:
    """Whether it is true in all rows."""
    made: Aggregate[bool | None, bool] = aggregate(BOOLEAN, "bool_and", value)
    return made


def bool_or(value: Expr[bool | None, Any]) -> Aggregate[bool | None, bool]:
    """Whether it is true in one row at least."""
    made: Aggregate[bool | None, bool] = aggregate(BOOLEAN, "bool_or", value)
    return made


@overload
def stddev(
    value: Expr[int | None, Any] | Expr[Decimal | None, Any],
) -> Aggregate[Decimal | None, Decimal | int]: ...
@overload
def stddev(value: Expr[float | None, Any]) -> Aggregate[float | None, float]: ...
def stddev(value: Any) -> Any:
    """The standard deviation of a sample."""
    return aggregate(_spread(value), "stddev_samp", value)


@overload
def variance(
    value: Expr[int | None, Any] | Expr[Decimal | None, Any],
) -> Aggregate[Decimal | None, Decimal | int]: ...
@overload
def variance(value: Expr[float | None, Any]) -> Aggregate[float | None, float]: ...
def variance(value: Any) -> Any:
    """The variance of a sample."""
    return aggregate(_spread(value), "var_samp", value)


def _spread(value: Any) -> SqlType:
    return FLOAT if value._type is not None and value._type.python is float else NUMERIC


def percentile_cont(
    fraction: float, within: Expr[Any, Any] | Order
) -> Aggregate[float | None, float]:
    """The value below which a fraction of the values lie.

    `percentile_cont(0.5, Book.pages)` is the median.
    """
    return Aggregate(
        "percentile_cont(", bound(fraction, FLOAT), ") within group (order by ", within, ")",
        level=ATOM, kind=FLOAT,
    )  # fmt: skip
