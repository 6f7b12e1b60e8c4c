//! Forms that the objects do not allow.
//!
//! No IO. Asked by `refused-statement`.

use super::Refusal;
use super::dependants::primary_key;
use crate::ast::{
    Action, AlterAction, AlterTable, Constraint, ConstraintKind, CreateIndex, Drop, DropBehavior,
    ForeignKey, KeyConstraint, Kind, ObjectName, RelationKind,
};
use crate::catalog::{Catalog, Index};
use crate::lint::context::At;
use crate::lint::rules::support::known;

/// The reasons of that kind.
pub(in crate::lint::rules) fn refusals(at: &At<'_>, found: &mut Vec<Refusal>) {
    match &at.statement.kind {
        Kind::Drop(it) => {
            let why = concurrent_drop(it);
            found.extend(why.map(|why| (at.statement.span, why.to_owned())));
        }
        Kind::CreateIndex(it) if it.unique => found.extend(of_unique_index(at.catalog, it)),
        Kind::AlterTable(it) if it.kind == RelationKind::Table => {
            for action in &it.actions {
                let why = of_action(at, it, &action.kind);
                found.extend(why.map(|why| (action.span, why)));
            }
        }
        _ => {}
    }
}

fn concurrent_drop(drop: &Drop) -> Option<&'static str> {
    if !drop.concurrently {
        return None;
    }
    if drop.objects.len() > 1 {
        return Some("`CONCURRENTLY` drops one index at a time");
    }
    (drop.behavior == DropBehavior::Cascade).then_some("`CONCURRENTLY` does not go with `CASCADE`")
}

fn of_unique_index(catalog: &Catalog, index: &CreateIndex) -> Option<Refusal> {
    let columns: Vec<&str> = index
        .elements
        .iter()
        .filter_map(|it| it.column.as_deref())
        .collect();
    let why = lacks_partition_key(catalog, &index.table, &columns)?;
    Some((index.table.span, why))
}

fn of_action(at: &At<'_>, alter: &AlterTable, action: &Action) -> Option<String> {
    let table = &alter.name;
    match action {
        Action::AddConstraint(constraint) => of_constraint(at, alter, constraint),
        Action::AddColumn { column, .. } => {
            let mut constraints = column.constraints.iter();
            let is_key = |it: &Constraint| matches!(it.kind, ConstraintKind::PrimaryKey(_));
            if constraints.any(is_key) {
                return has_primary_key(at.catalog, alter);
            }
            is_only_of_parent(at.catalog, alter).then(|| {
                format!("a column is added to `{table}` and to those below it, not `ONLY` to it")
            })
        }
        Action::SetLogged | Action::SetUnlogged
            if at.since(18) && known::is_partitioned(at.catalog, table) =>
        {
            Some(format!(
                "`{table}` is partitioned: its partitions are logged or not, each of itself"
            ))
        }
        _ => None,
    }
}

fn of_constraint(at: &At<'_>, alter: &AlterTable, constraint: &Constraint) -> Option<String> {
    let table = &alter.name;
    match &constraint.kind {
        ConstraintKind::ForeignKey(_)
            if constraint.not_valid
                && !at.since(18)
                && known::is_partitioned(at.catalog, table) =>
        {
            Some(format!(
                "`{table}` is partitioned, and its foreign keys cannot be `NOT VALID` before 18"
            ))
        }
        ConstraintKind::ForeignKey(key) => lacks_key(at.catalog, key),
        ConstraintKind::PrimaryKey(key) => has_primary_key(at.catalog, alter)
            .or_else(|| key_lacks_partition_key(at.catalog, table, key)),
        ConstraintKind::Unique(key) => key_lacks_partition_key(at.catalog, table, key),
        ConstraintKind::Check(_)
            if !constraint.no_inherit && is_only_of_parent(at.catalog, alter) =>
        {
            Some(format!(
                "a check of `{table}` is one of those below it, too: without `ONLY`, or `NO INHERIT`"
            ))
        }
        _ => None,
    }
}

/// `ONLY`, of a table that has partitions or heirs.
fn is_only_of_parent(catalog: &Catalog, alter: &AlterTable) -> bool {
    alter.only && catalog.children(&alter.name).next().is_some()
}

fn has_primary_key(catalog: &Catalog, alter: &AlterTable) -> Option<String> {
    let table = &alter.name;
    let key = primary_key(catalog.relation(table)?)?;
    let is_dropped = |it: &AlterAction| matches!(&it.kind, Action::DropConstraint { name, .. } if **name == key.name);
    if alter.actions.iter().any(is_dropped) {
        return None;
    }
    Some(format!(
        "`{table}` has a primary key already, `{}`",
        key.name
    ))
}

fn key_lacks_partition_key(
    catalog: &Catalog,
    table: &ObjectName,
    key: &KeyConstraint,
) -> Option<String> {
    if key.using_index.is_some() {
        return None;
    }
    let columns: Vec<&str> = key.columns.iter().map(|it| &**it).collect();
    lacks_partition_key(catalog, table, &columns)
}

/// Rows are unique within a partition alone, so the key has to say which.
fn lacks_partition_key(catalog: &Catalog, table: &ObjectName, columns: &[&str]) -> Option<String> {
    let by = catalog.relation(table)?.partition_by.as_ref()?;
    let mut elements = by.elements.iter();
    let lacking = elements.find(|it| match &it.column {
        Some(column) => !columns.contains(&&**column),
        None => true,
    })?;
    Some(match &lacking.column {
        Some(column) => format!(
            "`{table}` is partitioned by `{column}`, which has to be among the columns of the key"
        ),
        None => format!("`{table}` is partitioned by an expression, with which no key goes"),
    })
}

/// What a foreign key refers to has to be unique.
fn lacks_key(catalog: &Catalog, key: &ForeignKey) -> Option<String> {
    let relation = catalog.relation(&key.references)?;
    // of a table that a script met half-way, keys may be unknown
    if !catalog.is_complete() || relation.columns.is_empty() {
        return None;
    }
    if key.referenced_columns.is_empty() {
        let has_key = primary_key(relation).is_some();
        return (!has_key).then(|| format!("`{}` has no primary key", key.references));
    }
    let is_key = |it: &Index| {
        let columns: Vec<&str> = it
            .elements
            .iter()
            .filter_map(|it| it.column.as_deref())
            .collect();
        let mut referred = key.referenced_columns.iter();
        it.unique
            && it.predicate.is_none()
            && columns.len() == it.elements.len()
            && columns.len() == key.referenced_columns.len()
            && referred.all(|name| columns.contains(&&**name))
    };
    let is_unique = key.period || catalog.indexes(&key.references).any(is_key);
    (!is_unique).then(|| {
        let columns: Vec<String> = key
            .referenced_columns
            .iter()
            .map(ToString::to_string)
            .collect();
        format!(
            "no key of `{}` is over `{}`",
            key.references,
            columns.join(", ")
        )
    })
}
