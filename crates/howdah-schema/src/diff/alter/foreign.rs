//! Foreign servers, their user mappings, and the options of foreign objects. No IO.

use super::{Alteration, Aspect};
use crate::ddl::{foreign, push_some};
use crate::identifiers::{literal, quoted};
use crate::value::{Options, Server};

pub(super) fn alter(from: &Server, to: &Server) -> Option<Vec<Alteration>> {
    if from.wrapper != to.wrapper || from.kind != to.kind {
        return None;
    }
    let name = quoted(&to.name);
    let mut out = Vec::new();
    let options = option_changes(&from.options, &to.options);
    let mut text = String::new();
    if from.version != to.version {
        push_some(&mut text, " version ", to.version.as_deref().map(literal));
    }
    if !options.is_empty() {
        push_some(&mut text, " options (", Some(options + ")"));
    }
    if !text.is_empty() {
        out.push(Alteration::new(
            Aspect::Options,
            format!("alter server {name}{text}"),
        ));
    }
    for mapping in &from.user_mappings {
        if !to.user_mappings.iter().any(|it| it.role == mapping.role) {
            let role = foreign::role(mapping);
            let text = format!("drop user mapping for {role} server {name}");
            out.push(Alteration::new(Aspect::UserMapping(role), text));
        }
    }
    for mapping in &to.user_mappings {
        let role = foreign::role(mapping);
        let was = from.user_mappings.iter().find(|it| it.role == mapping.role);
        let text = match was.map(|it| option_changes(&it.options, &mapping.options)) {
            Some(same) if same.is_empty() => continue,
            Some(changes) => {
                format!("alter user mapping for {role} server {name} options ({changes})")
            }
            None => {
                let options = foreign::options(&mapping.options);
                format!("create user mapping for {role} server {name}{options}")
            }
        };
        out.push(Alteration::new(Aspect::UserMapping(role), text));
    }
    Some(out)
}

/// `add a 'b', set c 'd', drop e`: what makes one list of a foreign object's options of the other.
pub(in crate::diff) fn option_changes(from: &Options, to: &Options) -> String {
    let changed = to.iter().filter_map(|(key, value)| {
        let verb = match from.get(key) {
            None => "add",
            Some(was) if was != value => "set",
            Some(_) => return None,
        };
        Some(format!("{verb} {} {}", quoted(key), literal(value)))
    });
    let gone = from.keys().filter(|key| !to.contains_key(*key));
    let gone = gone.map(|key| format!("drop {}", quoted(key)));
    let all: Vec<String> = changed.chain(gone).collect();
    all.join(", ")
}
