"""Running schema statements on whatever runs statements. Does IO through its argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah.async_connection import AsyncConnection
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
