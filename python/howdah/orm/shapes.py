"""Shapes: classes that name what is wanted of a model, and are what comes of it.

No IO. A shape is a plan and a type at once: its fields are the columns and relations that are read,
in one statement, however deep they are nested. To-one relations are joined; to-many relations are
arrays of rows, in PostgreSQL's binary form: no value goes through JSON.

A shape is a dataclass as the standard library has it, so that whatever reads and writes dataclasses
(`dataclasses.asdict`, pydantic, msgspec, web frameworks) validates and serializes shapes.

Invariant: what a shape says of a field (name, type, whether it can be None) is checked against the
model when the shape is first used; what it promises is what objects hold.
"""

from __future__ import annotations

import dataclasses
import types as python_types
from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Generic,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    overload,
)

from howdah._native import Entity, Fragment, Instance, Layout, sources
from howdah.errors import ProgrammingError
from howdah.orm import _annotations
from howdah.orm.expressions import LIST, Expr
from howdah.orm.paths import Related, View, along, order_of, source_of
from howdah.orm.statements.items import Item
from howdah.orm.statements.select import Select

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from howdah._native import Source
    from howdah.orm.models import Model
    from howdah.orm.operators.holds import Selectable
    from howdah.orm.tables import Table, TableSource

A = TypeVar("A")
M = TypeVar("M")


@dataclass(frozen=True)
class ShapeOptions:
    """What a shape says of a field beside its type."""

    made_of: Callable[[], Any]


# For type checkers the field has the type of the expression; what a relation leads to becomes
# whatever shape the annotation says.
@overload
def of(made_of: Callable[[], Selectable[A]]) -> A: ...
@overload
def of(made_of: Callable[[], Related[Any] | type[Model]]) -> Any: ...
def of(made_of: Callable[[], Any]) -> Any:
    """A field that is made of something else than the model's attribute of the same name.

    `asked_by: str = of(lambda: Question.author.name)`, `answers: int = of(lambda:
    Question.choices.count())`, `best: list[Answer] = of(lambda:
    Question.choices.order_by(Choice.votes.desc()).limit(3))`.
    """
    return ShapeOptions(made_of)


@dataclass_transform(kw_only_default=True, field_specifiers=(of,))
class ShapeMeta(type):
    """The class of shapes."""

    def __new__(
        meta, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> Any:
        """Make a shape; its plan is resolved later."""
        annotations = _annotations.of_namespace(namespace)
        names = [field for field in annotations if not field.startswith("_")]
        inherited = _inherited(bases)
        namespace["__slots__"] = tuple(field for field in names if field not in inherited)
        made_of = {field: namespace.pop(field) for field in names if field in namespace}
        shape: Any = super().__new__(meta, name, bases, namespace, **options)
        if not _is_shape(bases):
            return shape
        fields = {**inherited, **{field: annotations[field] for field in names}}
        _make_dataclass(shape, {field: annotations[field] for field in names})
        shape.__shape__ = Plan(shape, fields, {**_inherited_options(bases), **made_of})
        _annotations.remember(shape)
        return shape


def _make_dataclass(shape: Any, annotations: dict[str, Any]) -> None:
    """Let the standard library see a dataclass in a shape, which stays as it is otherwise."""
    # those who read dataclasses know the names of modules only, not of functions
    known = _annotations.Namespace.of_caller().evaluate_known(annotations)
    described = shape.__doc__
    shape.__doc__ = described or shape.__name__  # or else its signature is worked out for one
    shape.__annotations__ = dict.fromkeys(known, Any)  # of texts it would want to know the module
    dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True)(shape)
    shape.__doc__, shape.__annotations__ = described, known
    for name, annotation in known.items():
        shape.__dataclass_fields__[name].type = annotation


def _is_shape(bases: tuple[type, ...]) -> bool:
    return any(isinstance(base, ShapeMeta) for base in bases)


