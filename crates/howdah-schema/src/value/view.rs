//! Views and materialized views. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{Column, Grants, Index, Name, Options, Rule, Trigger, is_default};

/// A view.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct View {
    /// Its name.
    pub name: Name,
    /// Whether it keeps its rows.
    #[serde(skip_serializing_if = "is_default")]
    pub materialized: bool,
    /// The query, without a semicolon.
    pub query: String,
    /// The columns as the server found them; what a model says of them where it was declared.
    #[serde(skip_serializing_if = "is_default")]
    pub columns: Vec<Column>,
    /// `security_barrier`, `security_invoker`, `check_option`; storage parameters.
    #[serde(skip_serializing_if = "is_default")]
    pub options: Options,
    /// Made without rows.
    #[serde(skip_serializing_if = "is_default")]
    pub without_data: bool,
    /// The indexes of a materialized view.
    #[serde(skip_serializing_if = "is_default")]
    pub indexes: Vec<Index>,
    /// `instead of` triggers of a view.
    #[serde(skip_serializing_if = "is_default")]
    pub triggers: Vec<Trigger>,
    /// The rules that rewrite queries of a view.
    #[serde(skip_serializing_if = "is_default")]
    pub rules: Vec<Rule>,
    /// The access method of a materialized view, where it is not `heap`.
    #[serde(skip_serializing_if = "is_default")]
    pub access_method: Option<String>,
    /// The tablespace of a materialized view, where it is not the database's.
    #[serde(skip_serializing_if = "is_default")]
    pub tablespace: Option<String>,
    /// The index by which `cluster` orders the rows of a materialized view.
    #[serde(skip_serializing_if = "is_default")]
    pub clustered_on: Option<String>,
    /// What it must be made after, beside what its query names.
    #[serde(skip_serializing_if = "is_default")]
    pub depends_on: Vec<Name>,
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

impl View {
    pub(super) fn sort(&mut self) {
        self.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        self.triggers.sort_by(|a, b| a.name.cmp(&b.name));
        self.rules.sort_by(|a, b| a.name.cmp(&b.name));
        self.depends_on.sort();
    }
}
