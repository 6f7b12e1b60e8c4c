//! Expressions as PostgreSQL prints them for good.
//!
//! No IO. What it prints and reads again, it may print otherwise once, and never after that: `kind in ('a', 'b')` over
//! a `varchar` is printed as `ARRAY['a'::character varying, …]::text[]`, which, read, is
//! `ARRAY['a'::character varying::text, …]`; and a literal in a query within a query gets the name of its type
//! (`SELECT 'a'::text` becomes `SELECT 'a'::text AS text`). Without this, a schema that was made from its own dump
//! would differ from the one that was dumped, for ever.
//!
//! Invariant: what is given and what is returned mean the same to PostgreSQL; what is returned stays as it is.

use std::borrow::Cow;

use howdah_sql::text::{TokenKind, tokens};

/// The expression, condition or query in its last form.
pub(super) fn settled(text: &str) -> Cow<'_, str> {
    let may_change = text.contains("]::") || text.contains("])::") || text.contains(" AS ");
    if !may_change {
        return Cow::Borrowed(text);
    }
    let words: Vec<Word<'_>> = tokens(text)
        .map(|it| Word {
            kind: it.kind,
            text: it.span.of(text),
        })
        .collect();
    // names that are left out are asked for there
    let names_count = ["XMLFOREST(", "XMLATTRIBUTES("]
        .iter()
        .any(|it| text.contains(it));
    Cow::Owned(settle(&words, !names_count))
}

/// A token with its text.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Word<'a> {
    kind: TokenKind,
    text: &'a str,
}

impl Word<'_> {
    /// `NULL`, a text, or a number.
    fn is_literal(self) -> bool {
        matches!(self.kind, TokenKind::String | TokenKind::Number) || self.text == "NULL"
    }

    fn is_name(self) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::QuotedIdentifier)
    }
}

