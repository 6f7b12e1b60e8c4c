"""What a transaction has done to objects, so that a rollback undoes it in them, too.

No IO. Kept by transactions, told by the writing steps. Invariant: after a rollback an object that
was inserted is new again, one that was updated knows its changes again, and one that was deleted is
loaded again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from howdah._native import Cohort, leave_cohort, restore_changes, write_slots

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from howdah.orm.tables import Table


class Journal:
    """The writes of a transaction, in order. Inserted objects are not kept alive by it."""

    __slots__ = ("_undo",)

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []

    def inserted(self, cohort: Cohort, given: Sequence[str]) -> None:
        """The members of the cohort were inserted, and the database gave these columns."""
        self._undo.append(lambda: _forget_inserted(cohort, given))

    def updated(
        self, table: Table, one: Any, changes: dict[str, Any], before: dict[str, Any]
    ) -> None:
        """An object's changes were written; `before` is what came back in the place of what."""

        def undo() -> None:
            if before:
                write_slots(table.layout, [one], before, [tuple(before.values())])
            restore_changes(one, changes)

        self._undo.append(undo)

    def deleted(self, table: Table, objects: Sequence[Any], executor: Any) -> None:
        """The rows of objects were deleted."""
        self._undo.append(lambda: table.layout.adopt(objects, executor))

    def join(self, inner: Journal) -> None:
        """What an inner transaction has done is part of this one."""
        self._undo += inner._undo
        inner._undo = []

    def undo(self) -> None:
        """Have the objects be as before."""
        while self._undo:
            self._undo.pop()()


def _forget_inserted(cohort: Cohort, given: Sequence[str]) -> None:
    members = cohort.members()
    leave_cohort(members)
    for one in members:
        for name in given:
            vars(type(one))[name].__delete__(one)
