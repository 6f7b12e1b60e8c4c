"""What is known of a model's table: columns, key, relations, and the source that statements name.

No IO. Made with the model, filled in when it is first used.
"""

from __future__ import annotations

import datetime as dt
import functools
import threading
import types as python_types
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Union, get_args, get_origin

from howdah._native import Layout, Source
from howdah._native import quote_identifier as quoted
from howdah.errors import ProgrammingError
from howdah.orm import _annotations
from howdah.orm._types import SqlType, column_type
from howdah.orm.columns import ColumnDefinition, ColumnOptions
from howdah.orm.expressions import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from howdah._native import Compiled
    from howdah.orm.models import Field, Model
    from howdah.orm.relations import RelationOptions


@dataclass(frozen=True)
class Relation:
    """How the objects of one model lead to those of another."""

    name: str
    model: type[Model]
    target: type[Model]
    many: bool
    nullable: bool
    local: str
    """The attribute of this model that is compared …"""
    remote: str
    """… with this one: of the target, or of the table between."""
    between: type[Model] | None = None
    onward: str | None = None
    """Of the table between, the attribute that names the target."""
    target_key: str | None = None
    """The target's attribute that `onward` names."""
    back: str | None = None
    """The relation of the target that leads back."""
    order_by: Any = None
    beside: tuple[str, str] | None = None
    """Two attributes more that are compared: the columns by which both tables are distributed."""

    @property
    def here(self) -> tuple[str, ...]:
        """All attributes of this model that are compared, in the order of `there`."""
        return (self.local,) if self.beside is None else (self.beside[0], self.local)

    @property
    def there(self) -> tuple[str, ...]:
        """The attributes of the other table that they are compared with."""
        return (self.remote,) if self.beside is None else (self.beside[1], self.remote)


class TableSource(Source):
    """A model's table in a statement: itself, an alias, or joined along a relation."""

    __slots__ = ("joins", "model", "parent", "relation")
    model: type[Model]
    joins: dict[str, TableSource]
    """Those that relations lead to from here, one for each relation."""
    parent: TableSource | None
    """Where the relation began that led here."""
    relation: Relation | None

    @classmethod
    def of(
        cls,
        model: type[Model],
        label: str,
        table: str | None,
        *,
        alias: bool = False,
        content: object = None,
        parent: TableSource | None = None,
        relation: Relation | None = None,
    ) -> TableSource:
        """A source with the columns of the model's table; `content` where that is a subquery."""
        source = cls(label, table=table, content=content, alias=alias)
        source.model = model
        source.joins = {}
        source.parent = parent
        source.relation = relation
        return source


