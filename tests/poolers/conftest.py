"""A pooler in front of the test server, and connections through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import Connector
from tests.poolers.pgbouncer import PROGRAM, PgBouncer, following_program

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOM = 8
"""Statements that `follower` keeps on each server connection."""


@pytest.fixture
def pgbouncer(database: str) -> Iterator[PgBouncer]:
    """The pgbouncer of the system's packages, before the server of the test's database."""
    if not PROGRAM.exists():
        pytest.skip("no pgbouncer on this machine: as root, `make system` installs it")
    with PgBouncer(database) as running:
        yield running


@pytest.fixture
def follower(database: str) -> Iterator[PgBouncer]:
    """A pgbouncer that prepares each client's statements on every server that the client meets.

    It has room for few on each, so that it often closes one and prepares it again.
    """
    program = following_program()
    if program is None:
        pytest.skip("no pgbouncer 1.21 or newer on this machine: `make servers` builds it")
    with PgBouncer(database, program, f"max_prepared_statements = {ROOM}\n") as running:
        yield running


@pytest.fixture
def followed(database: str, follower: PgBouncer, world: str) -> Connector:
    """What opens connections through a pgbouncer that knows of prepared statements."""
    return Connector(world, follower.url(database))


@pytest.fixture
def pooled(database: str, pgbouncer: PgBouncer, world: str) -> Connector:
    """What opens connections to the test's database through pgbouncer."""
    return Connector(world, pgbouncer.url(database))
