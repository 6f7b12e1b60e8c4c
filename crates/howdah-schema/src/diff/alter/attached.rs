//! Triggers and policies. No IO.

use super::{Alteration, Aspect, replace};
use crate::ddl::{attach, push_some};
use crate::identifiers::{quoted, quoted_list};
use crate::value::{Enabled, Name, Policy, Trigger};

pub(super) fn alter_trigger(
    table: &Name,
    from: &Trigger,
    to: &Trigger,
    version: u32,
) -> Option<Vec<Alteration>> {
    let like = Trigger {
        enabled: from.enabled,
        ..to.clone()
    };
    let enable = Alteration::new(
        Aspect::Enable,
        attach::enable_trigger(table, &to.name, to.enabled),
    );
    if like == *from {
        return Some(vec![enable]);
    }
    if version < 140_000 || from.constraint || to.constraint {
        return None;
    }
    let mut replaced = replace(&attach::trigger(table, to));
    if to.enabled != Enabled::Origin {
        replaced.statements.extend(enable.statements);
    }
    Some(vec![replaced])
}

pub(super) fn alter_policy(table: &Name, from: &Policy, to: &Policy) -> Option<Vec<Alteration>> {
    let loses = |from: &Option<String>, to: &Option<String>| from.is_some() && to.is_none();
    if from.restrictive != to.restrictive
        || from.command != to.command
        || loses(&from.using, &to.using)
        || loses(&from.check, &to.check)
    {
        return None;
    }
    let mut text = format!("alter policy {} on {table}", quoted(&to.name));
    if from.roles != to.roles {
        let roles = match to.roles.as_slice() {
            [] => "public".to_owned(),
            roles => quoted_list(roles),
        };
        push_some(&mut text, " to ", Some(roles));
    }
    let changed = |from: &Option<String>, to: &Option<String>| {
        to.as_ref()
            .filter(|_| from != to)
            .map(|it| format!("{it})"))
    };
    push_some(&mut text, " using (", changed(&from.using, &to.using));
    push_some(&mut text, " with check (", changed(&from.check, &to.check));
    Some(vec![Alteration::new(Aspect::Replace, text)])
}
