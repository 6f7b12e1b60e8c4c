//! `CREATE INDEX` and `CREATE STATISTICS`.

use super::{Expr, Name, ObjectName, StorageOption};
use crate::text::Span;

/// `CREATE INDEX`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateIndex {
    /// Its name; PostgreSQL chooses one where none is written.
    pub name: Option<Name>,
    /// The table or materialized view.
    pub table: ObjectName,
    /// `ONLY`.
    pub only: bool,
    /// `UNIQUE`.
    pub unique: bool,
    /// `CONCURRENTLY`, and where it stands.
    pub concurrently: Option<Span>,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// The access method; `btree` if it is not said.
    pub method: Option<Name>,
    /// What is indexed.
    pub elements: Vec<IndexElement>,
    /// `INCLUDE (…)`.
    pub include: Vec<Name>,
    /// `NULLS NOT DISTINCT` (15).
    pub nulls_not_distinct: bool,
    /// `WITH (…)`.
    pub options: Vec<StorageOption>,
    /// `TABLESPACE`.
    pub tablespace: Option<Name>,
    /// `WHERE`.
    pub predicate: Option<Expr>,
}

/// One element of an index or of a partition key: a column or an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexElement {
    /// Where it stands.
    pub span: Span,
    /// The column, or none for an expression.
    pub column: Option<Name>,
    /// The expression; a column's too.
    pub expr: Expr,
    /// `COLLATE`.
    pub collation: Option<ObjectName>,
    /// The operator class.
    pub operator_class: Option<ObjectName>,
    /// `DESC`.
    pub descending: bool,
    /// `NULLS FIRST` is true, `NULLS LAST` false.
    pub nulls_first: Option<bool>,
}

/// `CREATE STATISTICS`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateStatistics {
    /// Its name; optional since 16.
    pub name: Option<ObjectName>,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `ndistinct`, `dependencies`, `mcv`; empty is all.
    pub kinds: Vec<String>,
    /// What is measured together.
    pub expressions: Vec<Expr>,
    /// The table.
    pub table: ObjectName,
}
