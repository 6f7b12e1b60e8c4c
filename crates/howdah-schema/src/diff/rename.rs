//! What only has another name now.
//!
//! No IO. Tables and columns say themselves what they were; constraints, indexes and sequences that are alike but for
//! the name are the same ones. Renames come first: the schema as they leave it is what everything else is compared with.

use std::collections::HashSet;

use super::entity::Entity;
use super::substitution::{descendants, rename_in_list, rename_in_table, substituted};
use super::{Action, Change, moving};
use crate::ddl::words;
use crate::identifiers::quoted;
use crate::naming::object_name;
use crate::value::{
    Address, Column, Constraint, ConstraintKind, Index, Name, Policy, Schema, Table,
};

/// The statements that rename, and the schema as they leave it.
pub(super) fn apply(from: &Schema, to: &Schema, version: u32) -> (Schema, Vec<Change>) {
    let (mut schema, mut changes) = tables(from, to, version);
    for table in &to.tables {
        for column in &table.columns {
            rename_column(&mut schema, table, column, &mut changes);
        }
    }
    for table in &to.tables {
        rename_constraints(&mut schema, table, &mut changes);
    }
    let indexed = to.tables.iter().map(|it| (&it.name, &it.indexes));
    let indexed = indexed.chain(to.views.iter().map(|it| (&it.name, &it.indexes)));
    for (name, indexes) in indexed {
        rename_indexes(&mut schema, name, indexes, &mut changes);
    }
    rename_sequences(&mut schema, to, &mut changes);
    (schema, changes)
}

/// The tables alone under their new names.
pub(crate) fn tables(from: &Schema, to: &Schema, version: u32) -> (Schema, Vec<Change>) {
    let mut schema = from.clone();
    let mut changes = Vec::new();
    moving::apply(&mut schema, to, &mut changes);
    let tables = schema.tables.iter_mut();
    tables.for_each(|it| tell_names(it, to, version));
    for table in &to.tables {
        let was = table.was.as_deref().map(moving::bare);
        let was = was.map(|was| table.name.sibling(was));
        let is_free = schema.table(&table.name).is_none();
        if let Some(was) = was.filter(|was| is_free && schema.table(was).is_some())
            && to.table(&was).is_none()
        {
            rename_table(&mut schema, &was, &table.name, &mut changes);
        }
    }
    (schema, changes)
}

/// Constraints that refuse null and sequences of identity columns keep their names when their table or column gets
/// another.
fn tell_names(table: &mut Table, to: &Schema, version: u32) {
    let gets_another_name = |other: &&Table| {
        let was = other.was.as_deref().map(moving::bare);
        was == Some(&*table.name.name) && other.name.schema == table.name.schema
    };
    let renamed = to.tables.iter().find(gets_another_name);
    let target = renamed.or_else(|| to.table(&table.name));
    for column in &mut table.columns {
        let mut was = target
            .into_iter()
            .flat_map(|it| &it.columns)
            .filter_map(|it| it.was.as_ref());
        if renamed.is_none() && was.all(|it| *it != column.name) {
            continue;
        }
        let usual = |label: &str| object_name(&table.name.name, &column.name, label);
        if let Some(identity) = &mut column.identity {
            identity.sequence.get_or_insert_with(|| usual("seq"));
        }
        if column.not_null && version >= 180_000 {
            let constraint = column.not_null_constraint.get_or_insert_default();
            constraint.name.get_or_insert_with(|| usual("not_null"));
        }
    }
}

fn rename(entity: Entity, what: &str, from: &str, to: &str) -> Change {
    let mut change = Change::new(entity, Action::Rename);
    let (from_name, to_name) = (quoted(from), quoted(to));
    change.renamed_from = Some(from.to_owned());
    change.statements = vec![what.replace("{from}", &from_name).replace("{to}", &to_name)];
    let back = what.replace("{from}", &to_name).replace("{to}", &from_name);
    change.undone_by(Action::Rename, vec![back])
}

