"""Expressions: columns, and what SQL makes of them.

No IO. An `Expr` is a value: it can be named, shared and used in any number of statements. `Expr[T,
V]` says twice what it holds: `T` is what Python gets of it (`str | None` for a column that can be
null), `V` is what it may be compared with (`str`). So `Question.text == 5` in a `where` is an error
of the type checker.

Invariant: values of the program become parameters; only names and operators of this package become
text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar, overload

from howdah._native import Fragment, Param, Source
from howdah._native import quote_identifier as quoted
from howdah.errors import ProgrammingError
from howdah.orm._types import SqlType, sql_type
from howdah.orm.operators.arithmetic import Arithmetic
from howdah.orm.operators.arrays import ArrayOperators
from howdah.orm.operators.comparison import Comparisons
from howdah.orm.operators.dates import DateOperators
from howdah.orm.operators.holds import Selectable, arguments, type_of
from howdah.orm.operators.json import JsonOperators
from howdah.orm.operators.ranges import RangeOperators
from howdah.orm.operators.search import SearchOperators
from howdah.orm.operators.shared import SharedOperators
from howdah.orm.operators.text import TextOperators
from howdah.orm.operators.truth import BooleanOperators

if TYPE_CHECKING:
    from collections.abc import Iterable

    from howdah.orm.columns import ColumnDefinition
    from howdah.orm.statements.assignments import Assignment
    from howdah.orm.statements.select import Select
    from howdah.orm.statements.sources import FunctionRows

T_co = TypeVar("T_co", covariant=True)
V_contra = TypeVar("V_contra", contravariant=True)
A = TypeVar("A")

# How tightly operators bind; the native writer puts parentheses by them.
OR, AND, NOT, COMPARISON, OPERATOR, ATOM = 1, 2, 3, 4, 5, 9
LIST = 0

_BOOLEAN = sql_type(bool)
_WRITTEN = (Fragment, Param)


class Expr(
    Selectable[T_co],
    Comparisons[T_co, V_contra],
    Arithmetic[T_co, V_contra],
    BooleanOperators,
    TextOperators,
    DateOperators,
    ArrayOperators,
    RangeOperators,
    JsonOperators,
    SearchOperators,
    SharedOperators,
    Fragment,
):
    """Something that has a value in SQL.

    Made of columns, operators and functions, never by hand.
    """

    __slots__ = ()
    __hash__ = Fragment.__hash__

    if TYPE_CHECKING:

        @property
        def _value(self) -> T_co: ...

    # --- order, names, types

    def asc(self, *, nulls: Literal["first", "last"] | None = None) -> Order:
        """In ascending order; null comes last unless `nulls` says otherwise."""
        return Order.of(self, descending=False, nulls=nulls)

    def desc(self, *, nulls: Literal["first", "last"] | None = None) -> Order:
        """In descending order; null comes first unless `nulls` says otherwise."""
        return Order.of(self, descending=True, nulls=nulls)

    def label(self, name: str) -> Labelled[T_co, V_contra]:
        """The same value under a name of its own in the result."""
        labelled: Labelled[Any, Any] = Labelled(self, level=self._level, kind=self._type)
        labelled.name = name
        return labelled

    def cast(self, python: type[A], name: str | None = None) -> Expr[A, A]:
        """The value as another type: the one that `python` is stored as, or the one named."""
        target = sql_type(python)
        target = target.named(name) if name else target
        return typed(target, "cast(", self, f" as {target.name})")

    def rows(
        self, name: str, *, ordinality: bool = False, **columns: type[Any]
    ) -> FunctionRows[T_co, V_contra]:
        """The rows of a function as a source: `unnest(Book.tags).rows("tag")`.

        `.value` is what it gives. A function of several columns is told their names and types,
        which are `.c.name` then. With `ordinality`, each row has its number.
        """
        from howdah.orm.statements.sources import function_rows

        return function_rows(self, name, columns, ordinality=ordinality)

    # --- how operators and functions make others of it

    def _compared(self, operator: str, other: Any, /) -> Condition:
        return Condition(self, operator, operand(self, other), level=COMPARISON, kind=_BOOLEAN)

    def _condition(self, *parts: Any, level: int = COMPARISON) -> Condition:
        return Condition(*parts, level=level, kind=_BOOLEAN)

    def _operated(self, type_: SqlType | None, operator: str, other: Any, /) -> Expr[Any, Any]:
        return typed(type_, self, operator, operand(self, other), level=OPERATOR)

    def _called(self, type_: SqlType | None, function: str, /, *values: Any) -> Any:
        return typed(type_, f"{function}(", *arguments((self, *values)), ")")

    def _within(self, type_: SqlType | None, /, *parts: Any, level: int = ATOM) -> Any:
        return typed(type_, *parts, level=level)

    # --- what Python would do behind one's back

    # For type checkers it has none of these, and its truth is no bool: they report each use.
    if TYPE_CHECKING:

        def __bool__(self) -> None: ...

    else:

        def __bool__(self) -> NoReturn:
            raise TypeError(
                "a condition in SQL is neither true nor false in Python: combine conditions with "
                "`&`, `|` and `~`, and write `.in_(…)` for `in`"
            )

        def __contains__(self, item: object) -> NoReturn:
            raise TypeError("write `.contains(…)`: `in` would ask Python, not the database")

        def __iter__(self) -> NoReturn:
            raise TypeError("an expression cannot be iterated over")


class Condition(Expr[bool, bool]):
    """An expression that is true, false or null."""

    __slots__ = ()


class Column(Expr[T_co, V_contra]):
    """A column of a table, a view, a subquery ….

    `definition` is the model's column; None where a subquery gave it a name.
    """

    __slots__ = ("definition", "name", "source")
    definition: ColumnDefinition | None
    name: str
    source: Source

    @staticmethod
    def of(
        source: Source, name: str, definition: ColumnDefinition | None, type_: SqlType | None
    ) -> Column[Any, Any]:
        """The column of this name of a source."""
        column: Column[Any, Any] = Column((source, quoted(name)), kind=type_)
        column.definition = definition
        column.name = name
        column.source = source
        return column

    def to(self, value: V_contra | Expr[V_contra | None, Any] | Select[Any]) -> Assignment:
        """What the column becomes, for `set` of `update` and `insert`.

        >>> howdah.orm.update(Question).set(Question.votes.to(Question.votes + 1)).all()
        <update question set votes = question.votes + $1>
        """
        from howdah.orm.statements.assignments import assign

        return assign(self, value)

    def __repr__(self) -> str:
        return f"<column {self.source.label}.{self.name}>"


class NullableColumn(Column[T_co, V_contra]):
    """A column that can be null, for type checkers: it may become None."""

    __slots__ = ()

    if TYPE_CHECKING:

        def to(
            self, value: V_contra | Expr[V_contra | None, Any] | Select[Any] | None
        ) -> Assignment:
            """`Column.to`, which also takes None."""


class Labelled(Expr[T_co, V_contra]):
    """An expression with a name in the result."""

    __slots__ = ("name",)
    name: str


class Order(Fragment):
    """An expression with a direction, for `order_by`."""

    __slots__ = ("column", "descending", "nulls")
    column: Expr[Any, Any]
    descending: bool
    nulls: Literal["first", "last"]
    """Where null comes."""

    @staticmethod
    def of(
        column: Expr[Any, Any], *, descending: bool, nulls: Literal["first", "last"] | None
    ) -> Order:
        """The order by an expression."""
        if nulls not in {None, "first", "last"}:
            raise ValueError(f"`nulls` is 'first' or 'last', found {nulls!r}")
        direction = " desc" if descending else " asc"
        made = Order(column, f"{direction} nulls {nulls}" if nulls else direction, level=LIST)
        made.column = column
        made.descending = descending
        made.nulls = nulls or ("first" if descending else "last")
        return made


# --- how expressions are made


def typed(type_: SqlType | None, *parts: Any, level: int = ATOM) -> Expr[Any, Any]:
    """An expression whose values are of this type."""
    return Expr(*parts, level=level, kind=type_)


def operand(beside: Expr[Any, Any], value: Any) -> Any:
    """A value, expression or statement as the other operand of `beside`."""
    if isinstance(value, _WRITTEN):
        return value
    type_ = beside._type
    if type_ is not None and type_.bind is None and type(value) is type_.python:
        return Param(value)
    if hasattr(value, "_shape_fields"):
        return value
    if type_ is None:
        return Param(value, _cast_of(value))
    if type_.bind is not None:
        value = type_.bind(value)
    return Param(value, _cast_beside(type_, value))


def _cast_beside(type_: SqlType, value: Any) -> str | None:
    """A cast where PostgreSQL would take the parameter for the other operand's type."""
    python = type_.python
    if not isinstance(python, type) or isinstance(value, python | str) or type_.bind is not None:
        return None
    if isinstance(value, int) and python is float:
        return None
    return _cast_of(value)


