"""The database wrapper that `ENGINE = "howdah.django"` names.

Waits for the server. Made by Django, one for each alias and thread. Derived from Django's own
PostgreSQL wrapper, so everything about PostgreSQL is as there; what differs here is who
talks to the server. Invariant: nothing here, or in the classes named below, calls psycopg, be it
installed or not.
"""

from typing import Any, ClassVar, cast
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base as postgresql
from django.db.backends.postgresql.psycopg_any import RANGE_TYPES, IsolationLevel
from django.utils.asyncio import async_unsafe

import howdah
from howdah.django.connection import Connection, connect
from howdah.django.creation import DatabaseCreation
from howdah.django.cursors import BindingCursor, Cursor
from howdah.django.features import DatabaseFeatures
from howdah.django.operations import DatabaseOperations
from howdah.django.pools import Pool, make_pool
from howdah.django.results import Conversions
from howdah.django.schema import DatabaseSchemaEditor

_NOT_FOR_CONNECT = ("assume_role", "isolation_level", "pool", "server_side_binding")
_MEANINGLESS = ("client_encoding", "prepare_threshold")
"""Options of psycopg's that say what is so here: UTF-8, and no statement that stays prepared."""


class DatabaseWrapper(postgresql.DatabaseWrapper):
    """Django's connection to a PostgreSQL database, by howdah."""

    Database = howdah
    SchemaEditorClass = DatabaseSchemaEditor
    creation_class = DatabaseCreation
    features_class = DatabaseFeatures
    ops_class = DatabaseOperations
    connection: Any
    _connection_pools: ClassVar[dict[str, Pool]] = {}

    @property
    def pool(self) -> Pool | None:
        """The pool of this alias, made when first asked for; None without the option."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        if self.alias not in self._connection_pools:
            if self.settings_dict.get("CONN_MAX_AGE", 0) != 0:
                raise ImproperlyConfigured("Pooling doesn't support persistent connections.")
            made = make_pool(
                {} if options is True else options,
                self._connect_options(self.get_connection_params()),
                self._configure_connection,
                check=self.settings_dict["CONN_HEALTH_CHECKS"],
            )
            # Threads may make one each; the first wins, the others have opened nothing.
            self._connection_pools.setdefault(self.alias, made)
        return self._connection_pools[self.alias]

    def close_pool(self) -> None:
        """Close the pool's idle connections; those in use are closed when they are returned."""
        pool = self._connection_pools.pop(self.alias, None)
        if pool is not None:
            pool.close(timeout=0)

    def get_connection_params(self) -> dict[str, Any]:
        """The options of `howdah.connect`, and `cursor_factory`."""
        params: dict[str, Any] = super().get_connection_params()
        own_cursor = self.settings_dict["OPTIONS"].get("cursor_factory")
        binding = self.settings_dict["OPTIONS"].get("server_side_binding") is True
        params["cursor_factory"] = own_cursor or (BindingCursor if binding else Cursor)
        for name in ("context", *_NOT_FOR_CONNECT, *_MEANINGLESS):
            params.pop(name, None)
        return params

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """Connect, or take a connection from the pool."""
        chosen = self._isolation_level()
        pool = self.pool
        if pool is not None:
            connection = cast("Connection", pool.acquire())
            connection.pool = pool
        else:
            connection = connect(**self._connect_options(conn_params))
        connection.cursor_factory = conn_params["cursor_factory"]
        connection.isolation_level = chosen
        connection.conversions = self._conversions
        return connection

    @async_unsafe
    def create_cursor(self, name: str | None = None) -> Any:
        """A cursor; one with a name leaves its rows in the server."""
        connection = self.connection
        if connection.conversions is not self._conversions:
            connection.conversions = self._conversions
        if name is None:
            return connection.cursor()
        # Without a transaction it must outlive the statement that declares it.
        return connection.cursor(name, scrollable=False, withhold=connection.autocommit)

    def is_usable(self) -> bool:
        """Whether the server answers."""
        if self.connection is None:
            return False
        try:
            self.connection.execute("select 1")
        except howdah.Error:
            return False
        return True

    def _close(self) -> None:
        connection = self.connection
        if connection is None:
            return
        with self.wrap_database_errors:
            if connection.pool is None:
                connection.close()
            else:
                connection.pool.release(connection)
                self.connection = None

    def _isolation_level(self) -> Any:
        """The level to set, None for the session's; tells Django's wrapper which it is."""
        self.isolation_level = IsolationLevel.READ_COMMITTED
        wanted = self.settings_dict["OPTIONS"].get("isolation_level")
        if wanted is None:
            return None
        try:
            self.isolation_level = IsolationLevel(wanted)
        except ValueError:
            raise ImproperlyConfigured(
                f"Invalid transaction isolation level {wanted} specified. "
                "Use one of the psycopg.IsolationLevel values."
            ) from None
        return self.isolation_level

    @staticmethod
    def _connect_options(params: dict[str, Any]) -> dict[str, Any]:
        # Committed one by one: nothing that sets up a connection needs a transaction.
        options = {**params, "autocommit": True}
        del options["cursor_factory"]
        return options

    @property
    def _conversions(self) -> Conversions:
        key = (self.timezone, self.timezone_name)
        known = self.__dict__.get("_known_conversions")
        if known is None or known[0] != key:
            session_zone = ZoneInfo(self.timezone_name)
            known = (key, Conversions(self.timezone, session_zone, RANGE_TYPES[0]))
            self.__dict__["_known_conversions"] = known
        return known[1]
