"""Making databases for tests.

Waits for the server. Called by Django's test runner.
"""

import sys
from collections.abc import Mapping
from typing import Any

from django.db.backends.base.creation import BaseDatabaseCreation
from django.db.backends.postgresql import creation as postgresql

from howdah import errors


class DatabaseCreation(postgresql.DatabaseCreation):
    """Django's creation of PostgreSQL databases."""

    def _execute_create_test_db(
        self,
        cursor: Any,
        parameters: Mapping[str, str],
        keepdb: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        if keepdb and self._database_exists(cursor, parameters["dbname"]):
            return
        try:
            BaseDatabaseCreation._execute_create_test_db(self, cursor, parameters, keepdb)
        except Exception as error:
            if not isinstance(error.__cause__, errors.DuplicateDatabase):
                self.log(f"Got an error creating the test database: {error}")
                sys.exit(2)
            if not keepdb:
                raise
