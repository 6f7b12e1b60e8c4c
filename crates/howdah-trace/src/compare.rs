//! What was seen beside what the lock model says. No IO.
//!
//! Invariant: only what is sure to be seen is compared. Two things are not: locks on indexes of a statement that ran
//! alone, since no gate can be in their way, and whether a query reads a table in full, which the planner decides.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use howdah_sql::ast::{Kind, ObjectName};
use howdah_sql::locks::{Effects, InTransaction, Mode, Whom};

use crate::observe::{Lock, Observation, Relation, WaitFor, Way};

/// The schema whose relations both sides name without it.
const BASE: &str = "public";

/// Where the model says something else than what was seen, a sentence for each.
#[must_use]
pub fn differences(kind: &Kind, seen: &Observation, model: &Effects) -> Vec<String> {
    let mut found = Differences(Vec::new());
    let forbidden = model.in_transaction == InTransaction::Forbidden;
    let refused_first = seen.error.is_some() && model.refused.is_some();
    if forbidden != (seen.way == Way::Alone) && !refused_first {
        let word = model.in_transaction.word();
        found
            .0
            .push(format!("in a transaction block it was said to be {word}"));
    }
    if seen.error.is_some() {
        // most of what fails does so for the rows that there are
        return found.0;
    }
    if let Some(why) = &model.refused {
        found.0.push(format!("it was said to be refused: {why}"));
    }
    found.locks(seen, model);
    let renewed = [model.rewrites.as_slice(), &model.empties].concat();
    found.sets("rewrites", &relations(&seen.rewrites), &names(&renewed));
    if matches!(kind, Kind::Truncate(_)) {
        // what is empty is soon built and read
        return found.0;
    }
    found.sets("builds", &relations(&seen.builds), &names(&model.builds));
    found.scans(kind, seen, model);
    if seen.way == Way::Alone {
        found.sets("waits for", &waits_seen(seen), &waits_said(seen, model));
    }
    found.0
}

struct Differences(Vec<String>);

impl Differences {
    fn sets<T: Ord + Display>(&mut self, what: &str, seen: &BTreeSet<T>, said: &BTreeSet<T>) {
        for only in seen.difference(said) {
            self.0.push(format!("it {what} {only}, which was not said"));
        }
        for only in said.difference(seen) {
            self.0.push(format!(
                "it was said that it {what} {only}, which it does not"
            ));
        }
    }

    fn locks(&mut self, seen: &Observation, model: &Effects) {
        let is_sure = |is_index: bool, mode: Mode| match (seen.way, is_index) {
            (Way::Alone, true) => false,
            (Way::Alone, false) => mode >= Mode::RowExclusive,
            (Way::Transaction, true) => mode >= Mode::ShareUpdateExclusive,
            (Way::Transaction, false) => true,
        };
        let (taken, held) = (strongest(&seen.locks), strongest(&seen.held));
        let had =
            |relation: &ObjectName, mode| held.get(relation).is_some_and(|held| held.1 >= mode);
        for (relation, (is_index, mode)) in &taken {
            let said = model
                .locks
                .iter()
                .find(|lock| base(&lock.relation) == *relation);
            match said {
                Some(said) if said.mode == *mode || had(relation, said.mode) => {}
                Some(said) if is_sure(*is_index, said.mode.max(*mode)) => self.0.push(format!(
                    "it locks {relation} in {mode}, not in {}",
                    said.mode
                )),
                None if is_sure(*is_index, *mode) => {
                    self.0
                        .push(format!("it locks {relation} in {mode}, which was not said"));
                }
                Some(_) | None => {}
            }
        }
        // a lock on an index that was not even seen is one that no gate could show
        for said in model.locks.iter().filter(|_| seen.way == Way::Transaction) {
            let (relation, mode) = (base(&said.relation), said.mode);
            if !taken.contains_key(&relation) && !had(&relation, mode) {
                self.0.push(format!(
                    "it was said to lock {relation} in {mode}, which it does not"
                ));
            }
        }
    }

