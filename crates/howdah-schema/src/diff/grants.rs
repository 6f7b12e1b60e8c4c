//! Privileges: what was granted, and what is no more; what an object has by default privileges that its schema does not
//! say.
//!
//! No IO. Caller: the changes, for each entity that has rights.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::Granted;
use super::entity::Entity;
use crate::identifiers::quoted;
use crate::value::{DefaultPrivileges, Grant, Schema};

/// By role, what it may do, and whether it may hand that on.
type Rights = BTreeMap<Option<String>, BTreeMap<String, bool>>;

/// The statements that make one of the other; absent is what everybody may do by default.
pub(super) fn change(from: Option<&Granted>, to: Option<&Granted>) -> Vec<String> {
    let Some(which) = to.or(from) else {
        return Vec::new();
    };
    let usual = usual(which);
    let before = rights(from.map_or(&usual, |it| &it.list));
    let after = rights(to.map_or(&usual, |it| &it.list));
    let mut statements = Vec::new();
    revoke_lost(which, &before, &after, &mut statements);
    grant_new(which, &before, &after, &mut statements);
    statements
}

/// The statements after which a new object has no right by default privileges that it should not have, and is not without
/// one that everybody has; what else was granted on it is a change of its own.
///
/// Who makes it, and so whose default privileges count, is not known: a right that nobody was given is revoked at no cost.
pub(super) fn settled(
    entity: &Entity,
    which: &Granted,
    schema: &Schema,
    in_force: &[&DefaultPrivileges],
) -> Vec<String> {
    let in_force = in_force.iter().filter(|it| counts_for(it, entity, schema));
    let in_force: Vec<&&DefaultPrivileges> = in_force.collect();
    if in_force.is_empty() {
        return Vec::new();
    }
    let given = in_force.iter().flat_map(|it| it.grants.iter().cloned());
    let given: Vec<Grant> = given.collect();
    let (usual, after) = (rights(&usual(which)), rights(&which.list));
    let mut statements = Vec::new();
    revoke_lost(which, &rights(&given), &after, &mut statements);
    let is_everybodys = after.contains_key(&None) && usual.contains_key(&None);
    let withholds = |it: &&&DefaultPrivileges| {
        it.schema.is_none() && !it.grants.iter().any(|it| it.role.is_none())
    };
    if is_everybodys && in_force.iter().copied().any(|it| withholds(&it)) {
        grant_new(which, &Rights::new(), &usual, &mut statements);
    }
    statements
}

/// Whether they are for objects of its kind and schema.
fn counts_for(it: &DefaultPrivileges, entity: &Entity, schema: &Schema) -> bool {
    let (objects, place) = match entity {
        Entity::Relation(name) => ("tables", &name.schema),
        Entity::Sequence(name) => ("sequences", &name.schema),
        Entity::Type(name) => ("types", &name.schema),
        Entity::Routine(name, _) => ("functions", &name.schema),
        Entity::Schema(_) => ("schemas", &None),
        // its name says the schema, or that it is the base
        Entity::Other("aggregate", _) => return it.objects == "functions",
        _ => return false,
    };
    // how the base is called is not known here: one that is no other may be
    let is_other = |name: &String| schema.schemas.iter().any(|it| it.name == *name);
    let is_there = match (&it.schema, place) {
        (None, _) => true,
        (Some(named), Some(place)) => named == place,
        (Some(named), None) => !is_other(named),
    };
    it.objects == objects && is_there
}

/// What everybody may do if nothing is said.
pub(super) fn usual(which: &Granted) -> Vec<Grant> {
    let usual = which.usual.map(|privilege| Grant {
        role: None,
        privileges: vec![privilege.to_owned()],
        grantable: false,
    });
    usual.into_iter().collect()
}

fn revoke_lost(which: &Granted, before: &Rights, after: &Rights, out: &mut Vec<String>) {
    for (role, had) in before {
        let has = after.get(role);
        let lost = |(right, _): &(&String, &bool)| has.is_none_or(|it| !it.contains_key(*right));
        let lost: BTreeSet<&String> = had.iter().filter(lost).map(|(right, _)| right).collect();
        revoke(which, role.as_deref(), &lost, "", out);
        let is_weaker = |(right, grantable): &(&String, &bool)| {
            **grantable && has.and_then(|it| it.get(*right)) == Some(&false)
        };
        let weaker = had.iter().filter(is_weaker).map(|(right, _)| right);
        let option = "grant option for ";
        revoke(which, role.as_deref(), &weaker.collect(), option, out);
    }
}

fn grant_new(which: &Granted, before: &Rights, after: &Rights, out: &mut Vec<String>) {
    for (role, has) in after {
        let had = before.get(role);
        for grantable in [false, true] {
            let is_new = |(right, it): &(&String, &bool)| {
                let before = had.and_then(|had| had.get(*right));
                **it == grantable && (before.is_none() || (grantable && before == Some(&false)))
            };
            let new: BTreeSet<&String> =
                has.iter().filter(is_new).map(|(right, _)| right).collect();
            grant(which, role.as_deref(), &new, grantable, out);
        }
    }
}

fn rights(list: &[Grant]) -> Rights {
    let mut rights = Rights::new();
    for it in list {
        let of_role = rights.entry(it.role.clone()).or_default();
        for privilege in &it.privileges {
            *of_role.entry(privilege.clone()).or_default() |= it.grantable;
        }
    }
    rights
}

fn revoke(
    which: &Granted,
    role: Option<&str>,
    rights: &BTreeSet<&String>,
    what: &str,
    out: &mut Vec<String>,
) {
    if !rights.is_empty() {
        let (list, role) = (list(which, rights), role_name(role));
        out.push(format!("revoke {what}{list} on {} from {role}", which.on));
    }
}

fn grant(
    which: &Granted,
    role: Option<&str>,
    rights: &BTreeSet<&String>,
    grantable: bool,
    out: &mut Vec<String>,
) {
    if !rights.is_empty() {
        let (list, role) = (list(which, rights), role_name(role));
        let tail = if grantable { " with grant option" } else { "" };
        out.push(format!("grant {list} on {} to {role}{tail}", which.on));
    }
}

fn list(which: &Granted, rights: &BTreeSet<&String>) -> String {
    let column = which.column.as_deref().map(quoted);
    let right = |right: &&String| match &column {
        Some(column) => format!("{right} ({column})"),
        None => (*right).clone(),
    };
    let list: Vec<String> = rights.iter().map(right).collect();
    list.join(", ")
}

fn role_name(role: Option<&str>) -> String {
    role.map_or("public".to_owned(), |it| quoted(it).into_owned())
}
