"""What statements can read from beside tables.

Subqueries, common table expressions, functions, values of the program.

No IO. `Rows` is a source with its columns. Invariant: a column of it has the type of what it was
made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

from howdah._native import Fragment, Param, Source
from howdah._native import quote_identifier as quoted
from howdah.errors import ProgrammingError
from howdah.orm._types import SqlType, sql_type
from howdah.orm.expressions import LIST, Column, Expr, raw
from howdah.orm.functions.windows import as_columns, listed
from howdah.orm.operators.holds import INTEGER, bound
from howdah.orm.paths import View
from howdah.orm.statements.base import Statement
from howdah.orm.statements.items import ModelItem
from howdah.orm.statements.outputs import Output, free_name, same_column
from howdah.orm.statements.select import Select
from howdah.orm.statements.writing import separated
from howdah.orm.tables import TableSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from howdah.orm.models import Model
    from howdah.orm.statements.query import Query

A = TypeVar("A")
B = TypeVar("B")
M = TypeVar("M")
T_co = TypeVar("T_co", covariant=True)
V_contra = TypeVar("V_contra", contravariant=True)

Declaration = tuple[str, bool, str]
"""Of a common table expression: what stands before its text, whether it names itself, the rest."""


class Columns:
    """The columns of a source by their names: `x.c.name`."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __getattr__(self, name: str) -> Column[Any, Any]:
        for output in self._rows.outputs:
            if output.name == name:
                return Column.of(self._rows._source, name, None, output.type)
        known = ", ".join(output.name for output in self._rows.outputs)
        raise AttributeError(f"`{self._rows._source.label}` has no column `{name}`, but {known}")


class Rows:
    """Rows that a statement can read from, with their columns."""

    __slots__ = ("_source", "outputs")

    def __init__(self, source: Source, outputs: Sequence[Output]) -> None:
        self._source = source
        self.outputs = tuple(outputs)

    @property
    def c(self) -> Columns:
        """Its columns by their names."""
        return Columns(self)

    def __getitem__(self, column: Expr[A, B]) -> Column[A, B]:
        """The column that the statement inside asked for as `column`."""
        for output in self.outputs:
            if same_column(output.expression, column):
                return Column.of(self._source, output.name, None, column._type)
        raise ProgrammingError(
            f"`{self._source.label}` does not ask for `{column!r}`",
            hint="name what the statement inside asks for, or use `.c.name`",
        )

    def column(self, name: str, python: type[A]) -> Column[A, A]:
        """The column of a name, as a type that the program knows better."""
        known: Column[Any, Any] = getattr(self.c, name)
        return Column.of(self._source, known.name, None, sql_type(python))

    def model(self, model: type[M]) -> type[M]:
        """Its rows as objects of a model that the statement inside asks for."""
        source = self._source
        if not isinstance(source, TableSource) or source.model is not model:
            raise ProgrammingError(
                f"`{source.label}` does not give `{model.__name__}` alone",
                hint=f"ask for it inside: `select({model.__name__}).subquery(…)`",
            )
        return cast("type[M]", View(source))

    def alias(self, name: str) -> Rows:
        """The same rows once more, under another name."""
        source = _source(self._source, name, content=self._source)
        return Rows(source, self.outputs)

    @staticmethod
    def of(query: Query[Any], name: str) -> Rows:
        """The rows of a statement that stands in another one."""
        outputs = query.outputs()
        return Rows(_source(query, name, content=query, columns=_listed(outputs)), outputs)

    @staticmethod
    def cte(query: Query[Any], name: str, *, materialized: bool | None) -> Rows:
        """The rows of a statement that stands before another one."""
        how = {None: "", True: "materialized ", False: "not materialized "}[materialized]
        outputs = query.outputs()
        columns = _listed(outputs)
        return Rows(
            _source(query, name, content=query, columns=columns, cte=(how, False, "")), outputs
        )


def returned(statement: Any, name: str, outputs: Sequence[Output]) -> Rows:
    """The rows that a writing statement returns, as a common table expression."""
    columns = _listed(outputs)
    return Rows(
        _source(statement, name, content=statement, columns=columns, cte=("", False, "")), outputs
    )


