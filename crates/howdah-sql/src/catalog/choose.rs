//! The names that PostgreSQL chooses: `t_pkey`, `t_a_b_key`, `t_lower_idx`.
//!
//! As `makeObjectName`, `ChooseRelationName`, `ChooseIndexName` and `ChooseConstraintName` of
//! `src/backend/commands/indexcmds.c` and `src/backend/catalog/pg_constraint.c` do it.

use super::Catalog;
use super::store::beside_path;
use crate::ast::{ConstraintKind, Expr, IndexElement, ObjectName};

/// `NAMEDATALEN - 1`.
const LONGEST: usize = 63;

/// `name1_name2_label`, the longer of the two names cut until it fits.
pub(super) fn object_name(first: &str, second: &str, label: &str) -> String {
    let fixed = usize::from(!second.is_empty()) + usize::from(!label.is_empty()) + label.len();
    let room = LONGEST.saturating_sub(fixed);
    let (mut one, mut two) = (first.len(), second.len());
    while one + two > room {
        if one > two {
            one -= 1;
        } else {
            two -= 1;
        }
    }
    let parts = [clip(first, one), clip(second, two), label];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("_")
}

fn clip(name: &str, length: usize) -> &str {
    let end = (0..=length.min(name.len()))
        .rev()
        .find(|at| name.is_char_boundary(*at));
    name.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// Tries `label`, `label1`, `label2`, … until a name is free.
fn first_free(first: &str, second: &str, label: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut name = object_name(first, second, label);
    let mut number = 0u32;
    while taken(&name) {
        number += 1;
        name = object_name(first, second, &format!("{label}{number}"));
    }
    name
}

/// The names of an index's columns, joined, those that it includes at the end; an expression is
/// called like a function or `expr`.
pub(super) fn joined_columns<'a>(
    elements: &[IndexElement],
    include: impl Iterator<Item = &'a str>,
) -> String {
    let keys = elements.iter().map(|element| {
        let implied = || element.expr.node.implied_name();
        let column = element.column.as_ref().map(|name| name.text.clone());
        column.or_else(implied).unwrap_or_else(|| "expr".to_owned())
    });
    let mut names: Vec<String> = Vec::new();
    for origin in keys.chain(include.map(str::to_owned)) {
        let mut name = origin.clone();
        let mut number = 0;
        while names.contains(&name) {
            number += 1;
            name = format!("{origin}{number}");
        }
        names.push(name);
    }
    joined(names.iter().map(String::as_str))
}

/// Names joined by `_`, no longer than any name.
pub(super) fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut all = String::new();
    for name in names {
        if !all.is_empty() {
            all.push('_');
        }
        all.push_str(name);
        if all.len() >= LONGEST {
            break;
        }
    }
    clip(&all, LONGEST).to_owned()
}

impl Catalog {
    /// A name for an index of a table.
    pub(super) fn index_name(&self, table: &ObjectName, columns: &str, label: &str) -> String {
        let is_constraint = label != "idx";
        first_free(&table.name, columns, label, |name| {
            let place = beside_path(table, name);
            self.objects.has(place) || (is_constraint && self.objects.has_constraint(place))
        })
    }

    /// A name for a constraint without an index; such names are unique in a schema.
    pub(super) fn constraint_name(
        &self,
        table: &ObjectName,
        kind: &ConstraintKind,
        others: &[String],
    ) -> String {
        let (columns, label) = match kind {
            ConstraintKind::Check(expr) => (only_column(expr), "check"),
            ConstraintKind::NotNull(column) => {
                (joined(column.iter().map(|name| &**name)), "not_null")
            }
            ConstraintKind::ForeignKey(key) => {
                (joined(key.columns.iter().map(|name| &**name)), "fkey")
            }
            _ => (String::new(), "constraint"),
        };
        first_free(&table.name, &columns, label, |name| {
            others.iter().any(|other| other == name)
                || self.objects.has_constraint(beside_path(table, name))
        })
    }
}

/// A check's name has the column only when there is exactly one.
fn only_column(expr: &Expr) -> String {
    match expr.columns().as_slice() {
        [column] => (*column).to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_where_postgresql_cuts_them() {
        let (table, column) = ("t".repeat(50), "c".repeat(20));
        let name = object_name(&table, &column, "idx");
        assert_eq!(name, format!("{}_{column}_idx", "t".repeat(38)));
        assert_eq!(object_name("t", "", "pkey"), "t_pkey");
        assert_eq!(object_name(&"ä".repeat(40), "", "key").len(), 62);
    }
}
