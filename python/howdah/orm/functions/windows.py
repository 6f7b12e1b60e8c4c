"""Windows, and the functions that need one.

No IO. `.over(…)` is of aggregates as well. A window is a value: give it a name in Python and use it
several times. One that has a name in SQL, too, is written once, in the statement's `window` clause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from howdah._native import Fragment, Source, sources
from howdah.errors import ProgrammingError
from howdah.orm.expressions import ATOM, LIST, Expr, Order, typed
from howdah.orm.operators.holds import FLOAT, INTEGER, argument, bound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from howdah.orm._types import SqlType

X = TypeVar("X")
T_co = TypeVar("T_co", covariant=True)
V_contra = TypeVar("V_contra", contravariant=True)

Exclude = Literal["current row", "group", "ties", "no others"]


class Frame(Fragment):
    """Which rows around the current one a window function sees.

    Made by `rows`, `range_` and `groups`.
    """

    __slots__ = ()


class Window(Fragment):
    """Which rows belong together, and in which order: `partition by … order by …`."""

    __slots__ = ("named",)
    named: NamedWindow | None
    """Where it stands in the statement, if it has a name."""


class NamedWindow(Source):
    """A window in the `window` clause: its name, and what it is as `content`."""

    __slots__ = ()


class WindowCall(Expr[T_co, V_contra]):
    """A call of a window function, which has no value before it is told over which rows."""

    __slots__ = ()

    def over(
        self,
        window: Window | None = None,
        *,
        partition_by: Expr[Any, Any] | Sequence[Expr[Any, Any]] = (),
        order_by: Expr[Any, Any] | Order | Sequence[Expr[Any, Any] | Order] = (),
        frame: Frame | None = None,
    ) -> Expr[T_co, V_contra]:
        """Over the rows of a window.

        Of all rows, or of those with the same `partition_by`, in order. A window that has a name
        may be given an order, where it has none, and a frame.
        """
        return over(self, window, partition_by, order_by, frame)


def over(
    call: Any, window_: Window | None, partition_by: Any, order_by: Any, frame: Any
) -> Expr[Any, Any]:
    """`call over (…)`."""
    if window_ is None:
        window_ = window(partition_by=partition_by, order_by=order_by, frame=frame)
    elif listed(partition_by) or listed(order_by) or frame is not None:
        window_ = _refined(window_, partition_by, order_by, frame)
    elif window_.named is not None:
        return typed(call._type, call, " over ", (window_.named, None))
    return typed(call._type, call, " over (", window_, ")")


def _refined(window_: Window, partition_by: Any, order_by: Any, frame: Any) -> Window:
    """A named window with what it lacks: `(by_author order by …)`."""
    if window_.named is None:
        raise ProgrammingError(
            "`over` takes a window, or what one is made of, not both",
            hint='give the window a name to refine it: `window("by_author", partition_by=…)`',
        )
    if listed(partition_by):
        raise ProgrammingError("a window that has a name cannot be partitioned otherwise")
    return _window([(window_.named, None)], (), order_by, frame)


def window(
    name: str | None = None,
    /,
    *,
    partition_by: Expr[Any, Any] | Sequence[Expr[Any, Any]] = (),
    order_by: Expr[Any, Any] | Order | Sequence[Expr[Any, Any] | Order] = (),
    frame: Frame | None = None,
) -> Window:
    """A window for several functions.

    `by_author = window(partition_by=Book.author_id, order_by=Book.id)`. With a name,
    `window("by_author", partition_by=…)`, statements that use it have it in their `window` clause.
    """
    made = _window([], partition_by, order_by, frame)
    if name is not None:
        made.named = NamedWindow(name, content=made, alias=True)
    return made


def _window(base: list[Any], partition_by: Any, order_by: Any, frame: Frame | None) -> Window:
    parts = base
    if parted := listed(partition_by):
        parts += ["partition by ", *parted]
    if ordered := listed(order_by):
        parts += [" order by " if parts else "order by ", *ordered]
    if frame is not None:
        parts += [" " if parts else "", frame]
    made = Window(*parts, level=LIST)
    made.named = None
    return made


def listed(columns: Any) -> list[Any]:
    """One or several expressions, with commas between."""
    return [part for column in as_columns(columns) for part in (", ", column)][1:]


def as_columns(columns: Any) -> tuple[Any, ...]:
    """One expression or several, as several."""
    return (columns,) if isinstance(columns, Fragment) else tuple(columns)


def with_windows(named: Sequence[Source]) -> list[Source]:
    """The sources, and those that named windows among them are made of; each window once."""
    found: list[Source] = []
    for source in named:
        if not isinstance(source, NamedWindow):
            found.append(source)
        elif source not in found:
            found += [*with_windows(sources(source.content)), source]
    return found


# --- frames


def rows(start: int | None, end: int | None, *, exclude: Exclude | None = None) -> Frame:
    """Rows from `start` to `end`, counted from the current one.

    `rows(-3, 0)` are three before and itself.

    None is without end: `rows(None, 0)` are all before and itself.
    """
    return _frame("rows", _place(start, "preceding"), _place(end, "following"), exclude)


def groups(start: int | None, end: int | None, *, exclude: Exclude | None = None) -> Frame:
    """As `rows`, but groups of rows that are equal in the order are counted."""
    return _frame("groups", _place(start, "preceding"), _place(end, "following"), exclude)


def range_(before: Any, after: Any, *, exclude: Exclude | None = None) -> Frame:
    """Rows whose value in the order is so much less, and more, than the current one's.

    `range_(timedelta(days=7), 0)` is the week before. 0 is the current value, None without end.
    """
    return _frame("range", _distance(before, "preceding"), _distance(after, "following"), exclude)


def _frame(kind: str, start: list[Any], end: list[Any], exclude: str | None) -> Frame:
    if exclude not in {None, "current row", "group", "ties", "no others"}:
        raise ProgrammingError(f"a frame cannot exclude `{exclude}`")
    rest = f" exclude {exclude}" if exclude else ""
    return Frame(f"{kind} between ", *start, " and ", *end, rest, level=LIST)


def _place(offset: int | None, unbounded: str) -> list[Any]:
    if offset is None:
        return [f"unbounded {unbounded}"]
    if offset == 0:
        return ["current row"]
    return [argument(abs(offset)), " preceding" if offset < 0 else " following"]


def _distance(distance: Any, direction: str) -> list[Any]:
    if distance is None:
        return [f"unbounded {direction}"]
    if isinstance(distance, int) and distance == 0:
        return ["current row"]
    return [argument(distance), f" {direction}"]


# --- functions


def _call(type_: SqlType | None, name: str, *parts: Any) -> WindowCall[Any, Any]:
    return WindowCall(f"{name}(", *parts, ")", level=ATOM, kind=type_)


def row_number() -> WindowCall[int, int]:
    """The row's number in its window, from 1."""
    return _call(INTEGER, "row_number")


