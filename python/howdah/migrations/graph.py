"""The order of migrations: what each depends on, branches, and what a squashed one replaces.

No IO. Invariant: the order depends on names and dependencies alone, never on the file system or on
what else is applied; what replaces others counts only where none of them, or all, are applied.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import TYPE_CHECKING

from howdah.migrations.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from howdah.migrations.model import Migration


class Graph:
    """Migrations, each after those that it depends on."""

    def __init__(self, migrations: Iterable[Migration]) -> None:
        self.by_name = {it.name: it for it in migrations}
        self._check()
        self.ordered = self._ordered()

    @classmethod
    def for_applied(cls, migrations: Collection[Migration], applied: Collection[str]) -> Graph:
        """The graph as it concerns a database where these have been applied.

        A squashed migration takes the place of those that it replaces if none of them has been
        applied, or if it has been itself; otherwise they go on to count.

        Raises:
            MigrationError: a squashed migration is needed in the midst of what it replaces.
        """
        kept = {it.name: it for it in migrations}
        aliases: dict[str, tuple[str, ...]] = {}
        for squashed in sorted((it for it in migrations if it.replaces), key=lambda it: it.name):
            old = squashed.replaces
            there = [name for name in old if name in kept]
            begun = [name for name in old if name in applied]
            if squashed.name in applied or not begun or len(begun) == len(old):
                for name in there:
                    del kept[name]
                aliases.update((name, (squashed.name,)) for name in old)
                continue
            missing = [name for name in old if name not in kept]
            if missing:
                raise MigrationError(
                    f"`{squashed.name}` replaces `{missing[0]}`, which was not applied here and "
                    "has no file any more",
                    hint=f"restore the files that it replaces, `up {old[-1]}`, then delete them",
                )
            del kept[squashed.name]
            aliases[squashed.name] = (old[-1],)
        return cls(_redirected(it, aliases) for it in kept.values())

    @property
    def heads(self) -> list[str]:
        """The migrations that no other depends on."""
        needed = {name for it in self.by_name.values() for name in it.depends}
        return [it.name for it in self.ordered if it.name not in needed]

    def find(self, text: str) -> Migration:
        """The migration of this name, or the only one whose name begins so.

        Raises:
            MigrationError: there is none, or more than one.
        """
        if text in self.by_name:
            return self.by_name[text]
        found = [name for name in self.by_name if name.startswith(text)]
        if len(found) == 1:
            return self.by_name[found[0]]
        if found:
            raise MigrationError(f"`{text}` may be " + " or ".join(f"`{it}`" for it in found))
        raise MigrationError(f"there is no migration `{text}`")

    def needed_for(self, name: str) -> list[Migration]:
        """The migration and all that it depends on, in order."""
        wanted, left = set[str](), [name]
        while left:
            it = left.pop()
            if it not in wanted:
                wanted.add(it)
                left += self.by_name[it].depends
        return [it for it in self.ordered if it.name in wanted]

    def until(self, target: str | None) -> list[Migration]:
        """All migrations in order, or those that a target needs.

        Raises:
            MigrationError: there is more than one end, and none was named.
        """
        if target is not None:
            return self.needed_for(self.find(target).name)
        heads = self.heads
        if len(heads) > 1:
            raise MigrationError(
                "the migrations have several ends: " + ", ".join(f"`{it}`" for it in heads),
                hint="`howdah migrate make --merge` joins them",
            )
        return self.ordered

    def _check(self) -> None:
        for it in self.by_name.values():
            for name in it.depends:
                if name not in self.by_name:
                    raise MigrationError(f"`{it.name}` depends on `{name}`, which is not there")

    def _ordered(self) -> list[Migration]:
        """Each after what it depends on; by name where that leaves a choice."""
        waiting = {name: set(it.depends) for name, it in self.by_name.items()}
        ready = [name for name, needs in waiting.items() if not needs]
        heapq.heapify(ready)
        followers: dict[str, list[str]] = {}
        for name, needs in waiting.items():
            for need in needs:
                followers.setdefault(need, []).append(name)
        ordered: list[Migration] = []
        while ready:
            name = heapq.heappop(ready)
            ordered.append(self.by_name[name])
            for follower in followers.get(name, ()):
                waiting[follower].discard(name)
                if not waiting[follower]:
                    heapq.heappush(ready, follower)
        if len(ordered) < len(self.by_name):
            circle = sorted(name for name, needs in waiting.items() if needs)
            raise MigrationError(
                "these depend on one another: " + ", ".join(f"`{it}`" for it in circle)
            )
        return ordered


def _redirected(migration: Migration, aliases: dict[str, tuple[str, ...]]) -> Migration:
    depends: dict[str, None] = {}
    for name in migration.depends:
        for other in aliases.get(name, (name,)):
            if other != migration.name:
                depends[other] = None
    return replace(migration, depends=tuple(depends))
