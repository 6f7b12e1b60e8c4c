"""What goes wrong with migrations. No IO."""

from __future__ import annotations

from howdah.errors import Error


class MigrationError(Error):
    """Migrations cannot be read, ordered or run as they are; `hint` tells the cure."""


class Refused(MigrationError):
    """What was asked for needs a decision, and nobody is there to be asked."""


class Busy(MigrationError):
    """Something held a lock for longer than there was patience; what was done is recorded."""
