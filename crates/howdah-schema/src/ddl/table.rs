//! `create table`. No IO.

use std::borrow::Cow;

use super::{constraint, foreign, push_some, sequence, with};
use crate::identifiers::quoted;
use crate::value::{Column, Name, NotNull, Table};

pub(crate) fn create(it: &Table) -> String {
    let of = it.partition_of.as_ref().map(|of| &of.parent);
    let mut text = begun(it);
    push_some(&mut text, " partition of ", of);
    push_some(&mut text, " of ", it.of_type.as_ref());
    let lines = lines(it);
    if !lines.is_empty() {
        push_lines(&mut text, &lines);
    } else if it.partition_of.is_none() && it.of_type.is_none() {
        text.push_str(" ()");
    }
    push_some(
        &mut text,
        " ",
        it.partition_of.as_ref().map(|of| &of.bounds),
    );
    text + &ended(it)
}

/// A partition by itself, as it can be attached to its parent.
pub(crate) fn create_apart(it: &Table, parent: &Name) -> String {
    // attaching brings indexes and identity along; the others no partition has
    let excluded = ["indexes", "identity", "comments", "statistics"];
    let excluded = excluded.map(|it| format!(" excluding {it}")).concat();
    let mut all = vec![format!("like {parent} including all{excluded}")];
    all.extend(lines(it));
    let mut text = begun(it);
    push_lines(&mut text, &all);
    text + &ended(it)
}

fn push_lines(text: &mut String, lines: &[String]) {
    push_some(text, " (\n    ", Some(lines.join(",\n    ") + "\n)"));
}

/// `create table name`.
fn begun(it: &Table) -> String {
    let kind = match &it.foreign {
        Some(_) => kind(it),
        None if it.unlogged => "unlogged table",
        None => "table",
    };
    format!("create {kind} {}", it.name)
}

/// What follows the columns.
fn ended(it: &Table) -> String {
    let mut text = String::new();
    if !it.inherits.is_empty() {
        let parents: Vec<String> = it.inherits.iter().map(ToString::to_string).collect();
        push_some(&mut text, " inherits (", Some(parents.join(", ") + ")"));
    }
    if let Some(by) = &it.partition_by {
        push_some(&mut text, " partition by ", Some(by.method.sql()));
        push_some(&mut text, " (", Some(format!("{})", by.keys)));
    }
    if let Some(of) = &it.foreign {
        push_some(&mut text, " server ", Some(quoted(&of.server)));
        text.push_str(&foreign::options(&of.options));
    }
    push_some(
        &mut text,
        " using ",
        it.access_method.as_deref().map(quoted),
    );
    text.push_str(&with(&it.options));
    push_some(
        &mut text,
        " tablespace ",
        it.tablespace.as_deref().map(quoted),
    );
    text
}

/// As `drop` and `comment on` name its kind.
pub(crate) fn kind(it: &Table) -> &'static str {
    match it.foreign {
        Some(_) => "foreign table",
        None => "table",
    }
}

fn lines(it: &Table) -> Vec<String> {
    let constraints = it
        .constraints
        .iter()
        .filter(|it| !constraint::comes_later(it));
    let columns = it.columns.iter().filter_map(|column| match it.of_type {
        Some(_) => column_of_type(column),
        None => Some(self::column(column)),
    });
    columns
        .chain(constraints.map(constraint::definition))
        .collect()
}

pub(crate) fn column(it: &Column) -> String {
    let mut text = format!("{} {}", quoted(&it.name), it.type_name);
    text.push_str(&foreign::options(&it.foreign_options));
    push_some(&mut text, " compression ", it.compression.as_ref());
    push_some(&mut text, " collate ", it.collation.as_ref());
    text.push_str(&column_constraints(it));
    text
}

/// What a table of a composite type says of a column, if it says anything.
fn column_of_type(it: &Column) -> Option<String> {
    let says = column_constraints(it);
    (!says.is_empty()).then(|| format!("{} with options{says}", quoted(&it.name)))
}

fn column_constraints(it: &Column) -> String {
    let mut text = String::new();
    push_some(&mut text, " default ", it.default.as_deref().map(default));
    if let Some(generated) = &it.generated {
        let how = if generated.is_virtual {
            "virtual"
        } else {
            "stored"
        };
        let expression = &generated.expression;
        push_some(
            &mut text,
            " generated always as (",
            Some(format!("{expression}) {how}")),
        );
    }
    if let Some(identity) = &it.identity {
        let when = if identity.always {
            "always"
        } else {
            "by default"
        };
        push_some(
            &mut text,
            " generated ",
            Some(format!("{when} as identity")),
        );
        text.push_str(&sequence::of_identity(identity));
    }
    let constraint = it.not_null_constraint.as_ref();
    if it.not_null && !constraint.is_some_and(|it| it.not_valid || it.inherited) {
        text.push_str(&not_null(constraint));
    }
    text
}

/// A default as definitions take it: what has a word between its operands needs parentheses there.
pub(crate) fn default(expression: &str) -> Cow<'_, str> {
    const WORDS: [&str; 9] = [
        "NOT", "AND", "OR", "IS", "IN", "BETWEEN", "LIKE", "ILIKE", "SIMILAR",
    ];
    let mut words = expression.split(|it: char| !it.is_alphanumeric() && it != '_');
    if words.any(|word| WORDS.contains(&word)) {
        return Cow::Owned(format!("({expression})"));
    }
    Cow::Borrowed(expression)
}

/// ` constraint name not null`.
pub(crate) fn not_null(constraint: Option<&NotNull>) -> String {
    let mut text = String::new();
    let name = constraint.and_then(|it| it.name.as_deref());
    push_some(&mut text, " constraint ", name.map(quoted));
    text.push_str(" not null");
    if constraint.is_some_and(|it| it.no_inherit) {
        text.push_str(" no inherit");
    }
    text
}
