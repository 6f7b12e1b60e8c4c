//! Other servers, and tables whose rows lie there. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Grants, Options, is_default};

/// A foreign server. It lies in no schema.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// The foreign-data wrapper, such as `postgres_fdw`.
    pub wrapper: String,
    /// What the wrapper takes for its type.
    #[serde(rename = "type", skip_serializing_if = "is_default")]
    pub kind: Option<String>,
    /// What the wrapper takes for its version.
    #[serde(skip_serializing_if = "is_default")]
    pub version: Option<String>,
    /// Where it is, and how it is talked to.
    #[serde(skip_serializing_if = "is_default")]
    pub options: Options,
    /// As whom it is entered.
    #[serde(skip_serializing_if = "is_default")]
    pub user_mappings: Vec<UserMapping>,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Who may do what, besides the owner.
    #[serde(skip_serializing_if = "is_default")]
    pub grants: Grants,
    /// Whose it is; absent where owners were not asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
}

/// As whom a role enters a server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserMapping {
    /// The role; all that have no mapping of their own where absent.
    #[serde(skip_serializing_if = "is_default")]
    pub role: Option<String>,
    /// As whom. Passwords are never read from a catalog.
    #[serde(skip_serializing_if = "is_default")]
    pub options: Options,
}

/// Where the rows of a foreign table lie.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Foreign {
    /// The server.
    pub server: String,
    /// In which table, and how it is read.
    #[serde(skip_serializing_if = "is_default")]
    pub options: Options,
}

impl Server {
    pub(super) fn sort(&mut self) {
        self.user_mappings.sort_by(|a, b| a.role.cmp(&b.role));
    }
}
