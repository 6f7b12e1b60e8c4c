//! Indexes. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Name, Options, is_default};

/// An index that no constraint made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Index {
    /// Its name; one declared without gets PostgreSQL's (see [`crate::naming`]).
    #[serde(skip_serializing_if = "is_default")]
    pub name: Option<String>,
    /// The method, where it is not `btree`.
    #[serde(skip_serializing_if = "is_default")]
    pub method: Option<String>,
    /// No two rows are equal in it.
    #[serde(skip_serializing_if = "is_default")]
    pub unique: bool,
    /// Nulls are equal to each other (PostgreSQL 15).
    #[serde(skip_serializing_if = "is_default")]
    pub nulls_not_distinct: bool,
    /// What is indexed.
    pub elements: Vec<Element>,
    /// Columns that it has beside them.
    #[serde(skip_serializing_if = "is_default")]
    pub include: Vec<String>,
    /// Which rows are in it.
    #[serde(skip_serializing_if = "is_default")]
    pub predicate: Option<String>,
    /// Storage parameters.
    #[serde(skip_serializing_if = "is_default")]
    pub options: Options,
    /// The tablespace, where it is not the database's.
    #[serde(skip_serializing_if = "is_default")]
    pub tablespace: Option<String>,
    /// Left behind by a build that failed: nothing uses it.
    #[serde(skip_serializing_if = "is_default")]
    pub invalid: bool,
    /// The index of the parent table that it is a part of, where others of that index are missing.
    #[serde(skip_serializing_if = "is_default")]
    pub part_of: Option<Name>,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
}

/// A column or expression in an index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Element {
    /// The column's name, not quoted.
    #[serde(skip_serializing_if = "is_default")]
    pub column: Option<String>,
    /// The expression, where it is no column.
    #[serde(skip_serializing_if = "is_default")]
    pub expression: Option<String>,
    /// The collation, where it is not the column's.
    #[serde(skip_serializing_if = "is_default")]
    pub collation: Option<Name>,
    /// The operator class with its parameters, where it is not the type's default.
    #[serde(skip_serializing_if = "is_default")]
    pub operator_class: Option<String>,
    /// The direction.
    #[serde(skip_serializing_if = "is_default")]
    pub direction: Direction,
    /// Where nulls are, if not where the direction puts them.
    #[serde(skip_serializing_if = "is_default")]
    pub nulls: Option<Nulls>,
    /// What `set statistics` said of an expression.
    #[serde(skip_serializing_if = "is_default")]
    pub statistics: Option<i32>,
}

/// The direction of an element.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Ascending.
    #[default]
    Asc,
    /// Descending.
    Desc,
}

/// Where nulls are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nulls {
    /// Before all values.
    First,
    /// After all values.
    Last,
}
