"""How a transaction begins: its isolation, whether it may write, whether it may wait.

No IO. Used by `transaction()` blocks, and by sessions for the transactions that cursors open.
Invariant: only known words reach the text of BEGIN.
"""

from typing import Literal, NamedTuple

from howdah.errors import ProgrammingError

Isolation = Literal["read uncommitted", "read committed", "repeatable read", "serializable"]

_ISOLATION_LEVELS = ("read uncommitted", "read committed", "repeatable read", "serializable")


class Modes(NamedTuple):
    """The modes of a transaction; None leaves one to the session's default."""

    isolation: Isolation | None = None
    read_only: bool | None = None
    deferrable: bool | None = None

    def checked(self) -> "Modes":
        """The same. Raises `ProgrammingError` for an isolation level that is not one."""
        if self.isolation is not None and self.isolation not in _ISOLATION_LEVELS:
            expected = ", ".join(f"`{level}`" for level in _ISOLATION_LEVELS)
            raise ProgrammingError(
                f"unknown isolation level `{self.isolation}`: expected one of {expected}"
            )
        return self

    def over(self, defaults: "Modes") -> "Modes":
        """These modes, and what they leave open by `defaults`."""
        return Modes(
            defaults.isolation if self.isolation is None else self.isolation,
            defaults.read_only if self.read_only is None else self.read_only,
            defaults.deferrable if self.deferrable is None else self.deferrable,
        )

    def begin(self) -> str:
        """The command that opens such a transaction.

        >>> Modes("serializable", read_only=True).begin()
        'begin isolation level serializable, read only'
        """
        words = []
        if self.isolation is not None:
            words.append(f"isolation level {self.isolation}")
        if self.read_only is not None:
            words.append("read only" if self.read_only else "read write")
        if self.deferrable is not None:
            words.append("deferrable" if self.deferrable else "not deferrable")
        return f"begin {', '.join(words)}" if words else "begin"


UNSET = Modes()
