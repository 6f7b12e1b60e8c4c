"""Functions of single values, and those that give several rows.

No IO. What is a method of an expression is not here: `Book.title.lower()`. All others: `fn`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar, overload

from howdah.errors import ProgrammingError
from howdah.orm._types import sql_type
from howdah.orm.expressions import ATOM, COMPARISON, Condition, Expr, typed
from howdah.orm.operators.holds import BOOLEAN, FLOAT, TEXT, argument, bound, type_of

if TYPE_CHECKING:
    from collections.abc import Sequence

X = TypeVar("X")
N = TypeVar("N", int, Decimal)

_MOMENT = sql_type(dt.datetime)
_INTERVAL = sql_type(dt.timedelta)
_UUID = sql_type(uuid.UUID)
_JSON = sql_type(dict)


def now() -> Expr[dt.datetime, dt.datetime]:
    """When the transaction began."""
    return typed(_MOMENT, "now()")


def clock_timestamp() -> Expr[dt.datetime, dt.datetime]:
    """The time now, which goes on within a statement."""
    return typed(_MOMENT, "clock_timestamp()")


def current_date() -> Expr[dt.date, dt.date]:
    """Today, in the session's zone."""
    return typed(sql_type(dt.date), "current_date")


def date_bin(
    stride: dt.timedelta, moment: Expr[dt.datetime | None, Any], origin: dt.datetime
) -> Expr[dt.datetime, dt.datetime]:
    """The beginning of the stretch of time in which a moment lies.

    The stretches are counted from `origin`.
    """
    type_ = moment._type
    return typed(
        type_, "date_bin(", bound(stride, _INTERVAL), ", ", moment, ", ", bound(origin, type_), ")"
    )


def make_interval(
    *, years: int = 0, months: int = 0, weeks: int = 0, days: int = 0, hours: int = 0
) -> Expr[dt.timedelta, dt.timedelta]:
    """An interval, also of months and years, whose length depends on what they are added to."""
    given = {"years": years, "months": months, "weeks": weeks, "days": days, "hours": hours}
    parts = [
        part
        for name, number in given.items()
        if number
        for part in (f", {name} => ", argument(number))
    ]
    if parts:
        parts[0] = parts[0].removeprefix(", ")
    return typed(_INTERVAL, "make_interval(", *parts, ")")


def random() -> Expr[float, float]:
    """A number from 0 to 1, without 1."""
    return typed(FLOAT, "random()")


def gen_random_uuid() -> Expr[uuid.UUID, uuid.UUID]:
    """A random UUID."""
    return typed(_UUID, "gen_random_uuid()")


def uuidv7() -> Expr[uuid.UUID, uuid.UUID]:
    """A UUID that begins with the time, so that new rows are side by side in an index.

    Since PostgreSQL 18.
    """
    return typed(_UUID, "uuidv7()")


def json_build_object(**values: Any) -> Expr[dict[str, Any], dict[str, Any]]:
    """An object in jsonb of these keys and values."""
    parts: list[Any] = []
    for key, value in values.items():
        known = bound(value, type_of(value))
        parts += [", ", bound(key, TEXT), ", ", known]
    return typed(_JSON, "jsonb_build_object(", *parts[1:], ")")


# --- arrays as operands and rows


def any_(array: Expr[list[X] | None, Any] | Sequence[X]) -> Expr[X, X]:
    """One of an array's items.

    Beside a comparison: `Book.title == any_(Shelf.titles)`.
    """
    return _quantified("any", array)


def all_(array: Expr[list[X] | None, Any] | Sequence[X]) -> Expr[X, X]:
    """All of an array's items.

    Beside a comparison: `Book.pages > all_(Shelf.sizes)`.
    """
    return _quantified("all", array)


def _quantified(word: str, array: Any) -> Expr[Any, Any]:
    type_ = array._type if isinstance(array, Expr) else type_of(array)
    item = type_.item if type_ is not None else None
    return Quantified(f"{word} (", bound(array, type_), ")", level=ATOM, kind=item)


_TURNED = {" = ": " = ", " <> ": " <> ", " < ": " > ", " <= ": " >= ", " > ": " < ", " >= ": " <= "}


class Quantified(Expr[Any, Any]):
    """`any (…)` and `all (…)`, which SQL knows on the right of a comparison only."""

    __slots__ = ()
    __hash__ = Expr.__hash__

    def _compared(self, operator: str, other: Any, /) -> Condition:
        turned = _TURNED.get(operator)
        if turned is None:
            raise ProgrammingError(f"`{operator.strip()}` cannot stand beside items of an array")
        left = other if isinstance(other, Expr) else typed(self._type, bound(other, self._type))
        return Condition(left, turned, self, level=COMPARISON, kind=BOOLEAN)


def unnest(array: Expr[list[X] | None, Any] | Sequence[X]) -> Expr[X, X]:
    """A row for each item of an array.

    As a source of a statement: `unnest(Book.tags).rows("tag")`.
    """
    type_ = array._type if isinstance(array, Expr) else type_of(array)
    return typed(type_.item if type_ is not None else None, "unnest(", bound(array, type_), ")")


@overload
def generate_series(
    start: N | Expr[N, Any], stop: N | Expr[N, Any], step: N | Expr[N, Any] | None = None
) -> Expr[N, N]: ...
@overload
def generate_series(
    start: dt.datetime | Expr[dt.datetime, Any],
    stop: dt.datetime | Expr[dt.datetime, Any],
    step: dt.timedelta | Expr[dt.timedelta, Any],
) -> Expr[dt.datetime, dt.datetime]: ...
def generate_series(start: Any, stop: Any, step: Any = None) -> Any:
    """A row for each number, or moment, from `start` to `stop`."""
    type_ = start._type if isinstance(start, Expr) else type_of(start)
    parts = [bound(start, type_), ", ", bound(stop, type_)]
    if step is not None:
        parts += [", ", bound(step, type_of(step))]
    return typed(type_, "generate_series(", *parts, ")")
