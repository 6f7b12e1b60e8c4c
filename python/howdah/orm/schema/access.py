"""Who may do what: grants, and policies of row-level security. No IO."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from howdah.orm.schema.base import Declared, Expression, Place, said

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Policy(Declared):
    """Which rows a role sees and writes."""

    name: str
    using: Expression | None = None
    check: Expression | None = None
    command: Literal["all", "select", "insert", "update", "delete"] = "all"
    to: Sequence[str] = ()
    restrictive: bool = False
    comment: str | None = None

    def add_to_table(self, table: Place) -> None:
        """Put it into the value of a model's table, of which row-level security is switched on."""
        table.value["row_security"] = True
        table.add(
            "policies",
            said(
                name=self.name,
                restrictive=self.restrictive,
                command=None if self.command == "all" else self.command,
                roles=list(self.to),
                using=None if self.using is None else table.expression(self.using),
                check=None if self.check is None else table.expression(self.check),
                comment=self.comment,
            ),
        )


def policy(
    name: str,
    using: Expression | None = None,
    *,
    check: Expression | None = None,
    command: Literal["all", "select", "insert", "update", "delete"] = "all",
    to: str | Sequence[str] = (),
    restrictive: bool = False,
    comment: str | None = None,
) -> Policy:
    """Which rows are seen (`using`) and may be written (`check`; the same where absent).

    `policy("own_tenant", "tenant_id = current_setting('app.tenant')::bigint")`. Declaring one
    switches row-level security
    on; the table's owner is exempt unless the class says `row_security="force"`.
    """
    roles = (to,) if isinstance(to, str) else tuple(to)
    return Policy(name, using, check, command, roles, restrictive, comment)


@dataclass(frozen=True)
class Grant(Declared):
    """What a role may do with a table or some of its columns."""

    privileges: tuple[str, ...]
    to: str
    columns: Sequence[str] = ()
    grantable: bool = False

    def add_to_table(self, table: Place) -> None:
        """Put it into the value of a model's table."""
        value = grant_value(self)
        if not self.columns:
            table.add("grants", value)
        wanted = set(table.columns(self.columns))
        for column in table.value.get("columns", ()):
            if column["name"] in wanted:
                column.setdefault("grants", []).append(value)


def grant_value(it: Grant) -> dict[str, object]:
    """A grant as the schema's value has it."""
    role = None if it.to == "public" else it.to
    return said(role=role, privileges=sorted(it.privileges), grantable=it.grantable)


def grant(*privileges: str, to: str, columns: Sequence[str] = (), grantable: bool = False) -> Grant:
    """What a role may do: `grant("select", "update", to="clerk")`, of some columns with `columns=`.

    The role must exist; `public` is everybody. `grantable` lets the role hand it on.
    """
    return Grant(privileges, to, tuple(columns), grantable)
