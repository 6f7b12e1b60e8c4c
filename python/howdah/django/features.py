"""What Django may expect of PostgreSQL by howdah, where its own backend asks for psycopg.

No IO.
"""

from django.db import DataError
from django.db.backends.postgresql import features as postgresql
from django.utils.functional import cached_property


class DatabaseFeatures(postgresql.DatabaseFeatures):
    """Django's features of PostgreSQL."""

    prohibits_null_characters_in_text_exception = (
        DataError,
        "PostgreSQL text fields cannot contain NUL (0x00) bytes",
    )

    @cached_property
    def uses_server_side_binding(self) -> bool:
        """Whether parameters travel beside the statement: the option of that name."""
        return self.connection.settings_dict["OPTIONS"].get("server_side_binding") is True
