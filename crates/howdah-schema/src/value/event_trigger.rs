//! Event triggers. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Enabled, Name, is_default};

/// A trigger of a database, which statements of DDL fire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventTrigger {
    /// Its name.
    pub name: String,
    /// `ddl_command_start`, `ddl_command_end`, `sql_drop`, `table_rewrite` or `login`.
    pub event: String,
    /// The commands that fire it; all where empty.
    #[serde(skip_serializing_if = "is_default")]
    pub tags: Vec<String>,
    /// The function that is called.
    pub function: Name,
    /// In which sessions it fires.
    #[serde(skip_serializing_if = "is_default")]
    pub enabled: Enabled,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Whose it is; absent where owners were not asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
}