def _cast_of(value: Any) -> str | None:
    """The name of the type of a value that nothing around it tells."""
    type_ = type_of(value)
    return None if type_ is None else type_.name


def compared(left: Expr[Any, Any], operator: str, right: Any) -> Condition:
    """`left operator right`, true or false."""
    return Condition(left, operator, operand(left, right), level=COMPARISON, kind=_BOOLEAN)


def operated(
    left: Expr[Any, Any], operator: str, right: Any, *, reverse: bool = False
) -> Expr[Any, Any]:
    """`left operator right`, of the type of `left`."""
    other = operand(left, right)
    parts = (other, operator, left) if reverse else (left, operator, other)
    return typed(left._type, *parts, level=OPERATOR)


def condition(found: Any) -> Fragment:
    """What `where` takes; a plain bool is the sign of a comparison with the wrong type."""
    if isinstance(found, Expr):
        return found
    kind = type(found).__name__
    raise TypeError(
        f"expected a condition, such as `Question.id == 1`, found `{kind}`"
        + (
            ": what was compared is no column (of a relation compare the key: "
            "`Choice.question_id == question.id`)"
            if isinstance(found, bool)
            else ""
        )
    )


def all_of(*conditions: Expr[bool | None, Any]) -> Condition:
    """True where all conditions are: `and`. Of none, it is true."""
    return _chain(conditions, " and ", AND, "true")


