//! Domains: what they demand of values, proven after it holds for new ones. No IO.
//!
//! A proof, and null refused, read every table with such a column while nobody writes to it; no form of them lets
//! writers go on, so they are asked about where such a table is not small.

use super::leftover::aside;
use super::units::{Form, Outcome, apart, deployed, object, plain};
use super::{Deploy, Question, Situation, Step};
use crate::ddl::types;
use crate::diff::{Aspect, Change, Definition};
use crate::identifiers::{literal, quoted};
use crate::value::{Domain, DomainCheck, Name, Table};

/// The forms of a change of a domain; nothing where it only changes the catalog.
pub(crate) fn altered(situation: &Situation<'_>, change: &Change) -> Option<Outcome> {
    let (Some(Definition::Domain(_)), Some(Definition::Domain(to))) = (&change.from, &change.to)
    else {
        return None;
    };
    let users = Users::of(situation, &to.name);
    if users.all.is_empty() {
        return None;
    }
    match change.aspect.as_ref()? {
        Aspect::AddCheck(name) => Some(added(situation, change, to, name, &users)),
        Aspect::ReplaceCheck(name) => Some(replaced(situation, change, to, name, &users)),
        Aspect::ValidateCheck(name) => Some(validated(situation, change, name, &users)),
        Aspect::SetNotNull if to.not_null => Some(null_refused(situation, change, &users)),
        Aspect::Default => {
            let steps = plain(change, "the old program may not know the new default");
            let steps = deployed(steps, Deploy::Migrate);
            Some(Outcome::Steps(vec![steps], Deploy::Migrate))
        }
        _ => None,
    }
}

/// The tables with a column of a domain.
struct Users<'a> {
    all: Vec<&'a Table>,
    large: Vec<String>,
}

impl<'a> Users<'a> {
    fn of(situation: &Situation<'a>, domain: &Name) -> Self {
        let mut names = vec![domain.to_string()];
        let mut next = 0;
        // domains over it are checked with it
        while let Some(base) = names.get(next).cloned() {
            let over = situation.from.domains.iter();
            let over = over.filter(|it| it.type_name == base);
            names.extend(over.map(|it| it.name.to_string()));
            next += 1;
        }
        let tables = situation.from.tables.iter();
        let has_column = |it: &&Table| it.columns.iter().any(|it| names.contains(&it.type_name));
        let all: Vec<&Table> = tables.filter(has_column).collect();
        let is_large = |it: &&&Table| !situation.is_small(&it.name) && it.foreign.is_none();
        let large = all.iter().filter(is_large);
        let large = large.map(|it| format!("`{}`", it.name)).collect();
        Self { all, large }
    }
}

/// How a check is proven.
enum Proof {
    Asked(Question),
    Given,
    Refused,
}

/// Whether the tables may be read while nobody writes to them.
fn permission(situation: &Situation<'_>, change: &Change, what: &str, users: &Users<'_>) -> Proof {
    let id = format!("block {what}");
    match situation.options.answers.get(&id).map(String::as_str) {
        Some("block") => Proof::Given,
        Some("keep") => Proof::Refused,
        _ if users.large.is_empty() => Proof::Given,
        _ => {
            let reason = format!("all rows of {} would be read", users.large.join(", "));
            let question = "may writers wait until the rows are read?".to_owned();
            let question = Question::new(id, object(change), question, reason);
            Proof::Asked(question.answer("block", "read them at once: writers wait"))
        }
    }
}

fn named<'a>(domain: &'a Domain, name: &str) -> Option<&'a DomainCheck> {
    let mut checks = domain.checks.iter();
    checks.find(|it| it.name.as_deref() == Some(name))
}

fn of(to: &Domain, name: &str) -> String {
    format!("constraint {} on domain {}", quoted(name), to.name)
}

fn added(
    situation: &Situation<'_>,
    change: &Change,
    to: &Domain,
    name: &str,
    users: &Users<'_>,
) -> Outcome {
    let Some(check) = named(to, name) else {
        return Outcome::Left;
    };
    proven(situation, change, &of(to, name), users, |ends| {
        let ends = ends && !check.not_valid;
        let proof = ends.then(|| proof(to, change, name));
        let begin = std::iter::once(unproven(to, change, check));
        apart(begin.chain(proof).chain(said(change, 1)))
    })
}

