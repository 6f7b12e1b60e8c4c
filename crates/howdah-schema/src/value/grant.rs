//! Who may do what. No IO.

use serde::{Deserialize, Serialize};

use crate::value::is_default;

/// The privileges on an object besides its owner's; absent where they are PostgreSQL's defaults.
pub type Grants = Option<Vec<Grant>>;

/// What one role may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grant {
    /// The role; absent for everybody.
    #[serde(skip_serializing_if = "is_default")]
    pub role: Option<String>,
    /// `select`, `insert` …, in order of their names.
    pub privileges: Vec<String>,
    /// The role may hand them on.
    #[serde(skip_serializing_if = "is_default")]
    pub grantable: bool,
}
