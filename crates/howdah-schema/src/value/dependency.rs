//! What objects need, as the catalog told it. No IO.

use serde::{Deserialize, Serialize};

use crate::value::{
    Composite, Definition, DefinitionKind, Domain, Enum, Name, Range, Routine, Sequence, Table,
    View, is_default,
};

/// An object that others may need.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    /// A table, view or materialized view, with all of its parts.
    Relation(Name),
    /// A sequence.
    Sequence(Name),
    /// An enum, domain, composite or range.
    Type(Name),
    /// A function or procedure, with its [`signature`](crate::value::Routine::signature).
    Routine(Name, String),
    /// An aggregate, operator …, with its [`designation`](crate::value::Definition::designation).
    Definition(DefinitionKind, String),
}

/// All that an object needs, but for what its body names where that is a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// The object.
    pub of: Address,
    /// What it needs.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on: Vec<Address>,
}

macro_rules! addressed {
    ($($type:ty: $kind:ident),*) => {
        $(impl $type {
            pub(crate) fn address(&self) -> Address {
                Address::$kind(self.name.clone())
            }
        })*
    };
}

addressed!(
    Table: Relation, View: Relation, Sequence: Sequence,
    Enum: Type, Domain: Type, Composite: Type, Range: Type
);

impl Routine {
    pub(crate) fn address(&self) -> Address {
        Address::Routine(
            self.name.clone(),
            self.signature.clone().unwrap_or_default(),
        )
    }
}

impl Definition {
    /// Nothing of those whose parts the catalog knows as objects of their own.
    pub(crate) fn address(&self) -> Option<Address> {
        let is_whole = matches!(
            self.kind,
            DefinitionKind::Aggregate | DefinitionKind::Operator | DefinitionKind::Cast
        );
        is_whole.then(|| Address::Definition(self.kind, self.designation.clone()))
    }
}
