//! Comments that speak to the linter: `-- howdah: ignore rule -- reason`, and Squawk's of the same meaning.
//!
//! No IO, no knowledge of rules or statements: [`parse`] reads one comment. What a directive is about, and whether it
//! did anything, is for [`suppressions`](super::suppressions). Invariant: a comment that begins like a directive never
//! does more than its words say: without a rule's name, `ignore` does nothing and is reported.

use crate::text::Span;

/// What a comment asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// What it asks for.
    pub action: Action,
    /// Whose words it uses.
    pub dialect: Dialect,
    /// The rules that it names, with their places in the text.
    pub names: Vec<(String, Span)>,
    /// Why, where it says so.
    pub reason: Option<String>,
    /// The whole comment.
    pub span: Span,
}

/// What a directive asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Be silent about the statement or action that it stands at.
    Ignore,
    /// Be silent about rules, or everything, in the whole file.
    IgnoreFile,
    /// The file runs without a transaction, whatever the configuration says.
    NoTransaction,
    /// It begins like a directive and is none.
    Misspelt,
}

/// Whose words a directive uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `howdah: ignore`
    Howdah,
    /// `squawk-ignore`
    Squawk,
}

/// The directive that a comment holds, if it holds one. `start` is the comment's place in the text.
#[must_use]
pub fn parse(comment: &str, start: usize) -> Option<Directive> {
    let body = comment
        .strip_prefix("--")
        .map(str::trim_end)
        .or_else(|| comment.strip_prefix("/*")?.strip_suffix("*/"))?;
    let mut words = Words {
        text: body,
        at: 0,
        start: start + 2,
    };
    let (dialect, action) = head(&mut words)?;
    let (names, reason) = words.names();
    Some(Directive {
        action,
        dialect,
        names,
        reason,
        span: Span::new(start, start + comment.len()),
    })
}

/// The words up to the first rule's name.
fn head(words: &mut Words<'_>) -> Option<(Dialect, Action)> {
    let first = words.next()?.0.to_ascii_lowercase();
    if let Some(rest) = first.strip_prefix("howdah:") {
        let verb = match rest {
            "" => words.next()?.0.to_ascii_lowercase(),
            rest => rest.to_owned(),
        };
        return Some((
            Dialect::Howdah,
            action(&verb, ["ignore", "ignore-file", ""])?,
        ));
    }
    let verbs = [
        "squawk-ignore",
        "squawk-ignore-file",
        "squawk-disable-assume-in-transaction",
    ];
    first
        .starts_with("squawk-")
        .then(|| action(&first, verbs))?
        .map(|action| (Dialect::Squawk, action))
}

/// Other tools and howdah's migrations have directives of their own: only what is nearly one of these is a misspelt one.
fn action(verb: &str, [line, file, transaction]: [&str; 3]) -> Option<Action> {
    let verb = verb.trim_end_matches(':');
    match verb {
        "" => None,
        verb if verb == line => Some(Action::Ignore),
        verb if verb == file => Some(Action::IgnoreFile),
        verb if verb == transaction => Some(Action::NoTransaction),
        verb => [line, file, transaction]
            .into_iter()
            .any(|known| !known.is_empty() && strsim::damerau_levenshtein(verb, known) <= 2)
            .then_some(Action::Misspelt),
    }
}

/// The words of a comment, with their places.
struct Words<'a> {
    text: &'a str,
    at: usize,
    start: usize,
}

impl<'a> Words<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The names that follow, and what stands behind a further `--`.
    fn names(mut self) -> (Vec<(String, Span)>, Option<String>) {
        let mut names = Vec::new();
        while let Some((word, span)) = self.next() {
            if let Some(reason) = word.strip_prefix("--") {
                let reason = format!("{reason}{}", self.rest());
                let reason = reason.trim();
                return (names, (!reason.is_empty()).then(|| reason.to_owned()));
            }
            names.push((word.to_ascii_lowercase(), span));
        }
        (names, None)
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = (&'a str, Span);

    /// The next word: what stands between white space and commas.
    fn next(&mut self) -> Option<Self::Item> {
        let is_between = |it: char| it.is_whitespace() || it == ',';
        let rest = self.rest();
        let begin = self.at + rest.find(|it| !is_between(it))?;
        let word = self.text.get(begin..)?;
        let length = word.find(is_between).unwrap_or(word.len());
        self.at = begin + length;
        let place = Span::new(self.start + begin, self.start + self.at);
        word.get(..length).map(|word| (word, place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(comment: &str) -> Option<(Action, Vec<String>, Option<String>)> {
        let found = parse(comment, 0)?;
        for (name, span) in &found.names {
            assert_eq!(span.of(comment), name, "{comment}");
        }
        let names = found.names.into_iter().map(|(name, _)| name).collect();
        Some((found.action, names, found.reason))
    }

    #[test]
    fn both_dialects_are_read() {
        let expected = |action, names: &[&str], reason: Option<&str>| {
            let names = names.iter().map(|&it| it.to_owned()).collect();
            Some((action, names, reason.map(str::to_owned)))
        };
        let cases = [
            ("-- howdah: ignore a-b", Action::Ignore, &["a-b"][..], None),
            (
                "--howdah:ignore a,b  -- it is empty",
                Action::Ignore,
                &["a", "b"],
                Some("it is empty"),
            ),
            ("/* howdah: ignore a */", Action::Ignore, &["a"], None),
            ("-- howdah: ignore-file", Action::IgnoreFile, &[], None),
            (
                "-- squawk-ignore x, y --why",
                Action::Ignore,
                &["x", "y"],
                Some("why"),
            ),
            ("-- squawk-ignore-file z", Action::IgnoreFile, &["z"], None),
            (
                "-- squawk-disable-assume-in-transaction",
                Action::NoTransaction,
                &[],
                None,
            ),
            ("-- howdah: ignore", Action::Ignore, &[], None),
            ("-- howdah: ingore a", Action::Misspelt, &["a"], None),
            ("-- squawk-ignore-fil a", Action::Misspelt, &["a"], None),
        ];
        for (comment, action, rules, reason) in cases {
            assert_eq!(names(comment), expected(action, rules, reason), "{comment}");
        }
    }

    #[test]
    fn other_comments_are_left_alone() {
        let others = [
            "-- what howdah: ignore does",
            "-- howdah: migration",
            "-- howdah: no-transaction",
            "-- howdah:",
            "-- squawks",
            "--",
            "/**/",
            "/*",
            "-- größe",
        ];
        for comment in others {
            assert_eq!(names(comment), None, "{comment}");
        }
    }
}
