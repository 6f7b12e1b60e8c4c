"""`docs/migrations.md`: its files are written, its commands are run, in their order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from howdah.migrations import Settings
from howdah.migrations._files import read_folder

if TYPE_CHECKING:
    from tests.migrations.conftest import Project

PAGE = Path(__file__).parents[2] / "docs" / "migrations.md"
# blocks of Python without a file are run with those of all pages
BLOCK = re.compile(r"^```(?:(?:sql|toml|python) (\S+)|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAM = f'howdah() {{ {sys.executable} -m howdah "$@"; }}; set -e -o pipefail\n'


def test_the_page_works(project: Project) -> None:
    environment = os.environ | {"DATABASE_URL": project.url}
    commands = 0
    for file, text in BLOCK.findall(PAGE.read_text()):
        if file:
            path = project.root / file
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            continue
        script = PROGRAM + re.sub(r"^\$ ", "", text, flags=re.MULTILINE)
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=project.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert done.returncode == 0, f"{text}{done.stdout}{done.stderr}"
        commands += 1
    assert commands > 1
    assert project.states() == {"0001_initial": "applied", "0002_price_and_isbn": "applied"}
    by_hand = replace(project.settings, folder="by_hand")
    assert [it.name for it in read_folder(by_hand.path)] == ["0001_initial", "0002_prices"]


def test_the_page_knows_every_setting() -> None:
    text = PAGE.read_text()
    assert not [
        it.name for it in fields(Settings) if it.name != "root" and f"`{it.name}" not in text
    ]
