"""Transaction blocks, and how they mix with cursors."""

from typing import Protocol


class HasStatus(Protocol):
    """A connection of either kind."""

    @property
    def transaction_status(self) -> str: ...


def status(conn: HasStatus) -> str:
    """The status now. A call, since type checkers take an attribute for unchanged."""
    return conn.transaction_status
