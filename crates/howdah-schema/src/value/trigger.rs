//! Triggers and rules. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Deferral, Name, is_default};

/// A trigger of a table or view.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// When it fires.
    pub timing: Timing,
    /// `insert`, `update`, `delete`, `truncate`.
    pub events: Vec<String>,
    /// The columns whose update counts; all where empty.
    #[serde(skip_serializing_if = "is_default")]
    pub columns: Vec<String>,
    /// Once per statement, not per row.
    #[serde(skip_serializing_if = "is_default")]
    pub for_each_statement: bool,
    /// A condition, of `OLD` and `NEW`.
    #[serde(skip_serializing_if = "is_default")]
    pub condition: Option<String>,
    /// The function that is called.
    pub function: Name,
    /// What it is called with.
    #[serde(skip_serializing_if = "is_default")]
    pub arguments: Vec<String>,
    /// The name under which it sees the old rows.
    #[serde(skip_serializing_if = "is_default")]
    pub old_table: Option<String>,
    /// The name under which it sees the new rows.
    #[serde(skip_serializing_if = "is_default")]
    pub new_table: Option<String>,
    /// It is a constraint trigger.
    #[serde(skip_serializing_if = "is_default")]
    pub constraint: bool,
    /// When a constraint trigger fires.
    #[serde(skip_serializing_if = "is_default")]
    pub deferral: Deferral,
    /// The other table that a constraint trigger is about: `from`.
    #[serde(skip_serializing_if = "is_default")]
    pub from: Option<Name>,
    /// In which sessions it fires.
    #[serde(skip_serializing_if = "is_default")]
    pub enabled: Enabled,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
}

/// A rule: what takes the place of a query, or comes with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The statement that makes it.
    pub create: String,
    /// In which sessions it counts.
    #[serde(skip_serializing_if = "is_default")]
    pub enabled: Enabled,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
}

/// When a trigger fires.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Timing {
    /// Before the event.
    #[default]
    Before,
    /// After it.
    After,
    /// Instead of it.
    #[serde(rename = "instead of")]
    InsteadOf,
}

impl Timing {
    /// As SQL writes it.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
            Self::InsteadOf => "instead of",
        }
    }
}

/// In which sessions a trigger fires.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enabled {
    /// In all but those that apply a replication.
    #[default]
    Origin,
    /// In none.
    Disabled,
    /// In those that apply a replication.
    Replica,
    /// In all.
    Always,
}
