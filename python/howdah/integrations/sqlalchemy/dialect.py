"""The two dialects: what SQLAlchemy asks of a driver, answered with howdah's connections.

IO happens in the connections. Made by SQLAlchemy when an engine is. Invariant: transactions begin
with the first statement that runs on a connection, by its cursor, with the modes that were set.
"""

from __future__ import annotations

import itertools
import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import util
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect, PGExecutionContext
from sqlalchemy.engine.characteristics import ConnectionCharacteristic
from sqlalchemy.sql import sqltypes

from howdah.integrations.sqlalchemy import adapters
from howdah.integrations.sqlalchemy.types import COLSPECS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from sqlalchemy.engine import URL
    from sqlalchemy.engine.interfaces import ConnectArgsType, IsolationLevel

    from howdah.errors import Diagnostic

logger = logging.getLogger("sqlalchemy.dialects.postgresql")

_CURSOR_NUMBERS = itertools.count(1)

_ISOLATION_LEVELS: tuple[IsolationLevel, ...] = (
    "AUTOCOMMIT",
    "READ COMMITTED",
    "READ UNCOMMITTED",
    "REPEATABLE READ",
    "SERIALIZABLE",
)


class _ExecutionContext(PGExecutionContext):
    def create_server_side_cursor(self) -> Any:
        return self._dbapi_connection.cursor(f"howdah_sqlalchemy_{next(_CURSOR_NUMBERS)}")


class _Compiler(PGCompiler):
    def render_bind_cast(self, type_: Any, dbapi_type: Any, sqltext: str) -> str:
        if isinstance(dbapi_type, sqltypes.Numeric) and dbapi_type.precision is not None:
            # `$1::NUMERIC(10, 2)` would round the value before it is compared or stored
            dbapi_type = _NUMERIC
        cast: str = super().render_bind_cast(type_, dbapi_type, sqltext)  # type: ignore[no-untyped-call]
        return cast


_NUMERIC: sqltypes.Numeric[Any] = sqltypes.Numeric()


class _ReadOnly(ConnectionCharacteristic):
    """`postgresql_readonly`; what is reset is again the server's default, also on a replica."""

    transactional = True

    def reset_characteristic(self, dialect: Any, dbapi_conn: Any) -> None:
        dialect.set_readonly(dbapi_conn, None)

    def set_characteristic(self, dialect: Any, dbapi_conn: Any, value: bool) -> None:
        dialect.set_readonly(dbapi_conn, value)

    def get_characteristic(self, dialect: Any, dbapi_conn: Any) -> Any:
        return dialect.get_readonly(dbapi_conn)


class _Deferrable(ConnectionCharacteristic):
    """`postgresql_deferrable`."""

    transactional = True

    def reset_characteristic(self, dialect: Any, dbapi_conn: Any) -> None:
        dialect.set_deferrable(dbapi_conn, None)

    def set_characteristic(self, dialect: Any, dbapi_conn: Any, value: bool) -> None:
        dialect.set_deferrable(dbapi_conn, value)

    def get_characteristic(self, dialect: Any, dbapi_conn: Any) -> Any:
        return dialect.get_deferrable(dbapi_conn)


