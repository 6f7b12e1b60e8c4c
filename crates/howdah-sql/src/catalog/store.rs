//! Where a catalog keeps its objects, with what refers to what.
//!
//! Everything is shared until it changes, keys included, so that a copy (for a transaction, for the
//! next file) costs little. Relations and indexes come and go through `put_*`, `take_*` and `change*`
//! alone: these keep the ways back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Function, Index, Made, Publication, Relation, Type};
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
    /// How to undo what the open transaction has done; none without one.
    log: Option<Vec<Undo>>,
    pub(super) others: Arc<Others>,
}

/// What a script has few of: shared as a whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Others {
    pub(super) types: BTreeMap<Key, Arc<Type>>,
    pub(super) functions: BTreeMap<Key, Vec<Arc<Function>>>,
    /// Statistics objects and their tables.
    pub(super) statistics: BTreeMap<Key, ObjectName>,
    pub(super) publications: BTreeMap<String, Publication>,
    pub(super) schemas: BTreeSet<String>,
    pub(super) extensions: BTreeSet<String>,
}

#[derive(Clone, Debug)]
enum Undo {
    TakeRelation(ObjectName),
    PutRelation(Arc<Relation>),
    TakeIndex(ObjectName),
    PutIndex(Arc<Index>),
}

/// A point to return to.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    steps: usize,
    others: Arc<Others>,
}

impl Objects {
    pub(super) fn others(&mut self) -> &mut Others {
        Arc::make_mut(&mut self.others)
    }

    /// Marks the point that a transaction or savepoint begins at.
    pub(super) fn mark(&mut self) -> Mark {
        Mark {
            steps: self.log.get_or_insert_default().len(),
            others: Arc::clone(&self.others),
        }
    }

    /// Undoes everything behind a mark.
    pub(super) fn undo(&mut self, mark: &Mark) {
        let Some(mut log) = self.log.take() else {
            return;
        };
        for step in log.split_off(mark.steps.min(log.len())).into_iter().rev() {
            match step {
                Undo::TakeRelation(name) => drop(self.take_relation(&name)),
                Undo::PutRelation(relation) => self.put_relation(relation),
                Undo::TakeIndex(name) => drop(self.take_index(&name)),
                Undo::PutIndex(index) => self.put_index(index),
            }
        }
        self.others = Arc::clone(&mark.others);
        self.log = Some(log);
    }

    /// A transaction has ended: nothing is undone any more.
    pub(super) fn forget(&mut self) {
        self.log = None;
    }

    fn record(&mut self, step: impl FnOnce() -> Undo) {
        if let Some(log) = &mut self.log {
            log.push(step());
        }
    }

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
        self.record(|| Undo::TakeRelation(relation.name.clone()));
        self.relations.insert(key, relation);
    }

    pub(super) fn take_relation(&mut self, name: &ObjectName) -> Option<Arc<Relation>> {
        let relation = self.relations.remove(name)?;
        self.record(|| Undo::PutRelation(Arc::clone(&relation)));
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
        self.record(|| Undo::TakeIndex(index.name.clone()));
        self.indexes.insert(key, index);
    }

    pub(super) fn take_index(&mut self, name: &ObjectName) -> Option<Arc<Index>> {
        let index = self.indexes.remove(name)?;
        self.record(|| Undo::PutIndex(Arc::clone(&index)));
        unlink(&mut self.indexes_of, &index.table, name);
        Some(index)
    }

    pub(super) fn change_index(&mut self, name: &ObjectName, change: impl FnOnce(&mut Index)) {
        if let Some(mut index) = self.take_index(name) {
            change(Arc::make_mut(&mut index));
            self.put_index(index);
        }
    }

    /// Changes when everything was made.
    pub(super) fn settle(&mut self) {
        for relation in self.relations.values_mut() {
            Arc::make_mut(relation).made = Made::default();
        }
        for index in self.indexes.values_mut() {
            Arc::make_mut(index).made = Made::default();
        }
        let others = self.others();
        for made in others.types.values_mut() {
            let made = Arc::make_mut(made);
            made.made = Made::default();
            made.new_values.clear();
        }
        for function in others.functions.values_mut().flatten() {
            Arc::make_mut(function).made = Made::default();
        }
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
    let rules = relation.rules.iter();
    let all = keys
        .chain(rules.flat_map(|it| it.reads.iter().chain(&it.writes)))
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
