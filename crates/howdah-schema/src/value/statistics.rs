//! Statistics objects: what `analyze` counts of several columns together. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Name, is_default};

/// `create statistics`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Statistics {
    /// Its name.
    pub name: Name,
    /// The table or materialized view.
    pub table: Name,
    /// `ndistinct`, `dependencies`, `mcv`; empty for those of a single expression.
    #[serde(skip_serializing_if = "is_default")]
    pub kinds: Vec<String>,
    /// The columns and expressions, as SQL writes them.
    pub elements: String,
    /// What `set statistics` said.
    #[serde(skip_serializing_if = "is_default")]
    pub target: Option<i32>,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Whose it is; absent where owners were not asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
}
