//! What an entity is made of.
//!
//! No IO. A definition holds what its own statements say, and nothing that has statements of its own: so two are
//! equal when nothing needs to be done.

use super::entity::Entity;
use crate::ddl;
use crate::value::{
    Column, Composite, Constraint, Domain, Enum, Extension, Grant, Index, OwnedBy, Policy,
    Publication, Range, Routine, Sequence, Server, Table, Trigger, View,
};

/// What an entity is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Definition {
    /// A schema has nothing but its name.
    Schema,
    /// An extension.
    Extension(Extension),
    /// A foreign server.
    Server(Server),
    /// An enum.
    Enum(Enum),
    /// A domain.
    Domain(Domain),
    /// A composite type.
    Composite(Composite),
    /// A range type.
    Range(Range),
    /// A sequence, without the column that it belongs to.
    Sequence(Sequence),
    /// A function or procedure.
    Routine(Box<Routine>),
    /// A table without its parts.
    Table(Box<Table>),
    /// A view without its parts.
    View(Box<View>),
    /// A column without its default.
    Column(Box<Column>),
    /// An expression.
    Default(String),
    /// A constraint.
    Constraint(Box<Constraint>),
    /// An index.
    Index(Box<Index>),
    /// A trigger.
    Trigger(Box<Trigger>),
    /// A policy.
    Policy(Box<Policy>),
    /// `full`, `nothing` or `using index …`.
    ReplicaIdentity(String),
    /// The column.
    OwnedBy(OwnedBy),
    /// A comment on what the first text names.
    Comment(Described),
    /// Privileges on what the text names.
    Grants(Granted),
    /// A publication, without what it publishes.
    Publication(Box<Publication>),
    /// Something that is known by its statements.
    Other(Statements),
}

impl Definition {
    /// The word for what it defines.
    pub(super) fn kind(&self, of: &Entity) -> &'static str {
        match (of, self) {
            (Entity::Relation(_), Self::View(it)) => ddl::view::kind(it),
            (Entity::Relation(_), Self::Table(it)) => ddl::table::kind(it),
            (Entity::Type(_), Self::Domain(_)) => "domain",
            (Entity::Routine(..), Self::Routine(it)) => it.kind.sql(),
            _ => of.kind(),
        }
    }
}

/// What makes something and what drops it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statements {
    /// The statements that make it.
    pub(super) create: Vec<String>,
    /// The statements that drop it.
    pub(super) drop: Vec<String>,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// As `comment on` names the object.
    pub(super) on: String,
    /// What it says.
    pub(super) text: String,
}

/// Privileges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// As `grant` names the object.
    pub(super) on: String,
    /// The column, where they are a column's.
    pub(super) column: Option<String>,
    /// What everybody may do if nothing is said.
    pub(super) usual: Option<&'static str>,
    /// Who may do what.
    pub(super) list: Vec<Grant>,
}
