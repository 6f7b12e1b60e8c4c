//! `CREATE TABLE` and `ALTER TABLE`, and `ALTER` of whatever else is a relation.

use super::{
    Constraint, ConstraintKind, DropBehavior, Expr, IndexElement, Name, ObjectName, Query,
    SequenceOption, StorageOption, TypeName,
};
use crate::text::Span;

/// `CREATE [FOREIGN] TABLE` with columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateTable {
    /// The table's name.
    pub name: ObjectName,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `TEMPORARY`, `UNLOGGED`.
    pub persistence: Persistence,
    /// Its columns; of a partition or a typed table those that are said again.
    pub columns: Vec<ColumnDef>,
    /// Constraints between the columns.
    pub constraints: Vec<Constraint>,
    /// `LIKE other`.
    pub likes: Vec<Like>,
    /// `INHERITS (…)`.
    pub inherits: Vec<ObjectName>,
    /// `OF type`.
    pub of_type: Option<ObjectName>,
    /// `PARTITION OF parent bound`.
    pub partition_of: Option<PartitionOf>,
    /// `PARTITION BY`.
    pub partition_by: Option<PartitionBy>,
    /// `USING method`.
    pub method: Option<Name>,
    /// `WITH (…)`.
    pub options: Vec<StorageOption>,
    /// `ON COMMIT DROP`.
    pub on_commit_drop: bool,
    /// `TABLESPACE`.
    pub tablespace: Option<Name>,
    /// `SERVER`, of a foreign table.
    pub server: Option<Name>,
}

/// `CREATE TABLE AS`, `SELECT INTO`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTableAs {
    /// The table's name.
    pub name: ObjectName,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `TEMPORARY`, `UNLOGGED`.
    pub persistence: Persistence,
    /// The columns' names, when they are said.
    pub columns: Vec<Name>,
    /// What fills it; none with `EXECUTE`.
    pub query: Option<Query>,
    /// Not `WITH NO DATA`.
    pub with_data: bool,
}

/// How long a relation lives, and whether a crash empties it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Persistence {
    /// The usual.
    #[default]
    Permanent,
    /// `UNLOGGED`.
    Unlogged,
    /// `TEMPORARY`.
    Temporary,
}

/// A column of a table, or an attribute of a composite type.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDef {
    /// Where it stands.
    pub span: Span,
    /// Its name.
    pub name: Name,
    /// Its type; none where a partition or typed table says a column again.
    pub type_name: Option<TypeName>,
    /// `COLLATE`.
    pub collation: Option<ObjectName>,
    /// `STORAGE` (16).
    pub storage: Option<String>,
    /// `COMPRESSION` (14).
    pub compression: Option<String>,
    /// All else, defaults and `NOT NULL` too.
    pub constraints: Vec<Constraint>,
}

impl ColumnDef {
    /// Its default, if one is written.
    #[must_use]
    pub fn default(&self) -> Option<&Expr> {
        self.constraints.iter().find_map(|c| match &c.kind {
            ConstraintKind::Default(expr) => Some(expr),
            _ => None,
        })
    }

    /// Whether `NOT NULL` or `PRIMARY KEY` is written, or it is an identity or serial.
    #[must_use]
    pub fn is_not_null(&self) -> bool {
        self.type_name
            .as_ref()
            .is_some_and(|t| t.serial().is_some())
            || self.constraints.iter().any(|c| {
                matches!(
                    c.kind,
                    ConstraintKind::NotNull(_)
                        | ConstraintKind::PrimaryKey(_)
                        | ConstraintKind::Identity { .. }
                )
            })
    }
}

/// `LIKE other INCLUDING ALL`.
#[derive(Clone, Debug, PartialEq)]
pub struct Like {
    /// The relation copied from.
    pub source: ObjectName,
    /// What is copied beside the columns, in lower case, exclusions removed: `all`, `defaults`,
    /// `constraints`, `indexes`, `identity`, `generated`, `comments`, `statistics`, `storage`.
    pub including: Vec<String>,
    /// What `INCLUDING ALL` leaves out.
    pub excluding: Vec<String>,
}

impl Like {
    /// Whether a property is copied.
    #[must_use]
    pub fn copies(&self, property: &str) -> bool {
        let named = |list: &[String], name: &str| list.iter().any(|given| given == name);
        named(&self.including, property)
            || (named(&self.including, "all") && !named(&self.excluding, property))
    }
}

/// `PARTITION OF parent bound`.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionOf {
    /// The partitioned table.
    pub parent: ObjectName,
    /// The rows that it takes.
    pub bound: PartitionBound,
}

