//! What children have of their parents, by inheritance or as partitions.

use super::super::{Catalog, Column, TableConstraint, Trigger};
use crate::ast::{ConstraintKind, ObjectName, PartitionBound};

impl Catalog {
    /// A child's columns begin with its parent's.
    pub(super) fn inherit_columns(&mut self, child: &ObjectName, parent: &ObjectName) {
        let Some(parent) = self.relation(parent) else {
            return;
        };
        let columns: Vec<Column> = parent
            .columns
            .iter()
            .map(|column| Column {
                inherited: true,
                sequence: None,
                ..column.clone()
            })
            .collect();
        self.change(child, |relation| {
            for column in columns {
                if relation.column(&column.name).is_none() {
                    relation.columns.push(column);
                }
            }
        });
    }

    /// Checks and `NOT NULL` hold for children, too.
    pub(super) fn inherit_constraints(&mut self, child: &ObjectName, parent: &ObjectName) {
        let Some(parent) = self.relation(parent) else {
            return;
        };
        let passed = |it: &&TableConstraint| {
            let kind = matches!(
                it.kind,
                ConstraintKind::Check(_) | ConstraintKind::NotNull(_)
            );
            kind && !it.no_inherit
        };
        let constraints: Vec<TableConstraint> =
            parent.constraints.iter().filter(passed).cloned().collect();
        self.relink(child, |relation| {
            for constraint in constraints {
                let same = |known: &&mut TableConstraint| {
                    known.name == constraint.name
                        || (known.columns() == constraint.columns()
                            && matches!(
                                (&known.kind, &constraint.kind),
                                (ConstraintKind::NotNull(_), ConstraintKind::NotNull(_))
                            ))
                };
                match relation.constraints.iter_mut().find(same) {
                    Some(known) => known.inherited = true,
                    None => relation.constraints.push(TableConstraint {
                        inherited: true,
                        ..constraint
                    }),
                }
            }
        });
    }

    /// A partition has its parent's indexes, foreign keys and row triggers.
    pub(super) fn inherit_as_partition(&mut self, partition: &ObjectName, parent: &ObjectName) {
        self.copy_indexes(parent, partition, true);
        let Some(parent) = self.relation(parent) else {
            return;
        };
        let keys = parent.constraints.iter().filter_map(|it| match &it.kind {
            ConstraintKind::ForeignKey(_) => Some(it.clone()),
            _ => None,
        });
        let keys: Vec<TableConstraint> = keys.collect();
        let triggers: Vec<Trigger> = parent
            .triggers
            .iter()
            .filter(|it| it.for_each_row)
            .cloned()
            .collect();
        let kept = self.key_constraints(partition);
        self.relink(partition, |relation| {
            for key in keys {
                if relation.constraint(&key.name).is_none() {
                    relation.constraints.push(TableConstraint {
                        inherited: true,
                        ..key
                    });
                }
            }
            for trigger in triggers {
                relation.triggers.retain(|known| known.name != trigger.name);
                relation.triggers.push(Trigger {
                    inherited: true,
                    ..trigger
                });
            }
            relation.constraints.extend(kept);
        });
    }

    /// Constraints for those indexes of a partition that keep one and have none yet.
    fn key_constraints(&self, partition: &ObjectName) -> Vec<TableConstraint> {
        let known = self.relation(partition).map(|it| it.constraints.as_slice());
        let known = known.unwrap_or_default();
        let mut made = Vec::new();
        for index in self.indexes(partition) {
            let Some(name) = index.constraint.clone() else {
                continue;
            };
            let parent = index.parent.as_ref().and_then(|it| self.index(it));
            let above = parent.and_then(|parent| {
                self.relation(&parent.table)?
                    .constraint(parent.constraint.as_deref()?)
            });
            if let Some(above) = above.filter(|_| known.iter().all(|it| it.name != name)) {
                made.push(TableConstraint {
                    name,
                    inherited: true,
                    index: Some(index.name.clone()),
                    ..above.clone()
                });
            }
        }
        made
    }

    /// Children get the checks that a parent has got.
    pub(super) fn pass_on(&mut self, parent: &ObjectName) {
        for child in self.child_names(parent) {
            self.inherit_constraints(&child, parent);
            self.pass_on(&child);
        }
    }

    pub(super) fn attach_partition(
        &mut self,
        parent: &ObjectName,
        partition: &ObjectName,
        bound: &PartitionBound,
    ) {
        let parent = self.resolve(parent);
        self.relink(partition, |relation| {
            relation.parents = vec![parent.clone()];
            relation.bound = Some(bound.clone());
        });
        let partition = self.resolve(partition);
        self.inherit_constraints(&partition, &parent);
        self.inherit_as_partition(&partition, &parent);
        self.take_in(&parent, &partition);
    }

    /// What has got rows of before through a partition or heir is no longer free to change.
    fn take_in(&mut self, parent: &ObjectName, child: &ObjectName) {
        if self.is_free(child) {
            return;
        }
        let mut pending = vec![parent.clone()];
        while let Some(name) = pending.pop() {
            if self.is_free(&name) {
                let parents = self.relation(&name).map(|it| it.parents.clone());
                pending.extend(parents.unwrap_or_default());
                self.change(&name, |relation| relation.holds_older = true);
            }
        }
    }

    pub(super) fn detach_partition(&mut self, partition: &ObjectName) {
        let partition = self.resolve(partition);
        let parts: Vec<ObjectName> = self.indexes(&partition).map(|it| it.name.clone()).collect();
        for index in parts {
            self.change_index(&index, |it| it.parent = None);
        }
        self.relink(&partition, |relation| {
            relation.parents.clear();
            relation.bound = None;
            relation.triggers.retain(|trigger| !trigger.inherited);
            for constraint in &mut relation.constraints {
                constraint.inherited = false;
            }
        });
    }

    pub(super) fn inherit(&mut self, child: &ObjectName, parent: &ObjectName) {
        let parent = self.resolve(parent);
        self.relink(child, |relation| relation.parents.push(parent.clone()));
        self.inherit_constraints(child, &parent);
        self.take_in(&parent, child);
    }

    pub(super) fn no_inherit(&mut self, child: &ObjectName, parent: &ObjectName) {
        let parent = self.resolve(parent);
        self.relink(child, |relation| {
            relation.parents.retain(|it| *it != parent);
        });
    }
}
