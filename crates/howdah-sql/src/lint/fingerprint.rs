//! A name for a finding that survives moving lines: for baselines, GitLab and SARIF.
//!
//! No IO. It is made of the rule, the words of the statement without comments and layout, and the words pointed at; what
//! is equal in all of that is numbered in the order of the file. Invariant: reformatting, comments and other statements
//! change no fingerprint; a change of the statement's words does.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::text::Span;

/// Hands out the fingerprints of one file.
#[derive(Debug, Default)]
pub struct Fingerprints {
    seen: HashMap<[u8; 8], usize>,
    /// The words of the statement that findings are in.
    statement: String,
    /// What rules have made of them: a statement may be as long as the file, and have a finding in each line.
    begun: HashMap<&'static str, Sha256>,
}

impl Fingerprints {
    /// The findings that follow are in a statement of these words.
    pub fn enter(&mut self, statement: String) {
        self.statement = statement;
        self.begun.clear();
    }

    /// The fingerprint of the next finding of a rule, at a place of these words.
    pub fn next(&mut self, rule: &'static str, place: &str) -> String {
        let begun = self.begun.entry(rule).or_insert_with(|| {
            let mut hash = Sha256::new();
            add(&mut hash, rule);
            add(&mut hash, &self.statement);
            hash
        });
        let mut hash = begun.clone();
        add(&mut hash, place);
        let mut key = [0; 8];
        for (to, from) in key.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        let count = self.seen.entry(key).or_default();
        *count += 1;
        let number = u64::from_be_bytes(key);
        match *count {
            1 => format!("{number:016x}"),
            count => format!("{number:016x}-{count}"),
        }
    }
}

fn add(hash: &mut Sha256, part: &str) {
    hash.update(part.as_bytes());
    hash.update([0]);
}

/// The words of a range: lower case, one space between, no comments.
#[must_use]
pub fn words(text: &str, span: Span, comments: impl Iterator<Item = Span>) -> String {
    let mut words = String::with_capacity(span.range().len());
    let mut rest = span;
    for comment in comments.filter(|it| span.contains(*it)) {
        let before = Span {
            end: comment.start,
            ..rest
        };
        push(&mut words, before.of(text));
        rest.start = comment.end;
    }
    push(&mut words, rest.of(text));
    words
}

fn push(words: &mut String, text: &str) {
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        let start = words.len();
        if word.is_ascii() {
            words.push_str(word);
            if let Some(pushed) = words.get_mut(start..) {
                pushed.make_ascii_lowercase();
            }
        } else {
            words.extend(word.chars().flat_map(char::to_lowercase));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_and_comments_do_not_count() {
        let text = "ALTER  TABLE t -- why\n  DROP /* gone */ COLUMN a";
        let comments = [Span::new(15, 21), Span::new(29, 39)];
        let found = |from, to| words(text, Span::new(from, to), comments.into_iter());
        assert_eq!(found(0, text.len()), "alter table t drop column a");
        assert_eq!(found(24, 28), "drop");
        assert_eq!(found(90, 99), "");
    }

    #[test]
    fn equal_findings_are_numbered() {
        let mut fingerprints = Fingerprints::default();
        let mut next = |statement: &str, place: &str| {
            fingerprints.enter(statement.to_owned());
            fingerprints.next("rule", place)
        };
        let first = next("drop table t", "t");
        assert_eq!(first.len(), 16);
        assert_ne!(next("drop table u", "u"), first);
        assert_ne!(next("drop tab", "le t"), first);
        assert_eq!(next("drop table t", "t"), format!("{first}-2"));
        assert_eq!(fingerprints.next("rule", "t"), format!("{first}-3"));
        assert_ne!(fingerprints.next("other", "t"), first);
    }
}
