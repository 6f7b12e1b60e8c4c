//! What PostgreSQL takes and the parser's crate does not.
//!
//! No IO. Asked only about a statement that could not be read as it stands. Such words are made space, the rest is read,
//! and what they say is put back. Invariant: every byte keeps its place.

use crate::ast::{Action, Kind, Set};
use crate::text::{Span, Token, TokenKind, tokens};

/// A statement without the words that the parser would stumble over.
pub(super) struct Rest {
    pub(super) text: String,
    clauses: Vec<Clause>,
}

/// `STORAGE mode` or `COMPRESSION method` of an added column.
struct Clause {
    span: Span,
    is_storage: bool,
    value: String,
}

/// What the parser cannot read at all: `SET NAMES 'utf8'`, `CREATE LANGUAGE` in full.
pub(super) fn whole(source: &str) -> Option<Kind> {
    let words: Vec<&str> = words(source).iter().map(|it| it.span.of(source)).collect();
    let is = |at: usize, word: &str| {
        words
            .get(at)
            .is_some_and(|it| it.eq_ignore_ascii_case(word))
    };
    if is(0, "create") {
        let mut at = if is(1, "or") { 3 } else { 1 };
        at += usize::from(is(at, "trusted"));
        at += usize::from(is(at, "procedural"));
        return is(at, "language").then(|| Kind::Other("create language".to_owned()));
    }
    let scoped = usize::from(is(1, "local") || is(1, "session"));
    let value = words.get(2 + scoped).copied().unwrap_or("default");
    if !is(0, "set") || !is(1 + scoped, "names") || words.len() > 3 + scoped {
        return None;
    }
    let given = !value.eq_ignore_ascii_case("default");
    let value = given.then(|| value.trim_matches('\'').to_owned());
    Some(Kind::Set(Set {
        name: "client_encoding".to_owned(),
        values: value.into_iter().collect(),
        local: is(1, "local"),
        reset: false,
    }))
}

/// The statement without such words; none where it has none.
pub(super) fn rest(source: &str) -> Option<Rest> {
    let words = words(source);
    let is = |at: usize, word: &str| {
        let token = words.get(at);
        token.is_some_and(|it| it.span.of(source).eq_ignore_ascii_case(word))
    };
    if !is(0, "alter") || !(is(1, "table") || is(1, "foreign")) {
        return None;
    }
    let clauses = column_clauses(source, &words);
    if clauses.is_empty() {
        return None;
    }
    let mut bytes = source.as_bytes().to_vec();
    for clause in &clauses {
        bytes.get_mut(clause.span.range())?.fill(b' ');
    }
    let text = String::from_utf8(bytes).ok()?;
    Some(Rest { text, clauses })
}

impl Rest {
    /// Puts back what was left out; the statement stands at `base` of its script.
    pub(super) fn restore(self, kind: &mut Kind, base: usize) {
        let Kind::AlterTable(table) = kind else {
            return;
        };
        for clause in self.clauses {
            let span = clause.span.shifted(base);
            let actions = table.actions.iter_mut().rev();
            let mut before = actions.skip_while(|it| it.span.start > span.start);
            let Some(action) = before.next() else {
                continue;
            };
            if let Action::AddColumn { column, .. } = &mut action.kind {
                action.span.end = action.span.end.max(span.end);
                column.span.end = column.span.end.max(span.end);
                let place = if clause.is_storage {
                    &mut column.storage
                } else {
                    &mut column.compression
                };
                *place = Some(clause.value);
            }
        }
    }
}

fn words(source: &str) -> Vec<Token> {
    use TokenKind::{BlockComment, LineComment, Space};
    let is_word = |it: &Token| !matches!(it.kind, Space | LineComment | BlockComment);
    tokens(source).filter(is_word).collect()
}

/// The clauses of the columns that an `ALTER TABLE` adds.
fn column_clauses(source: &str, words: &[Token]) -> Vec<Clause> {
    let text = |at: usize| words.get(at).map_or("", |it| it.span.of(source));
    let is = |at: usize, word: &str| text(at).eq_ignore_ascii_case(word);
    let mut found = Vec::new();
    let mut depth = 0_usize;
    // from where on a word is no part of the column's name and type
    let mut behind_type = None;
    for at in 3..words.len() {
        match text(at) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "," if depth == 0 => behind_type = None,
            _ if depth > 0 => {}
            _ if is(at, "add") && behind_type.is_none() => {
                let column = at + 1 + usize::from(is(at + 1, "column"));
                let name = column + if is(column, "if") { 3 } else { 0 };
                behind_type = Some(name + 2);
            }
            _ if behind_type.is_some_and(|it| at >= it) => {
                let is_storage = is(at, "storage");
                let is_clause = is_storage || is(at, "compression");
                if let (true, Some(first), Some(value)) =
                    (is_clause, words.get(at), words.get(at + 1))
                {
                    found.push(Clause {
                        span: Span {
                            start: first.span.start,
                            end: value.span.end,
                        },
                        is_storage,
                        value: text(at + 1).to_ascii_lowercase(),
                    });
                }
            }
            _ => {}
        }
    }
    found
}
