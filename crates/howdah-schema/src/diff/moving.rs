//! Tables that move to another schema, with their rows, indexes and the sequences of their columns.
//!
//! No IO. Called before what is renamed within its schema. Invariant: a table moves if it says itself what it was
//! (`was="author"` for one of the base schema, `was="people.author"`), or, where nothing is said, if the only table of
//! its name that would be dropped has its columns.

use std::collections::HashSet;

use super::definition::Definition;
use super::entity::Entity;
use super::rename::{follow, follow_sequence};
use super::{Action, Change};
use crate::identifiers::quoted;
use crate::value::{Name, Namespace, Schema, Table};

/// Moves tables of the schema to where they should be; what is left is their names.
pub(super) fn apply(schema: &mut Schema, to: &Schema, out: &mut Vec<Change>) {
    let stay: HashSet<&Name> = to.tables.iter().map(|it| &it.name).collect();
    let there: HashSet<Name> = schema.tables.iter().map(|it| it.name.clone()).collect();
    let tables = schema.tables.iter().map(|it| &it.name);
    let mut going: Vec<Name> = tables.filter(|it| !stay.contains(it)).cloned().collect();
    for table in to.tables.iter().filter(|it| !there.contains(&it.name)) {
        let former = former(table, &going, schema);
        let Some(was) = former.filter(|it| it.schema != table.name.schema) else {
            continue;
        };
        let now = table.name.sibling(was.name.as_str());
        if there.contains(&now) {
            continue;
        }
        going.retain(|it| *it != was);
        out.extend(make_home(schema, to, &now));
        out.push(relocate(schema, &was, &now));
    }
}

/// Its name without a schema that `was` may tell.
pub(super) fn bare(was: &str) -> &str {
    was.rsplit_once('.').map_or(was, |(_, name)| name)
}

/// What the table was, of those that go.
fn former(table: &Table, going: &[Name], schema: &Schema) -> Option<Name> {
    let Some(was) = &table.was else {
        let is_alike = |it: &&Name| {
            it.name == table.name.name && schema.table(it).is_some_and(|it| are_alike(it, table))
        };
        let mut alike = going.iter().filter(is_alike);
        let only = alike.next()?;
        return alike.next().is_none().then(|| only.clone());
    };
    if going.contains(&table.name.sibling(was.as_str())) {
        return None;
    }
    let home = was.rsplit_once('.').map(|(home, _)| home);
    let wanted = Name {
        schema: home.filter(|it| *it != "public").map(str::to_owned),
        name: bare(was).to_owned(),
    };
    going.contains(&wanted).then_some(wanted)
}

fn are_alike(one: &Table, other: &Table) -> bool {
    let of = |it: &Table| -> Vec<(String, String)> {
        let columns = it.columns.iter();
        columns
            .map(|it| (it.name.clone(), it.type_name.clone()))
            .collect()
    };
    !one.columns.is_empty() && of(one) == of(other)
}

/// The schema that a table moves to, where it is not there yet.
fn make_home(schema: &mut Schema, to: &Schema, table: &Name) -> Option<Change> {
    let name = table.schema.as_ref()?;
    if schema.schemas.iter().any(|it| it.name == *name)
        || to.schemas.iter().all(|it| it.name != *name)
    {
        return None;
    }
    schema.schemas.push(Namespace {
        name: name.clone(),
        ..Namespace::default()
    });
    let mut change = Change::new(Entity::Schema(name.clone()), Action::Create);
    change.statements = vec![format!("create schema {}", quoted(name))];
    change.to = Some(Definition::Schema);
    let back = format!("drop schema {}", quoted(name));
    Some(change.undone_by(Action::Drop, vec![back]))
}

fn relocate(schema: &mut Schema, was: &Name, now: &Name) -> Change {
    let set = |from: &Name, to: &Name| {
        let home = quoted(to.schema.as_deref().unwrap_or("public"));
        format!("alter table {from} set schema {home}")
    };
    let mut change = Change::new(Entity::Relation(now.clone()), Action::Rename);
    change.renamed_from = Some(was.name.clone());
    change.former = Some(was.clone());
    change.statements = vec![set(was, now)];
    let change = change.undone_by(Action::Rename, vec![set(now, was)]);
    follow(schema, was, now);
    let mut moved = Vec::new();
    for it in &mut schema.sequences {
        if it.owned_by.as_ref().is_some_and(|of| of.table == *now) {
            let before = it.name.clone();
            it.name.schema.clone_from(&now.schema);
            moved.push((before, it.name.clone()));
        }
    }
    for (before, after) in moved {
        follow_sequence(schema, &before, &after);
    }
    change
}
