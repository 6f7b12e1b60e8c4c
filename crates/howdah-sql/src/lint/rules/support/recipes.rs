//! Statements that several rules advise, for the names at hand and the version of the server.

use std::fmt::{Display, Write as _};

use super::known;
use crate::ast::{
    ColumnDef, Constraint, IndexElement, KeyConstraint, Name, ObjectName, StorageOption,
};
use crate::catalog::Index;
use crate::lint::context::At;
use crate::text::{Span, quote_identifier};

/// Demands a value in a column without reading the table under a lock that blocks.
pub(in crate::lint::rules) fn not_null(at: &At<'_>, table: &ObjectName, column: &Name) -> String {
    if at.since(18) {
        let name = at.constraint_name(table, &[&column.text], "not_null");
        return format!(
            "ALTER TABLE {table} ADD CONSTRAINT {name} NOT NULL {column} NOT VALID;\n\
             ALTER TABLE {table} VALIDATE CONSTRAINT {name};"
        );
    }
    let name = at.constraint_name(table, &[&column.text], "present");
    let proof = validated(table, &name, format_args!("CHECK ({column} IS NOT NULL)"));
    if at.since(12) {
        format!(
            "{proof}\n\
             ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;\n\
             ALTER TABLE {table} DROP CONSTRAINT {name};"
        )
    } else {
        proof
    }
}

/// Adds a constraint in two steps: for new rows, then for those that exist.
pub(in crate::lint::rules) fn validated(
    table: &ObjectName,
    name: &str,
    constraint: impl Display,
) -> String {
    format!(
        "ALTER TABLE {table} ADD CONSTRAINT {name} {constraint} NOT VALID;\n\
         ALTER TABLE {table} VALIDATE CONSTRAINT {name};"
    )
}

/// Fills a column a batch at a time.
pub(in crate::lint::rules) fn backfill(
    table: &ObjectName,
    column: &Name,
    value: impl Display,
) -> String {
    batches(table, column, value, format_args!("{column} IS NULL"))
}

/// Fills a column from another one a batch at a time.
pub(in crate::lint::rules) fn backfill_from(
    table: &ObjectName,
    column: &Name,
    source: &Name,
    value: impl Display,
) -> String {
    // rows with nothing to take over would be found again and again
    let condition = format_args!("{column} IS NULL AND {source} IS NOT NULL");
    batches(table, column, value, condition)
}

fn batches(
    table: &ObjectName,
    column: &Name,
    value: impl Display,
    condition: impl Display,
) -> String {
    // a place is unique within a partition alone, so the rows are asked twice
    format!(
        "-- again and again, each a transaction of its own, until no row is left\n\
         UPDATE {table} SET {column} = {value}\n\
         WHERE {condition} AND ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {condition} LIMIT 1000));"
    )
}

/// A column's definition as it was written, but for one of its constraints.
pub(in crate::lint::rules) fn column_without(
    at: &At<'_>,
    column: &ColumnDef,
    constraint: &Constraint,
) -> String {
    let all = Span {
        start: column.name.span.start,
        ..column.span
    };
    let written = at.written(all);
    let place = |position: u32| position.saturating_sub(all.start) as usize;
    let before = written
        .get(..place(constraint.span.start))
        .unwrap_or(written);
    let after = written
        .get(place(constraint.span.end)..)
        .unwrap_or_default();
    let (before, after) = (before.trim_end(), after.trim());
    if after.is_empty() {
        before.to_owned()
    } else {
        format!("{before} {after}")
    }
}

/// A unique index that is built without blocking.
pub(in crate::lint::rules) fn unique_index(
    table: &ObjectName,
    name: &str,
    key: &KeyConstraint,
) -> String {
    let elements = key_elements(key);
    format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} {elements};")
}

/// When a constraint is tested, as it stands behind it.
pub(in crate::lint::rules) fn timing(constraint: &Constraint) -> &'static str {
    match (constraint.deferrable, constraint.initially_deferred) {
        (_, true) => " DEFERRABLE INITIALLY DEFERRED",
        (true, false) => " DEFERRABLE",
        (false, false) => "",
    }
}

