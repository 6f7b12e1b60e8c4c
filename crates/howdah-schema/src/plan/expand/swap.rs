//! The moment in which a new column takes the place of the old one.
//!
//! No IO. Invariant: it is one transaction that changes the catalog alone; what rested on the old column comes back in it.

use std::collections::BTreeSet;

use super::carried::{Carried, What, all_of};
use super::moves::Move;
use crate::diff::resting::{resting_on, without};
use crate::diff::substitution::descendants;
use crate::diff::{self, Change, Entity};
use crate::identifiers::{literal, quoted};
use crate::naming::object_name;
use crate::plan::units::{Form, plain};
use crate::plan::{Deploy, Situation, Step, constraint};
use crate::value::{Column, Name};

/// The contract transaction.
pub(in crate::plan) struct Swap {
    form: Form,
    /// What has gone with the old columns and comes back.
    gone: BTreeSet<Entity>,
    /// Columns whose name is that of the old one until then.
    late: BTreeSet<Entity>,
    /// What has its name only then.
    renamed: BTreeSet<Entity>,
}

impl Swap {
    pub(super) fn of(situation: &Situation<'_>, moves: &[Move], carried: &Carried) -> Self {
        let gone = gone(situation, moves);
        let mut swap = Self {
            form: Vec::new(),
            late: late(moves),
            renamed: renamed(carried),
            gone,
        };
        let bare = without(situation.from, &swap.gone);
        let server_version = situation.options.server_version;
        let drops = diff::diff(situation.from, &bare, diff::Options { server_version });
        let object = moves.first().map(Move::object).unwrap_or_default();
        let is_view = |sql: &&String| sql.starts_with("drop view");
        let (views, others): (Vec<_>, Vec<_>) = drops.statements().partition(is_view);
        let reason = "it rests on the old column, and comes back below";
        if named_in_policies(situation, &swap.gone) {
            for sql in drops.statements() {
                swap.push(sql.clone(), &object, reason);
            }
            swap.lock(situation, moves);
        } else {
            // who reads a view locks it before its tables
            for sql in views {
                swap.push(sql.clone(), &object, reason);
            }
            swap.lock(situation, moves);
            for sql in others {
                swap.push(sql.clone(), &object, reason);
            }
        }
        for it in moves {
            swap.end_of_step(it);
        }
        swap.let_go(situation, moves);
        for it in moves {
            swap.hand_over(situation, it);
        }
        for it in moves {
            let old = quoted(&it.from.name);
            let drop = format!("alter table {} drop column {old}", it.table);
            swap.push(drop, &it.object(), "all its values are in the new column");
        }
        for it in moves.iter().filter(|it| !it.is_rename()) {
            swap.take_name(situation, it);
        }
        swap.take_names(carried);
        swap
    }

    fn push(&mut self, sql: String, object: &str, reason: &str) {
        let step = Step::ddl(sql, object.to_owned(), reason);
        self.form.push(step.deployed(Deploy::Contract));
    }

    /// Where it is about several tables, it waits for all of them before it changes one.
    fn lock(&mut self, situation: &Situation<'_>, moves: &[Move]) {
        let mut tables: BTreeSet<&Name> = moves.iter().map(|it| &it.table).collect();
        let families: Vec<_> = moves
            .iter()
            .map(|it| (it, descendants(situation.from, &it.table)))
            .collect();
        for table in &situation.from.tables {
            for what in all_of(table) {
                let goes = families.iter().any(|(it, family)| {
                    let is_own = family.contains(&table.name) && what.is_about(&it.from.name);
                    is_own || what.leads_to(family, &it.from.name)
                });
                let target = what.target().filter(|_| goes);
                let target = target.and_then(|(it, _)| situation.from.table(it));
                if let Some(target) = target {
                    // a foreign key that goes locks both ends
                    tables.extend([&table.name, &target.name]);
                }
            }
        }
        if tables.len() > 1 {
            let object = moves.first().map(Move::object).unwrap_or_default();
            let list: Vec<String> = tables.iter().map(ToString::to_string).collect();
            let sql = format!("lock table {} in access exclusive mode", list.join(", "));
            let reason = "all tables are waited for before anything changes";
            self.push(sql, &object, reason);
        }
    }