fn settle(words: &[Word<'_>], drops_names: bool) -> String {
    let mut out = String::new();
    let mut rest = words;
    let mut begins_target = false;
    while let Some((word, tail)) = rest.split_first() {
        if let Some((array, length)) = cast_array(rest, drops_names) {
            out.push_str(&array);
            rest = rest.get(length..).unwrap_or_default();
        } else if let Some((literal, length)) = named_literal(rest)
            && begins_target
            && drops_names
        {
            out.extend(literal.iter().map(|it| it.text));
            rest = rest.get(length..).unwrap_or_default();
        } else {
            out.push_str(word.text);
            rest = tail;
        }
        if word.kind != TokenKind::Space {
            begins_target = matches!(word.text, "SELECT" | "DISTINCT" | "RETURNING" | ",");
        }
    }
    out
}

/// `ARRAY[a, b]::t[]` as `ARRAY[a::t, b::t]`, and how many tokens it was. In parentheses, so are the elements: where
/// it is asked for, PostgreSQL prints all that there may be.
fn cast_array(words: &[Word<'_>], drops_names: bool) -> Option<(String, usize)> {
    let is_in_parentheses = words.first()?.text == "(";
    let start = usize::from(is_in_parentheses);
    if words.get(start)?.text != "ARRAY" || words.get(start + 1)?.text != "[" {
        return None;
    }
    let elements = start + 2;
    let close = elements + closing(words.get(elements..)?)?;
    let mut at = close + 1;
    if is_in_parentheses {
        (words.get(at)?.text == ")").then_some(())?;
        at += 1;
    }
    let length = type_cast(words.get(at..)?)?;
    let cast: String = words
        .get(at..at + length)?
        .iter()
        .map(|it| it.text)
        .collect();
    let cast = cast.strip_suffix("[]").filter(|it| !it.ends_with(']'))?;
    let elements = parts(words.get(elements..close)?);
    let is_nested = |it: &&[Word<'_>]| it.first().is_none_or(|first| first.text == "ARRAY");
    if elements.iter().any(is_nested) {
        return None;
    }
    let elements = elements.iter().map(|it| {
        let text = settle(it, drops_names);
        if is_in_parentheses || !is_simple(it) {
            format!("({text}){cast}")
        } else {
            format!("{text}{cast}")
        }
    });
    let elements: Vec<String> = elements.collect();
    Some((format!("ARRAY[{}]", elements.join(", ")), at + length))
}

/// Where the bracket closes that is open before the first token.
fn closing(words: &[Word<'_>]) -> Option<usize> {
    let mut depth = 1_usize;
    words.iter().position(|it| {
        match it.text {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

/// What stands between commas, without the space around it.
fn parts<'a, 'b>(words: &'b [Word<'a>]) -> Vec<&'b [Word<'a>]> {
    let mut depth = 0_usize;
    let parts = words.split(|it| {
        match it.text {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        it.text == "," && depth == 0
    });
    parts
        .map(|it| match it {
            [space, rest @ ..] if space.kind == TokenKind::Space => rest,
            it => it,
        })
        .collect()
}

/// Whether a cast may follow without parentheses: a literal, a column or a call, with casts.
fn is_simple(words: &[Word<'_>]) -> bool {
    let Some((first, mut rest)) = words.split_first() else {
        return false;
    };
    if !first.is_literal() && first.is_name() {
        while let [dot, name, tail @ ..] = rest
            && dot.text == "."
            && name.is_name()
        {
            rest = tail;
        }
        if let [open, tail @ ..] = rest
            && open.text == "("
        {
            let Some(close) = closing(tail) else {
                return false;
            };
            rest = tail.get(close + 1..).unwrap_or_default();
        }
    } else if !first.is_literal() {
        return false;
    }
    while let Some(length) = type_cast(rest) {
        rest = rest.get(length..).unwrap_or_default();
    }
    rest.is_empty()
}

/// How many tokens `::` and the type behind it are.
fn type_cast(words: &[Word<'_>]) -> Option<usize> {
    let [first, second, name, ..] = words else {
        return None;
    };
    if first.text != ":" || second.text != ":" || !name.is_name() {
        return None;
    }
    let mut at = 3;
    loop {
        let rest = words.get(at..).unwrap_or_default();
        at += match rest {
            [dot, name, ..] if dot.text == "." && name.is_name() => 2,
            [open, close, ..] if open.text == "[" && close.text == "]" => 2,
            [space, more, ..] if space.kind == TokenKind::Space && goes_on(more.text) => 2,
            [open, ..] if open.text == "(" => 2 + closing(rest.get(1..)?)?,
            _ => return Some(at),
        };
    }
}

/// Whether the word is a later one of a type's name.
fn goes_on(word: &str) -> bool {
    ["varying", "precision", "with", "without", "time", "zone"].contains(&word)
}

/// A literal with its type that has the type's own name: the tokens of the literal, and how many all are.
fn named_literal<'a, 'b>(words: &'b [Word<'a>]) -> Option<(&'b [Word<'a>], usize)> {
    let [literal, _, _, of_type, _, keyword, _, name, ..] = words else {
        return None;
    };
    let internal = match of_type.text {
        "text" => "text",
        "integer" => "int4",
        "bigint" => "int8",
        "numeric" => "\"numeric\"",
        _ => return None,
    };
    let is_named = literal.is_literal() && keyword.text == "AS" && name.text == internal;
    let cast = type_cast(words.get(1..)?)?;
    (is_named && cast == 3).then(|| Some((words.get(..4)?, 8)))?
}

#[cfg(test)]
mod tests {
    use super::settled;

    /// As PostgreSQL 15 and 18 print what is on the left, when they have read it.
    const CHANGED: &[(&str, &str)] = &[
        (
            "kind::text = ANY (ARRAY['a'::character varying, 'b'::character varying]::text[])",
            "kind::text = ANY (ARRAY['a'::character varying::text, 'b'::character varying::text])",
        ),
        (
            "kind text DEFAULT ((ARRAY['a'::character varying, 'b'::character varying])::text[])[1]",
            "kind text DEFAULT (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])[1]",
        ),
        (
            "k = ANY (ARRAY['x]::y'::character varying, 'it''s, ('::character varying, NULL::character varying]::text[])",
            "k = ANY (ARRAY['x]::y'::character varying::text, 'it''s, ('::character varying::text, NULL::character varying::text])",
        ),
        (
            "d = ANY (ARRAY['2020-01-01'::date, now()]::timestamp without time zone[])",
            "d = ANY (ARRAY['2020-01-01'::date::timestamp without time zone, now()::timestamp without time zone])",
        ),
        (
            "k = ANY (ARRAY[(( SELECT 'a'::text AS text))::character varying, s.f(1, 2)::character varying(3)]::text[])",
            "k = ANY (ARRAY[((( SELECT 'a'::text))::character varying)::text, s.f(1, 2)::character varying(3)::text])",
        ),
        (
            "BEGIN ATOMIC\n SELECT 1,\n    'a'::text AS text,\n    '-1'::integer AS int4;\nEND",
            "BEGIN ATOMIC\n SELECT 1,\n    'a'::text,\n    '-1'::integer;\nEND",
        ),
    ];

    #[test]
    fn what_changes_once_is_in_its_last_form() {
        for (printed, expected) in CHANGED {
            assert_eq!(settled(printed), *expected);
            assert_eq!(settled(expected), *expected);
        }
    }

    #[test]
    fn what_means_something_else_stays() {
        for text in [
            "ARRAY[]::text[]",
            "ARRAY[ARRAY['a'::character varying], ARRAY['b'::character varying]]::text[]",
            "arr = '{a}'::text[] AND arr[1]::text = 'a'",
            "SELECT 'b'::text || 'a'::text AS text",
            "SELECT 'a'::text AS int4",
            "SELECT XMLFOREST(k, 'a'::text AS text)",
            "SELECT 'ARRAY[1]::bigint[] , ''a''::text AS text'::character varying",
            "ARRAY[1, 2",
            "(ARRAY[1, 2]::",
        ] {
            assert_eq!(settled(text), text);
        }
    }
}
