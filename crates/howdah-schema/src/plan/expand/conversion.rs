//! Between which types values go by themselves. No IO.

use crate::diff::column::{base, conversion};
use crate::value::Column;

/// The expression that makes a value of the new type from `text`, a value of the old one.
pub(super) fn converted(text: &str, from: &Column, to: &Column) -> String {
    conversion(text, &from.type_name, &to.type_name, false).unwrap_or_else(|| text.to_owned())
}

/// Why values may change on the way: it depends on settings of the session, or the new type holds less.
pub(in crate::plan) fn loses(from: &Column, to: &Column) -> Option<&'static str> {
    let (old, new) = (base(&from.type_name), base(&to.type_name));
    if from.type_name.ends_with("[]") || to.type_name.ends_with("[]") {
        return Some("values of arrays are written as text and read again");
    }
    if depends_on_settings(old) || depends_on_settings(new) {
        return (old != new || from.type_name != to.type_name)
            .then_some("how values are converted depends on settings of the session");
    }
    let is_exact = match (old, new) {
        ("numeric", "smallint" | "integer" | "bigint") | ("bigint" | "numeric", "real") => false,
        ("numeric", "numeric") => !has_modifier(&to.type_name),
        ("bigint" | "numeric", "double precision") | ("integer", "real") => false,
        ("character", _) | (_, "character") => false,
        _ => true,
    };
    (!is_exact).then_some("values that the new type does not hold are rounded or cut")
}

/// Floating point, times and money are written and read as the session is set.
fn depends_on_settings(type_name: &str) -> bool {
    [
        "date",
        "interval",
        "money",
        "real",
        "double precision",
        "bytea",
    ]
    .contains(&type_name)
        || type_name.starts_with("time")
}

fn has_modifier(type_name: &str) -> bool {
    type_name.contains('(')
}
