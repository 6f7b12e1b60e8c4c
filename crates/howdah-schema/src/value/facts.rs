//! What is true of a database now, and no part of its schema: sizes, rows, work in progress. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Name, is_default};

/// Facts about a database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Facts {
    /// As `server_version_num` has it: 180006.
    pub server_version: u32,
    /// The name of the database.
    pub database: String,
    /// Tables and materialized views, in order of their names.
    pub relations: Vec<RelationFacts>,
}

/// Facts about a table or materialized view.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RelationFacts {
    /// Its name.
    pub name: Name,
    /// How large it is, with what is kept apart (TOAST), without indexes. A partitioned table has nothing of its own.
    #[serde(skip_serializing_if = "is_default")]
    pub bytes: u64,
    /// How large its indexes are.
    #[serde(skip_serializing_if = "is_default")]
    pub index_bytes: u64,
    /// How many rows the last `analyze` or `vacuum` estimated; absent before the first.
    #[serde(skip_serializing_if = "is_default")]
    pub rows: Option<u64>,
    /// Indexes that are not valid: builds that failed, or go on.
    #[serde(skip_serializing_if = "is_default")]
    pub invalid_indexes: Vec<String>,
    /// It is being vacuumed.
    #[serde(skip_serializing_if = "is_default")]
    pub vacuum: Option<Vacuum>,
}

/// Who vacuums a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vacuum {
    /// Autovacuum, which gives way to a lock that is waited for, unless it prevents wraparound.
    Automatic,
    /// Somebody's `vacuum`, or one that cannot be told from it without the right to see others' sessions.
    Manual,
}

impl Facts {
    /// Those about the relation of this name.
    #[must_use]
    pub fn relation(&self, name: &Name) -> Option<&RelationFacts> {
        self.relations.iter().find(|it| it.name == *name)
    }
}
