//! Types: enums, domains, composites, ranges. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Grants, Name, NotNull, is_default};

/// A type whose values are labels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Enum {
    /// Its name.
    pub name: Name,
    /// The labels in their order.
    pub labels: Vec<String>,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Who may use it.
    #[serde(skip_serializing_if = "is_default")]
    pub grants: Grants,
    /// Whose it is; absent where owners were not asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
}

/// A type with conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Domain {
    /// Its name.
    pub name: Name,
    /// The type that it is based on.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Whether null is refused.
    #[serde(skip_serializing_if = "is_default")]
    pub not_null: bool,
    /// What is special about the constraint that refuses null (PostgreSQL 17).
    #[serde(skip_serializing_if = "is_default")]
    pub not_null_constraint: Option<NotNull>,
    /// The default, an expression.
    #[serde(skip_serializing_if = "is_default")]
    pub default: Option<String>,
    /// The collation, where it is not the type's.
    #[serde(skip_serializing_if = "is_default")]
    pub collation: Option<Name>,
    /// The conditions.
    #[serde(skip_serializing_if = "is_default")]
    pub checks: Vec<DomainCheck>,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Who may use it.
    #[serde(skip_serializing_if = "is_default")]
    pub grants: Grants,
    /// Whose it is; absent where owners were not asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
}

impl Domain {
    pub(super) fn sort(&mut self) {
        self.checks.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

/// A condition of a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DomainCheck {
    /// Its name; one declared without gets PostgreSQL's.
    #[serde(skip_serializing_if = "is_default")]
    pub name: Option<String>,
    /// The condition, of `VALUE`.
    pub expression: String,
    /// Values that were there before are not known to keep it.
    #[serde(skip_serializing_if = "is_default")]
    pub not_valid: bool,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
}

/// A type whose values have attributes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Composite {
    /// Its name.
    pub name: Name,
    /// The attributes in their order.
    pub attributes: Vec<Attribute>,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Who may use it.
    #[serde(skip_serializing_if = "is_default")]
    pub grants: Grants,
    /// Whose it is; absent where owners were not asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
}

/// An attribute of a composite type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The collation, where it is not the type's.
    #[serde(skip_serializing_if = "is_default")]
    pub collation: Option<Name>,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
}

/// A type of ranges; it brings its type of multiranges along.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Range {
    /// Its name.
    pub name: Name,
    /// The type of the bounds.
    pub subtype: String,
    /// The operator class that orders them, where it is not the default.
    #[serde(skip_serializing_if = "is_default")]
    pub operator_class: Option<String>,
    /// The collation that orders them, where it is not the type's.
    #[serde(skip_serializing_if = "is_default")]
    pub collation: Option<Name>,
    /// The function that gives the distance of two bounds.
    #[serde(skip_serializing_if = "is_default")]
    pub subtype_diff: Option<Name>,
    /// The type of multiranges, where it has a name of its own (PostgreSQL 14).
    #[serde(skip_serializing_if = "is_default")]
    pub multirange: Option<Name>,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Who may use it.
    #[serde(skip_serializing_if = "is_default")]
    pub grants: Grants,
    /// Whose it is; absent where owners were not asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
}
