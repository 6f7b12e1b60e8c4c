//! Rules about programs of the release before, which run on while the schema changes: one statement, one rule.
//!
//! No IO. These rules look at the kind of a statement and nothing else, so several stand in one file: what is dropped, renamed, changed
//! and added. What is new in the script is nobody's yet, and free.

pub(in crate::lint::rules) mod added;
pub(in crate::lint::rules) mod changed;
pub(in crate::lint::rules) mod dropped;
pub(in crate::lint::rules) mod renamed;
mod replaced;

use super::support::{known, words};
use crate::ast::{Drop, ObjectName, ObjectRef};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::text::Span;

/// A page of four sections.
macro_rules! page {
    (finds: $finds:literal, hurts: $hurts:literal, safe: $safe:literal, example: $example:literal) => {
        concat!(
            "\n## What it finds\n\n",
            $finds,
            "\n\n## Why it hurts\n\n",
            $hurts,
            "\n\n## The safe way\n\n",
            $safe,
            "\n\n## Examples\n\n```sql\n",
            $example,
            "\n```\n"
        )
    };
}
use page;

/// A rule that runs unless it is switched off.
const fn on(
    name: &'static str,
    summary: &'static str,
    aliases: Aliases,
    page: &'static str,
    check: fn(&At<'_>, &mut Vec<Finding>),
) -> Rule {
    Rule {
        name,
        summary,
        severity: Severity::Warning,
        default: Default::On,
        group: Group::Compatibility,
        aliases,
        page,
        check: Check::Statement(check),
    }
}

/// A rule that runs where somebody asks for it.
const fn off(
    name: &'static str,
    summary: &'static str,
    aliases: Aliases,
    page: &'static str,
    check: fn(&At<'_>, &mut Vec<Finding>),
) -> Rule {
    Rule {
        default: Default::Off,
        ..on(name, summary, aliases, page, check)
    }
}

/// The name that Squawk has for a rule.
const fn squawk(names: &'static [&'static str]) -> Aliases {
    Aliases {
        squawk: names,
        ..Aliases::NONE
    }
}

/// The names that Squawk and postgres-language-server have for a rule.
const fn squawk_and_pgls(
    squawk: &'static [&'static str],
    pgls: &'static [&'static str],
) -> Aliases {
    Aliases {
        squawk,
        pgls,
        ..Aliases::NONE
    }
}

fn push(found: &mut Vec<Finding>, rule: &'static Rule, span: Span, message: String) {
    found.push(Finding::new(rule, span, message));
}

/// Those that others may use, as a sentence names them.
fn shared(at: &At<'_>, drop: &Drop) -> Option<String> {
    let of = |it: &ObjectRef| it.on.clone().unwrap_or_else(|| it.name.clone());
    let objects = drop.objects.iter();
    let shared = objects.filter(|it| known::is_shared_as(at, drop.kind, &of(it)));
    let names: Vec<String> = shared.map(|it| format!("`{}`", described(it))).collect();
    (!names.is_empty()).then(|| words::listed(&names))
}

/// `f(int4)`, `x on t`, `t`.
fn described(object: &ObjectRef) -> String {
    let name = &object.name;
    match (&object.arguments, &object.on) {
        (Some(types), _) => {
            let types: Vec<String> = types.iter().map(ToString::to_string).collect();
            format!("{name}({})", types.join(", "))
        }
        (None, Some(on)) => format!("{name} on {on}"),
        (None, None) => name.to_string(),
    }
}

/// `t.c`.
fn part(table: &ObjectName, name: &str) -> String {
    format!("`{table}.{name}`")
}
