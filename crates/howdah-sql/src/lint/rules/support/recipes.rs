//! Statements that several rules advise, for the names at hand and the version of the server.

use std::fmt::{Display, Write as _};

use super::known;
use crate::ast::{ColumnDef, Constraint, KeyConstraint, Name, ObjectName};
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
    format!(
        "-- again and again, each a transaction of its own, until no row is left\n\
         UPDATE {table} SET {column} = {value}\n\
         WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {column} IS NULL LIMIT 1000));"
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

/// A constraint made of an index that was built without blocking.
pub(in crate::lint::rules) fn key_using_index(
    table: &ObjectName,
    name: &str,
    kind: &str,
    key: &KeyConstraint,
) -> String {
    format!(
        "{}\nALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {name};",
        unique_index(table, name, key)
    )
}

/// `(a, b) INCLUDE (c) NULLS NOT DISTINCT`: what a key's index is over.
pub(in crate::lint::rules) fn key_elements(key: &KeyConstraint) -> String {
    let mut text = format!("({})", list(&key.columns));
    if !key.include.is_empty() {
        let _ = write!(text, " INCLUDE ({})", list(&key.include));
    }
    if key.nulls_not_distinct {
        text += " NULLS NOT DISTINCT";
    }
    text
}

/// `a, b`.
pub(in crate::lint::rules) fn list(names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// An index of a partitioned table, built partition by partition without blocking.
pub(in crate::lint::rules) fn partitioned_index(
    at: &At<'_>,
    table: &ObjectName,
    name: &str,
    elements: &str,
    unique: bool,
) -> String {
    let unique = if unique { "UNIQUE " } else { "" };
    let mut steps = format!("CREATE {unique}INDEX {name} ON ONLY {table} {elements};");
    let mut partitions = known::partitions(at.catalog, table);
    if partitions.is_empty() {
        steps += "\n-- and of each partition:";
        partitions.push(ObjectName::new("partition"));
    }
    for partition in partitions {
        let own = at.constraint_name(&partition, &[], name.trim_matches('"'));
        let _ = write!(
            steps,
            "\nCREATE {unique}INDEX CONCURRENTLY {own} ON {partition} {elements};\n\
             ALTER INDEX {} ATTACH PARTITION {};",
            beside(table, name),
            beside(&partition, &own)
        );
    }
    steps
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
