//! The value: plain structures, one file per kind of object. No IO.
//!
//! As JSON, what is false, empty or absent is left out, and unknown keys are refused.
//! Invariant: [`Schema::sort`] gives the one order in which equal schemas are equal.

mod column;
mod constraint;
mod foreign;
mod grant;
mod index;
mod name;
mod routine;
mod sequence;
mod table;
mod trigger;
mod types;
mod view;

use serde::{Deserialize, Serialize};

pub use column::{Column, Generated, Identity};
pub use constraint::{Action, Constraint, ConstraintKind, Deferral};
pub use foreign::{Foreign, Server, UserMapping};
pub use grant::{Grant, Grants};
pub use index::{Direction, Element, Index, Nulls};
pub use name::Name;
pub use routine::{Parallel, Routine, RoutineKind, Volatility};
pub use sequence::{OwnedBy, Sequence, SequenceOptions};
pub use table::{PartitionBy, PartitionMethod, PartitionOf, Policy, PolicyCommand, Table};
pub use trigger::{Enabled, Timing, Trigger};
pub use types::{Attribute, Composite, Domain, DomainCheck, Enum, Range};
pub use view::View;

/// Storage parameters, in order of their names.
pub type Options = std::collections::BTreeMap<String, String>;

/// Everything that a database has been told to have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schema {
    /// Schemas, other than the base.
    #[serde(skip_serializing_if = "is_default")]
    pub schemas: Vec<Namespace>,
    /// Extensions; what belongs to one is not listed elsewhere.
    #[serde(skip_serializing_if = "is_default")]
    pub extensions: Vec<Extension>,
    /// Foreign servers.
    #[serde(skip_serializing_if = "is_default")]
    pub servers: Vec<Server>,
    /// Enums.
    #[serde(skip_serializing_if = "is_default")]
    pub enums: Vec<Enum>,
    /// Domains.
    #[serde(skip_serializing_if = "is_default")]
    pub domains: Vec<Domain>,
    /// Composite types.
    #[serde(skip_serializing_if = "is_default")]
    pub composites: Vec<Composite>,
    /// Range types.
    #[serde(skip_serializing_if = "is_default")]
    pub ranges: Vec<Range>,
    /// Sequences, without those of identity columns.
    #[serde(skip_serializing_if = "is_default")]
    pub sequences: Vec<Sequence>,
    /// Functions and procedures.
    #[serde(skip_serializing_if = "is_default")]
    pub routines: Vec<Routine>,
    /// Tables, partitioned ones, partitions and foreign tables among them.
    #[serde(skip_serializing_if = "is_default")]
    pub tables: Vec<Table>,
    /// Views and materialized views.
    #[serde(skip_serializing_if = "is_default")]
    pub views: Vec<View>,
}

/// A schema in PostgreSQL's sense.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// What `comment on` said.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Who may do what, besides the owner.
    #[serde(skip_serializing_if = "is_default")]
    pub grants: Grants,
}

/// An extension.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Extension {
    /// Its name.
    pub name: String,
    /// The schema that its objects are in; the base schema where absent.
    #[serde(skip_serializing_if = "is_default")]
    pub schema: Option<String>,
    /// The version; the newest that is installed where absent.
    #[serde(skip_serializing_if = "is_default")]
    pub version: Option<String>,
}

impl Schema {
    /// Brings everything that has no order of its own into that of the names.
    pub fn sort(&mut self) {
        self.schemas.sort_by(|a, b| a.name.cmp(&b.name));
        self.extensions.sort_by(|a, b| a.name.cmp(&b.name));
        self.servers.sort_by(|a, b| a.name.cmp(&b.name));
        self.servers.iter_mut().for_each(Server::sort);
        self.enums.sort_by(|a, b| a.name.cmp(&b.name));
        self.domains.sort_by(|a, b| a.name.cmp(&b.name));
        self.composites.sort_by(|a, b| a.name.cmp(&b.name));
        self.ranges.sort_by(|a, b| a.name.cmp(&b.name));
        self.sequences.sort_by(|a, b| a.name.cmp(&b.name));
        self.routines
            .sort_by(|a, b| (&a.name, &a.signature).cmp(&(&b.name, &b.signature)));
        self.tables.sort_by(|a, b| a.name.cmp(&b.name));
        self.views.sort_by(|a, b| a.name.cmp(&b.name));
        self.tables.iter_mut().for_each(Table::sort);
        self.views.iter_mut().for_each(View::sort);
        self.domains.iter_mut().for_each(Domain::sort);
    }

    /// The table of this name.
    #[must_use]
    pub fn table(&self, name: &Name) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }
}

/// Whether a field says nothing, so that JSON leaves it out.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
