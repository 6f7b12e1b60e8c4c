//! Where a catalog keeps its objects, with what refers to what.
//!
//! Everything is shared until it changes, keys included, so that a copy (for a transaction, for the
//! next file) costs little. Relations and indexes come and go through the methods here alone: these keep
//! the ways back, and the log by which a transaction is undone. The log has each object as it was at the
//! last mark, once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::layers::{Key, Layers, Map, Path};
use super::{Function, Index, Publication, Relation, TableConstraint, Type};
use crate::ast::{ConstraintKind, ObjectName, PartitionBound};

/// Generations of tables that inherit; functions that go through them call themselves.
const DEEPEST: usize = 100;

/// The objects by their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    relations: Layers<Kept<Relation>>,
    indexes: Layers<Kept<Index>>,
    /// For each relation those that belong to it: as child, view or sequence. This list and the next
    /// two are in the order of names.
    dependents: Layers<Vec<Key>>,
    /// For each table those whose foreign keys refer to it.
    referring: Layers<Vec<Key>>,
    indexes_of: Layers<Vec<Key>>,
    /// For each partitioned table its default partition.
    defaults: Layers<Key>,
    /// How many tables of the schema have a constraint of the name.
    constraint_names: Layers<u32>,
    /// Of names that many were made like: how many numbers are taken, from the first on. Empty again once a name is free.
    taken_names: HashMap<String, u32>,
    /// How to undo what the open transaction has done; none without one.
    log: Option<Vec<Undo>>,
    /// How many points to return to there have been.
    marks: u32,
    pub(super) others: Arc<Others>,
}

/// An object, and the mark at which the log has taken it up.
#[derive(Debug)]
struct Kept<T> {
    value: Arc<T>,
    logged: u32,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            logged: self.logged,
        }
    }
}

/// What a script has few of: shared as a whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Others {
    pub(super) types: Map<Arc<Type>>,
    pub(super) functions: Map<Vec<Arc<Function>>>,
    /// Statistics objects and their tables.
    pub(super) statistics: Map<ObjectName>,
    pub(super) publications: BTreeMap<String, Publication>,
    pub(super) schemas: BTreeSet<String>,
    pub(super) extensions: BTreeSet<String>,
}

/// What stood under a name; none: nothing.
#[derive(Clone, Debug)]
enum Undo {
    Relation(Key, Option<Arc<Relation>>),
    Index(Key, Option<Arc<Index>>),
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

    /// A copy that nothing will be undone in.
    pub(super) fn without_log(&self) -> Self {
        Self {
            relations: self.relations.clone(),
            indexes: self.indexes.clone(),
            dependents: self.dependents.clone(),
            referring: self.referring.clone(),
            indexes_of: self.indexes_of.clone(),
            defaults: self.defaults.clone(),
            constraint_names: self.constraint_names.clone(),
            taken_names: self.taken_names.clone(),
            log: None,
            marks: self.marks,
            others: Arc::clone(&self.others),
        }
    }