/// Which rows a partition takes.
#[derive(Clone, Debug, PartialEq)]
pub enum PartitionBound {
    /// `DEFAULT`.
    Default,
    /// `FOR VALUES IN (…)`.
    In(Vec<Expr>),
    /// `FOR VALUES FROM (…) TO (…)`; `MINVALUE` and `MAXVALUE` are columns of these names.
    Range {
        /// From here.
        from: Vec<Expr>,
        /// Up to here, exclusively.
        to: Vec<Expr>,
    },
    /// `FOR VALUES WITH (MODULUS m, REMAINDER r)`.
    Hash {
        /// The modulus.
        modulus: i64,
        /// The remainder.
        remainder: i64,
    },
}

/// `PARTITION BY RANGE (c)`.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionBy {
    /// `range`, `list` or `hash`.
    pub strategy: String,
    /// The key.
    pub elements: Vec<IndexElement>,
}

/// What kind of relation an `ALTER` names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// `TABLE`; PostgreSQL lets it name views, indexes and sequences too.
    #[default]
    Table,
    /// `FOREIGN TABLE`.
    ForeignTable,
    /// `INDEX`.
    Index,
    /// `VIEW`.
    View,
    /// `MATERIALIZED VIEW`.
    MaterializedView,
    /// `SEQUENCE`.
    Sequence,
}

/// `ALTER TABLE`, and `ALTER` of indexes, views, sequences.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterTable {
    /// What the statement calls it.
    pub kind: RelationKind,
    /// The relation's name.
    pub name: ObjectName,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// `ONLY`.
    pub only: bool,
    /// What changes, in order.
    pub actions: Vec<AlterAction>,
}

/// `ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b`.
#[derive(Clone, Debug, PartialEq)]
pub struct MoveTablespace {
    /// Tables, indexes or materialized views.
    pub kind: RelationKind,
    /// From where.
    pub from: Name,
    /// To where.
    pub to: Name,
    /// `NOWAIT`.
    pub nowait: bool,
}

/// One action of an `ALTER TABLE`.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterAction {
    /// Where it stands.
    pub span: Span,
    /// What it does.
    pub kind: Action,
}

/// What an action of `ALTER TABLE` does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `ADD COLUMN`.
    AddColumn {
        /// The column.
        column: ColumnDef,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
    },
    /// `DROP COLUMN`.
    DropColumn {
        /// Its name.
        name: Name,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `CASCADE`.
        behavior: DropBehavior,
    },
    /// `ALTER COLUMN`.
    AlterColumn {
        /// Its name; of an index's column its number.
        column: Name,
        /// What changes.
        change: ColumnChange,
    },
    /// `ADD CONSTRAINT`, `ADD CHECK`, ….
    AddConstraint(Constraint),
    /// `ALTER CONSTRAINT`; what is not said is none.
    AlterConstraint {
        /// Its name.
        name: Name,
        /// `[NOT] DEFERRABLE`.
        deferrable: Option<bool>,
        /// `INITIALLY DEFERRED`, `INITIALLY IMMEDIATE`.
        initially_deferred: Option<bool>,
        /// `[NOT] ENFORCED` (18).
        enforced: Option<bool>,
        /// `[NO] INHERIT` (18).
        inherit: Option<bool>,
    },
    /// `VALIDATE CONSTRAINT`.
    ValidateConstraint(Name),
    /// `DROP CONSTRAINT`.
    DropConstraint {
        /// Its name.
        name: Name,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `CASCADE`.
        behavior: DropBehavior,
    },
    /// `RENAME TO`.
    Rename(Name),
    /// `RENAME COLUMN a TO b`.
    RenameColumn {
        /// The old name.
        from: Name,
        /// The new name.
        to: Name,
    },
    /// `RENAME CONSTRAINT a TO b`.
    RenameConstraint {
        /// The old name.
        from: Name,
        /// The new name.
        to: Name,
    },
    /// `SET SCHEMA`.
    SetSchema(Name),
    /// `OWNER TO`.
    OwnerTo(Name),
    /// `ENABLE [ALWAYS | REPLICA] TRIGGER`, `DISABLE TRIGGER`.
    Trigger {
        /// When it fires from now on.
        firing: Firing,
        /// Which.
        target: TriggerTarget,
    },
    /// `ENABLE [ALWAYS | REPLICA] RULE`, `DISABLE RULE`.
    Rule {
        /// When it fires from now on.
        firing: Firing,
        /// Its name.
        name: Name,
    },
    /// `ENABLE`, `DISABLE`, `FORCE`, `NO FORCE ROW LEVEL SECURITY`.
    RowSecurity(RowSecurity),
    /// `CLUSTER ON index`.
    ClusterOn(Name),
    /// `SET WITHOUT CLUSTER`.
    SetWithoutCluster,
    /// `SET WITHOUT OIDS`.
    SetWithoutOids,
    /// `SET LOGGED`.
    SetLogged,
    /// `SET UNLOGGED`.
    SetUnlogged,
    /// `SET TABLESPACE`.
    SetTablespace(Name),
    /// `SET ACCESS METHOD`; none is `DEFAULT`.
    SetAccessMethod(Option<Name>),
    /// `SET (…)`.
    SetOptions(Vec<StorageOption>),
    /// `RESET (…)`.
    ResetOptions(Vec<StorageOption>),
    /// `OPTIONS (…)` of a foreign table.
    ForeignOptions,
    /// `REPLICA IDENTITY`.
    ReplicaIdentity(ReplicaIdentity),
    /// `INHERIT parent`.
    Inherit(ObjectName),
    /// `NO INHERIT parent`.
    NoInherit(ObjectName),
    /// `OF type`.
    OfType(ObjectName),
    /// `NOT OF`.
    NotOf,
    /// `ATTACH PARTITION`; an index's has no bound.
    AttachPartition {
        /// The partition.
        partition: ObjectName,
        /// The rows that it takes.
        bound: Option<PartitionBound>,
    },
    /// `DETACH PARTITION`.
    DetachPartition {
        /// The partition.
        partition: ObjectName,
        /// `CONCURRENTLY`, `FINALIZE`.
        mode: DetachMode,
    },
    /// Options of `ALTER SEQUENCE`.
    Sequence(Vec<SequenceOption>),
    /// `[NO] DEPENDS ON EXTENSION`, of an index or materialized view.
    DependsOnExtension,
    /// What the grammar takes and PostgreSQL 18 has not (`MERGE PARTITIONS`).
    Other,
}

