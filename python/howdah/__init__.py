"""howdah: PostgreSQL for Python programs.

>>> with howdah.connect(url) as conn:
...     conn.fetch_value("select 'hello, ' || $1", "elephant")
'hello, elephant'

Sync: `connect`, `Connection`, `Pool`. asyncio, with the same names awaited: `connect_async`,
`AsyncConnection`, `AsyncPool`. Exceptions: `howdah.errors`. The names of PEP 249 (`paramstyle`,
`STRING`, `Binary`, `Error` …) are here too.
"""

from typing import TYPE_CHECKING, Any, Final

from howdah import errors
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
    Warning,  # noqa: A004 (named by PEP 249)
)

if TYPE_CHECKING:
    from howdah._native import Row
    from howdah._native import version as __version__
    from howdah._session import Notification
    from howdah.async_connection import AsyncConnection, connect_async
    from howdah.async_cursor import AsyncCursor
    from howdah.async_database import AsyncDatabase
    from howdah.async_pipeline import AsyncPending, AsyncPipeline
    from howdah.async_pool import AsyncPool
    from howdah.async_server_cursor import AsyncServerCursor
    from howdah.caching import Cache, CacheStats, cache
    from howdah.connection import Connection, connect
    from howdah.cursor import Cursor
    from howdah.database import Database
    from howdah.dbapi import (
        BINARY,
        DATETIME,
        NUMBER,
        ROWID,
        STRING,
        Binary,
        Date,
        DateFromTicks,
        Time,
        TimeFromTicks,
        Timestamp,
        TimestampFromTicks,
    )
    from howdah.listening import AsyncListening, Listening, Missed, listen, listen_async
    from howdah.pipeline import Pending, Pipeline
    from howdah.pool import Pool
    from howdah.retrying import retry
    from howdah.server_cursor import ServerCursor
    from howdah.two_phase import Xid

apilevel: Final = "2.0"
threadsafety: Final = 2
"""Threads may share the module and connections."""
paramstyle: Final = "pyformat"

__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "AsyncConnection",
    "AsyncCursor",
    "AsyncDatabase",
    "AsyncListening",
    "AsyncPending",
    "AsyncPipeline",
    "AsyncPool",
    "AsyncServerCursor",
    "Binary",
    "Cache",
    "CacheStats",
    "Connection",
    "Cursor",
    "DataError",
    "Database",
    "DatabaseError",
    "Date",
    "DateFromTicks",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "Listening",
    "Missed",
    "NotSupportedError",
    "Notification",
    "OperationalError",
    "Pending",
    "Pipeline",
    "Pool",
    "ProgrammingError",
    "Row",
    "ServerCursor",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "Warning",
    "Xid",
    "__version__",
    "apilevel",
    "cache",
    "connect",
    "connect_async",
    "errors",
    "listen",
    "listen_async",
    "paramstyle",
    "retry",
    "threadsafety",
]

# Loaded when first used: a program pays for the imports of the parts that it needs.
_LAZY: Final = {
    "_native": ("Row",),
    "_session": ("Notification",),
    "async_connection": ("AsyncConnection", "connect_async"),
    "async_cursor": ("AsyncCursor",),
    "async_database": ("AsyncDatabase",),
    "async_pipeline": ("AsyncPending", "AsyncPipeline"),
    "async_pool": ("AsyncPool",),
    "async_server_cursor": ("AsyncServerCursor",),
    "caching": ("Cache", "CacheStats", "cache"),
    "connection": ("Connection", "connect"),
    "cursor": ("Cursor",),
    "database": ("Database",),
    "dbapi": (
        *("BINARY", "DATETIME", "NUMBER", "ROWID", "STRING", "Binary", "Date", "Time"),
        *("DateFromTicks", "TimeFromTicks", "Timestamp", "TimestampFromTicks"),
    ),
    "listening": ("AsyncListening", "Listening", "Missed", "listen", "listen_async"),
    "pipeline": ("Pending", "Pipeline"),
    "pool": ("Pool",),
    "retrying": ("retry",),
    "server_cursor": ("ServerCursor",),
    "two_phase": ("Xid",),
}
_MODULE_OF: Final = {name: module for module, names in _LAZY.items() for name in names}


if not TYPE_CHECKING:  # a type checker sees the names themselves, and typos in them

    def __getattr__(name: str) -> Any:
        from importlib import import_module

        if name == "__version__":
            found = import_module("howdah._native").version
        elif name in _MODULE_OF:
            found = getattr(import_module(f"howdah.{_MODULE_OF[name]}"), name)
        else:
            raise AttributeError(f"module `howdah` has no attribute `{name}`")
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
