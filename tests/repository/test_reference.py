"""`docs/reference/` is what the sources say."""

from __future__ import annotations

import re
import subprocess
import sys

from howdah import orm
from tests.repository import ROOT


def test_whatever_the_orm_exports_is_in_the_reference() -> None:
    pages = "".join(page.read_text() for page in (ROOT / "docs" / "reference").glob("orm-*.md"))
    entries = set(re.findall(r"^## (?:class )?(\w+)$", pages, re.MULTILINE))
    assert set(orm.__all__) - entries == set()


def test_the_reference_is_fresh() -> None:
    script = ROOT / "tools" / "generate_reference.py"
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nhint: `make reference` writes it"