class Table:
    """The table of a model. `Model.__table__`."""

    made: ClassVar[int] = 0
    """How many there are, or were."""

    def __init__(
        self,
        model: type[Model],
        name: str,
        schema: str | None,
        fields: dict[str, Field],
        options: dict[str, Any],
    ) -> None:
        self.model = model
        self.name = name
        self.schema = schema
        self.comment: str | None = options.pop("comment", None)
        self.declared: Sequence[Any] = options.pop("declare", ())
        self.options = options
        self._fields = fields
        self._key: tuple[str, ...] | None = options.pop("primary_key", None)
        self._lock = threading.RLock()
        self._columns: dict[str, ColumnDefinition] | None = None
        self._relations: dict[str, Relation] = {}
        self._expressions: dict[str, Any] = {}
        self.distribution: str | None = options.get("distribute_by")
        """The attribute by which the rows are distributed over shards, if they are."""
        self.by_key: Compiled | None = None
        """The statement that fetches one object, once it was needed."""
        self.sql_name = ".".join(quoted(part) for part in (schema, name) if part)
        self.source = TableSource.of(model, name, self.sql_name)
        columns = [name for name, field in fields.items() if field.kind == "Col"]
        relations = [name for name, field in fields.items() if field.kind != "Col"]
        self.column_names = tuple(columns)
        self.relation_names = tuple(relations)
        # `select` of the model, kept by it
        self.whole: Any = None
        self.layout = Layout(model, columns, relations)
        if self.distribution is not None and self.distribution not in columns:
            raise ProgrammingError(
                f"`{model.__name__}` is distributed by `{self.distribution}`, which is no column",
                hint="it has " + ", ".join(columns),
            )

    @classmethod
    def of_model(
        cls,
        model: type[Model],
        name: str,
        schema: str | None,
        fields: dict[str, Field],
        options: dict[str, Any],
    ) -> None:
        """Give a new model its table."""
        model.__table__ = cls(model, name, schema, fields, options)
        Table.made += 1

    @property
    def columns(self) -> dict[str, ColumnDefinition]:
        """The columns by attribute, in order."""
        if self._columns is None:
            with self._lock:
                self._columns = {name: self._define(name) for name in self.column_names}
        return self._columns

    @property
    def key(self) -> tuple[str, ...]:
        """The attributes of the primary key; empty if there is none."""
        if self._key is None:
            fields = self._fields
            is_key = lambda name: fields[name].options.primary_key  # noqa: E731
            self._key = tuple(filter(is_key, self.column_names))
        return self._key

    @property
    def version(self) -> str | None:
        """The attribute that counts updates, from `version()`."""
        fields = self._fields
        return next((name for name in self.column_names if fields[name].options.version), None)

    @functools.cached_property
    def binds_key(self) -> bool:
        """Whether a value of the key is another for the driver: an enum's."""
        return any(self.columns[name].type.bind is not None for name in self.key)

    def refuse_writing(self) -> None:
        """Raise `ProgrammingError` where the rows are those of a view, which are computed."""
        if "view" in self.options and not self.options.get("updatable"):
            kind = "materialized view" if self.options.get("materialized") else "view"
            raise ProgrammingError(
                f"`{self.model.__name__}` is a {kind}: its rows are computed, not written",
                hint="write the tables that it reads"
                if self.options.get("materialized")
                else "write the tables that it reads; a view that PostgreSQL or a trigger lets be "
                "written says `updatable=True`",
            )

    def refuse_spread(self, what: str, hint: str) -> None:
        """Raise `ProgrammingError` where rows lie on several servers, which cannot do this."""
        if self.distribution is not None:
            raise ProgrammingError(
                f"`{self.model.__name__}` is distributed by `{self.distribution}`: {what}",
                hint=hint,
            )

    def beside(self, attribute: str) -> tuple[str, str] | None:
        """The distribution columns, here and there, that a foreign key of this column takes along.

        Rows of distributed tables refer to rows of their own shard, so the database watches both
        columns together.
        """
        reference = self._fields[attribute].options.reference
        if reference is None or not reference.enforced:
            return None
        mine, theirs = self.distribution, owner_of(reference.column()).__table__.distribution
        if mine is None or theirs is None or mine == attribute:
            return None
        return mine, theirs

    def _define(self, attribute: str) -> ColumnDefinition:
        field = self._fields[attribute]
        options: ColumnOptions = field.options
        where = f"{self.model.__name__}.{attribute}"
        assert field.owner is not None
        python = _annotations.argument(field.annotation, field.owner, where)
        type_, nullable = column_type(python)
        if options.type is not None:
            type_ = type_.named(options.type)
        _refuse_text(options, type_, where)
        name = options.name or attribute
        return ColumnDefinition(attribute, name, type_, nullable, options)

    def expression(self, name: str) -> Any:
        """What `Model.name` is: a column, or the way along a relation."""
        found = self._expressions.get(name)
        if found is None:
            found = self._expressions[name] = self.expression_of(self.source, name)
        return found

    def expression_of(self, source: TableSource, name: str) -> Any:
        """The column or relation of a source that has this table's columns."""
        if name in self.columns:
            definition = self.columns[name]
            return Column.of(source, definition.name, definition, definition.type)
        from howdah.orm import paths

        return paths.along(source, self.relation(name))

    def relation(self, name: str) -> Relation:
        """A relation by its name. Raises `ProgrammingError` where no foreign key makes it."""
        found = self._relations.get(name)
        if found is None:
            with self._lock:
                found = self._relations[name] = _resolve(self, self._fields[name])
        return found

    def loaded(self, instance: Any) -> dict[str, Any]:
        """The columns of an object that have a value."""
        values = {}
        for name in self.column_names:
            slot = vars(self.model)[name]
            try:
                values[name] = slot.__get__(instance)
            except AttributeError:
                continue
        return values

    def references(self) -> dict[str, tuple[type[Model], str]]:
        """The foreign keys of single columns: by attribute, the model and attribute named."""
        found = {}
        for name in self.column_names:
            reference = self._fields[name].options.reference
            if reference is not None:
                column = reference.column()
                found[name] = (owner_of(column), column.definition.attribute)
        return found

    def __repr__(self) -> str:
        return f"<table {self.sql_name}>"


# no text is a value of these: `default="now()"` would be the moment at which the schema was made
_NEVER_TEXT = (bool, int, float, Decimal, dt.date, dt.time, dt.timedelta, uuid.UUID)


def _refuse_text(options: ColumnOptions, type_: SqlType, where: str) -> None:
    """Raise `ProgrammingError` for `default="now()"`, which is a text and no expression."""
    if (
        isinstance(options.default, str)
        and isinstance(type_.python, type)
        and issubclass(type_.python, _NEVER_TEXT)
    ):
        raise ProgrammingError(
            f"`{where}`: the default is the text {options.default!r}, the column holds "
            f"`{type_.python.__name__}`",
            hint='an expression that the database evaluates is `sql("now()")`, with `sql` of '
            "`howdah.orm.schema`",
        )