    fn scans(&mut self, kind: &Kind, seen: &Observation, model: &Effects) {
        let Some(reads) = &seen.reads else {
            return;
        };
        let rewritten: BTreeSet<ObjectName> = relations(&seen.rewrites)
            .union(&names(&model.rewrites))
            .cloned()
            .collect();
        let tables = reads.iter().filter(|read| !read.relation.is_index());
        let read: BTreeSet<ObjectName> = tables.map(|read| name(&read.relation)).collect();
        let read: BTreeSet<ObjectName> = read.difference(&rewritten).cloned().collect();
        // whether a foreign key is checked by way of an index, the planner decides
        let by_index = |said: &ObjectName| {
            let indexes = reads.iter().filter(|read| read.relation.is_index());
            let mut tables = indexes.filter_map(|read| read.relation.on.as_ref());
            !read.contains(said) && tables.any(|table| *table == said.name)
        };
        let mut said = names(&model.scans);
        said.retain(|said| !rewritten.contains(said) && !by_index(said));
        let shown: BTreeSet<ObjectName> = said.intersection(&read).cloned().collect();
        // where the first table is empty, nobody looks at the other side of a foreign key
        if !read.is_empty() && reads.iter().all(|it| it.rows == 0) {
            said.clone_from(&shown);
        }
        if is_query(kind) {
            self.sets("scans", &shown, &said);
        } else {
            self.sets("scans", &read, &said);
        }
    }
}

/// The strongest mode on each relation that the model speaks of, and whether it is an index.
fn strongest(locks: &[Lock]) -> BTreeMap<ObjectName, (bool, Mode)> {
    let mut strongest: BTreeMap<ObjectName, (bool, Mode)> = BTreeMap::new();
    for Lock { relation, mode } in locks {
        if !relation.is_toast() && relation.kind != 'c' {
            let entry = strongest.entry(name(relation));
            let entry = entry.or_insert((relation.is_index(), *mode));
            entry.1 = entry.1.max(*mode);
        }
    }
    strongest
}

/// Whether the planner decides how tables are read.
fn is_query(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Call(_)
            | Kind::Copy(_)
            | Kind::CreateMaterializedView(_)
            | Kind::CreateTableAs(_)
            | Kind::Declare(_)
            | Kind::Delete(_)
            | Kind::Do(_)
            | Kind::Explain(_)
            | Kind::Insert(_)
            | Kind::Merge(_)
            | Kind::Refresh(_)
            | Kind::Select(_)
            | Kind::Update(_)
    )
}

fn name(relation: &Relation) -> ObjectName {
    if relation.schema == BASE {
        ObjectName::new(&relation.name)
    } else {
        ObjectName::qualified(&relation.schema, &relation.name)
    }
}

fn base(name: &ObjectName) -> ObjectName {
    match name.schema.as_deref() {
        Some(BASE) => ObjectName::new(&name.name),
        _ => name.clone(),
    }
}

fn relations(relations: &[Relation]) -> BTreeSet<ObjectName> {
    relations.iter().map(name).collect()
}

fn names(names: &[ObjectName]) -> BTreeSet<ObjectName> {
    names.iter().map(base).collect()
}

/// `writers of item`: a table whose readers are waited for too has its users waited for.
fn waits_seen(seen: &Observation) -> BTreeSet<String> {
    let readers = |relation: &Option<Relation>| {
        let of = |wait: &&crate::observe::Wait| {
            wait.for_whom == WaitFor::Readers && wait.relation == *relation
        };
        seen.waits.iter().any(|wait| of(&wait))
    };
    let waits = seen.waits.iter().map(|wait| {
        let of = wait.relation.as_ref().map(name);
        match wait.for_whom {
            WaitFor::Snapshots => said(Whom::OlderSnapshots, None),
            WaitFor::Readers => said(Whom::Users, of.as_ref()),
            WaitFor::Writers if readers(&wait.relation) => said(Whom::Users, of.as_ref()),
            WaitFor::Writers => said(Whom::Writers, of.as_ref()),
        }
    });
    waits.collect()
}

/// Those that gates stand for: not other sessions of the database, nor writers of what only `REFRESH` writes.
fn waits_said(seen: &Observation, model: &Effects) -> BTreeSet<String> {
    let is_materialized = |of: &ObjectName| {
        let locked = seen.locks.iter().map(|lock| &lock.relation);
        locked
            .into_iter()
            .any(|it| it.kind == 'm' && name(it) == base(of))
    };
    let waits = model.waits_for.iter().filter(|wait| match wait.whom {
        Whom::Users | Whom::OlderSnapshots => true,
        Whom::Writers => !wait.relation.as_ref().is_some_and(is_materialized),
        _ => false,
    });
    waits
        .map(|wait| said(wait.whom, wait.relation.as_ref().map(base).as_ref()))
        .collect()
}

fn said(whom: Whom, relation: Option<&ObjectName>) -> String {
    let relation = relation.cloned();
    howdah_sql::locks::Wait { whom, relation }.to_string()
}