/// The new check is proven under another name before the old one goes.
fn replaced(
    situation: &Situation<'_>,
    change: &Change,
    to: &Domain,
    name: &str,
    users: &Users<'_>,
) -> Outcome {
    let (Some(Definition::Domain(from)), Some(check)) = (&change.from, named(to, name)) else {
        return Outcome::Left;
    };
    let waiting = DomainCheck {
        name: Some(aside(name)),
        ..check.clone()
    };
    proven(situation, change, &of(to, name), users, |ends| {
        let ends = ends && !check.not_valid;
        let proof = ends.then(|| proof(to, change, &aside(name)));
        let begin = std::iter::once(unproven(to, change, &waiting));
        let mut forms = apart(begin.chain(proof));
        forms.push(swap(change, from, name));
        forms.extend(apart(said(change, 2)));
        forms
    })
}

/// What a comment says, behind the statements that are made otherwise.
fn said(change: &Change, made: usize) -> impl Iterator<Item = Step> {
    let statements = change.statements.iter().skip(made);
    statements.map(|sql| Step::ddl(sql.clone(), object(change), "it changes the catalog alone"))
}

/// The old check goes, and the new one takes its name.
fn swap(change: &Change, domain: &Domain, name: &str) -> Form {
    let alter = format!("alter domain {}", domain.name);
    let (own, other) = (quoted(name), aside(name));
    let other = quoted(&other);
    let reason = "the new one takes its place in the same transaction";
    let drop = format!("{alter} drop constraint {own}");
    let drop = Step::ddl(drop, object(change), reason);
    let old = named(domain, name);
    let again = old.map(|it| types::add_check(&domain.name, it));
    let said = old.and_then(|it| it.comment.as_deref()).map(|it| {
        let on = of(domain, name);
        format!("comment on {on} is {}", literal(it))
    });
    let again: Vec<String> = again.into_iter().chain(said).collect();
    let rename = |from: &str, to: &str| format!("{alter} rename constraint {from} to {to}");
    let reason = "the new one takes the name of the old one";
    let renamed = Step::ddl(rename(&other, &own), object(change), reason);
    vec![
        drop.undone_by(again.join(";\n")),
        renamed.undone_by(rename(&own, &other)),
    ]
}

/// The old program does not know the rule; without an answer there is none, and with `keep` it is not proven.
fn proven(
    situation: &Situation<'_>,
    change: &Change,
    what: &str,
    users: &Users<'_>,
    forms: impl Fn(bool) -> Vec<Form>,
) -> Outcome {
    let forms = match permission(situation, change, what, users) {
        Proof::Given => forms(true),
        Proof::Refused => forms(false),
        Proof::Asked(it) => {
            let meaning = "leave it unproven: only new values keep it";
            return Outcome::Asked(it.answer("keep", meaning));
        }
    };
    let forms = forms.into_iter();
    let forms = forms.map(|it| deployed(it, Deploy::Contract)).collect();
    Outcome::Steps(forms, Deploy::Contract)
}

fn validated(situation: &Situation<'_>, change: &Change, name: &str, users: &Users<'_>) -> Outcome {
    let Some(Definition::Domain(to)) = &change.to else {
        return Outcome::Left;
    };
    match permission(situation, change, &of(to, name), users) {
        Proof::Given => {
            let steps = std::iter::once(proof(to, change, name)).chain(said(change, 1));
            let steps = deployed(steps.collect(), Deploy::Contract);
            Outcome::Steps(apart(steps), Deploy::Contract)
        }
        Proof::Refused => Outcome::Left,
        Proof::Asked(it) => Outcome::Asked(it.answer("keep", "leave it unproven")),
    }
}

fn null_refused(situation: &Situation<'_>, change: &Change, users: &Users<'_>) -> Outcome {
    let what = format!("not null on domain {}", change.object.name);
    match permission(situation, change, &what, users) {
        Proof::Given => {
            let steps = plain(change, "the rows are read while nobody writes");
            let steps = deployed(steps, Deploy::Contract);
            Outcome::Steps(vec![steps], Deploy::Contract)
        }
        Proof::Refused => Outcome::Left,
        Proof::Asked(it) => Outcome::Asked(it.answer("keep", "leave it as it is")),
    }
}

fn proof(to: &Domain, change: &Change, name: &str) -> Step {
    let sql = format!(
        "alter domain {} validate constraint {}",
        to.name,
        quoted(name)
    );
    let reason = "the rows are read while nobody writes";
    Step::ddl(sql, object(change), reason).of_kind(super::Kind::Validate)
}

/// The check is demanded of new values.
fn unproven(to: &Domain, change: &Change, check: &DomainCheck) -> Step {
    let bare = DomainCheck {
        not_valid: true,
        ..check.clone()
    };
    let name = quoted(check.name.as_deref().unwrap_or_default());
    let drop = format!("alter domain {} drop constraint {name}", to.name);
    let reason = "new values keep it from now on; those that are there are not read";
    let sql = types::add_check(&to.name, &bare);
    Step::ddl(sql, object(change), reason).undone_by(drop)
}
