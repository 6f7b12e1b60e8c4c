//! Between which types values go by themselves. No IO.

use crate::diff::column::{base, conversion};
use crate::value::Column;

/// The expression that makes a value of the new type from `text`, a value of the old one.
pub(super) fn converted(text: &str, from: &Column, to: &Column) -> String {
    conversion(text, &from.type_name, &to.type_name, false).unwrap_or_else(|| text.to_owned())
}

/// What becomes of values that are there, where they do not stay what they are; nothing where those that do not fit are
/// refused.
pub(in crate::plan) fn lost(from: &Column, to: &Column) -> Option<String> {
    let (old, new) = (base(&from.type_name), base(&to.type_name));
    let said = |text: &str| Some(text.to_owned());
    if from.type_name.ends_with("[]") || to.type_name.ends_with("[]") {
        return None;
    }
    match (old, new) {
        (_, "numeric") if is_number(old) => {
            let digits = scale(&to.type_name)?;
            let is_less = scale_of_number(old, &from.type_name).is_none_or(|it| it > digits);
            is_less.then(|| format!("values are rounded to {digits} digits after the point"))
        }
        ("numeric" | "real" | "double precision", "smallint" | "integer" | "bigint") => {
            said("values are rounded to whole numbers")
        }
        ("integer" | "bigint" | "numeric" | "double precision", "real") => {
            said("values of more than 6 digits are rounded")
        }
        ("bigint" | "numeric", "double precision") => {
            said("values of more than 15 digits are rounded")
        }
        (
            "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision",
            "boolean",
        ) => said("every number but 0 becomes true"),
        (_, "date") if old.starts_with("timestamp") => said("the time of day is lost"),
        (_, _) if old.starts_with("timestamp") && new.starts_with("time ") => {
            said("the date is lost")
        }
        ("timestamp without time zone", "timestamp with time zone")
        | ("timestamp with time zone", "timestamp without time zone") => {
            said("the time zone of the session that does it decides which moment a value is")
        }
        _ if old == new && (old.starts_with("time") || old == "interval") => {
            let digits = precision(&to.type_name).filter(|it| *it < 6)?;
            let is_less = precision(&from.type_name).is_none_or(|it| it > digits);
            is_less.then(|| format!("seconds are rounded to {digits} digits after the point"))
        }
        ("json", "jsonb") => said("the order of keys, repeated keys and spaces are lost"),
        _ => None,
    }
}

fn is_number(name: &str) -> bool {
    let whole = ["smallint", "integer", "bigint"].contains(&name);
    whole || ["numeric", "real", "double precision"].contains(&name)
}

/// The digits after the point of a numeric type that says how many.
fn scale(type_name: &str) -> Option<i64> {
    let (_, rest) = type_name.split_once('(')?;
    let mut parts = rest.trim_end_matches(')').split(',').skip(1);
    Some(parts.next().map_or(0, |it| it.trim().parse().unwrap_or(0)))
}

/// At most so many digits after the point; nothing where there may be any number of them.
fn scale_of_number(base: &str, type_name: &str) -> Option<i64> {
    match base {
        "numeric" => scale(type_name),
        "real" | "double precision" => None,
        _ => Some(0),
    }
}

/// The digits of seconds that a type of moments or lengths of time says.
fn precision(type_name: &str) -> Option<i64> {
    let (_, rest) = type_name.split_once('(')?;
    rest.split_once(')')?.0.trim().parse().ok()
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
    fn what_is_lost_is_told() {
        let told = [
            ("double precision", "numeric(12,2)", "rounded to 2 digits"),
            ("numeric(12,4)", "numeric(12,2)", "rounded to 2 digits"),
            ("numeric", "numeric(12)", "rounded to 0 digits"),
            ("double precision", "integer", "whole numbers"),
            ("integer", "real", "more than 6 digits"),
            ("timestamp with time zone", "date", "time of day"),
            (
                "timestamp without time zone",
                "time without time zone",
                "the date",
            ),
            (
                "timestamp(6) with time zone",
                "timestamp(0) with time zone",
                "seconds",
            ),
            (
                "timestamp with time zone",
                "timestamp(3) with time zone",
                "seconds",
            ),
            ("json", "jsonb", "order of keys"),
            ("integer", "boolean", "true"),
        ];
        for (from, to, expected) in told {
            let found = lost(&column(from), &column(to));
            let is_told = found.is_some_and(|it| it.contains(expected));
            assert!(is_told, "{from} {to}");
            assert!(loses(&column(from), &column(to)).is_some(), "{from} {to}");
        }
        let kept = [
            ("integer", "bigint"),
            ("integer", "double precision"),
            ("integer", "numeric(12,2)"),
            ("numeric(12,2)", "numeric(14,2)"),
            ("numeric(12,2)", "numeric"),
            ("real", "double precision"),
            ("date", "timestamp with time zone"),
            ("timestamp(3) with time zone", "timestamp with time zone"),
            ("character varying(20)", "text"),
            ("text", "integer"),
        ];
        for (from, to) in kept {
            assert_eq!(lost(&column(from), &column(to)), None, "{from} {to}");
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
