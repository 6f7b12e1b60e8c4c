//! `create index`, and what it has in common with exclusion constraints. No IO.

use super::{push_some, with};
use crate::identifiers::{quoted, quoted_list};
use crate::value::{Direction, Element, Index, Name, Nulls};

/// An index that is not valid is that of a partitioned table some of whose partitions have none: they get none.
pub(crate) fn create(table: &Name, it: &Index) -> String {
    let unique = if it.unique { "unique " } else { "" };
    let mut text = format!("create {unique}index");
    push_some(&mut text, " ", it.name.as_deref().map(quoted));
    push_some(
        &mut text,
        if it.invalid { " on only " } else { " on " },
        Some(table),
    );
    push_some(&mut text, " using ", it.method.as_deref().map(quoted));
    let elements: Vec<String> = it.elements.iter().map(element).collect();
    push_some(&mut text, " (", Some(elements.join(", ") + ")"));
    text.push_str(&include(&it.include));
    if it.nulls_not_distinct {
        text.push_str(" nulls not distinct");
    }
    text.push_str(&with(&it.options));
    push_some(
        &mut text,
        " tablespace ",
        it.tablespace.as_deref().map(quoted),
    );
    push_some(&mut text, " where ", it.predicate.as_ref());
    text
}

/// The statement that makes it a part of the parent's.
pub(crate) fn attach(table: &Name, it: &Index) -> Option<String> {
    let whole = it.part_of.as_ref()?;
    let name = table.sibling(it.name.as_deref().unwrap_or_default());
    Some(format!("alter index {whole} attach partition {name}"))
}

/// How much is counted of an expression, by its place from 1.
pub(crate) fn set_statistics(table: &Name, it: &Index, place: usize, target: i32) -> String {
    let name = table.sibling(it.name.as_deref().unwrap_or_default());
    format!("alter index {name} alter column {place} set statistics {target}")
}

/// ` include (a, b)`, or nothing.
pub(crate) fn include(columns: &[String]) -> String {
    if columns.is_empty() {
        return String::new();
    }
    format!(" include ({})", quoted_list(columns))
}

pub(crate) fn element(it: &Element) -> String {
    let mut text = match (&it.column, &it.expression) {
        (Some(column), _) => quoted(column).into_owned(),
        (None, expression) => format!("({})", expression.as_deref().unwrap_or_default()),
    };
    push_some(&mut text, " collate ", it.collation.as_ref());
    push_some(&mut text, " ", it.operator_class.as_ref());
    if it.direction == Direction::Desc {
        text.push_str(" desc");
    }
    let nulls = it.nulls.map(|place| match place {
        Nulls::First => "nulls first",
        Nulls::Last => "nulls last",
    });
    push_some(&mut text, " ", nulls);
    text
}
