//! Columns. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Grants, Name, NotNull, Options, SequenceOptions, is_default};

/// A column of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type as SQL writes it, with its modifier: `numeric(5,2)`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Whether null is refused.
    #[serde(skip_serializing_if = "is_default")]
    pub not_null: bool,
    /// What is special about the constraint that refuses null (PostgreSQL 18).
    #[serde(skip_serializing_if = "is_default")]
    pub not_null_constraint: Option<NotNull>,
    /// The default, an expression.
    #[serde(skip_serializing_if = "is_default")]
    pub default: Option<String>,
    /// Numbers that the database gives.
    #[serde(skip_serializing_if = "is_default")]
    pub identity: Option<Identity>,
    /// Computed of other columns.
    #[serde(skip_serializing_if = "is_default")]
    pub generated: Option<Generated>,
    /// The collation, where it is not the type's.
    #[serde(skip_serializing_if = "is_default")]
    pub collation: Option<Name>,
    /// How values are compressed (`pglz`, `lz4`), where it is not the server's default.
    #[serde(skip_serializing_if = "is_default")]
    pub compression: Option<String>,
    /// Where values lie (`plain`, `external`, `extended`, `main`), where it is not the type's way.
    #[serde(skip_serializing_if = "is_default")]
    pub storage: Option<String>,
    /// What `set statistics` said.
    #[serde(skip_serializing_if = "is_default")]
    pub statistics: Option<i32>,
    /// What `set (…)` said: `n_distinct`, `n_distinct_inherited`.
    #[serde(skip_serializing_if = "is_default")]
    pub options: Options,
    /// What a foreign table says of it, such as its name on the other server.
    #[serde(skip_serializing_if = "is_default")]
    pub foreign_options: Options,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Who may do what with this column.
    #[serde(skip_serializing_if = "is_default")]
    pub grants: Grants,
    /// The former name, as models tell it; never read from a catalog.
    #[serde(skip_serializing_if = "is_default")]
    pub was: Option<String>,
}

/// What a table says of a column that a parent brings, where it differs from the parent's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InheritedColumn {
    /// Its name.
    pub name: String,
    /// Null is refused here, though not by the parent.
    #[serde(skip_serializing_if = "is_default")]
    pub not_null: bool,
    /// What is special about the constraint that refuses null here (PostgreSQL 18).
    #[serde(skip_serializing_if = "is_default")]
    pub not_null_constraint: Option<NotNull>,
    /// Another default than the parent's.
    #[serde(skip_serializing_if = "is_default")]
    pub default: Option<String>,
    /// The parent has a default, this table has none.
    #[serde(skip_serializing_if = "is_default")]
    pub no_default: bool,
    /// Another compression than the parent's; `default` where it has none of its own.
    #[serde(skip_serializing_if = "is_default")]
    pub compression: Option<String>,
    /// Another storage than the parent's.
    #[serde(skip_serializing_if = "is_default")]
    pub storage: Option<String>,
    /// What `set statistics` said of this table.
    #[serde(skip_serializing_if = "is_default")]
    pub statistics: Option<i32>,
    /// What `set (…)` said of this table.
    #[serde(skip_serializing_if = "is_default")]
    pub options: Options,
    /// What a foreign table says of it.
    #[serde(skip_serializing_if = "is_default")]
    pub foreign_options: Options,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Who may do what with this column.
    #[serde(skip_serializing_if = "is_default")]
    pub grants: Grants,
}

/// `generated … as identity`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// Whether values that a program gives are refused.
    #[serde(skip_serializing_if = "is_default")]
    pub always: bool,
    /// The name of its sequence, where it is not PostgreSQL's: `table_column_seq`.
    #[serde(skip_serializing_if = "is_default")]
    pub sequence: Option<String>,
    /// How it counts.
    #[serde(skip_serializing_if = "is_default")]
    pub options: SequenceOptions,
}

/// `generated always as (…)`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Generated {
    /// Of what it is computed.
    pub expression: String,
    /// Computed when it is read, not when it is written.
    #[serde(rename = "virtual", skip_serializing_if = "is_default")]
    pub is_virtual: bool,
}
