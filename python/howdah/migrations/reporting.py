"""What a run says while it runs. Writes to stderr.

Called by everything that runs. Invariant: a line that is replaced by the next one is only written
to a terminal; elsewhere progress comes as lines, some seconds apart.
"""

from __future__ import annotations

import re
import sys
import time

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SECONDS_BETWEEN_LINES = 10.0
_SECONDS_BETWEEN_FRAMES = 0.2


class Report:
    """Says nothing: for programs. Derive from it to hear what goes on."""

    def line(self, text: str) -> None:
        """Take note of an event."""

    def progress(self, text: str) -> None:
        """Take note of where something long stands; comes often."""


class Terminal(Report):
    """Tells people, on stderr."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._shown = False
        self._last = time.monotonic()

    def line(self, text: str) -> None:
        """Print a line."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            self._shown = False
        sys.stderr.write(printable(text) + "\n")
        sys.stderr.flush()

    def progress(self, text: str) -> None:
        """Show where something stands, in place."""
        now = time.monotonic()
        gap = _SECONDS_BETWEEN_FRAMES if self._is_terminal else _SECONDS_BETWEEN_LINES
        if now - self._last < gap:
            return
        self._last = now
        if self._is_terminal:
            sys.stderr.write("\r\x1b[K" + printable(text))
            sys.stderr.flush()
            self._shown = True
        else:
            self.line(text)


def printable(text: str) -> str:
    """The text without what a terminal would obey: names may hold anything."""
    return _CONTROL.sub(lambda it: f"\\x{ord(it[0]):02x}", text)


def duration(seconds: float) -> str:
    """`0.3 s`, `12 s`, `3 min`, `2 h`: as exact as anybody needs it."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
