//! What can be commented and granted. No IO.

use crate::value::{
    Collation, Composite, Definition, Domain, Enum, EventTrigger, Grants, Namespace, Publication,
    Range, Routine, Sequence, Server, Statistics, Table, View,
};

/// An object that takes what was said of it.
pub(super) trait Described {
    fn comment(&mut self, comment: Option<String>);
    fn grants(&mut self, grants: Grants);
}

macro_rules! described {
    ($($type:ty),*; without grants: $($bare:ty),*) => {
        $(impl Described for $type {
            fn comment(&mut self, comment: Option<String>) {
                self.comment = comment;
            }
            fn grants(&mut self, grants: Grants) {
                self.grants = grants;
            }
        })*
        $(impl Described for $bare {
            fn comment(&mut self, comment: Option<String>) {
                self.comment = comment;
            }
            fn grants(&mut self, _: Grants) {}
        })*
    };
}

described!(
    Namespace, Server, Enum, Domain, Composite, Range, Sequence, Routine, Table, View, Definition;
    without grants: Collation, Statistics, EventTrigger, Publication
);
