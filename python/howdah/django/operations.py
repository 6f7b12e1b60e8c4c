"""How values become parameters, and statements with parameters become text.

No IO.
"""

import ipaddress
from collections.abc import Callable
from typing import Any, ClassVar

from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.backends.postgresql import operations as postgresql

from howdah.django import literals


class DatabaseOperations(postgresql.DatabaseOperations):
    """Django's operations of PostgreSQL, with howdah's types."""

    integerfield_type_map: ClassVar[dict[str, type[int]]] = {
        "SmallIntegerField": literals.Int2,
        "IntegerField": literals.Int4,
        "BigIntegerField": literals.Int8,
        "PositiveSmallIntegerField": literals.Int2,
        "PositiveIntegerField": literals.Int4,
        "PositiveBigIntegerField": literals.Int8,
    }

    def adapt_integerfield_value(self, value: Any, internal_type: str) -> Any:
        """An integer of the field's width."""
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return self.integerfield_type_map[internal_type](value)

    def adapt_ipaddressfield_value(self, value: str | None) -> Any:
        """An address; None for the empty text."""
        return ipaddress.ip_address(value) if value else None

    def adapt_json_value(self, value: Any, encoder: Callable[..., Any] | None) -> literals.Jsonb:
        """A value for a `jsonb`."""
        return literals.Jsonb(value, postgresql.get_json_dumps(encoder))

    def compose_sql(self, sql: str, params: literals.Parameters | None) -> str:
        """The statement with its parameters as literals."""
        return literals.compose(sql, params)

    def last_executed_query(
        self, cursor: Any, sql: str, params: literals.Parameters | None
    ) -> str | None:
        """What the server was sent, for the log."""
        if self.connection.features.uses_server_side_binding:
            return literals.compose(sql, params)
        sent: str | None = cursor.last_query
        if sent is None:  # nothing was sent: the parameters do not fit
            sent = BaseDatabaseOperations.last_executed_query(self, cursor, sql, params)
        return sent
