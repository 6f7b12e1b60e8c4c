"""Other servers, and as whom they are entered. No IO.

Invariant: a secret is in a schema's value only while `create_all` runs: `Collector.secret` says
what stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from howdah.orm.schema.access import Grant, grant_value
from howdah.orm.schema.base import Collector, SchemaObject, Value, said
from howdah.orm.schema.indexes import options_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECRETS = ("password", "sslpassword")


@dataclass(frozen=True)
class UserMapping:
    """As whom a role enters a server. Its repr shows no secret."""

    role: str | None
    """The role; None for all that have no mapping of their own."""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def value(self, schema: Collector) -> Value:
        """As the schema's value has it."""
        options: dict[str, str] = {}
        for name, text in options_value(self.options).items():
            shown = schema.secret(text) if name in SECRETS else text
            if shown is not None:
                options[name] = shown
        return said(role=self.role, options=options)

    def __repr__(self) -> str:
        shown = {name: "***" if name in SECRETS else it for name, it in self.options.items()}
        return f"user_mapping({self.role or 'public'!r}, options={shown!r})"


def user_mapping(
    role: str = "current_user", *, options: Mapping[str, Any] | None = None, **more: Any
) -> UserMapping:
    """As whom a role enters a server: `user_mapping("web", user="shop", password=secret)`.

    `role` may be `"public"`, which is every role without a mapping of its own; by default it is
    whoever runs `create_all`. Options that are no Python names are given by `options`.
    """
    everybody = role == "public"
    return UserMapping(None if everybody else role, {**(options or {}), **more})


@dataclass(frozen=True)
class ForeignServer(SchemaObject):
    """A server that foreign tables lie on."""

    name: str
    wrapper: str = "postgres_fdw"
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    user_mappings: Sequence[UserMapping] = ()
    type: str | None = None
    version: str | None = None
    comment: str | None = None
    grants: Sequence[Grant] | None = None

    def add_to(self, schema: Collector) -> None:
        """Put it into a schema."""
        value = said(
            name=self.name,
            wrapper=self.wrapper,
            type=self.type,
            version=self.version,
            options=options_value(self.options),
            user_mappings=[it.value(schema) for it in self.user_mappings],
            comment=self.comment,
        )
        if self.grants is not None:
            value["grants"] = [grant_value(it) for it in self.grants]
        schema.add("servers", value)


def server(
    name: str,
    wrapper: str = "postgres_fdw",
    *,
    options: Mapping[str, Any] | None = None,
    user_mappings: Sequence[UserMapping] = (),
    type: str | None = None,  # noqa: A002 (PostgreSQL's word)
    version: str | None = None,
    comment: str | None = None,
    grants: Sequence[Grant] | None = None,
) -> ForeignServer:
    """A server that foreign tables lie on; made if it is not there.

    `server("crm", options={"host": "crm.internal", "dbname": "crm"}, user_mappings=[user_mapping(
    user="reader", password=secret)])`. A model with `server="crm"` has its rows there. The wrapper
    is an extension: give `extension("postgres_fdw")`, too.
    """
    mappings = tuple(user_mappings)
    return ForeignServer(name, wrapper, options or {}, mappings, type, version, comment, grants)
