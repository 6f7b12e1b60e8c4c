//! `DROP`, with what goes along.

use super::super::{Catalog, Relation};
use crate::ast::{ConstraintKind, Drop, DropBehavior, ObjectKind, ObjectName, RelationKind};

impl Catalog {
    pub(super) fn drop_objects(&mut self, drop: &Drop) {
        let cascade = drop.behavior == DropBehavior::Cascade;
        for object in &drop.objects {
            let name = &object.name;
            match drop.kind {
                ObjectKind::Table
                | ObjectKind::ForeignTable
                | ObjectKind::View
                | ObjectKind::MaterializedView
                | ObjectKind::Sequence => {
                    let name = self.resolve(name);
                    self.drop_relation(&name, cascade);
                }
                ObjectKind::Index => self.drop_index(name),
                ObjectKind::Type | ObjectKind::Domain => self.drop_type(name, cascade),
                ObjectKind::Function
                | ObjectKind::Procedure
                | ObjectKind::Routine
                | ObjectKind::Aggregate => self.drop_function(name, object.arguments.as_ref()),
                ObjectKind::Schema => self.drop_schema(&name.name),
                ObjectKind::Publication => {
                    self.others().publications.remove(&name.name);
                }
                ObjectKind::Extension => {
                    self.others().extensions.remove(&name.name);
                }
                ObjectKind::Statistics => self.drop_statistics(name),
                ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy => {
                    if let Some(table) = &object.on {
                        self.drop_part(table, drop.kind, &name.name);
                    }
                }
                _ => {}
            }
        }
    }

    fn drop_part(&mut self, table: &ObjectName, kind: ObjectKind, name: &str) {
        let partitions = self.partitions_below(table);
        for table in std::iter::once(table).chain(&partitions) {
            self.change(table, |relation| match kind {
                ObjectKind::Trigger => relation.triggers.retain(|it| it.name != name),
                ObjectKind::Rule => relation.rules.retain(|it| it.name != name),
                _ => relation.policies.retain(|it| it != name),
            });
        }
    }

    fn drop_statistics(&mut self, name: &ObjectName) {
        let known = |it: &ObjectName| self.objects.others.statistics.contains_key(it);
        let name = self.search(name, known);
        self.others().statistics.remove(&name);
    }

    /// Removes a relation with its indexes, sequences and partitions; with `CASCADE` views, heirs
    /// and foreign keys go, too.
    fn drop_relation(&mut self, name: &ObjectName, cascade: bool) {
        let Some(relation) = self.relation(name).cloned() else {
            return;
        };
        let indexes: Vec<ObjectName> = self.indexes(name).map(|it| it.name.clone()).collect();
        let owned: Vec<ObjectName> = self.sequences_of(name).map(|it| it.name.clone()).collect();
        for dependent in self
            .dependents(name)
            .into_iter()
            .cloned()
            .collect::<Vec<Relation>>()
        {
            let child = dependent.parents.contains(name);
            let view = dependent.reads.contains(name);
            if (child && (dependent.is_partition() || cascade)) || (view && cascade) {
                self.drop_relation(&dependent.name, cascade);
            } else {
                self.objects()
                    .change_relation(&dependent.name, |it| it.forget(name));
            }
        }
        for index in indexes {
            self.objects().take_index(&index);
        }
        for sequence in owned {
            self.objects().take_relation(&sequence);
        }
        self.objects().take_relation(name);
        self.others().statistics.retain(|_, table| table != name);
        if relation.kind == RelationKind::Sequence {
            self.forget_sequence(&relation);
        }
        for publication in self.others().publications.values_mut() {
            publication.tables.retain(|table| table != name);
        }
    }

    /// A default that was a dropped sequence's is gone.
    fn forget_sequence(&mut self, sequence: &Relation) {
        if let Some((table, _)) = &sequence.owned_by {
            self.change(table, |relation| {
                for column in &mut relation.columns {
                    if column.sequence.as_ref() == Some(&sequence.name) {
                        column.sequence = None;
                        column.default = None;
                    }
                }
            });
        }
    }

    fn drop_type(&mut self, name: &ObjectName, cascade: bool) {
        let name = self.resolve_type(name);
        self.others().types.remove(&name);
        if !cascade {
            return;
        }
        let uses = |relation: &&Relation| {
            let mut columns = relation.columns.iter();
            columns.any(|it| it.type_name.as_ref().is_some_and(|it| it.name == name))
        };
        let tables: Vec<ObjectName> = self
            .relations()
            .filter(uses)
            .map(|it| it.name.clone())
            .collect();
        for table in tables {
            self.change(&table, |relation| {
                let of_type = |it: &super::super::Column| {
                    it.type_name.as_ref().is_some_and(|it| it.name == name)
                };
                relation.columns.retain(|it| !of_type(it));
            });
        }
    }

    fn drop_schema(&mut self, schema: &str) {
        let within = |name: &ObjectName| name.schema.as_deref() == Some(schema);
        let names = self
            .relations()
            .map(|it| it.name.clone())
            .filter(|it| within(it));
        for name in names.collect::<Vec<_>>() {
            self.drop_relation(&name, true);
        }
        let objects = self.others();
        objects.types.retain(|name, _| !within(name));
        objects.functions.retain(|name, _| !within(name));
        objects.statistics.retain(|name, _| !within(name));
        objects.schemas.remove(schema);
    }
}

impl Relation {
    /// Lets go of a relation that is no more.
    fn forget(&mut self, name: &ObjectName) {
        self.parents.retain(|it| it != name);
        self.reads.retain(|it| it != name);
        self.rules.retain(|it| !it.mentions(name));
        let refers = |kind: &ConstraintKind| matches!(kind, ConstraintKind::ForeignKey(key) if key.references == *name);
        self.constraints.retain(|it| !refers(&it.kind));
    }
}
