//! Renames that two catalogs show although nobody told them.
//!
//! No IO. An index or a constraint keeps its name when its table or column gets another: what is found under another
//! name with one that PostgreSQL made of the former has only been renamed. Invariant: nothing counts as renamed that
//! differs in anything else, or could have come of two.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::column::not_null_name;
use crate::naming::object_name;
use crate::value::{Column, ConstraintKind, Schema, Table};

/// The schema with the former names of its tables and columns, where they are evident.
pub(crate) fn told<'a>(from: &Schema, to: &'a Schema) -> Cow<'a, Schema> {
    let mut to = Cow::Borrowed(to);
    for (place, was) in tables(from, &to) {
        if let Some(table) = to.to_mut().tables.get_mut(place) {
            table.was = Some(was);
        }
    }
    let columns: Vec<(usize, usize, String)> = (0..)
        .zip(&to.tables)
        .filter_map(|(place, table)| Some((place, columns(from.table(&table.name)?, table)?)))
        .map(|(place, (column, was))| (place, column, was))
        .collect();
    for (place, column, was) in columns {
        let table = to.to_mut().tables.get_mut(place);
        if let Some(column) = table.and_then(|it| it.columns.get_mut(column)) {
            column.was = Some(was);
        }
    }
    to
}

fn tables(from: &Schema, to: &Schema) -> Vec<(usize, String)> {
    let gone = from.tables.iter().filter(|it| to.table(&it.name).is_none());
    let gone: Vec<&Table> = gone.collect();
    if gone.is_empty() {
        return Vec::new();
    }
    let new = (0..).zip(&to.tables);
    let new = new.filter(|(_, it)| it.was.is_none() && from.table(&it.name).is_none());
    let found = new.filter_map(|(place, table)| {
        let mut same = gone.iter().filter(|it| is_same(it, table));
        let (one, other) = (same.next()?, same.next());
        other.is_none().then(|| (place, one.name.name.clone()))
    });
    found.collect()
}

/// Whether one is the other under another name.
fn is_same(from: &Table, to: &Table) -> bool {
    let begins = format!("{}_", from.name.name);
    let mut kept = indexes(to).filter(|it| it.starts_with(&begins));
    let types = |table: &Table| -> BTreeMap<String, String> {
        let columns = table.columns.iter();
        let columns = columns.map(|it| (it.name.clone(), it.type_name.clone()));
        columns.collect()
    };
    from.name.schema == to.name.schema
        && from.partition_of == to.partition_of
        && from.partition_by == to.partition_by
        && from.foreign.is_none()
        && to.foreign.is_none()
        && types(from) == types(to)
        && kept.any(|name| indexes(from).any(|it| it == name))
}

/// The names of its indexes, which no other table of the schema can have.
fn indexes(table: &Table) -> impl Iterator<Item = &str> {
    let is_index = |kind: &ConstraintKind| {
        !matches!(
            kind,
            ConstraintKind::Check { .. } | ConstraintKind::ForeignKey { .. }
        )
    };
    let keys = table
        .constraints
        .iter()
        .filter(move |it| is_index(&it.kind));
    let keys = keys.filter_map(|it| it.name.as_deref());
    keys.chain(table.indexes.iter().filter_map(|it| it.name.as_deref()))
}

/// The only column that has the name of another in that of its constraint, which refuses null.
fn columns(from: &Table, to: &Table) -> Option<(usize, String)> {
    let has = |table: &Table, name: &str| table.columns.iter().any(|it| it.name == name);
    let gone = from
        .columns
        .iter()
        .filter(|it| it.not_null && !has(to, &it.name));
    let gone: Vec<&Column> = gone.collect();
    let is_new = |it: &Column| it.not_null && it.was.is_none() && !has(from, &it.name);
    let new = (0..).zip(&to.columns).filter(|(_, it)| is_new(it));
    let mut found = new.filter_map(|(place, column)| {
        let name = not_null_name(&to.name, column);
        let was = gone.iter().find(|it| {
            let usual = object_name(&from.name.name, &it.name, "not_null");
            usual == name
                && not_null_name(&from.name, it) == name
                && it.type_name == column.type_name
        })?;
        Some((place, was.name.clone()))
    });
    found.next()
}
