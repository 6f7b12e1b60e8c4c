"""Django's PostgreSQL modules without psycopg.

Django's backend and `django.contrib.postgres` import psycopg when they are imported, for its
classes and for its version. Where neither psycopg nor psycopg2 is installed, `install` adds a
finder that loads exactly these modules of Django's, unchanged and under their own names, but with
an `import psycopg` that gives `howdah.django.psycopg`. Nobody else sees a module `psycopg`: a
program that asks whether it is installed gets the true answer.

Reads the file system to look for psycopg. Called when `howdah.django` is imported.
"""

import builtins
import importlib
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from types import ModuleType
from typing import Any

STAND_IN = "howdah.django.psycopg"
_BACKEND = "django.db.backends.postgresql"
_IMPORTING_PSYCOPG = frozenset(
    {
        f"{_BACKEND}.base",
        f"{_BACKEND}.operations",
        f"{_BACKEND}.psycopg_any",
        "django.contrib.postgres.search",
        "django.contrib.postgres.signals",
    }
)


def install() -> None:
    """Make the modules importable, if psycopg is not there to do it. May be called again."""
    known = any(isinstance(finder, Finder) for finder in sys.meta_path)
    if not known and find_spec("psycopg") is None and find_spec("psycopg2") is None:
        sys.meta_path.insert(0, Finder())


class Finder(MetaPathFinder):
    """Finds the modules that import psycopg, where Python finds them, with another loader."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """The module's own specification, with a loader that stands in for psycopg."""
        if fullname not in _IMPORTING_PSYCOPG:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec


class Loader(SourceFileLoader):
    """Runs a module's own code with `import psycopg` redirected."""

    def exec_module(self, module: ModuleType) -> None:
        """Give the module built-ins of its own, where `import` statements find their function."""
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": _import}
        super().exec_module(module)


def _import(
    name: str,
    namespace: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> Any:
    top, _, rest = name.partition(".")
    if level or top != "psycopg":
        return builtins.__import__(name, namespace, variables, fromlist or (), level)
    found: Any = importlib.import_module(STAND_IN)
    if fromlist:  # `import psycopg.x` would bind `psycopg`, `from psycopg.x import y` needs x
        for part in rest.split(".") if rest else ():
            found = getattr(found, part)
    return found
