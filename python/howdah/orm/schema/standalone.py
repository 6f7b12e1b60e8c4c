"""Objects that stand beside tables: extensions, sequences, types. No IO."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from howdah._native import quote_identifier as quoted
from howdah.orm.schema.access import Grant, grant_value
from howdah.orm.schema.base import (
    Collector,
    Expression,
    SchemaObject,
    constant,
    expression_text,
    name_value,
    said,
)

if TYPE_CHECKING:
    from collections.abc import Sequence as SequenceOf


@dataclass(frozen=True)
class Extension(SchemaObject):
    """An extension of the server."""

    name: str
    schema: str | None = None
    version: str | None = None

    def add_to(self, schema: Collector) -> None:
        """Put it into a schema."""
        schema.name_schema(self.schema)
        schema.add("extensions", said(name=self.name, schema=self.schema, version=self.version))


def extension(name: str, *, schema: str | None = None, version: str | None = None) -> Extension:
    """An extension that is to be there: `extension("pg_trgm")`. The server must have its files."""
    return Extension(name, schema, version)


@dataclass(frozen=True)
class Namespace(SchemaObject):
    """A schema, in PostgreSQL's sense."""

    name: str
    comment: str | None = None
    grants: SequenceOf[Grant] | None = None

    def add_to(self, schema: Collector) -> None:
        """Put it into a schema."""
        schema.name_schema(self.name)
        for it in schema.value["schemas"]:
            if it["name"] == self.name:
                it.update({**said(comment=self.comment), **_grants(self.grants)})


def namespace(
    name: str, *, comment: str | None = None, grants: SequenceOf[Grant] | None = None
) -> Namespace:
    """A schema with a comment or grants; one that models merely lie in is made without it."""
    return Namespace(name, comment, grants)


@dataclass(frozen=True)
class Sequence(SchemaObject):
    """Numbers that belong to no identity column."""

    name: str
    schema: str | None = None
    type: str | None = None
    start: int | None = None
    increment: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    cache: int | None = None
    cycle: bool = False
    owned_by: Any = None
    comment: str | None = None
    grants: SequenceOf[Grant] | None = None

    @property
    def next(self) -> Any:
        """`nextval('…')`, for a column's `default`."""
        from howdah.orm.expressions import raw

        return raw(f"nextval({constant(_sql_name(self.name, self.schema))}::regclass)", type=int)

    def add_to(self, schema: Collector) -> None:
        """Put it into a schema."""
        schema.name_schema(self.schema)
        options = said(
            start=self.start,
            increment=self.increment,
            minimum=self.minimum,
            maximum=self.maximum,
            cache=self.cache,
            cycle=self.cycle,
        )
        value = said(
            name=name_value(self.name, self.schema),
            type=self.type,
            options=options,
            owned_by=_owner(self.owned_by),
            comment=self.comment,
        )
        schema.add("sequences", {**value, **_grants(self.grants)})


def sequence(name: str, **options: Any) -> Sequence:
    """A sequence: `sequence("invoice_number", start=1000)`.

    Options: `schema`, `type`, `start`, `increment`, `minimum`, `maximum`, `cache`, `cycle`,
    `owned_by` (a column, as `lambda: Invoice.number`), `comment`, `grants`.
    """
    return Sequence(name, **options)


def _owner(column: Any) -> dict[str, Any] | None:
    if column is None:
        return None
    if isinstance(column, str):
        table, _, name = column.rpartition(".")
        return {"table": name_value(table), "column": name}
    from howdah.orm.tables import owner_of

    found = column() if not hasattr(column, "definition") else column
    table = owner_of(found).__table__
    return {"table": name_value(table.name, table.schema), "column": found.name}


def _grants(grants: SequenceOf[Grant] | None) -> dict[str, Any]:
    """Absent where nothing was said; an empty list takes the default rights away."""
    return {} if grants is None else {"grants": [grant_value(it) for it in grants]}


def _sql_name(name: str, schema: str | None) -> str:
    parts = name_value(name, schema)
    return ".".join(quoted(part) for part in (parts.get("schema"), parts["name"]) if part)


@dataclass(frozen=True)
class _Type(SchemaObject):
    """A type of its own, for `Annotated[str, email]`."""

    name: str
    schema: str | None = None

    @property
    def sql_name(self) -> str:
        """As SQL writes it."""
        return _sql_name(self.name, self.schema)


