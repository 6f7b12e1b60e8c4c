"""The connection that Django's wrapper holds.

Waits for the server. Opened by `howdah.django.base` and `howdah.django.pools`. A
`howdah.Connection` with Django's cursors, and with the few attributes by which Django and
libraries for it look into a psycopg connection.
"""

import datetime as dt
import logging
from typing import TYPE_CHECKING, Any

import howdah
from howdah._connecting import configuration
from howdah.django.cursors import Cursor, ServerCursor
from howdah.django.psycopg import Adapters
from howdah.django.results import DJANGO_CODECS, Conversions
from howdah.errors import InFailedSqlTransaction

if TYPE_CHECKING:
    from howdah import _native
    from howdah.django.pools import Pool

_log = logging.getLogger("howdah.django")
_UTC_AS_IT_COMES = Conversions(dt.UTC, dt.UTC)


class Connection(howdah.Connection):
    """A connection of a Django database alias."""

    cursor_factory: type[Cursor] = Cursor
    conversions: Conversions = _UTC_AS_IT_COMES
    pool: "Pool | None" = None
    """Where it came from, and is to be returned to."""
    _isolation_level: Any = None

    def __init__(self, config: "_native.Config", /) -> None:
        super().__init__(config)
        self._join_codecs(DJANGO_CODECS)
        self.adapters = Adapters()

    @property
    def info(self) -> "ConnectionInfo":
        """What psycopg tells of a connection, under its names."""
        return ConnectionInfo(self)

    def cursor(
        self,
        name: str | None = None,
        *,
        scrollable: bool | None = None,
        withhold: bool = False,
    ) -> Any:
        """A cursor; one with a name leaves its rows in the server."""
        if name is not None:
            return ServerCursor(self, name, scrollable=scrollable, withhold=withhold)
        return self.cursor_factory(self)

    def begin_if_needed(self) -> None:
        """Open a transaction, as the first statement of a cursor does."""
        with self._turn:
            self._begin_for_cursor()

    def commit(self) -> None:
        """Commit the open transaction, if there is one.

        One in which a statement failed is rolled back, and a warning logged: Django, and programs
        written for it, commit such transactions, and know from the statement's error that
        nothing was stored.
        """
        try:
            super().commit()
        except InFailedSqlTransaction:
            _log.warning("a commit became a rollback: a statement in the transaction had failed")

    @property
    def isolation_level(self) -> Any:
        """The member of Django's `IsolationLevel` that was set; None for the session's default."""
        return self._isolation_level

    @isolation_level.setter
    def isolation_level(self, level: Any) -> None:
        name = None if level is None else level.name.replace("_", " ").lower()
        self._check_no_transaction("isolation_level")
        self._choose_modes(self._modes._replace(isolation=name).checked())
        self._isolation_level = level


def connect(*, autocommit: bool = False, **options: object) -> Connection:
    """Connect; the options are those of `howdah.connect`."""
    connection = Connection(configuration(None, options))
    connection.autocommit = autocommit
    return connection


class ConnectionInfo:
    """The attributes of psycopg's `connection.info` that Django and its users read."""

    encoding = "utf-8"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def server_version(self) -> int:
        """As `server_version_num`: 180004 for 18.4."""
        return self._connection.server_version

    @property
    def backend_pid(self) -> int:
        """The process of the session."""
        return self._connection.backend_pid

    @property
    def dbname(self) -> str:
        """The database's name."""
        return self._connection.config.dbname

    @property
    def user(self) -> str:
        """The role that connected."""
        return self._connection.config.user

    @property
    def host(self) -> str:
        """The host's name, or the folder of its socket."""
        hosts = self._connection.config.hosts
        return hosts[0][0] if hosts else ""

    @property
    def port(self) -> int:
        """The port."""
        hosts = self._connection.config.hosts
        return hosts[0][1] if hosts else 0

    def parameter_status(self, name: str) -> str | None:
        """What the server reported of a setting; None for one that it does not report."""
        return self._connection.parameters.get(name)
