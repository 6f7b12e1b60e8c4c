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
        return Some("how values are converted depends on settings of the session");
    }
    let is_kept = match (old, new) {
        ("smallint", "integer" | "bigint" | "numeric" | "text")
        | ("integer", "bigint" | "numeric" | "text")
        | ("bigint", "numeric" | "text")
        | ("uuid" | "boolean" | "character varying", "text") => !to.type_name.contains('('),
        _ => false,
    };
    (!is_kept).then_some(
        "a value that the new type does not hold is refused from then on, or rounded, or cut",
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    fn column(type_name: &str) -> Column {
        Column {
            type_name: type_name.to_owned(),
            ..Column::default()
        }
    }

    #[test]
    fn what_is_kept_is_not_asked_about() {
        let kept = [
            ("integer", "bigint"),
            ("integer", "numeric"),
            ("uuid", "text"),
        ];
        for (from, to) in kept {
            assert_eq!(loses(&column(from), &column(to)), None, "{from} {to}");
        }
        let asked = [
            ("bigint", "integer"),
            ("integer", "numeric(10,2)"),
            ("text", "integer"),
            ("text", "character varying(20)"),
            ("text", "mood"),
            ("numeric", "integer"),
            ("numeric(8,2)", "numeric(8,1)"),
            ("timestamp without time zone", "timestamp with time zone"),
            ("text", "date"),
            ("double precision", "numeric"),
            ("character(3)", "text"),
            ("integer[]", "bigint[]"),
        ];
        for (from, to) in asked {
            assert!(loses(&column(from), &column(to)).is_some(), "{from} {to}");
        }
    }
}
