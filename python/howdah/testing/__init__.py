"""For tests: databases whose changes are rolled back.

`rolled_back(url)` and `rolled_back_async(url)` give a database on one connection, in a transaction
that never commits; `made_database(url)` makes a database for them. Fixtures of pytest that give it
to each test are in `howdah.pytest_plugin`.

>>> import howdah.testing
>>> with howdah.testing.rolled_back(url) as db:
...     db.execute("create table seat (id int)")
...     db.fetch_value("select to_regclass('seat') is not null")
0
True
>>> conn.fetch_value("select to_regclass('seat') is not null")
False
"""

from howdah.testing._databases import (
    RolledBackAsyncDatabase,
    RolledBackDatabase,
    made_database,
    rolled_back,
    rolled_back_async,
)

__all__ = [
    "RolledBackAsyncDatabase",
    "RolledBackDatabase",
    "made_database",
    "rolled_back",
    "rolled_back_async",
]
