//! Objects that few databases have, each known by the statements that make it. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Grants, Name, is_default};

/// An aggregate, operator, cast …: two are the same if their statements are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Definition {
    /// What it is.
    pub kind: DefinitionKind,
    /// The name by which the texts of others call it; for a cast, that of its target type.
    pub name: Name,
    /// As statements about it name it, after its kind: `median(numeric)`, `=== (text, text)`,
    /// `(text as point)`.
    pub designation: String,
    /// The statements that make it.
    pub create: Vec<String>,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Who may do what with it.
    #[serde(skip_serializing_if = "is_default")]
    pub grants: Grants,
    /// Whose it is; absent where owners were not asked for, or it has none.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
}

/// What is known by the statements that make it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DefinitionKind {
    /// A language.
    Language,
    /// A foreign-data wrapper.
    ForeignDataWrapper,
    /// An access method.
    AccessMethod,
    /// An aggregate function.
    #[default]
    Aggregate,
    /// An operator.
    Operator,
    /// A family of operators.
    OperatorFamily,
    /// An operator class.
    OperatorClass,
    /// A cast.
    Cast,
    /// A conversion of encodings.
    Conversion,
    /// A dictionary of text search.
    TextSearchDictionary,
    /// A configuration of text search.
    TextSearchConfiguration,
}

impl DefinitionKind {
    /// As SQL writes it.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::Language => "language",
            Self::ForeignDataWrapper => "foreign data wrapper",
            Self::AccessMethod => "access method",
            Self::Aggregate => "aggregate",
            Self::Operator => "operator",
            Self::OperatorFamily => "operator family",
            Self::OperatorClass => "operator class",
            Self::Cast => "cast",
            Self::Conversion => "conversion",
            Self::TextSearchDictionary => "text search dictionary",
            Self::TextSearchConfiguration => "text search configuration",
        }
    }

    /// As `grant` and `revoke` write it.
    #[must_use]
    pub fn grant_sql(self) -> &'static str {
        match self {
            Self::Aggregate => "function",
            other => other.sql(),
        }
    }
}
