//! What can be commented and granted, and how dependencies call it. No IO.

use crate::value::{
    Address, Collation, Composite, Definition, Domain, Enum, EventTrigger, Grants, Namespace,
    Publication, Range, Routine, Sequence, Server, Statistics, Table, View,
};

/// An object that takes what was said of it.
pub(super) trait Described {
    fn comment(&mut self, comment: Option<String>);
    fn grants(&mut self, grants: Grants);
    /// What it is called among what objects need, where it is.
    fn address(&self) -> Option<Address>;
}

macro_rules! described {
    ($($type:ty = $address:expr),* $(,)?; without grants: $($bare:ty),*) => {
        $(impl Described for $type {
            fn comment(&mut self, comment: Option<String>) {
                self.comment = comment;
            }
            fn grants(&mut self, grants: Grants) {
                self.grants = grants;
            }
            fn address(&self) -> Option<Address> {
                let address: fn(&Self) -> Option<Address> = $address;
                address(self)
            }
        })*
        $(impl Described for $bare {
            fn comment(&mut self, comment: Option<String>) {
                self.comment = comment;
            }
            fn grants(&mut self, _: Grants) {}
            fn address(&self) -> Option<Address> {
                None
            }
        })*
    };
}

described!(
    Namespace = |_| None,
    Server = |_| None,
    Enum = |it| Some(it.address()),
    Domain = |it| Some(it.address()),
    Composite = |it| Some(it.address()),
    Range = |it| Some(it.address()),
    Sequence = |it| Some(it.address()),
    Routine = |it| Some(it.address()),
    Table = |it| Some(it.address()),
    View = |it| Some(it.address()),
    Definition = Definition::address;
    without grants: Collation, Statistics, EventTrigger, Publication
);
