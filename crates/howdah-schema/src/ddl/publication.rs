//! `create publication`. No IO.

use super::{push_some, with};
use crate::identifiers::{quoted, quoted_list};
use crate::value::{Publication, PublishedTable};

/// The tables are listed one by one: without `only`, those that inherit from one would be published, too.
pub(crate) fn create(it: &Publication) -> String {
    let mut text = format!("create publication {}", quoted(&it.name));
    let mut parts: Vec<String> = it
        .tables
        .iter()
        .map(|it| format!("table only {}", table(it)))
        .collect();
    parts.extend(it.schemas.iter().map(|name| schema(name.as_deref())));
    if it.all_tables {
        text.push_str(" for all tables");
    } else if !parts.is_empty() {
        push_some(&mut text, " for ", Some(parts.join(", ")));
    }
    text.push_str(&with(&it.options));
    text
}

/// `name (columns) where (condition)`.
pub(crate) fn table(it: &PublishedTable) -> String {
    let mut text = it.table.to_string();
    let columns = (!it.columns.is_empty()).then(|| quoted_list(&it.columns) + ")");
    push_some(&mut text, " (", columns);
    let predicate = it.predicate.as_ref().map(|it| format!("{it})"));
    push_some(&mut text, " where (", predicate);
    text
}

/// `tables in schema name`.
pub(crate) fn schema(name: Option<&str>) -> String {
    let name = name.map_or("current_schema".into(), quoted);
    format!("tables in schema {name}")
}