class HowdahDialect(PGDialect):
    """`postgresql+howdah://` for `create_engine`.

    Arguments of `create_engine` are those of SQLAlchemy's other PostgreSQL dialects:
    `json_serializer`, `json_deserializer`, `native_inet_types`, `isolation_level`. What follows
    `?` in the URL, and `connect_args`, are options of `howdah.connect`.
    """

    driver = "howdah"

    supports_statement_cache = True
    supports_server_side_cursors = True
    supports_sane_multi_rowcount = True
    supports_native_json_serialization = True
    supports_native_json_deserialization = True
    dialect_injects_custom_json_deserializer = True
    default_paramstyle = "pyformat"
    execution_ctx_cls = _ExecutionContext
    statement_compiler = _Compiler

    colspecs = util.update_copy(PGDialect.colspecs, COLSPECS)
    connection_characteristics = PGDialect.connection_characteristics.union(
        {"postgresql_readonly": _ReadOnly(), "postgresql_deferrable": _Deferrable()}
    )

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """The DB-API module: howdah itself."""
        import howdah

        return howdah

    @classmethod
    def get_async_dialect_cls(cls, url: URL) -> type[HowdahAsyncDialect]:
        """What `create_async_engine` takes for the same URL."""
        return HowdahAsyncDialect

    def retrieve_dbapi_version(self, dbapi: Any) -> Any:
        """The version of howdah."""
        return util.parse_version_string(dbapi.__version__)

    def create_connect_args(self, url: URL) -> ConnectArgsType:
        """The arguments of `howdah.connect` for the engine's URL."""
        options: dict[str, Any] = url.translate_connect_args(username="user", database="dbname")
        options.update(url.query)
        hosts, ports = self._split_multihost_from_url(url)
        if hosts:
            options["host"] = ",".join(host or "" for host in hosts)
            if any(ports or ()):
                options["port"] = ",".join(str(port or "") for port in ports or ())
        return [], options

    def on_connect(self) -> Callable[[Any], None]:
        """What is done with each new connection."""
        loads = self._json_deserializer

        def prepare(connection: Any) -> None:
            connection.add_notice_handler(_log_notice)
            if loads is not None:
                connection.set_json_loads(lambda text: loads(text.decode()))

        return prepare

    # --- transactions ---------------------------------------------------------------------------

    def get_isolation_level_values(self, dbapi_connection: Any) -> Sequence[IsolationLevel]:
        """The names that `isolation_level` may have."""
        return _ISOLATION_LEVELS

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        """Set the isolation of the transactions that begin from now on."""
        dbapi_connection.autocommit = level == "AUTOCOMMIT"
        dbapi_connection.isolation_level = None if level == "AUTOCOMMIT" else level.lower()

    def get_isolation_level(self, dbapi_connection: Any) -> IsolationLevel:
        """The isolation of the open transaction, or of the next one."""
        chosen = dbapi_connection.isolation_level
        if chosen is None or dbapi_connection.transaction_status != "idle":
            chosen = self._value(dbapi_connection, "show transaction_isolation")
        level: IsolationLevel = chosen.upper()
        return level

    def detect_autocommit_setting(self, dbapi_connection: Any) -> bool:
        """Whether the connection's statements commit by themselves."""
        return bool(dbapi_connection.autocommit)

    def set_readonly(self, connection: Any, value: bool | None) -> None:
        """Set whether the transactions that begin from now on may not write."""
        connection.read_only = value

    def get_readonly(self, connection: Any) -> Any:
        """What `set_readonly` set."""
        return connection.read_only

    def set_deferrable(self, connection: Any, value: bool | None) -> None:
        """Set whether serializable read-only transactions wait for a safe moment."""
        connection.deferrable = value

    def get_deferrable(self, connection: Any) -> Any:
        """What `set_deferrable` set."""
        return connection.deferrable

    def do_begin_twophase(self, connection: Any, xid: str) -> None:
        """Begin a transaction that can be prepared."""
        connection.connection.dbapi_connection.tpc_begin(xid)

    def do_prepare_twophase(self, connection: Any, xid: str) -> None:
        """Make it ready to be committed by anybody."""
        connection.connection.dbapi_connection.tpc_prepare()

    def do_rollback_twophase(
        self, connection: Any, xid: str, is_prepared: bool = True, recover: bool = False
    ) -> None:
        """Roll back a two-phase transaction; `recover` says that it is not this connection's."""
        self._end_twophase(connection, "tpc_rollback", xid if recover else None)

    def do_commit_twophase(
        self, connection: Any, xid: str, is_prepared: bool = True, recover: bool = False
    ) -> None:
        """Commit a two-phase transaction; `recover` says that it is not this connection's."""
        self._end_twophase(connection, "tpc_commit", xid if recover else None)

    def do_recover_twophase(self, connection: Any) -> list[str]:
        """The ids of the prepared transactions of this database."""
        found = connection.connection.dbapi_connection.tpc_recover()
        return [str(xid) for xid in found]

    def _end_twophase(self, connection: Any, method: str, recovered: str | None) -> None:
        dbapi_connection = connection.connection.dbapi_connection
        if recovered is None:
            getattr(dbapi_connection, method)()
            return
        if dbapi_connection.transaction_status != "idle":
            dbapi_connection.rollback()
        getattr(dbapi_connection, method)(recovered)

    # --- the state of a connection ----------------------------------------------------------------

    def do_ping(self, dbapi_connection: Any) -> bool:
        """One round trip outside of any transaction."""
        self._run(dbapi_connection, ";")
        return True

    def is_disconnect(self, e: Exception, connection: Any, cursor: Any) -> bool:
        """Whether the error ended the connection."""
        if connection is None or not isinstance(e, self.loaded_dbapi.Error):
            return False
        return bool(connection.closed)

    def _run(self, dbapi_connection: Any, command: str) -> None:
        """Run a command that begins no transaction."""
        dbapi_connection.execute(command)

    def _value(self, dbapi_connection: Any, query: str) -> Any:
        """The value of a query that begins no transaction."""
        return dbapi_connection.fetch_value(query)


class HowdahAsyncDialect(HowdahDialect):
    """`postgresql+howdah://` for `create_async_engine`, also `postgresql+howdah_async://`."""

    driver = "howdah_async"
    is_async = True
    has_terminate = True
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        """The DB-API module, with connections that wait in a greenlet."""
        return adapters.AsyncModule()

    def get_driver_connection(self, connection: Any) -> Any:
        """The `howdah.AsyncConnection` of an adapted one."""
        return connection.driver_connection

    def do_terminate(self, dbapi_connection: Any) -> None:
        """Close without waiting for long."""
        dbapi_connection.terminate()

    def _run(self, dbapi_connection: Any, command: str) -> None:
        dbapi_connection.waited("execute", command)

    def _value(self, dbapi_connection: Any, query: str) -> Any:
        return dbapi_connection.waited("fetch_value", query)


def _log_notice(notice: Diagnostic) -> None:
    logger.info("%s: %s", notice.severity, notice.message_primary)
