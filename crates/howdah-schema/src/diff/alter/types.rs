//! Enums, domains and composites. No IO.

use super::{Alteration, Aspect};
use crate::ddl::push_some;
use crate::diff::make;
use crate::identifiers::{literal, quoted};
use crate::value::{Composite, Domain, Enum};

/// Values in the order of the second; nothing where one goes or moves.
pub(super) fn add_values(from: &Enum, to: &Enum) -> Option<Vec<Alteration>> {
    let mut old = from.labels.iter().peekable();
    let mut out = Vec::new();
    let mut previous: Option<&String> = None;
    for label in &to.labels {
        if old.peek() == Some(&label) {
            old.next();
        } else {
            if from.labels.contains(label) {
                return None;
            }
            let place = match (previous, old.peek()) {
                (Some(it), _) => format!(" after {}", literal(it)),
                (None, Some(it)) => format!(" before {}", literal(it)),
                (None, None) => String::new(),
            };
            let text = format!("alter type {} add value {}{place}", to.name, literal(label));
            out.push(Alteration::new(Aspect::AddValue(label.clone()), text));
        }
        previous = Some(label);
    }
    old.next().is_none().then_some(out)
}

pub(super) fn alter_domain(from: &Domain, to: &Domain) -> Option<Vec<Alteration>> {
    if from.type_name != to.type_name || from.collation != to.collation {
        return None;
    }
    let alter = format!("alter domain {}", to.name);
    let mut out = Vec::new();
    for check in &from.checks {
        let now = to.checks.iter().find(|it| it.name == check.name);
        if now.is_some_and(|it| {
            it.expression == check.expression
                && (it.not_valid == check.not_valid || check.not_valid)
        }) {
            continue;
        }
        let name = check.name.as_deref().unwrap_or_default();
        let text = format!("{alter} drop constraint {}", quoted(name));
        out.push(Alteration::new(Aspect::Check(format!("-{name}")), text));
    }
    if from.default != to.default {
        let text = match &to.default {
            Some(default) => format!("{alter} set default {default}"),
            None => format!("{alter} drop default"),
        };
        out.push(Alteration::new(Aspect::Default, text));
    }
    if from.not_null != to.not_null {
        let word = if to.not_null { "set" } else { "drop" };
        out.push(Alteration::new(
            Aspect::SetNotNull,
            format!("{alter} {word} not null"),
        ));
    }
    for check in &to.checks {
        let name = check.name.as_deref().unwrap_or_default();
        let was = from.checks.iter().find(|it| it.name == check.name);
        match was.filter(|it| it.expression == check.expression) {
            Some(it) if it.not_valid == check.not_valid => {}
            Some(it) if it.not_valid => {
                let text = format!("{alter} validate constraint {}", quoted(name));
                out.push(Alteration::new(Aspect::Validate, text));
            }
            _ => {
                let text = make::add_check(to, check);
                out.push(Alteration::new(Aspect::Check(format!("+{name}")), text));
            }
        }
    }
    Some(out)
}

pub(super) fn alter_composite(from: &Composite, to: &Composite) -> Option<Vec<Alteration>> {
    let stays = |name: &str| to.attributes.iter().any(|it| it.name == name);
    let kept: Vec<_> = from
        .attributes
        .iter()
        .filter(|it| stays(&it.name))
        .collect();
    let head = to.attributes.get(..kept.len())?;
    if !kept.iter().copied().eq(head) {
        return None;
    }
    let alter = format!("alter type {}", to.name);
    let mut out = Vec::new();
    for it in from.attributes.iter().filter(|it| !stays(&it.name)) {
        let text = format!("{alter} drop attribute {}", quoted(&it.name));
        out.push(Alteration {
            loses: Some(format!(
                "the attribute `{}` of values of `{}`",
                it.name, to.name
            )),
            ..Alteration::new(Aspect::Attribute(format!("-{}", it.name)), text)
        });
    }
    for it in to.attributes.get(kept.len()..)? {
        let mut text = format!(
            "{alter} add attribute {} {}",
            quoted(&it.name),
            it.type_name
        );
        push_some(&mut text, " collate ", it.collation.as_ref());
        out.push(Alteration::new(
            Aspect::Attribute(format!("+{}", it.name)),
            text,
        ));
    }
    Some(out)
}
