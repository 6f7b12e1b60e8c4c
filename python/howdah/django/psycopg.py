"""What Django's PostgreSQL modules see as `psycopg` where it is not installed.

No IO. Loaded by `_imports`. Only what those modules name when they are imported, or what the
parts of them do that howdah's backend keeps. The classes that Django derives adapters from are
empty: howdah's cursors know Django's types themselves.
"""

from enum import IntEnum
from types import SimpleNamespace
from typing import Any, Final

from howdah import errors
from howdah import types as howdah_types
from howdah.django import cursors, literals
from howdah.errors import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)

__all__ = [
    "ClientCursor",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "IsolationLevel",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "ServerCursor",
    "adapt",
    "adapters",
    "client_cursor",
    "errors",
    "postgres",
    "pq",
    "sql",
    "types",
]

__version__: Final = "3.2.0"
"""The psycopg whose ways Django is to expect."""


class IsolationLevel(IntEnum):
    """The transaction isolation levels that `OPTIONS["isolation_level"]` takes."""

    READ_UNCOMMITTED = 1
    READ_COMMITTED = 2
    REPEATABLE_READ = 3
    SERIALIZABLE = 4


class Types(dict[str, SimpleNamespace]):
    """The types that Django asks for by name; it may register others, which changes nothing."""

    def add(self, _info: object) -> None:
        """Do nothing: howdah asks the server itself about types that it does not know."""


class Adapters:
    """Takes registrations and forgets them."""

    def __init__(self, _base: object = None) -> None:
        self.types = _TYPES
        self.adapters = self

    def get_loader(self, _oid: int, _format: int) -> type:
        """The class that Django's loader of timestamps would ask."""
        return Loader

    def register_loader(self, _name: object, _loader: type) -> None:
        """Do nothing: howdah's cursors know Django's types themselves."""

    register_dumper = register_loader


class Loader:
    """The base of Django's loaders, which are never used."""


class Dumper:
    """The base of Django's dumper of search terms."""

    def __init__(self, _cls: type) -> None:
        """Take the type of value, which is always `str`."""

    def dump(self, obj: str) -> bytes:
        """The text as the server reads it."""
        return obj.encode()

    def quote(self, obj: str) -> bytes:
        """The text as a literal."""
        return literals.quoted(self.dump(obj).decode()).encode()


class TypeInfo:
    """Takes the place of a type that a connection learns of; howdah asks the server itself."""

    def __init__(self, name: str, oid: int, array_oid: int) -> None:
        self.name, self.oid, self.array_oid = name, oid, array_oid

    def register(self, _connection: object) -> None:
        """Do nothing: howdah asks the server itself."""


class ClientCursor(cursors.Cursor):
    """A cursor whose `mogrify` composes a statement without running it."""

    def mogrify(self, query: str, params: literals.Parameters | None = None) -> str:
        """The statement with its parameters as literals."""
        return literals.compose(query, params)


Cursor = cursors.BindingCursor
ServerCursor = cursors.ServerCursor


class _NoMixin:
    """Django adds it to a cursor class that howdah's backend does not use."""


def _quote(value: Any, _connection: object = None) -> str:
    return literals.literal(value)


def _register_hstore(_info: TypeInfo, _connection: object) -> None:
    """Do nothing: a `dict` is an hstore already."""


# OIDs of built-in types never change: src/include/catalog/pg_type.dat of PostgreSQL 18.
_TYPES: Final = Types(
    timestamptz=SimpleNamespace(oid=1184),
    tsrange=SimpleNamespace(oid=3908),
    tstzrange=SimpleNamespace(oid=3910),
)
adapters: Final = Adapters()
adapt: Final = SimpleNamespace(AdaptersMap=Adapters, Dumper=Dumper, Loader=Loader)
client_cursor: Final = SimpleNamespace(ClientCursorMixin=_NoMixin)
postgres: Final = SimpleNamespace(types=_TYPES)
pq: Final = SimpleNamespace(Format=SimpleNamespace(TEXT=0, BINARY=1))
sql: Final = SimpleNamespace(quote=_quote)
types: Final = SimpleNamespace(
    TypeInfo=TypeInfo,
    datetime=SimpleNamespace(TimestamptzLoader=Loader),
    hstore=SimpleNamespace(register_hstore=_register_hstore),
    json=SimpleNamespace(Jsonb=literals.Jsonb),
    numeric=SimpleNamespace(Int2=literals.Int2, Int4=literals.Int4, Int8=literals.Int8),
    range=SimpleNamespace(Range=howdah_types.Range, RangeDumper=Dumper),
    string=SimpleNamespace(TextLoader=Loader),
)
