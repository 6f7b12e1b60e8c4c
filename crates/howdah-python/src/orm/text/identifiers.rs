//! Names as SQL text.
//!
//! No IO. Called wherever a name becomes part of a statement that a person may read: plain names stay
//! bare. Invariant: whatever the name, the result is one identifier, which PostgreSQL reads as that name.

use std::borrow::Cow;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// An identifier, in quotes where it needs them.
///
/// # Errors
/// `ValueError` for what cannot be a name: the empty string, and one with U+0000.
#[pyfunction]
pub(crate) fn quote_identifier(name: &str) -> PyResult<Cow<'_, str>> {
    if name.is_empty() || name.contains('\0') {
        return Err(PyValueError::new_err(format!(
            "`{}` cannot be a name in PostgreSQL",
            name.escape_debug()
        )));
    }
    Ok(quoted(name))
}

/// [`quote_identifier`] for names that were checked.
pub(super) fn quoted(name: &str) -> Cow<'_, str> {
    if is_plain(name) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
    }
}

fn is_plain(name: &str) -> bool {
    let mut letters = name.bytes();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase() || first == b'_')
        && letters.all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_')
        && KEYWORDS.binary_search(&name).is_err()
}

/// Words that are no column names without quotes, or no function and type names: `pg_get_keywords()` of PostgreSQL 18, `catcode`
/// R and T. A test compares them with the server's.
const KEYWORDS: &[&str] = &[
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