class RecursiveRows(Rows):
    """The rows of a recursive common table expression."""

    __slots__ = ("_more",)
    _more: dict[str, Output]

    @property
    def ordering(self) -> Column[Any, Any]:
        """What its rows are ordered by to be in the order that was asked for."""
        return self._found("ordering", "depth_first=…` or `breadth_first=…")

    @property
    def is_cycle(self) -> Column[bool, bool]:
        """Whether the row was on the way to itself already."""
        return self._found("is_cycle", "cycle=…")

    @property
    def path(self) -> Column[Any, Any]:
        """The way to the row: an array of rows."""
        return self._found("path", "cycle=…")

    def _found(self, name: str, option: str) -> Column[Any, Any]:
        output = self._more.get(name)
        if output is None:
            raise ProgrammingError(
                f"`{self._source.label}.{name}` was not asked for", hint=f"`recursive(…, {option})`"
            )
        return Column.of(self._source, output.name, None, output.type)

    @staticmethod
    def of_step(
        query: Query[Any],
        name: str,
        step: Callable[[RecursiveRows], Query[Any]],
        word: str,
        tracking: Tracking,
    ) -> RecursiveRows:
        """The rows of a statement, and those that follow from them."""
        outputs = query.outputs()
        content = _Recursive(query, word)
        after, more = tracking.written(outputs)
        cte = ("", True, after)
        source = _source(query, name, content=content, columns=_listed(outputs), cte=cte)
        rows = RecursiveRows(source, outputs)
        rows._more = {}
        content.step = step(rows)
        rows._more = more
        rows.outputs = (*rows.outputs, *more.values())
        return rows


class Tracking(NamedTuple):
    """What a recursion notes of its way: in which order, and where it went in a circle."""

    depth_first: Any
    breadth_first: Any
    cycle: Any

    def written(self, outputs: Sequence[Output]) -> tuple[str, dict[str, Output]]:
        """The clauses behind the expression, and the columns that they add."""
        if listed(self.depth_first) and listed(self.breadth_first):
            raise ProgrammingError("an order is `depth_first` or `breadth_first`, not both")
        taken = {output.name for output in outputs}
        clauses, more = "", {}
        for kind, columns in (("depth", self.depth_first), ("breadth", self.breadth_first)):
            if by := _names_of(columns, outputs):
                more["ordering"] = Output(None, free_name("ordering", taken), None)
                clauses += f" search {kind} first by {by} set {quoted(more['ordering'].name)}"
        if by := _names_of(self.cycle, outputs):
            more["is_cycle"] = Output(None, free_name("is_cycle", taken), sql_type(bool))
            more["path"] = Output(None, free_name("path", taken), None)
            set_, using = quoted(more["is_cycle"].name), quoted(more["path"].name)
            clauses += f" cycle {by} set {set_} using {using}"
        return clauses, more


def _names_of(columns: Any, outputs: Sequence[Output]) -> str:
    """The names that the statement's rows have for these columns."""
    found = [_name_of(column, outputs) for column in as_columns(columns)]
    return ", ".join(quoted(name) for name in found)


def _name_of(column: Any, outputs: Sequence[Output]) -> str:
    for output in outputs:
        if same_column(output.expression, column):
            return output.name
    raise ProgrammingError(
        f"the rows of the recursion have no `{column!r}`", hint="ask for it in the first statement"
    )


class FunctionRows(Rows, Generic[T_co, V_contra]):
    """The rows of a function."""

    __slots__ = ()

    @property
    def value(self) -> Column[T_co, V_contra]:
        """What the function gives."""
        first = self.outputs[0]
        return Column.of(self._source, first.name, None, first.type)

    @property
    def ordinality(self) -> Column[int, int]:
        """The row's number, from 1, if it was asked for."""
        return cast("Column[int, int]", self.c.ordinality)


def function_rows(
    call: Expr[Any, Any], name: str, columns: dict[str, Any], *, ordinality: bool
) -> FunctionRows[Any, Any]:
    """A call of a function as a source."""
    outputs = [Output(None, column, sql_type(python)) for column, python in columns.items()]
    if not outputs:
        outputs = [Output(None, "value", call._type)]
    if ordinality:
        outputs.append(Output(None, "ordinality", INTEGER))
    content = Fragment(call, " with ordinality" if ordinality else "", level=LIST)
    source = Source(name, content=content, columns=_listed(outputs), alias=True)
    return FunctionRows(source, outputs)


def values(name: str, rows: Iterable[Sequence[Any]], /, **columns: type[Any]) -> Rows:
    """Values of the program as rows: `values("v", [(1, "a"), (2, "b")], id=int, name=str)`.

    However many rows there are, the statement is the same: each column is one parameter, an array.
    """
    if not columns:
        raise ProgrammingError("`values` takes its columns' types: `values(…, id=int, name=str)`")
    types = [sql_type(python) for python in columns.values()]
    given = [tuple(row) for row in rows]
    for row in given:
        if len(row) != len(types):
            raise ProgrammingError(f"`values` of {len(types)} columns, found {len(row)} in a row")
    outputs = [Output(None, column, type_) for column, type_ in zip(columns, types, strict=True)]
    content = _values_list if any(type_.item is not None for type_ in types) else _unnested
    source = Source(name, content=content(given, types), columns=_listed(outputs), alias=True)
    return Rows(source, outputs)


