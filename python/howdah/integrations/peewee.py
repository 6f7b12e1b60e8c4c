"""peewee's models on howdah: `HowdahDatabase`, and `PooledHowdahDatabase`.

IO happens in `howdah.Connection`. Programs import it; nothing else in howdah does. Invariant: a
model that runs on peewee's `Psycopg3Database` runs on `HowdahDatabase`: the same fields (arrays,
JSON, hstore, full text), introspection, transactions and server-side cursors.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import peewee
from playhouse.pool import _PooledPostgresqlDatabase
from playhouse.postgres_ext import PostgresqlExtDatabase

import howdah
from howdah._connecting import configuration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from howdah._modes import Isolation
    from howdah.server_cursor import ServerCursor

_STATUSES = ("idle", "active", "in_transaction", "failed", "unknown")


def _tell_errors() -> None:
    """Tell peewee which of its errors each of howdah's is.

    It looks at the class and at its first base only, and howdah's tree is deeper: a serialization
    failure would be no `peewee.OperationalError`.
    """
    ours: dict[str, type[Exception]] = peewee.__exception_wrapper__.exceptions  # type: ignore[attr-defined]
    left: list[type[BaseException]] = [howdah.Error]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        known = [it.__name__ for it in kind.__mro__ if it.__name__ in ours]
        if known:
            ours.setdefault(kind.__name__, ours[known[0]])


_tell_errors()


class JsonParameter:
    """A value on its way to a json or jsonb parameter, written by `dumps` (`json.dumps`)."""

    def __init__(self, value: object, dumps: Callable[[Any], str] | None = None) -> None:
        self.value = value
        self.dumps = dumps or json.dumps

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"


class HowdahAdapter(peewee._BasePsycopgAdapter):
    """What peewee asks of a driver for PostgreSQL."""

    isolation_levels = peewee.Psycopg3Adapter.isolation_levels
    txn_idle = _STATUSES.index("idle")
    txn_inerror = _STATUSES.index("failed")
    txn_unknown = _STATUSES.index("unknown")
    json_type = jsonb_type = JsonParameter
    cast_json_case = True

    def check_driver(self) -> None:
        """Nothing to check: this module could not have been imported without howdah."""

    def get_binary_type(self) -> type[bytes]:
        """What a BlobField sends."""
        return bytes

    def connect(self, db: Any, **params: Any) -> _Connection:
        """Connect; `params` are options of `howdah.connect`, `db.database` a name or a URI."""
        uri = db.database if "://" in db.database else None
        if uri is None:
            params.setdefault("dbname", db.database)
        return _Connection(configuration(uri, params))

    def get_server_version(self, conn: howdah.Connection) -> int:
        """As `server_version_num`."""
        return conn.server_version

    def txn_status(self, conn: howdah.Connection) -> int:
        """The transaction's state; what peewee calls unknown is a connection that is gone."""
        return _STATUSES.index("unknown" if conn.closed else conn.transaction_status)

    def rollback(self, conn: howdah.Connection) -> None:
        """Roll back whatever is open."""
        conn.rollback()

    def server_side_cursor(self, conn: howdah.Connection) -> ServerCursor:
        """A named cursor; outside of a transaction, one that the server keeps for it."""
        outside = conn.transaction_status == "idle"
        return conn.cursor(str(uuid.uuid4()), withhold=outside)

    def register_hstore(self, conn: howdah.Connection) -> None:
        """Nothing to register: hstore is a `dict` wherever the extension is."""


class _Connection(howdah.Connection):
    """A connection with the one name of psycopg that peewee calls by itself."""

    def set_isolation_level(self, level: int) -> None:
        """Set the isolation of the transactions to come, by psycopg's number of it."""
        name: Isolation = HowdahAdapter.isolation_levels[level].lower()  # type: ignore[assignment]
        self.isolation_level = name


class HowdahDatabase(PostgresqlExtDatabase):  # type: ignore[misc]
    """A database for peewee's models, in place of `PostgresqlDatabase` and `Psycopg3Database`.

    Takes a name, or a URI (`postgresql://…`), and options of `howdah.connect`; also
    `isolation_level`, `server_side_cursors` and the like as peewee's `PostgresqlExtDatabase` does.

    >>> import peewee
    >>> from howdah.integrations.peewee import HowdahDatabase
    >>> database = HowdahDatabase(url)
    >>> class Animal(peewee.Model):
    ...     name = peewee.TextField()
    ...     class Meta:
    ...         database = database
    >>> with database:
    ...     Animal.create_table()
    ...     Animal.create(name="elephant").id, [animal.name for animal in Animal.select()]
    (1, ['elephant'])
    """

    psycopg2_adapter = HowdahAdapter
    psycopg3_adapter = HowdahAdapter
    # The server takes no parameters in the definition of an index.
    index_value_literals = True

    def execute_sql(
        self, sql: str, params: Sequence[Any] | None = None, named_cursor: bool | None = None
    ) -> Any:
        """Run a statement and answer its cursor."""
        if params:
            params = [
                value.dumps(value.value) if isinstance(value, JsonParameter) else value
                for value in params
            ]
        return super().execute_sql(sql, params or None, named_cursor)


class PooledHowdahDatabase(_PooledPostgresqlDatabase, HowdahDatabase):  # type: ignore[misc]
    """`HowdahDatabase` with peewee's pool: `max_connections`, `stale_timeout`, `timeout`."""
