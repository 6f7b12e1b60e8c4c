//! Tables that a script alters without having made them, where no database says what they are.

use std::sync::Arc;

use super::{Catalog, Relation};
use crate::ast::ObjectName;

impl Catalog {
    /// Takes a table for granted that was there before the script: nothing is known of it but what the
    /// script does to it from now on, such as the constraints that it adds and validates.
    pub fn assume_table(&mut self, name: &ObjectName) {
        if !self.complete && !self.exists(name) {
            let name = self.qualified(name);
            self.objects().put_relation(Arc::new(Relation {
                name,
                ..Relation::default()
            }));
        }
    }
}
