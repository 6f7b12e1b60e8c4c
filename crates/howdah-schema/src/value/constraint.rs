//! Constraints of tables. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Element, Name, Options, is_default};

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// Its name; one declared without gets PostgreSQL's (see [`crate::naming`]).
    #[serde(default, skip_serializing_if = "is_default")]
    pub name: Option<String>,
    /// What it demands.
    #[serde(flatten)]
    pub kind: ConstraintKind,
    /// When it is checked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deferral: Deferral,
    /// Rows that were there before are not known to keep it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub not_valid: bool,
    /// Written down, never checked (PostgreSQL 18).
    #[serde(default, skip_serializing_if = "is_default")]
    pub not_enforced: bool,
    /// The tablespace of its index, where it is not the database's.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tablespace: Option<String>,
    /// What `comment on` said.
    #[serde(default, skip_serializing_if = "is_default")]
    pub comment: Option<String>,
}

/// What is special about a constraint that refuses null.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotNull {
    /// Its name, where it is not PostgreSQL's: `table_column_not_null`.
    #[serde(skip_serializing_if = "is_default")]
    pub name: Option<String>,
    /// Rows that were there before are not known to keep it.
    #[serde(skip_serializing_if = "is_default")]
    pub not_valid: bool,
    /// Tables that inherit do not have it.
    #[serde(skip_serializing_if = "is_default")]
    pub no_inherit: bool,
    /// A parent brings it, and no more is said of it here.
    #[serde(skip_serializing_if = "is_default")]
    pub inherited: bool,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
}

/// What a constraint demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ConstraintKind {
    /// The columns identify the row.
    PrimaryKey {
        /// The columns of the key.
        columns: Vec<String>,
        /// Columns that its index has beside them.
        #[serde(default, skip_serializing_if = "is_default")]
        include: Vec<String>,
        /// The last column is a range, and ranges of equal keys do not overlap (PostgreSQL 18).
        #[serde(default, skip_serializing_if = "is_default")]
        without_overlaps: bool,
        /// Storage parameters of its index.
        #[serde(default, skip_serializing_if = "is_default")]
        options: Options,
    },
    /// No two rows have the same values.
    Unique {
        /// The columns that count.
        columns: Vec<String>,
        /// Columns that its index has beside them.
        #[serde(default, skip_serializing_if = "is_default")]
        include: Vec<String>,
        /// Nulls are equal to each other (PostgreSQL 15).
        #[serde(default, skip_serializing_if = "is_default")]
        nulls_not_distinct: bool,
        /// The last column is a range, and ranges of equal keys do not overlap (PostgreSQL 18).
        #[serde(default, skip_serializing_if = "is_default")]
        without_overlaps: bool,
        /// Storage parameters of its index.
        #[serde(default, skip_serializing_if = "is_default")]
        options: Options,
    },
    /// A condition that is not false for any row.
    Check {
        /// The condition.
        expression: String,
        /// Tables that inherit do not have it.
        #[serde(default, skip_serializing_if = "is_default")]
        no_inherit: bool,
    },
    /// A row with these values is in another table.
    ForeignKey {
        /// The columns of this table.
        columns: Vec<String>,
        /// The other table.
        references: Name,
        /// Its columns; those of its primary key where empty.
        #[serde(default, skip_serializing_if = "is_default")]
        referenced_columns: Vec<String>,
        /// When the other row is deleted.
        #[serde(default, skip_serializing_if = "is_default")]
        on_delete: Action,
        /// When the other row's key is changed.
        #[serde(default, skip_serializing_if = "is_default")]
        on_update: Action,
        /// The columns that `set null` or `set default` at deletion concerns (PostgreSQL 15); all where empty.
        #[serde(default, skip_serializing_if = "is_default")]
        on_delete_columns: Vec<String>,
        /// All columns are null, or none.
        #[serde(default, skip_serializing_if = "is_default")]
        match_full: bool,
        /// The last column is a range that ranges of the other table cover (PostgreSQL 18).
        #[serde(default, skip_serializing_if = "is_default")]
        period: bool,
    },
    /// No two rows compare true by all operators.
    Exclude {
        /// The index method, such as `gist`.
        method: String,
        /// What is compared.
        elements: Vec<Element>,
        /// By what, for each element.
        operators: Vec<String>,
        /// Columns that its index has beside them.
        #[serde(default, skip_serializing_if = "is_default")]
        include: Vec<String>,
        /// Which rows count.
        #[serde(default, skip_serializing_if = "is_default")]
        predicate: Option<String>,
        /// Storage parameters of its index.
        #[serde(default, skip_serializing_if = "is_default")]
        options: Options,
    },
}

/// When a constraint is checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deferral {
    /// With each statement.
    #[default]
    NotDeferrable,
    /// With each statement, unless a transaction defers it to its end.
    Deferrable,
    /// At the end of the transaction.
    InitiallyDeferred,
}

/// What happens to rows whose referenced row goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// An error, when the constraint is checked.
    #[default]
    #[serde(rename = "no action")]
    NoAction,
    /// An error at once.
    Restrict,
    /// They go, too.
    Cascade,
    /// Their columns become null.
    #[serde(rename = "set null")]
    SetNull,
    /// Their columns get their defaults.
    #[serde(rename = "set default")]
    SetDefault,
}

impl Action {
    /// As SQL writes it.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::NoAction => "no action",
            Self::Restrict => "restrict",
            Self::Cascade => "cascade",
            Self::SetNull => "set null",
            Self::SetDefault => "set default",
        }
    }
}
