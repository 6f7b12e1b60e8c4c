"""Engines on the test's own database, sync and asyncio."""

from __future__ import annotations

import pytest

from tests.integrations.sqlalchemy import registration
from tests.integrations.sqlalchemy.engines import Worlds

# SQLAlchemy's suite runs in a process of its own: its plugin changes how all tests are collected.
collect_ignore = ["suite"]

registration.register()


@pytest.fixture
def engines(world: str, database: str) -> Worlds:
    """What makes engines on the test's database, in the test's world."""
    return Worlds(world, database)
