//! `create server`, `create user mapping`, and the options of foreign tables. No IO.

use super::push_some;
use crate::identifiers::{literal, quoted};
use crate::value::{Options, Server, UserMapping};

/// The statements that make a server, if it is not there, and say as whom it is entered.
pub(crate) fn create(it: &Server, out: &mut Vec<String>) {
    let mut text = format!("create server if not exists {}", quoted(&it.name));
    push_some(&mut text, " type ", it.kind.as_deref().map(literal));
    push_some(&mut text, " version ", it.version.as_deref().map(literal));
    push_some(
        &mut text,
        " foreign data wrapper ",
        Some(quoted(&it.wrapper)),
    );
    out.push(text + &options(&it.options));
    for mapping in &it.user_mappings {
        let (role, options) = (role(mapping), options(&mapping.options));
        out.push(format!(
            "create user mapping if not exists for {role} server {}{options}",
            quoted(&it.name)
        ));
    }
}

pub(crate) fn drop(it: &Server, out: &mut Vec<String>) {
    let name = quoted(&it.name);
    for mapping in &it.user_mappings {
        let role = role(mapping);
        out.push(format!(
            "drop user mapping if exists for {role} server {name}"
        ));
    }
    out.push(format!("drop server if exists {name}"));
}

/// ` options (a 'b', …)`, or nothing.
pub(crate) fn options(options: &Options) -> String {
    if options.is_empty() {
        return String::new();
    }
    let option = |(name, value): (&String, &String)| format!("{} {}", quoted(name), literal(value));
    let list: Vec<String> = options.iter().map(option).collect();
    format!(" options ({})", list.join(", "))
}

/// A role's name; `current_user` is whoever runs the statement.
pub(crate) fn role(mapping: &UserMapping) -> String {
    match mapping.role.as_deref() {
        None => "public".to_owned(),
        Some("current_user") => "current_user".to_owned(),
        Some(name) => quoted(name).into_owned(),
    }
}
