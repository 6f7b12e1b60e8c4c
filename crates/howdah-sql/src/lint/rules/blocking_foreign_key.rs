//! Foreign keys that are looked up for every row under locks on both tables.

use std::fmt::Write as _;

use super::support::{known, model, recipes};
use crate::ast::{
    Action, AlterAction, AlterTable, ColumnDef, Constraint, ConstraintKind, ForeignKey, ObjectName,
};
use crate::lint::context::At;
use crate::lint::finding::Finding;
use crate::lint::rule::{Aliases, Check, Default, Group, Rule};
use crate::lint::severity::Severity;
use crate::text::Span;

pub(crate) static RULE: Rule = Rule {
    name: "blocking-foreign-key",
    summary: "a foreign key that is tested for every row while nobody can write to either table",
    severity: Severity::Error,
    default: Default::On,
    group: Group::Locks,
    aliases: Aliases {
        squawk: &[
            "adding-foreign-key-constraint",
            "constraint-missing-not-valid",
        ],
        eugene: &["E1"],
        strong_migrations: &["add_foreign_key", "add_reference"],
        pgls: &["addingForeignKeyConstraint", "constraintMissingNotValid"],
    },
    page: r"
## What it finds

`ADD FOREIGN KEY` without `NOT VALID`, and `ADD COLUMN … REFERENCES` with a default.

## Why it hurts

Every row is looked up in the other table, while nobody can write to either of the two.

A new column without a default is `NULL` in every row, so nothing is looked up: the two locks are short then, and no finding
of this rule.

## The safe way

Demand it of new rows, which takes the locks for a moment, and look up the others in a transaction of its own, which blocks nobody:

```sql
ALTER TABLE orders ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer) REFERENCES customer NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_customer_fkey;
```

Of a partitioned table this is possible since PostgreSQL 18. Before: on each partition, and on the parent at last, which then finds
all of it tested.

## Examples

```sql
ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customer; -- error: blocking-foreign-key
ALTER TABLE orders ADD COLUMN country int REFERENCES country;
ALTER TABLE orders ADD COLUMN region int DEFAULT 1 REFERENCES region; -- error: blocking-foreign-key
```
",
    check: Check::Statement(check),
};

fn check(at: &At<'_>, found: &mut Vec<Finding>) {
    for (table, action) in model::actions(at) {
        match &action.kind {
            Action::AddConstraint(constraint) => {
                if let ConstraintKind::ForeignKey(key) = &constraint.kind
                    && !constraint.not_valid
                    && looks_up(at, table, action)
                    && !known::is_tested_in_partitions(at.catalog, &table.name, key)
                {
                    found.push(of_table(at, &table.name, constraint, key));
                }
            }
            Action::AddColumn { column, .. } => {
                let default = column.default();
                for constraint in &column.constraints {
                    if let ConstraintKind::ForeignKey(key) = &constraint.kind
                        && default.is_some()
                        && looks_up(at, table, action)
                    {
                        found.push(of_column(at, &table.name, column, constraint, key));
                    }
                }
            }
            _ => {}
        }
    }
}

fn looks_up(at: &At<'_>, table: &AlterTable, action: &AlterAction) -> bool {
    !at.effects_of(table, action).scans.is_empty()
}

fn base(table: &ObjectName, constraint: &Constraint, key: &ForeignKey) -> Finding {
    let other = &key.references;
    Finding::new(
        &RULE,
        constraint.span,
        format!(
            "every row of `{table}` is looked up in `{other}` while nobody can write to either"
        ),
    )
    .label("tests every row")
}

fn of_table(at: &At<'_>, table: &ObjectName, constraint: &Constraint, key: &ForeignKey) -> Finding {
    let finding = base(table, constraint, key);
    let name = name(at, table, constraint, key);
    if !at.since(18) && known::is_partitioned(at.catalog, table) {
        return partitioned(at, finding, table, &name, &definition(at, constraint, key));
    }
    finding.instead(
        "demand it of new rows, then look up the others in a transaction of its own",
        recipes::validated(table, &name, definition(at, constraint, key)),
    )
}

fn partitioned(
    at: &At<'_>,
    finding: Finding,
    table: &ObjectName,
    name: &str,
    definition: &str,
) -> Finding {
    let mut steps = String::new();
    for partition in known::partitions(at.catalog, table) {
        steps += &recipes::validated(&partition, name, definition);
        steps += "\n";
    }
    let _ = write!(
        steps,
        "ALTER TABLE {table} ADD CONSTRAINT {name} {definition};"
    );
    finding
        .note("`NOT VALID` is refused for a partitioned table before PostgreSQL 18")
        .instead(
            "on each partition first; the parent then finds all of it tested",
            steps,
        )
}

fn of_column(
    at: &At<'_>,
    table: &ObjectName,
    column: &ColumnDef,
    constraint: &Constraint,
    key: &ForeignKey,
) -> Finding {
    let name = name(at, table, constraint, key);
    let without = recipes::column_without(at, column, constraint);
    let key = ForeignKey {
        columns: vec![column.name.clone()],
        ..key.clone()
    };
    base(table, constraint, &key)
        .note("without the default every row would be `NULL`, and nothing to look up")
        .instead(
            "add the column alone, then the foreign key in two steps",
            format!(
                "ALTER TABLE {table} ADD COLUMN {without};\n{}",
                recipes::validated(table, &name, definition(at, constraint, &key))
            ),
        )
}

fn name(at: &At<'_>, table: &ObjectName, constraint: &Constraint, key: &ForeignKey) -> String {
    let columns: Vec<&str> = key.columns.iter().map(|it| it.text.as_str()).collect();
    match &constraint.name {
        Some(name) => name.to_string(),
        None => at.constraint_name(table, &columns, "fkey"),
    }
}

/// The foreign key as it was written, without its name.
fn definition(at: &At<'_>, constraint: &Constraint, key: &ForeignKey) -> String {
    let start = constraint.name.as_ref().map(|it| it.span.end);
    let place = Span {
        start: start.unwrap_or(constraint.span.start),
        ..constraint.span
    };
    let written = at.written(place).trim();
    let is_of_column = |it: &str| it.eq_ignore_ascii_case("references");
    if written.split_whitespace().next().is_some_and(is_of_column) {
        format!("FOREIGN KEY ({}) {written}", recipes::list(&key.columns))
    } else {
        written.to_owned()
    }
}
