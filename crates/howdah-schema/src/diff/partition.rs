//! Tables that become partitions, and partitions that become tables.
//!
//! No IO. A partition has its columns, keys and indexes from its parent, and lists none of these; so what a table lists
//! changes when it is attached or detached, although nobody changes it.

use super::model::Model;
use crate::naming;
use crate::value::{Constraint, ConstraintKind, Index, Schema, Table};

/// The schema as attaching and detaching leaves it; the tables still say to whom they belonged.
pub(super) fn moved(from: &Schema, to: &Schema, version: u32) -> Schema {
    let moves = |it: &Table| {
        let target = to.table(&it.name);
        target.is_some_and(|target| target.partition_of.is_some() != it.partition_of.is_some())
    };
    let mut schema = from.clone();
    if !from.tables.iter().any(moves) {
        return schema;
    }
    let model = Model::of(from);
    for table in &mut schema.tables {
        let Some(target) = to.table(&table.name) else {
            continue;
        };
        match (&table.partition_of, &target.partition_of) {
            (None, Some(of)) => {
                let parents = model.lineage(&of.parent);
                attach(table, &parents);
            }
            (Some(of), None) => {
                let parents = model.lineage(&of.parent);
                detach(table, &parents, version);
            }
            _ => {}
        }
    }
    naming::complete(&mut schema);
    schema.sort();
    schema
}

/// What the parents have, the table does not list any more.
fn attach(table: &mut Table, parents: &[&Table]) {
    table.columns.clear();
    let has_constraint = |it: &Constraint| {
        let all = parents.iter().flat_map(|parent| &parent.constraints);
        all.into_iter().any(|other| other.kind == it.kind)
    };
    table.constraints.retain(|it| !has_constraint(it));
    let has_index = |it: &Index| {
        let mut all = parents.iter().flat_map(|parent| &parent.indexes);
        all.any(|other| same_index(other, it))
    };
    table.indexes.retain(|it| !has_index(it));
}

/// What the parents have, the table lists from now on, under the names that PostgreSQL gave.
fn detach(table: &mut Table, parents: &[&Table], version: u32) {
    for parent in parents {
        let first = table.columns.len();
        table.columns.extend(parent.columns.iter().cloned());
        let own = table.columns.iter_mut().skip(first);
        for column in own.filter(|it| it.not_null && version >= 180_000) {
            // it is called as the parent's
            let usual = naming::object_name(&parent.name.name, &column.name, "not_null");
            let constraint = column.not_null_constraint.get_or_insert_default();
            constraint.name.get_or_insert(usual);
        }
        table
            .constraints
            .extend(parent.constraints.iter().map(|it| {
                let is_key = matches!(
                    it.kind,
                    ConstraintKind::PrimaryKey { .. }
                        | ConstraintKind::Unique { .. }
                        | ConstraintKind::Exclude { .. }
                );
                Constraint {
                    name: it.name.clone().filter(|_| !is_key),
                    comment: None,
                    ..it.clone()
                }
            }));
        table.indexes.extend(parent.indexes.iter().map(|it| Index {
            name: None,
            comment: None,
            ..it.clone()
        }));
    }
    for column in &mut table.columns {
        column.comment = None;
        column.grants = None;
        column.identity = None;
    }
}

fn same_index(one: &Index, other: &Index) -> bool {
    let like = Index {
        name: one.name.clone(),
        comment: one.comment.clone(),
        ..other.clone()
    };
    like == *one
}