    fn end_of_step(&mut self, it: &Move) {
        let (trigger, function) = (it.trigger(), it.function());
        let drop = format!("drop trigger {} on {}", quoted(&trigger), it.table);
        let reason = "the old program is gone: one column is enough";
        self.push(drop, &it.object(), reason);
        self.push(format!("drop function {function}()"), &it.object(), reason);
    }

    /// Foreign keys of other columns that lead to the old ones.
    fn let_go(&mut self, situation: &Situation<'_>, moves: &[Move]) {
        for table in &situation.from.tables {
            for what in all_of(table) {
                let leads = |it: &&Move| {
                    what.leads_to(&descendants(situation.from, &it.table), &it.from.name)
                };
                if let Some(it) = moves.iter().find(leads) {
                    let name = quoted(what.name());
                    let sql = format!("alter table {} drop constraint {name}", table.name);
                    self.push(sql, &it.object(), "another leads to the new column already");
                }
            }
        }
    }

    /// What gives values: the default, the sequence, the identity.
    fn hand_over(&mut self, situation: &Situation<'_>, it: &Move) {
        let (table, name, object) = (&it.table, quoted(&it.name), it.object());
        let alter = format!("alter table {table} alter column {name}");
        let owned =
            |owner: &crate::value::OwnedBy| owner.table == *table && owner.column == it.to.name;
        let sequences = situation.to.sequences.iter();
        for sequence in sequences.filter(|it| it.owned_by.as_ref().is_some_and(owned)) {
            let sql = format!("alter sequence {} owned by {table}.{name}", sequence.name);
            self.push(sql, &object, "the sequence stays when the old column goes");
        }
        if let Some(identity) = it.to.identity.as_ref() {
            let bare = Column {
                identity: Some(identity.clone()),
                ..Default::default()
            };
            let words = crate::ddl::table::column(&bare);
            let (_, words) = words.split_once(" generated ").unwrap_or(("", ""));
            self.push(
                format!("{alter} add generated {words}"),
                &object,
                "it numbers new rows",
            );
            let serial = |column: &str| {
                let (table, column) = (literal(&table.to_string()), literal(column));
                format!("pg_catalog.pg_get_serial_sequence({table}, {column})")
            };
            let (new, old) = (serial(&it.name), serial(&it.from.name));
            let sql = format!(
                "select pg_catalog.setval({new}, number) from pg_catalog.pg_sequence_last_value({old}::regclass) number where number is not null"
            );
            self.push(sql, &object, "it goes on where the old one has come to");
        } else if it.has_late_default(situation)
            && let Some(default) = &it.to.default
        {
            self.push(
                format!("{alter} set default {default}"),
                &object,
                "new rows have it",
            );
        }
    }

    /// The name of the old column, and the names that are made of it.
    fn take_name(&mut self, situation: &Situation<'_>, it: &Move) {
        let (table, object) = (&it.table, it.object());
        let (now, last) = (quoted(&it.name), quoted(&it.to.name));
        let sql = format!("alter table {table} rename column {now} to {last}");
        self.push(sql, &object, "the new column takes the name of the old one");
        if it.keeps_not_null() && situation.options.server_version >= 180_000 {
            let usual = |column: &str| object_name(&table.name, column, "not_null");
            let constraint = it.to.not_null_constraint.as_ref();
            let last = constraint.and_then(|it| it.name.clone());
            let (now, last) = (usual(&it.name), last.unwrap_or(usual(&it.to.name)));
            let (now, last) = (quoted(&now), quoted(&last));
            let sql = format!("alter table {table} rename constraint {now} to {last}");
            self.push(sql, &object, "and what refuses null in it");
        }
        if it.to.identity.is_some() {
            let sequence = |column: &str| object_name(&table.name, column, "seq");
            let (from, to) = (table.sibling(sequence(&it.name)), sequence(&it.to.name));
            let sql = format!("alter sequence {from} rename to {}", quoted(&to));
            self.push(sql, &object, "its sequence, too");
        }
    }

