"""Models: classes whose objects are rows.

No IO. `ModelMeta` makes a class' annotations slots, a constructor, and column expressions.
Annotations are evaluated when the model is first used, so that models may name each other.

Invariant: an object has exactly the slots of its columns and relations. A slot without a value is
*not loaded* (or not given yet): reading it ends in `Model.__getattr__`, reading any other is
CPython's own slot access.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self, dataclass_transform

from howdah._native import Constructor, Instance
from howdah.errors import ProgrammingError
from howdah.orm import _annotations
from howdah.orm._types import snake_case
from howdah.orm.columns import ColumnOptions, col, generated, identity, references, version
from howdah.orm.relating import relate
from howdah.orm.relations import RelationOptions, many, one
from howdah.orm.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_Begins = tuple[str, Any]
"""What a column of a new object begins with: see `Constructor`."""


class _ColumnOfClass:
    """`Question.title`: the column, of whichever model is asked."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, model: Any, meta: type) -> Any:
        return self if model is None else model.__table__.expression(self._name)

    def __set__(self, model: type, value: object) -> None:
        raise AttributeError(f"`{model.__name__}.{self._name}` is a column and cannot be replaced")


@dataclass_transform(
    kw_only_default=True,
    eq_default=False,
    field_specifiers=(col, generated, identity, references, version, one, many),
)
class ModelMeta(type):
    """The class of models. Each has a subclass of its own, which has the column expressions."""

    __table__: Table

    def __new__(
        meta,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        table: str | None = None,
        schema: str | None = None,
        abstract: bool = False,
        **options: Any,
    ) -> Any:
        """Make a model, or with `abstract` what models inherit."""
        annotations = _annotations.of_namespace(namespace)
        declared = _declared(annotations, namespace)
        inherited = _inherited(name, bases)
        fields = {**inherited, **declared}
        is_model = not abstract and bases != (Instance,)
        options = _with_inherited(bases, {"schema": schema, **options})
        namespace["__slots__"] = tuple(fields) if is_model else ()
        namespace["__fields__"] = fields
        for field in declared:
            namespace.pop(field, None)
        namespace["__keywords__"] = options if abstract else {}
        if not is_model:
            return super().__new__(meta, name, bases, namespace)
        schema = options.pop("schema")
        accessors = {field: _ColumnOfClass(field) for field in fields}
        own_meta = type(f"{name}Meta", (meta,), accessors)
        parameters = _parameters(fields)
        namespace["__init__"] = _constructor(name, parameters)
        namespace.setdefault("__match_args__", tuple(fields))
        model: Any = type.__new__(own_meta, name, bases, namespace)
        table_name = table or snake_case(name)
        Table.of_model(model, table_name, schema, fields, options)
        Constructor(model.__table__.layout, parameters, namespace["__init__"]).install()
        _annotations.remember(model)
        return model

    def __init__(
        cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: Any
    ) -> None:
        super().__init__(name, bases, namespace)


class Field:
    """An annotated attribute of a model: its annotation, not evaluated, and its options."""

    __slots__ = ("annotation", "kind", "name", "options", "owner")

    def __init__(self, name: str, annotation: Any, options: Any) -> None:
        self.name = name
        self.annotation = annotation
        self.kind = _annotations.kind_of(annotation)
        self.options = options
        self.owner: _annotations.Namespace | None = None


def _declared(annotations: dict[str, Any], namespace: dict[str, Any]) -> dict[str, Field]:
    """The columns and relations that a class body annotates."""
    fields: dict[str, Field] = {}
    where = _annotations.Namespace.of_caller()
    for name, annotation in annotations.items():
        kind = _annotations.kind_of(annotation)
        options = namespace.get(name)
        if kind is None:
            if isinstance(options, ColumnOptions | RelationOptions):
                raise ProgrammingError(
                    f"`{name}` of `{namespace['__qualname__']}` is annotated `{annotation}`",
                    hint="a column is annotated `Col[…]`, a relation `One[…]` or `Many[…]`",
                )
            continue
        if options is None:
            options = ColumnOptions() if kind == "Col" else RelationOptions(many=kind == "Many")
        field = Field(name, annotation, options)
        field.owner = where
        _check_field(field, namespace["__qualname__"])
        fields[name] = field
    return fields


def _check_field(field: Field, model: str) -> None:
    expected = ColumnOptions if field.kind == "Col" else RelationOptions
    if not isinstance(field.options, expected):
        raise ProgrammingError(
            f"`{model}.{field.name}` is set to `{field.options!r}`",
            hint=f"write `{field.name}: Col[…] = col(default=…)`",
        )
    if field.name.startswith("_"):
        raise ProgrammingError(f"`{model}.{field.name}`: a field's name cannot begin with `_`")


def _inherited(name: str, bases: tuple[type, ...]) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for base in reversed(bases):
        if "__table__" in vars(base):
            raise ProgrammingError(
                f"`{name}` inherits from `{base.__name__}`, which is a table",
                hint="put the columns of both into a class with `abstract=True`; rows of one that "
                "belong to rows of the other are a relation: `references(…, primary_key=True)`",
            )
        _refuse_plain(name, base)
        fields.update(getattr(base, "__fields__", {}))
    return fields


