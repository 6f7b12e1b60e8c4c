//! One column's name in another's place, wherever a table has it.
//!
//! No IO. Callers: renames, and the planner, which builds beside a column what another will rest on. Literals keep what
//! looks like the name.

use std::collections::HashSet;

use crate::identifiers::quoted;
use crate::value::{Constraint, ConstraintKind, Index, Name, Schema, Table, Trigger};

/// The table and those that have its columns.
pub(crate) fn descendants(schema: &Schema, name: &Name) -> HashSet<Name> {
    let mut found = HashSet::from([name.clone()]);
    loop {
        let before = found.len();
        for table in &schema.tables {
            let parents = table.partition_of.iter().map(|of| &of.parent);
            if parents.chain(&table.inherits).any(|it| found.contains(it)) {
                found.insert(table.name.clone());
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

pub(crate) fn rename_in_list(list: &mut [String], from: &str, to: &str) {
    for it in list.iter_mut().filter(|it| *it == from) {
        to.clone_into(it);
    }
}

pub(crate) fn rename_in_table(table: &mut Table, from: &str, to: &str) {
    let text = |text: &mut String| *text = substituted(text, from, to);
    for column in &mut table.columns {
        if column.name == from {
            to.clone_into(&mut column.name);
        }
        if let Some(generated) = &mut column.generated {
            text(&mut generated.expression);
        }
    }
    for constraint in &mut table.constraints {
        rename_in_constraint(constraint, from, to);
    }
    for index in &mut table.indexes {
        rename_in_index(index, from, to);
    }
    for Trigger {
        columns, condition, ..
    } in &mut table.triggers
    {
        rename_in_list(columns, from, to);
        condition.iter_mut().for_each(text);
    }
    for policy in &mut table.policies {
        policy
            .using
            .iter_mut()
            .chain(&mut policy.check)
            .for_each(text);
    }
    table
        .partition_by
        .iter_mut()
        .for_each(|by| text(&mut by.keys));
}

pub(crate) fn rename_in_constraint(constraint: &mut Constraint, from: &str, to: &str) {
    match &mut constraint.kind {
        ConstraintKind::PrimaryKey {
            columns, include, ..
        }
        | ConstraintKind::Unique {
            columns, include, ..
        } => {
            rename_in_list(columns, from, to);
            rename_in_list(include, from, to);
        }
        ConstraintKind::Check { expression, .. } => *expression = substituted(expression, from, to),
        ConstraintKind::ForeignKey {
            columns,
            on_delete_columns,
            ..
        } => {
            rename_in_list(columns, from, to);
            rename_in_list(on_delete_columns, from, to);
        }
        ConstraintKind::Exclude {
            elements,
            include,
            predicate,
            ..
        } => {
            let mut index = Index {
                elements: std::mem::take(elements),
                include: std::mem::take(include),
                predicate: predicate.take(),
                ..Default::default()
            };
            rename_in_index(&mut index, from, to);
            (*elements, *include, *predicate) = (index.elements, index.include, index.predicate);
        }
    }
}

pub(crate) fn rename_in_index(index: &mut Index, from: &str, to: &str) {
    for element in &mut index.elements {
        rename_in_list(element.column.as_mut_slice(), from, to);
        let expression = element.expression.iter_mut();
        expression.for_each(|it| *it = substituted(it, from, to));
    }
    rename_in_list(&mut index.include, from, to);
    let predicate = index.predicate.iter_mut();
    predicate.for_each(|it| *it = substituted(it, from, to));
}

/// The text with one name in another's place, but not within literals.
pub(crate) fn substituted(text: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => quoted_length(rest, '\''),
            '"' => quoted_length(rest, '"'),
            it if is_letter(it) => rest.find(|it| !is_letter(it)).unwrap_or(rest.len()),
            it => it.len_utf8(),
        };
        let (token, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let inner = token.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        let is_name = match inner {
            Some(inner) => inner.replace("\"\"", "\"") == from,
            None => is_letter(first) && token.to_lowercase() == from,
        };
        if is_name {
            out.push_str(&quoted(to));
        } else {
            out.push_str(token);
        }
        rest = tail;
    }
    out
}

fn is_letter(it: char) -> bool {
    it.is_alphanumeric() || it == '_' || it == '$'
}

/// The bytes up to the closing quote; a doubled one does not close.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((place, letter)) = letters.next() {
        if letter == quote {
            if letters.peek().is_some_and(|(_, next)| *next == quote) {
                letters.next();
            } else {
                return place + quote.len_utf8();
            }
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::substituted;

    #[test]
    fn literals_keep_what_looks_like_the_name() {
        let text = r#"a > 0 and "a" <> 'a ''a' and aa is null"#;
        let expected = r#""B" > 0 and "B" <> 'a ''a' and aa is null"#;
        assert_eq!(substituted(text, "a", "B"), expected);
    }

    #[test]
    fn an_open_quote_ends_with_the_text() {
        assert_eq!(substituted("a 'a", "a", "b"), "b 'a");
        assert_eq!(substituted("\"ä", "ä", "b"), "\"ä");
    }
}
