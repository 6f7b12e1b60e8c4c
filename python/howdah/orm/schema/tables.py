"""A model as the schema's value has it. No IO."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from howdah._native import Fragment
from howdah.errors import ProgrammingError
from howdah.orm._types import enum_name
from howdah.orm.schema.access import grant_value
from howdah.orm.schema.base import (
    Collector,
    Declared,
    Place,
    SchemaObject,
    Value,
    default_text,
    expression_text,
    foreign_value,
    name_value,
    said,
    statement_text,
)
from howdah.orm.schema.constraints import deferral
from howdah.orm.schema.indexes import options_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from howdah.orm._types import SqlType
    from howdah.orm.columns import ColumnDefinition, Identity
    from howdah.orm.models import Model
    from howdah.orm.tables import Table

_TABLE_OPTIONS = {
    "with_", "unlogged", "tablespace", "inherits", "was", "replica_identity", "row_security",
    "server", "server_options", "distribute_by",
}  # fmt: skip
_VIEW_OPTIONS = {"view", "materialized", "with_", "with_data", "depends_on", "updatable"}


def add_model(schema: Collector, model: type[Model]) -> None:
    """Put a model's table or view into a schema, with the types that its columns have."""
    table = model.__table__
    schema.name_schema(table.schema)
    is_view = "view" in table.options
    known = _VIEW_OPTIONS if is_view else _TABLE_OPTIONS
    unknown = [name for name in table.options if name not in known]
    if unknown:
        raise ProgrammingError(
            f"`{model.__name__}` is made with the unknown keyword `{unknown[0]}`",
            hint="known are " + ", ".join(sorted(known)),
        )
    for definition in table.columns.values():
        _add_type(schema, definition.type)
    if is_view:
        _add_view(schema, model)
    else:
        _add_table(schema, model)


def is_enum(thing: object) -> bool:
    """Whether it is a class of labels."""
    return isinstance(thing, type) and issubclass(thing, enum.Enum)


def add_enum(schema: Collector, python: type[enum.Enum]) -> None:
    """Put a native enum into a schema."""
    if not schema.is_new(python):
        return
    home = getattr(python, "__pg_schema__", None)
    schema.name_schema(home)
    value = said(
        name=name_value(enum_name(python), home), comment=getattr(python, "__pg_comment__", None)
    )
    value["labels"] = [member.value for member in python]
    grants = getattr(python, "__pg_grants__", None)
    if grants is not None:
        value["grants"] = [grant_value(it) for it in grants]
    schema.add("enums", value)


def _add_type(schema: Collector, type_: SqlType) -> None:
    if type_.item is not None:
        _add_type(schema, type_.item)
    if type_.enum is not None:
        add_enum(schema, type_.enum)
    declared = type_.declared
    if isinstance(declared, SchemaObject) and schema.is_new(declared):
        declared.add_to(schema)


def _add_table(schema: Collector, model: type[Model]) -> None:
    table = model.__table__
    options = table.options
    row_security = options.get("row_security")
    value = said(
        name=name_value(table.name, table.schema),
        comment=table.comment,
        unlogged=options.get("unlogged"),
        tablespace=options.get("tablespace"),
        replica_identity=options.get("replica_identity"),
        row_security=bool(row_security),
        force_row_security=row_security == "force",
        inherits=[name_value(it) for it in options.get("inherits", ())],
        options=options_value(options.get("with_")),
        foreign=foreign_value(options.get("server"), options.get("server_options")),
        was=options.get("was"),
    )
    schema.add("tables", value)
    place = Place(schema, model, value)
    value["columns"] = [_column(place, it) for it in table.columns.values()]
    _add_key(place, table)
    for definition in table.columns.values():
        _add_of_column(place, definition)
    _add_declared(place, table)
    if options.get("distribute_by") is not None:
        schema.distributed.append(place)


