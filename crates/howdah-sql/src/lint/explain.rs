//! A rule's page, for `--explain` and `docs/rules/`.
//!
//! No IO. Invariant: what it says of names and severities is what the engine does.

use std::fmt::Write as _;

use super::rule::{Default, Rule};

/// The page of a rule, in Markdown.
#[must_use]
pub fn page(rule: &Rule) -> String {
    let mut text = format!("# {}\n\n{}.\n\n", rule.name, capitalized(rule.summary));
    let default = match rule.default {
        Default::On => "on",
        Default::Off => "off",
    };
    let _ = writeln!(text, "| | |\n|---|---|");
    let _ = writeln!(text, "| severity | {} |", rule.severity);
    let _ = writeln!(text, "| kind | {} |", rule.group.name());
    let _ = writeln!(text, "| by default | {default} |");
    for (tool, names) in rule.aliases.by_tool() {
        let names: Vec<_> = names.iter().map(|it| format!("`{it}`")).collect();
        let _ = writeln!(text, "| {tool} | {} |", names.join(", "));
    }
    let _ = write!(text, "\n{}\n", rule.page.trim());
    text
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