    /// Marks the point that a transaction or savepoint begins at.
    pub(super) fn mark(&mut self) -> Mark {
        self.marks += 1;
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
                Undo::Relation(name, before) => {
                    self.take_relation(&name);
                    if let Some(relation) = before {
                        self.put_relation(relation);
                    }
                }
                Undo::Index(name, before) => {
                    self.take_index(&name);
                    if let Some(index) = before {
                        self.put_index(index);
                    }
                }
            }
        }
        self.others = Arc::clone(&mark.others);
        self.log = Some(log);
    }

    /// A transaction has ended: nothing is undone any more.
    pub(super) fn forget(&mut self) {
        self.log = None;
    }

    /// Makes everything common to all copies that are made from now on.
    pub(super) fn share(&mut self) {
        self.relations.share();
        self.indexes.share();
        self.dependents.share();
        self.referring.share();
        self.defaults.share();
        self.indexes_of.share();
        self.constraint_names.share();
    }

    pub(super) fn relation<'a>(&self, name: impl Into<Path<'a>>) -> Option<&Relation> {
        self.relations.get(name).map(|it| &*it.value)
    }

    /// All for which that holds, in the order of their names.
    pub(super) fn relations(&self, holds: impl Fn(&Relation) -> bool) -> Vec<&Relation> {
        let all = self.relations.values().map(|it| &*it.value);
        let mut found: Vec<&Relation> = all.filter(|it| holds(it)).collect();
        found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        found
    }

    pub(super) fn index<'a>(&self, name: impl Into<Path<'a>>) -> Option<&Index> {
        self.indexes.get(name).map(|it| &*it.value)
    }

    /// All for which that holds, in the order of their names.
    pub(super) fn indexes(&self, holds: impl Fn(&Index) -> bool) -> Vec<&Index> {
        let all = self.indexes.values().map(|it| &*it.value);
        let mut found: Vec<&Index> = all.filter(|it| holds(it)).collect();
        found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// Whether a relation or index has the name.
    pub(super) fn has<'a>(&self, name: impl Into<Path<'a>>) -> bool {
        let name = name.into();
        self.relations.get(name).is_some() || self.indexes.get(name).is_some()
    }

    /// The name under which a relation or index is kept.
    pub(super) fn key<'a>(&self, name: impl Into<Path<'a>>) -> Option<Key> {
        let name = name.into();
        let relation = self.relations.entry(name).map(|(key, _)| key);
        let key = relation.or_else(|| self.indexes.entry(name).map(|(key, _)| key));
        key.cloned()
    }

    /// Children, views and sequences of a relation, each with its name.
    pub(super) fn dependents<'a>(
        &'a self,
        name: Path<'_>,
    ) -> impl Iterator<Item = (&'a ObjectName, &'a Relation)> + use<'a> {
        self.linked(&self.dependents, name)
    }

    /// Tables whose foreign keys refer to this one, each with this one's name.
    pub(super) fn referring<'a>(
        &'a self,
        name: Path<'_>,
    ) -> impl Iterator<Item = (&'a ObjectName, &'a Relation)> + use<'a> {
        self.linked(&self.referring, name)
    }

    fn linked<'a>(
        &'a self,
        links: &'a Layers<Vec<Key>>,
        name: Path<'_>,
    ) -> impl Iterator<Item = (&'a ObjectName, &'a Relation)> + use<'a> {
        let entry = links.entry(name).into_iter();
        entry.flat_map(|(target, names)| {
            let relations = names.iter().filter_map(|name| self.relation(&**name));
            relations.map(move |relation| (&**target, relation))
        })
    }

    pub(super) fn default_partition(&self, parent: Path<'_>) -> Option<&Relation> {
        self.relation(&**self.defaults.get(parent)?)
    }

    pub(super) fn indexes_of<'a>(
        &'a self,
        table: Path<'_>,
    ) -> impl Iterator<Item = &'a Index> + use<'a> {
        let names = self.indexes_of.get(table).into_iter().flatten();
        names.filter_map(|name| self.index(&**name))
    }

    /// Whether a table of the schema has a constraint of the name.
    pub(super) fn has_constraint(&self, name: Path<'_>) -> bool {
        self.constraint_names.get(name).is_some()
    }

    /// How many numbers behind a name are known to be taken, from the first on.
    pub(super) fn taken_names(&self, name: impl FnOnce() -> String) -> u32 {
        if self.taken_names.is_empty() {
            return 0;
        }
        self.taken_names.get(&name()).copied().unwrap_or_default()
    }

    pub(super) fn set_taken_names(&mut self, name: String, taken: u32) {
        self.taken_names.insert(name, taken);
    }

    pub(super) fn put_relation(&mut self, mut relation: Arc<Relation>) {
        self.take_relation(&relation.name);
        self.cut_circles(&mut relation);
        let key = Arc::new(relation.name.clone());
        for target in owners(&relation) {
            link(&mut self.dependents, target, &key);
        }
        for target in referenced(&relation) {
            link(&mut self.referring, target, &key);
        }
        if relation.bound == Some(PartitionBound::Default) {
            for parent in &relation.parents {
                let parent = Arc::new(parent.clone());
                self.defaults.insert(parent, Arc::clone(&key));
            }
        }
        for constraint in &relation.constraints {
            self.count_constraint(&relation.name, &constraint.name);
        }
        let kept = Kept {
            value: relation,
            logged: self.is_new(|key| Undo::Relation(key, None), &key),
        };
        self.relations.insert(key, kept);
    }

    pub(super) fn take_relation(&mut self, name: &ObjectName) -> Option<Arc<Relation>> {
        let key = Arc::clone(self.relations.entry(name)?.0);
        let Kept { value, logged } = self.relations.remove(name)?;
        self.taken_names.clear();
        if let Some(log) = &mut self.log
            && logged < self.marks
        {
            log.push(Undo::Relation(key, Some(Arc::clone(&value))));
        }
        for target in owners(&value) {
            unlink(&mut self.dependents, target, name);
        }
        for target in referenced(&value) {
            unlink(&mut self.referring, target, name);
        }
        for parent in &value.parents {
            if self.defaults.get(parent).is_some_and(|it| **it == *name) {
                self.defaults.remove(parent);
            }
        }
        for constraint in &value.constraints {
            self.discount_constraint(name, &constraint.name);
        }
        Some(value)
    }

    /// Lets a relation have no parents and read nothing that is made of it: PostgreSQL refuses that, and
    /// whoever goes from parents to children would never come back. Nor is any family deeper than
    /// [`DEEPEST`].
    fn cut_circles(&self, relation: &mut Arc<Relation>) {
        let name = &relation.name;
        let may_close = self.dependents.get(name).is_some()
            || relation.parents.contains(name)
            || relation.reads.contains(name);
        let closes = |from: &ObjectName| may_close && self.is_made_of(from, name);
        let bad = |from: &ObjectName| closes(from) || self.generations(from) >= DEEPEST;
        if relation.parents.iter().any(bad) || relation.reads.iter().any(closes) {
            let (parents, reads) = (relation.parents.clone(), relation.reads.clone());
            let (bad, closes): (Vec<_>, Vec<_>) = (
                parents.into_iter().filter(bad).collect(),
                reads.into_iter().filter(closes).collect(),
            );
            let relation = Arc::make_mut(relation);
            relation.parents.retain(|it| !bad.contains(it));
            relation.reads.retain(|it| !closes.contains(it));
        }
    }

    /// Whether a relation is, or comes from, the other.
    fn is_made_of(&self, relation: &ObjectName, other: &ObjectName) -> bool {
        let mut seen = HashSet::from([relation]);
        let mut pending = vec![relation];
        while let Some(name) = pending.pop() {
            if name == other {
                return true;
            }
            if let Some(known) = self.relation(name) {
                let above = known.parents.iter().chain(&known.reads);
                pending.extend(above.filter(|it| seen.insert(it)));
            }
        }
        false
    }

    /// How many generations there are above a table, no further than [`DEEPEST`].
    fn generations(&self, table: &ObjectName) -> usize {
        let mut generation = vec![table];
        for count in 0..DEEPEST {
            let known = generation.iter().filter_map(|it| self.relation(*it));
            let mut above: Vec<&ObjectName> = known.flat_map(|it| &it.parents).collect();
            above.sort_unstable();
            above.dedup();
            if above.is_empty() {
                return count;
            }
            generation = above;
        }
        DEEPEST
    }

    /// Changes what nothing refers to: neither names of constraints nor what the relation refers to.
    pub(super) fn change_relation(
        &mut self,
        name: &ObjectName,
        change: impl FnOnce(&mut Relation),
    ) {
        let Some(relation) = self.relation_mut(name) else {
            return;
        };
        if cfg!(debug_assertions) {
            let before = links(relation);
            change(relation);
            debug_assert_eq!(before, links(relation), "of `{name}`");
        } else {
            change(relation);
        }
    }

    /// Changes a relation in any way but its name.
    pub(super) fn relink_relation(
        &mut self,
        name: &ObjectName,
        change: impl FnOnce(&mut Relation),
    ) {
        if let Some(mut relation) = self.take_relation(name) {
            change(Arc::make_mut(&mut relation));
            self.put_relation(relation);
        }
    }

    pub(super) fn add_constraint(&mut self, table: &ObjectName, constraint: TableConstraint) {
        let Some(key) = self.relations.entry(table).map(|(key, _)| Arc::clone(key)) else {
            return;
        };
        self.count_constraint(table, &constraint.name);
        if let ConstraintKind::ForeignKey(it) = &constraint.kind {
            link(&mut self.referring, &it.references, &key);
        }
        if let Some(relation) = self.relation_mut(table) {
            relation.constraints.push(constraint);
        }
    }

    fn relation_mut(&mut self, name: &ObjectName) -> Option<&mut Relation> {
        let key = match self.log {
            Some(_) => Some(Arc::clone(self.relations.entry(name)?.0)),
            None => None,
        };
        let kept = self.relations.get_mut(name)?;
        if let (Some(log), Some(key)) = (&mut self.log, key)
            && kept.logged < self.marks
        {
            log.push(Undo::Relation(key, Some(Arc::clone(&kept.value))));
            kept.logged = self.marks;
        }
        Some(Arc::make_mut(&mut kept.value))
    }

    pub(super) fn put_index(&mut self, index: Arc<Index>) {
        self.take_index(&index.name);
        let key = Arc::new(index.name.clone());
        link(&mut self.indexes_of, &index.table, &key);
        let kept = Kept {
            value: index,
            logged: self.is_new(|key| Undo::Index(key, None), &key),
        };
        self.indexes.insert(key, kept);
    }

    pub(super) fn take_index(&mut self, name: &ObjectName) -> Option<Arc<Index>> {
        let key = Arc::clone(self.indexes.entry(name)?.0);
        let Kept { value, logged } = self.indexes.remove(name)?;
        self.taken_names.clear();
        if let Some(log) = &mut self.log
            && logged < self.marks
        {
            log.push(Undo::Index(key, Some(Arc::clone(&value))));
        }
        unlink(&mut self.indexes_of, &value.table, name);
        Some(value)
    }

    /// Changes an index in any way but its name.
    pub(super) fn change_index(&mut self, name: &ObjectName, change: impl FnOnce(&mut Index)) {
        if let Some(mut index) = self.take_index(name) {
            change(Arc::make_mut(&mut index));
            self.put_index(index);
        }
    }

    /// Tells the log of something new, and the mark that this is behind.
    fn is_new(&mut self, step: impl FnOnce(Key) -> Undo, key: &Key) -> u32 {
        let Some(log) = &mut self.log else {
            return 0;
        };
        log.push(step(Arc::clone(key)));
        self.marks
    }

    fn count_constraint(&mut self, table: &ObjectName, name: &str) {
        let path = beside_path(table, name);
        match self.constraint_names.get_mut(path) {
            Some(count) => *count += 1,
            None => {
                let name = Arc::new(beside(table, name));
                self.constraint_names.insert(name, 1);
            }
        }
    }

    fn discount_constraint(&mut self, table: &ObjectName, name: &str) {
        let path = beside_path(table, name);
        let Some(count) = self.constraint_names.get_mut(path) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            self.constraint_names.remove(path);
            self.taken_names.clear();
        }
    }
}

