//! `DROP`, with what goes along.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::layers::Path;
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
            match kind {
                ObjectKind::Trigger => {
                    self.change(table, |it| it.triggers.retain(|it| it.name != name))
                }
                ObjectKind::Rule => self.relink(table, |it| it.rules.retain(|it| it.name != name)),
                _ => self.change(table, |it| it.policies.retain(|it| it != name)),
            }
        }
    }

    fn drop_statistics(&mut self, name: &ObjectName) {
        let exists = |name: Path<'_>| self.objects.others.statistics.contains_key(&name);
        let place = self.search(name, exists);
        let found = self.objects.others.statistics.get_key_value(&place);
        if let Some(name) = found.map(|(name, _)| Arc::clone(name)) {
            self.others().statistics.remove(&name);
        }
    }

    /// Removes a relation with its indexes, sequences and partitions; with `CASCADE` views, heirs
    /// and foreign keys go, too. What depends goes first.
    fn drop_relation(&mut self, name: &ObjectName, cascade: bool) {
        if self.relation(name).is_none() {
            return;
        }
        let mut going = vec![name.clone()];
        let mut seen: HashSet<ObjectName> = going.iter().cloned().collect();
        let mut at = 0;
        while let Some(name) = going.get(at) {
            let dependents = self.dependents(name).into_iter();
            let more = dependents.filter(|it| it.goes_with(name, cascade));
            let more: Vec<ObjectName> = more.map(|it| it.name.clone()).collect();
            going.extend(more.into_iter().filter(|it| seen.insert(it.clone())));
            at += 1;
        }
        for name in going.iter().rev() {
            self.drop_alone(name);
        }
    }

    fn drop_alone(&mut self, name: &ObjectName) {
        let names = |all: Vec<&Relation>| -> Vec<ObjectName> {
            all.into_iter().map(|it| it.name.clone()).collect()
        };
        let indexes: Vec<ObjectName> = self.indexes(name).map(|it| it.name.clone()).collect();
        let owned = names(self.sequences_of(name).collect());
        for dependent in names(self.dependents(name)) {
            self.objects()
                .relink_relation(&dependent, |it| it.forget(name));
        }
        for index in indexes {
            self.objects().take_index(&index);
        }
        for sequence in owned {
            self.objects().take_relation(&sequence);
        }
        let Some(relation) = self.objects().take_relation(name) else {
            return;
        };
        if relation.kind == RelationKind::Sequence {
            self.forget_sequence(&relation);
        }
        let others = &self.objects.others;
        let mut published = others.publications.values().flat_map(|it| &it.tables);
        let known =
            published.any(|it| it == name) || others.statistics.values().any(|it| it == name);
        if known {
            let others = self.others();
            others.statistics.retain(|_, table| table != name);
            for publication in others.publications.values_mut() {
                publication.tables.retain(|table| table != name);
            }
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
        let uses = |relation: &Relation| {
            let mut columns = relation.columns.iter();
            columns.any(|it| it.type_name.as_ref().is_some_and(|it| it.name == name))
        };
        let tables: Vec<ObjectName> = self.names_of_relations(uses);
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
        for name in self.names_of_relations(|it| within(&it.name)) {
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
    /// Whether it is dropped when that relation is.
    fn goes_with(&self, name: &ObjectName, cascade: bool) -> bool {
        let is_child = self.parents.contains(name);
        (is_child && (self.is_partition() || cascade)) || (cascade && self.reads.contains(name))
    }

    /// Lets go of a relation that is no more.
    fn forget(&mut self, name: &ObjectName) {
        self.parents.retain(|it| it != name);
        self.reads.retain(|it| it != name);
        self.rules.retain(|it| !it.mentions(name));
        let refers = |kind: &ConstraintKind| matches!(kind, ConstraintKind::ForeignKey(key) if key.references == *name);
        self.constraints.retain(|it| !refers(&it.kind));
    }
}
