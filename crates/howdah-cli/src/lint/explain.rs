//! `--explain RULE` and `--list`.
//!
//! IO: writes stdout.

use std::fmt::Write as _;

use howdah_sql::lint::{LEFT_OUT, OnByDefault, RULES, Rule, page};
use serde_json::{Value, json};

use super::config::rules_named;
use super::output::is_text;
use super::render::Form;
use crate::exit;
use crate::format::{self, Format};

/// Prints the pages of a rule by any of its names.
pub(super) fn explain(name: &str) -> anyhow::Result<i32> {
    let pages: Vec<_> = rules_named(name)?.into_iter().map(page).collect();
    format::print(Format::Text, pages.join("\n\n").trim_end(), &())?;
    Ok(exit::OK)
}

/// Prints all rules, a line for each.
pub(super) fn list(form: Form) -> anyhow::Result<i32> {
    let mut text = String::new();
    let width = RULES
        .iter()
        .map(|it| it.name.len())
        .max()
        .unwrap_or_default();
    for rule in RULES {
        let severity = match rule.default {
            OnByDefault::On => rule.severity.name(),
            OnByDefault::Off => "off",
        };
        let _ = writeln!(text, "{:width$}  {severity:7}  {}", rule.name, rule.summary);
    }
    let rules: Vec<_> = RULES.iter().map(|it| described(it)).collect();
    let format = if is_text(form) {
        Format::Text
    } else {
        Format::Json
    };
    let left_out = LEFT_OUT
        .iter()
        .map(|it| json!({"tool": it.tool, "name": it.name, "why": it.why}));
    let left_out: Vec<_> = left_out.collect();
    let list = json!({"rules": rules, "left_out": left_out});
    format::print(format, text.trim_end(), &list)?;
    Ok(exit::OK)
}

fn described(rule: &Rule) -> Value {
    json!({
        "name": rule.name,
        "summary": rule.summary,
        "severity": rule.severity.name(),
        "default": rule.default == OnByDefault::On,
        "group": rule.group.name(),
        "squawk": rule.aliases.squawk,
        "eugene": rule.aliases.eugene,
        "strong_migrations": rule.aliases.strong_migrations,
        "pgls": rule.aliases.pgls,
        "page": page(rule),
    })
}