/// The name of something in the schema of another, for looking it up.
pub(super) fn beside_path<'a>(name: &'a ObjectName, other: &'a str) -> Path<'a> {
    Path {
        schema: name.schema.as_deref(),
        name: other,
    }
}

/// The name of something in the schema of another.
pub(super) fn beside(name: &ObjectName, other: &str) -> ObjectName {
    ObjectName {
        schema: name.schema.clone(),
        ..ObjectName::new(other)
    }
}

/// What a relation belongs to.
fn owners(relation: &Relation) -> BTreeSet<&ObjectName> {
    let owner = relation.owned_by.iter().map(|(table, _)| table);
    let parents = relation.parents.iter();
    let rules = relation.rules.iter();
    let ruled = rules.flat_map(|it| it.reads.iter().chain(&it.writes));
    let all = parents.chain(&relation.reads).chain(owner).chain(ruled);
    all.collect()
}

/// The tables that its foreign keys refer to.
fn referenced(relation: &Relation) -> BTreeSet<&ObjectName> {
    let kinds = relation.constraints.iter().map(|it| &it.kind);
    let keys = kinds.filter_map(|kind| match kind {
        ConstraintKind::ForeignKey(key) => Some(&key.references),
        _ => None,
    });
    keys.collect()
}

/// What others are told of a relation.
fn links(relation: &Relation) -> (Vec<ObjectName>, Vec<String>) {
    let targets = owners(relation).into_iter().chain(referenced(relation));
    let names = relation.constraints.iter().map(|it| it.name.clone());
    (targets.cloned().collect(), names.collect())
}

fn link(links: &mut Layers<Vec<Key>>, target: &ObjectName, from: &Key) {
    let Some(names) = links.get_mut(target) else {
        links.insert(Arc::new(target.clone()), vec![Arc::clone(from)]);
        return;
    };
    if let Err(at) = names.binary_search(from) {
        names.insert(at, Arc::clone(from));
    }
}

fn unlink(links: &mut Layers<Vec<Key>>, target: &ObjectName, from: &ObjectName) {
    let Some(names) = links.get_mut(target) else {
        return;
    };
    if let Ok(at) = names.binary_search_by(|name| (**name).cmp(from)) {
        names.remove(at);
    }
    if names.is_empty() {
        links.remove(target);
    }
}
