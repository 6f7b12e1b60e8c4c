"""A pooler in front of the test server, and connections through it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Connector
from tests.poolers.pgbouncer import PROGRAM, PgBouncer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pgbouncer(database: str) -> Iterator[PgBouncer]:
    """The pgbouncer of the system's packages, before the server of the test's database."""
    if not Path(PROGRAM).exists():
        pytest.skip("no pgbouncer on this machine: as root, `make system` installs it")
    with PgBouncer(database) as running:
        yield running


@pytest.fixture
def pooled(database: str, pgbouncer: PgBouncer, world: str) -> Connector:
    """What opens connections to the test's database through pgbouncer."""
    return Connector(world, pgbouncer.url(database))
