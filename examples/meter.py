"""What an approach cost: seconds here, statements and rows as the server itself counted them.

Reads the extension pg_stat_statements through a connection of its own, to another database of the
same server, so that measuring is not measured.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import howdah

# The server must be started with these.
SERVER_SETTINGS = {"shared_preload_libraries": "pg_stat_statements"}

_COUNTED = """
    select coalesce(sum(calls), 0)::int8 as statements, coalesce(sum(rows), 0)::int8 as rows
    from pg_stat_statements
    where dbid = (select oid from pg_database where datname = $1)
"""


@dataclass
class Cost:
    """Of one approach."""

    approach: str
    seconds: float = 0.0
    statements: int = 0
    rows: int = 0


class Meter:
    """Measures what happens in one database."""

    def __init__(self, observer: howdah.Connection, database: str) -> None:
        self.observer = observer
        self.database = database
        observer.execute("create extension if not exists pg_stat_statements")

    @contextlib.contextmanager
    def measure(self, approach: str) -> Iterator[Cost]:
        """Fill the `Cost` that the `with` block gets when the block ends."""
        cost = Cost(approach)
        self.observer.execute("select pg_stat_statements_reset()")
        started = time.perf_counter()
        yield cost
        cost.seconds = time.perf_counter() - started
        for counted in self.observer.fetch(_COUNTED, self.database):
            cost.statements, cost.rows = counted.statements, counted.rows
