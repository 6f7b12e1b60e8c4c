"""Modules of models as a schema.

Imports the modules that are named. Called by the command, natively for `models:NAME` as well.
Invariant: what cannot be imported is told by name, with the line that failed.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from howdah.errors import Error
from howdah.migrations.config import load
from howdah.migrations.errors import MigrationError

if TYPE_CHECKING:
    import types
    from collections.abc import Iterable


def declared(names: str) -> str:
    """The schema of modules, as JSON with a name for everything; commas between their names.

    Modules are looked for in the folder of the configuration, too.
    """
    return schema_of(names.split(","), load().root)


def schema_of(names: Iterable[str], root: Path) -> str:
    """The schema that the modules declare together, as JSON.

    Raises:
        MigrationError: one cannot be imported, or declares nothing.
    """
    from howdah.orm.schema import value_of

    modules = imported(names, root)
    value = value_of(*modules)
    if not value:
        listed = ", ".join(f"`{it.__name__}`" for it in modules)
        raise MigrationError(
            f"there is no model in {listed}", hint="name the modules that define them"
        )
    return json.dumps(value)


def imported(names: Iterable[str], root: Path) -> list[types.ModuleType]:
    """The modules, which may lie in the folder of the project."""
    place = str(root.resolve())
    if place not in sys.path:
        sys.path.insert(0, place)
    return [_import(name.strip()) for name in names]


def _import(name: str) -> types.ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        told = error.message if isinstance(error, Error) else str(error)
        raise MigrationError(
            f"`{name}` cannot be imported: {type(error).__name__}: {told}{_place(error)}",
            hint=error.hint if isinstance(error, Error) else None,
        ) from error


def _place(error: Exception) -> str:
    """The line that failed, of those that are neither Python's nor howdah's."""
    ours = str(Path(__file__).parents[1])
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if "importlib" not in frame.filename and not frame.filename.startswith(ours):
            return f" ({frame.filename}:{frame.lineno})"
    return ""
