//! What the value does not hold, by name. No IO.

use serde::{Deserialize, Serialize};

use crate::value::is_default;

/// Something that the catalog has and the value does not understand: it is never made, changed or dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Unknown {
    /// What it is: `base type`, `subscription`, `security label` …
    pub kind: String,
    /// As PostgreSQL identifies it, with its schema.
    pub name: String,
    /// Why it is not held.
    #[serde(skip_serializing_if = "is_default")]
    pub reason: Option<String>,
}