def _unnested(rows: list[tuple[Any, ...]], types: list[SqlType]) -> Fragment:
    by_column = [[row[place] for row in rows] for place in range(len(types))]
    arrays = [bound(column, type_.array()) for column, type_ in zip(by_column, types, strict=True)]
    return Fragment("unnest(", *separated(arrays), ")")


def _values_list(rows: list[tuple[Any, ...]], types: list[SqlType]) -> Fragment:
    # arrays of arrays cannot be taken apart by `unnest`
    if not rows:
        raise ProgrammingError("`values` with a column of arrays takes at least one row")
    written = [
        Fragment(
            "(", *separated(_bound_or_null(*pair) for pair in zip(row, types, strict=True)), ")"
        )
        for row in rows
    ]
    return Fragment("(values ", *separated(written), ")")


def _bound_or_null(value: Any, type_: SqlType) -> Any:
    return Param(None, type_.name) if value is None else bound(value, type_)


def raw_select(model: type[M], sql: str, *values: Any) -> Select[M]:
    """A statement in SQL whose rows become objects of a model, or values of another type.

    Each `{}` is a value or an expression, as in `raw`. Columns are found by their names, which must
    include all of the model's; what comes out is a `select` like another: `load`, `count`, `page` …
    To refine it by columns, give its rows a name:

    >>> old = howdah.orm.raw_select(Question, "select * from question where votes < {}", 10)
    >>> mine = old.cte("mine").model(Question)
    >>> query = select(mine).where(mine.text.like("W%"))
    """
    words = sql.split(maxsplit=1)
    content = RawStatement(raw(_embedded(sql), *values))
    # what writes can stand before a statement, but not in it
    is_writing = bool(words) and words[0].lower() in {"insert", "update", "delete", "merge"}
    cte = ("", False, "") if is_writing else None
    if hasattr(model, "__table__"):
        named = cast("type[Model]", model)
        source = _model_source(named, named.__table__.name, content, None, cte)
        return Select.of((View(source),))
    plain = Source("raw", content=content, columns="(value)", alias=True, cte=cte)
    return Select.of((Column.of(plain, "value", None, sql_type(model)),))


def _embedded(sql: str) -> str:
    """A statement's text as it can stand in another one: a comment at its end must end, too."""
    text = sql.rstrip().removesuffix(";").rstrip()
    return text + "\n" if "--" in text.rpartition("\n")[2] else text


class RawStatement(Statement[Any]):
    """A statement of the program's own text."""

    __slots__ = ("_fragment",)

    def __init__(self, fragment: Fragment) -> None:
        self._fragment = fragment

    def _shape_fields(self) -> tuple[Any, ...]:
        return ("raw", self._fragment)

    def _write(self) -> tuple[Fragment, Any]:
        return self._fragment, None


class _Recursive(Statement[Any]):
    """What a recursive common table expression is made of."""

    __slots__ = ("_base", "_word", "step")
    step: Query[Any]

    def __init__(self, base: Query[Any], word: str) -> None:
        self._base = base
        self._word = word

    def _shape_fields(self) -> tuple[Any, ...]:
        return (self._word, self._base, self.step)

    def _write(self) -> tuple[Fragment, Any]:
        return Fragment(self._base, self._word, self.step, level=LIST), None


def _listed(outputs: Iterable[Output]) -> str:
    return f"({', '.join(quoted(output.name) for output in outputs)})"


def _source(
    of: object,
    name: str,
    *,
    content: object,
    columns: str | None = None,
    cte: Declaration | None = None,
) -> Source:
    """A source of a statement's rows; of a model's, if they are objects of one model alone."""
    if isinstance(of, TableSource):
        return _model_source(of.model, name, content, columns, cte)
    items: tuple[Any, ...] = getattr(of, "items", ())
    if len(items) == 1 and isinstance(items[0], ModelItem):
        return _model_source(items[0].source.model, name, content, columns, cte)
    return Source(name, content=content, columns=columns, alias=True, cte=cte)


def _model_source(
    model: type[Model],
    name: str,
    content: object,
    columns: str | None,
    cte: Declaration | None,
) -> TableSource:
    source = TableSource(name, content=content, columns=columns, alias=True, cte=cte)
    source.model = model
    source.joins = {}
    source.parent = None
    source.relation = None
    return source
