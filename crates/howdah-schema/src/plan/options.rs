//! What a planner is told besides the two schemas. No IO.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use crate::value::Schema;

/// What a planner is told besides the two schemas.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// As `server_version_num` of the server has it.
    pub server_version: u32,
    /// The schema as models declare it: where it says what a table or column was, that counts.
    pub declared: Option<Schema>,
    /// How many rows tables have, by their names as SQL; what is not listed is taken to be large.
    pub rows: HashMap<String, u64>,
    /// Up to so many rows, the plain form of a statement is taken.
    pub small_rows: u64,
    /// Whether tables and columns may be dropped without asking.
    pub allow_drop: AllowDrop,
    /// Answers to questions, by their identifiers.
    pub answers: BTreeMap<String, String>,
    /// Every change in its plain form.
    pub simple: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            server_version: u32::MAX,
            declared: None,
            rows: HashMap::new(),
            small_rows: 10_000,
            allow_drop: AllowDrop::default(),
            answers: BTreeMap::new(),
            simple: false,
        }
    }
}

/// What may be dropped without asking.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum AllowDrop {
    /// Everything, or nothing.
    All(bool),
    /// These: `table book`, `column book.isbn`.
    These(Vec<String>),
}

impl Default for AllowDrop {
    fn default() -> Self {
        Self::All(false)
    }
}

impl AllowDrop {
    /// Whether it may go: `table book`.
    #[must_use]
    pub fn covers(&self, object: &str) -> bool {
        match self {
            Self::All(all) => *all,
            Self::These(list) => list.iter().any(|it| it == object),
        }
    }
}

impl Options {
    /// Copies what tables and columns were from the declared schema onto `to`.
    pub fn carry_names(&self, to: &mut Schema) {
        if let Some(declared) = &self.declared {
            carry_names(declared, to);
        }
    }
}

/// Copies what tables and columns were, which no catalog knows.
pub fn carry_names(declared: &Schema, to: &mut Schema) {
    for declared in &declared.tables {
        let Some(table) = to.tables.iter_mut().find(|it| it.name == declared.name) else {
            continue;
        };
        table.was.clone_from(&declared.was);
        for column in &mut table.columns {
            let other = declared.columns.iter().find(|it| it.name == column.name);
            if let Some(other) = other {
                column.was.clone_from(&other.was);
            }
        }
    }
}