fn rename_table(schema: &mut Schema, from: &Name, to: &Name, out: &mut Vec<Change>) {
    let prefix = from.schema.as_deref().map(|it| format!("{}.", quoted(it)));
    let what = format!(
        "alter table {}{{from}} rename to {{to}}",
        prefix.unwrap_or_default()
    );
    out.push(rename(
        Entity::Relation(to.clone()),
        &what,
        &from.name,
        &to.name,
    ));
    follow(schema, from, to);
}

/// Everything that names the table names it so from now on.
pub(super) fn follow(schema: &mut Schema, from: &Name, to: &Name) {
    let change = |name: &mut Name| {
        if name == from {
            name.clone_from(to);
        }
    };
    for table in &mut schema.tables {
        change(&mut table.name);
        table
            .partition_of
            .iter_mut()
            .for_each(|of| change(&mut of.parent));
        table.inherits.iter_mut().for_each(change);
        for constraint in &mut table.constraints {
            if let ConstraintKind::ForeignKey { references, .. } = &mut constraint.kind {
                change(references);
            }
        }
        for policy in &mut table.policies {
            touch_policy(policy, &from.name);
        }
        let triggers = table.triggers.iter_mut();
        triggers.filter_map(|it| it.from.as_mut()).for_each(change);
    }
    let published = schema.publications.iter_mut();
    let published = published.flat_map(|it| &mut it.tables);
    published.for_each(|it| change(&mut it.table));
    let statistics = schema.statistics.iter_mut();
    statistics.for_each(|it| change(&mut it.table));
    for sequence in &mut schema.sequences {
        sequence
            .owned_by
            .iter_mut()
            .for_each(|it| change(&mut it.table));
    }
    let of = Address::Relation(from.clone());
    readdress(schema, &of, &Address::Relation(to.clone()));
    touch_queries(
        schema,
        |words| words.contains(&from.name),
        &from.name,
        &to.name,
    );
}

fn rename_column(schema: &mut Schema, table: &Table, column: &Column, out: &mut Vec<Change>) {
    let Some(was) = &column.was else { return };
    let Some(own) = schema.tables.iter().find(|it| it.name == table.name) else {
        return;
    };
    let has = |columns: &[Column], name: &str| columns.iter().any(|it| it.name == name);
    if !has(&own.columns, was) || has(&own.columns, &column.name) || has(&table.columns, was) {
        return;
    }
    let what = format!(
        "alter table {} rename column {{from}} to {{to}}",
        table.name
    );
    let entity = Entity::Column(table.name.clone(), column.name.clone());
    out.push(rename(entity, &what, was, &column.name));
    let family = descendants(schema, &table.name);
    let new = &column.name;
    for it in &mut schema.tables {
        if family.contains(&it.name) {
            rename_in_table(it, was, new);
        }
        for constraint in &mut it.constraints {
            if let ConstraintKind::ForeignKey {
                references,
                referenced_columns,
                ..
            } = &mut constraint.kind
                && family.contains(references)
            {
                rename_in_list(referenced_columns, was, new);
            }
        }
        for policy in &mut it.policies {
            touch_policy(policy, &table.name.name);
        }
    }
    for it in schema
        .sequences
        .iter_mut()
        .filter_map(|it| it.owned_by.as_mut())
    {
        if it.table == table.name && it.column == *was {
            it.column.clone_from(new);
        }
    }
    let names: Vec<&String> = family.iter().map(|it| &it.name).collect();
    let met = |words: &HashSet<String>| {
        words.contains(was) && names.iter().any(|name| words.contains(*name))
    };
    touch_queries(schema, met, was, new);
}

/// Queries follow a rename by themselves, and read otherwise than queries that were written with the new name: those
/// are put in their place.
fn touch_queries(
    schema: &mut Schema,
    is_met: impl Fn(&HashSet<String>) -> bool,
    from: &str,
    to: &str,
) {
    let touched = |text: &mut String| {
        if is_met(&words(text).collect()) {
            *text = substituted(text, from, to) + " ";
        }
    };
    schema
        .views
        .iter_mut()
        .for_each(|it| touched(&mut it.query));
    let atomic = schema.routines.iter_mut().filter(|it| it.atomic);
    atomic.for_each(|it| touched(&mut it.body));
}

