//! `$1` in place of what drivers of Python write for a parameter: `%s`, `%(name)s`, `:name`, `?`. No IO.
//!
//! Invariant: texts, names in quotes, comments and `::` stay as they are; and `?`, an operator of jsonb, where parameters
//! are written otherwise.

use std::fmt::Write;

use howdah_sql::text::{Token, TokenKind, tokens};

/// The statement with numbered parameters, and what each is called: a number counts `%s` and `?`.
pub(super) fn numbered(sql: &str) -> (String, Vec<String>) {
    let (other, names) = replaced(sql, false);
    let is_own = |it: Token| it.kind == TokenKind::Number && it.span.of(sql).starts_with('$');
    if names.is_empty() && sql.contains('?') && !tokens(sql).any(is_own) {
        return replaced(sql, true);
    }
    (other, names)
}

fn replaced(sql: &str, marks: bool) -> (String, Vec<String>) {
    let mut out = String::with_capacity(sql.len());
    let mut names: Vec<String> = Vec::new();
    let mut unnamed = 0;
    let mut at = 0;
    while let Some(rest) = sql.get(at..).filter(|rest| !rest.is_empty()) {
        let (name, length) = match first(rest) {
            First::Kept(1) if marks && rest.starts_with('?') => {
                unnamed += 1;
                (unnamed.to_string(), 1)
            }
            First::Kept(length) => {
                out.push_str(&rest[..length]);
                at += length;
                continue;
            }
            First::Percent => {
                out.push('%');
                at += 2;
                continue;
            }
            First::Unnamed => {
                unnamed += 1;
                (unnamed.to_string(), 2)
            }
            First::Named(name, length) => (name.to_owned(), length),
        };
        let known = names.iter().position(|it| *it == name);
        let number = known.unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        let _ = write!(out, "${}", number + 1);
        at += length;
    }
    (out, names)
}

/// What a text begins with.
enum First<'a> {
    /// So many bytes that are no parameter.
    Kept(usize),
    /// `%%`.
    Percent,
    /// `%s`.
    Unnamed,
    /// The name, and the bytes of all of it.
    Named(&'a str, usize),
}

fn first(rest: &str) -> First<'_> {
    if rest.starts_with("%%") {
        return First::Percent;
    }
    if rest.starts_with("::") {
        return First::Kept(2);
    }
    if let Some(named) = rest.strip_prefix("%(")
        && let Some((name, _)) = named.split_once(")s")
    {
        return First::Named(name, name.len() + 4);
    }
    if let Some(after) = rest.strip_prefix("%s") {
        let is_word = after.starts_with(|it: char| it.is_alphanumeric() || it == '_');
        return if is_word {
            First::Kept(2)
        } else {
            First::Unnamed
        };
    }
    let token = tokens(rest).next();
    let length = token.map_or(rest.len(), |it| it.span.range().len());
    if let Some(named) = rest.strip_prefix(':')
        && let Some(word) = tokens(named).next()
        && word.kind == TokenKind::Word
    {
        let name = word.span.of(named);
        return First::Named(name, name.len() + 1);
    }
    First::Kept(length.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_other_drivers_are_numbered() {
        for (sql, expected, names) in [
            ("select %s, %s", "select $1, $2", "1 2"),
            ("select %(a)s, %(b)s + %(a)s", "select $1, $2 + $1", "a b"),
            (
                "select :a, b::text where :a = 'x:y'",
                "select $1, b::text where $1 = 'x:y'",
                "a",
            ),
            (
                "select '%s', \"%s\", 5 %% 2 -- %s",
                "select '%s', \"%s\", 5 % 2 -- %s",
                "",
            ),
            ("select 1 %sum", "select 1 %sum", ""),
            (
                "select 2*%s where a=%s or b=:c",
                "select 2*$1 where a=$2 or b=$3",
                "1 2 c",
            ),
            (
                "select '?' where a=? or b = ?",
                "select '?' where a=$1 or b = $2",
                "1 2",
            ),
            ("select a ? 'k', %s", "select a ? 'k', $1", "1"),
            ("select a ? 'k', $1", "select a ? 'k', $1", ""),
            ("select arr[1:2], é", "select arr[1:2], é", ""),
        ] {
            let (sql, found) = numbered(sql);
            assert_eq!((sql.as_str(), found.join(" ").as_str()), (expected, names));
        }
    }
}