def _inherited(bases: tuple[type, ...]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for base in reversed(bases):
        plan = getattr(base, "__shape__", None)
        fields.update(plan.annotations if plan is not None else {})
    return fields


def _inherited_options(bases: tuple[type, ...]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for base in reversed(bases):
        plan = getattr(base, "__shape__", None)
        options.update(plan.options if plan is not None else {})
    return options


class Shape(Instance, Generic[M], metaclass=ShapeMeta):
    """The base of shapes of a model.

    >>> class AuthorCard(Shape[Author]):
    ...     name: str
    >>> class BookCard(Shape[Book]):
    ...     title: str
    ...     author: AuthorCard
    ...     reviews: list[ReviewCard]
    >>> cards = db.fetch(select(BookCard).where(Book.price < 20))

    Two shapes are equal if they are of one class and all their fields are equal. A shape is a
    dataclass: pydantic, msgspec and web frameworks validate and write it as it is. `Annotated` may
    say what they are to check.
    """

    __slots__ = ()
    __shape__: ClassVar[Plan]

    def __init__(self, **values: Any) -> None:
        fields = self.__shape__.annotations
        if values.keys() != fields.keys():
            odd = sorted(values.keys() ^ fields.keys())
            raise TypeError(
                f"`{type(self).__name__}` takes the fields {', '.join(fields)}: "
                f"{', '.join(odd)} is missing or unknown"
            )
        for name, value in values.items():
            setattr(self, name, value)

    @classmethod
    def __shape_item__(cls) -> ShapeItem:
        return ShapeItem(cls.__shape__, cls.__shape__.table.source)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__shape__.names)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__shape__.names)
        return f"{type(self).__name__}({values})"

    def __reduce__(self) -> Any:
        return _restore, (type(self), {name: getattr(self, name) for name in self.__shape__.names})


def _restore(shape: type[Shape[Any]], values: dict[str, Any]) -> Shape[Any]:
    """A shape with these values, as `pickle` makes it."""
    return shape(**values)


@dataclass(frozen=True)
class One:
    """A field that is another shape, of a joined row."""

    plan: Plan
    way: View[Any]
    nullable: bool


@dataclass(frozen=True)
class Many:
    """A field that is a list of another shape."""

    plan: Plan
    related: Related[Any]


class Plan:
    """What a shape reads, resolved when it is first used."""

    def __init__(
        self,
        shape: type[Shape[Any]],
        annotations: dict[str, Any],
        options: dict[str, Any],
    ) -> None:
        self.shape = shape
        self.annotations = annotations
        self.options = options
        self.names = tuple(annotations)
        self._where = _annotations.Namespace.of_caller()
        self._table: Table | None = None
        self._fields: dict[str, Any] | None = None
        self._layout: Layout | None = None

    @property
    def table(self) -> Table:
        """The table of the model in `Shape[Model]`."""
        if self._table is None:
            self._table = _model_of(self.shape, self._where).__table__
        return self._table

    @property
    def layout(self) -> Layout:
        """Where the slots of the fields are; the joined shapes are its relations."""
        if self._layout is None:
            ones = [name for name, field in self.fields.items() if isinstance(field, One)]
            rest = [name for name in self.names if name not in ones]
            self._layout = Layout(self.shape, rest, ones)
        return self._layout

    @property
    def fields(self) -> dict[str, Any]:
        """By name: an expression, a `One` or a `Many`."""
        if self._fields is None:
            self._fields = {name: self._resolve(name) for name in self.names}
        return self._fields

    def _resolve(self, name: str) -> Any:
        where = f"{self.shape.__name__}.{name}"
        annotation = self._where.evaluate(self.annotations[name], where)
        wanted, nullable, is_list = _wanted(annotation, self._where, where)
        found = self._made_of(name)
        plan = getattr(wanted, "__shape__", None)
        if isinstance(found, Related):
            if plan is None or not is_list:
                raise _mismatch(where, annotation, "a list of shapes: `list[…Card]`")
            return Many(plan, found)
        if isinstance(found, View):
            return self._one(where, annotation, found, plan, nullable=nullable)
        _check_value(where, annotation, found, wanted, nullable=nullable, is_list=is_list)
        return found

    def _made_of(self, name: str) -> Any:
        options = self.options.get(name)
        if isinstance(options, ShapeOptions):
            return options.made_of()
        if name not in self.table.column_names and name not in self.table.relation_names:
            model = self.table.model.__name__
            raise ProgrammingError(
                f"`{self.shape.__name__}.{name}`: `{model}` has no column or relation `{name}`",
                hint=f"`{name}: … = of(lambda: {model}.…)` makes it of something else",
            )
        return self.table.expression(name)

    def _one(
        self, where: str, annotation: Any, way: View[Any], plan: Plan | None, *, nullable: bool
    ) -> One:
        relation = way._source.relation
        if plan is None:
            raise _mismatch(where, annotation, "a shape")
        if relation is not None and relation.nullable and not nullable:
            raise _mismatch(where, annotation, f"`{annotation.__name__} | None`: it can be missing")
        return One(plan, way, nullable)