/// The same for a policy that asks other tables.
fn touch_policy(policy: &mut Policy, name: &str) {
    for text in policy.using.iter_mut().chain(&mut policy.check) {
        let met: HashSet<String> = words(text).collect();
        if met.contains("select") && met.contains(name) {
            text.push(' ');
        }
    }
}

fn rename_constraints(schema: &mut Schema, to: &Table, out: &mut Vec<Change>) {
    let own = schema.table(&to.name);
    if own.is_none_or(|own| has_names_of(&own.constraints, &to.constraints, |it| &it.name)) {
        return;
    }
    let taken = taken_names(schema, &to.name);
    let Some(from) = schema.tables.iter_mut().find(|it| it.name == to.name) else {
        return;
    };
    let stays: HashSet<Option<String>> = to.constraints.iter().map(|it| it.name.clone()).collect();
    let there: HashSet<Option<String>> =
        from.constraints.iter().map(|it| it.name.clone()).collect();
    for new in to.constraints.iter().filter(|it| !there.contains(&it.name)) {
        let is_same = |old: &&mut Constraint| {
            let like = Constraint {
                name: old.name.clone(),
                comment: old.comment.clone(),
                ..new.clone()
            };
            !stays.contains(&old.name) && **old == like
        };
        let Some(name) = new.name.as_ref().filter(|it| !taken.contains(*it)) else {
            continue;
        };
        if let Some(old) = from.constraints.iter_mut().find(is_same) {
            let what = format!(
                "alter table {} rename constraint {{from}} to {{to}}",
                to.name
            );
            let entity = Entity::Constraint(to.name.clone(), name.clone());
            let was = old.name.replace(name.clone()).unwrap_or_default();
            if let Some(identity) = &mut from.replica_identity {
                *identity = substituted(identity, &was, name);
            }
            out.push(rename(entity, &what, &was, name));
        }
    }
}

fn rename_indexes(schema: &mut Schema, table: &Name, to: &[Index], out: &mut Vec<Change>) {
    let of_view = || schema.views.iter().find(|it| it.name == *table);
    let own = schema.table(table).map(|it| &it.indexes);
    let own = own.or_else(|| of_view().map(|it| &it.indexes));
    if own.is_none_or(|own| has_names_of(own, to, |it| &it.name)) {
        return;
    }
    let taken = taken_names(schema, table);
    let tables = schema.tables.iter_mut();
    let mut own = tables.map(|it| (&it.name, &mut it.indexes, Some(&mut it.replica_identity)));
    let views = schema.views.iter_mut();
    let mut of_view = views.map(|it| (&it.name, &mut it.indexes, None));
    let found = own
        .find(|it| it.0 == table)
        .or_else(|| of_view.find(|it| it.0 == table));
    let Some((_, from, mut identity)) = found else {
        return;
    };
    let stays: HashSet<Option<String>> = to.iter().map(|it| it.name.clone()).collect();
    let there: HashSet<Option<String>> = from.iter().map(|it| it.name.clone()).collect();
    for new in to.iter().filter(|it| !there.contains(&it.name)) {
        let is_same = |old: &&mut Index| {
            let like = Index {
                name: old.name.clone(),
                comment: old.comment.clone(),
                ..new.clone()
            };
            !stays.contains(&old.name) && !old.invalid && **old == like
        };
        let Some(name) = new.name.as_ref().filter(|it| !taken.contains(*it)) else {
            continue;
        };
        if let Some(old) = from.iter_mut().find(is_same) {
            let prefix = table.schema.as_deref().map(|it| format!("{}.", quoted(it)));
            let what = format!(
                "alter index {}{{from}} rename to {{to}}",
                prefix.unwrap_or_default()
            );
            let was = old.name.replace(name.clone()).unwrap_or_default();
            if let Some(Some(identity)) = identity.as_mut() {
                *identity = substituted(identity, &was, name);
            }
            let entity = Entity::Index(table.clone(), name.clone());
            out.push(rename(entity, &what, &was, name));
        }
    }
}

