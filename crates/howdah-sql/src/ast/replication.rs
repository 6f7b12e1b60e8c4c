//! Publications and subscriptions.

use super::{Expr, Name, ObjectName, StorageOption};

/// `CREATE PUBLICATION`, and `ALTER PUBLICATION` of what is published.
#[derive(Clone, Debug, PartialEq)]
pub struct Publication {
    /// Its name.
    pub name: Name,
    /// Made, or which change.
    pub change: PublicationChange,
    /// `FOR ALL TABLES`.
    pub all_tables: bool,
    /// `TABLES IN SCHEMA` (15).
    pub schemas: Vec<Name>,
    /// The tables.
    pub tables: Vec<PublishedTable>,
    /// `WITH (…)`.
    pub options: Vec<StorageOption>,
}

/// What is done to a publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicationChange {
    /// `CREATE`.
    Create,
    /// `ADD`.
    Add,
    /// `DROP`.
    Drop,
    /// `SET` of objects.
    Set,
}

/// A table in a publication.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedTable {
    /// Which.
    pub name: ObjectName,
    /// `ONLY`.
    pub only: bool,
    /// Which columns (15); empty is all.
    pub columns: Vec<Name>,
    /// `WHERE` (15).
    pub filter: Option<Expr>,
}

/// `CREATE SUBSCRIPTION`, and `ALTER SUBSCRIPTION` of what is subscribed.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    /// Its name.
    pub name: Name,
    /// `create`, `add publication`, `set publication`, `drop publication`, `refresh publication`,
    /// `connection`, `skip`.
    pub change: String,
    /// `WITH (…)`: `create_slot`, `refresh`, `copy_data`.
    pub options: Vec<StorageOption>,
}
