//! What was seen beside what the lock model says. No IO.
//!
//! Invariant: only what is sure to be seen is compared. Two things are not: locks on indexes of a statement that ran
//! alone, since no gate can be in their way, and whether a query reads a table in full, which the planner decides.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use howdah_sql::ast::{Kind, ObjectName};
use howdah_sql::locks::{Effects, InTransaction, Mode, Whom};

use crate::observe::{Observation, Relation, WaitFor, Way};

/// The schema whose relations both sides name without it.
const BASE: &str = "public";

/// Where the model says something else than what was seen, a sentence for each.
#[must_use]
pub fn differences(kind: &Kind, seen: &Observation, model: &Effects) -> Vec<String> {
    let mut found = Differences(Vec::new());
    let forbidden = model.in_transaction == InTransaction::Forbidden;
    if forbidden != (seen.way == Way::Alone) {
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
    if matches!(kind, Kind::Truncate(_)) {
        found.sets(
            "empties",
            &relations(&seen.rewrites),
            &names(&model.empties),
        );
        return found.0;
    }
    let rewrites = relations(&seen.rewrites);
    found.sets("rewrites", &rewrites, &names(&model.rewrites));
    found.sets("builds", &relations(&seen.builds), &names(&model.builds));
    found.scans(kind, seen, model);
    if seen.way == Way::Alone {
        found.sets("waits for", &waits_seen(seen), &waits_said(model));
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
        let mut taken: BTreeMap<ObjectName, (bool, Mode)> = BTreeMap::new();
        for lock in seen.locks.iter().chain(&seen.held) {
            let relation = &lock.relation;
            if !relation.is_toast() && relation.kind != 'c' {
                let entry = taken
                    .entry(name(relation))
                    .or_insert((relation.is_index(), lock.mode));
                entry.1 = entry.1.max(lock.mode);
            }
        }
        for (relation, (is_index, mode)) in &taken {
            let said = model
                .locks
                .iter()
                .find(|lock| base(&lock.relation) == *relation);
            match said {
                Some(said) if said.mode == *mode => {}
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
            if !taken.contains_key(&base(&said.relation)) {
                let (relation, mode) = (&said.relation, said.mode);
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
        if is_query(kind) {
            self.sets("scans", &said.intersection(&read).cloned().collect(), &said);
        } else {
            self.sets("scans", &read, &said);
        }
    }
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

fn waits_said(model: &Effects) -> BTreeSet<String> {
    // other sessions of the database are none that a gate stands for
    let waits = model
        .waits_for
        .iter()
        .filter(|wait| wait.whom != Whom::Sessions);
    waits
        .map(|wait| said(wait.whom, wait.relation.as_ref().map(base).as_ref()))
        .collect()
}

fn said(whom: Whom, relation: Option<&ObjectName>) -> String {
    let relation = relation.cloned();
    howdah_sql::locks::Wait { whom, relation }.to_string()
}
