"""Running schema statements on whatever runs statements. Does IO through its argument.

Invariant: an error does not carry the secrets that were in the statement it tells of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah.async_connection import AsyncConnection
from howdah.errors import DatabaseError
from howdah.orm.executors import drive, drive_async

if TYPE_CHECKING:
    from howdah.orm.statements.base import Steps


def run(on: Any, steps: Steps) -> Any:
    """Take the steps on a connection, transaction or database; awaitable under asyncio."""
    if hasattr(on, "_drive"):
        return on._drive(steps)
    if isinstance(on, AsyncConnection):
        return drive_async(steps, on)
    return drive(steps, on)


class Secrets:
    """The secrets that statements have in them."""

    def __init__(self) -> None:
        self._found: set[str] = set()

    def __call__(self, text: str) -> str:
        """The secret itself, remembered."""
        self._found.add(text)
        return text

    def guarded(self, steps: Steps) -> Steps:
        """The same steps, whose errors do not show the secrets."""
        try:
            return (yield from steps)
        except DatabaseError as error:
            if error.query is not None:
                error.query = self.hidden(error.query)
            raise

    def hidden(self, text: str) -> str:
        """The text with `***` in the place of secrets, however SQL writes them."""
        for secret in sorted(self._found, key=len, reverse=True):
            quoted = secret.replace("'", "''")
            for written in (quoted.replace("\\", "\\\\"), quoted, secret):
                text = text.replace(written, "***") if written else text
        return text
