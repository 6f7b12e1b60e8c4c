"""Databases that live as long as a block: to build schemas in and read them back.

Makes and drops databases; starts a server where none may be used. Called by `make`, `check` and
`squash`. Invariant: it drops what it has made itself, and nothing else.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from typing import TYPE_CHECKING

import howdah
from howdah._connecting import with_database
from howdah._native import quote_identifier
from howdah.errors import Error, OperationalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from howdah.migrations.config import Settings
    from howdah.migrations.reporting import Report

_OF_ANOTHER_DAY = """
    select datname from pg_catalog.pg_database d
    where datname ~ '^howdah_scratch_[0-9]+_[0-9a-f]+$'
      and split_part(datname, '_', 3)::bigint < $1
      and not exists (select from pg_catalog.pg_stat_activity a where a.datid = d.oid)
"""
_A_DAY_SECONDS = 24 * 60 * 60
_MAY_CREATE = "select rolcreatedb or rolsuper from pg_catalog.pg_roles where rolname = current_user"


class Scratch:
    """A server on which databases may be made."""

    def __init__(self, url: str, *, is_own: bool) -> None:
        self._url = url
        self.is_own = is_own
        """Whether the server itself ends with the block, so that roles may be made on it, too."""
        self._made: list[str] = []

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"howdah_scratch_{time.time():.0f}_{secrets.token_hex(6)}"
        with howdah.connect(self._url, application_name="howdah migrate") as admin:
            admin.execute(f"create database {name} template template0")
        self._made.append(name)
        return with_database(self._url, name)

    def make_role(self, name: str) -> None:
        """Make a role that nobody can use, for what is granted to it."""
        with howdah.connect(self._url, application_name="howdah migrate") as admin:
            admin.execute(f"create role {quote_identifier(name)}")

    def drop_forgotten(self) -> None:
        """Drop what a program that was killed has left: nobody is in it, for a day."""
        with howdah.connect(self._url, application_name="howdah migrate") as admin:
            before = round(time.time()) - _A_DAY_SECONDS
            for (name,) in admin.fetch(_OF_ANOTHER_DAY, before):
                with contextlib.suppress(Error):
                    admin.execute(f"drop database if exists {name}")

    def drop_all(self) -> None:
        """Drop the databases."""
        with howdah.connect(self._url, application_name="howdah migrate") as admin:
            force = " with (force)" if admin.server_version >= 130000 else ""
            for name in self._made:
                admin.execute(f"drop database if exists {name}{force}")


@contextlib.contextmanager
def scratch(settings: Settings, report: Report) -> Iterator[Scratch]:
    """The server of the settings if it lets us make databases, else a temporary one."""
    url = settings.scratch or settings.url
    with contextlib.ExitStack() as stack:
        if url and _may_create(url, report):
            server = Scratch(url, is_own=False)
            server.drop_forgotten()
            stack.callback(server.drop_all)
        else:
            import howdah.server

            quick = {"fsync": False, "synchronous_commit": False, "full_page_writes": False}
            started = stack.enter_context(howdah.server.start(settings=quick))
            report.line(f"building in a temporary server of PostgreSQL {started.version}")
            server = Scratch(started.url, is_own=True)
        yield server


def _may_create(url: str, report: Report) -> bool:
    try:
        with howdah.connect(url, application_name="howdah migrate") as conn:
            return bool(conn.fetch_value(_MAY_CREATE))
    except OperationalError as error:
        report.line(f"the server of the configuration cannot be used: {error.message}")
        return False
    except Error:
        return False
