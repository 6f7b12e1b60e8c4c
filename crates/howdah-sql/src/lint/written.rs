//! Names that stand in for what is not known, given back as they are written: variables of psql and Flyway, the
//! arguments of `format`.
//!
//! No IO. Called by the engine with findings whose statements have such names.

use std::borrow::Cow;

use super::finding::Finding;
use crate::text::{TokenKind, mask_variables, tokens, unquote_identifier};

/// Puts what is written in place of the names that stand for it.
pub(super) fn restore(finding: &mut Finding, stand_ins: &[(String, String)]) {
    if stand_ins.is_empty() {
        return;
    }
    let put = |text: &mut String| {
        if let Cow::Owned(restored) = restored(text, stand_ins) {
            *text = restored;
        }
    };
    put(&mut finding.message);
    put(&mut finding.label);
    finding.notes.iter_mut().for_each(put);
    for help in &mut finding.help {
        put(&mut help.text);
        put(&mut help.statements);
    }
    for lock in &mut finding.locks {
        put(&mut lock.relation.name);
    }
    for work in &mut finding.work {
        put(&mut work.relation.name);
    }
}

/// A text with whole words replaced.
fn restored<'a>(text: &'a str, stand_ins: &[(String, String)]) -> Cow<'a, str> {
    let is_part = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || it == '_');
    let mut found = String::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|it| !it.is_empty()) {
        let before = text.get(..at).and_then(|it| it.chars().next_back());
        let hit = stand_ins.iter().find(|(name, _)| {
            let behind = rest.strip_prefix(name.as_str()).map(|it| it.chars().next());
            behind.is_some_and(|it| !is_part(it)) && !is_part(before)
        });
        let length = match hit {
            Some((name, written)) => {
                found.push_str(written);
                name.len()
            }
            None => {
                let next = rest.chars().next();
                found.extend(next);
                next.map_or(1, char::len_utf8)
            }
        };
        at += length;
    }
    if found == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(found)
    }
}

/// Adds the variables in a statement, psql's `:name` and other tools' `${name}`: the name that the grammar was given for
/// each, with how it is written.
pub(super) fn variables(statement: &str, found: &mut Vec<(String, String)>) {
    let Cow::Owned(masked) = mask_variables(statement) else {
        return;
    };
    let words = tokens(&masked).filter(|it| it.kind == TokenKind::Word);
    let changed = words.map(|it| (it.span.of(&masked), it.span.of(statement)));
    let mut pairs: Vec<(String, String)> = changed
        .filter(|(name, written)| name != written)
        .map(|(name, written)| (name.to_ascii_lowercase(), written.to_owned()))
        .collect();
    // `:"name"` is a quoted name without its colon
    let quoted = tokens(&masked).filter(|it| it.kind == TokenKind::QuotedIdentifier);
    for token in quoted {
        let before = (token.span.start as usize).checked_sub(1);
        let is_variable = before.is_some_and(|at| {
            statement.as_bytes().get(at) == Some(&b':') && masked.as_bytes().get(at) == Some(&b' ')
        });
        if is_variable {
            let written = token.span.of(statement);
            pairs.push((unquote_identifier(written), format!(":{written}")));
        }
    }
    for pair in pairs {
        if !found.contains(&pair) {
            found.push(pair);
        }
    }
}
