//! The names that PostgreSQL chooses: `t_pkey`, `t_a_b_key`, `t_lower_idx`.
//!
//! As `makeObjectName`, `ChooseRelationName`, `ChooseIndexName` and `ChooseConstraintName` of
//! `src/backend/commands/indexcmds.c` and `src/backend/catalog/pg_constraint.c` do it.

use super::Catalog;
use super::layers::Path;
use super::store::{Objects, beside_path};
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
    let mut name = String::with_capacity(LONGEST);
    for part in [clip(first, one), clip(second, two), label] {
        if !name.is_empty() && !part.is_empty() {
            name.push('_');
        }
        name.push_str(part);
    }
    name
}

fn clip(name: &str, length: usize) -> &str {
    let end = (0..=length.min(name.len()))
        .rev()
        .find(|at| name.is_char_boundary(*at));
    name.get(..end.unwrap_or(0)).unwrap_or_default()
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

/// Where the search for a free name begins is remembered from this number on.
const MANY: u32 = 16;

impl Catalog {
    /// A name for an index of a table.
    pub(super) fn index_name(&mut self, table: &ObjectName, columns: &str, label: &str) -> String {
        let is_constraint = label != "idx";
        self.first_free(table, columns, label, |objects, place| {
            objects.has(place) || (is_constraint && objects.has_constraint(place))
        })
    }

    /// A name for a constraint without an index; such names are unique in a schema.
    pub(super) fn constraint_name(&mut self, table: &ObjectName, kind: &ConstraintKind) -> String {
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
        self.first_free(table, &columns, label, Objects::has_constraint)
    }

    /// Tries `label`, `label1`, `label2`, … until a name is free.
    fn first_free(
        &mut self,
        table: &ObjectName,
        columns: &str,
        label: &str,
        taken: impl Fn(&Objects, Path<'_>) -> bool,
    ) -> String {
        let schema = table.schema.as_deref().unwrap_or_default();
        let tried = || [schema, &table.name, columns, label].join("\0");
        let mut number = self.objects.taken_names(tried);
        let name = loop {
            let name = match number {
                0 => object_name(&table.name, columns, label),
                _ => object_name(&table.name, columns, &format!("{label}{number}")),
            };
            if !taken(&self.objects, beside_path(table, &name)) {
                break name;
            }
            number += 1;
        };
        if number >= MANY {
            self.objects().set_taken_names(tried(), number);
        }
        name
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
