//! Which columns take their places in the same moment, and which have nothing to do with each other. No IO.

use std::collections::BTreeSet;

use super::carried::all_of;
use super::moves::Move;
use crate::diff::Entity;
use crate::diff::resting::resting_on;
use crate::diff::substitution::descendants;
use crate::plan::Situation;
use crate::value::Schema;

/// The moves in sets: those of one table, and those that a key, an index, a view or a policy holds together.
pub(super) fn sets(situation: &Situation<'_>, moves: &[Move]) -> Vec<Vec<Move>> {
    let mut sets: Vec<(BTreeSet<Entity>, Vec<Move>)> = Vec::new();
    for it in moves {
        let mut entities = concerned(situation, it);
        let mut members = Vec::new();
        let (near, far): (Vec<_>, Vec<_>) = sets
            .into_iter()
            .partition(|(others, _)| !others.is_disjoint(&entities));
        for (others, mut own) in near {
            entities.extend(others);
            members.append(&mut own);
        }
        members.push(it.clone());
        sets = far;
        sets.push((entities, members));
    }
    sets.into_iter().map(|(_, members)| members).collect()
}

/// Its tables, and what is on either column, before and after.
fn concerned(situation: &Situation<'_>, it: &Move) -> BTreeSet<Entity> {
    let family = descendants(situation.from, &it.table);
    let mut found: BTreeSet<Entity> = family.iter().cloned().map(Entity::Relation).collect();
    let columns = [(situation.from, &it.from.name), (situation.to, &it.to.name)];
    for (schema, column) in columns {
        found.extend(parts(schema, it, column));
        found.extend(resting_on(schema, &it.table, column).unwrap_or_default());
    }
    found
}

/// Indexes, constraints and keys of the column, and those that lead to it.
fn parts(schema: &Schema, it: &Move, column: &str) -> BTreeSet<Entity> {
    let family = descendants(schema, &it.table);
    let mut found = BTreeSet::new();
    for table in &schema.tables {
        let is_own = family.contains(&table.name);
        let concerns = all_of(table)
            .filter(|what| is_own && what.is_about(column) || what.leads_to(&family, column));
        found.extend(concerns.map(|what| what.entity(&table.name)));
    }
    found
}
