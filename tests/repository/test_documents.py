"""Documents tell the truth: commands exist, links lead somewhere, code runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TARGETS = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def document_ids(path: Path) -> str:
    """How pytest names a document."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=document_ids)
def test_the_make_targets_it_names_exist(document: Path) -> None:
    named = set(re.findall(r"\bmake ([a-z][a-z0-9-]*)`", document.read_text()))
    named |= set(re.findall(r"^ *make ([a-z][a-z0-9-]*)", document.read_text(), re.MULTILINE))
    assert named <= TARGETS


@pytest.mark.parametrize("document", DOCUMENTS, ids=document_ids)
def test_its_links_to_files_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text())
    local = [link for link in links if "://" not in link]
    missing = [link for link in local if not (document.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md"])
def test_the_paths_it_names_exist(name: str) -> None:
    text = (ROOT / name).read_text()
    paths = re.findall(
        r"`((?:crates|python|tests|docs|examples|benches|tools|fuzz)/[\w/.-]*)`", text
    )
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert not missing


def test_the_readme_and_the_architecture_are_short() -> None:
    assert (ROOT / "README.md").read_text().count("\n") <= 120
    assert (ROOT / "ARCHITECTURE.md").read_text().count("\n") <= 200


def test_every_crate_is_on_the_map() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    missing = [crate.name for crate in (ROOT / "crates").iterdir() if f"`{crate.name}`" not in text]
    assert not missing


def test_make_help_lists_every_target_that_says_what_it_does() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("build", "demo", "test", "bench", "ready"):
        assert re.search(rf"^make {target} ", told.stdout, re.MULTILINE)


def test_the_command_that_the_readme_starts_exists() -> None:
    command = Path(sys.executable).parent / "howdah"
    answer = subprocess.run([command, "--help"], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert "server" in answer.stdout
