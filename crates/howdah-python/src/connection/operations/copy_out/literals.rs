//! The parameters of a query as literals in its text, for COPY takes no parameters.
//!
//! No IO. Invariant: whatever a value is, it becomes one literal of the type that the server gave
//! the parameter, in parentheses and cast; nothing in it can end the quotes. A `$1` within a string,
//! a quoted name or a comment is none.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::super::{Context, scope};
use crate::connection::{faults, parameters};
use crate::types::{Codec, Refused};

/// The query with its parameters filled in.
pub(super) fn fill(
    cx: &Context<'_, '_>,
    query: &str,
    types: &[Arc<Codec>],
    values: &Bound<'_, PyTuple>,
) -> PyResult<String> {
    if types.len() != values.len() {
        let (expected, given) = (types.len(), values.len());
        let message = format!("the query takes {expected} parameters, {given} were given");
        return Err(faults::fault(cx.py, "ProgrammingError", message));
    }
    if types.is_empty() {
        return Ok(query.to_owned());
    }
    let literals = types.iter().zip(values.iter_borrowed()).enumerate();
    let literals = literals
        .map(|(index, (codec, value))| {
            literal(cx, codec, &value)
                .map_err(|refused| parameters::refused_value(index, codec, &value, refused))
        })
        .collect::<PyResult<Vec<_>>>()?;
    let standard = cx.session.parameter("standard_conforming_strings") != Some("off");
    Ok(substitute(query, &literals, standard))
}

fn literal(
    cx: &Context<'_, '_>,
    codec: &Codec,
    value: &Bound<'_, PyAny>,
) -> Result<String, Refused> {
    if value.is_none() {
        return Ok(format!("(null::{})", codec.name));
    }
    let mut bytes = Vec::new();
    let scope = scope(cx.py, cx.settings, cx.catalogue);
    (codec.encode_text)(&scope, codec, value, &mut bytes)?;
    let text = String::from_utf8(bytes).map_err(|_| Refused::invalid("text that is not UTF-8"))?;
    if text.contains('\0') {
        return Err(Refused::invalid("a zero byte, which no text can hold"));
    }
    Ok(format!("({}::{})", quote(&text), codec.name))
}

/// A literal that means the same whatever `standard_conforming_strings` is.
fn quote(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!(" E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// Replaces each `$n` by the n-th literal.
fn substitute(query: &str, literals: &[String], standard_strings: bool) -> String {
    let mut out = String::with_capacity(query.len() + 64);
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '$' => {
                if let Some((literal, length)) = placeholder(rest, literals) {
                    out.push_str(literal);
                    rest = rest.get(length..).unwrap_or_default();
                    continue;
                }
                dollar_quoted(rest).unwrap_or(1)
            }
            '\'' => quoted(rest, '\'', !standard_strings),
            '"' => quoted(rest, '"', false),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => commented(rest),
            'e' | 'E' if rest.get(1..2) == Some("'") => {
                1 + quoted(rest.get(1..).unwrap_or_default(), '\'', true)
            }
            _ if first.is_alphanumeric() || first == '_' => rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
                .unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (taken, left) = rest.split_at_checked(length).unwrap_or((rest, ""));
        out.push_str(taken);
        rest = left;
    }
    out
}

/// The literal for the placeholder at the front, and the placeholder's length.
fn placeholder<'a>(rest: &str, literals: &'a [String]) -> Option<(&'a str, usize)> {
    let digits = rest.get(1..)?;
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let number: usize = digits.get(..end)?.parse().ok()?;
    Some((literals.get(number.checked_sub(1)?)?, 1 + end))
}

/// The length of the quoted text at the front; two quotes within it are one character of it.
fn quoted(rest: &str, quote: char, backslashes: bool) -> usize {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\\' && backslashes {
            characters.next();
        } else if character == quote && characters.next_if(|next| next.1 == quote).is_none() {
            return at + 1;
        }
    }
    rest.len()
}

/// The length of the dollar-quoted text at the front, if there is one.
fn dollar_quoted(rest: &str) -> Option<usize> {
    let inside = rest.get(1..)?;
    let end = inside.find('$')?;
    let tag = inside.get(..end)?;
    let is_name = tag.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !is_name || tag.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let fence = rest.get(..end + 2)?;
    let body = rest.get(fence.len()..)?;
    Some(
        body.find(fence)
            .map_or(rest.len(), |at| at + 2 * fence.len()),
    )
}

/// The length of the comment at the front; comments nest.
fn commented(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(left) = rest.get(at..).filter(|left| !left.is_empty()) {
        if left.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if left.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += left.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(query: &str) -> String {
        let literals: Vec<_> = (1..=10).map(|n| format!("<{n}>")).collect();
        substitute(query, &literals, true)
    }

    #[test]
    fn placeholders_are_replaced_where_they_are_placeholders() {
        assert_eq!(filled("select $1, $10+$2"), "select <1>, <10>+<2>");
        for same in [
            "select '$1', 'a''$1'",
            r"select e'\'$1', E'\\$1''$1'",
            "select \"$1\" \"a\"\"$1\"",
            "select $$ $1 $$, $ä$ $1 $$ $ä$",
            "select 1 -- $1",
            "select /* $1 /* $1 */ $1 */ 1",
            "select a$1, _$1, $99",
            "select '$1",
            "select $x",
        ] {
            assert_eq!(filled(same), same);
        }
        assert_eq!(filled("-- $1\n$1"), "-- $1\n<1>");
        assert_eq!(filled("'\\'$1"), "'\\'<1>");
        assert_eq!(substitute("'\\'$1'", &["x".into()], false), "'\\'$1'");
        assert_eq!(filled("'ü'$1"), "'ü'<1>");
    }

    #[test]
    fn nothing_ends_the_quotes() {
        assert_eq!(quote("it's"), "'it''s'");
        assert_eq!(quote(r"\'; drop"), r" E'\\''; drop'");
    }
}
