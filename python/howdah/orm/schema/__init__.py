"""What a database has besides rows: declared in models and beside them, made by `create_all`.

No IO but that of `create_all`, `drop_all` and the functions of `refresh`. In a model's `declare` go
`unique`, `check`, `exclude`, `foreign_key`, `index`, `policy`, `trigger`, `grant`, `partition_by`
and `partition`; what stands by itself (`extension`, `sequence`, `domain`, `composite`, `function`,
`server`, `shards` …) is given to `create_all`, or is found by what uses it.

>>> from howdah.orm import Col, Model, create_all, identity
>>> from howdah.orm.schema import check, index, unique
"""

from howdah.orm.schema.access import Grant, Policy, grant, policy
from howdah.orm.schema.base import Declared, SchemaObject
from howdah.orm.schema.base import sql_expression as sql
from howdah.orm.schema.constraints import (
    Constraint,
    PrimaryKey,
    check,
    exclude,
    foreign_key,
    primary_key,
    unique,
)
from howdah.orm.schema.foreign import ForeignServer, UserMapping, server, user_mapping
from howdah.orm.schema.indexes import (
    ColumnSettings,
    Element,
    Index,
    column_settings,
    element,
    index,
)
from howdah.orm.schema.making import create_all, ddl, drop_all, value_of
from howdah.orm.schema.partitions import (
    Partition,
    PartitionBy,
    partition,
    partition_by,
    partitions_ahead,
)
from howdah.orm.schema.routines import Routine, Trigger, function, procedure, trigger
from howdah.orm.schema.sharding.servers import Shard, Shards, shard, shards
from howdah.orm.schema.standalone import (
    Composite,
    Domain,
    Extension,
    Namespace,
    RangeType,
    Sequence,
    composite,
    domain,
    extension,
    namespace,
    range_type,
    sequence,
)
from howdah.orm.schema.views import refresh, refresh_all, refresh_every

__all__ = [
    "ColumnSettings",
    "Composite",
    "Constraint",
    "Declared",
    "Domain",
    "Element",
    "Extension",
    "ForeignServer",
    "Grant",
    "Index",
    "Namespace",
    "Partition",
    "PartitionBy",
    "Policy",
    "PrimaryKey",
    "RangeType",
    "Routine",
    "SchemaObject",
    "Sequence",
    "Shard",
    "Shards",
    "Trigger",
    "UserMapping",
    "check",
    "column_settings",
    "composite",
    "create_all",
    "ddl",
    "domain",
    "drop_all",
    "element",
    "exclude",
    "extension",
    "foreign_key",
    "function",
    "grant",
    "index",
    "namespace",
    "partition",
    "partition_by",
    "partitions_ahead",
    "policy",
    "primary_key",
    "procedure",
    "range_type",
    "refresh",
    "refresh_all",
    "refresh_every",
    "sequence",
    "server",
    "shard",
    "shards",
    "sql",
    "trigger",
    "unique",
    "user_mapping",
    "value_of",
]