def _add_view(schema: Collector, model: type[Model]) -> None:
    table = model.__table__
    options = table.options
    value = said(
        name=name_value(table.name, table.schema),
        materialized=bool(options.get("materialized")),
        query=statement_text(options["view"]),
        options=options_value(options.get("with_")),
        without_data=not options.get("with_data", True),
        depends_on=[_name_of(it) for it in options.get("depends_on", ())],
        comment=table.comment,
    )
    columns = table.columns.values()
    value["columns"] = [
        said(name=it.name, type=it.type.name, comment=it.options.comment) for it in columns
    ]
    schema.add("views", value)
    _add_declared(Place(schema, model, value), table)


def _name_of(thing: Any) -> Value:
    if isinstance(thing, str):
        return name_value(thing)
    table = thing.__table__
    return name_value(table.name, table.schema)


def _add_declared(place: Place, table: Table) -> None:
    declared: Any = table.declared
    if callable(declared):
        declared = declared(table.model)
    for it in declared:
        if not isinstance(it, Declared):
            raise ProgrammingError(
                f"`{table.model.__name__}` declares `{it!r}`, which belongs to no table",
                hint="give it to `create_all` beside the model",
            )
        it.add_to_table(place)


def _column(place: Place, definition: ColumnDefinition) -> Value:
    options = definition.options
    value = said(
        name=definition.name,
        type=definition.type.name,
        not_null=not definition.nullable,
        collation=options.collation and {"name": options.collation},
        comment=options.comment,
        compression=options.compression,
        storage=options.storage,
        was=options.was,
    )
    if options.has_constant and options.default is not None:
        value["default"] = default_text(options.default, definition.type)
    elif isinstance(options.default, Fragment):
        value["default"] = expression_text(options.default)
    if options.identity is not None:
        value["identity"] = _identity(options.identity)
    if options.generated is not None:
        value["generated"] = said(
            expression=place.expression(options.generated), virtual=not options.stored
        )
    return value


def _identity(it: Identity) -> Value:
    counting = said(
        start=it.start,
        increment=it.increment,
        minimum=it.minimum,
        maximum=it.maximum,
        cache=it.cache,
        cycle=it.cycle,
    )
    return said(always=it.always, options=counting)


def _add_key(place: Place, table: Table) -> None:
    if table.key:
        place.add("constraints", {"kind": "primary_key", "columns": place.columns(table.key)})


def _add_of_column(place: Place, definition: ColumnDefinition) -> None:
    """What the options of a column say beside the column."""
    options, name = definition.options, definition.name
    if options.unique:
        place.add("constraints", {"kind": "unique", "columns": [name]})
    if options.check is not None:
        condition = options.check
        column: Callable[[], Any] = lambda: getattr(place.model, definition.attribute)  # noqa: E731
        text = condition if isinstance(condition, str) else expression_text(condition, column())
        place.add("constraints", {"kind": "check", "expression": text})
    reference = options.reference
    if reference is not None and reference.enforced:
        from howdah.orm.tables import owner_of

        other = reference.column()
        place.schema.refer(owner_of(other))
        table = owner_of(other).__table__
        beside = place.model.__table__.beside(definition.attribute)
        mine = [] if beside is None else [beside[0]]
        theirs = [] if beside is None else [table.columns[beside[1]].name]
        clears = reference.on_delete in {"set null", "set default"}
        foreign_key = said(
            kind="foreign_key",
            name=reference.constraint,
            columns=[*place.columns(mine), name],
            references=name_value(table.name, table.schema),
            referenced_columns=[*theirs, other.name],
            on_delete_columns=[name] if mine and clears else [],
            on_delete=None if reference.on_delete == "no action" else reference.on_delete,
            on_update=None if reference.on_update == "no action" else reference.on_update,
            deferral=deferral(reference.deferrable, reference.initially_deferred),
        )
        place.add("constraints", foreign_key)
    if options.index and not _leads_a_key(place, name):
        place.add("indexes", {"elements": [{"column": name}]})


def _leads_a_key(place: Place, column: str) -> bool:
    """Whether a unique index begins with the column, so that another index of it is of no use."""
    keys = [
        it["columns"]
        for it in place.value["constraints"]
        if it["kind"] in {"primary_key", "unique"}
    ]
    return any(columns[0] == column for columns in keys)
