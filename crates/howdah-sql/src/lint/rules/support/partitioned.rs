//! Indexes and keys of partitioned tables, which are built partition by partition and put together.
//!
//! No IO. Called by the rules that advise them. Invariant: an index is attached to that of its own table's parent, however
//! deep the partitions are nested, and what is left is what was asked for: an index, or the constraint.

use std::fmt::Write as _;

use super::{known, recipes};
use crate::ast::{KeyConstraint, Name, ObjectName};
use crate::lint::context::At;

/// An index of a partitioned table, built without blocking.
pub(in crate::lint::rules) fn index(
    at: &At<'_>,
    table: &ObjectName,
    name: &str,
    elements: &str,
    unique: bool,
) -> String {
    let unique = if unique { "UNIQUE " } else { "" };
    let made = |table: &ObjectName, name: &str, is_leaf: bool| {
        if is_leaf {
            format!("CREATE {unique}INDEX CONCURRENTLY {name} ON {table} {elements};")
        } else {
            format!("CREATE {unique}INDEX {name} ON ONLY {table} {elements};")
        }
    };
    assembled(at, table, name, &made)
}

/// `UNIQUE` or a primary key of a partitioned table, whose indexes are built without blocking.
pub(in crate::lint::rules) fn key(
    at: &At<'_>,
    table: &ObjectName,
    name: &str,
    kind: &str,
    key: &KeyConstraint,
    timing: &str,
) -> String {
    // a constraint has its `NULLS NOT DISTINCT` in front
    let written = recipes::constraint_elements(key);
    let made = |table: &ObjectName, name: &str, is_leaf: bool| {
        if is_leaf {
            recipes::key_using_index(table, name, kind, key, timing)
        } else {
            format!("ALTER TABLE ONLY {table} ADD CONSTRAINT {name} {kind} {written}{timing};")
        }
    };
    assembled(at, table, name, &made)
}

/// Demands values in columns of every partition that holds rows, then of the table.
pub(in crate::lint::rules) fn not_null(
    at: &At<'_>,
    table: &ObjectName,
    columns: &[Name],
) -> String {
    let mut steps = String::new();
    let may_be_null =
        |table: &ObjectName, column: &&Name| known::may_be_null(at.catalog, table, &column.text);
    for column in columns.iter().filter(|it| may_be_null(table, it)) {
        let mut partitions = known::partitions(at.catalog, table);
        partitions.retain(|it| may_be_null(it, &column));
        for partition in partitions {
            let _ = writeln!(steps, "{}", recipes::not_null(at, &partition, column));
        }
        let _ = writeln!(
            steps,
            "ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;"
        );
    }
    steps
}

/// What is made for a table and each of its partitions, those below attached to what is above.
fn assembled(
    at: &At<'_>,
    table: &ObjectName,
    name: &str,
    made: &dyn Fn(&ObjectName, &str, bool) -> String,
) -> String {
    let mut steps = made(table, name, false);
    let mut children = known::children(at.catalog, table);
    if children.is_empty() {
        steps += "\n-- and of each partition:";
        children.push((ObjectName::new("partition"), true));
    }
    for (partition, is_leaf) in children {
        let own = at.constraint_name(&partition, &[], name.trim_matches('"'));
        let part = if is_leaf {
            made(&partition, &own, true)
        } else if known::children(at.catalog, &partition).is_empty() {
            // it has nothing to wait for
            made(&partition, &own, false)
        } else {
            assembled(at, &partition, &own, made)
        };
        let _ = write!(
            steps,
            "\n{part}\nALTER INDEX {} ATTACH PARTITION {};",
            recipes::beside(table, name),
            recipes::beside(&partition, &own)
        );
    }
    steps
}
