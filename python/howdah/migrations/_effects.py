"""What the steps of a plan do to other sessions: locks, rewrites, scans, before anything runs.

IO: reads the schema and the version of the database, where there is one. Called by `_command`.
Invariant: an answer for each step, in order; one in Python has none, as nobody knows what it runs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

import howdah
from howdah import _native
from howdah.migrations.errors import MigrationError
from howdah.migrations.model import Statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from howdah.migrations.config import Settings
    from howdah.migrations.model import Step

Effects: TypeAlias = dict[str, Any]
"""Of one statement, with the keys of `howdah locks --format json`; `told` holds it in lines."""


def of_steps(steps: Sequence[Step], settings: Settings) -> list[list[Effects]]:
    """The effects of each statement of each step, each on what those before it have made.

    Raises:
        MigrationError: the database's schema cannot be read.
    """
    schema, version = _known(settings) if settings.url else (None, settings.pg_version)
    asked = [{"sql": it.sql, "transaction": isinstance(it.work, Statements)} for it in steps]
    found: list[list[Effects]] = json.loads(_native.sql_effects(json.dumps(asked), schema, version))
    return found


def lines(effects: Iterable[Effects]) -> list[str]:
    """What a step does, in words; each line once."""
    return list(dict.fromkeys(line for it in effects for line in it["told"]))


def _known(settings: Settings) -> tuple[str, int]:
    with howdah.connect(settings.url, application_name="howdah migrate") as conn:
        version = conn.server_version // 10000
    try:
        return _native.schema_read(settings.url, "public", None), version
    except ValueError as error:
        raise MigrationError(f"the schema of the database cannot be read: {error}") from None
