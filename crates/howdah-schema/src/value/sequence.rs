//! Sequences. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Grants, Name, is_default};

/// A sequence that stands by itself, or that a `serial` column owns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sequence {
    /// Its name.
    pub name: Name,
    /// The type of its numbers, where it is not `bigint`.
    #[serde(rename = "type", skip_serializing_if = "is_default")]
    pub type_name: Option<String>,
    /// How it counts.
    #[serde(skip_serializing_if = "is_default")]
    pub options: SequenceOptions,
    /// The column that takes it along when it is dropped.
    #[serde(skip_serializing_if = "is_default")]
    pub owned_by: Option<OwnedBy>,
    /// It is reset by a crash, and writes no WAL.
    #[serde(skip_serializing_if = "is_default")]
    pub unlogged: bool,
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

/// A column that owns a sequence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OwnedBy {
    /// Its table.
    pub table: Name,
    /// Its name.
    pub column: String,
}

/// How a sequence counts; what is absent is PostgreSQL's default for its type and direction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SequenceOptions {
    /// The first number.
    #[serde(skip_serializing_if = "is_default")]
    pub start: Option<i64>,
    /// The step, 1 where absent.
    #[serde(skip_serializing_if = "is_default")]
    pub increment: Option<i64>,
    /// The least number.
    #[serde(skip_serializing_if = "is_default")]
    pub minimum: Option<i64>,
    /// The greatest number.
    #[serde(skip_serializing_if = "is_default")]
    pub maximum: Option<i64>,
    /// How many numbers a session takes at once, 1 where absent.
    #[serde(skip_serializing_if = "is_default")]
    pub cache: Option<i64>,
    /// Whether it begins again at its end.
    #[serde(skip_serializing_if = "is_default")]
    pub cycle: bool,
}
