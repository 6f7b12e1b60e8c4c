//! What can be made, changed and dropped by itself, and what it is called.
//!
//! No IO. Invariant: two entities are equal if and only if PostgreSQL would say that they are the same object.

use std::fmt;

use crate::identifiers::quoted;
use crate::value::{Address, DefinitionKind, Name};

/// An object, or a part of one that has statements of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// A schema.
    Schema(String),
    /// An extension.
    Extension(String),
    /// A foreign server.
    Server(String),
    /// An enum, domain, composite or range.
    Type(Name),
    /// A sequence.
    Sequence(Name),
    /// A function or procedure, with the types of its arguments.
    Routine(Name, String),
    /// A table, view or materialized view.
    Relation(Name),
    /// A column of a table.
    Column(Name, String),
    /// The default of a column.
    Default(Name, String),
    /// A constraint of a table.
    Constraint(Name, String),
    /// An index of a table or materialized view.
    Index(Name, String),
    /// A trigger of a table or view.
    Trigger(Name, String),
    /// A policy of a table.
    Policy(Name, String),
    /// What identifies rows of a table for replication.
    ReplicaIdentity(Name),
    /// The column that a sequence belongs to.
    OwnedBy(Name),
    /// What stays of a type while columns change over to the one that takes its place.
    Former(Name),
    /// Something of a kind with this name.
    Other(&'static str, String),
    /// What `comment on` said of it.
    Comment(Box<Entity>),
    /// Who may do what with it.
    Grants(Box<Entity>),
}

impl Entity {
    /// The word for it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Schema(_) => "schema",
            Self::Extension(_) => "extension",
            Self::Server(_) => "server",
            Self::Type(_) | Self::Former(_) => "type",
            Self::Sequence(_) | Self::OwnedBy(_) => "sequence",
            Self::Routine(..) => "function",
            Self::Relation(_) | Self::ReplicaIdentity(_) => "table",
            Self::Column(..) => "column",
            Self::Default(..) => "default",
            Self::Constraint(..) => "constraint",
            Self::Index(..) => "index",
            Self::Trigger(..) => "trigger",
            Self::Policy(..) => "policy",
            Self::Other(kind, _) => kind,
            Self::Comment(_) => "comment",
            Self::Grants(_) => "grants",
        }
    }

    /// The relation that it is or belongs to.
    #[must_use]
    pub fn relation(&self) -> Option<&Name> {
        match self {
            Self::Relation(name)
            | Self::Column(name, _)
            | Self::Default(name, _)
            | Self::Constraint(name, _)
            | Self::Index(name, _)
            | Self::Trigger(name, _)
            | Self::Policy(name, _)
            | Self::ReplicaIdentity(name) => Some(name),
            Self::Comment(of) | Self::Grants(of) => of.relation(),
            _ => None,
        }
    }

    /// What the catalog calls it, or what it is part of, among what objects need.
    pub(super) fn address(&self) -> Option<Address> {
        match self {
            Self::Type(name) => Some(Address::Type(name.clone())),
            Self::Sequence(name) => Some(Address::Sequence(name.clone())),
            Self::Routine(name, types) => Some(Address::Routine(name.clone(), types.clone())),
            Self::Other(kind, name) => {
                use DefinitionKind::{Aggregate, Cast, Operator};
                let known = [Aggregate, Cast, Operator];
                let kind = known.into_iter().find(|it| it.sql() == *kind);
                kind.map(|kind| Address::Definition(kind, name.clone()))
            }
            other => other.relation().cloned().map(Address::Relation),
        }
    }

    /// The name that no other relation, index or type of the schema may have.
    pub(super) fn occupies(&self) -> Option<(Option<&str>, &str)> {
        match self {
            Self::Type(name) | Self::Sequence(name) | Self::Relation(name) => {
                Some((name.schema.as_deref(), &name.name))
            }
            // overloaded ones are told apart by types, which the names of arguments hide here
            Self::Routine(name, _) => Some((name.schema.as_deref(), &name.name)),
            // a key's index is called as the constraint is
            Self::Index(of, name) | Self::Constraint(of, name) => {
                Some((of.schema.as_deref(), name))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema(name) | Self::Extension(name) | Self::Server(name) => {
                write!(f, "{}", quoted(name))
            }
            Self::Type(name)
            | Self::Former(name)
            | Self::Sequence(name)
            | Self::OwnedBy(name)
            | Self::Relation(name)
            | Self::ReplicaIdentity(name) => write!(f, "{name}"),
            Self::Routine(name, signature) => write!(f, "{name}({signature})"),
            Self::Column(table, name) | Self::Default(table, name) => {
                write!(f, "{table}.{}", quoted(name))
            }
            Self::Index(table, name) => write!(f, "{}", table.sibling(name.as_str())),
            Self::Constraint(table, name)
            | Self::Trigger(table, name)
            | Self::Policy(table, name) => write!(f, "{} on {table}", quoted(name)),
            Self::Other(_, name) => write!(f, "{name}"),
            Self::Comment(of) | Self::Grants(of) => write!(f, "on {} {of}", of.kind()),
        }
    }
}
