"""Which PostgreSQL type a Python type is stored as.

No IO. Called when a model's annotations are read, and for values that stand alone in a statement.
Invariant: whatever is not in the table is refused with its name: nothing is stored as text by
guess.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import functools
import ipaddress
import itertools
import types
import typing
import uuid
from collections.abc import Callable
from typing import Any, Union, get_args, get_origin

from howdah import types as values
from howdah._native import quote_identifier
from howdah.errors import ProgrammingError

Convert = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True, slots=True)
class SqlType:
    """A type of PostgreSQL with what its values are in Python."""

    name: str
    """As SQL writes it: `bigint`, `timestamp with time zone[]`, `"app"."mood"`."""
    python: object
    """The class of its values; the item's, for arrays, is in `item`."""
    bind: Convert | None = None
    """Makes a value what the driver takes, where that is not the value itself."""
    read: Convert | None = None
    """Makes what the driver gives a value, where that is not the value itself."""
    item: SqlType | None = None
    """Of an array, the type of its items."""
    enum: type[enum.Enum] | None = None
    """Of a native enum, its class."""
    declared: object = None
    """The domain, composite type … that a model names it by."""
    serial: int = dataclasses.field(default_factory=itertools.count(1).__next__, compare=False)
    """Tells apart types that are read differently."""

    def array(self) -> SqlType:
        """The array of this type; of an array itself, as PostgreSQL has it."""
        return self if self.item is not None else _array_of(self)

    def bound(self, value: Any) -> Any:
        """A value as the driver takes it. None is null in every type."""
        return value if value is None or self.bind is None else self.bind(value)

    def named(self, name: str) -> SqlType:
        """The same values under another type of PostgreSQL: `varchar(40)` for `str`."""
        return dataclasses.replace(self, name=name)


@functools.cache
def _array_of(item: SqlType) -> SqlType:
    return SqlType(
        f"{item.name}[]",
        list,
        bind=None if item.bind is None else _each(item.bind),
        read=None if item.read is None else _each(item.read),
        item=item,
    )


def _each(convert: Convert) -> Convert:
    def all_of(items: Any) -> Any:
        if isinstance(items, list | tuple):
            return [all_of(item) for item in items]
        return None if items is None else convert(items)

    return all_of