def _refuse_plain(name: str, base: type) -> None:
    """Raise where a class that is no model has columns, which neither we nor checkers would see."""
    for owner in base.__mro__:
        if isinstance(owner, ModelMeta) or owner is Instance:
            continue
        annotations = _annotations.of_namespace(dict(vars(owner)))
        for field, annotation in annotations.items():
            if _annotations.kind_of(annotation) is not None:
                raise ProgrammingError(
                    f"`{name}` inherits `{field}` from `{owner.__name__}`, which is no model",
                    hint=f"`class {owner.__name__}(Model, abstract=True)`",
                )


def _with_inherited(bases: tuple[type, ...], own: dict[str, Any]) -> dict[str, Any]:
    """The keywords of a class with those of its abstract bases; what both declare is added up."""
    keywords: dict[str, Any] = {"schema": None}
    for said in (*(vars(base).get("__keywords__", {}) for base in reversed(bases)), own):
        for name, value in said.items():
            if name == "declare" and name in keywords:
                keywords[name] = _both(keywords[name], value)
            elif name != "schema" or value is not None:
                keywords[name] = value
    return keywords


def _both(inherited: Any, own: Any) -> Any:
    """Two lists of declarations, of which each may be a function of the model."""

    def listed(model: Any) -> list[Any]:
        several = (it(model) if callable(it) else it for it in (inherited, own))
        return [it for some in several for it in some]

    return listed


def _parameters(fields: dict[str, Field]) -> list[tuple[str, _Begins]]:
    """What the constructor takes: each column, and what it begins with where it is not given."""
    columns = [(name, it.options) for name, it in fields.items() if it.kind == "Col"]
    return [(name, _begins_with(options)) for name, options in columns]


def _begins_with(options: ColumnOptions) -> _Begins:
    if options.is_required:
        return "required", None
    if options.has_constant and isinstance(options.default, _IMMUTABLE):
        return "value", options.default
    if options.default_factory is not None:
        return "factory", options.default_factory
    return ("factory", _copier(options.default)) if options.has_constant else ("unset", None)


def _constructor(model: str, parameters: list[tuple[str, _Begins]]) -> Callable[..., None]:
    """`__init__` with a keyword for each column; as dataclasses do, by writing its code.

    It is what type checkers and `inspect` see, and what subclasses' mistakes are told by; what it
    does is done natively, by `Constructor`, where nothing stands in the way.
    """
    required, optional, body = [], [], []
    values: dict[str, Any] = {"_UNSET": _UNSET}
    for name, (kind, default) in parameters:
        if kind == "required":
            required.append(name)
            body.append(f"self.{name} = {name}")
            continue
        values[f"_default_{name}"] = default
        if kind == "value":
            optional.append(f"{name}=_default_{name}")
            body.append(f"self.{name} = {name}")
            continue
        optional.append(f"{name}=_UNSET")
        body.append(f"if {name} is not _UNSET: self.{name} = {name}")
        if kind == "factory":
            body.append(f"else: self.{name} = _default_{name}()")
    keywords = ", ".join(["self", *(["*"] if required or optional else []), *required, *optional])
    code = f"def __init__({keywords}):\n " + "\n ".join(body or ["pass"])
    exec(compile(code, f"<constructor of {model}>", "exec"), values)  # noqa: S102 (as dataclasses do)
    constructor: Callable[..., None] = values["__init__"]
    constructor.__qualname__ = f"{model}.__init__"
    return constructor


_IMMUTABLE = (int, str, bytes, float, bool, type(None), tuple, frozenset)
_UNSET: Any = type("Unset", (), {"__repr__": lambda _: "…"})()


def _copier(value: Any) -> Callable[[], Any]:
    import copy

    return lambda: copy.deepcopy(value)


class Model(Instance, metaclass=ModelMeta):
    """The base of models.

    >>> class Question(howdah.orm.Model):
    ...     id: Col[int] = identity()
    ...     text: Col[str]
    ...     votes: Col[int] = col(default=0)
    >>> Question(text="Why?")
    Question(text='Why?', votes=0)

    Keywords of the class: `table`, `schema`, `abstract` (columns and keywords for its subclasses,
    no table), `comment`, `primary_key` (a tuple of attributes), `distribute_by` (an attribute, for
    rows on several servers), `declare` (a list of what else the table has, from
    `howdah.orm.schema`).
    """

    __slots__ = ()
    __table__: ClassVar[Table]
    __fields__: ClassVar[dict[str, Field]]

    if not TYPE_CHECKING:  # for type checkers there is nothing but what is declared

        def __getattr__(self, name: str) -> Any:
            from howdah.orm import loading

            return loading.missing(self, name)

    def __await__(self) -> Generator[Any, Any, Self]:
        """`await choice.question` gives the object, whether it is loaded already or not."""
        yield from ()  # a generator, as `await` demands, that ends at once
        return self

    def _relate(self, name: str, value: object) -> None:
        """What setting a relation means; called before the slot is written."""
        if name in self.__table__.relation_names:
            relate(self, self.__table__.relation(name), value)

    def __repr__(self) -> str:
        values = self.__table__.loaded(self)
        listed = ", ".join(f"{name}={value!r}" for name, value in values.items())
        return f"{type(self).__name__}({listed})"

    def __reduce__(self) -> Any:
        return _restore, (type(self), self.__table__.loaded(self))

    def __copy__(self) -> Self:
        copied: Self = _restore(type(self), self.__table__.loaded(self))
        return copied


def _restore(model: type[Model], values: dict[str, Any]) -> Any:
    """An object of a model with these values, as `pickle` and `copy` make it: of no database."""
    made = model.__table__.layout.blank()
    for name, value in values.items():
        setattr(made, name, value)
    return made
