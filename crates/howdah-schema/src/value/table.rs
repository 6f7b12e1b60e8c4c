//! Tables, their policies and their partitions. No IO.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::value::{
    Column, Constraint, Enabled, Foreign, Grants, Index, InheritedColumn, Name, Options, Rule,
    Trigger, is_default,
};

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub name: Name,
    /// The columns in their order. A partition has those of its parent and lists none; a table that inherits
    /// lists its own.
    #[serde(skip_serializing_if = "is_default")]
    pub columns: Vec<Column>,
    /// What it says of columns that a parent brings.
    #[serde(skip_serializing_if = "is_default")]
    pub inherited: Vec<InheritedColumn>,
    /// The constraints, without those that it has from a parent.
    #[serde(skip_serializing_if = "is_default")]
    pub constraints: Vec<Constraint>,
    /// The indexes, without those of constraints and those that it has from a parent.
    #[serde(skip_serializing_if = "is_default")]
    pub indexes: Vec<Index>,
    /// The triggers, without those that it has from a parent.
    #[serde(skip_serializing_if = "is_default")]
    pub triggers: Vec<Trigger>,
    /// The triggers that it has from a parent, where they fire in other sessions than the parent's.
    #[serde(skip_serializing_if = "is_default")]
    pub trigger_states: BTreeMap<String, Enabled>,
    /// The rules that rewrite queries.
    #[serde(skip_serializing_if = "is_default")]
    pub rules: Vec<Rule>,
    /// Row-level security: who sees which rows.
    #[serde(skip_serializing_if = "is_default")]
    pub policies: Vec<Policy>,
    /// Whether policies are enforced.
    #[serde(skip_serializing_if = "is_default")]
    pub row_security: bool,
    /// Whether they are enforced for the owner, too.
    #[serde(skip_serializing_if = "is_default")]
    pub force_row_security: bool,
    /// How its rows are distributed over partitions.
    #[serde(skip_serializing_if = "is_default")]
    pub partition_by: Option<PartitionBy>,
    /// Of which table it is a partition.
    #[serde(skip_serializing_if = "is_default")]
    pub partition_of: Option<PartitionOf>,
    /// Where its rows lie, if that is another server.
    #[serde(skip_serializing_if = "is_default")]
    pub foreign: Option<Foreign>,
    /// The tables that it inherits from.
    #[serde(skip_serializing_if = "is_default")]
    pub inherits: Vec<Name>,
    /// The composite type that has its columns.
    #[serde(skip_serializing_if = "is_default")]
    pub of_type: Option<Name>,
    /// It is empty after a crash, and writes no WAL.
    #[serde(skip_serializing_if = "is_default")]
    pub unlogged: bool,
    /// The access method, where it is not `heap`.
    #[serde(skip_serializing_if = "is_default")]
    pub access_method: Option<String>,
    /// The index by which `cluster` orders its rows.
    #[serde(skip_serializing_if = "is_default")]
    pub clustered_on: Option<String>,
    /// Storage parameters; those of its TOAST table begin with `toast.`.
    #[serde(skip_serializing_if = "is_default")]
    pub options: Options,
    /// The tablespace, where it is not the database's.
    #[serde(skip_serializing_if = "is_default")]
    pub tablespace: Option<String>,
    /// What identifies a row for replication, where it is not the primary key: `full`, `nothing` or `using index …`.
    #[serde(skip_serializing_if = "is_default")]
    pub replica_identity: Option<String>,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Who may do what, besides the owner.
    #[serde(skip_serializing_if = "is_default")]
    pub grants: Grants,
    /// Whose it is; absent where owners were not asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
    /// The former name, as models tell it; never read from a catalog.
    #[serde(skip_serializing_if = "is_default")]
    pub was: Option<String>,
}

impl Table {
    pub(super) fn sort(&mut self) {
        self.constraints.sort_by(|a, b| a.name.cmp(&b.name));
        self.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        self.triggers.sort_by(|a, b| a.name.cmp(&b.name));
        self.rules.sort_by(|a, b| a.name.cmp(&b.name));
        self.policies.sort_by(|a, b| a.name.cmp(&b.name));
        self.inherited.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

/// `partition by`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionBy {
    /// By what.
    pub method: PartitionMethod,
    /// The columns and expressions, as SQL writes them.
    pub keys: String,
}

/// How rows are distributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartitionMethod {
    /// By ranges of values.
    Range,
    /// By lists of values.
    List,
    /// By remainders of hashes.
    Hash,
}

impl PartitionMethod {
    /// As SQL writes it.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::List => "list",
            Self::Hash => "hash",
        }
    }
}

/// `partition of`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartitionOf {
    /// The partitioned table.
    pub parent: Name,
    /// Which rows: `FOR VALUES …` or `DEFAULT`.
    pub bounds: String,
    /// The names of its columns in their order, where that is not the parent's: it was made by itself and attached.
    #[serde(skip_serializing_if = "is_default")]
    pub columns: Vec<String>,
}

/// A policy of row-level security.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// It takes rows away that others show, instead of showing some.
    #[serde(skip_serializing_if = "is_default")]
    pub restrictive: bool,
    /// For which commands.
    #[serde(skip_serializing_if = "is_default")]
    pub command: PolicyCommand,
    /// For which roles; all where empty.
    #[serde(skip_serializing_if = "is_default")]
    pub roles: Vec<String>,
    /// Which rows are seen.
    #[serde(skip_serializing_if = "is_default")]
    pub using: Option<String>,
    /// Which rows may be written; those that are seen where absent.
    #[serde(skip_serializing_if = "is_default")]
    pub check: Option<String>,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
}

/// For which commands a policy is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyCommand {
    /// All.
    #[default]
    All,
    /// Reading.
    Select,
    /// Adding.
    Insert,
    /// Changing.
    Update,
    /// Removing.
    Delete,
}

impl PolicyCommand {
    /// As SQL writes it.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}
