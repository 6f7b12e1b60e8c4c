"""Engines on the test's own database, sync and asyncio."""

from __future__ import annotations

from tests.integrations.sqlalchemy import registration

# SQLAlchemy's suite runs in a process of its own: its plugin changes how all tests are collected.
collect_ignore = ["suite"]

registration.register()
