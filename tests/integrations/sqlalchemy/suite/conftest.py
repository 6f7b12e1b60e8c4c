"""SQLAlchemy's pytest plugin, as its README.dialects.rst asks."""

import pytest

from tests.integrations.sqlalchemy import registration

pytest.register_assert_rewrite("sqlalchemy.testing.assertions")

import sqlalchemy.dialects.postgresql.provision  # noqa: E402 (fixtures for its databases)
from sqlalchemy.testing.plugin.pytestplugin import *  # noqa: E402, F403

registration.register()

__all__ = ["sqlalchemy"]
