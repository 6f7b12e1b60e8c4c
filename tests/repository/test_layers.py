"""Arrows between crates only run down the list of design: each may use these and no others."""

from __future__ import annotations

import ast
import json
import subprocess

import pytest

from tests.repository import ROOT

# Ours only: crate -> the crates that it may depend on, in any section of its Cargo.toml.
ALLOWED = {
    "howdah-wire": set[str](),
    "howdah-driver": {"howdah-wire"},
    "howdah-server": {"howdah-driver", "howdah-wire"},
    "howdah-sql": set[str](),
    "howdah-schema": {"howdah-sql", "howdah-driver", "howdah-wire"},
    "howdah-trace": {"howdah-server", "howdah-sql", "howdah-driver", "howdah-wire"},
    "howdah-cli": {
        "howdah-schema",
        "howdah-server",
        "howdah-sql",
        "howdah-trace",
        "howdah-driver",
        "howdah-wire",
    },
    "howdah-python": {
        "howdah-cli",
        "howdah-schema",
        "howdah-server",
        "howdah-sql",
        "howdah-trace",
        "howdah-driver",
        "howdah-wire",
    },
}

# No sockets, files, environment, clock or randomness: bytes, times and nonces are arguments.
PURE = ("howdah-sql", "howdah-wire")
EFFECTS = ("std::net", "std::fs", "std::env", "std::os", "std::time::Instant", "SystemTime")
EFFECT_CRATES = {"rustix", "getrandom", "rand", "socket2", "tokio", "mio", "libc"}


def dependencies() -> dict[str, set[str]]:
    """The crates of the workspace and everything that each names as a dependency."""
    command = ["cargo", "metadata", "--format-version=1", "--no-deps", "--locked", "--offline"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    packages = json.loads(answer.stdout)["packages"]
    return {p["name"]: {d["name"] for d in p["dependencies"]} for p in packages}


def test_arrows_between_crates_only_run_down() -> None:
    found = dependencies()
    arrows = {name: used & found.keys() for name, used in found.items()}
    assert arrows.keys() == ALLOWED.keys(), "a new crate needs its line in ALLOWED"
    wrong = {name: used - ALLOWED[name] for name, used in arrows.items() if used - ALLOWED[name]}
    assert not wrong


def test_an_arrow_that_is_not_in_the_list_would_be_seen() -> None:
    assert dependencies()["howdah-driver"] >= {"howdah-wire"}


@pytest.mark.parametrize("crate", PURE)
def test_pure_crates_have_no_effects(crate: str) -> None:
    assert not dependencies()[crate] & EFFECT_CRATES
    for source in (ROOT / "crates" / crate / "src").rglob("*.rs"):
        text = source.read_text()
        assert not [effect for effect in EFFECTS if effect in text], source


def test_the_package_never_imports_its_integrations() -> None:
    for source in (ROOT / "python" / "howdah").rglob("*.py"):
        if "integrations" not in source.parts:
            modules = imported(source.read_text())
            assert not [m for m in modules if m.startswith("howdah.integrations")], source


def imported(source: str) -> set[str]:
    """The modules that Python source names in import statements."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found
