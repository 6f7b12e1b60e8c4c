//! Enums, domains and composites. No IO.

use super::{Alteration, Aspect};
use crate::ddl::{push_some, types};
use crate::diff::make;
use crate::identifiers::{literal, quoted};
use crate::value::{Composite, Domain, DomainCheck, Enum};

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
    let mut out = checks_dropped(&alter, from, to);
    if from.default != to.default {
        let text = match &to.default {
            Some(default) => format!("{alter} set default {default}"),
            None => format!("{alter} drop default"),
        };
        out.push(Alteration::new(Aspect::Default, text));
    }
    if from.not_null != to.not_null {
        let word = if to.not_null { "set" } else { "drop" };
        let text = format!("{alter} {word} not null");
        out.push(Alteration::new(Aspect::SetNotNull, text));
    }
    for check in &to.checks {
        out.extend(check_changed(&alter, from, to, check));
    }
    Some(out)
}

fn checks_dropped(alter: &str, from: &Domain, to: &Domain) -> Vec<Alteration> {
    let goes = from.checks.iter().filter(|own| {
        let stays = to.checks.iter().any(|it| it.name == own.name);
        let is_renamed = to.checks.iter().any(|it| former(from, to, it) == Some(own));
        !stays && !is_renamed
    });
    let dropped = goes.map(|it| {
        let name = it.name.clone().unwrap_or_default();
        let text = format!("{alter} drop constraint {}", quoted(&name));
        Alteration::new(Aspect::DropCheck(name), text)
    });
    dropped.collect()
}

/// The check that only has another name now.
fn former<'a>(from: &'a Domain, to: &Domain, check: &DomainCheck) -> Option<&'a DomainCheck> {
    let is_there = |all: &[DomainCheck], name| all.iter().any(|it| it.name == name);
    if is_there(&from.checks, check.name.clone()) {
        return None;
    }
    let like = |it: &&DomainCheck| {
        it.expression == check.expression
            && it.not_valid == check.not_valid
            && !is_there(&to.checks, it.name.clone())
    };
    let new = to
        .checks
        .iter()
        .filter(|it| it.expression == check.expression);
    let new = new.filter(|it| !is_there(&from.checks, it.name.clone()));
    // one of several alike is made anew
    (new.count() == 1).then(|| from.checks.iter().find(like))?
}

fn loses_proof(from: &DomainCheck, to: &DomainCheck) -> bool {
    !from.not_valid && to.not_valid
}

fn check_changed(
    alter: &str,
    from: &Domain,
    to: &Domain,
    check: &DomainCheck,
) -> Option<Alteration> {
    let name = check.name.clone().unwrap_or_default();
    let own = quoted(&name);
    let was = from.checks.iter().find(|it| it.name == check.name);
    let (said, aspect, mut statements) = match (was, former(from, to, check)) {
        (Some(it), _) if it.expression != check.expression || loses_proof(it, check) => {
            let drop = format!("{alter} drop constraint {own}");
            let add = types::add_check(&to.name, check);
            (None, Aspect::ReplaceCheck(name), vec![drop, add])
        }
        (Some(it), _) if it.not_valid && !check.not_valid => {
            let text = format!("{alter} validate constraint {own}");
            let aspect = Aspect::ValidateCheck(name);
            (it.comment.as_ref(), aspect, vec![text])
        }
        (Some(it), _) => (it.comment.as_ref(), Aspect::Comment, Vec::new()),
        (None, Some(it)) => {
            let old = quoted(it.name.as_deref().unwrap_or_default());
            let text = format!("{alter} rename constraint {old} to {own}");
            (it.comment.as_ref(), Aspect::RenameCheck, vec![text])
        }
        (None, None) => {
            let add = types::add_check(&to.name, check);
            (None, Aspect::AddCheck(name), vec![add])
        }
    };
    if said != check.comment.as_ref() {
        statements.push(make::comment_on_check(to, check));
    }
    (!statements.is_empty()).then_some(Alteration {
        aspect,
        statements,
        loses: None,
    })
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