def rank() -> WindowCall[int, int]:
    """The row's place; equal rows have the same, and places are left out after them."""
    return _call(INTEGER, "rank")


def dense_rank() -> WindowCall[int, int]:
    """The row's place; equal rows have the same, and none is left out."""
    return _call(INTEGER, "dense_rank")


def percent_rank() -> WindowCall[float, float]:
    """How many of the other rows come before, from 0 to 1."""
    return _call(FLOAT, "percent_rank")


def cume_dist() -> WindowCall[float, float]:
    """How many rows come before or are equal, up to 1."""
    return _call(FLOAT, "cume_dist")


def ntile(buckets: int) -> WindowCall[int, int]:
    """In which of so many parts of equal size the row is, from 1."""
    return _call(INTEGER, "ntile", argument(buckets))


@overload
def lag(value: Expr[X | None, Any], offset: int = 1) -> WindowCall[X | None, X]: ...
@overload
def lag(value: Expr[X, Any], offset: int, default: X) -> WindowCall[X, X]: ...
def lag(value: Any, offset: int = 1, default: Any = None) -> Any:
    """The value in the row before, or `offset` rows before; `default` where there is none."""
    return _neighbour("lag", value, offset, default)


@overload
def lead(value: Expr[X | None, Any], offset: int = 1) -> WindowCall[X | None, X]: ...
@overload
def lead(value: Expr[X, Any], offset: int, default: X) -> WindowCall[X, X]: ...
def lead(value: Any, offset: int = 1, default: Any = None) -> Any:
    """The value in the row after, or `offset` rows after; `default` where there is none."""
    return _neighbour("lead", value, offset, default)


def _neighbour(name: str, value: Any, offset: int, default: Any) -> Any:
    rest = [", ", argument(offset)]
    if default is not None:
        rest += [", ", bound(default, value._type)]
    return _call(value._type, name, value, *rest)


def first_value(value: Expr[X, Any]) -> WindowCall[X, X]:
    """The value in the first row of the frame."""
    return _call(value._type, "first_value", value)


def last_value(value: Expr[X, Any]) -> WindowCall[X, X]:
    """The value in the last row of the frame, which by default ends with the current row."""
    return _call(value._type, "last_value", value)


def nth_value(value: Expr[X | None, Any], place: int) -> WindowCall[X | None, X]:
    """The value in a row of the frame, of which 1 is the first; null where there are fewer."""
    return _call(value._type, "nth_value", value, ", ", argument(place))
