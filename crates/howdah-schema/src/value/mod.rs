//! The value: plain structures, one file per kind of object. No IO.
//!
//! As JSON, what is false, empty or absent is left out, and unknown keys are refused.
//! Invariant: [`Schema::sort`] gives the one order in which equal schemas are equal.

mod collation;
mod column;
mod constraint;
mod definition;
mod event_trigger;
mod expressions;
mod facts;
mod foreign;
mod grant;
mod index;
mod name;
mod publication;
mod routine;
mod sequence;
mod statistics;
mod table;
mod trigger;
mod types;
mod unknown;
mod view;

use serde::{Deserialize, Serialize};

pub use collation::{Collation, CollationProvider};
pub use column::{Column, Generated, Identity, InheritedColumn};
pub use constraint::{Action, Constraint, ConstraintKind, Deferral, NotNull};
pub use definition::{Definition, DefinitionKind};
pub use event_trigger::EventTrigger;
pub use facts::{Facts, RelationFacts, Vacuum};
pub use foreign::{Foreign, Server, UserMapping};
pub use grant::{DefaultPrivileges, Grant, Grants};
pub use index::{Direction, Element, Index, Nulls};
pub use name::Name;
pub use publication::{Publication, PublishedTable};
pub use routine::{Parallel, Routine, RoutineKind, Volatility};
pub use sequence::{OwnedBy, Sequence, SequenceOptions};
pub use statistics::Statistics;
pub use table::{PartitionBy, PartitionMethod, PartitionOf, Policy, PolicyCommand, Table};
pub use trigger::{Enabled, Rule, Timing, Trigger};
pub use types::{Attribute, Composite, Domain, DomainCheck, Enum, Range};
pub use unknown::Unknown;
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
    /// The schema `public`, where it is the base and not as PostgreSQL made it.
    #[serde(skip_serializing_if = "is_default")]
    pub public: Option<Public>,
    /// Extensions; what belongs to one is not listed elsewhere.
    #[serde(skip_serializing_if = "is_default")]
    pub extensions: Vec<Extension>,
    /// Foreign servers.
    #[serde(skip_serializing_if = "is_default")]
    pub servers: Vec<Server>,
    /// Collations.
    #[serde(skip_serializing_if = "is_default")]
    pub collations: Vec<Collation>,
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
    /// Aggregates, operators, casts, text search …: what is known by the statements that make it.
    #[serde(skip_serializing_if = "is_default")]
    pub definitions: Vec<Definition>,
    /// Tables, partitioned ones, partitions and foreign tables among them.
    #[serde(skip_serializing_if = "is_default")]
    pub tables: Vec<Table>,
    /// Views and materialized views.
    #[serde(skip_serializing_if = "is_default")]
    pub views: Vec<View>,
    /// Statistics objects.
    #[serde(skip_serializing_if = "is_default")]
    pub statistics: Vec<Statistics>,
    /// Event triggers.
    #[serde(skip_serializing_if = "is_default")]
    pub event_triggers: Vec<EventTrigger>,
    /// Publications.
    #[serde(skip_serializing_if = "is_default")]
    pub publications: Vec<Publication>,
    /// What objects that are made later grant.
    #[serde(skip_serializing_if = "is_default")]
    pub default_privileges: Vec<DefaultPrivileges>,
    /// What is there and not understood. No statement is ever made of it.
    #[serde(skip_serializing_if = "is_default")]
    pub unknown: Vec<Unknown>,
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
    /// Whose it is; absent where owners were not asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
}

/// The schema `public`, where it differs from what PostgreSQL made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Public {
    /// What `comment on` said, where it is not what PostgreSQL says; empty where there is none.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// Who may do what, besides the owner, where it is not what PostgreSQL grants.
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
    /// What `comment on` said, where it is not the extension's own.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
}

impl Schema {
    /// Brings everything that has no order of its own into that of the names.
    pub fn sort(&mut self) {
        self.schemas.sort_by(|a, b| a.name.cmp(&b.name));
        self.extensions.sort_by(|a, b| a.name.cmp(&b.name));
        self.servers.sort_by(|a, b| a.name.cmp(&b.name));
        self.servers.iter_mut().for_each(Server::sort);
        self.collations.sort_by(|a, b| a.name.cmp(&b.name));
        self.enums.sort_by(|a, b| a.name.cmp(&b.name));
        self.domains.sort_by(|a, b| a.name.cmp(&b.name));
        self.composites.sort_by(|a, b| a.name.cmp(&b.name));
        self.ranges.sort_by(|a, b| a.name.cmp(&b.name));
        self.sequences.sort_by(|a, b| a.name.cmp(&b.name));
        self.routines
            .sort_by(|a, b| (&a.name, &a.signature).cmp(&(&b.name, &b.signature)));
        self.definitions
            .sort_by(|a, b| (a.kind, &a.designation).cmp(&(b.kind, &b.designation)));
        self.tables.sort_by(|a, b| a.name.cmp(&b.name));
        self.views.sort_by(|a, b| a.name.cmp(&b.name));
        self.tables.iter_mut().for_each(Table::sort);
        self.views.iter_mut().for_each(View::sort);
        self.domains.iter_mut().for_each(Domain::sort);
        self.statistics.sort_by(|a, b| a.name.cmp(&b.name));
        self.event_triggers.sort_by(|a, b| a.name.cmp(&b.name));
        self.publications.sort_by(|a, b| a.name.cmp(&b.name));
        self.publications.iter_mut().for_each(Publication::sort);
        self.default_privileges.sort();
        self.unknown.sort();
    }

    /// Takes the owners out, so that schemas of different owners can be equal.
    pub fn forget_owners(&mut self) {
        macro_rules! forget {
            ($($list:ident),*) => {
                $(self.$list.iter_mut().for_each(|it| it.owner = None);)*
            };
        }
        forget!(
            schemas,
            servers,
            collations,
            enums,
            domains,
            composites,
            ranges,
            sequences,
            routines,
            definitions,
            tables,
            views,
            statistics,
            event_triggers,
            publications
        );
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
