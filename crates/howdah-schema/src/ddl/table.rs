//! `create table`. No IO.

use std::borrow::Cow;

use super::{constraint, foreign, push_some, sequence, with};
use crate::identifiers::quoted;
use crate::value::{Column, Constraint, ConstraintKind, NotNull, PartitionOf, Schema, Table};

/// The statements that make it: a partition with an order of columns of its own is made by itself and attached.
pub(crate) fn create(it: &Table, schema: &Schema) -> Vec<String> {
    match &it.partition_of {
        Some(of) if !of.columns.is_empty() => {
            let (parent, bounds) = (&of.parent, &of.bounds);
            let attach = format!("alter table {parent} attach partition {} {bounds}", it.name);
            vec![create_apart(it, of, schema), attach]
        }
        _ => vec![create_whole(it)],
    }
}

fn create_whole(it: &Table) -> String {
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
pub(crate) fn create_apart(it: &Table, of: &PartitionOf, schema: &Schema) -> String {
    let mut all = if of.columns.is_empty() {
        vec![like(of)]
    } else {
        in_its_order(of, schema)
    };
    all.extend(lines(it));
    let mut text = begun(it);
    push_lines(&mut text, &all);
    text + &ended(it)
}

fn like(of: &PartitionOf) -> String {
    // attaching brings indexes and identity along; the others no partition has
    let excluded = ["indexes", "identity", "comments", "statistics"];
    let excluded = excluded.map(|it| format!(" excluding {it}")).concat();
    format!("like {} including all{excluded}", of.parent)
}

/// The columns and checks that its parents have, as they must be to attach it.
fn in_its_order(of: &PartitionOf, schema: &Schema) -> Vec<String> {
    let first = schema.table(&of.parent);
    let parents = std::iter::successors(first, |it| {
        let of = it.partition_of.as_ref()?;
        schema.table(&of.parent)
    });
    let parents: Vec<&Table> = parents.collect();
    let columns = || parents.iter().flat_map(|it| &it.columns);
    let named = |name: &String| columns().find(|it| it.name == *name);
    // its numbers come from the whole
    let bare = |it: &Column| Column {
        identity: None,
        ..it.clone()
    };
    let columns = of.columns.iter().filter_map(named);
    let columns = columns.map(|it| column(&bare(it)));
    let is_passed_on = |it: &&Constraint| {
        let kind = &it.kind;
        matches!(kind, ConstraintKind::Check { no_inherit, .. } if !no_inherit)
    };
    let constraints = parents.iter().flat_map(|it| &it.constraints);
    let checks = constraints.filter(is_passed_on);
    columns.chain(checks.map(constraint::definition)).collect()
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
