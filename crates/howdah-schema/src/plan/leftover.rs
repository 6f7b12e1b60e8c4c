//! What an interrupted plan has left: indexes and constraints that wait under another name to take another's place.
//!
//! No IO. They are recognised by name and definition, and taken out of the schema, so that nothing proposes to drop them;
//! what builds them goes on from there.

use std::collections::BTreeMap;

use super::constraint::index_of;
use super::partition::{bounds_name, default_of};
use super::view::waiting;
use crate::naming::object_name;
use crate::value::{Constraint, Index, Name, Schema, Table};

/// By table and name, how far each has come.
pub(crate) type Leftovers = BTreeMap<(Name, String), State>;

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// An index whose build was interrupted.
    Invalid,
    /// A constraint that is not proven.
    Unproven,
    /// It is as it should be, but for the name.
    Done,
}

/// Under which name something waits until the one that has its name is gone.
pub(crate) fn aside(name: &str) -> String {
    object_name(name, "", "new")
}

/// Takes them out of a schema that is to become the other.
pub(super) fn taken_out(schema: &mut Schema, to: &Schema) -> Leftovers {
    let mut found = Leftovers::new();
    take_bounds(schema, to, &mut found);
    for table in &mut schema.tables {
        if let Some(target) = to.table(&table.name) {
            take_indexes(table, target, &mut found);
            take_constraints(table, target, &mut found);
        }
    }
    take_views(schema, to, &mut found);
    found
}

/// Materialized views that were computed to take another's place.
fn take_views(schema: &mut Schema, to: &Schema, found: &mut Leftovers) {
    let stays = |name: &Name| to.views.iter().any(|it| it.name == *name);
    schema.views.retain(|own| {
        let mut made = to.views.iter().filter(|it| it.materialized);
        let of = made.find(|it| waiting(&it.name) == own.name && it.query == own.query);
        let Some(of) = of.filter(|_| own.materialized && !stays(&own.name)) else {
            return true;
        };
        found.insert((of.name.clone(), own.name.name.clone()), State::Done);
        false
    });
}

fn take_indexes(table: &mut Table, to: &Table, found: &mut Leftovers) {
    let home = table.name.clone();
    let constraints = &table.constraints;
    table.indexes.retain(|own| {
        let name = own.name.clone().unwrap_or_default();
        let waits = |other: Option<&String>| other.is_some_and(|it| aside(it) == name);
        let stays = to.indexes.iter().any(|it| it.name == own.name);
        let of_index = to
            .indexes
            .iter()
            .any(|it| waits(it.name.as_ref()) && is_alike(it, own));
        let of_key = to.constraints.iter().any(|it| {
            let is_there = constraints.iter().any(|there| there.name == it.name);
            let is_named = waits(it.name.as_ref()) || (it.name == own.name && !is_there);
            is_named && index_of(it).is_some_and(|it| is_alike(&it, own))
        });
        let is_left = !stays && (of_index || of_key);
        if is_left {
            let state = if own.invalid {
                State::Invalid
            } else {
                State::Done
            };
            found.insert((home.clone(), name), state);
        }
        !is_left
    });
}

/// Constraints that prove what attaching a partition asks for, where it is still to be attached.
fn take_bounds(schema: &mut Schema, to: &Schema, found: &mut Leftovers) {
    let awaited: Vec<(Name, String)> = to
        .tables
        .iter()
        .filter(|it| {
            let own = schema.table(&it.name);
            it.partition_of.is_some() && own.is_some_and(|own| own.partition_of.is_none())
        })
        .flat_map(|it| {
            let default = it
                .partition_of
                .as_ref()
                .and_then(|of| default_of(to, &of.parent));
            let tables = default.into_iter().chain([it]);
            tables.map(|table| (table.name.clone(), bounds_name(table, it)))
        })
        .collect();
    for table in &mut schema.tables {
        let home = table.name.clone();
        table.constraints.retain(|own| {
            let key = (home.clone(), own.name.clone().unwrap_or_default());
            let is_left = awaited.contains(&key);
            if is_left {
                found.insert(key, state(own));
            }
            !is_left
        });
    }
}

fn take_constraints(table: &mut Table, to: &Table, found: &mut Leftovers) {
    let home = table.name.clone();
    table.constraints.retain(|own| {
        let name = own.name.clone().unwrap_or_default();
        let stays = to.constraints.iter().any(|it| it.name == own.name);
        let is_left = !stays
            && to.constraints.iter().any(|it| {
                let waits = it.name.as_deref().is_some_and(|it| aside(it) == name);
                waits && it.kind == own.kind && it.deferral == own.deferral
            });
        if is_left {
            found.insert((home.clone(), name), state(own));
        }
        !is_left
    });
}

fn state(own: &Constraint) -> State {
    if own.not_valid {
        State::Unproven
    } else {
        State::Done
    }
}

fn is_alike(one: &Index, other: &Index) -> bool {
    let like = Index {
        name: one.name.clone(),
        comment: one.comment.clone(),
        invalid: one.invalid,
        ..other.clone()
    };
    like == *one
}