def _model_of(shape: type[Shape[Any]], where: _annotations.Namespace) -> Any:
    """The model in the brackets of `Shape[Model]`, of the class or the one that it inherits."""
    for base in shape.__mro__:
        for generic in vars(base).get("__orig_bases__", ()):
            if get_origin(generic) is Shape:
                argument = get_args(generic)[0]
                if hasattr(argument, "__forward_arg__"):
                    argument = where.evaluate(argument.__forward_arg__, shape.__name__)
                return argument
    raise ProgrammingError(
        f"`{shape.__name__}` says of no model what it is a shape of",
        hint=f"write `class {shape.__name__}(Shape[Model])`",
    )


def _wanted(annotation: Any, where: _annotations.Namespace, name: str) -> tuple[Any, bool, bool]:
    """The class in an annotation, whether None is allowed, and whether it is a list."""
    annotation = _bare(annotation)
    members = [annotation]
    if get_origin(annotation) in {Union, python_types.UnionType}:
        members = [it for it in get_args(annotation) if it is not type(None)]
    nullable = type(None) in get_args(annotation)
    wanted = _bare(members[0])
    is_list = get_origin(wanted) is list
    if is_list:
        wanted = _bare(get_args(wanted)[0])
    if isinstance(wanted, str):
        wanted = where.evaluate(wanted, name)
    elif hasattr(wanted, "__forward_arg__"):
        wanted = where.evaluate(wanted.__forward_arg__, name)
    return wanted, nullable, is_list


def _bare(annotation: Any) -> Any:
    """The annotation without what validation wants besides."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _check_value(
    where: str, annotation: Any, found: Any, wanted: Any, *, nullable: bool, is_list: bool
) -> None:
    if not isinstance(found, Fragment):
        raise ProgrammingError(f"`{where}` is made of `{found!r}`, which is no expression")
    type_ = found._type
    definition = getattr(found, "definition", None)
    if definition is not None and definition.nullable and not nullable:
        raise _mismatch(where, annotation, "`… | None`: the column can be null")
    if type_ is None or wanted is Any:
        return
    python = type_.item.python if is_list and type_.item is not None else type_.python
    python = get_origin(python) or python
    wanted = get_origin(wanted) or wanted
    if isinstance(wanted, type) and isinstance(python, type) and not issubclass(python, wanted):
        raise _mismatch(where, annotation, f"`{python.__name__}`, as the column is")


def _mismatch(where: str, annotation: Any, expected: str) -> ProgrammingError:
    found = annotation.__name__ if isinstance(annotation, type) else annotation
    return ProgrammingError(f"`{where}` is annotated `{found}`, expected {expected}")


class ShapeItem(Item):
    """A shape among what a statement asks for."""

    __slots__ = ("_fields", "plan")

    def __init__(self, plan: Plan, source: TableSource) -> None:
        self.plan = plan
        self.source = source

    def fields(self) -> tuple[Any, ...]:
        """What the text depends on."""
        return ("shape", self.plan.shape.__qualname__, id(self.plan), *self.output(None))

    def sources(self) -> Sequence[Source]:
        """The sources that its columns are of."""
        joined = [one for item in self._ones() for one in item.sources()]
        return [self.source, *joined, *sources([fragment for _, fragment in self._columns()])]

    def output(self, statement: Select[Any] | None) -> Sequence[Fragment]:
        """Its columns, then those of the joined shapes."""
        del statement
        written = [fragment for _, fragment in self._columns()]
        for item in self._ones():
            written += item.output(None)
        return written

    def parts(
        self, statement: Select[Any], place: int
    ) -> list[Entity | Callable[[Any], Any] | None]:
        """An object for the shape, and one for each joined one."""
        del statement
        return self._entities(place, None, optional=False)

    def _entities(self, place: int, parent: tuple[int, str] | None, *, optional: bool) -> list[Any]:
        names = [name for name, _ in self._columns()]
        converters = {name: read for name in names if (read := _reader(self.plan.fields[name]))}
        entity = Entity(
            self.plan.layout,
            names,
            optional=optional,
            parent=parent,
            shown=parent is None,
            converters=converters or None,
        )
        parts = [entity]
        for name, field in self.plan.fields.items():
            if isinstance(field, One):
                nested = ShapeItem(field.plan, self._source_of(field))
                at = place + len(parts)
                parts += nested._entities(at, (place, name), optional=field.nullable)
        return parts

    def _columns(self) -> list[tuple[str, Fragment]]:
        """The fields that are a column each of the statement."""
        columns = []
        for name, field in self.plan.fields.items():
            if isinstance(field, Many):
                columns.append((name, _array(field, self.source)))
            elif not isinstance(field, One):
                columns.append((name, self._moved(field)))
        return columns

    def _ones(self) -> list[ShapeItem]:
        fields = self.plan.fields.values()
        return [
            ShapeItem(field.plan, self._source_of(field))
            for field in fields
            if isinstance(field, One)
        ]

    def _source_of(self, field: One) -> TableSource:
        """The joined source, beginning at this item's."""
        return _rebased(field.way._source, self.plan.table.source, self.source)

    def _moved(self, expression: Expr[Any, Any]) -> Fragment:
        """A column of the model as a column of this item's source."""
        definition = getattr(expression, "definition", None)
        if definition is not None and self.source is not self.plan.table.source:
            source = _rebased(expression.source, self.plan.table.source, self.source)  # type: ignore[attr-defined]
            moved: Fragment = source.model.__table__.expression_of(source, definition.attribute)
            return moved
        return expression


