//! Tables that a script alters without having made them, where no database says what they are.

use std::sync::Arc;

use super::{Catalog, Relation};
use crate::ast::{Action, AlterTable, ObjectName, RelationKind};

impl Catalog {
    /// A table that nobody has told about is followed from the first statement on that says something of it: a check that
    /// is validated may prove what comes later, and a column that is added has a type.
    pub(super) fn assume_altered(&mut self, alter: &AlterTable) {
        if alter.kind != RelationKind::Table {
            return;
        }
        for action in &alter.actions {
            match &action.kind {
                Action::AddConstraint(_)
                | Action::AddColumn {
                    if_not_exists: false,
                    ..
                }
                | Action::Inherit(_) => self.assume_table(&alter.name),
                Action::AttachPartition {
                    partition,
                    bound: Some(_),
                } => self.assume_table(partition),
                _ => {}
            }
        }
    }

    fn assume_table(&mut self, name: &ObjectName) {
        if !self.complete && !self.exists(name) {
            let name = self.qualified(name);
            self.objects().put_relation(Arc::new(Relation {
                name,
                partly_known: true,
                ..Relation::default()
            }));
        }
    }
}
