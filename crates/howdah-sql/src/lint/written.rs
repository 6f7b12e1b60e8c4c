//! Names that stand in for what is not known, given back as they are written: psql's variables, the arguments of `format`.
//!
//! No IO. Called by the engine with findings whose statements have such names.

use std::borrow::Cow;

use super::finding::Finding;
use crate::text::{TokenKind, tokens};

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

/// The variables of psql in a statement: the name that the grammar was given for each, with how it is written.
pub(super) fn variables(statement: &str) -> Vec<(String, String)> {
    if !statement.contains(':') {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut colons = 0;
    for token in tokens(statement) {
        let word = token.span.of(statement);
        match token.kind {
            TokenKind::Symbol if word == ":" => {
                colons += 1;
                continue;
            }
            TokenKind::Word if colons == 1 => found.push((format!("_{word}"), format!(":{word}"))),
            TokenKind::QuotedIdentifier if colons == 1 => {
                let name = crate::text::unquote_identifier(word);
                found.push((name, format!(":{word}")));
            }
            _ => {}
        }
        colons = 0;
    }
    found
}