def _rebased(source: TableSource, old: TableSource, new: TableSource) -> TableSource:
    """The way from `old` to `source`, beginning at `new`."""
    if source is old:
        return new
    assert source.parent is not None
    assert source.relation is not None
    way = along(_rebased(source.parent, old, new), source.relation)
    rebased = source_of(way)
    assert rebased is not None
    return rebased


def _array(field: Many, source: TableSource) -> Fragment:
    """`array(select row(…) from …)`: the rows of a to-many relation as one value."""
    related = field.related.seen_from(source)
    target = related.inner_source()
    item = ShapeItem(field.plan, target)
    inner = item.output(None)
    row: list[Any] = []
    for fragment in inner:
        row += [", ", fragment]
    rows = Select.of_fragment(Fragment("row(", *row[1:], ")"), target)
    own: tuple[Any, ...] = related.conditions
    order: Any = related.order or order_of(related.relation, target)
    rows = rows.where(related.joins_parent(target), *own).order_by(*order)
    return Fragment("array", rows._with(limit_=related.limit_), level=LIST)


def _reader(field: Any) -> Callable[[Any], Any] | None:
    """What makes a decoded value the field's, where that is not the value itself."""
    if isinstance(field, Many):
        make, _ = _maker(field.plan, 0)
        return lambda rows: [make(row) for row in rows]
    type_ = getattr(field, "_type", None)
    return None if type_ is None else type_.read


def _maker(plan: Plan, first: int) -> tuple[Callable[[Any], Any], int]:
    """What makes a shape of a row, from its value `first` on; and where the next begins."""
    columns = [(name, f) for name, f in plan.fields.items() if not isinstance(f, One)]
    names: dict[str, Any] = {"blank": plan.layout.blank}
    body = ["def make(row):", " made = blank()"]
    for place, (name, field) in enumerate(columns, first):
        read = _reader(field)
        value = f"row[{place}]"
        if read is not None:
            names[f"read_{name}"] = read
            value = f"None if {value} is None else read_{name}({value})"
        body.append(f" made.{name} = {value}")
    after = first + len(columns)
    for name, field in plan.fields.items():
        if isinstance(field, One):
            begin = after
            names[f"make_{name}"], after = _maker(field.plan, begin)
            missing = f"None if all(it is None for it in row[{begin}:{after}]) else "
            body.append(f" made.{name} = {missing if field.nullable else ''}make_{name}(row)")
    body.append(" return made")
    exec(compile("\n".join(body), f"<maker of {plan.shape.__name__}>", "exec"), names)  # noqa: S102
    make: Callable[[Any], Any] = names["make"]
    return make, after