/// A change to a column.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnChange {
    /// `[SET DATA] TYPE`.
    Type {
        /// The new type.
        to: TypeName,
        /// `COLLATE`.
        collation: Option<ObjectName>,
        /// `USING`.
        using: Option<Expr>,
    },
    /// `SET DEFAULT`.
    SetDefault(Expr),
    /// `DROP DEFAULT`.
    DropDefault,
    /// `SET NOT NULL`.
    SetNotNull,
    /// `DROP NOT NULL`.
    DropNotNull,
    /// `SET EXPRESSION AS (…)` (17).
    SetExpression(Expr),
    /// `DROP EXPRESSION` (13).
    DropExpression {
        /// `IF EXISTS`.
        if_exists: bool,
    },
    /// `ADD GENERATED … AS IDENTITY`.
    AddIdentity {
        /// `ALWAYS`.
        always: bool,
        /// Of its sequence.
        options: Vec<SequenceOption>,
    },
    /// `SET GENERATED`, `SET sequence_option`, `RESTART`.
    SetIdentity {
        /// `SET GENERATED ALWAYS` is true.
        always: Option<bool>,
        /// Of its sequence.
        options: Vec<SequenceOption>,
    },
    /// `DROP IDENTITY`.
    DropIdentity {
        /// `IF EXISTS`.
        if_exists: bool,
    },
    /// `SET STATISTICS n`; none is `DEFAULT`.
    SetStatistics(Option<i64>),
    /// `SET (n_distinct = …)`.
    SetOptions(Vec<StorageOption>),
    /// `RESET (…)`.
    ResetOptions(Vec<StorageOption>),
    /// `SET STORAGE`, in lower case.
    SetStorage(String),
    /// `SET COMPRESSION` (14), in lower case.
    SetCompression(String),
    /// `OPTIONS (…)` of a foreign table's column.
    ForeignOptions,
    /// What the grammar takes and PostgreSQL has not.
    Other,
}

/// When a trigger or rule fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firing {
    /// `ENABLE`.
    Origin,
    /// `ENABLE ALWAYS`.
    Always,
    /// `ENABLE REPLICA`.
    Replica,
    /// `DISABLE`.
    Never,
}

/// Which triggers.
#[derive(Clone, Debug, PartialEq)]
pub enum TriggerTarget {
    /// That one.
    Named(Name),
    /// `ALL`.
    All,
    /// `USER`.
    User,
}

/// Row-level security of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowSecurity {
    /// `ENABLE`.
    Enable,
    /// `DISABLE`.
    Disable,
    /// `FORCE`.
    Force,
    /// `NO FORCE`.
    NoForce,
}

/// What identifies a row for replication.
#[derive(Clone, Debug, PartialEq)]
pub enum ReplicaIdentity {
    /// `DEFAULT`.
    Default,
    /// `FULL`.
    Full,
    /// `NOTHING`.
    Nothing,
    /// `USING INDEX`.
    Index(Name),
}

/// How a partition is detached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetachMode {
    /// In this transaction.
    Plain,
    /// `CONCURRENTLY` (14).
    Concurrently,
    /// `FINALIZE` (14).
    Finalize,
}