def owner_of(column: Any) -> Any:
    """The model that a column expression belongs to."""
    model = getattr(getattr(column, "source", None), "model", None)
    if model is None:
        raise ProgrammingError(f"`{column!r}` is no column of a model")
    return model


def _resolve(table: Table, field: Field) -> Relation:
    target, nullable = _target(table, field)
    options: RelationOptions = field.options
    where = f"{table.model.__name__}.{field.name}"
    order = options.order_by() if options.order_by is not None else None
    if options.through is not None:
        return _through(table, field, target, order)
    if options.key is not None:
        key = options.key()
        holder, attribute = owner_of(key), key.definition.attribute
    else:
        holder, attribute = _guess_key(table, field, target, where)
    _, named = holder.__table__.references().get(attribute, (None, None))
    if named is None:
        raise ProgrammingError(f"`{where}`: `{holder.__name__}.{attribute}` is no foreign key")
    beside = holder.__table__.beside(attribute)
    if holder is table.model and not options.many:
        return Relation(
            field.name,
            table.model,
            target,
            many=False,
            nullable=nullable,
            local=attribute,
            remote=named,
            back=_back(target, table.model, attribute),
            beside=beside,
        )
    return Relation(
        field.name,
        table.model,
        target,
        many=options.many,
        nullable=nullable,
        local=named,
        remote=attribute,
        back=_back(target, table.model, attribute),
        order_by=order,
        beside=None if beside is None else (beside[1], beside[0]),
    )


def _target(table: Table, field: Field) -> tuple[Any, bool]:
    where = f"{table.model.__name__}.{field.name}"
    assert field.owner is not None
    annotation = _annotations.argument(field.annotation, field.owner, where)
    members = [annotation]
    if get_origin(annotation) in {Union, python_types.UnionType}:
        members = [it for it in get_args(annotation) if it is not type(None)]
    target = members[0]
    if isinstance(target, str):
        target = field.owner.evaluate(target, where)
    if not hasattr(target, "__table__"):
        raise ProgrammingError(f"`{where}` leads to `{target!r}`, which is no model")
    return target, type(None) in get_args(annotation)


def _guess_key(table: Table, field: Field, target: Any, where: str) -> tuple[Any, str]:
    """The foreign key that makes a relation: by name, or the only one there is."""
    own = [name for name, (model, _) in table.references().items() if model is target]
    theirs = [
        name for name, (model, _) in target.__table__.references().items() if model is table.model
    ]
    if not field.options.many:
        if f"{field.name}_id" in own:
            return table.model, f"{field.name}_id"
        if len(own) == 1:
            return table.model, own[0]
    if len(theirs) == 1 and (field.options.many or not own):
        return target, theirs[0]
    candidates = theirs if field.options.many else [*own, *theirs]
    if not candidates:
        raise ProgrammingError(
            f"`{where}`: no foreign key leads from one of the two models to the other",
            hint=f"declare one: `references(lambda: {table.model.__name__}.…)`",
        )
    raise ProgrammingError(
        f"`{where}` may be made by several foreign keys: {', '.join(candidates)}",
        hint="name one: `many(lambda: Book.author_id)`",
    )


def _through(table: Table, field: Field, target: Any, order: Any) -> Relation:
    between = field.options.through()
    where = f"{table.model.__name__}.{field.name}"
    references = between.__table__.references()
    here = [name for name, (model, _) in references.items() if model is table.model]
    there = [name for name, (model, _) in references.items() if model is target]
    if table.model is target and len(here) == 2:
        here, there = [here[0]], [here[1]]
    if len(here) != 1 or len(there) != 1:
        raise ProgrammingError(
            f"`{where}`: `{between.__name__}` must have one foreign key to "
            f"`{table.model.__name__}` and one to `{target.__name__}`"
        )
    return Relation(
        field.name,
        table.model,
        target,
        many=True,
        nullable=False,
        local=references[here[0]][1],
        remote=here[0],
        between=between,
        onward=there[0],
        target_key=references[there[0]][1],
        order_by=order,
    )


def _back(target: Any, model: Any, key: str) -> str | None:
    """The relation of `target` that the same foreign key makes, seen from the other side."""
    for name in target.__table__.relation_names:
        field = target.__table__._fields[name]
        if field.options.through is not None:
            continue
        other, _ = _target(target.__table__, field)
        if other is not model:
            continue
        if field.options.key is not None:
            column = field.options.key()
            if column.definition.attribute == key:
                return str(name)
            continue
        try:
            _, attribute = _guess_key(target.__table__, field, model, "")
        except ProgrammingError:
            continue
        if attribute == key:
            return str(name)
    return None
