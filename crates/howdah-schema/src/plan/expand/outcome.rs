//! The schema when the new columns have taken the place of the old ones. No IO.

use std::collections::HashSet;

use super::carried::{Carried, What};
use super::moves::Move;
use super::swap::gone;
use crate::diff::resting::without;
use crate::diff::substitution::descendants;
use crate::plan::Situation;
use crate::value::{Column, Name, Schema, Table};

pub(super) fn schema(situation: &Situation<'_>, moves: &[Move], carried: &Carried) -> Schema {
    let mut schema = without(situation.from, &gone(situation, moves));
    for it in moves {
        take_over(situation, &mut schema, it);
    }
    for item in &carried.0 {
        let own = schema.tables.iter_mut().find(|it| it.name == item.table);
        let Some(table) = own else { continue };
        match &item.last {
            What::Index(it) => table.indexes.push(it.clone()),
            What::Constraint(it) => table.constraints.push(it.clone()),
        }
    }
    schema.sort();
    schema
}

fn take_over(situation: &Situation<'_>, schema: &mut Schema, it: &Move) {
    let family = descendants(situation.from, &it.table);
    schema.routines.retain(|own| own.name != it.function());
    for table in &mut schema.tables {
        table
            .triggers
            .retain(|own| table.name != it.table || own.name != it.trigger());
        forget(table, &family, it);
        if table.name != it.table {
            continue;
        }
        if it.name != it.from.name {
            table.columns.retain(|own| own.name != it.name);
        }
        let old = table
            .columns
            .iter_mut()
            .find(|own| own.name == it.from.name);
        if let Some(old) = old {
            *old = last(situation, it);
        }
    }
    for owner in schema
        .sequences
        .iter_mut()
        .filter_map(|it| it.owned_by.as_mut())
    {
        if owner.table == it.table && owner.column == it.from.name {
            owner.column.clone_from(&it.to.name);
        }
    }
}

/// What was on either column; what stays is put back as the later schema has it.
fn forget(table: &mut Table, family: &HashSet<Name>, it: &Move) {
    let is_own = family.contains(&table.name);
    let is_about = |what: &What| {
        let names = [&it.from.name, &it.name];
        let is_about = names.iter().any(|name| is_own && what.is_about(name));
        is_about || names.iter().any(|name| what.leads_to(family, name))
    };
    table
        .indexes
        .retain(|own| !is_about(&What::Index(own.clone())));
    table
        .constraints
        .retain(|own| !is_about(&What::Constraint(own.clone())));
    if is_own && let Some(index) = &table.clustered_on {
        let indexes = table.indexes.iter().filter_map(|it| it.name.as_ref());
        let keys = table.constraints.iter().filter_map(|it| it.name.as_ref());
        if !indexes.chain(keys).any(|it| it == index) {
            table.clustered_on = None;
        }
    }
}

/// The column as it is then.
fn last(situation: &Situation<'_>, it: &Move) -> Column {
    let keeps = it.keeps_not_null();
    Column {
        not_null: keeps,
        not_null_constraint: it.to.not_null_constraint.clone().filter(|_| keeps),
        default: if it.has_late_default(situation) {
            it.to.default.clone()
        } else {
            it.from.default.clone()
        },
        comment: None,
        grants: None,
        was: None,
        ..it.to.clone()
    }
}
