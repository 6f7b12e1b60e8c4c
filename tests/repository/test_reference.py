"""`docs/reference/` is what the sources say."""

from __future__ import annotations

import subprocess
import sys

from tests.repository import ROOT


def test_the_reference_is_fresh() -> None:
    script = ROOT / "tools" / "generate_reference.py"
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nhint: `make reference` writes it"