/// An index that is known, built without blocking. Of a unique one it is not known how it takes `NULL`.
pub(in crate::lint::rules) fn index(at: &At<'_>, index: &Index) -> String {
    let (name, table) = (
        quote_identifier(&index.name.name),
        known::spoken(at.catalog, &index.table),
    );
    if index.unique {
        return format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} …;");
    }
    let elements: Vec<String> = index.elements.iter().map(element).collect();
    let mut text = format!(
        "CREATE INDEX CONCURRENTLY {name} ON {table} USING {} ({})",
        index.method,
        elements.join(", ")
    );
    if !index.include.is_empty() {
        let include = index.include.iter().map(|it| quote_identifier(it));
        let _ = write!(
            text,
            " INCLUDE ({})",
            include.collect::<Vec<_>>().join(", ")
        );
    }
    text += &with_options(&index.options);
    if let Some(tablespace) = &index.tablespace {
        let _ = write!(text, " TABLESPACE {}", quote_identifier(tablespace));
    }
    if let Some(predicate) = &index.predicate {
        let _ = write!(text, " WHERE {}", predicate.text);
    }
    text + ";"
}

fn element(element: &IndexElement) -> String {
    let mut text = match &element.column {
        Some(column) => column.to_string(),
        None => format!("({})", element.expr.text),
    };
    if let Some(collation) = &element.collation {
        let _ = write!(text, " COLLATE {collation}");
    }
    if let Some(class) = &element.operator_class {
        let _ = write!(text, " {class}");
    }
    if element.descending {
        text += " DESC";
    }
    match element.nulls_first {
        Some(true) => text += " NULLS FIRST",
        Some(false) => text += " NULLS LAST",
        None => {}
    }
    text
}

fn with_options(options: &[StorageOption]) -> String {
    if options.is_empty() {
        return String::new();
    }
    let option = |it: &StorageOption| match &it.value {
        Some(value) => format!("{} = {value}", it.name),
        None => it.name.clone(),
    };
    let options: Vec<String> = options.iter().map(option).collect();
    format!(" WITH ({})", options.join(", "))
}

/// A constraint made of an index that was built without blocking.
pub(in crate::lint::rules) fn key_using_index(
    table: &ObjectName,
    name: &str,
    kind: &str,
    key: &KeyConstraint,
    timing: &str,
) -> String {
    format!(
        "{}\nALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {name}{timing};",
        unique_index(table, name, key)
    )
}

/// `(a, b) INCLUDE (c) NULLS NOT DISTINCT WITH (…)`: what a key's index is.
pub(in crate::lint::rules) fn key_elements(key: &KeyConstraint) -> String {
    let mut text = format!("({})", list(&key.columns));
    if !key.include.is_empty() {
        let _ = write!(text, " INCLUDE ({})", list(&key.include));
    }
    if key.nulls_not_distinct {
        text += " NULLS NOT DISTINCT";
    }
    text += &with_options(&key.options);
    if let Some(tablespace) = &key.tablespace {
        let _ = write!(text, " TABLESPACE {tablespace}");
    }
    text
}

/// The same as a constraint has it: `NULLS NOT DISTINCT (a, b) INCLUDE (c)`, with its index's options behind.
pub(in crate::lint::rules) fn constraint_elements(key: &KeyConstraint) -> String {
    let nulls = if key.nulls_not_distinct {
        "NULLS NOT DISTINCT "
    } else {
        ""
    };
    let mut text = format!("{nulls}({})", list(&key.columns));
    if !key.include.is_empty() {
        let _ = write!(text, " INCLUDE ({})", list(&key.include));
    }
    text += &with_options(&key.options);
    if let Some(tablespace) = &key.tablespace {
        let _ = write!(text, " USING INDEX TABLESPACE {tablespace}");
    }
    text
}

/// `a, b`.
pub(in crate::lint::rules) fn list(names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// The name of something that lies in a table's schema, as an index does.
pub(in crate::lint::rules) fn beside(table: &ObjectName, name: &str) -> String {
    match &table.schema {
        Some(schema) => format!("{}.{name}", quote_identifier(schema)),
        None => name.to_owned(),
    }
}

/// Whether a constraint has the name that [`not_null`] gives to its proof, which is dropped when it has done its work.
pub(in crate::lint::rules) fn is_proof(name: &Name) -> bool {
    name.text.ends_with("_present")
}
