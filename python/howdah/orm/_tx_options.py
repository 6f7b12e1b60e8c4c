"""What a transaction of the ORM is begun with.

No IO. Invariant: a setting's name and value become literals of one command, whatever they hold.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from howdah._identifiers import text_literal
from howdah._retry_policy import Policy
from howdah.errors import ProgrammingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from howdah._modes import Isolation


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """The arguments of `tx`."""

    isolation: Isolation | None
    read_only: bool | None
    deferrable: bool | None
    settings: Mapping[str, object] | None
    retry: int | Policy | None

    def checked(self) -> Options:
        """The same. Raises `TypeError` and `ValueError` for what makes no sense."""
        if self.retry is not None:
            self.policy()
        if self.settings is not None:
            self.settings_command()
        return self

    def policy(self) -> Policy:
        """How the transaction is repeated."""
        policy = self.retry
        if isinstance(policy, bool) or not isinstance(policy, int | Policy):
            found = type(policy).__name__
            raise TypeError(
                f"`retry` is a number of attempts or `howdah.retry(…)`, found `{found}`"
            )
        policy = policy if isinstance(policy, Policy) else Policy(attempts=policy)
        said = {"isolation": self.isolation, "read_only": self.read_only}
        said["deferrable"] = self.deferrable
        given = {name: value for name, value in said.items() if value is not None}
        return dataclasses.replace(policy, **given)  # type: ignore[arg-type]

    def modes(self) -> dict[str, Any]:
        """What `Connection.transaction` takes."""
        return {
            "isolation": self.isolation,
            "read_only": self.read_only,
            "deferrable": self.deferrable,
        }

    def settings_command(self) -> str | None:
        """What sets the settings until the transaction ends."""
        if not self.settings:
            return None
        calls = [
            f"pg_catalog.set_config({text_literal(name)}, {text_literal(_text(name, value))}, true)"
            for name, value in self.settings.items()
        ]
        return "select " + ", ".join(calls)


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float | str):
        return str(value)
    if value is None:
        return ""
    raise ProgrammingError(
        f"the setting `{name}` is a `{type(value).__name__}`",
        hint="settings are texts: give it as a `str`, a number or a bool",
    )