@dataclass(frozen=True)
class Domain(_Type):
    """A type with conditions."""

    type: str = "text"
    checks: SequenceOf[tuple[str | None, Expression]] = ()
    not_null: bool = False
    default: Any = None
    collation: str | None = None
    comment: str | None = None
    grants: SequenceOf[Grant] | None = None
    not_valid: SequenceOf[str] = ()

    def add_to(self, schema: Collector) -> None:
        """Put it into a schema."""
        schema.name_schema(self.schema)
        checks = [
            said(name=name, expression=expression_text(text), not_valid=name in self.not_valid)
            for name, text in self.checks
        ]
        value = said(
            name=name_value(self.name, self.schema),
            type=self.type,
            checks=checks,
            not_null=self.not_null,
            default=None if self.default is None else expression_text(self.default),
            collation=None if self.collation is None else {"name": self.collation},
            comment=self.comment,
        )
        schema.add("domains", {**value, **_grants(self.grants)})


def domain(  # noqa: PLR0913 (what PostgreSQL has)
    name: str,
    type: str,  # noqa: A002 (PostgreSQL's word)
    *checks: Expression | tuple[str, Expression],
    schema: str | None = None,
    not_null: bool = False,
    default: Expression | None = None,
    collation: str | None = None,
    comment: str | None = None,
    grants: SequenceOf[Grant] | None = None,
    not_valid: SequenceOf[str] = (),
) -> Domain:
    """A type with conditions of `VALUE`: `domain("email", "text", "value ~ '@'")`.

    A column takes it by `Annotated`: `Email = Annotated[str, domain(…)]`, `address: Col[Email]`. A
    condition may have a name: `("email_check", "value ~ '@'")`.
    """
    named = tuple(it if isinstance(it, tuple) else (None, it) for it in checks)
    return Domain(
        name, schema, type, named, not_null, default, collation, comment, grants, tuple(not_valid)
    )


@dataclass(frozen=True)
class Composite(_Type):
    """A type whose values have attributes."""

    attributes: tuple[tuple[str, str], ...] = ()
    collations: dict[str, str] = field(default_factory=dict, hash=False)
    comment: str | None = None
    grants: SequenceOf[Grant] | None = None

    def add_to(self, schema: Collector) -> None:
        """Put it into a schema."""
        schema.name_schema(self.schema)
        attributes = [
            said(
                name=name,
                type=type_,
                collation={"name": self.collations[name]} if name in self.collations else None,
            )
            for name, type_ in self.attributes
        ]
        value = said(
            name=name_value(self.name, self.schema), attributes=attributes, comment=self.comment
        )
        schema.add("composites", {**value, **_grants(self.grants)})


def composite(
    name: str,
    attributes: dict[str, str],
    *,
    schema: str | None = None,
    collations: dict[str, str] | None = None,
    comment: str | None = None,
    grants: SequenceOf[Grant] | None = None,
) -> Composite:
    """A type whose values have attributes: `composite("address", {"street": "text"})`.

    A column takes it by `Annotated[howdah.Row, address]`.
    """
    return Composite(name, schema, tuple(attributes.items()), collations or {}, comment, grants)


@dataclass(frozen=True)
class RangeType(_Type):
    """A type of ranges."""

    subtype: str = ""
    operator_class: str | None = None
    collation: str | None = None
    subtype_diff: str | None = None
    multirange: str | None = None
    comment: str | None = None
    grants: SequenceOf[Grant] | None = None

    def add_to(self, schema: Collector) -> None:
        """Put it into a schema."""
        schema.name_schema(self.schema)
        value = said(
            name=name_value(self.name, self.schema),
            subtype=self.subtype,
            operator_class=self.operator_class,
            collation=self.collation and {"name": self.collation},
            subtype_diff=self.subtype_diff and name_value(self.subtype_diff),
            multirange=self.multirange and name_value(self.multirange),
            comment=self.comment,
        )
        schema.add("ranges", {**value, **_grants(self.grants)})


def range_type(name: str, subtype: str, **options: Any) -> RangeType:
    """A type of ranges: `range_type("floatrange", "float8", subtype_diff="float8mi")`.

    Options: `schema`, `operator_class`, `collation`, `subtype_diff`, `multirange`, `comment`,
    `grants`. A column takes it by `Annotated[Range[float], floatrange]`.
    """
    return RangeType(name, options.pop("schema", None), subtype, **options)
