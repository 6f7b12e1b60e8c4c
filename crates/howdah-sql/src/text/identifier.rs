//! How PostgreSQL reads and writes identifiers.

use std::borrow::Cow;

/// An identifier longer than this is cut (`NAMEDATALEN - 1`).
const MAX_BYTES: usize = 63;

/// What an unquoted identifier names: ASCII letters in lower case, cut to 63 bytes.
#[must_use]
pub fn fold_identifier(word: &str) -> String {
    cut(word.to_ascii_lowercase())
}

/// What an identifier in any spelling names: `Name`, `"Name"`, `U&"\0061"`.
#[must_use]
pub fn unquote_identifier(written: &str) -> String {
    if let Some(inner) = written.strip_prefix('"') {
        return cut(inner
            .strip_suffix('"')
            .unwrap_or(inner)
            .replace("\"\"", "\""));
    }
    if is_unicode(written) {
        return unquote_unicode_identifier(written, '\\');
    }
    fold_identifier(written)
}

fn is_unicode(written: &str) -> bool {
    let rest = written.strip_prefix(['U', 'u']);
    rest.is_some_and(|rest| rest.starts_with("&\""))
}

/// What `U&"…" UESCAPE 'x'` names.
#[must_use]
pub(crate) fn unquote_unicode_identifier(written: &str, escape: char) -> String {
    let inner = written.get(3..).unwrap_or_default();
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    cut(unescape_unicode(&inner.replace("\"\"", "\""), escape))
}

/// Undoes `\XXXX` and `\+XXXXXX`; what is no escape stays as it is.
#[must_use]
pub(crate) fn unescape_unicode(text: &str, escape: char) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(escape) {
        let (before, sequence) = rest.split_at(at);
        let after = sequence.get(escape.len_utf8()..).unwrap_or_default();
        if !before.is_empty() {
            flush(&mut units, &mut out);
            out.push_str(before);
        }
        let (digits, skip) = match after.strip_prefix('+') {
            Some(_) => (after.get(1..7), 7),
            None => (after.get(..4), 4),
        };
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match code {
            Some(code) if code <= 0xffff => {
                units.push(code as u16);
                rest = after.get(skip..).unwrap_or_default();
            }
            Some(code) => {
                flush(&mut units, &mut out);
                out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                rest = after.get(skip..).unwrap_or_default();
            }
            None => {
                flush(&mut units, &mut out);
                out.push(escape);
                rest = after.strip_prefix(escape).unwrap_or(after);
            }
        }
    }
    flush(&mut units, &mut out);
    out.push_str(rest);
    out
}

/// Surrogate pairs come as two escapes, so units are gathered before they are decoded.
fn flush(units: &mut Vec<u16>, out: &mut String) {
    if !units.is_empty() {
        out.push_str(&String::from_utf16_lossy(units));
        units.clear();
    }
}

/// Written so that PostgreSQL reads the same name: quoted where it is not all lower-case letters,
/// digits and underscores, or is a word that the grammar keeps for itself.
#[must_use]
pub fn quote_identifier(name: &str) -> Cow<'_, str> {
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty();
    if plain && RESERVED.binary_search(&name).is_err() {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
    }
}

fn cut(mut name: String) -> String {
    if name.len() > MAX_BYTES {
        let end = (0..=MAX_BYTES).rev().find(|at| name.is_char_boundary(*at));
        name.truncate(end.unwrap_or(0));
    }
    name
}

/// Words that are no column names without quotes, or no function and type names, sorted:
/// `pg_get_keywords()` of PostgreSQL 18, `catcode` R and T.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_sorted() {
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn identifiers_are_read_as_postgresql_reads_them() {
        assert_eq!(unquote_identifier("Users"), "users");
        assert_eq!(unquote_identifier("\"Us\"\"ers\""), "Us\"ers");
        assert_eq!(unquote_identifier("U&\"d\\0061t\\+000061\""), "data");
        assert_eq!(unquote_identifier("u&\"\\D83D\\DE00 \\\\\""), "😀 \\");
        assert_eq!(unquote_identifier("ÄB"), "Äb");
        assert_eq!(unquote_identifier(&"ä".repeat(40)), "ä".repeat(31));
    }

    #[test]
    fn quoting_is_undone_by_reading() {
        for name in [
            "plain",
            "Mixed",
            "select",
            "with space",
            "q\"uote",
            "1st",
            "ünï",
            "a$b",
        ] {
            assert_eq!(unquote_identifier(&quote_identifier(name)), name);
        }
        assert_eq!(quote_identifier("plain_1"), "plain_1");
        assert_eq!(quote_identifier("select"), "\"select\"");
    }
}