class _SearchText(str):
    """A text of full-text search, as PostgreSQL prints it."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from howdah.types._validation import text_schema

        return text_schema(source, handler)


class TsVector(_SearchText):
    """The words of a text, for full-text search: `Col[TsVector]`. As PostgreSQL prints it."""

    __slots__ = ()


class TsQuery(_SearchText):
    """What is searched for, as PostgreSQL prints it."""

    __slots__ = ()


_BUILT_IN: dict[object, str] = {
    TsVector: "tsvector",
    TsQuery: "tsquery",
    bool: "boolean",
    int: "bigint",
    float: "double precision",
    str: "text",
    bytes: "bytea",
    decimal.Decimal: "numeric",
    dt.datetime: "timestamp with time zone",
    dt.date: "date",
    dt.time: "time without time zone",
    dt.timedelta: "interval",
    uuid.UUID: "uuid",
    dict: "jsonb",
    ipaddress.IPv4Address: "inet",
    ipaddress.IPv6Address: "inet",
    ipaddress.IPv4Interface: "inet",
    ipaddress.IPv6Interface: "inet",
    ipaddress.IPv4Network: "cidr",
    ipaddress.IPv6Network: "cidr",
    Any: "jsonb",
}
_RANGES = {
    "bigint": "int8range",
    "numeric": "numrange",
    "date": "daterange",
    "timestamp with time zone": "tstzrange",
}


def column_type(annotation: object) -> tuple[SqlType, bool]:
    """The type of `Col[annotation]`, and whether it can be null.

    Raises `ProgrammingError` for a Python type without a type of PostgreSQL.
    """
    members = [annotation]
    if get_origin(annotation) in {Union, types.UnionType}:
        members = [member for member in get_args(annotation) if member is not type(None)]
    is_nullable = type(None) in get_args(annotation)
    if len(members) != 1:
        raise _unknown(annotation)
    return sql_type(members[0]), is_nullable


def sql_type(python: object) -> SqlType:
    """The type that values of the Python type are stored as.

    >>> sql_type(int).name, sql_type(list[str]).name
    ('bigint', 'text[]')
    """
    known = _KNOWN.get(python)
    if known is None:
        known = _KNOWN[python] = _make_type(python)
    return known


_KNOWN: dict[object, SqlType] = {}


def _make_type(python: object) -> SqlType:  # noqa: PLR0911 (a table of kinds)
    origin, arguments = get_origin(python), get_args(python)
    if origin is typing.Annotated:
        return _annotated(arguments)
    if origin in {list, tuple, typing.Sequence} and arguments:
        return sql_type(arguments[0]).array()
    if origin is values.Range or python is values.Range:
        return _range(python, arguments, "range")
    if origin is values.Multirange:
        return _range(python, arguments, "multirange")
    if origin is dict:
        return SqlType("jsonb", dict)
    if python is Any:
        # a `str` would be taken for the text of the json
        return SqlType("jsonb", Any, bind=values.Json)
    if python in _BUILT_IN:
        return SqlType(_BUILT_IN[python], python)
    if isinstance(python, type):
        return _class(python)
    raise _unknown(python)


def _annotated(arguments: tuple[Any, ...]) -> SqlType:
    """`Annotated[str, "varchar(40)"]`: the first text names the type, or a declared object does."""
    python, *notes = arguments
    for note in notes:
        if isinstance(note, str):
            return sql_type(python).named(note)
        if hasattr(note, "sql_name"):
            return _named_by(python, note)
    return sql_type(python)


def _named_by(python: Any, declared: Any) -> SqlType:
    """A type that was declared: `Annotated[str, domain("email", "text")]`."""
    try:
        found = sql_type(python)
    except ProgrammingError:
        found = SqlType(declared.sql_name, python)  # the driver knows it by its name
    return dataclasses.replace(found, name=declared.sql_name, declared=declared)


def _range(python: object, arguments: tuple[Any, ...], kind: str) -> SqlType:
    if not arguments:
        raise _unknown(python)
    bounds = sql_type(arguments[0]).name
    if bounds not in _RANGES:
        raise _unknown(python)
    return SqlType(_RANGES[bounds].replace("range", kind), get_origin(python))


def _class(python: type) -> SqlType:
    if issubclass(python, enum.Enum):
        return enum_type(python)
    if dataclasses.is_dataclass(python):
        return _json_of(python)
    if hasattr(python, "model_validate") and hasattr(python, "model_dump"):
        return SqlType("jsonb", python, bind=_dump_pydantic, read=python.model_validate)
    for known, name in _BUILT_IN.items():
        if isinstance(known, type) and issubclass(python, known):
            return SqlType(name, python)
    raise _unknown(python)


def enum_type(python: type[enum.Enum]) -> SqlType:
    """A native enum: its labels are the values of the members, which must be texts."""
    odd = [member.name for member in python if not isinstance(member.value, str)]
    if odd:
        raise ProgrammingError(
            f"`{python.__name__}.{odd[0]}` has no text as its value",
            hint="the labels of an enum in PostgreSQL are texts",
        )
    parts = (getattr(python, "__pg_schema__", None), enum_name(python))
    name = ".".join(quote_identifier(part) for part in parts if part)
    return SqlType(name, python, bind=_label, read=python, enum=python)


def enum_name(python: type[enum.Enum]) -> str:
    """The type's name: `__pg_name__` of the class, or its own in snake case."""
    return getattr(python, "__pg_name__", None) or snake_case(python.__name__)


def _label(member: Any) -> Any:
    return member.value if isinstance(member, enum.Enum) else member


def _dump_pydantic(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def _json_of(python: type) -> SqlType:
    from howdah.orm._json import dump_dataclass, loader

    return SqlType("jsonb", python, bind=dump_dataclass, read=loader(python))


def _unknown(python: object) -> ProgrammingError:
    name = python.__name__ if isinstance(python, type) else str(python)
    return ProgrammingError(
        f"`{name}` is stored as no type of PostgreSQL",
        hint='name one: `Col[Annotated[…, "typename"]]`, or a dataclass for jsonb',
    )


def snake_case(name: str) -> str:
    """The name of a class as a name in the database.

    >>> snake_case("QuestionTag"), snake_case("HTTPLog")
    ('question_tag', 'http_log')
    """
    written = ""
    for place, letter in enumerate(name):
        before, after = name[place - 1 : place], name[place + 1 : place + 2]
        starts_word = letter.isupper() and (
            before.islower() or before.isdigit() or (before.isupper() and after.islower())
        )
        written += f"_{letter}" if starts_word else letter
    return written.lower()