    fn take_names(&mut self, carried: &Carried) {
        for it in &carried.0 {
            let (table, object) = (&it.table, it.object());
            let (now, last) = (quoted(it.now.name()), quoted(it.last.name()));
            let reason = "it takes the name of the old one";
            match &it.last {
                What::Constraint(own) if it.is_late() => {
                    let step = constraint::use_index(table, own, it.now.name(), &object);
                    self.push(step.sql, &object, "the key takes the index that is there");
                }
                What::Constraint(_) if now != last => {
                    let sql = format!("alter table {table} rename constraint {now} to {last}");
                    self.push(sql, &object, reason);
                }
                What::Index(_) if now != last => {
                    let now = table.sibling(it.now.name());
                    self.push(
                        format!("alter index {now} rename to {last}"),
                        &object,
                        reason,
                    );
                }
                _ => {}
            }
        }
    }

    /// Takes in changes that make again what has gone; whether they are such.
    pub(in crate::plan) fn takes_in(&mut self, changes: &[&Change]) -> bool {
        let comes_back = |entity: &Entity| {
            self.gone.contains(entity)
                || matches!(entity.relation(), Some(name) if self.gone.contains(&Entity::Relation(name.clone())))
        };
        let is_part = |it: &&&Change| match &it.entity {
            Entity::Comment(of) | Entity::Grants(of) => {
                comes_back(of) || self.late.contains(&**of) || self.renamed.contains(&**of)
            }
            other => comes_back(other),
        };
        let is_creation = |it: &&&Change| it.action == diff::Action::Create;
        if changes.is_empty() || !changes.iter().all(|it| is_part(&it) && is_creation(&it)) {
            return false;
        }
        let reason = "it comes back within the same transaction";
        let steps = changes.iter().flat_map(|it| plain(it, reason));
        self.form
            .extend(steps.map(|it| Step { undo: None, ..it }.deployed(Deploy::Contract)));
        true
    }

    /// Whether changes are about what has its name or its type only then.
    pub(in crate::plan) fn comes_before(&self, changes: &[&Change]) -> bool {
        let concerns = |column: &Entity, it: &Change| {
            let Entity::Column(table, name) = column else {
                return false;
            };
            let met = words_of(it);
            it.entity != Entity::Relation(table.clone())
                && met.contains(name)
                && met.contains(&table.name)
        };
        changes.iter().any(|it| {
            let met = words_of(it);
            let is_named = |other: &Entity| match other {
                Entity::Index(_, name) | Entity::Constraint(_, name) => met.contains(name),
                _ => false,
            };
            self.late.iter().any(|column| concerns(column, it)) || self.renamed.iter().any(is_named)
        })
    }

    /// The transaction.
    pub(in crate::plan) fn form(self) -> Form {
        self.form
    }
}

fn words_of(change: &Change) -> BTreeSet<String> {
    let statements = change.statements.iter();
    statements.flat_map(|it| crate::ddl::words(it)).collect()
}

/// Views, policies, triggers … that rest on the old columns.
pub(super) fn gone(situation: &Situation<'_>, moves: &[Move]) -> BTreeSet<Entity> {
    let all = moves
        .iter()
        .filter_map(|it| resting_on(situation.from, &it.table, &it.from.name).ok());
    all.flatten().collect()
}

/// Whether a policy or a rule names a view, which then cannot go first.
fn named_in_policies(situation: &Situation<'_>, gone: &BTreeSet<Entity>) -> bool {
    let tables = situation.from.tables.iter();
    let policies = tables.clone().flat_map(|it| &it.policies);
    let texts = policies.flat_map(|it| it.using.iter().chain(&it.check));
    let rules = tables.flat_map(|it| &it.rules).map(|it| &it.create);
    let mut words = texts.chain(rules).flat_map(|it| crate::ddl::words(it));
    let is_gone = |word: &String| {
        gone.iter()
            .any(|it| matches!(it, Entity::Relation(name) if name.name == *word))
    };
    words.any(|it| is_gone(&it))
}

fn late(moves: &[Move]) -> BTreeSet<Entity> {
    let moves = moves.iter().filter(|it| !it.is_rename());
    moves
        .map(|it| Entity::Column(it.table.clone(), it.to.name.clone()))
        .collect()
}

fn renamed(carried: &Carried) -> BTreeSet<Entity> {
    let late = carried
        .0
        .iter()
        .filter(|it| it.is_late() || it.now.name() != it.last.name() || it.ready != Deploy::Expand);
    late.map(|it| it.last.entity(&it.table)).collect()
}
