"""Migrations: a database changed step by step while programs go on using it.

`howdah migrate` is the command; `up`, `down` and `status` do the same from programs, `up_async` and
the others under asyncio. `DataMigration` is what a migration in Python is made of.

>>> from howdah.migrations import Batch, DataMigration
>>> migration = DataMigration(depends=["0003_add_slug"])
>>> @migration.up_batches("select id, title from book where slug is null", key="id", size=1000)
... def slugs(batch: Batch) -> None:
...     batch.conn.execute_many(
...         "update book set slug = $1 where id = $2",
...         [(book.title.lower(), book.id) for book in batch.rows],
...     )
"""

from howdah.migrations.api import (
    Status,
    down,
    down_async,
    status,
    status_async,
    up,
    up_async,
)
from howdah.migrations.config import Settings, load
from howdah.migrations.errors import Busy, MigrationError, Refused
from howdah.migrations.python_files import Batch, DataMigration
from howdah.migrations.reporting import Report

__all__ = [
    "Batch",
    "Busy",
    "DataMigration",
    "MigrationError",
    "Refused",
    "Report",
    "Settings",
    "Status",
    "down",
    "down_async",
    "load",
    "status",
    "status_async",
    "up",
    "up_async",
]
