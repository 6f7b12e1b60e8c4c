"""The dialects under the names that pyproject.toml gives them, also where howdah is not installed.

Reads pyproject.toml. Called by the conftests.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from sqlalchemy.dialects import registry

ROOT = Path(__file__).parents[3]


def entry_points() -> dict[str, str]:
    """The entry points for SQLAlchemy: `module:class` by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found: dict[str, str] = project["entry-points"]["sqlalchemy.dialects"]
    return found


def register() -> None:
    """Tell SQLAlchemy."""
    for name, target in entry_points().items():
        module, _, dialect = target.partition(":")
        registry.register(name, module, dialect)
