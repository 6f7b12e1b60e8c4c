//! `INSERT`, `UPDATE`, `DELETE`, `MERGE` and `COPY`.

use super::{Expr, Name, ObjectName, Query, StorageOption};

/// `INSERT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// Into which table.
    pub table: ObjectName,
    /// The columns, when they are said.
    pub columns: Vec<Name>,
    /// Where rows come from; none with `DEFAULT VALUES`.
    pub source: Option<Query>,
    /// How many rows `VALUES` has; zero with a query.
    pub rows: usize,
    /// `ON CONFLICT`.
    pub on_conflict: Option<OnConflict>,
    /// Everything read and computed in it, `WITH` included.
    pub query: Query,
}

/// `ON CONFLICT`.
#[derive(Clone, Debug, PartialEq)]
pub struct OnConflict {
    /// `DO UPDATE`, not `DO NOTHING`.
    pub update: bool,
    /// The columns that it sets.
    pub sets: Vec<Name>,
}

/// `UPDATE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// Which table.
    pub table: ObjectName,
    /// `ONLY`.
    pub only: bool,
    /// The columns that it sets, in order.
    pub sets: Vec<Name>,
    /// `WHERE`.
    pub condition: Option<Expr>,
    /// `WHERE CURRENT OF`.
    pub current_of: bool,
    /// Everything read and computed in it, `WITH` included.
    pub query: Query,
}

/// `DELETE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    /// From which table.
    pub table: ObjectName,
    /// `ONLY`.
    pub only: bool,
    /// `WHERE`.
    pub condition: Option<Expr>,
    /// `WHERE CURRENT OF`.
    pub current_of: bool,
    /// Everything read and computed in it, `WITH` included.
    pub query: Query,
}

/// `MERGE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Merge {
    /// Into which table.
    pub table: ObjectName,
    /// `ONLY`.
    pub only: bool,
    /// For each action that sets or inserts columns, which, in order; none are named by an `INSERT` of all.
    pub sets: Vec<Vec<Name>>,
    /// Everything read and computed in it, `WITH` included.
    pub query: Query,
}

/// `COPY`.
#[derive(Clone, Debug, PartialEq)]
pub struct Copy {
    /// The table; none copies what a query returns.
    pub table: Option<ObjectName>,
    /// The query.
    pub query: Option<Query>,
    /// The columns, when they are said.
    pub columns: Vec<Name>,
    /// `FROM`: into the table.
    pub from: bool,
    /// From or to where.
    pub place: CopyPlace,
    /// The options in parentheses.
    pub options: Vec<StorageOption>,
}

/// Where the data of a `COPY` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyPlace {
    /// `STDIN`, `STDOUT`.
    Client,
    /// A file of the server's.
    File,
    /// `PROGRAM`.
    Program,
}