/// Whether no name is new: then there is nothing to rename, and no need to know all the names that are taken.
fn has_names_of<T>(own: &[T], new: &[T], name: impl Fn(&T) -> &Option<String>) -> bool {
    let there: HashSet<_> = own.iter().map(&name).collect();
    new.iter().all(|it| there.contains(name(it)))
}

/// A sequence that belongs to the same column is the same one.
fn rename_sequences(schema: &mut Schema, to: &Schema, out: &mut Vec<Change>) {
    let there: HashSet<Name> = schema.sequences.iter().map(|it| it.name.clone()).collect();
    let stays: HashSet<&Name> = to.sequences.iter().map(|it| &it.name).collect();
    for new in to.sequences.iter().filter(|it| !there.contains(&it.name)) {
        let taken = taken_names(schema, &new.name);
        if new.owned_by.is_none() || taken.contains(&new.name.name) {
            continue;
        }
        let is_same = |old: &&mut crate::value::Sequence| {
            old.owned_by == new.owned_by
                && !stays.contains(&old.name)
                && old.name.schema == new.name.schema
        };
        let Some(old) = schema.sequences.iter_mut().find(is_same) else {
            continue;
        };
        let prefix = old
            .name
            .schema
            .as_deref()
            .map(|it| format!("{}.", quoted(it)));
        let what = format!(
            "alter sequence {}{{from}} rename to {{to}}",
            prefix.unwrap_or_default()
        );
        let was = std::mem::replace(&mut old.name, new.name.clone());
        out.push(rename(
            Entity::Sequence(new.name.clone()),
            &what,
            &was.name,
            &new.name.name,
        ));
        follow_sequence(schema, &was, &new.name);
    }
}

/// Defaults that name the sequence name it so from now on.
pub(super) fn follow_sequence(schema: &mut Schema, from: &Name, to: &Name) {
    let (before, after) = (format!("'{from}'"), format!("'{to}'"));
    let columns = schema.tables.iter_mut().flat_map(|it| &mut it.columns);
    for default in columns.filter_map(|it| it.default.as_mut()) {
        *default = default.replace(&before, &after);
    }
    let of = Address::Sequence(from.clone());
    readdress(schema, &of, &Address::Sequence(to.clone()));
}

/// What the catalog has told of an object, it has told under its new name.
fn readdress(schema: &mut Schema, from: &Address, to: &Address) {
    for it in &mut schema.dependencies {
        let all = std::iter::once(&mut it.of).chain(&mut it.on);
        let same = all.filter(|it| *it == from);
        same.for_each(|it| it.clone_from(to));
    }
}

/// The names in a schema that no index, key or sequence can take.
fn taken_names(schema: &Schema, like: &Name) -> HashSet<String> {
    let mut taken = HashSet::new();
    for table in schema
        .tables
        .iter()
        .filter(|it| it.name.schema == like.schema)
    {
        taken.insert(table.name.name.clone());
        taken.extend(table.indexes.iter().filter_map(|it| it.name.clone()));
        let is_index = |it: &&Constraint| {
            !matches!(
                it.kind,
                ConstraintKind::Check { .. } | ConstraintKind::ForeignKey { .. }
            )
        };
        let keys = table.constraints.iter().filter(is_index);
        taken.extend(keys.filter_map(|it| it.name.clone()));
    }
    for view in schema
        .views
        .iter()
        .filter(|it| it.name.schema == like.schema)
    {
        taken.insert(view.name.name.clone());
        taken.extend(view.indexes.iter().filter_map(|it| it.name.clone()));
    }
    let sequences = schema.sequences.iter().map(|it| &it.name);
    let composites = schema.composites.iter().map(|it| &it.name);
    let others = sequences
        .chain(composites)
        .filter(|it| it.schema == like.schema);
    taken.extend(others.map(|it| it.name.clone()));
    taken
}
