//! What is done to objects of any kind: make, drop, rename, move, own, comment.

use super::{DropBehavior, Name, ObjectName, SequenceOption, Statement, StorageOption, TypeName};
use super::{Persistence, Query};

/// The kinds of objects that PostgreSQL's statements name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // each is the word of the statement
pub enum ObjectKind {
    AccessMethod,
    Aggregate,
    Cast,
    Collation,
    Column,
    Constraint,
    Conversion,
    Database,
    Domain,
    EventTrigger,
    Extension,
    ForeignDataWrapper,
    ForeignTable,
    Function,
    Index,
    Language,
    LargeObject,
    MaterializedView,
    Operator,
    OperatorClass,
    OperatorFamily,
    Parameter,
    Policy,
    Procedure,
    PropertyGraph,
    Publication,
    Role,
    Routine,
    Rule,
    Schema,
    Sequence,
    Server,
    Statistics,
    Subscription,
    Table,
    Tablespace,
    TextSearchConfiguration,
    TextSearchDictionary,
    TextSearchParser,
    TextSearchTemplate,
    Transform,
    Trigger,
    Type,
    UserMapping,
    View,
}

impl ObjectKind {
    /// The words of SQL, in lower case.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::AccessMethod => "access method",
            Self::Aggregate => "aggregate",
            Self::Cast => "cast",
            Self::Collation => "collation",
            Self::Column => "column",
            Self::Constraint => "constraint",
            Self::Conversion => "conversion",
            Self::Database => "database",
            Self::Domain => "domain",
            Self::EventTrigger => "event trigger",
            Self::Extension => "extension",
            Self::ForeignDataWrapper => "foreign data wrapper",
            Self::ForeignTable => "foreign table",
            Self::Function => "function",
            Self::Index => "index",
            Self::Language => "language",
            Self::LargeObject => "large object",
            Self::MaterializedView => "materialized view",
            Self::Operator => "operator",
            Self::OperatorClass => "operator class",
            Self::OperatorFamily => "operator family",
            Self::Parameter => "parameter",
            Self::Policy => "policy",
            Self::Procedure => "procedure",
            Self::PropertyGraph => "property graph",
            Self::Publication => "publication",
            Self::Role => "role",
            Self::Routine => "routine",
            Self::Rule => "rule",
            Self::Schema => "schema",
            Self::Sequence => "sequence",
            Self::Server => "server",
            Self::Statistics => "statistics",
            Self::Subscription => "subscription",
            Self::Table => "table",
            Self::Tablespace => "tablespace",
            Self::TextSearchConfiguration => "text search configuration",
            Self::TextSearchDictionary => "text search dictionary",
            Self::TextSearchParser => "text search parser",
            Self::TextSearchTemplate => "text search template",
            Self::Transform => "transform",
            Self::Trigger => "trigger",
            Self::Type => "type",
            Self::UserMapping => "user mapping",
            Self::View => "view",
        }
    }
}

/// An object as a statement names it.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectRef {
    /// Its name. Of a column: the table's schema and the column's name, with the table in `on`.
    pub name: ObjectName,
    /// The table of a trigger, rule, policy, constraint or column; the domain of its constraint.
    pub on: Option<ObjectName>,
    /// A routine's argument types, when they are said.
    pub arguments: Option<Vec<TypeName>>,
}

/// `DROP`.
#[derive(Clone, Debug, PartialEq)]
pub struct Drop {
    /// Of what.
    pub kind: ObjectKind,
    /// Which.
    pub objects: Vec<ObjectRef>,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// `CASCADE`.
    pub behavior: DropBehavior,
    /// `DROP INDEX CONCURRENTLY`.
    pub concurrently: bool,
}

/// `CREATE` of something that has no statement type of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateObject {
    /// Of what.
    pub kind: ObjectKind,
    /// Its name; casts, transforms and user mappings have none.
    pub name: Option<ObjectName>,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// The options in parentheses, where there are some.
    pub options: Vec<StorageOption>,
}

/// `ALTER` of name, schema or owner, and any other `ALTER` without a type of its own. Relations
/// (tables, indexes, views, sequences) have [`super::AlterTable`].
#[derive(Clone, Debug, PartialEq)]
pub struct AlterObject {
    /// Of what.
    pub kind: ObjectKind,
    /// Which.
    pub object: ObjectRef,
    /// What changes.
    pub change: ObjectChange,
}

/// A change that objects of many kinds know.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectChange {
    /// `RENAME TO`.
    Rename(Name),
    /// `SET SCHEMA`.
    SetSchema(Name),
    /// `OWNER TO`.
    OwnerTo(Name),
    /// `SET (…)`.
    SetOptions(Vec<StorageOption>),
    /// `RESET (…)`.
    ResetOptions(Vec<StorageOption>),
    /// `SET TABLESPACE`, of a database.
    SetTablespace(Name),
    /// `SET STATISTICS`, of a statistics object.
    SetStatistics,
    /// `ENABLE`, of an event trigger or subscription.
    Enable,
    /// `DISABLE`, of an event trigger or subscription.
    Disable,
    /// `UPDATE`, of an extension.
    Update,
    /// `ADD`, `DROP` of members: an extension's, a publication's, an operator family's.
    Members,
    /// `SET parameter`, `RESET parameter`.
    Configuration,
    /// `[NO] DEPENDS ON EXTENSION`.
    DependsOnExtension,
    /// Something else.
    Other,
}

/// `CREATE SCHEMA`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateSchema {
    /// Its name; that of the role with `AUTHORIZATION role` alone.
    pub name: Name,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// What is made in it.
    pub elements: Vec<Statement>,
}

/// `CREATE SEQUENCE`. `ALTER SEQUENCE` is a [`super::AlterTable`].
#[derive(Clone, Debug, PartialEq)]
pub struct CreateSequence {
    /// Its name.
    pub name: ObjectName,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `TEMPORARY`, `UNLOGGED`.
    pub persistence: Persistence,
    /// Its options.
    pub options: Vec<SequenceOption>,
}

/// `CREATE EXTENSION`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateExtension {
    /// Its name.
    pub name: Name,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `SCHEMA`.
    pub schema: Option<Name>,
    /// `CASCADE`.
    pub cascade: bool,
}

/// `COMMENT ON`, `SECURITY LABEL ON`.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// Of what.
    pub kind: ObjectKind,
    /// Which.
    pub object: ObjectRef,
    /// The text; none is `NULL`.
    pub text: Option<String>,
}

/// `IMPORT FOREIGN SCHEMA`.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportForeignSchema {
    /// The local schema that the tables are made in.
    pub into: Name,
}

/// What stands between `EXPLAIN`, `PREPARE` or `DECLARE` and their end.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// The name; `EXPLAIN` has none.
    pub name: Option<Name>,
    /// The statement.
    pub statement: Box<Statement>,
}

/// `EXPLAIN`.
#[derive(Clone, Debug, PartialEq)]
pub struct Explain {
    /// `ANALYZE`: the statement runs.
    pub analyze: bool,
    /// The statement.
    pub statement: Box<Statement>,
}

/// A query by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// What it reads and computes.
    pub query: Query,
}
