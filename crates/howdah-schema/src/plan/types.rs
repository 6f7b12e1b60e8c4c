//! Whether a change of a type reads or rewrites the rows.
//!
//! No IO. What is not known to change the catalog alone, rewrites the table; the pairs were measured on PostgreSQL 12 to 18.

use crate::ddl::words;
use crate::diff::column::base;
use crate::value::{Column, ConstraintKind, Table};

/// What a change of a type does to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It changes the catalog alone.
    Nothing,
    /// The rows are read, to check constraints or to build indexes.
    Read,
    /// The rows and all indexes are written anew.
    Rewrite,
}

pub(crate) fn effect(table: &Table, from: &Column, to: &Column) -> Effect {
    if !is_wider(&from.type_name, &to.type_name) {
        return Effect::Rewrite;
    }
    let is_met = |text: &str| words(text).any(|word| word == to.name);
    let texts = table.indexes.iter().flat_map(|it| {
        let expressions = it.elements.iter().filter_map(|it| it.expression.as_deref());
        expressions.chain(it.predicate.as_deref())
    });
    let checks = table.constraints.iter().filter_map(|it| match &it.kind {
        ConstraintKind::Check { expression, .. } => Some(expression.as_str()),
        _ => None,
    });
    let is_indexed = table.indexes.iter().flat_map(|it| &it.elements);
    let is_indexed = is_indexed
        .filter_map(|it| it.column.as_ref())
        .any(|it| *it == to.name);
    let reorders = from.collation != to.collation && is_indexed;
    if reorders || texts.chain(checks).any(is_met) {
        return Effect::Read;
    }
    Effect::Nothing
}

/// Whether every value of one type is stored alike as a value of the other.
fn is_wider(from: &str, to: &str) -> bool {
    let (old, new) = (modifiers(from), modifiers(to));
    let at_least = || match (old.as_slice(), new.as_slice()) {
        (_, []) => true,
        ([old], [new]) => old <= new,
        ([old, scale], [new, same]) => old <= new && scale == same,
        _ => false,
    };
    if from == to {
        return true;
    }
    if from.ends_with(']') || to.ends_with(']') {
        return false;
    }
    match (base(from), base(to)) {
        ("character varying", "text") | ("cidr", "inet") => true,
        ("text", "character varying") => new.is_empty(),
        (one, other) if one != other => false,
        ("character varying" | "numeric" | "bit varying", _) => at_least(),
        (one, _) if one.starts_with("timestamp") || one.starts_with("time") => at_least(),
        _ => false,
    }
}

/// The numbers between a type's parentheses.
fn modifiers(name: &str) -> Vec<i64> {
    let inner = name
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'));
    let Some((inner, _)) = inner else {
        return Vec::new();
    };
    inner
        .split(',')
        .filter_map(|it| it.trim().parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::is_wider;

    #[test]
    fn what_grows_is_not_written_again() {
        let wider = [
            ("character varying(20)", "character varying(40)"),
            ("character varying(20)", "character varying"),
            ("character varying(20)", "text"),
            ("text", "character varying"),
            ("numeric(8,2)", "numeric(10,2)"),
            ("numeric(8,2)", "numeric"),
            (
                "timestamp(3) without time zone",
                "timestamp without time zone",
            ),
            ("cidr", "inet"),
        ];
        for (from, to) in wider {
            assert!(is_wider(from, to), "{from} {to}");
        }
        let others = [
            ("character varying(40)", "character varying(20)"),
            ("text", "character varying(20)"),
            ("numeric(8,2)", "numeric(10,3)"),
            ("numeric", "numeric(10,3)"),
            ("integer", "bigint"),
            ("character(3)", "character(5)"),
            ("character varying(20)[]", "character varying(40)[]"),
            ("timestamp without time zone", "timestamp with time zone"),
            ("json", "jsonb"),
        ];
        for (from, to) in others {
            assert!(!is_wider(from, to), "{from} {to}");
        }
    }
}
