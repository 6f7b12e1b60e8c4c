"""What declarations have in common, and expressions as the text of definitions.

No IO. A schema is a plain dict here, of the shape that `howdah-schema` (Rust) reads; only what was
said is in it.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from howdah import _native, sql
from howdah._native import Fragment, Param, write_literally
from howdah.errors import ProgrammingError

if TYPE_CHECKING:
    from howdah.orm._types import SqlType
    from howdah.orm.models import Model

Value: TypeAlias = dict[str, Any]
Expression: TypeAlias = str | Fragment | Callable[[Any], Any]


class SchemaObject:
    """Something that `create_all` makes."""

    __slots__ = ()

    def add_to(self, schema: Collector) -> None:
        """Put it into a schema."""
        raise NotImplementedError


class Declared(SchemaObject):
    """Something that a model declares beside its columns."""

    __slots__ = ()

    def add_to(self, schema: Collector) -> None:
        """Refuse: it is made with its model."""
        del schema
        raise ProgrammingError(
            f"`{self!r}` stands in no model", hint="put it into the `declare` of one"
        )

    def add_to_table(self, table: Place) -> None:
        """Put it into the value of a model's table."""
        raise NotImplementedError


class Collector:
    """A schema that is being collected: each object once."""

    def __init__(self, secret: Callable[[str], str | None] = lambda _: None) -> None:
        self.value: Value = {}
        self.secret = secret
        """What stands for a secret: itself where statements are run, else a mask or nothing."""
        self.distributed: list[Place] = []
        """The tables of models with `distribute_by`."""
        self.referred: dict[tuple[str | None, str], type[Model]] = {}
        """Distributed models that foreign keys lead to, by schema and name of the table."""
        self.shards: Any = None
        """The servers for them, if some were given."""
        self._seen: dict[object, object] = {}

    def refer(self, model: type[Model]) -> None:
        """Remember where a foreign key leads to."""
        table = model.__table__
        if table.distribution is not None:
            self.referred[table.schema, table.name] = model

    def add(self, kind: str, value: Value) -> None:
        """Add an object of a kind, such as `tables`."""
        self.value.setdefault(kind, []).append(value)

    def is_new(self, thing: object) -> bool:
        """Whether the object, or an equal one, is met for the first time."""
        try:
            hash(thing)
        except TypeError:
            key: object = id(thing)
        else:
            key = thing  # `typing` hands out equal annotations for one another
        known = key in self._seen
        self._seen[key] = thing
        return not known

    def name_schema(self, schema: str | None) -> None:
        """A schema that objects lie in, which is made if it is not there."""
        known = self.value.setdefault("schemas", [])
        if schema is not None and schema not in [it["name"] for it in known]:
            known.append({"name": schema})


class Place:
    """A model's table that is being written down."""

    def __init__(self, schema: Collector, model: type[Model], value: Value) -> None:
        self.schema = schema
        self.model = model
        self.value = value

    def add(self, kind: str, value: Value) -> None:
        """Add a part of a kind, such as `indexes`."""
        self.value.setdefault(kind, []).append(value)

    def column(self, name: Any) -> str:
        """The name in the database of a column: by attribute, name, or `lambda b: b.title`."""
        if not isinstance(name, str):
            found = name(self.model) if callable(name) and not isinstance(name, Fragment) else name
            name = getattr(found, "name", None)
        columns = self.model.__table__.columns
        if name in columns:
            return columns[name].name
        names = [it.name for it in columns.values()]
        if name not in names:
            raise ProgrammingError(
                f"`{self.model.__name__}` has no column `{name}`", hint="it has " + ", ".join(names)
            )
        return str(name)

    def columns(self, names: Iterable[Any]) -> list[str]:
        """The names in the database of several columns."""
        return [self.column(name) for name in names]

    def expression(self, expression: Any) -> str:
        """An expression of the table's columns as text."""
        return expression_text(expression, self.model)


def expression_text(expression: Any, argument: Any = None) -> str:
    """An expression as it stands in a definition: SQL as it is, values as constants."""
    if isinstance(expression, str):
        return expression
    if not isinstance(expression, Fragment) and callable(expression):
        return expression_text(expression(argument))
    if not isinstance(expression, Fragment):
        raise ProgrammingError(
            f"expected an expression, found `{type(expression).__name__}`",
            hint="SQL as text, or an expression: `lambda book: book.price > 0`",
        )
    return write_literally(expression, literal)


def sql_expression(text: str) -> Any:
    """An expression in SQL, as it is: `col(default=sql("now()"))`.

    Text of the program becomes part of the definition: never put a user's words into it.
    """
    from howdah.orm.expressions import OR, typed

    return typed(None, text, level=OR)


def statement_text(statement: Any) -> str:
    """A statement as it stands in a definition: its values as constants."""
    if isinstance(statement, str):
        return statement.strip().rstrip(";")
    if callable(statement):
        return statement_text(statement())
    fragment, _ = statement._write()
    return write_literally(fragment, literal, qualified=True)


def literal(param: Param) -> str:
    """A value of the program as a constant."""
    text = constant(param.value)
    return f"{text}::{param.cast}" if param.cast and "::" not in text else text


def constant(value: Any) -> str:
    """A Python value as SQL writes it."""
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, dict):
        return str(sql.Literal(json.dumps(value, ensure_ascii=False))) + "::jsonb"
    if isinstance(value, tuple):
        value = list(value)
    return str(sql.Literal(value)).strip()


def default_text(value: Any, type_: SqlType) -> str:
    """The default of a column of this type."""
    if isinstance(value, Fragment):
        return expression_text(value)
    value = type_.bound(value)
    if type_.name in {"json", "jsonb"}:
        text = json.dumps(value, ensure_ascii=False)
        return f"{sql.Literal(text)}::{type_.name}"
    if isinstance(value, list):
        # texts in it would be of type `text`, whatever the column's items are
        return f"{constant(value)}::{type_.name}"
    if type_.name in _RANGES:
        text = _native.encode_value(_RANGES[type_.name], value, 0).decode()
        return f"{sql.Literal(text)}::{type_.name}"
    return constant(value)


# of PostgreSQL 18: `select typname, oid from pg_type where typtype in ('r', 'm')`
_RANGES = {
    "int4range": 3904,
    "numrange": 3906,
    "tsrange": 3908,
    "tstzrange": 3910,
    "daterange": 3912,
    "int8range": 3926,
    "int4multirange": 4451,
    "nummultirange": 4532,
    "tsmultirange": 4533,
    "tstzmultirange": 4534,
    "datemultirange": 4535,
    "int8multirange": 4536,
}


def name_value(name: str, schema: str | None = None) -> Value:
    """A name in a schema. `app.book` is the table `book` of `app`."""
    if schema is None and "." in name:
        schema, _, name = name.partition(".")
    return {"name": name} if schema is None else {"schema": schema, "name": name}


def said(**fields: Any) -> Value:
    """What was said: fields that are None, False or empty are left out."""
    return {
        name: value for name, value in fields.items() if value not in (None, False, [], {}, "", ())
    }


def foreign_value(server: str | None, options: Mapping[str, Any] | None) -> Value | None:
    """Where the rows of a foreign table lie."""
    if server is None:
        return None
    return said(server=server, options={name: str(it) for name, it in (options or {}).items()})
