//! Publications. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Name, is_default};

/// What logical replication gives away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Publication {
    /// Its name.
    pub name: String,
    /// All tables, those to come among them.
    #[serde(skip_serializing_if = "is_default")]
    pub all_tables: bool,
    /// These tables.
    #[serde(skip_serializing_if = "is_default")]
    pub tables: Vec<PublishedTable>,
    /// All tables of these schemas (PostgreSQL 15); absent stands for the base schema.
    #[serde(skip_serializing_if = "is_default")]
    pub schemas: Vec<Option<String>>,
    /// `publish`, `publish_via_partition_root` …, where they are not PostgreSQL's defaults.
    #[serde(skip_serializing_if = "is_default")]
    pub options: crate::value::Options,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Whose it is; absent where owners were not asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
}

/// A table in a publication.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PublishedTable {
    /// The table.
    pub table: Name,
    /// The columns; all where empty.
    #[serde(skip_serializing_if = "is_default")]
    pub columns: Vec<String>,
    /// Which rows.
    #[serde(skip_serializing_if = "is_default")]
    pub predicate: Option<String>,
}

impl Publication {
    pub(super) fn sort(&mut self) {
        self.tables.sort_by(|a, b| a.table.cmp(&b.table));
        self.schemas.sort();
    }
}
