"""The `howdah` command, also `python -m howdah`.

IO: the command's. All of it is native; this tells it where Python's packages put PostgreSQL.
"""

import signal
import sys

from howdah import _native
from howdah.server import package_bindirs


def main() -> int:
    """Run the command with the arguments of this process; return its exit code."""
    # Ctrl-C ends a native wait at once, as it does for other commands
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _native.cli_main(["howdah", *sys.argv[1:]], package_bindirs())


if __name__ == "__main__":
    sys.exit(main())
