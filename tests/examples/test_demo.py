"""`make demo`, twice: what it prints is true, and the second run uses what the first one made."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import music_shop
from polls import seed
from tests.repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

CHOICES = sum(map(seed.choices_of, range(1, seed.QUESTIONS + 1)))


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder that the account which runs servers for root can enter."""
    folder = Path(tempfile.mkdtemp(prefix="howdah-demo-"))
    folder.chmod(0o755)
    # downloaded once for all runs of the tests and of the demo
    shutil.copy(music_shop.fetch_archive(ROOT / ".howdah"), folder)
    yield folder
    shutil.rmtree(folder)


def demo(home: Path) -> str:
    """What the demo prints."""
    command = [sys.executable, "examples/demo.py", str(home)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\r" not in done.stderr, "no progress bar where stderr is no terminal"
    return done.stdout


def costs(output: str, approach: str) -> tuple[int, int]:
    """The statements and rows in the line of an approach."""
    line = next(line for line in output.splitlines() if line.startswith(f"  {approach} "))
    found = re.search(r" [mµ]?s +([\d,]+) +([\d,]+)", line)
    assert found is not None, line
    return int(found[1].replace(",", "")), int(found[2].replace(",", ""))


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_demo_runs_and_runs_again(home: Path) -> None:
    first, second = demo(home), demo(home)
    assert "already there" not in first
    assert second.count("already there") == 2
    for output in (first, second):
        assert "Iron Maiden" in output
        assert costs(output, "len(fetch(select * from choice))") == (1, CHOICES)
        assert costs(output, "select count(*) from choice") == (1, 1)
        assert costs(output, "a query for each question")[0] == 101
        assert costs(output, "one query for all")[0] == 1
        assert "Both find the same" in output
        assert costs(output, "the loop above") == (2, 850)
        assert costs(output, "a shape: select(QuestionCard)") == (1, 100)
        assert costs(output, "an insert for each row") == (2000, 2000)
        assert costs(output, "execute_many")[1] == 20_000
        statements, rows = costs(output, "copy_rows")
        assert statements <= 3
        assert 20_000 <= rows < 20_010, "the rows, and the columns that were looked up"
        assert "rewrite of `choice` (18" in output, "thousand rows, as `analyze` estimates them"
