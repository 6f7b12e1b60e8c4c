//! Names and texts as SQL.
//!
//! No IO. Called wherever a name becomes part of a statement that a person may read: plain names stay
//! bare. Invariant: whatever the name, the result is one identifier, which PostgreSQL reads as that name.

pub use howdah_sql::text::quote_identifier as quoted;

/// Names as a list, each in quotes where it needs them.
#[must_use]
pub fn quoted_list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let quoted: Vec<_> = names.into_iter().map(|name| quoted(name)).collect();
    quoted.join(", ")
}

/// A text as a literal, whatever `standard_conforming_strings` says.
#[must_use]
pub fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if doubled.contains('\\') {
        format!("E'{}'", doubled.replace('\\', "\\\\"))
    } else {
        format!("'{doubled}'")
    }
}
