"""The SQL of Django's and Alembic's migrations, for `howdah lint`.

IO: runs a Python process for the project, so that what its settings print, import or change stays
there. Called by the command through the native module. Invariant: nothing is applied to any
database.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from howdah.errors import Error

_MODULES = {"django": "howdah._rendered.of_django", "alembic": "howdah._rendered.of_alembic"}


def rendered(project: str) -> str:
    """The migrations of a project, as JSON; see `howdah_cli::Host::rendered`.

    Raises:
        howdah.Error: the project cannot be loaded; what it said is on stderr.
    """
    asked = json.loads(project)
    module = _MODULES[asked["tool"]]
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "migrations.json"
        command = [sys.executable, "-m", module, str(answer), asked["path"], *asked.get("apps", ())]
        # what the project prints is talk
        done = subprocess.run(  # noqa: S603 - this Python, with a module of ours
            command, stdout=sys.stderr.fileno(), check=False
        )
        if done.returncode != 0 or not answer.exists():
            raise Error(
                f"the migrations of `{asked['path']}` cannot be written as SQL; "
                "what went wrong is told above"
            )
        return answer.read_text(encoding="utf-8")