def any_of(*conditions: Expr[bool | None, Any]) -> Condition:
    """True where one of the conditions is: `or`. Of none, it is false."""
    return _chain(conditions, " or ", OR, "false")


def _chain(conditions: Iterable[Any], word: str, level: int, empty: str) -> Condition:
    parts: list[Any] = []
    for one in conditions:
        parts += [word, condition(one)]
    if len(parts) == 2 and isinstance(parts[1], Condition):
        return parts[1]
    return Condition(*parts[1:], level=level) if parts else Condition(empty)


def not_(one: Expr[bool | None, Any]) -> Condition:
    """True where the condition is false."""
    return Condition("not ", condition(one), level=NOT)


def lit(value: A) -> Expr[A, A]:
    """A value as an expression.

    >>> kind = select(Question.id, lit("question"))
    """
    type_ = None if value is None else sql_type(type(value))
    bound = type_.bind(value) if type_ is not None and type_.bind is not None else value
    return typed(type_, Param(bound, type_.name if type_ else None))


# SQL of the program's own that may read tables, which only the program knows: calls do, too
_NAMES_TABLES = re.compile(r"\b(select|table)\b|\(", re.IGNORECASE)
UNKNOWN = Source("*", table="*", fixed=True)
"""As a part, `(UNKNOWN,)`: no text, but the statement may read any table, and do anything."""


@overload
def raw(sql: str, *values: Any) -> Expr[Any, Any]: ...
@overload
def raw(sql: str, *values: Any, type: type[A]) -> Expr[A, A]: ...
def raw(sql: str, *values: Any, type: object = None) -> Expr[Any, Any]:  # noqa: A002 (as in `cast`)
    """An expression in SQL; each `{}` is a value or an expression, in order.

    Text of the program is part of the statement as it is: never put a user's words into it.

    >>> print(howdah.orm.text_of(howdah.orm.raw("pg_size_pretty({})", 1024, type=str)))
    pg_size_pretty($1::bigint)
    """
    pieces = sql.split("{}")
    if len(pieces) != len(values) + 1:
        places = len(pieces) - 1
        raise ProgrammingError(
            f"the text has {places} places `{{}}`, found {len(values)} values",
            hint='braces of PostgreSQL\'s are a value, too: `raw("{} || tags", ["new"])`',
        )
    parts: list[Any] = [pieces[0]]
    if _NAMES_TABLES.search(sql):
        parts.insert(0, (UNKNOWN,))
    for value, piece in zip(values, pieces[1:], strict=True):
        known = isinstance(value, Fragment) or hasattr(value, "_shape_fields")
        parts += [value if known else Param(value, _cast_of(value)), piece]
    return typed(None if type is None else sql_type(type), *parts, level=OR)


def as_expression(value: Any) -> Fragment:
    """An expression, or a value as one."""
    return value if isinstance(value, Fragment) else lit(value)
