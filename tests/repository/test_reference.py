"""`docs/reference/` is what the sources say."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from howdah import orm
from tests.repository import ROOT

if TYPE_CHECKING:
    from pathlib import Path


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


def test_the_pages_of_rules_are_fresh(tmp_path: Path) -> None:
    script = ROOT / "tools" / "generate_rule_pages.py"
    subprocess.run([sys.executable, script, str(tmp_path)], check=True)
    written, kept = (
        {page.name: page.read_text(encoding="utf-8") for page in folder.glob("*.md")}
        for folder in (tmp_path, ROOT / "docs" / "rules")
    )
    assert kept == written, "`make reference` writes them"
