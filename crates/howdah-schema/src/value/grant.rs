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

/// What objects that a role will make grant at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DefaultPrivileges {
    /// The role that will make them.
    pub role: String,
    /// In which schema, by its name also where it is the base; in all where absent. Then the grants take the place
    /// of PostgreSQL's defaults, else they are added to them.
    #[serde(skip_serializing_if = "is_default")]
    pub schema: Option<String>,
    /// `tables`, `sequences`, `functions`, `types`, `schemas`, `large objects`.
    pub objects: String,
    /// What is granted to others than the role.
    pub grants: Vec<Grant>,
}
