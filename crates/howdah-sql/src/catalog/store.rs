//! Where a catalog keeps its objects, with what refers to what.
//!
//! Everything is shared until it changes, keys included, so that a copy (for a transaction, for the
//! next file) costs little. Relations and indexes come and go through `put_*`, `take_*` and `change*`
//! alone: these keep the ways back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Function, Index, Publication, Relation, Type};
use crate::ast::{ConstraintKind, ObjectName};

type Key = Arc<ObjectName>;

/// The objects by their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    relations: BTreeMap<Key, Arc<Relation>>,
    indexes: BTreeMap<Key, Arc<Index>>,
    /// For each relation those that refer to it: by foreign key, as child, view or sequence. This
    /// list and the next are in the order of names.
    dependents: BTreeMap<Key, Vec<Key>>,
    indexes_of: BTreeMap<Key, Vec<Key>>,
    /// How many tables of the schema have a constraint of the name.
    constraint_names: BTreeMap<Key, u32>,
    pub(super) types: BTreeMap<Key, Arc<Type>>,
    pub(super) functions: BTreeMap<Key, Vec<Arc<Function>>>,
    /// Statistics objects and their tables.
    pub(super) statistics: BTreeMap<Key, ObjectName>,
    pub(super) publications: BTreeMap<String, Publication>,
    pub(super) schemas: BTreeSet<String>,
    pub(super) extensions: BTreeSet<String>,
}

impl Objects {
    pub(super) fn relation(&self, name: &ObjectName) -> Option<&Relation> {
        self.relations.get(name).map(Arc::as_ref)
    }

    pub(super) fn relations(&self) -> impl Iterator<Item = &Relation> {
        self.relations.values().map(Arc::as_ref)
    }

    pub(super) fn index(&self, name: &ObjectName) -> Option<&Index> {
        self.indexes.get(name).map(Arc::as_ref)
    }

    pub(super) fn indexes(&self) -> impl Iterator<Item = &Index> {
        self.indexes.values().map(Arc::as_ref)
    }

    /// Relations that refer to this one.
    pub(super) fn dependents<'a>(
        &'a self,
        name: &ObjectName,
    ) -> impl Iterator<Item = &'a Relation> + use<'a> {
        let names = self.dependents.get(name).into_iter().flatten();
        names.filter_map(|name| self.relation(name))
    }

    pub(super) fn indexes_of<'a>(
        &'a self,
        table: &ObjectName,
    ) -> impl Iterator<Item = &'a Index> + use<'a> {
        let names = self.indexes_of.get(table).into_iter().flatten();
        names.filter_map(|name| self.index(name))
    }

    /// Whether a table of the schema has a constraint of the name.
    pub(super) fn has_constraint(&self, name: &ObjectName) -> bool {
        self.constraint_names.contains_key(name)
    }

    pub(super) fn put_relation(&mut self, relation: Arc<Relation>) {
        self.take_relation(&relation.name.clone());
        let key = Arc::new(relation.name.clone());
        for target in targets(&relation) {
            link(&mut self.dependents, target, &key);
        }
        for constraint in &relation.constraints {
            let name = beside(&relation.name, &constraint.name);
            *self.constraint_names.entry(Arc::new(name)).or_default() += 1;
        }
        self.relations.insert(key, relation);
    }

    pub(super) fn take_relation(&mut self, name: &ObjectName) -> Option<Arc<Relation>> {
        let relation = self.relations.remove(name)?;
        for target in targets(&relation) {
            unlink(&mut self.dependents, &target, name);
        }
        for constraint in &relation.constraints {
            let name = beside(&relation.name, &constraint.name);
            if let Some(count) = self.constraint_names.get_mut(&name) {
                *count -= 1;
                if *count == 0 {
                    self.constraint_names.remove(&name);
                }
            }
        }
        Some(relation)
    }

    pub(super) fn change_relation(
        &mut self,
        name: &ObjectName,
        change: impl FnOnce(&mut Relation),
    ) {
        if let Some(mut relation) = self.take_relation(name) {
            change(Arc::make_mut(&mut relation));
            self.put_relation(relation);
        }
    }

    pub(super) fn put_index(&mut self, index: Arc<Index>) {
        self.take_index(&index.name.clone());
        let key = Arc::new(index.name.clone());
        link(&mut self.indexes_of, index.table.clone(), &key);
        self.indexes.insert(key, index);
    }

    pub(super) fn take_index(&mut self, name: &ObjectName) -> Option<Arc<Index>> {
        let index = self.indexes.remove(name)?;
        unlink(&mut self.indexes_of, &index.table, name);
        Some(index)
    }

    pub(super) fn change_index(&mut self, name: &ObjectName, change: impl FnOnce(&mut Index)) {
        if let Some(mut index) = self.take_index(name) {
            change(Arc::make_mut(&mut index));
            self.put_index(index);
        }
    }

    /// Changes values that nothing refers by: ages.
    pub(super) fn for_each(
        &mut self,
        mut relation: impl FnMut(&mut Arc<Relation>),
        mut index: impl FnMut(&mut Arc<Index>),
    ) {
        self.relations.values_mut().for_each(&mut relation);
        self.indexes.values_mut().for_each(&mut index);
    }
}

/// The name of something in the schema of another.
pub(super) fn beside(name: &ObjectName, other: &str) -> ObjectName {
    ObjectName {
        schema: name.schema.clone(),
        ..ObjectName::new(other)
    }
}

/// What a relation refers to.
fn targets(relation: &Relation) -> Vec<ObjectName> {
    let keys = relation
        .constraints
        .iter()
        .filter_map(|constraint| match &constraint.kind {
            ConstraintKind::ForeignKey(key) => Some(&key.references),
            _ => None,
        });
    let owner = relation.owned_by.iter().map(|(table, _)| table);
    let all = keys
        .chain(&relation.parents)
        .chain(&relation.reads)
        .chain(owner);
    let all: BTreeSet<&ObjectName> = all.collect();
    all.into_iter().cloned().collect()
}

fn link(links: &mut BTreeMap<Key, Vec<Key>>, target: ObjectName, from: &Key) {
    let names = links.entry(Arc::new(target)).or_default();
    let at = names.partition_point(|name| name < from);
    names.insert(at, Arc::clone(from));
}

fn unlink(links: &mut BTreeMap<Key, Vec<Key>>, target: &ObjectName, from: &ObjectName) {
    if let Some(names) = links.get_mut(target) {
        names.retain(|name| **name != *from);
        if names.is_empty() {
            links.remove(target);
        }
    }
}
