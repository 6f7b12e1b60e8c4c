"""What importing `howdah.django` does where psycopg is missing, and does not where it is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

# Stands for a psycopg that is installed: enough for Python to find it.
HIDE = "import sys; sys.modules.update(psycopg=None, psycopg2=None)"


def run(program: str, *paths: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [*paths, *sys.path]))}
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def test_nobody_else_sees_a_psycopg() -> None:
    told = run(f"""{HIDE}
import importlib.util
import howdah.django
from django.contrib.postgres.fields import IntegerRangeField
from django.db.backends.postgresql.base import DatabaseWrapper
from howdah.django.base import DatabaseWrapper as Ours
from howdah.types import Range
assert issubclass(Ours, DatabaseWrapper) and IntegerRangeField.range_type is Range
assert importlib.util.find_spec("psycopg") is None
try:
    import psycopg
except ImportError:
    print("no psycopg")
""")
    assert told == "no psycopg"


def test_without_howdah_django_still_says_what_is_missing() -> None:
    told = run(f"""{HIDE}
try:
    import django.db.backends.postgresql.psycopg_any
except ImportError as error:
    print(error.name)
""")
    assert told == "psycopg2"


def test_the_driver_does_not_import_django() -> None:
    told = run("import sys, howdah, howdah.pool; print([m for m in sys.modules if 'django' in m])")
    assert told == "[]"


def test_an_installed_psycopg_is_left_alone(tmp_path: Path) -> None:
    package = tmp_path / "psycopg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    told = run(
        """
import sys
before = list(sys.meta_path)
import howdah.django
print(sys.meta_path == before, howdah.__name__)
""",
        tmp_path,
    )
    assert told == "True howdah"


@pytest.mark.parametrize("app_first", [True, False])
def test_django_sets_up_with_contrib_postgres(app_first: bool) -> None:
    apps = ["howdah.django", "django.contrib.postgres"]
    program = f"""{HIDE}
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS={apps if app_first else apps[::-1]!r},
    DATABASES={{"default": {{"ENGINE": "howdah.django", "NAME": "x"}}}},
)
try:
    django.setup()
except ImportError as error:
    print("refused", error.name)
else:
    from django.db import connection
    print(connection.vendor)
"""
    assert run(program) == ("postgresql" if app_first else "refused psycopg2")
