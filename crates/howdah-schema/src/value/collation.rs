//! Collations. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Name, is_default};

/// A collation: how texts are ordered and compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Collation {
    /// Its name.
    pub name: Name,
    /// Whose rules it takes.
    #[serde(skip_serializing_if = "is_default")]
    pub provider: CollationProvider,
    /// The locale, where one name says all of it.
    #[serde(skip_serializing_if = "is_default")]
    pub locale: Option<String>,
    /// The locale of the order, where it is told apart from that of the letters.
    #[serde(skip_serializing_if = "is_default")]
    pub lc_collate: Option<String>,
    /// The locale of the letters, where it is told apart from that of the order.
    #[serde(skip_serializing_if = "is_default")]
    pub lc_ctype: Option<String>,
    /// Only texts of the same bytes are equal.
    pub deterministic: bool,
    /// Rules beside those of an ICU locale (PostgreSQL 16).
    #[serde(skip_serializing_if = "is_default")]
    pub rules: Option<String>,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Whose it is; absent where owners were not asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
}

impl Default for Collation {
    fn default() -> Self {
        Self {
            name: Name::default(),
            provider: CollationProvider::default(),
            locale: None,
            lc_collate: None,
            lc_ctype: None,
            deterministic: true,
            rules: None,
            comment: None,
            owner: None,
        }
    }
}

/// Whose rules a collation takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CollationProvider {
    /// The operating system's.
    #[default]
    Libc,
    /// ICU's.
    Icu,
    /// PostgreSQL's own (PostgreSQL 17).
    Builtin,
}

impl CollationProvider {
    /// As SQL writes it.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::Libc => "libc",
            Self::Icu => "icu",
            Self::Builtin => "builtin",
        }
    }
}
