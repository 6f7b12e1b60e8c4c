//! Views, materialized views and rewrite rules.

use super::{Name, ObjectName, Persistence, Query, Statement, StorageOption};

/// `CREATE [OR REPLACE] VIEW`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateView {
    /// Its name.
    pub name: ObjectName,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `TEMPORARY`.
    pub persistence: Persistence,
    /// The columns' names, when they are said.
    pub columns: Vec<Name>,
    /// `WITH (…)`.
    pub options: Vec<StorageOption>,
    /// What it shows.
    pub query: Query,
    /// `RECURSIVE`.
    pub recursive: bool,
}

/// `CREATE MATERIALIZED VIEW`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateMaterializedView {
    /// Its name.
    pub name: ObjectName,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// The columns' names, when they are said.
    pub columns: Vec<Name>,
    /// What it holds.
    pub query: Query,
    /// Not `WITH NO DATA`.
    pub with_data: bool,
}

/// `REFRESH MATERIALIZED VIEW`.
#[derive(Clone, Debug, PartialEq)]
pub struct Refresh {
    /// The view.
    pub name: ObjectName,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// Not `WITH NO DATA`.
    pub with_data: bool,
}

/// `CREATE RULE`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateRule {
    /// Its name.
    pub name: Name,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// The table or view.
    pub table: ObjectName,
    /// `select`, `insert`, `update` or `delete`.
    pub event: String,
    /// `INSTEAD`.
    pub instead: bool,
    /// What it does; empty of `NOTHING`.
    pub actions: Vec<Statement>,
}
