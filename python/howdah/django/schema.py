"""The schema editor; its values in DDL are howdah's literals.

No IO of its own.
"""

from typing import Any

from django.db.backends.postgresql import schema as postgresql

from howdah.django import literals


class DatabaseSchemaEditor(postgresql.DatabaseSchemaEditor):
    """Django's schema editor of PostgreSQL."""

    def quote_value(self, value: Any) -> str:
        """A value as it stands in DDL, which has no parameters."""
        return literals.literal(value)
