//! Privileges: what was granted, and what is no more. No IO.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::Granted;
use crate::identifiers::quoted;
use crate::value::Grant;

/// By role, what it may do, and whether it may hand that on.
type Rights = BTreeMap<Option<String>, BTreeMap<String, bool>>;

/// The statements that make one of the other; absent is what everybody may do by default.
pub(super) fn change(from: Option<&Granted>, to: Option<&Granted>) -> Vec<String> {
    let Some(which) = to.or(from) else {
        return Vec::new();
    };
    let usual: Vec<Grant> = which
        .usual
        .map(|privilege| Grant {
            role: None,
            privileges: vec![privilege.to_owned()],
            grantable: false,
        })
        .into_iter()
        .collect();
    let before = rights(from.map_or(&usual, |it| &it.list));
    let after = rights(to.map_or(&usual, |it| &it.list));
    let mut statements = Vec::new();
    for (role, had) in &before {
        let has = after.get(role);
        let lost = |(right, _): &(&String, &bool)| has.is_none_or(|it| !it.contains_key(*right));
        let lost: BTreeSet<&String> = had.iter().filter(lost).map(|(right, _)| right).collect();
        revoke(which, role.as_deref(), &lost, "", &mut statements);
        let is_weaker = |(right, grantable): &(&String, &bool)| {
            **grantable && has.and_then(|it| it.get(*right)) == Some(&false)
        };
        let weaker = had.iter().filter(is_weaker).map(|(right, _)| right);
        revoke(
            which,
            role.as_deref(),
            &weaker.collect(),
            "grant option for ",
            &mut statements,
        );
    }
    for (role, has) in &after {
        let had = before.get(role);
        for grantable in [false, true] {
            let is_new = |(right, it): &(&String, &bool)| {
                let before = had.and_then(|had| had.get(*right));
                **it == grantable && (before.is_none() || (grantable && before == Some(&false)))
            };
            let new: BTreeSet<&String> =
                has.iter().filter(is_new).map(|(right, _)| right).collect();
            grant(which, role.as_deref(), &new, grantable, &mut statements);
        }
    }
    statements
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
