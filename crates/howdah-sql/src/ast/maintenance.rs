//! `VACUUM`, `ANALYZE`, `CLUSTER`, `REINDEX`, `TRUNCATE`, `LOCK`.

use super::{DropBehavior, Name, ObjectName, StorageOption};

/// `VACUUM` and `ANALYZE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Vacuum {
    /// The tables; empty is all.
    pub tables: Vec<TableAndColumns>,
    /// `FULL`.
    pub full: bool,
    /// `ANALYZE`, also within `VACUUM`.
    pub analyze: bool,
    /// `FREEZE`.
    pub freeze: bool,
    /// All options as they were written, in either spelling, in lower case.
    pub options: Vec<StorageOption>,
}

/// A table and some of its columns.
#[derive(Clone, Debug, PartialEq)]
pub struct TableAndColumns {
    /// The table.
    pub table: ObjectName,
    /// `ONLY` (18).
    pub only: bool,
    /// The columns; empty is all.
    pub columns: Vec<Name>,
}

/// `CLUSTER`, and `REPACK` of PostgreSQL 19.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// The table; none is every table clustered before.
    pub table: Option<ObjectName>,
    /// `USING index`.
    pub index: Option<Name>,
    /// `REPACK (CONCURRENTLY)`.
    pub concurrently: bool,
    /// `REPACK`.
    pub repack: bool,
}

/// `REINDEX`.
#[derive(Clone, Debug, PartialEq)]
pub struct Reindex {
    /// Of what.
    pub target: ReindexTarget,
    /// Its name; the current database's may be left out.
    pub name: Option<ObjectName>,
    /// `CONCURRENTLY`, in either place.
    pub concurrently: bool,
    /// `TABLESPACE` (14).
    pub tablespace: Option<Name>,
}

/// What `REINDEX` rebuilds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReindexTarget {
    /// One index.
    Index,
    /// All of a table.
    Table,
    /// All of a schema.
    Schema,
    /// All of the database.
    Database,
    /// Those of the catalogs.
    System,
}

/// `TRUNCATE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Truncate {
    /// The tables, and whether `ONLY` stands before each.
    pub tables: Vec<TableAndColumns>,
    /// `RESTART IDENTITY`.
    pub restart_identity: bool,
    /// `CASCADE`.
    pub behavior: DropBehavior,
}

/// `LOCK TABLE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// The relations, and whether `ONLY` stands before each.
    pub relations: Vec<TableAndColumns>,
    /// In lower case: `access exclusive`, which is also what is not said.
    pub mode: String,
    /// `NOWAIT`.
    pub nowait: bool,
}
